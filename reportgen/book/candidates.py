"""Candidates of a search: options from the start, with the first of what may vary until the search has chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.book.cells import read_cell
from reportgen.book.collect import Entry, Origin, add_row
from reportgen.book.ranges import fault, needs
from reportgen.book.studies import Search
from reportgen.errors import Span, nearest
from reportgen.lang import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.book.book import Quantity
    from reportgen.book.collect import Collection
    from reportgen.book.drafts import Site
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec, SearchSpec

__all__ = ["MOST", "add_candidates", "read_search"]

MOST = 200_000
"""Combinations of one candidate."""

_JUDGED = "feasible"
"""What an accounting must know, or nothing can be sought."""

Plain = float | bool | str
_Setting = dict[str, Entry]


@dataclass(frozen=True, slots=True)
class _Axis:
    """What varies together: a column with its values, or several columns with settings of all of them."""

    name: str
    settings: tuple[_Setting, ...]

    def columns(self) -> list[str]:
        """The columns that it varies, each once."""
        return list(dict.fromkeys(column for setting in self.settings for column in setting))


def _axes(wanted: SearchSpec, root: Origin) -> Iterator[_Axis]:
    """What varies, as it was written."""
    for name, values in wanted.vary.items():
        at = root.at("vary", name)
        if isinstance(values, list):
            yield _Axis(name, tuple({name: Entry(value, at.at(i))} for i, value in enumerate(values)))
        else:
            settings = values.items()
            yield _Axis(name, tuple({c: Entry(v, at.at(s, c)) for c, v in cells.items()} for s, cells in settings))


# --- as options ------------------------------------------------------------------------------------------------------


def add_candidates(collection: Collection, loaded: Loaded[ScenarioSpec]) -> None:
    """Make each candidate an option, after the scenario's own and before the levers."""
    wanted, root = loaded.spec.search, Origin(loaded.document, ("search",))
    if wanted is None or not loaded.spec.options:
        return  # without a baseline there is nothing to compare with; that is said elsewhere
    if _JUDGED not in collection.quantities:
        hint = "leave search: out, or take another accounting"
        collection.fail("this accounting has no requirements to search by", root.span(key=True), hint)
    needed = (("candidates", "as in h100: {accelerator: ...}"), ("vary", "as in batch: [1, 2, 4]"))
    for key, hint in needed:
        if not getattr(wanted, key):
            what = "candidates" if key == "candidates" else "something that varies"
            collection.fail(f"a search needs {what}", root.at(key).span(key=True), hint)
    axes = list(_axes(wanted, root))
    columns = [column for axis in axes for column in axis.columns()]
    for name, row in wanted.candidates.items():
        _add(collection, name, row, root, columns)
        first = {column: entry for axis in axes for setting in axis.settings[:1] for column, entry in setting.items()}
        found = {column: Entry(v, root.at("found", name, column)) for column, v in wanted.found.get(name, {}).items()}
        made = collection.rows["option"].get(name)
        if made is not None:
            made.cells = {**first, **{c: e for c, e in found.items() if c in first}, **made.cells}
    if wanted.found:
        _check_found(collection, wanted, root, columns)


def _add(collection: Collection, name: str, row: dict[str, Any], root: Origin, columns: list[str]) -> None:
    origin = root.at("candidates", name)
    if any(name.casefold() == other.casefold() for other in collection.rows["option"]):
        collection.fail(f"the option '{name}' exists already", origin.span(key=True), "choose another name")
        return
    for column in columns:
        if column in row:
            span, hint = origin.at(column).span(key=True), "leave it out here, or do not vary it"
            collection.fail(f"'{column}' varies, so that no candidate may set it", span, hint)
    add_row(collection, "option", name, row, origin)


def _check_found(collection: Collection, wanted: SearchSpec, root: Origin, columns: list[str]) -> None:
    """What was found has exactly the columns that vary, for each candidate."""
    again = "leave found: out, and search again"
    for name, row in wanted.found.items():
        origin = root.at("found", name)
        if name not in wanted.candidates:
            hint = nearest(name, wanted.candidates)
            collection.fail(f"'{name}' was found and is no candidate", origin.span(key=True), hint)
            continue
        for column in row:
            if column not in columns:
                collection.fail(f"'{column}' was found and does not vary", origin.at(column).span(key=True), again)
        if missing := [column for column in columns if column not in row]:
            collection.fail(f"what was found for '{name}' lacks {_quoted(missing)}", origin.span(key=True), again)
    if missing := [name for name in wanted.candidates if name not in wanted.found]:
        what = "the candidate" if len(missing) == 1 else "the candidates"
        collection.fail(f"nothing was found for {what} {_quoted(missing)}", root.at("found").span(key=True), again)


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


