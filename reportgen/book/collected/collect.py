"""Merge library files, catalogues and a scenario into one set of quantities and rows, each with its place."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reportgen.book.entries import Entry, Origin, Row
from reportgen.book.library.participation import Participation, participation
from reportgen.book.library.parts import Library, Table
from reportgen.book.names import member_fault
from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.lang.units import Units
from reportgen.spec.model import OPERATOR_KEYS, ROW_KEYS

if TYPE_CHECKING:
    from collections.abc import Collection as Texts
    from collections.abc import Iterator, Mapping

    from reportgen.spec.declared.frame import MoneySpec
    from reportgen.spec.declared.roles import RolesSpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import (
        DimensionSpec,
        DriverSpec,
        LibrarySpec,
        QuantitySpec,
        RuleKind,
        RuleKindSpec,
        RuleSpec,
        ScenarioSpec,
    )
    from reportgen.spec.report import ReportSpec

__all__ = [
    "SECTIONS",
    "WHOLE",
    "Collection",
    "collect",
    "each_cell",
    "known_rows",
    "read_row",
    "reported",
]

SECTIONS = {
    "models": "model", "accelerators": "accelerator", "requests": "request", "periods": "period", "prices": "price",
    "currencies": "currency",
}  # fmt: skip
"""Maps each section of a scenario to the dimension whose rows it holds."""
WHOLE = ("period",)
"""Dimensions whose rows are parts of a whole: a scenario gives all rows or none."""


@dataclass(slots=True)
class Collection:
    """Everything that was written, merged but not yet checked."""

    participation: Participation = field(default_factory=lambda: Participation((), (), {}))
    problems: list[Problem] = field(default_factory=list)
    dimensions: dict[str, DimensionSpec] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each dimension, maps names and aliases, case-folded, to members."""
    left_out: dict[str, dict[str, Row]] = field(default_factory=dict)
    """Rows of members that need a library file which does not take part."""
    repeated: list[tuple[str, str, str, Row]] = field(default_factory=list)
    quantities: dict[str, tuple[QuantitySpec, Origin]] = field(default_factory=dict)
    rules: dict[str, tuple[RuleSpec, Origin]] = field(default_factory=dict)
    rule_kinds: dict[RuleKind, RuleKindSpec] = field(default_factory=dict)
    levers: dict[str, Row] = field(default_factory=dict)
    drivers: dict[str, tuple[DriverSpec, Origin]] = field(default_factory=dict)
    inputs: dict[str, Entry] = field(default_factory=dict)
    formulas: dict[str, Entry] = field(default_factory=dict)
    """The formulas with which a scenario replaces those of the library, by quantity."""
    reports: list[ReportSpec] = field(default_factory=list)
    units: Units = field(default_factory=Units)

    def fail(self, message: str, span: Span, hint: str = "") -> None:
        """Record a mistake."""
        self.problems.append(Problem(message, span, hint))


@functools.lru_cache(maxsize=64)
def known_rows(known: Library, dimension: str) -> Mapping[str, Row]:
    """Return the rows of a dimension in the whole library, for all accountings."""
    collection = Collection()
    for part in known.parts:
        if isinstance(part, Table):
            if part.dimension == dimension:
                _add_table(collection, part)
        elif dimension in part.spec.dimensions:
            origin = Origin(part.document, ("dimensions", dimension, "rows"))
            for name, row in part.spec.dimensions[dimension].rows.items():
                add_row(collection, dimension, name, row, origin.at(name))
    return collection.rows.get(dimension, {})


