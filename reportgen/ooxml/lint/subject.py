"""The workbook under examination: its parts, parsed on demand, and the views of them that rules share."""

from __future__ import annotations

import math
import posixpath
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from reportgen.ooxml.addresses import Area, area_of
from reportgen.ooxml.package import SHEET
from reportgen.ooxml.text import unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

__all__ = [
    "EXTENSION", "NotLinted", "Rule", "Sheet", "Subject", "Table", "resolved", "text_of",
]  # fmt: skip

EXTENSION = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
_INNER = "{http://schemas.microsoft.com/office/excel/2006/main}"
_OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_WORKBOOK = "xl/workbook.xml"
_VALUE = SHEET + "cfvo"

# Strict Open XML uses other namespaces for the same elements.
_STRICT = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL = {
    _STRICT + strict: b"http://schemas.openxmlformats.org/" + other
    for strict, other in (
        (b"spreadsheetml/main", b"spreadsheetml/2006/main"),
        (b"officeDocument/relationships", b"officeDocument/2006/relationships"),
        (b"drawingml/chart", b"drawingml/2006/chart"),
        (b"drawingml/spreadsheetDrawing", b"drawingml/2006/spreadsheetDrawing"),
        (b"drawingml/main", b"drawingml/2006/main"),
    )
}


class NotLinted(ValueError):  # noqa: N818 - it says what the file is, not that we erred
    """The workbook cannot be linted: it is unreadable, or linting takes too long."""


def resolved(part: str, relation: _Element) -> str:
    """Return the name of the part that a relationship of `part` points to."""
    target = unquote(relation.get("Target", ""))
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def _number(element: _Element, name: str, default: int) -> int:
    text = element.get(name, "").strip()
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else default


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation or a conditional format: its cells, its formulas, and its element."""

    kind: str
    cells: str
    formulas: tuple[str, ...]
    root: _Element


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its title, part and tree."""

    title: str
    part: str
    root: _Element

    def cell(self, row: int, column: int) -> _Element | None:
        """Return a cell's element, or None."""
        if row not in self._cells:
            areas = [(area_of(cell.get("r", "")), cell) for cell in self._rows.get(str(row), ())]
            self._cells[row] = {area[1]: cell for area, cell in areas if area is not None}
        return self._cells[row].get(column)

    @cached_property
    def _cells(self) -> dict[int, dict[int, _Element]]:
        return {}

    @cached_property
    def _rows(self) -> dict[str, _Element]:
        return {row.get("r", ""): row for row in self.root.iter(SHEET + "row")}

    @cached_property
    def size(self) -> tuple[int, int]:
        """The last row and the last column that have a cell."""
        last = [row[-1].get("r", "") for row in self.root.iter(SHEET + "row") if len(row)]
        areas = [area for text in last if (area := area_of(text)) is not None]
        return max((a[0] for a in areas), default=0), max((a[1] for a in areas), default=0)

    @cached_property
    def rules(self) -> list[Rule]:
        """Its validations and conditional formats, including those stored as extensions."""
        rules = []
        for rule in self.root.iter(SHEET + "dataValidation"):
            texts = [rule.findtext(SHEET + name) for name in ("formula1", "formula2")]
            rules.append(_rule("validation", rule.get("sqref", ""), texts, rule))
        for rule in self.root.iter(EXTENSION + "dataValidation"):
            texts = [t.text for t in rule.iter(_INNER + "f")]
            rules.append(_rule("validation", rule.findtext(_INNER + "sqref") or "", texts, rule))
        for group in self.root.iter(SHEET + "conditionalFormatting"):
            for rule in group.iter(SHEET + "cfRule"):
                texts = [*(t.text for t in rule.iter(SHEET + "formula")), *(v.get("val") for v in rule.iter(_VALUE))]
                rules.append(_rule("condition", group.get("sqref", ""), texts, rule))
        for group in self.root.iter(EXTENSION + "conditionalFormatting"):
            cells = group.findtext(_INNER + "sqref") or ""
            for rule in group.iter(EXTENSION + "cfRule"):
                rules.append(_rule("condition", cells, [t.text for t in rule.iter(_INNER + "f")], rule))
        return rules


def _rule(kind: str, cells: str, texts: Iterable[str | None], root: _Element) -> Rule:
    return Rule(kind, cells, tuple(unescaped(text) for text in texts if text), root)


@dataclass(frozen=True)
class Table:
    """A table: its name, its sheet's title and part, its rectangle, and its column names as written."""

    name: str
    title: str
    part: str
    area: Area
    columns: tuple[str, ...]
    root: _Element

    @property
    def heads(self) -> int:
        """The number of header rows."""
        return _number(self.root, "headerRowCount", 1)

    @property
    def totals(self) -> int:
        """The number of total rows."""
        return _number(self.root, "totalsRowCount", 0)


