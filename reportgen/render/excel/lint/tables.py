"""Rules on tables: names, heads, columns, and what may not lie over them."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from reportgen.render.excel.lint.names import is_cell
from reportgen.render.excel.lint.rules import Finding
from reportgen.render.excel.lint.subject import area_of, unescaped
from reportgen.render.excel.package import SHEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from reportgen.render.excel.lint.subject import Area, Subject, Table

__all__ = ["findings"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,254}")


def findings(subject: Subject) -> Iterator[Finding]:
    """All of them."""
    shared = subject.roots.get("xl/sharedStrings.xml")
    texts = [] if shared is None else ["".join(t.text or "" for t in i.iter(SHEET + "t")) for i in shared]
    for table in subject.tables:
        yield from _shape(table)
        yield from _heads(table, texts)
        yield from _beside(table)
    for one, other in itertools.combinations(subject.tables, 2):
        if one.sheet.part == other.sheet.part and _meet(one.area, other.area):
            yield Finding("table overlap", f"table {one.name}", f"it lies over the table {other.name}")


def _shape(table: Table) -> Iterator[Finding]:
    where, (top, left, bottom, right) = f"table {table.name}", table.area
    if is_cell(table.name) or _NAME.fullmatch(table.name) is None:
        yield Finding("table name", where, f"'{table.name}' cannot be a table's name")
    if bottom <= top:
        yield Finding("table is empty", where, "it has no row below its heads")
    if len(table.columns) != right - left + 1:
        said = f"it names {len(table.columns)} columns and is {right - left + 1} wide"
        yield Finding("table columns", where, said)
    folded = [name.casefold() for name in table.columns]
    if twice := next((name for name in folded if folded.count(name) > 1), None):
        yield Finding("table columns", where, f"the column '{twice}' is there twice")
    numbers = [c.get("id") for c in table.root.iter(SHEET + "tableColumn")]
    if len(set(numbers)) < len(numbers):
        yield Finding("table columns", where, "two columns have the same identifier")


def _heads(table: Table, texts: list[str]) -> Iterator[Finding]:
    top, left, *_ = table.area
    for i, name in enumerate(table.columns):
        cell = table.sheet.cell(top, left + i)
        shown = None if cell is None else _text(cell, texts)
        if shown is None or unescaped(shown) != unescaped(name):
            found = "no text" if shown is None else f"'{shown[:60]}'"
            yield Finding("table heads", f"table {table.name}", f"the column '{name}' has the head {found}")


def _text(cell: _Element, texts: list[str]) -> str | None:
    """The text that a cell holds; nothing where it is no text."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(SHEET + "t"))
    value = cell.findtext(SHEET + "v") or ""
    if kind == "s" and value.isdigit() and int(value) < len(texts):
        return texts[int(value)]
    return value if kind == "str" else None


def _beside(table: Table) -> Iterator[Finding]:
    root, where = table.sheet.root, f"table {table.name}"
    for merged in root.findall(f"{SHEET}mergeCells/{SHEET}mergeCell"):
        area = area_of(merged.get("ref", ""))
        if area is not None and _meet(area, table.area):
            yield Finding("table and merged cells", where, f"{merged.get('ref')} is merged inside it")
    for own in root.findall(SHEET + "autoFilter"):
        area = area_of(own.get("ref", ""))
        if area is not None and _meet(area, table.area):
            yield Finding("table and filter", where, f"the sheet's filter {own.get('ref')} lies over it")


def _meet(one: Area, other: Area) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
