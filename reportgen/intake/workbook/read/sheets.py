"""Read a workbook: the values and formulas of every sheet's cells, tables, and names of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.intake.workbook.read.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    Content,
    EditedSheet,
    ErrorText,
    SheetReader,
    TextReader,
    address,
)
from reportgen.intake.workbook.read.contents import Area, EditedTable, EditedWorkbook
from reportgen.intake.workbook.read.harmful import refuse_harmful, refuse_parts
from reportgen.ooxml.addresses import area_of
from reportgen.ooxml.text import unescaped
from reportgen.ooxml.untrusted import Budget, Package, open_package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

__all__ = ["Area", "Content", "EditedSheet", "EditedTable", "EditedWorkbook", "ErrorText", "address", "read_workbook"]

_COUNTS = {"0": 0, "1": 1}
"""The numbers of header and total rows that a table may have."""


def read_workbook(path: Path) -> EditedWorkbook:
    """Read a workbook.

    Raises:
        SpecError: it is not a workbook, damaged, too large, too slow to read, or holds harmful content.
    """
    with open_package(path) as package:
        refuse_parts(package)
        workbook, budget, book = EditedWorkbook(path), Budget(package), package.root(package.main)
        texts = _texts(package, budget)
        for title, part in _sheet_parts(package, book).items():
            workbook.sheets[title] = sheet = EditedSheet(title)
            reader = SheetReader(package, budget, sheet, texts)
            package.read(part, reader)
            workbook.rules += reader.rules
            for table in _tables(package, part, title, workbook.rules):
                workbook.tables[table.name] = table
        _names(book, workbook)
        refuse_harmful(package, workbook)
        return workbook


def _sheet_parts(package: Package, book: Element) -> dict[str, str]:
    """Return the parts of the worksheets by title."""
    related = {r.name: r for r in package.relations(package.main) if not r.outside}
    parts: dict[str, str] = {}
    for sheet in book.iter("sheet"):
        relation, title = related.get(sheet.get("r:id", "")), sheet.get("name", "")
        if relation is None or relation.kind != "worksheet":
            continue
        if title.casefold() in (other.casefold() for other in parts):
            raise package.fail(f"two sheets have the title '{title}'")
        parts[title] = relation.target
    return parts


def _texts(package: Package, budget: Budget) -> list[str]:
    """Return the shared strings."""
    related = package.relations(package.main)
    name = next((r.target for r in related if r.kind == "sharedStrings" and not r.outside), None)
    reader = TextReader(package, budget)
    if name is not None:
        package.read(name, reader)
    return reader.texts


def _tables(package: Package, part: str, sheet: str, rules: list[tuple[str, str]]) -> Iterator[EditedTable]:
    """Yield the tables of a sheet; formulas of their columns are added to `rules`."""
    for relation in package.relations(part):
        if relation.kind != "table" or relation.outside:
            continue
        root = package.root(relation.target)
        name = root.get("displayName") or root.get("name") or ""
        area, heads, totals = (
            _area(sheet, root.get("ref", "")),
            _COUNTS.get(root.get("headerRowCount", "1").strip()),
            _COUNTS.get(root.get("totalsRowCount", "0").strip()),
        )
        if area is None or heads is None or totals is None:
            raise package.fail(f"the table '{name}' on the sheet '{sheet}' is damaged")
        columns = tuple(unescaped(c.get("name", "")) for c in root.iter("tableColumn"))
        area = Area(sheet, area.top - (1 - heads), area.left, area.bottom - totals, area.right)
        for kind in ("calculatedColumnFormula", "totalsRowFormula"):
            rules += [(f"the table '{name}'", unescaped(formula.text or "")) for formula in root.iter(kind)]
        yield EditedTable(name, area, columns, bool(heads), bool(totals))


def _area(sheet: str, reference: str) -> Area | None:
    """Return a rectangle of cells, or None if it is not valid."""
    area = area_of(":".join(corner.strip() for corner in reference.split(":")))
    if area is None:
        return None
    rows, columns = sorted((area[0], area[2])), sorted((area[1], area[3]))
    if rows[0] < 1 or rows[1] > MAX_ROWS or columns[1] > MAX_COLUMNS:
        return None
    return Area(sheet, rows[0], columns[0], rows[1], columns[1])


def _names(book: Element, workbook: EditedWorkbook) -> None:
    """Read the workbook-level names that refer to cells of one sheet."""
    for element in book.iter("definedName"):
        name, text = element.get("name", ""), unescaped((element.text or "").strip())
        workbook.rules.append((f"the name '{name}'", text))
        sheet, _, reference = text.rpartition("!")
        if sheet.startswith("'") and sheet.endswith("'"):
            sheet = sheet[1:-1]
        area = _area(sheet.replace("''", "'"), reference)
        if area is not None and element.get("localSheetId") is None:
            workbook.names[name] = area
