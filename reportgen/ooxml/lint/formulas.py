"""Rules on formulas, wherever they occur; each distinct text is checked once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from reportgen.ooxml.addresses import is_cell
from reportgen.ooxml.functions import KNOWN, NEWER, REACHING, VOLATILE
from reportgen.ooxml.lint.rules import Finding
from reportgen.ooxml.package import SHEET
from reportgen.ooxml.text import unescaped
from reportgen.ooxml.tokens import TOKEN, function, items, link, titles

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from reportgen.ooxml.lint.subject import Sheet, Subject

__all__ = ["findings", "of_sheets"]

MAX_FORMULA, MAX_LEVELS, MAX_TEXT = 8192, 64, 255
MAX_FAULTS = 20
"""The most findings reported for one formula."""
_PARAMETERS = ("_xlpm.", "_xlop.")
"""The prefixes of parameters of LET and LAMBDA."""
_HANDED = "_xleta."
"""The prefix of a function name that is passed as an argument."""
_PARTS = ("#all", "#data", "#headers", "#totals", "#this row")
_OUTWARD = ("function reaches out", "external link")
"""The only rules reported for defined names."""
_NOT_IN_RULES = ("text in formula", "bare table", "this row")
"""Not reported in validations and conditional formats, where other rules cover them."""


class _Book:
    """The names, tables and sheets that formulas may refer to, ignoring case."""

    def __init__(self, subject: Subject) -> None:
        self.names = {name.casefold() for name, _, _ in subject.names}
        self.tables = {t.name.casefold(): {unescaped(c).casefold() for c in t.columns} for t in subject.tables}
        self.sheets = {title.casefold() for title in subject.titles}


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on the formulas of names and of table columns."""
    book = _Book(subject)
    for name, _, target in subject.names:
        faults = _faults(book, target, array=True)
        yield from (Finding(rule, f"name {name}", text) for rule, text in faults if rule in _OUTWARD)
    for table in subject.tables:
        for kind in ("calculatedColumnFormula", "totalsRowFormula"):
            for formula in table.root.iter(SHEET + kind):
                faults = _faults(book, unescaped(formula.text or ""), array=formula.get("array") in ("1", "true"))
                yield from (Finding(rule, f"table {table.name}", text) for rule, text in faults)


def of_sheets(subject: Subject) -> Callable[[Sheet], Iterator[Finding]]:
    """Return a function that yields the findings on a sheet's formulas, each reported at the first cell with it."""
    book, seen = _Book(subject), set[tuple[str, bool]]()

    def check(sheet: Sheet) -> Iterator[Finding]:
        for formula in sheet.root.iter(SHEET + "f"):
            key = formula.text or "", formula.get("t") == "array"
            if key in seen:
                continue
            seen.add(key)
            subject.check_time()
            for rule, text in _faults(book, unescaped(key[0]), array=key[1]):
                cell = formula.getparent()
                address = "" if cell is None else cell.get("r", "")
                yield Finding(rule, f"{sheet.title}!{address}", text)
        for place in sheet.rules:
            for given in place.formulas:
                faults = [fault for fault in _faults(book, given, array=True) if fault[0] not in _NOT_IN_RULES]
                yield from (Finding(rule, f"{sheet.title}!{place.cells[:40]}", text) for rule, text in faults)

    return check


