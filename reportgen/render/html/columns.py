"""Divide a table's width among its columns by the measured width of their content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.charts.text_width import Weight, longest_word, text_width

if TYPE_CHECKING:
    from reportgen.report.view import Cell, Column, Table

__all__ = ["Layout", "column_layout"]

PAGE_WIDTH = 672.0  # pixels: A4 without its margins
_SIZE = 10.9  # pixels: text size of a cell
_PADDING = 14.0
_BAR = 96.0  # pixels: the longest bar, next to its number
_TAG, _SMALL = 0.78, 0.86  # text sizes of a tag and a name, relative to the cell's
_INDENT = 6.7
_MOST = 215.0  # pixels: the most for a text column in fine type, so that the longest formula leaves room for the rest
_SLACK = 1.05  # allowance for kerning and tabular figures, which the table of widths omits
_NAME, _TEXT = 120.0, 60.0  # pixels: the least for the first column and for other text columns

# The stylesheet's classes of tables, and the scale of their text and bars.
_DENSITIES = (("", 1.0), ("dense", 0.88), ("denser", 0.77))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is set: the width of each column in per cent, and the stylesheet's class for its text size."""

    widths: tuple[str, ...]
    density: str


def column_layout(table: Table) -> Layout:
    """Return the layout of a table, in the largest type in which its columns fit the page.

    Columns get the width of their longest cell. Spare width goes to text and bars; missing width is taken from text
    columns, but never so much that a word is cut.
    """
    for density, scale in _DENSITIES[table.fine :]:
        full = [scale * _wanted(column, _cells(table, i), i == 0) for i, column in enumerate(table.columns)]
        wanted = [min(width, _MOST) for width in full] if table.fine else full
        least = [
            min(width, scale * _least(column, _cells(table, i), i == 0)) if column.kind == "text" else width
            for i, (column, width) in enumerate(zip(table.columns, wanted, strict=True))
        ]
        if sum(least) <= PAGE_WIDTH or density == _DENSITIES[-1][0]:
            break
    short = [most - width for most, width in zip(full, wanted, strict=True)]  # negative: spare width
    stretch = short if sum(short) > 0 else [_stretch(column, i == 0) for i, column in enumerate(table.columns)]
    widths = _share(wanted, least, stretch)
    return Layout(tuple(f"{100 * width / sum(widths):.3f}%" for width in widths), density)


def _cells(table: Table, column: int) -> list[Cell]:
    return [row.cells[column] for row in table.rows]


def _share(wanted: list[float], least: list[float], stretch: list[float]) -> list[float]:
    """Return the final widths: spare width goes by `stretch`, missing width comes from what each column can give."""
    spare = PAGE_WIDTH - sum(wanted)
    if spare >= 0:
        return [width + spare * part / sum(stretch) for width, part in zip(wanted, stretch, strict=True)]
    slack = [width - low for width, low in zip(wanted, least, strict=True)]
    give = min(1.0, -spare / sum(slack)) if sum(slack) > 0 else 0.0
    return [width - room * give for width, room in zip(wanted, slack, strict=True)]


def _wanted(column: Column, cells: list[Cell], first: bool) -> float:
    """Return the width at which every cell needs one line and no word of the heading breaks."""
    weight: Weight = "semibold" if first else "regular"
    text = max((text_width(c.text, _SIZE, weight) + _extras(c) for c in cells), default=0.0) * _SLACK
    if column.kind == "bar":
        text += _BAR + _PADDING
    if column.kind == "status":
        text += _SIZE * 1.5
    return max(text, _head(column)) + _padding(column, first)


def _padding(column: Column, first: bool) -> float:
    """Return the padding of a column: text after a column of numbers gets more."""
    return _PADDING + (5.0 if column.kind in {"text", "status"} and not first else 0.0)


def _head(column: Column) -> float:
    return max(longest_word(column.title, _SIZE, "semibold"), text_width(column.unit, _SIZE)) * _SLACK


def _extras(cell: Cell) -> float:
    """Return the width of what follows a cell's text on its line."""
    name = text_width(cell.name, _SIZE * _SMALL) + 6 if cell.name else 0.0
    return _tag(cell) + name + cell.level * _INDENT


def _tag(cell: Cell) -> float:
    return text_width(cell.tag, _SIZE * _TAG, "semibold") + 12 if cell.tag else 0.0


def _least(column: Column, cells: list[Cell], first: bool) -> float:
    """Return the least width of a text column."""
    words = max((_word(cell) for cell in cells), default=0.0) * _SLACK
    tags = max((_tag(cell) for cell in cells), default=0.0)
    return max(words, tags, _head(column), _NAME if first else _TEXT) + _padding(column, first)


def _word(cell: Cell) -> float:
    name = text_width(cell.name, _SIZE * _SMALL)
    return max(longest_word(cell.text, _SIZE, "semibold"), name) + cell.level * _INDENT


def _stretch(column: Column, first: bool) -> float:
    """Return the column's share of spare width."""
    if column.kind == "bar":
        return 3.0
    return 2.0 if first else 1.0
