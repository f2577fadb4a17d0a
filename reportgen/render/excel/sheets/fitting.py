"""Fit rows and columns to their content: rows high enough for wrapped text, columns wide enough for keys.

Excel computes row heights when it opens a file; LibreOffice does not for text from formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter

from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.tables import Placed, Writer

__all__ = ["fit_columns", "fit_heading", "fit_rows", "fit_table", "total_width"]

_LINE, _PAD = 13.5, 2.0  # points
_MOST = 8
"""The most lines of a row; a longer text is read in the cell."""

_WIDEST = 44
_DEFAULT = 13.0
_HEADING, _BIG = 20.0, 1.6
"""The height of a heading's line in points, and its width relative to normal text."""


def fit_table(writer: Writer, sheet: Worksheet, placed: Placed) -> None:
    """Fit a table: columns to their keys, rows to their sentences.

    Of the options' many sentences, only the report's columns count; the others are parts of sentences.
    """
    for column in placed.columns:
        if column.group == "key":
            longest = max((len(str(c.value)) for c in column.cells.values() if c.value is not None), default=0)
            dimension = sheet.column_dimensions[placed.letters[column.name]]
            dimension.width = max(dimension.width, min(_WIDEST, longest * 1.05 + 2))
    keys = [placed.letters[c.name] for c in placed.columns if c.group == "key"]
    shown = set(writer.plan.book.report.option_columns) if placed.table.dims == ("option",) else None
    texts = [c for c in placed.columns if c.kind == "text" and c.group == "result"]
    wrapped = [placed.letters[c.name] for c in texts if shown is None or c.name in shown]
    if texts or any(sheet.column_dimensions[letter].width == _WIDEST for letter in keys):
        fit_rows(writer, sheet, [*wrapped, *keys], range(placed.row, placed.last + 1))


def fit_heading(sheet: Worksheet, writer: Writer) -> None:
    """Wrap the heading of a sheet within the columns that are repeated on every page."""
    text = str(sheet["A1"].value or "")
    width = sum(sheet.column_dimensions[letter].width or _DEFAULT for letter in "AB")
    lines = -(-int(len(text) * _BIG) // max(1, int(width)))
    writer.put(sheet, 1, 1, text, Look("heading", wrap=True))
    sheet.merge_cells("A1:B1")
    sheet.row_dimensions[1].height = _HEADING * lines


def fit_rows(writer: Writer, sheet: Worksheet, letters: Iterable[str], rows: Iterable[int]) -> None:
    """Set the height of rows to fit the texts of some columns."""
    widths = {letter: sheet.column_dimensions[letter].width or _DEFAULT for letter in letters}
    values = writer.values.get(sheet.title, {})
    for row in rows:
        most = 1
        for letter, width in widths.items():
            cell: Any = sheet[f"{letter}{row}"]
            text = values.get(cell.coordinate, "") if cell.data_type == "f" else cell.value
            if isinstance(text, str):
                most = max(most, -(-len(text) // max(1, int(width * 1.1))))
        sheet.row_dimensions[row].height = _LINE * min(most, _MOST) + _PAD


def fit_columns(sheet: Worksheet, writer: Writer, least: float = 11.0) -> None:
    """Set the width of columns to fit the cells below their headings."""
    values = writer.values.get(sheet.title, {})
    for number, cells in enumerate(sheet.iter_cols(min_row=2), start=1):
        texts = [values.get(c.coordinate, c.value) for c in cells]
        longest = max((len(t) for t in texts if isinstance(t, str)), default=0)
        sheet.column_dimensions[get_column_letter(number)].width = max(least, min(46.0, longest + 2.0))


def total_width(sheet: Worksheet) -> float:
    """Return the total width of the visible columns."""
    return sum(
        sheet.column_dimensions[letter].width if letter in sheet.column_dimensions else _DEFAULT
        for letter in map(get_column_letter, range(1, sheet.max_column + 1))
        if letter not in sheet.column_dimensions or not sheet.column_dimensions[letter].hidden
    )
