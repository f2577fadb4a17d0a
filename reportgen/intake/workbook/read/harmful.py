"""Refuse harmful content of a workbook from outside: macros, foreign objects, and formulas that reach out of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.errors import Problem, Span, SpecError
from reportgen.intake.workbook.read.cells import address
from reportgen.ooxml.functions import REACHING
from reportgen.ooxml.tokens import TOKEN, function, link

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from reportgen.intake.workbook.read.contents import EditedWorkbook
    from reportgen.ooxml.untrusted import Package

__all__ = ["reaching", "refuse_harmful", "refuse_parts"]

_MACROS, _OBJECTS, _CONTROLS = "macros", "embedded objects", "embedded controls"
_LINKS, _CONNECTIONS = "links to other workbooks", "data connections"
_PLACES = {
    "xl/vbaproject": _MACROS, "xl/macrosheets/": _MACROS, "xl/externallinks/": _LINKS, "xl/embeddings/": _OBJECTS,
    "xl/activex/": _CONTROLS, "xl/connections.xml": _CONNECTIONS, "xl/querytables/": _CONNECTIONS,
}  # fmt: skip
_TYPES = {
    "vbaproject": _MACROS, "macroenabled": _MACROS, "macrosheet": _MACROS, "externallink": _LINKS,
    "oleobject": _OBJECTS, "activex": _CONTROLS, ".connections+xml": _CONNECTIONS, ".querytable+xml": _CONNECTIONS,
}  # fmt: skip
_KINDS = {
    "vbaproject": _MACROS, "xlmacrosheet": _MACROS, "xlintlmacrosheet": _MACROS, "externallink": _LINKS,
    "externallinkpath": _LINKS, "oleobject": _OBJECTS, "package": _OBJECTS, "control": _CONTROLS,
    "connections": _CONNECTIONS, "querytable": _CONNECTIONS,
}  # fmt: skip
_REMEDIES = {
    _MACROS: "save it as .xlsx, which holds none",
    _LINKS: "in Excel: Data, Edit Links, Break Link",
}

_REMEMBERED = 100_000
"""The size of the cache of checked formulas: those in a table's column are alike."""

# Most formulas contain neither a sign of a link nor such a function, and need no tokenising.
_CALL = re.compile(r"(?<![\w.])[\w.]++(?=\s*+\()")
_SIGN = re.compile(r"[|\\]|\]\s*+[\w!']|//|_xleta", re.IGNORECASE)


def refuse_parts(package: Package) -> None:
    """Refuse a workbook that contains more than data, under whatever name.

    Raises:
        SpecError: it contains macros, links or embedded objects; or as in `Package.root`.
    """
    for what, where in _parts(package):
        raise package.fail(f"the workbook holds {what} ({where}); it was not read", _REMEDIES.get(what, ""))


def _parts(package: Package) -> Iterator[tuple[str, str]]:
    """Yield what could do harm, and where: by names of parts, by their declared content, and by relationships."""
    for name in package.names:
        folded = name.replace("\\", "/").casefold()
        yield from ((what, name) for start, what in _PLACES.items() if folded.startswith(start))
    yield from _types(package)
    for name in package.names:
        if not name.casefold().endswith(".rels"):
            continue
        for relation in package.relations_in(name):
            what = _KINDS.get(relation.kind.casefold())
            if what is None and relation.outside and relation.kind != "hyperlink":
                what = "links to other files"
            if what is not None:
                yield what, f"{name}: {relation.target[:80]}"


def _types(package: Package) -> Iterator[tuple[str, str]]:
    """Yield harmful content types."""
    types = "[Content_Types].xml"
    if types not in package:
        return
    endings = {name.rpartition(".")[2].casefold() for name in package.names}
    for entry in package.root(types).iter():
        kind, ending = entry.get("ContentType", "").casefold(), entry.get("Extension", "").casefold()
        if entry.tag == "Override" or ending in endings:
            place = entry.get("PartName") or f"parts that end in .{ending}"
            yield from ((what, place) for part, what in _TYPES.items() if part in kind)


def refuse_harmful(package: Package, edited: EditedWorkbook) -> None:
    """Refuse a workbook with formulas that reach out of it, wherever they are.

    Raises:
        SpecError: with the first place of each function and each kind of link; or the time limit has passed.
    """
    titles = frozenset(title.casefold() for title in edited.sheets)
    harmful: dict[str, list[str]] = {}
    harmless: set[str] = set()
    for where, text in _formulas(edited):
        if text in harmless:
            continue
        package.check_time()
        if what := reaching(text, titles):
            harmful.setdefault(what, []).append(where if isinstance(where, str) else _cell(*where))
        elif len(harmless) < _REMEMBERED:
            harmless.add(text)
    if harmful:
        raise SpecError(Problem(_said(what, places), Span(str(edited.path))) for what, places in harmful.items())


def _said(what: str, places: list[str]) -> str:
    more = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
    return f"{places[0]}{more} holds {what}, which reaches out of the workbook; nothing was read"


def _cell(title: str, row: int, column: int) -> str:
    return f"{title}!{address(row, column)}"


def _formulas(edited: EditedWorkbook) -> Iterator[tuple[str | tuple[str, int, int], str]]:
    """Yield all formulas with their places."""
    for sheet in edited.sheets.values():
        for place, content in sheet.cells.items():
            if content.formula is not None:
                yield (sheet.title, *place), content.formula
    yield from edited.rules


def reaching(text: str, titles: Container[str] = ()) -> str:
    r"""Return what reaches out of the workbook in a formula, or an empty text.

    Quoted texts, names of sheets and columns, and functions with similar names are no matches.

    Args:
        text: the formula.
        titles: the existing sheets, in lower case.

    Texts in quotes, names of sheets and columns, and functions of like names are not meant.

    Args:
        text: the formula.
        titles: the sheets that are there, in lower case.

    >>> reaching("_xlfn.WEBSERVICE (A1)"), reaching("'C:\\[b.xlsx]S'!A1"), reaching('RECALL("CALL(me)")')
    ('the function WEBSERVICE', 'a link to another workbook', '')
    """
    if not (
        _SIGN.search(text)
        or ("'" in text and "/" in text)
        or any(function(name) in REACHING for name in _CALL.findall(text))
    ):
        return ""
    for match in TOKEN.finditer(text):
        kind, part = match.lastgroup, match[0]
        if kind == "call" or (kind == "name" and part[:7].casefold() == "_xleta."):  # a function passed to another
            name = function(match["call"] or part)
            if name in REACHING:
                return f"the function {name}"
        elif other := link(kind, part, titles):
            return f"a link to {other}"
    return ""
