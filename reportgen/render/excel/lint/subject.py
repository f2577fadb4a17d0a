"""A workbook under examination: its parts parsed once, with what rules ask of them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree
from openpyxl.utils.cell import column_index_from_string

from reportgen.render.excel.package import SHEET, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Area", "Sheet", "Subject", "Table", "area_of", "resolved", "unescaped"]

_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CORNERS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_WORKBOOK = "xl/workbook.xml"

Area = tuple[int, int, int, int]
"""Top, left, bottom, right; from 1, ends included."""


def area_of(reference: str) -> Area | None:
    """The rectangle of an address."""
    found = _CORNERS.fullmatch(reference)
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    first, row = column_index_from_string(left), int(top)
    return row, first, int(bottom or top), column_index_from_string(right or left)


def resolved(part: str, relation: _Element) -> str:
    """The name of the part that a relationship of a part leads to."""
    target = relation.get("Target", "")
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def unescaped(text: str) -> str:
    """Text whose characters are not written as `_x000a_`."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text)


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its title, part and tree."""

    title: str
    part: str
    root: _Element

    def cell(self, row: int, column: int) -> _Element | None:
        """A cell, or nothing."""
        if row not in self._rows:
            found = next((r for r in self.root.iter(SHEET + "row") if r.get("r") == str(row)), ())
            areas = [(area_of(cell.get("r", "")), cell) for cell in found]
            self._rows[row] = {area[1]: cell for area, cell in areas if area is not None}
        return self._rows[row].get(column)

    @cached_property
    def _rows(self) -> dict[int, dict[int, _Element]]:
        return {}

    @cached_property
    def size(self) -> tuple[int, int]:
        """The last row and the last column that have a cell."""
        last = [row[-1].get("r", "") for row in self.root.iter(SHEET + "row") if len(row)]
        areas = [area for text in last if (area := area_of(text)) is not None]
        return max((a[0] for a in areas), default=0), max((a[1] for a in areas), default=0)


@dataclass(frozen=True)
class Table:
    """A table: its name, sheet, rectangle, and its columns' names as written."""

    name: str
    sheet: Sheet
    area: Area
    columns: tuple[str, ...]
    root: _Element


class Subject:
    """The parts of a workbook.

    Raises:
        ValueError: there is no workbook among them.
    """

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.damaged: dict[str, str] = {}
        self.roots: dict[str, _Element] = {}
        for name, data in parts.items():
            if name.endswith((".xml", ".rels")):
                try:
                    self.roots[name] = parse(data)
                except etree.XMLSyntaxError as error:
                    self.damaged[name] = str(error)
        if _WORKBOOK not in self.roots:
            raise ValueError("this is not a workbook: it has no part xl/workbook.xml that can be read")

    @property
    def workbook(self) -> _Element:
        """The main part."""
        return self.roots[_WORKBOOK]

    @cached_property
    def titles(self) -> list[str]:
        """The titles of all sheets, also of those that are not worksheets."""
        return [sheet.get("name", "") for sheet in self.workbook.iter(SHEET + "sheet")]

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The worksheets."""
        targets = {r.get("Id", ""): resolved(_WORKBOOK, r) for r in self.relations(_WORKBOOK)}
        found = []
        for sheet in self.workbook.iter(SHEET + "sheet"):
            part = targets.get(sheet.get(_OFFICE + "id", ""), "")
            if part in self.roots and self.roots[part].tag == SHEET + "worksheet":
                found.append(Sheet(sheet.get("name", ""), part, self.roots[part]))
        return found

    @cached_property
    def tables(self) -> list[Table]:
        """The tables of all sheets."""
        found = []
        for sheet in self.sheets:
            for kind, part in self.related(sheet.part):
                root = self.roots.get(part)
                area = area_of(root.get("ref", "")) if kind == "table" and root is not None else None
                if root is not None and area is not None:
                    columns = tuple(c.get("name", "") for c in root.iter(SHEET + "tableColumn"))
                    found.append(Table(root.get("displayName", ""), sheet, area, columns, root))
        return found

    def relations(self, part: str) -> list[_Element]:
        """The relationships of a part."""
        folder, base = posixpath.split(part)
        root = self.roots.get(posixpath.join(folder, "_rels", f"{base}.rels"))
        return [] if root is None else list(root.iter(_RELATION))

    def related(self, part: str) -> list[tuple[str, str]]:
        """What a part is related to within the package: kinds and parts."""
        inner = (r for r in self.relations(part) if r.get("TargetMode") != "External")
        return [(r.get("Type", "").rpartition("/")[2], resolved(part, r)) for r in inner]

    @cached_property
    def names(self) -> list[tuple[str, str, str]]:
        """The defined names: name, scope (a sheet's number, or nothing) and what they stand for."""
        return [
            (name.get("name", ""), name.get("localSheetId", ""), (name.text or "").strip())
            for name in self.workbook.iter(SHEET + "definedName")
        ]
