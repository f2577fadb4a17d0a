"""Check a declared search: read every value of what varies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.book.entries import Entry, Origin
from reportgen.book.quantities.cells import read_cell
from reportgen.book.ranges import allowed, fault
from reportgen.book.rows.search_axes import Axis, quoted, vary
from reportgen.book.studies import Search
from reportgen.errors import Span, nearest
from reportgen.lang import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.book import Quantity
    from reportgen.book.quantities.drafts import Site

__all__ = ["MOST", "read_search"]

MOST = 200_000
"""The most combinations per candidate."""

Plain = float | bool | str


def read_search(site: Site, quantities: Mapping[str, Quantity]) -> Search | None:
    """Read and check every value that varies as a cell of an option; mistakes are recorded on the site."""
    wanted, root = site.loaded.spec.search, Origin(site.loaded.document, ("search",))
    if wanted is None:
        return None
    axes = list(vary(wanted, root))
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


def _forget(site: Site, axes: list[Axis]) -> None:
    """Drop the mistakes already reported in candidates' rows; reading the axes reports them again."""
    spans = {_place(e.origin.span(key=k)) for a in axes for s in a.settings for e in s.values() for k in (True, False)}
    site.problems[:] = [p for p in site.problems if p.span is None or _place(p.span) not in spans]


def _place(span: Span) -> tuple[str, int, int]:
    return span.file, span.line, span.column


def _check_columns(site: Site, axes: list[Axis], root: Origin) -> None:
    """Check that no column varies in two ways, and that all settings of an axis set the same columns."""
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
                place = root.at("vary", axis.name, str(name)).span(key=True)
                site.all.fail(f"the setting '{name}' lacks {quoted(missing)}", place, "each gives the same columns")
        seen |= set(columns)


def _read_axis(
    site: Site, quantities: Mapping[str, Quantity], axis: Axis, root: Origin
) -> tuple[dict[str, Plain], ...]:
    """Read the settings of an axis as plain values."""
    good = set()
    for column in axis.columns():
        quantity = quantities.get(column)
        if quantity is not None and quantity.input and quantity.by == ("option",):
            good.add(column)
        elif column not in site.broken:
            place = next(s[column].origin for s in axis.settings if column in s)
            span = (root.at("vary", column) if column == axis.name else place).span(key=True)
            allowed = [n for n, q in quantities.items() if q.input and q.by == ("option",)]
            site.all.fail(f"'{column}' is not a column of options", span, nearest(column, allowed))
    return tuple(
        {column: _read(site, quantities[column], entry) for column, entry in setting.items() if column in good}
        for setting in axis.settings
    )


def _read(site: Site, quantity: Quantity, entry: Entry) -> Plain:
    """Read a value that varies; it must be plain and within the range of its column."""
    report = site.problems.append
    written = read_cell(
        entry, quantity.name, quantity.type, formula=False, dimensions=site.dimensions, units=site.all.units,
        report=report,
    )  # fmt: skip
    node = written.node if written else None
    plain = node.name if isinstance(node, tree.Member) else node.value if isinstance(node, tree.Literal) else None
    if written is not None and (plain is None or fault(quantity, plain)):
        message = f"{quantity.name} needs {allowed(quantity)}, not {'nothing' if entry.value is None else written.text}"
        site.all.fail(message, entry.origin.span())
    return plain if plain is not None else ""
