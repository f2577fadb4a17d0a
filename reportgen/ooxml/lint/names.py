"""Rules on defined names: names that Excel reads as addresses, and what names refer to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.ooxml.addresses import CELLS, COLUMN, ROW, is_cell
from reportgen.ooxml.functions import KNOWN
from reportgen.ooxml.lint.rules import Finding
from reportgen.ooxml.tokens import titles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.ooxml.lint.subject import Subject

__all__ = ["findings"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,254}")
_BUILT_IN = "_xlnm."
_AREA = re.compile(
    rf"""
    ((?: '(?:[^']|'')*+' | [^'!,:\[\]]++(?::[^'!,\[\]]++)? )!)
    (?: {CELLS} | \$?{COLUMN}:\$?{COLUMN} | \$?{ROW}:\$?{ROW} )
    """,
    re.VERBOSE,
)
"""A range of cells, whole columns or whole rows, on one sheet or several."""
_AREAS = re.compile(rf"{_AREA.pattern}(?:,\s*+{_AREA.pattern})*+", re.VERBOSE)


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on defined names."""
    seen: dict[tuple[str, str], str] = {}
    known = {title.casefold() for title in subject.titles}
    for name, scope, target in subject.names:
        if name.startswith(_BUILT_IN):
            continue
        where = f"name {name}"
        if is_cell(name):
            yield Finding("name is a cell", where, f"Excel reads '{name}' as the address of a cell")
        if name.upper() in KNOWN or name.upper() in ("TRUE", "FALSE"):
            yield Finding("name is reserved", where, f"'{name}' is a function or a constant")
        if _PLAIN.fullmatch(name) is None:
            yield Finding("name characters", where, f"'{name[:60]}' has other characters, or more than 255")
        if (name.casefold(), scope) in seen:
            yield Finding("name twice", where, f"there is '{seen[name.casefold(), scope]}' already")
        seen[name.casefold(), scope] = name
        yield from _target(known, where, target)
    for table in subject.tables:
        if (table.name.casefold(), "") in seen:
            yield Finding("name twice", f"table {table.name}", f"there is '{seen[table.name.casefold(), '']}' already")
        seen[table.name.casefold(), ""] = table.name


def _target(known: set[str], where: str, target: str) -> Iterator[Finding]:
    places = _AREAS.fullmatch(target) and _AREA.findall(target)
    if not places:
        yield Finding("name target", where, f"it refers to '{target[:80]}', not to cells of a sheet")
    for sheet in dict.fromkeys(title for place in places or () for title in titles(place)):
        if sheet.casefold() not in known:
            yield Finding("name target", where, f"it refers to cells of '{sheet}', which does not exist")