def _faults(book: _Book, text: str, *, array: bool) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a formula: the rule, and what was found."""
    return islice(_every_fault(book, text, array), MAX_FAULTS)


def _every_fault(book: _Book, text: str, array: bool) -> Iterator[tuple[str, str]]:
    if text.startswith("="):
        yield "leading equals sign", f"the stored formula begins with an equals sign: {text[:60]}"
    if len(text) > MAX_FORMULA:
        yield "formula length", f"it has {len(text):,} characters"
        return
    calls: list[str] = []
    for match in TOKEN.finditer(text):
        kind, part = match.lastgroup, match[0]
        if part == ")":
            if calls:
                calls.pop()
        elif part == "(":
            calls.append("")
        elif kind == "call":
            name = function(match["call"])
            calls.append(name)
            yield from _call(book, match["call"], name, calls, array)
        elif kind == "text":
            if len(part) - 2 - part[1:-1].count('""') > MAX_TEXT:
                yield "text in formula", f"a text of {len(part) - 2} characters"
        else:
            yield from _reference(book, match)
        if len(calls) > MAX_LEVELS:
            yield "formula depth", f"it has more than {MAX_LEVELS} levels"
            return


def _call(book: _Book, written: str, name: str, calls: list[str], array: bool) -> Iterator[tuple[str, str]]:
    folded = written.casefold()
    if name in NEWER and not folded.startswith("_xlfn."):
        yield "new function", f"{name} is stored without its prefix _xlfn."
    if name in VOLATILE:
        yield "volatile function", f"{name} is computed on every change"
    if name in REACHING:
        yield "function reaches out", f"{name} reaches out of the workbook"
    if name not in KNOWN and folded not in book.names and not folded.startswith(_PARAMETERS):
        yield "unknown name", f"there is no function {name}"
    if name == "IF" and not array and "SUMPRODUCT" in calls[:-1]:
        yield "array condition", "an IF inside SUMPRODUCT, not in an array formula"


def _reference(book: _Book, match: re.Match[str]) -> Iterator[tuple[str, str]]:
    kind, part = match.lastgroup, match[0]
    if kind == "error":
        if part == "#REF!":
            yield "reference to nothing", "it holds #REF!"
    elif kind == "own":
        yield "this row", f"a reference without its table, in short: {part[:40]}"
    elif kind == "table":
        name, _, inner = part[:-1].partition("[")
        yield from _structured(book, name, inner)
    elif kind == "name":
        yield from _name(book, part)
    elif other := link(kind, part, book.sheets):
        rule = "function reaches out" if kind == "program" else "external link"
        yield rule, f"it refers to {other}: {match.string[match.start() : match.end() + 20]}"
    elif kind == "sheet":
        yield from _sheets(book, part)


def _name(book: _Book, part: str) -> Iterator[tuple[str, str]]:
    folded = part.casefold()
    if folded.startswith(_HANDED):
        name = function(part)
        if name in REACHING:
            yield "function reaches out", f"{name} reaches out of the workbook"
        elif name not in KNOWN:
            yield "unknown name", f"there is no function {name}"
    elif folded in book.tables:
        yield "bare table", f"the table {part} without a column"
    elif folded not in book.names and folded not in ("true", "false") and not folded.startswith(_PARAMETERS):
        yield "unknown name", f"there is no name '{part}'"


def _sheets(book: _Book, part: str) -> Iterator[tuple[str, str]]:
    sheets = titles(part)
    if len(sheets) > 1 and not part.startswith("'") and _is_corner(book, sheets[0]):
        sheets = sheets[1:]  # `part` was `A1:Data!` of `A1:Data!B2`
    for title in sheets:
        if title.casefold() not in book.sheets:
            yield "reference to nothing", f"there is no sheet '{title}'"


def _is_corner(book: _Book, text: str) -> bool:
    return text.casefold() not in book.sheets and (is_cell(text) or text.casefold() in book.names)


def _structured(book: _Book, table: str, inner: str) -> Iterator[tuple[str, str]]:
    columns = book.tables.get(table.casefold())
    if columns is None:
        yield "reference to nothing", f"there is no table '{table}'"
        return
    if inner.lstrip().startswith("@"):
        yield "this row", f"{table}[{inner}] in the short form"
        return
    parts, named = items(inner)
    if not named:
        yield "bare table", f"{table}[{inner}]"
    for part in parts:
        if part not in _PARTS:
            yield "reference to nothing", f"the table {table} has no part {part}"
    for column in named:
        if column.casefold() not in columns:
            yield "reference to nothing", f"the table {table} has no column '{column}'"
