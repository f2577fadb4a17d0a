"""Reading a workbook: the cells of every sheet with values and formulas, tables, and names of cells."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl.formula.translate import Translator
from openpyxl.utils.cell import column_index_from_string, get_column_letter

from reportgen.intake.edited.package import Package, open_package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

__all__ = ["Area", "Content", "EditedSheet", "EditedTable", "EditedWorkbook", "ErrorText", "address", "read_workbook"]

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DOC = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]+)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOGICAL = {"TRUE()": True, "FALSE()": False}
MAX_CELLS = 3_000_000

Place = tuple[int, int]
"""Row and column, both from 1."""


class ErrorText(str):
    """What a cell shows that is in error, such as `#N/A`."""

    __slots__ = ()


@dataclass(slots=True)
class Content:
    """What a cell holds: a value, and the formula that gives it where there is one (without `=`)."""

    value: float | str | bool | None
    formula: str | None = None


@dataclass(slots=True)
class EditedSheet:
    """The cells of a sheet by row and column; cells that hold nothing are left out."""

    title: str
    cells: dict[Place, Content] = field(default_factory=dict)

    def value(self, row: int, column: int) -> float | str | bool | None:
        """What a cell shows."""
        found = self.cells.get((row, column))
        return found.value if found else None


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a sheet; rows and columns from 1, both ends included."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class EditedTable:
    """A table: its rectangle with the row of heads, and its columns."""

    name: str
    area: Area
    columns: tuple[str, ...]


@dataclass(slots=True)
class EditedWorkbook:
    """A workbook as it was saved, by whatever program."""

    path: Path
    sheets: dict[str, EditedSheet] = field(default_factory=dict)
    tables: dict[str, EditedTable] = field(default_factory=dict)
    names: dict[str, Area] = field(default_factory=dict)


def address(row: int, column: int) -> str:
    """The address of a cell.

    >>> address(5, 28)
    'AB5'
    """
    return f"{get_column_letter(column)}{row}"


def read_workbook(path: Path) -> EditedWorkbook:
    """Read a workbook.

    Raises:
        SpecError: it is no workbook, damaged, too large, takes too long, or holds what could do harm.
    """
    with open_package(path) as package:
        made = EditedWorkbook(path)
        strings = _strings(package)
        for title, part in _sheet_parts(package).items():
            made.sheets[title] = sheet = EditedSheet(title)
            _read_cells(package, part, sheet, strings)
            if sum(len(s.cells) for s in made.sheets.values()) > MAX_CELLS:
                raise package.fail(f"the workbook has more than {MAX_CELLS:,} cells")
            for table in _tables(package, part, title):
                made.tables[table.name] = table
        made.names = _names(package)
        return made


def _relations(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """The parts that a part is related to: by identifier, kind and name."""
    folder, base = posixpath.split(part)
    name = f"{folder}/_rels/{base}.rels"
    if name not in package.names:
        return {}
    found = {}
    for relation in package.root(name).iter(_RELATION):
        if relation.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + folder, relation.get("Target", ""))).lstrip("/")
            found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target)
    return found


def _sheet_parts(package: Package) -> dict[str, str]:
    related = _relations(package, "xl/workbook.xml")
    parts = {}
    for sheet in package.root("xl/workbook.xml").iter(_MAIN + "sheet"):
        kind, part = related.get(sheet.get(_DOC + "id", ""), ("", ""))
        if kind == "worksheet":
            parts[sheet.get("name", "")] = part
    return parts


def _strings(package: Package) -> list[str]:
    name = next((p for k, p in _relations(package, "xl/workbook.xml").values() if k == "sharedStrings"), None)
    if name is None:
        return []
    return [_text_of(item) for item in package.root(name).iter(_MAIN + "si")]


def _text_of(item: Element) -> str:
    """The text of a string item, its runs joined, phonetic hints left out."""
    parts = [t.text or "" for t in item.findall(_MAIN + "t")]
    parts += [t.text or "" for run in item.findall(_MAIN + "r") for t in run.findall(_MAIN + "t")]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def _read_cells(package: Package, part: str, sheet: EditedSheet, strings: list[str]) -> None:
    shared: dict[str, tuple[str, str]] = {}
    row = column = 0
    for event, element in package.events(part):
        if event == "start":
            if element.tag == _MAIN + "row":
                row, column = int(element.get("r") or row + 1), 0
            continue
        if element.tag == _MAIN + "c":
            at = _ADDRESS.fullmatch(element.get("r") or "")
            column = column_index_from_string(at[1]) if at else column + 1
            row = int(at[2]) if at else row
            try:
                content = _content(element, strings, shared)
            except ValueError:
                raise package.fail(f"the cell {sheet.title}!{element.get('r')} is damaged") from None
            if content is not None:
                sheet.cells[row, column] = content
        if element.tag == _MAIN + "row":
            element.clear()


def _content(cell: Element, strings: list[str], shared: dict[str, tuple[str, str]]) -> Content | None:
    kind, text = cell.get("t", "n"), cell.findtext(_MAIN + "v")
    if kind == "inlineStr":
        inline = cell.find(_MAIN + "is")
        value: Any = _text_of(inline) if inline is not None else ""
    else:
        value = _value(kind, text, strings)
    formula = cell.find(_MAIN + "f")
    if formula is None:
        return None if value is None else Content(value)
    written = _formula(formula, cell.get("r", "A1"), shared)
    if written.upper() in _LOGICAL:  # LibreOffice's way to write what was typed as TRUE
        return Content(_LOGICAL[written.upper()])
    return Content(value, written)


def _value(kind: str, text: str | None, strings: list[str]) -> float | str | bool | None:
    if not text:
        return "" if kind == "str" else None
    if kind == "s":
        index = int(text)
        return strings[index] if 0 <= index < len(strings) else None
    if kind == "b":
        return text.strip() == "1"
    if kind == "str":
        return _unescaped(text)
    if kind == "e":
        return ErrorText(text)
    if kind == "d":
        return text
    return float(text)


def _formula(formula: Element, at: str, shared: dict[str, tuple[str, str]]) -> str:
    """The text of a formula; one that is shared among cells is moved from its first cell to this one."""
    text = formula.text or ""
    if formula.get("t") == "shared":
        group = formula.get("si", "")
        if text:
            shared[group] = (text, at)
        elif group in shared:
            first, origin = shared[group]
            return str(Translator("=" + first, origin).translate_formula(at)).removeprefix("=")
    return _unescaped(text).removeprefix("=")


def _tables(package: Package, part: str, sheet: str) -> Iterator[EditedTable]:
    for kind, name in _relations(package, part).values():
        if kind != "table":
            continue
        root = package.root(name)
        area = _area(sheet, root.get("ref", ""))
        columns = tuple(_unescaped(c.get("name", "")) for c in root.iter(_MAIN + "tableColumn"))
        if area is not None:
            yield EditedTable(root.get("displayName") or root.get("name") or "", area, columns)


def _area(sheet: str, reference: str) -> Area | None:
    corners = [_ADDRESS.fullmatch(corner) for corner in reference.split(":")]
    if not corners or len(corners) > 2 or None in corners:
        return None
    places = [(int(c[2]), column_index_from_string(c[1])) for c in corners if c]
    (top, left), (bottom, right) = places[0], places[-1]
    return Area(sheet, top, left, bottom, right)


def _names(package: Package) -> dict[str, Area]:
    """What names of the whole workbook stand for, where that is cells of one sheet."""
    found = {}
    for name in package.root("xl/workbook.xml").iter(_MAIN + "definedName"):
        sheet, _, reference = (name.text or "").strip().rpartition("!")
        area = _area(sheet.strip("'").replace("''", "'"), reference)
        if area is not None and name.get("localSheetId") is None:
            found[name.get("name", "")] = area
    return found