def collect(scenario: Loaded[ScenarioSpec], known: Library, mentions: Texts[str] = ()) -> Collection:
    """Merge everything that a scenario needs: library files of its accounting, catalogues, and its own parts.

    `known` is the library; `mentions` are further texts that name members, as in `participation`.

    Raises:
        SpecError: the accounting does not exist, so nothing else can be checked.
    """
    wanted = scenario.spec.accounting
    if wanted not in known.accountings:
        span = scenario.document.span(("accounting",))
        problem = Problem(f"unknown accounting '{wanted}'", span, nearest(wanted, known.accountings))
        raise SpecError([*scenario.problems, problem])
    files = [loaded for loaded in known.files if not loaded.spec.accounting or wanted in loaded.spec.accounting]
    rows, own = functools.partial(known_rows, known), functools.partial(_own_rows, scenario.spec, known.frame.roles)
    money, mentioned = known.frame.money, list(mentions)
    if currency := reported(scenario.spec, money):
        mentioned.append(f"{money.reported}={currency}")
    taking = participation(files, rows, scenario, own, mentioned)
    collection = Collection(taking, list(scenario.problems), units=known.units)
    declared = _declared(known, taking.files)
    quantities = {*ROW_KEYS, *(name for loaded in taking.files for name in loaded.spec.quantities)}
    for part in known.parts:
        if isinstance(part, Table):
            if part.dimension in declared:
                _add_table(collection, part, quantities if part.document.label else None)
        elif any(part is taken for taken in taking.files):
            _add_library(collection, part, declared)
    for dimension, names in taking.members.items():
        there = collection.rows.get(dimension, {})
        collection.left_out[dimension] = {name: there.pop(name) for name in sorted(names & there.keys())}
    collection.inputs = {n: e for n, e in collection.inputs.items() if n in collection.quantities}
    _add_scenario(collection, scenario, known.frame.roles)
    return collection


def reported(scenario: ScenarioSpec, money: MoneySpec) -> str:
    """Return the currency that a scenario names for its results, or an empty text if it is the library's own."""
    return "" if scenario.currency.strip().casefold() in ("", money.unit.casefold()) else scenario.currency.strip()


def _declared(known: Library, files: Texts[Loaded[LibrarySpec]]) -> set[str]:
    """Return the dimensions that exist: a user's file only adds rows to a dimension that our library declares."""
    ours = {name for loaded in known.files if not loaded.document.label for name in loaded.spec.dimensions}
    return {n for loaded in files for n in loaded.spec.dimensions if not (loaded.document.label and n in ours)}


