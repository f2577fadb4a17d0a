"""Rules on formulas: each distinct text is looked at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.render.excel.lint.functions import KNOWN, NEWER, REACHING, VOLATILE
from reportgen.render.excel.lint.rules import Finding
from reportgen.render.excel.package import SHEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.render.excel.lint.subject import Subject

__all__ = ["findings"]

MAX_FORMULA, MAX_LEVELS, MAX_TEXT = 8192, 64, 255
_TOKEN = re.compile(
    r"""
    "(?P<text>(?:[^"]|"")*)"
  | (?P<error>\#REF!)
  | (?P<outside>\[[0-9]+\])
  | (?P<program>[A-Za-z_]\w*\|')
  | (?P<sheet>'(?:[^']|'')+'|[A-Za-z_][\w.]*)!
  | (?P<table>[A-Za-z_]\w*)\[(?P<inner>(?:[^\[\]]|\[[^\[\]]*\])*)\]
  | (?P<call>[A-Za-z_][\w.]*)\(
  | (?P<cell>\$?[A-Za-z]{1,3}\$?[0-9]{1,7})(?![\w.])
  | (?P<name>[A-Za-z_\\][\w.]*)
  | (?P<number>[0-9.]+(?:[eE][-+]?[0-9]+)?)
  | (?P<own>\[@)
  | [()]
    """,
    re.VERBOSE,
)
_INNER = re.compile(r"\[#(?:This Row|Headers)\],\[([^\[\]]+)\]|\[([^\[\]]+)\]:\[([^\[\]]+)\]|([^\[\]#@]+)")
_WHOLE = ("#Data", "#All", "#Headers", "")
_PREFIXES = ("_XLFN._XLWS.", "_XLFN.")


class _Book:
    """What formulas may refer to, ignoring case."""

    def __init__(self, subject: Subject) -> None:
        self.names = {name.casefold() for name, _, _ in subject.names}
        self.tables = {t.name.casefold(): {c.casefold() for c in t.columns} for t in subject.tables}
        self.sheets = {title.casefold() for title in subject.titles}


def findings(subject: Subject) -> Iterator[Finding]:
    """All of them; a formula that stands in many cells is told of the first."""
    book, seen = _Book(subject), dict[tuple[str, bool], list[tuple[str, str]]]()
    for sheet in subject.sheets:
        for formula in sheet.root.iter(SHEET + "f"):
            key = formula.text or "", formula.get("t") == "array"
            if key in seen:
                continue
            seen[key] = found = list(_faults(book, *key))
            if found:
                cell = formula.getparent()
                address = "" if cell is None else cell.get("r", "")
                yield from (Finding(rule, f"{sheet.title}!{address}", text) for rule, text in found)
    for table in subject.tables:
        for formula in table.root.iter(SHEET + "calculatedColumnFormula"):
            yield from (Finding(r, f"table {table.name}", t) for r, t in _faults(book, formula.text or "", array=False))


def _faults(book: _Book, text: str, array: bool) -> Iterator[tuple[str, str]]:
    if text.startswith("="):
        yield "leading equals sign", f"the stored formula begins with an equals sign: {text[:60]}"
    if len(text) > MAX_FORMULA:
        yield "formula length", f"it has {len(text):,} characters"
    calls: list[str] = []
    deepest = 0
    for match in _TOKEN.finditer(text):
        kind, part = match.lastgroup, match[0]
        if part == ")":
            if calls:
                calls.pop()
        elif part == "(":
            calls.append("")
        elif kind == "call":
            name = _function(part[:-1])
            calls.append(name)
            yield from _call(book, part[:-1].upper(), name, calls, array)
        elif kind == "text":
            if len(part) - 2 - part[1:-1].count('""') > MAX_TEXT:
                yield "text in formula", f"a text of {len(part) - 2} characters"
        else:
            yield from _reference(book, match)
        deepest = max(deepest, len(calls))
    if deepest > MAX_LEVELS:
        yield "formula depth", f"it has {deepest} levels"


def _function(name: str) -> str:
    """A function's name without its prefix."""
    upper = name.upper()
    for prefix in _PREFIXES:
        upper = upper.removeprefix(prefix)
    return upper


def _call(book: _Book, written: str, name: str, calls: list[str], array: bool) -> Iterator[tuple[str, str]]:
    if name in NEWER and not written.startswith("_XLFN."):
        yield "new function", f"{name} is stored without its prefix _xlfn."
    if name in VOLATILE:
        yield "volatile function", f"{name} is computed on every change"
    if name in REACHING:
        yield "function reaches out", f"{name} reaches out of the workbook"
    if name not in KNOWN and name.casefold() not in book.names:
        yield "unknown name", f"there is no function {name}"
    if name == "IF" and not array and "SUMPRODUCT" in calls[:-1]:
        yield "array condition", "an IF inside SUMPRODUCT, not in an array formula"


def _reference(book: _Book, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    part = match[0]
    if match["error"]:
        yield "reference to nothing", "it holds #REF!"
    elif match["outside"]:
        yield "external link", f"it refers to another workbook: {part}"
    elif match["program"]:
        yield "function reaches out", f"it refers to another program: {part}"
    elif match["own"]:
        yield "this row", "a reference in the short form [@"
    elif match["sheet"]:
        title = match["sheet"].strip("'").replace("''", "'")
        if title.casefold() not in book.sheets:
            yield "reference to nothing", f"there is no sheet '{title}'"
    elif match["table"]:
        yield from _structured(book, match["table"], match["inner"])
    elif match["name"]:
        folded = part.casefold()
        if folded in book.tables:
            yield "bare table", f"the table {part} without a column"
        elif folded not in book.names and folded not in ("true", "false"):
            yield "unknown name", f"there is no name '{part}'"


def _structured(book: _Book, table: str, inner: str) -> Iterator[tuple[str, str]]:
    columns = book.tables.get(table.casefold())
    if columns is None:
        yield "reference to nothing", f"there is no table '{table}'"
        return
    if inner.startswith("@"):
        yield "this row", f"{table}[{inner}] in the short form"
        return
    if inner in _WHOLE:
        yield "bare table", f"{table}[{inner}]"
        return
    found = _INNER.fullmatch(inner)
    for column in filter(None, found.groups() if found else (inner,)):
        if column.casefold() not in columns:
            yield "reference to nothing", f"the table {table} has no column '{column}'"
