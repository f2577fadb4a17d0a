"""Rules on sheets: titles, sizes, links, validations and conditional formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.ooxml.addresses import area_of, sheet_and_cells
from reportgen.ooxml.lint.rules import Finding
from reportgen.ooxml.package import SHEET
from reportgen.ooxml.text import unescaped
from reportgen.ooxml.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

    from reportgen.ooxml.lint.subject import Rule, Sheet, Subject

__all__ = ["findings", "of_sheets"]

_FORBIDDEN = re.compile(r"[:\\/?*\[\]\x00-\x1f]")
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SCHEMES = ("http://", "https://", "mailto:")
_NUMBER = re.compile(r"\s*[0-9]{1,9}(?:\.[0-9]*)?\s*")
MAX_ROWS, MAX_COLUMNS, MAX_WIDTH = 1_048_576, 16_384, 255
MAX_LINKS, MAX_LINK = 65_530, 2079


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on sheet titles."""
    seen: set[str] = set()
    for title in subject.titles:
        if not title or len(title) > 31 or _FORBIDDEN.search(title) or title != title.strip("'") or title == "History":
            yield Finding("sheet title", f"sheet {title[:60]}", f"'{title[:60]}' cannot be a sheet's title")
        if title.casefold() in seen:
            yield Finding("sheet title twice", f"sheet {title}", "there is a sheet of this title already")
        seen.add(title.casefold())


def of_sheets(subject: Subject) -> Callable[[Sheet], Iterator[Finding]]:
    """Return a function that yields the findings on the size, links, validations and conditional formats of a sheet."""
    known = {name.casefold() for name, _, _ in subject.names} | {t.name.casefold() for t in subject.tables}
    titles = {title.casefold() for title in subject.titles}

    def check(sheet: Sheet) -> Iterator[Finding]:
        yield from _size(sheet)
        outside = {r.get("Id", ""): r.get("Target", "") for r in subject.relations(sheet.part)}
        links = list(sheet.root.iterfind(f"{SHEET}hyperlinks/{SHEET}hyperlink"))
        if len(links) > MAX_LINKS:
            yield Finding("too many links", f"sheet {sheet.title}", f"it has {len(links):,} links")
        for element in links:
            if fault := _link_fault(element, outside, known, titles):
                yield Finding("link target", f"{sheet.title}!{element.get('ref')}", fault)
        for rule in sheet.rules:
            yield from _rule(sheet, rule)

    return check


def _size(sheet: Sheet) -> Iterator[Finding]:
    rows, columns = sheet.size
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        yield Finding("sheet size", f"sheet {sheet.title}", f"it has {rows:,} rows and {columns:,} columns")
    for column in sheet.root.iterfind(f"{SHEET}cols/{SHEET}col"):
        width = column.get("width", "0")
        if _NUMBER.fullmatch(width) is None or float(width) > MAX_WIDTH:
            text = f"column {column.get('min')} is '{width[:20]}' wide"
            yield Finding("column width", f"sheet {sheet.title}", text)


def _link_fault(element: _Element, outside: dict[str, str], known: set[str], titles: set[str]) -> str:
    """Return what is wrong with a link, or an empty text."""
    target = outside.get(element.get(_ID, ""), "")
    if len(target) > MAX_LINK:
        return f"the link has {len(target):,} characters"
    if target:
        return "" if target.casefold().startswith(_SCHEMES) else f"the link leads to {target[:80]}"
    location = element.get("location", "")
    sheet, _ = sheet_and_cells(location)
    if not sheet:
        here = location.casefold() in known or area_of(location) is not None
        return "" if here else f"the link leads to '{location[:80]}', which does not exist"
    return "" if sheet.casefold() in titles else f"the link leads to the sheet '{sheet}', which does not exist"


def _rule(sheet: Sheet, rule: Rule) -> Iterator[Finding]:
    """Yield the findings on a validation or a conditional format."""
    where = f"{sheet.title}!{rule.cells[:40]}"
    if odd := next((text for text in rule.formulas if _structured(text)), None):
        yield Finding(f"{rule.kind} reference", where, f"a {rule.kind} holds {odd[:80]}")
    if rule.kind == "validation":
        yield from _messages(rule, where)


def _messages(rule: Rule, where: str) -> Iterator[Finding]:
    root, texts = rule.root, rule.formulas
    if root.get("type") == "list" and texts and texts[0].startswith('"') and len(texts[0]) > 257:
        yield Finding("validation list", where, f"a list of {len(texts[0]) - 2} characters")
    for name, most in (("promptTitle", 32), ("errorTitle", 32), ("prompt", 255), ("error", 255)):
        length = len(unescaped(root.get(name, "")))
        if length > most:
            yield Finding("validation message", where, f"{name} has {length} characters")
    if root.get("type", "none") != "none" and root.get("showErrorMessage") not in ("1", "true"):
        yield Finding("validation is silent", where, "it shows no error message, so that anything can be typed")


def _structured(text: str) -> bool:
    """Return whether a formula contains a table reference or an array constant."""
    return any(match.lastgroup in ("table", "own", "array") for match in TOKEN.finditer(text))
