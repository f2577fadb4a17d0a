"""Addresses of cells: how they are written, in patterns that all readers of formulas share, and what they mean."""

from __future__ import annotations

import re

from openpyxl.utils import absolute_coordinate, column_index_from_string, quote_sheetname

__all__ = ["CELL", "CELLS", "COLUMN", "ROW", "Area", "area_of", "is_cell", "reference", "sheet_and_cells"]

COLUMN, ROW = "[A-Za-z]{1,3}", "[0-9]{1,7}"
CELL = rf"\$?{COLUMN}\$?{ROW}"
CELLS = rf"{CELL}(?::{CELL})?"
"""Patterns for the parts of an address, for a cell, and for a rectangle of cells; without groups."""

_CORNER = rf"\$?({COLUMN})\$?({ROW})"
_AREA = re.compile(rf"{_CORNER}(?::{_CORNER})?")
_NAMED = re.compile(rf"{COLUMN}{ROW}|[rR][0-9]*([cC][0-9]*)?|[cC][0-9]*")
_SHEET = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!(.+)", re.DOTALL)

Area = tuple[int, int, int, int]
"""Top, left, bottom and right of a rectangle of cells; 1-based and inclusive."""


def area_of(reference: str) -> Area | None:
    """Return the rectangle of a reference, or None.

    >>> area_of("$B$3"), area_of("A1:C9"), area_of("tpot")
    ((3, 2, 3, 2), (1, 1, 9, 3), None)
    """
    match = _AREA.fullmatch(reference)
    if match is None:
        return None
    left, top, right, bottom = match.groups()
    first, last = (column_index_from_string(letters.upper()) for letters in (left, right or left))
    return int(top), first, int(bottom or top), last


def is_cell(name: str) -> bool:
    """Return whether Excel reads a name as an address.

    >>> [is_cell(name) for name in ("fp8", "kv1", "R1C1", "c", "abcd1", "batch")]
    [True, True, True, True, False, False]
    """
    return _NAMED.fullmatch(name) is not None


def reference(sheet: str, cells: str, *, fixed: bool = False) -> str:
    """Return a reference to cells of a sheet; a fixed one does not move when it is copied.

    >>> reference("My sheet", "A1"), reference("Bob's", "A1:B2", fixed=True)
    ("'My sheet'!A1", "'Bob''s'!$A$1:$B$2")
    """
    return f"{quote_sheetname(sheet)}!{absolute_coordinate(cells) if fixed else cells}"


def sheet_and_cells(text: str) -> tuple[str, str]:
    """Split a reference such as `'My sheet'!$A$1` into sheet and cells; the sheet is empty if none is named."""
    match = _SHEET.fullmatch(text)
    if match is None:
        return "", text
    return (match[1] or "").replace("''", "'") or match[2] or "", match[3]
