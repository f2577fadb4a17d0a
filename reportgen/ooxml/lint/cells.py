"""Rules on cells: values, texts and number formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from reportgen.ooxml.lint.rules import Finding
from reportgen.ooxml.package import SHEET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lxml.etree import _Element

    from reportgen.ooxml.lint.subject import Sheet, Subject

__all__ = ["findings", "of_sheets"]

MAX_TEXT, MAX_FORMAT, MAX_SECTIONS = 32_767, 255, 4
_CONTROL = re.compile(r"_x00(0[0-8bcef]|1[0-9a-f]|7f)_|[\x00-\x08\x0b\x0c\x0e-\x1f]", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*")
_CELL = SHEET + "c"


def _path(text: str) -> etree.XPath:
    return etree.XPath(text, namespaces={"m": SHEET[1:-1]}, smart_strings=False)


_EMPTY = _path("m:sheetData/m:row/m:c[m:f and not(m:v) and not(@t='str')]")
_TEXTS = {
    "shared": "m:sheetData/m:row/m:c[@t='s']/m:v",
    "shown": "m:sheetData/m:row/m:c[@t='str']/m:v",
    "inline": "m:sheetData/m:row/m:c[@t='inlineStr']//m:t",
    "number": "m:sheetData/m:row/m:c[not(@t) or @t='n']/m:v",
}
_STRINGS = {kind: _path(f"{path}/text()") for kind, path in _TEXTS.items()}
_ELEMENTS = {kind: _path(path) for kind, path in _TEXTS.items()}


def _found(path: etree.XPath, root: _Element) -> list[Any]:
    elements: Any = path(root)
    return list(elements)


def of_sheets(subject: Subject) -> Callable[[Sheet], Iterator[Finding]]:
    """Return a function that yields the findings on the cells of a sheet."""
    count = len(subject.texts)
    odd = {str(i): faults for i, text in enumerate(subject.texts) if (faults := list(_text_faults(text)))}

    def shared_faults(text: str) -> Iterable[tuple[str, str]]:
        if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) >= count:
            return [("shared text", f"there is no shared text {text[:40]}")]
        return odd.get(text, ())

    looks = {"shared": shared_faults, "shown": _text_faults, "inline": _text_faults, "number": _number_faults}

    def check(sheet: Sheet) -> Iterator[Finding]:
        for cell in _found(_EMPTY, sheet.root):
            yield Finding("formula without value", f"{sheet.title}!{cell.get('r')}", "a formula that holds no value")
        for kind, look in looks.items():
            bad = {text for text in set(_found(_STRINGS[kind], sheet.root)) if any(True for _ in look(text))}
            for element in _found(_ELEMENTS[kind], sheet.root) if bad else ():
                if element.text in bad:
                    cell = next(c for c in element.iterancestors() if c.tag == _CELL)
                    yield from (Finding(r, f"{sheet.title}!{cell.get('r')}", fault) for r, fault in look(element.text))

    return check


def _number_faults(text: str) -> Iterator[tuple[str, str]]:
    if _NUMBER.fullmatch(text) is None:
        yield "number", f"it holds {text[:40]}"


def _text_faults(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > MAX_TEXT:
        yield "text length", f"a text of {len(text):,} characters"
    if _CONTROL.search(text):
        yield "control character", "a text with a control character"


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on number formats."""
    root = subject.roots.get("xl/styles.xml")
    for form in () if root is None else root.iter(SHEET + "numFmt"):
        code = form.get("formatCode", "")
        if fault := format_fault(code):
            yield Finding("number format", f"format {form.get('numFmtId')}", f"{code[:60]}: {fault}")


def format_fault(code: str) -> str:
    """Return what is wrong with a number format, or an empty text.

    >>> format_fault('[>=1E+12]0.00,,,,"T";#,##0'), format_fault('0"km')
    ('', 'a quote is not closed')
    """
    if len(code) > MAX_FORMAT:
        return f"it has {len(code)} characters"
    plain = re.sub(r'"[^"]*"', "", re.sub(r"\\.", "", code))
    if '"' in plain:
        return "a quote is not closed"
    if plain.count("[") != plain.count("]"):
        return "a bracket is not closed"
    return f"it has {plain.count(';') + 1} sections" if plain.count(";") >= MAX_SECTIONS else ""