# --- to be searched --------------------------------------------------------------------------------------------------


def read_search(site: Site, quantities: Mapping[str, Quantity]) -> Search | None:
    """Every value that varies, read and checked like a cell of an option; mistakes are noted on the site."""
    wanted, root = site.loaded.spec.search, Origin(site.loaded.document, ("search",))
    if wanted is None:
        return None
    axes = list(_axes(wanted, root))
    _forget(site, axes)
    read = [_read_axis(site, quantities, axis, root) for axis in axes]
    _check_columns(site, axes, root)
    size = math.prod(len(axis.settings) for axis in axes)
    if size > MOST:
        span = root.at("vary").span(key=True)
        site.all.fail(f"these are {size:,} combinations for each candidate", span, f"at most {MOST:,} are tried")
    if site.problems:
        return None
    tried: dict[str, tuple[Plain, ...]] = {}
    repeated = size
    for settings in read:
        repeated //= len(settings)
        for column in settings[0]:
            values = [setting[column] for setting in settings for _ in range(repeated)]
            tried[column] = tuple(values * (size // len(values)))
    return Search(tuple(wanted.candidates), tried, done=bool(wanted.found))


def _forget(site: Site, axes: list[_Axis]) -> None:
    """The first combination was read in the row of each candidate; its mistakes are said once, as those of the rest."""
    spans = {_place(e.origin.span(key=k)) for a in axes for s in a.settings for e in s.values() for k in (True, False)}
    site.problems[:] = [p for p in site.problems if p.span is None or _place(p.span) not in spans]


def _place(span: Span) -> tuple[str, int, int]:
    return span.file, span.line, span.column


def _check_columns(site: Site, axes: list[_Axis], root: Origin) -> None:
    """No column varies in two ways, and all settings of an axis give the same columns."""
    seen: set[str] = set()
    for axis in axes:
        span, columns = root.at("vary", axis.name).span(key=True), axis.columns()
        if not axis.settings or not columns:
            site.all.fail(f"'{axis.name}' has nothing to try", span, "as in batch: [1, 2, 4]")
        for column in [c for c in columns if c in seen]:
            hint = "a column varies alone, or in the settings of one name"
            site.all.fail(f"'{column}' varies in two ways", span, hint)
        names = site.loaded.spec.search.vary[axis.name] if site.loaded.spec.search else ()
        for name, setting in zip(names, axis.settings, strict=True):
            if missing := [c for c in columns if c not in setting]:
                at = root.at("vary", axis.name, str(name)).span(key=True)
                site.all.fail(f"the setting '{name}' lacks {_quoted(missing)}", at, "each gives the same columns")
        seen |= set(columns)


def _read_axis(
    site: Site, quantities: Mapping[str, Quantity], axis: _Axis, root: Origin
) -> tuple[dict[str, Plain], ...]:
    """The settings of an axis as plain values."""
    good = set()
    for column in axis.columns():
        quantity = quantities.get(column)
        if quantity is not None and quantity.input and quantity.by == ("option",):
            good.add(column)
        elif column not in site.broken:
            at = next(s[column].origin for s in axis.settings if column in s)
            span = (root.at("vary", column) if column == axis.name else at).span(key=True)
            allowed = [n for n, q in quantities.items() if q.input and q.by == ("option",)]
            site.all.fail(f"'{column}' is not a column of options", span, nearest(column, allowed))
    return tuple(
        {column: _read(site, quantities[column], entry) for column, entry in setting.items() if column in good}
        for setting in axis.settings
    )


def _read(site: Site, quantity: Quantity, entry: Entry) -> Plain:
    """A value that varies: a plain one, within the range of its column."""
    report = site.problems.append
    written = read_cell(entry, quantity.name, quantity.type, formula=False, dimensions=site.dimensions, report=report)
    node = written.node if written else None
    plain = node.name if isinstance(node, tree.Member) else node.value if isinstance(node, tree.Literal) else None
    if written is not None and (plain is None or fault(quantity, plain)):
        said = f"{quantity.name} needs {needs(quantity)}, not {'nothing' if entry.value is None else written.text}"
        site.all.fail(said, entry.origin.span())
    return plain if plain is not None else ""
