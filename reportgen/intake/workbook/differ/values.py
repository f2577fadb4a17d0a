"""Determine the keys and values in a scenario for changed inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.book.collected.collect import SECTIONS, WHOLE
from reportgen.book.rows.batches import batch_name
from reportgen.intake.workbook.differ.changes import Override
from reportgen.study.trials import trials_of

if TYPE_CHECKING:
    from reportgen.book.book import Book, Quantity
    from reportgen.intake.workbook.differ.changes import Added, Comparison

__all__ = ["Setting", "cell_path", "settings"]

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A value at a path of keys."""

    path: Path
    value: Any


def settings(comparison: Comparison, book: Book) -> tuple[list[Setting], list[Override]]:
    """Return the settings for all changed inputs and added rows, and the changes that no scenario can hold."""
    result: list[Setting] = []
    left: list[Override] = []
    whole: set[str] = set()
    for row in comparison.added:
        result += _others(book, row.dimension, whole)
        result += _row(row, book)
    for edit in comparison.inputs:
        quantity = book.quantities[edit.quantity]
        path = ("inputs", edit.quantity) if not edit.cell else cell_path(book, quantity, edit.cell)
        if path is None:
            why = "the row of a sensitivity case, which follows the option that it is based on"
            left.append(Override(edit.where, why, _said(edit.old), _said(edit.new)))
            continue
        result += _others(book, quantity.by[0] if quantity.by else "", whole)
        result.append(Setting(path, edit.new))
    return result, left


def cell_path(book: Book, quantity: Quantity, cell: tuple[str, ...]) -> Path | None:
    """Return the keys of a member's cell in a scenario, or None for rows that scenarios cannot name."""
    dimension, name, scenario = quantity.by[0], cell[0], book.scenario
    if dimension != "option":
        section = next((s for s, d in SECTIONS.items() if d == dimension), None)
        start: Path = (section, name) if section else ("dimensions", dimension, "rows", name)
        return (*start, quantity.name, *cell[1:])
    search = scenario.search
    if name in scenario.options:
        return ("options", name, quantity.name)
    if name in scenario.measured:
        return ("measured", name, quantity.name.removeprefix("measured_"))
    if search is not None and name in search.candidates:
        varies = book.studies.search.columns if book.studies.search else {}
        return ("search", "found" if quantity.name in varies else "candidates", name, quantity.name)
    if name in trials_of(book):
        points = [batch_name(batch) for batch in scenario.batches]
        return ("batches", points.index(name)) if quantity.name == book.roles.batch and name in points else None
    return ("levers", name, quantity.name)


def _row(row: Added, book: Book) -> list[Setting]:
    """Return the settings of an added row, with all its inputs."""
    if row.dimension == "option":
        start: Path = ("options", row.name)
    else:
        section = next((s for s, d in SECTIONS.items() if d == row.dimension), None)
        start = (section, row.name) if section else ("dimensions", row.dimension, "rows", row.name)
    cells: dict[str, Any] = {"title": row.title} if row.title else {}
    for (name, *inner), value in row.cells.items():
        if inner:
            cells.setdefault(name, {})[inner[0]] = value
        else:
            cells[name] = value
    return [Setting(start, cells)]


def _others(book: Book, dimension: str, done: set[str]) -> list[Setting]:
    """Return the current rows of a dimension, before its first change, if a scenario must give all its rows or none."""
    section = next((s for s, d in SECTIONS.items() if d == dimension), None)
    if section is None or dimension not in WHOLE or dimension in done or getattr(book.scenario, section):
        return []
    done.add(dimension)
    owned = [q for q in book.quantities.values() if q.input and q.by == (dimension,)]
    return [
        Setting(
            (section, m.name), {"title": m.title} | {q.name: getattr(q.cells[m.name,], "value", None) for q in owned}
        )
        for m in book.dimensions[dimension].members
    ]


def _said(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