class Subject:
    """The parts of a workbook.

    Sheets may be large, so only one is parsed at a time; all other parts are kept.

    Raises:
        NotLinted: the parts hold no readable workbook.
    """

    def __init__(self, parts: dict[str, bytes], seconds: float = math.inf) -> None:
        self.parts = parts
        self._seconds, self._until = seconds, time.monotonic() + seconds
        self.damaged: dict[str, str] = {}
        self.declaring: list[str] = []
        """Parts with a document type declaration."""
        self.strict = False
        self.roots: dict[str, _Element] = {}
        self._folded = {name.casefold(): name for name in parts}
        self._book = self.actual(_WORKBOOK)
        for name in (self._book, _relations_of(self._book), "[Content_Types].xml"):
            self._keep(self.actual(name))
        if self._book not in self.roots:
            why = self.damaged.get(self._book, "it is not there")
            raise NotLinted(f"this is not a workbook: its part {_WORKBOOK} cannot be read: {why}")
        for name in parts:
            if name not in self._listed:
                self._keep(name)

    def check_time(self) -> None:
        """Stop if linting takes too long.

        Raises:
            NotLinted: the time limit has passed.
        """
        if time.monotonic() > self._until:
            raise NotLinted(f"the workbook takes longer than {self._seconds:.0f} s to check")

    def _keep(self, name: str) -> None:
        if name in self.parts and name not in self.roots and name.casefold().endswith((".xml", ".rels")):
            root = self._parsed(name)
            if root is not None:
                self.roots[name] = root

    def _parsed(self, name: str) -> _Element | None:
        """Return the root of a part, or None if it is damaged. Entities stay unresolved and nothing is fetched."""
        data = self.parts[name]
        if _STRICT in data:
            self.strict = True
            for strict, other in _TRANSITIONAL.items():
                data = data.replace(strict, other)
        try:
            # keep the parser's own limits, which stop entities from expanding without bound
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            self.damaged[name] = str(error)
            return None
        if root.getroottree().docinfo.internalDTD is not None:
            self.declaring.append(name)
        return root

    def actual(self, name: str) -> str:
        """Return the name of a part in the spelling of the package, or `name` itself if there is none."""
        return self._folded.get(name.casefold(), name)

    @property
    def workbook(self) -> _Element:
        """The root of the workbook's main part."""
        return self.roots[self._book]

    @cached_property
    def titles(self) -> list[str]:
        """The titles of all sheets, including chart sheets and the like."""
        return [sheet.get("name", "") for sheet in self.workbook.iter(SHEET + "sheet")]

    @cached_property
    def _listed(self) -> dict[str, str]:
        """Maps the part of each sheet to its title."""
        inner = (r for r in self.relations(self._book) if r.get("TargetMode") != "External")
        targets = {r.get("Id", ""): self.actual(resolved(self._book, r)) for r in inner}
        titles: dict[str, str] = {}
        for sheet in self.workbook.iter(SHEET + "sheet"):
            part = targets.get(sheet.get(_OFFICE + "id", ""), "")
            if part in self.parts:
                titles.setdefault(part, sheet.get("name", ""))
        return titles

    def sheets(self) -> Iterator[Sheet]:
        """Yield the worksheets, parsing one at a time."""
        for part, title in self._listed.items():
            root = self._parsed(part)
            if root is not None and root.tag == SHEET + "worksheet":
                yield Sheet(title, part, root)

    @cached_property
    def tables(self) -> list[Table]:
        """The tables of all sheets."""
        tables = []
        for sheet, title in self._listed.items():
            for kind, part in self.related(sheet):
                root = self.roots.get(part)
                area = area_of(root.get("ref", "")) if kind == "table" and root is not None else None
                if root is not None and area is not None:
                    columns = tuple(c.get("name", "") for c in root.iter(SHEET + "tableColumn"))
                    tables.append(Table(root.get("displayName", ""), title, sheet, area, columns, root))
        return tables

    @cached_property
    def texts(self) -> list[str]:
        """The shared strings."""
        root = self.roots.get(self.actual("xl/sharedStrings.xml"))
        items = () if root is None else root.iterchildren(SHEET + "si")
        return [text_of(item) for item in items]

    def relations(self, part: str) -> list[_Element]:
        """Return the relationships of a part."""
        root = self.roots.get(self.actual(_relations_of(part)))
        return [] if root is None else list(root.iter(_RELATION))

    def related(self, part: str) -> list[tuple[str, str]]:
        """Return the kind and the part of each relationship within the package."""
        inner = (r for r in self.relations(part) if r.get("TargetMode") != "External")
        return [(r.get("Type", "").rpartition("/")[2], self.actual(resolved(part, r))) for r in inner]

    @cached_property
    def names(self) -> list[tuple[str, str, str]]:
        """The defined names: name, scope (a sheet's number, or an empty text), and what the name refers to."""
        return [
            (name.get("name", ""), name.get("localSheetId", ""), unescaped((name.text or "").strip()))
            for name in self.workbook.iter(SHEET + "definedName")
        ]


def _relations_of(part: str) -> str:
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def text_of(item: _Element) -> str:
    """Return the text of a string item: its runs joined, without phonetic hints."""
    texts = (t for t in item.iter(SHEET + "t") if (above := t.getparent()) is None or above.tag != SHEET + "rPh")
    return "".join(t.text or "" for t in texts)
