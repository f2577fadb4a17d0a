"""Rules on tables: names, headers, columns, and what must not overlap a table."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from reportgen.ooxml.addresses import area_of, is_cell
from reportgen.ooxml.lint.rules import Finding
from reportgen.ooxml.lint.subject import text_of
from reportgen.ooxml.package import SHEET
from reportgen.ooxml.text import unescaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

    from reportgen.ooxml.addresses import Area
    from reportgen.ooxml.lint.subject import Sheet, Subject, Table

__all__ = ["findings", "of_sheets"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,254}")


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on the tables themselves."""
    for table in subject.tables:
        yield from _shape(table)
    for one, other in itertools.combinations(subject.tables, 2):
        if one.part == other.part and _meet(one.area, other.area):
            yield Finding("table overlap", f"table {one.name}", f"it lies over the table {other.name}")


def of_sheets(subject: Subject) -> Callable[[Sheet], Iterator[Finding]]:
    """Return a function that yields the findings on the tables of a sheet and their cells."""

    def check(sheet: Sheet) -> Iterator[Finding]:
        tables = [table for table in subject.tables if table.part == sheet.part]
        for table in tables:
            yield from _heads(table, sheet, subject.texts)
        if tables:
            yield from _overlaps(tables, sheet)

    return check


def _shape(table: Table) -> Iterator[Finding]:
    where, (top, left, bottom, right) = f"table {table.name}", table.area
    if is_cell(table.name) or _NAME.fullmatch(table.name) is None:
        yield Finding("table name", where, f"'{table.name}' cannot be a table's name")
    if bottom - top + 1 <= table.heads + table.totals:
        yield Finding("table is empty", where, "it has no row below its heads")
    if len(table.columns) != right - left + 1:
        text = f"it names {len(table.columns)} columns and is {right - left + 1} wide"
        yield Finding("table columns", where, text)
    twice = [name for name, times in Counter(name.casefold() for name in table.columns).items() if times > 1]
    if twice:
        yield Finding("table columns", where, f"the column '{twice[0]}' occurs twice")
    numbers = [c.get("id") for c in table.root.iter(SHEET + "tableColumn")]
    if len(set(numbers)) < len(numbers):
        yield Finding("table columns", where, "two columns have the same identifier")


def _heads(table: Table, sheet: Sheet, texts: list[str]) -> Iterator[Finding]:
    top, left, *_ = table.area
    for i, name in enumerate(table.columns if table.heads else ()):
        cell = sheet.cell(top, left + i)
        shown = None if cell is None else _text(cell, texts)
        if shown is None or unescaped(shown) != unescaped(name):
            head = "no text" if shown is None else f"'{shown[:60]}'"
            yield Finding("table heads", f"table {table.name}", f"the column '{name}' has the head {head}")


def _text(cell: _Element, texts: list[str]) -> str | None:
    """Return the text that a cell holds, or None if it holds something else."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return text_of(cell)
    value = cell.findtext(SHEET + "v") or ""
    if kind == "s" and value.isascii() and value.isdecimal() and int(value[:9]) < len(texts):
        return texts[int(value)]
    return value if kind == "str" else None


def _overlaps(tables: list[Table], sheet: Sheet) -> Iterator[Finding]:
    """Yield the findings on merged cells, filters and array formulas that overlap a table."""
    root = sheet.root
    arrays = (formula for formula in root.iter(SHEET + "f") if formula.get("t") == "array")
    kinds = (
        ("table and merged cells", root.iterfind(f"{SHEET}mergeCells/{SHEET}mergeCell"), "{} is merged inside it"),
        ("table and filter", root.iterfind(f"{SHEET}autoFilter"), "the sheet's filter {} lies over it"),
        ("array in table", arrays, "{} is one formula"),
    )
    for rule, elements, text in kinds:
        for element in elements:
            reference = element.get("ref", "")
            area = area_of(reference)
            if area is None or (rule == "array in table" and area[:2] == area[2:]):  # one cell is allowed
                continue
            for table in tables:
                if _meet(area, table.area):
                    yield Finding(rule, f"table {table.name}", text.format(reference))


def _meet(one: Area, other: Area) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
