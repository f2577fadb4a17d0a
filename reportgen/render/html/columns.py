"""Shares a table's width among its columns by the measured width of what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.charts.text_width import Weight, longest_word, text_width

if TYPE_CHECKING:
    from reportgen.report.view import Cell, Column, Table

__all__ = ["Layout", "column_layout"]

PAGE_WIDTH = 672.0  # pixels: A4 without its margins
_SIZE = 10.9  # pixels, of a cell's text
_PADDING = 14.0
_BAR = 96.0  # the longest bar, beside its number
_TAG, _SMALL = 0.78, 0.86  # the type size of a tag and of a name against the cell's
_INDENT = 6.7
_MOST = 215.0  # what a column of text wants at most in fine type, so that the longest formula leaves room for the rest
_SLACK = 1.05  # figures of equal width and kerning are not in the table of widths
_NAME, _TEXT = 120.0, 60.0  # how narrow the first column and other columns of text may become

# The stylesheet's classes for tables, and how large their type and their bars are against the normal ones.
_DENSITIES = (("", 1.0), ("dense", 0.88), ("denser", 0.77))


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is set: the width of each column in per cent, and the stylesheet's class for its type size."""

    widths: tuple[str, ...]
    density: str


def column_layout(table: Table) -> Layout:
    """The table's columns, in the largest type in which they fit the page.

    Columns get what their longest cell needs. What is left over goes to text and bars; where room is short,
    text columns give it, but never so much that a word would be cut.
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
    short = [most - width for most, width in zip(full, wanted, strict=True)]  # what is left over is theirs
    stretch = short if sum(short) > 0 else [_stretch(column, i == 0) for i, column in enumerate(table.columns)]
    widths = _share(wanted, least, stretch)
    return Layout(tuple(f"{100 * width / sum(widths):.3f}%" for width in widths), density)


def _cells(table: Table, column: int) -> list[Cell]:
    return [row.cells[column] for row in table.rows]


def _share(wanted: list[float], least: list[float], stretch: list[float]) -> list[float]:
    """The final widths: spare room by `stretch`, missing room by what each column can give."""
    spare = PAGE_WIDTH - sum(wanted)
    if spare >= 0:
        return [width + spare * part / sum(stretch) for width, part in zip(wanted, stretch, strict=True)]
    slack = [width - low for width, low in zip(wanted, least, strict=True)]
    give = min(1.0, -spare / sum(slack)) if sum(slack) > 0 else 0.0
    return [width - room * give for width, room in zip(wanted, slack, strict=True)]


def _wanted(column: Column, cells: list[Cell], first: bool) -> float:
    """What the column needs to keep every cell on one line and not to break a word of its heading."""
    weight: Weight = "semibold" if first else "regular"
    text = max((text_width(c.text, _SIZE, weight) + _beside(c) for c in cells), default=0.0) * _SLACK
    if column.kind == "bar":
        text += _BAR + _PADDING
    if column.kind == "status":
        text += _SIZE * 1.5
    return max(text, _head(column)) + _padding(column, first)


def _padding(column: Column, first: bool) -> float:
    """The space beside the text: text that follows a column of numbers stands off a little more."""
    return _PADDING + (5.0 if column.kind in {"text", "status"} and not first else 0.0)


def _head(column: Column) -> float:
    return max(longest_word(column.title, _SIZE, "semibold"), text_width(column.unit, _SIZE)) * _SLACK


def _beside(cell: Cell) -> float:
    """What stands on a cell's line beside its text."""
    name = text_width(cell.name, _SIZE * _SMALL) + 6 if cell.name else 0.0
    return _tag(cell) + name + cell.level * _INDENT


def _tag(cell: Cell) -> float:
    return text_width(cell.tag, _SIZE * _TAG, "semibold") + 12 if cell.tag else 0.0


def _least(column: Column, cells: list[Cell], first: bool) -> float:
    """How narrow a column of text may become."""
    words = max((_word(cell) for cell in cells), default=0.0) * _SLACK
    tags = max((_tag(cell) for cell in cells), default=0.0)
    return max(words, tags, _head(column), _NAME if first else _TEXT) + _padding(column, first)


def _word(cell: Cell) -> float:
    name = text_width(cell.name, _SIZE * _SMALL)
    return max(longest_word(cell.text, _SIZE, "semibold"), name) + cell.level * _INDENT


def _stretch(column: Column, first: bool) -> float:
    """How much of the spare room the column takes."""
    if column.kind == "bar":
        return 3.0
    return 2.0 if first else 1.0
