"""Write the rows of a sheet as XML in one pass, with the value of every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula

from reportgen.render.excel.file.cell_values import CellValue, SharedStrings, typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["Rows", "taken_out"]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a sheet: their XML, their rectangle, and the values of their cells."""

    xml: bytes
    area: str
    cells: Mapping[str, CellValue]


def taken_out(
    workbook: Workbook, values: Mapping[str, Mapping[str, CellValue]], strings: SharedStrings
) -> dict[str, Rows]:
    """Return the rows of each sheet by title; the workbook keeps only the frame around them.

    Raises:
        ValueError: for a value whose cell does not exist, or a number that is not finite.
    """
    if unknown := sorted(values.keys() - set(workbook.sheetnames)):
        message = f"values for sheets that are not in the workbook: {', '.join(unknown)}"
        raise ValueError(message)
    result = {}
    for sheet in workbook.worksheets:
        result[sheet.title] = _rows(sheet, values.get(sheet.title, {}), strings)
        # links and comments are saved with their cells
        sheet._cells = {address: cell for address, cell in sheet._cells.items() if cell.hyperlink or cell.comment}
        sheet.row_dimensions.clear()
    return result


def _rows(sheet: Worksheet, values: Mapping[str, CellValue], strings: SharedStrings) -> Rows:
    cells: dict[tuple[int, int], Any] = sheet._cells
    by_row: dict[int, list[tuple[int, Any]]] = {row: [] for row in sheet.row_dimensions}
    for (row, column), cell in cells.items():
        by_row.setdefault(row, []).append((column, cell))
    writer = _Writer(sheet.title, values, strings)
    text = "".join(
        f"<row{_attributes(sheet, row)}>{''.join(writer.cells(row, sorted(by_row[row], key=_place)))}</row>"
        for row in sorted(by_row)
    )
    if missing := sorted(values.keys() - writer.held.keys()):
        message = f"sheet {sheet.title!r}: values for cells that are not in the sheet: {', '.join(missing[:5])}"
        raise ValueError(message)
    return Rows(text.encode(), sheet.calculate_dimension(), writer.held)


def _place(pair: tuple[int, Any]) -> int:
    return pair[0]


def _attributes(sheet: Worksheet, row: int) -> str:
    """Return a row's number, and its height if it has one."""
    given = dict(sheet.row_dimensions[row]) if row in sheet.row_dimensions else {}
    return "".join(f" {name}={quoteattr(str(value))}" for name, value in {"r": row, **given}.items())


class _Writer:
    """Writes the cells of one sheet and records their values."""

    def __init__(self, title: str, values: Mapping[str, CellValue], strings: SharedStrings) -> None:
        self.title, self.values, self.strings = title, values, strings
        self.held: dict[str, CellValue] = {}
        self.letters: dict[int, str] = {}
        self.styles: dict[int, int] = {}
        self.escaped: dict[str, str] = {}
        """Formulas as the file stores them, cached because most occur in many rows."""

    def cells(self, row: int, cells: list[tuple[int, Any]]) -> Iterator[str]:
        """Yield the cells of a row, by column."""
        letters, styles = self.letters, self.styles
        for column, cell in cells:
            letter = letters.get(column)
            if letter is None:
                letter = letters[column] = get_column_letter(column)
            style = styles.get(id(cell._style))
            if style is None:
                style = styles[id(cell._style)] = cell.style_id
            address = f"{letter}{row}"
            try:
                yield self.cell(cell, address, f'<c r="{address}" s="{style}"' if style else f'<c r="{address}"')
            except (TypeError, ValueError) as error:
                message = f"sheet {self.title!r}: cell {address}: {error}"
                raise ValueError(message) from error

    def cell(self, cell: Any, address: str, start: str) -> str:
        """Return one cell; `start` is its opening tag up to its type."""
        kind, content = cell.data_type, cell.value
        if kind == "f":
            return self.formula(content, address, start)
        if content is None:
            return start + "/>"
        if kind == "s":
            self.held[address] = content
            return f'{start} t="s"><v>{self.strings.index(str(content))}</v></c>'
        shown = self.values.get(address, content)
        self.held[address] = shown
        form, text = typed(shown)
        return f'{start} t="{form}"><v>{escape(text)}</v></c>' if form else f"{start}><v>{text}</v></c>"

    def formula(self, content: Any, address: str, start: str) -> str:
        """Return a formula with its value; one without a value is left for programs to compute."""
        if isinstance(content, ArrayFormula):
            text = f'<f t="array" ref="{content.ref}">{escape(str(content.text).removeprefix("="))}</f>'
        else:
            text = self.escaped.get(content) or self.escaped.setdefault(content, f"<f>{escape(content[1:])}</f>")
        value = self.values.get(address)
        if value is None:
            return f"{start}>{text}</c>"
        self.held[address] = value
        form, shown = typed(value)
        return f'{start} t="{form}">{text}<v>{escape(shown)}</v></c>' if form else f"{start}>{text}<v>{shown}</v></c>"
