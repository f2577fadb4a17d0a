"""The Method sheet: every quantity with its formula and a link to its cells; column headers link back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.worksheet.hyperlink import Hyperlink

from reportgen.lang.words import to_prose
from reportgen.ooxml.addresses import reference
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Quantity
    from reportgen.render.excel.sheets.tables import Placed, Writer

__all__ = ["method_page"]

_HEADS = ("Quantity", "Title", "Unit", "Per", "Formula in words", "Formula", "Description", "Source", "Cell")
_HEAD, _WRAPPED = Look("head"), Look("plain", wrap=True)


def method_page(writer: Writer, sheet: Worksheet) -> None:
    """Write every quantity: its meaning, unit and index set, its formula, and a link to its cells."""
    for i, head in enumerate(_HEADS):
        writer.put(sheet, 1, 1 + i, head, _HEAD)
    row, homes, rows = 2, _homes(writer), dict[str, int]()
    quantities = writer.plan.book.quantities

    def title(name: str) -> str:
        return quantities[name].title if name in quantities else name

    for quantity in quantities.values():
        home, rows[quantity.name] = homes.get(quantity.name), row
        computation = (
            "input" if quantity.input else to_prose(quantity.formula, title) if quantity.formula is not None else ""
        )
        _method_row(writer, sheet, row, quantity, computation)
        _link(writer, sheet, row, home.area(quantity.name) if home else quantity.name)
        row += 1
        if quantity.by and not quantity.input and not quantity.name.endswith("_title"):
            for key, text in quantity.written_cells.items():
                if text not in ("", "0"):
                    writer.put(sheet, row, 1, f"{quantity.name} of {', '.join(key)}", _WRAPPED)
                    writer.put(sheet, row, 5, to_prose(quantity.cells[key], title), _WRAPPED)
                    writer.put(sheet, row, 6, text, _WRAPPED)
                    if home:
                        _link(writer, sheet, row, home.first(quantity, key))
                    row += 1
    _link_back(writer, sheet, rows)
    for letter, width in zip("ABCDEFGHI", (34, 26, 11, 16, 56, 44, 44, 26, 22), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:I{row - 1}"


def _method_row(writer: Writer, sheet: Worksheet, row: int, quantity: Quantity, computation: str) -> None:
    cells = (
        quantity.name,
        quantity.title,
        quantity.type.unit.label,
        ", ".join(quantity.per),
        computation,
        "" if quantity.input else quantity.written,
        quantity.description,
        quantity.source,
    )
    for i, value in enumerate(cells):
        writer.put(sheet, row, 1 + i, value or None, Look("key") if i == 0 else _WRAPPED)


def _homes(writer: Writer) -> dict[str, Placed]:
    """Return the table that holds each quantity; scalars are in none."""
    return {
        column.quantity.name: placed
        for placed in writer.placed.values()
        for column in placed.columns
        if column.quantity is not None and column.group in ("input", "result", "key")
    }


def _link(writer: Writer, sheet: Worksheet, row: int, target: str) -> None:
    """Link the last cell of a row to a target: cells of a sheet, or a name."""
    cell = writer.put(sheet, row, len(_HEADS), target.replace("'", ""), Look("link"))
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=target)


def _link_back(writer: Writer, sheet: Worksheet, rows: dict[str, int]) -> None:
    """Link the header of each result column to its row on the Method sheet."""
    workbook = sheet.parent
    assert workbook is not None
    for placed in writer.placed.values():
        for column in placed.columns:
            if column.quantity is not None and column.group == "result":
                head = workbook[placed.sheet][f"{placed.letters[column.name]}{placed.row - 1}"]
                target = reference(sheet.title, f"A{rows[column.quantity.name]}")
                head.hyperlink = Hyperlink(ref=head.coordinate, location=target)
