"""Check names: each must be valid in formulas and must not mean anything else to a spreadsheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.lang.functions import FUNCTIONS
from reportgen.lang.reductions import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["member_fault", "name_fault", "within"]

_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+")
_R1C1 = re.compile(r"[rRcC]|[rR][0-9]*[cC][0-9]*|[rR][0-9]+|[cC][0-9]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset(
    "true false none absent base if else and or not in is over where for lambda import at".split()  # noqa: SIM905 - legible
)
_FUNCTIONS = frozenset(n.casefold() for n in (*FUNCTIONS, *REDUCTIONS))
_EXCEL = frozenset(
    (  # noqa: SIM905 - legible
        "average ceiling choose find fixed iferror index int isnumber left len log match median mid mod na power right "
        "round search text value"
    ).split()
)
_CHECKS = re.compile(r"changed|changed_inputs|first_problem|problem(_[0-9]+)?|.*_as_built")


def name_fault(name: str, taken: Container[str]) -> str:
    """Return why a quantity or dimension cannot have this name, or an empty text; `taken` is case-folded."""
    folded = name.casefold()
    if not _NAME.fullmatch(name):
        return "a name has letters, digits and underscores, and does not begin with a digit"
    if folded in _WORDS or folded in _FUNCTIONS or folded in _EXCEL:
        return "it is a word of the formula language or a spreadsheet function"
    if _CELL.fullmatch(name) or _R1C1.fullmatch(name):
        return "a spreadsheet reads it as the address of a cell"
    if folded.startswith("t_") or folded.endswith("_row"):
        return "names that begin with t_ or end with _row belong to the workbook's tables"
    if _CHECKS.fullmatch(folded):
        return "the workbook keeps its checks of inputs under this name"
    if folded in taken:
        return "the name is taken"
    return ""


def member_fault(name: str) -> str:
    """Return why a member cannot have this name, or an empty text."""
    if not name or len(name) > 60 or name != name.strip():
        return "a member's name has 1 to 60 characters and no space around it"
    if any(c in "*?~<>=\"'[]{}#@`$;:\\/|\n\r\t" or ord(c) < 32 for c in name):
        return "a member's name has none of * ? ~ < > = quotes, brackets, braces, slashes, # @ $ ; :"
    if name[0] in "+-":
        return "a member's name does not begin with + or -"
    return ""


def within(title: str) -> str:
    """Return a title as it appears inside a sentence: in lower case unless it begins with an abbreviation."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]
