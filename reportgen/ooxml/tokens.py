"""Split stored formulas of any program into tokens: references, names, calls, texts, and links out of the workbook."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["TOKEN", "function", "items", "link", "titles"]

_NAME = r"[^\W\d][\w.?]*+"
_QUOTED = r"'(?:[^']|'')*+'"

# The quantifiers are possessive, so no text makes the search slow.
TOKEN = re.compile(
    rf"""
    "(?P<text>(?:[^"]|"")*+)"
  | (?P<error>\#(?:N/A|DIV/0!|NAME\?|[A-Z][A-Z_]*+[!?]?))
  | (?P<program>(?:{_NAME}|{_QUOTED})?\|(?:{_QUOTED})?)
  | (?P<sheet>(?:{_QUOTED}|{_NAME}(?::{_NAME})?)\s*+!)
  | (?P<quoted>{_QUOTED})
  | (?P<table>{_NAME}\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*+\])*+\])
  | (?P<book>\[(?:[^\[\]']|'.)*+\](?=\s*+[\w!'\\])|{_NAME}:?//)
  | (?P<own>\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*+\])*+\])
  | (?P<call>{_NAME})\s*+\(
  | (?P<area>\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}(?![\w.(!\[])|\$?[0-9]{{1,7}}:\$?[0-9]{{1,7}}(?![\w.]))
  | (?P<cell>\$?[A-Za-z]{{1,3}}\$?[0-9]{{1,7}}(?![\w.?]))
  | (?P<name>{_NAME}|\\[\w.?\\]*+)
  | (?P<number>(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?)
  | (?P<array>\{{)
  | [()]
    """,
    re.VERBOSE | re.DOTALL,
)
"""Each match is a token whose `lastgroup` is its kind; text between matches is operators."""

_PREFIX = re.compile(r"(?:_xlfn\.|_xlws\.|_xleta\.|_xll\.|com\.microsoft\.)+", re.IGNORECASE)
_ITEM = re.compile(r"\[((?:[^\[\]']|'.)*+)\]", re.DOTALL)
_QUOTE = re.compile("'(.)", re.DOTALL)
_ABROAD = re.compile(r"[\[\]/\\]")
"""Characters that appear in a path to another workbook but never in a sheet's title."""
_OWN_BOOK = re.compile(r"\[0\]")
"""How Excel writes the workbook itself in front of a workbook-level name that sheets also define."""


def function(written: str) -> str:
    """Return a function's name without its prefix.

    >>> function("_xlfn._xlws.Sort"), function("RECALL")
    ('SORT', 'RECALL')
    """
    return _PREFIX.sub("", written, count=1).upper() if written[:1] in "_cC" else written.upper()


def titles(sheet: str) -> list[str]:
    """Return the sheets that a token of kind `sheet` names: one, or the first and the last of a range.

    >>> titles("'It''s'!"), titles("'S 1:S 2'!"), titles("'[0]S'!")
    (["It's"], ['S 1', 'S 2'], ['S'])
    """
    plain = sheet.rstrip().removesuffix("!").rstrip()
    if plain.startswith("'"):
        plain = plain[1:-1].replace("''", "'")
    plain = _OWN_BOOK.sub("", plain)
    return [title for title in (plain.split(":") if not _ABROAD.search(plain) else [plain]) if title]


def link(kind: str | None, part: str, known: Container[str] = ()) -> str:
    """Return what a token links to outside the workbook, "another workbook" or "another program", or an empty text.

    Args:
        kind: the token's kind.
        part: the token's text.
        known: titles of existing sheets, in lower case: such a title may contain a bar.
    """
    if kind == "program":
        return "another program"
    if kind == "book":
        return "" if _OWN_BOOK.fullmatch(part) else "another workbook"
    if kind not in ("sheet", "quoted") or not part.startswith("'"):
        return ""
    plain = _OWN_BOOK.sub("", part[1 : part.rindex("'")]).replace("''", "'")
    if "|" in plain and plain.casefold() not in known:
        return "another program"
    return "another workbook" if _ABROAD.search(plain) else ""


def items(inner: str) -> tuple[list[str], list[str]]:
    """Split the brackets after a table's name into the table's parts (in lower case) and its columns.

    >>> items("[#Totals],[a]"), items("it''s"), items("[a]:[b '[s']]"), items("")
    ((['#totals'], ['a']), ([], ["it's"]), ([], ['a', 'b [s]']), ([], []))
    """
    entries = _ITEM.findall(inner) if inner.lstrip().startswith("[") else [inner] if inner.strip() else []
    parts = [item.strip().casefold() for item in entries if item.lstrip().startswith("#")]
    return parts, [_QUOTE.sub(r"\1", item) for item in entries if not item.lstrip().startswith("#")]
