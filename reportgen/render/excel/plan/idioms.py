"""Idioms of Excel that the language of formulas has no word for: each is written here and nowhere else.

Cells are given as they are written in a formula: an address, a name, or a column of a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang.excel import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "GAP", "count_said", "differing", "first_said", "has_many", "has_one", "in_new_words", "index", "is_flag",
    "is_number", "is_text", "is_whole", "kept_blank", "moved", "number_where", "position", "row_of", "size", "total",
]  # fmt: skip

GAP = "NA()"
"""An error that charts leave out."""

_SOMETHING = '"?*"'
"""A pattern that matches every text but the empty one."""


def index(cells: str, row: str, column: str = "") -> str:
    """Return the cell of a range in a row, counted from 1, and in a column if the range has several."""
    return f"INDEX({','.join(part for part in (cells, row, column) if part)})"


def position(value: str, cells: str, *, may_be_absent: bool = False) -> str:
    """Return the position of a value in a range, counted from 1; empty if it is missing and may be."""
    match = f"MATCH({value},{cells},0)"
    return f'IFERROR({match},"")' if may_be_absent else match


def size(cells: str) -> str:
    """Return the number of rows of a range."""
    return f"ROWS({cells})"


# --- the value of a cell ---------------------------------------------------------------------------------------------


def is_flag(cell: str) -> str:
    """Return whether a cell is TRUE or FALSE."""
    return f"ISLOGICAL({cell})"


def is_text(cell: str) -> str:
    """Return whether a cell is a text."""
    return f"ISTEXT({cell})"


def is_number(cell: str) -> str:
    """Return whether a cell, or the result of a formula, is a number."""
    return f"ISNUMBER({cell})"


def is_whole(cell: str) -> str:
    """Return whether a number is whole."""
    return f"{cell}=INT({cell})"


def number_where(cell: str, condition: str) -> str:
    """Return whether a cell is a number that fulfils a condition."""
    return f"IF({is_number(cell)},{condition},FALSE)"


def kept_blank(guard: str, text: str) -> str:
    """Return a formula that gives an empty text while a cell is empty, which Excel reads as 0."""
    return f'IF({guard}="","",{text})'


def row_of(places: Sequence[str], sizes: Sequence[str]) -> str:
    """Return the row of a table from the positions of its members, and the sizes of all dimensions but the first.

    >>> row_of(["2", "3"], ["ROWS(t_stage[stage])"]), row_of(["1", "3"], ["ROWS(t_stage[stage])"])
    ('1*ROWS(t_stage[stage])+3', '3')
    """
    text = places[0]
    for place, size in zip(places[1:], sizes, strict=True):
        first = str(int(text) - 1) if text.isdigit() else f"({text}-1)"
        text = place if first == "0" else f"{first}*{size}+{place}"
    return text


# --- ranges ----------------------------------------------------------------------------------------------------------


def has_one(text: str, sign: str) -> str:
    """Return whether a character occurs in a text."""
    return is_number(f"FIND({quoted(sign)},{text})")


def has_many(cell: str, cells: str) -> str:
    """Return whether the value of a cell occurs in a range more than once."""
    return f"SUMPRODUCT(({cells}={cell})*1)>1"


def differing(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the number of pairs of cells that differ."""
    return "+".join(f"({one}<>{other})" for one, other in pairs)


def moved(rows: str) -> str:
    """Return whether cells that counted from 1 as built are in another order now."""
    return f"SUMPRODUCT(({rows}<>ROW({rows})-MIN(ROW({rows}))+1)*1)>0"


def in_new_words(cell: str) -> str:
    """Return a name with spaces, as a title."""
    return f'SUBSTITUTE({cell},"_"," ")'


def first_said(areas: Sequence[str], otherwise: str) -> str:
    """Return the first text in some ranges, or another if all are empty."""
    text = quoted(otherwise)
    for cells in reversed(areas):
        text = f"IF({_texts(cells)}>0,{index(cells, position(_SOMETHING, cells))},{text})"
    return text


def count_said(areas: Sequence[str]) -> str:
    """Return the number of texts in some ranges."""
    return "+".join(map(_texts, areas))


def _texts(cells: str) -> str:
    return f"COUNTIF({cells},{_SOMETHING})"


def total(areas: Sequence[str]) -> str:
    """Return the sum of the numbers in some ranges."""
    return "+".join(f"SUM({cells})" for cells in areas)
