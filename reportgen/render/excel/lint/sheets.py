"""Rules on sheets: titles, sizes, links, validation and conditional formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.render.excel.lint.names import sheet_and_cells
from reportgen.render.excel.lint.rules import Finding
from reportgen.render.excel.package import SHEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from reportgen.render.excel.lint.subject import Sheet, Subject

__all__ = ["findings"]

_FORBIDDEN = re.compile(r"[:\\/?*\[\]\x00-\x1f]")
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SCHEMES = ("http://", "https://", "mailto:")
_STRUCTURED = re.compile(r"\w\[|\{")
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
MAX_LINKS, MAX_LINK = 65_530, 2079


def findings(subject: Subject) -> Iterator[Finding]:
    """All of them."""
    seen: set[str] = set()
    for title in subject.titles:
        if not title or len(title) > 31 or _FORBIDDEN.search(title) or title != title.strip("'") or title == "History":
            yield Finding("sheet title", f"sheet {title[:60]}", f"'{title[:60]}' cannot be a sheet's title")
        if title.casefold() in seen:
            yield Finding("sheet title twice", f"sheet {title}", "there is a sheet of this title already")
        seen.add(title.casefold())
    for sheet in subject.sheets:
        yield from _size(sheet)
        yield from _links(subject, sheet)
        yield from _validations(sheet)
        for condition in sheet.root.findall(f"{SHEET}conditionalFormatting/{SHEET}cfRule"):
            for text in condition.iter(SHEET + "formula"):
                if _STRUCTURED.search(_unquoted(text.text or "")):
                    yield Finding("condition reference", f"sheet {sheet.title}", f"a condition holds {text.text}")


def _size(sheet: Sheet) -> Iterator[Finding]:
    rows, columns = sheet.size
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        yield Finding("sheet size", f"sheet {sheet.title}", f"it has {rows:,} rows and {columns:,} columns")
    for column in sheet.root.findall(f"{SHEET}cols/{SHEET}col"):
        if float(column.get("width", "0") or 0) > 255:
            said = f"column {column.get('min')} is {column.get('width')} wide"
            yield Finding("column width", f"sheet {sheet.title}", said)


def _links(subject: Subject, sheet: Sheet) -> Iterator[Finding]:
    outside = {r.get("Id", ""): r.get("Target", "") for r in subject.relations(sheet.part)}
    links = list(sheet.root.findall(f"{SHEET}hyperlinks/{SHEET}hyperlink"))
    if len(links) > MAX_LINKS:
        yield Finding("too many links", f"sheet {sheet.title}", f"it has {len(links):,} links")
    for link in links:
        where, said = f"{sheet.title}!{link.get('ref')}", _link_fault(subject, link, outside)
        if said:
            yield Finding("link target", where, said)


def _link_fault(subject: Subject, link: _Element, outside: dict[str, str]) -> str:
    """What is wrong with a link, or nothing."""
    target = outside.get(link.get(_ID, ""), "")
    if len(target) > MAX_LINK:
        return f"the link has {len(target):,} characters"
    if target:
        return "" if target.casefold().startswith(_SCHEMES) else f"the link leads to {target[:80]}"
    location = link.get("location", "")
    sheet, _ = sheet_and_cells(location)
    if not sheet:
        known = {name.casefold() for name, _, _ in subject.names} | {t.name.casefold() for t in subject.tables}
        return "" if location.casefold() in known else f"the link leads to '{location[:80]}', which is not there"
    there = sheet.casefold() in (title.casefold() for title in subject.titles)
    return "" if there else f"the link leads to the sheet '{sheet}', which is not there"


def _validations(sheet: Sheet) -> Iterator[Finding]:
    for rule in sheet.root.findall(f"{SHEET}dataValidations/{SHEET}dataValidation"):
        where = f"{sheet.title}!{rule.get('sqref', '')[:40]}"
        texts = [t for t in (rule.findtext(SHEET + "formula1"), rule.findtext(SHEET + "formula2")) if t]
        if any(_STRUCTURED.search(_unquoted(text)) for text in texts):
            yield Finding("validation reference", where, f"validation holds {texts[0][:80]}")
        if rule.get("type") == "list" and texts and texts[0].startswith('"') and len(texts[0]) > 257:
            yield Finding("validation list", where, f"a list of {len(texts[0]) - 2} characters")
        for title in ("promptTitle", "errorTitle"):
            if len(rule.get(title, "")) > 32:
                yield Finding("validation message", where, f"{title} has {len(rule.get(title, ''))} characters")
        for message in ("prompt", "error"):
            if len(rule.get(message, "")) > 255:
                yield Finding("validation message", where, f"{message} has {len(rule.get(message, ''))} characters")
        if rule.get("type", "none") != "none" and rule.get("showErrorMessage") not in ("1", "true"):
            yield Finding("validation is silent", where, "it shows no error message, so that anything can be typed")


def _unquoted(text: str) -> str:
    return re.sub(r'"[^"]*"', '""', text)