def _own_rows(spec: ScenarioSpec, roles: RolesSpec, dimension: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the rows of a dimension that the scenario itself gives."""
    sections = {"option": _options(spec, roles), **{d: getattr(spec, section) for section, d in SECTIONS.items()}}
    named = spec.dimensions[dimension].rows if dimension in spec.dimensions else {}
    return {**sections.get(dimension, {}), **named}


def _options(spec: ScenarioSpec, roles: RolesSpec) -> dict[str, dict[str, Any]]:
    """Return a scenario's options, measurements, and stand-ins for those that search, trials and batches will add."""
    measured = {name: row for name, row in spec.measured.items() if isinstance(row, dict)}
    options = {name: {_measured(key): value for key, value in row.items()} for name, row in measured.items()}
    options, search = {**options, **spec.options}, spec.search
    if spec.sensitivity is not None:
        options["a trial"] = {roles.trial: True}
    if spec.batches:
        options["a batch"] = {roles.batch_point: True}
    if search is None:
        return options
    varied = [cells for values in search.vary.values() if isinstance(values, dict) for cells in values.values()]
    single = [{n: v} for n, values in search.vary.items() if isinstance(values, list) for v in values]
    rows = {f"{i} varied": row for i, row in enumerate((*varied, *single))}
    return {**options, **search.candidates, **rows}


def _add_table(collection: Collection, table: Table, keys: Texts[str] | None = None) -> None:
    """Add the rows of a catalogue; with `keys`, only the cells of these quantities."""
    for name, cells in table.document.data.items():
        row = cells if keys is None else {key: value for key, value in cells.items() if key in keys}
        add_row(collection, table.dimension, name, row, Origin(table.document, (name,)))


def _add_library(collection: Collection, loaded: Loaded[LibrarySpec], declared: Texts[str]) -> None:
    spec, root = loaded.spec, Origin(loaded.document, ())
    _add_parts(collection, spec, root, declared)
    for name, row in spec.levers.items():
        collection.levers[name] = read_row(collection, row, root.at("levers", name))
    for name, driver in spec.drivers.items():
        collection.drivers[name] = (driver, root.at("drivers", name))
    collection.rule_kinds |= spec.rule_kinds
    collection.inputs.update(_inputs(spec, root))
    collection.reports.append(spec.report)


def _add_scenario(collection: Collection, loaded: Loaded[ScenarioSpec], roles: RolesSpec) -> None:
    spec, root = loaded.spec, Origin(loaded.document, ())
    for section, dimension in SECTIONS.items():
        given = getattr(spec, section)
        if given and dimension not in collection.dimensions:
            unused = dimension == "period"
            why = f"with accounting '{spec.accounting}'" if unused else "without prices"
            hint = "leave it out, or take another accounting" if unused else "give an option a price:"
            collection.fail(f"'{section}' is not used {why}", root.at(section).span(key=True), hint)
            continue
        if given and dimension in WHOLE:
            collection.rows.pop(dimension, None)
            collection.names.pop(dimension, None)
        for name, row in given.items():
            add_row(collection, dimension, name, row, root.at(section, name))
    _add_parts(collection, spec, root, spec.dimensions)
    for name, row in spec.options.items():
        add_row(collection, "option", name, row, root.at("options", name))
    collection.inputs.update(_inputs(spec, root))
    collection.formulas = {name: Entry(value, root.at("formulas", name)) for name, value in spec.formulas.items()}
    _add_measured(collection, spec, root, roles)
    collection.reports.append(spec.report)


_SCALE = "scale"
"""The key of a measurement that makes it scale the predictions."""


def _measured(key: str) -> str:
    """Return the quantity that holds a key of a measurement: `tpot` is the option's `measured_tpot`."""
    return f"measured_{key}"


def _add_measured(collection: Collection, spec: ScenarioSpec, root: Origin, roles: RolesSpec) -> None:
    """Add measurements as options with measured figures: `tpot` in one becomes the option's `measured_tpot`."""
    if not spec.options:
        return  # there is no baseline to compare with, which is reported elsewhere
    scaling = [name for name, row in spec.measured.items() if isinstance(row, dict) and row.get(_SCALE) is True]
    for name, row in spec.measured.items():
        origin = root.at("measured", name)
        if any(name.casefold() == other.casefold() for other in spec.options):
            collection.fail(f"the option '{name}' exists already", origin.span(key=True), "give the measurement a name")
            continue
        if not isinstance(row, dict):
            collection.fail("a row holds keys and values", origin.span())
            continue
        add_row(collection, "option", name, {k: v for k, v in row.items() if k != _SCALE}, origin)
        option = collection.rows["option"][name]
        for key in [key for key in option.cells if _measured(key) in collection.quantities]:
            option.cells[_measured(key)] = option.cells.pop(key)
        given = row.get(_SCALE, False)
        if not isinstance(given, bool):
            collection.fail("'scale' is true or false", origin.at(_SCALE).span())
        elif not any(key.startswith(_measured("")) for key in option.cells):
            collection.fail(f"'{name}' measures nothing", origin.span(key=True), "give it tpot:, ttft: or throughput:")
        elif given and name != scaling[0]:
            collection.fail("one measurement scales the predictions", origin.at(_SCALE).span())
        elif given:
            collection.inputs[roles.scaling] = Entry(name, origin.at(_SCALE))


def _inputs(spec: LibrarySpec | ScenarioSpec, root: Origin) -> dict[str, Entry]:
    return {name: Entry(value, root.at("inputs", name)) for name, value in spec.inputs.items()}


def _add_parts(collection: Collection, spec: LibrarySpec | ScenarioSpec, root: Origin, declared: Texts[str]) -> None:
    for name, quantity in spec.quantities.items():
        origin = root.at("quantities", name)
        if name in collection.quantities:
            other = collection.quantities[name][1].span(key=True)
            hint = f"it is declared in {other.header()}; set an input under inputs:, or choose another name"
            collection.fail(f"the quantity '{name}' exists already", origin.span(key=True), hint)
            continue
        collection.quantities[name] = (quantity, origin)
    for name, rule in spec.rules.items():
        collection.rules[name] = (rule, root.at("rules", name))
    for name, dimension in spec.dimensions.items():
        if name == "option" and dimension.rows:
            span = root.at("dimensions", name).span(key=True)
            collection.fail("options are not named here", span, "name them under options:")
            continue
        if name not in declared:
            continue
        if name not in collection.dimensions or dimension.title:
            collection.dimensions[name] = dimension
        for member, row in dimension.rows.items():
            origin = root.at("dimensions", name, "rows", member)
            if "each" in row:
                rest = {k: v for k, v in row.items() if k != "each"}
                collection.repeated.append((name, member, str(row["each"]), read_row(collection, rest, origin, name)))
            else:
                add_row(collection, name, member, row, origin)


def add_row(collection: Collection, dimension: str, name: str, row: dict[str, Any], origin: Origin) -> None:
    """Add a member, or add cells to an existing member of this name or, from another file, this alias."""
    read = read_row(collection, row, origin, dimension)
    rows = collection.rows.setdefault(dimension, {})
    names = collection.names.setdefault(dimension, {})
    same = names.get(name.casefold(), "")
    if same in rows and (same.casefold() == name.casefold() or rows[same].origin.document is not origin.document):
        _correct(rows[same], read)
    else:
        if fault := member_fault(name):
            collection.fail(f"'{name[:60]}' cannot be a member's name", origin.span(key=True), fault)
        rows[name], same = read, name
        names[name.casefold()] = name
    for alias in read.aliases():
        other = names.setdefault(alias.casefold(), same)
        if other != same and other in rows:
            collection.fail(f"the alias '{alias}' means '{other}'", origin.at("aliases").span(), "choose another")


def _correct(row: Row, later: Row) -> None:
    """Override an earlier row by a later one, cell by cell, and join their aliases.

    If a user's row only adds figures, it keeps the source of the existing ones in addition to its own.
    """
    aliases = dict.fromkeys((*row.aliases(), *later.aliases()))
    meta = dict(later.meta)
    if later.origin.document.label and not row.cells.keys() & later.cells.keys():
        sources = (row.meta.get("source") or row.meta.get("url"), meta.get("source"))
        meta |= {key: row.meta[key] for key in ("url", "retrieved", "quality") if key in row.meta}
        meta["source"] = "; ".join(source for source in sources if source)
    row.meta.update(meta)
    if aliases:
        row.meta["aliases"] = ";".join(aliases)
    if later.inputs is not None:
        row.inputs = later.inputs
    for name, entry in later.cells.items():
        before = row.cells.get(name)
        if before and isinstance(before.value, dict) and isinstance(entry.value, dict):
            inner = {key: value for e in (before, entry) for key, value in _inner(e)}
            row.cells[name] = Entry(inner, entry.origin)
        else:
            row.cells[name] = entry


def read_row(collection: Collection, row: dict[str, Any], origin: Origin, dimension: str = "") -> Row:
    """Split a row as written into descriptive keys and cells."""
    result = Row(origin)
    if not isinstance(row, dict):
        collection.fail("a row holds keys and values", origin.span())
        return result
    for key, value in row.items():
        if key in OPERATOR_KEYS and dimension == "operator":
            result.inputs = _listed(collection, key, value, origin.at(key))
        elif key not in ROW_KEYS:
            result.cells[key] = Entry(value, origin.at(key))
        elif isinstance(value, list | dict):
            collection.fail(f"'{key}' needs a text", origin.at(key).span())
        else:
            result.meta[key] = "" if value is None else str(value)
    if result.cells and origin.document.label:
        result.meta = {**_unsourced(result, origin.document.label), **result.meta}
    return result


def _listed(collection: Collection, key: str, value: Any, origin: Origin) -> tuple[Entry, ...]:
    """Return the texts of a list, each with its place."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(Entry(item, origin.at(i)) for i, item in enumerate(value))
    collection.fail(f"'{key}' needs a list of names, as in [q_proj, cache]", origin.span())
    return ()


def _unsourced(row: Row, label: str) -> dict[str, str]:
    """Return source keys that replace those of a corrected row, for a user's row without a source of its own."""
    stated = row.meta.get("source") or row.meta.get("url")
    return {"source": "" if stated else label, "url": "", "retrieved": "", "quality": ""}


def each_cell(row: Row) -> Iterator[tuple[str, tuple[str, ...], Entry]]:
    """Yield the cells of a row: quantity, further members if the cell holds keys and values, and the entry."""
    for name, entry in row.cells.items():
        if isinstance(entry.value, dict):
            for inner, value in _inner(entry):
                yield name, (inner,), value
        else:
            yield name, (), entry


def _inner(entry: Entry) -> Iterator[tuple[str, Entry]]:
    """Yield the cells inside a cell of keys and values; after overrides, each keeps its own place."""
    for inner, value in entry.value.items():
        yield str(inner), value if isinstance(value, Entry) else Entry(value, entry.origin.at(inner))
