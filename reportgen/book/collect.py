"""Collecting: library files, catalogues and a scenario become one set of quantities and rows, each with its place."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reportgen.book.names import member_fault
from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.resources import library_dir
from reportgen.spec.load import Loaded, load_library_file
from reportgen.spec.model import ROW_KEYS
from reportgen.spec.table import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.spec.document import Document
    from reportgen.spec.model import DimensionSpec, LibrarySpec, QuantitySpec, ReportSpec, RuleSpec, ScenarioSpec

__all__ = ["Collection", "Entry", "Origin", "Row", "accountings", "collect", "library", "library_hash"]

CATALOGUES = {"accelerators.csv": "accelerator", "models.csv": "model"}
_SECTIONS = {"models": "model", "accelerators": "accelerator", "requests": "request"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written."""

    document: Document
    path: tuple[str | int, ...]

    def span(self, *, key: bool = False) -> Span:
        """Its place."""
        return self.document.span(self.path, key=key)

    def at(self, *more: str | int) -> Origin:
        """The place of a part of it."""
        return Origin(self.document, (*self.path, *more))


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as written, with its place."""

    value: Any
    origin: Origin


@dataclass(slots=True)
class Row:
    """A member's row while it is collected; a later file may add or replace cells."""

    origin: Origin
    meta: dict[str, str] = field(default_factory=dict)
    cells: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class Collection:
    """Everything that was written, merged but not yet checked."""

    problems: list[Problem] = field(default_factory=list)
    dimensions: dict[str, DimensionSpec] = field(default_factory=dict)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    repeated: list[tuple[str, str, str, Row]] = field(default_factory=list)
    quantities: dict[str, tuple[QuantitySpec, Origin]] = field(default_factory=dict)
    rules: dict[str, tuple[RuleSpec, Origin]] = field(default_factory=dict)
    levers: dict[str, Row] = field(default_factory=dict)
    inputs: dict[str, Entry] = field(default_factory=dict)
    reports: list[ReportSpec] = field(default_factory=list)

    def fail(self, message: str, span: Span, hint: str = "") -> None:
        """Note a mistake."""
        self.problems.append(Problem(message, span, hint))


@functools.cache
def library() -> tuple[tuple[Loaded[LibrarySpec], ...], tuple[tuple[str, Document], ...]]:
    """The library's files, and its catalogues by dimension; read once."""
    root = library_dir()
    files = sorted(root.rglob("*.yaml"), key=lambda p: p.relative_to(root).as_posix())
    loaded = tuple(load_library_file(p, "library/" + p.relative_to(root).as_posix()) for p in files)
    tables = tuple((d, read_table(root / n, f"library/{n}")) for n, d in CATALOGUES.items() if (root / n).is_file())
    return loaded, tables


@functools.cache
def library_hash() -> str:
    """A short hash of all files of the library: which formulas and figures an output was made with."""
    root, digest = library_dir(), hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".csv")):
        digest.update(
            path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0"
        )
    return digest.hexdigest()[:12]


def accountings() -> list[str]:
    """The accountings that the library has."""
    return sorted({name for loaded in library()[0] for name in loaded.spec.accounting})


def collect(scenario: Loaded[ScenarioSpec]) -> Collection:
    """Everything that concerns a scenario: the files of its accounting, the catalogues, its own parts.

    Raises:
        SpecError: there is no such accounting, so that nothing else can be known.
    """
    collection = Collection(list(scenario.problems))
    wanted = scenario.spec.accounting
    if wanted not in accountings():
        span = scenario.document.span(("accounting",))
        problem = Problem(f"unknown accounting '{wanted}'", span, nearest(wanted, accountings()))
        raise SpecError([*scenario.problems, problem])
    for loaded in library()[0]:
        if not loaded.spec.accounting or wanted in loaded.spec.accounting:
            _add_library(collection, loaded)
    for dimension, table in library()[1]:
        for name in table.data:
            add_row(collection, dimension, name, table.data[name], Origin(table, (name,)))
    _add_scenario(collection, scenario)
    return collection


def _add_library(collection: Collection, loaded: Loaded[LibrarySpec]) -> None:
    spec, root = loaded.spec, Origin(loaded.document, ())
    _add_parts(collection, spec, root)
    for name, row in spec.levers.items():
        collection.levers[name] = _row(collection, row, root.at("levers", name))
    collection.reports.append(spec.report)


def _add_scenario(collection: Collection, loaded: Loaded[ScenarioSpec]) -> None:
    spec, root = loaded.spec, Origin(loaded.document, ())
    for section, dimension in _SECTIONS.items():
        for name, row in getattr(spec, section).items():
            add_row(collection, dimension, name, row, root.at(section, name))
    _add_parts(collection, spec, root)
    for name, row in spec.options.items():
        add_row(collection, "option", name, row, root.at("options", name))
    collection.inputs = {name: Entry(value, root.at("inputs", name)) for name, value in spec.inputs.items()}
    collection.reports.append(spec.report)


def _add_parts(collection: Collection, spec: LibrarySpec | ScenarioSpec, root: Origin) -> None:
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
        if name not in collection.dimensions or dimension.title:
            collection.dimensions[name] = dimension
        for member, row in dimension.rows.items():
            origin = root.at("dimensions", name, "rows", member)
            if "each" in row:
                rest = {k: v for k, v in row.items() if k != "each"}
                collection.repeated.append((name, member, str(row["each"]), _row(collection, rest, origin)))
            else:
                add_row(collection, name, member, row, origin)


def add_row(collection: Collection, dimension: str, name: str, row: dict[str, Any], origin: Origin) -> None:
    """Add a member, or cells to a member that is there."""
    made = _row(collection, row, origin)
    rows = collection.rows.setdefault(dimension, {})
    same = next((n for n in rows if n.casefold() == name.casefold()), None)
    if same is None:
        if fault := member_fault(name):
            collection.fail(f"'{name[:60]}' cannot be a member's name", origin.span(key=True), fault)
        rows[name] = made
        return
    rows[same].meta.update(made.meta)
    rows[same].cells.update(made.cells)


def _row(collection: Collection, row: dict[str, Any], origin: Origin) -> Row:
    made = Row(origin)
    if not isinstance(row, dict):
        collection.fail("a row holds keys and values", origin.span())
        return made
    for key, value in row.items():
        if key not in ROW_KEYS:
            made.cells[key] = Entry(value, origin.at(key))
        elif isinstance(value, list | dict):
            collection.fail(f"'{key}' needs a text", origin.at(key).span())
        else:
            made.meta[key] = "" if value is None else str(value)
    return made


def each_cell(row: Row) -> Iterator[tuple[str, tuple[str, ...], Entry]]:
    """The cells of a row: quantity, further members where the cell is itself keys and values, and the entry."""
    for name, entry in row.cells.items():
        if isinstance(entry.value, dict):
            for inner, value in entry.value.items():
                yield name, (str(inner),), Entry(value, entry.origin.at(inner))
        else:
            yield name, (), entry
