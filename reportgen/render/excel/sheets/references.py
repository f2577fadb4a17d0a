"""Replace structured references by plain ranges, for programs that do not read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula

from reportgen.ooxml.addresses import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.tables import Placed

__all__ = ["STYLES", "as_ranges", "prefix_names", "references", "write_ranges"]

STYLES = ("structured", "a1")
"""How formulas refer to tables."""

_REFERENCE = re.compile(
    r'"(?:[^"]|"")*"'
    r"|(?P<table>\bt_\w+)\[(?:\[#This Row\],\[(?P<own>\w+)\]|\[(?P<first>\w+)\]:\[(?P<last>\w+)\]|(?P<whole>\w+))\]"
)


def references(text: str, change: Callable[[re.Match[str]], str]) -> str:
    """Return a formula with each structured reference replaced, except inside quotes."""
    return _REFERENCE.sub(lambda m: change(m) if m["table"] else m[0], text) if "[" in text else text


def as_ranges(text: str, placed: Mapping[str, Placed], sheet: str, row: int) -> str:
    """Return the formula of a cell, with ranges in place of structured references.

    Args:
        text: the formula.
        placed: the placed tables by name.
        sheet: the sheet of the formula; ranges on it omit its name.
        row: the row of the formula.
    """

    def range_of(match: re.Match[str]) -> str:
        table = placed[match["table"]]
        if match["own"]:
            cells = f"${table.letters[match['own']]}{row}"
        else:
            first = table.letters[match["first"] or match["whole"]]
            last = table.letters[match["last"] or match["whole"]]
            cells = f"${first}${table.row}:${last}${table.last}"
        return cells if table.sheet == sheet else reference(table.sheet, cells)

    return references(text, range_of)


def write_ranges(sheets: Iterable[Worksheet], tables: Iterable[Placed]) -> None:
    """Rewrite every formula of the sheets with ranges; columns no longer fill down, because their rows differ."""
    placed = {made.table.name: made for made in tables}
    for sheet in sheets:
        for table in sheet.tables.values():
            for column in table.tableColumns:
                column.calculatedColumnFormula = None
        title = sheet.title
        _change_formulas(sheet, lambda text, row, title=title: as_ranges(text, placed, title, row))  # type: ignore[misc]


_NAME = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')+'!|\[[^\[\]]*\])|\b([A-Za-z_]\w*)\b(?![(\[!])""")


def prefix_names(workbook: Workbook, sheets: Iterable[Worksheet], names: Collection[str], prefix: str) -> None:
    """Prefix names of cells, and rename them in every formula of the sheets."""

    def renamed(text: str, _: int = 0) -> str:
        return _NAME.sub(lambda m: prefix + m[2] if m[2] and m[2] in names else m[0], text)

    for name in names:
        old = workbook.defined_names.pop(name)
        workbook.defined_names[prefix + name] = DefinedName(prefix + name, attr_text=old.attr_text)
    for sheet in sheets:
        _change_formulas(sheet, renamed)
        for area in sheet.conditional_formatting:
            for rule in area.rules:
                rule.formula = [renamed(text) for text in rule.formula]
        cells: Iterable[Any] = sheet._cells.values()
        for cell in cells:
            if cell.hyperlink and cell.hyperlink.location in names:
                cell.hyperlink.location = prefix + cell.hyperlink.location


def _change_formulas(sheet: Worksheet, change: Callable[[str, int], str]) -> None:
    """Rewrite each formula of a sheet; `change` receives its text and its row."""
    cells: Iterable[Any] = sheet._cells.values()
    for cell in cells:
        if cell.data_type != "f":
            continue
        if isinstance(cell.value, ArrayFormula):
            cell.value.text = change(str(cell.value.text), cell.row)
        else:
            cell.value = change(cell.value, cell.row)
    for table in sheet.tables.values():
        for column in table.tableColumns:
            if column.calculatedColumnFormula is not None:
                column.calculatedColumnFormula.attr_text = change(column.calculatedColumnFormula.attr_text, 0)
