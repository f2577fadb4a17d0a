"""Read a cell as written into a tree: a number with its unit, a flag, a member's name, or a formula."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, nearest
from reportgen.lang import tree
from reportgen.lang.reader import Source, read_formula, read_text
from reportgen.lang.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reportgen.book.book import Dimension
    from reportgen.book.entries import Entry, Origin
    from reportgen.lang.types import Type
    from reportgen.lang.units import Units

__all__ = ["LEFT_OUT", "UNIT", "Written", "read_cell"]

UNIT, LEFT_OUT = "unit", "left out"
"""Kinds of mistakes: an unknown or unsuitable unit, and a member that does not take part."""

_MEASURE = re.compile(r"\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*([A-Za-zµ%][A-Za-z0-9µ%/*^]*)\s*")

_THOUSANDS = re.compile(r"(?<=[0-9])\s*([kMG])\s+(?=[A-Za-z])")
"""The space in `32k tokens`."""


@dataclass(frozen=True, slots=True)
class Written:
    """A cell that was read: its tree, its text, the source that locates mistakes in it, and its place."""

    node: tree.Node
    source: Source
    text: str
    origin: Origin | None = None


def read_cell(
    entry: Entry,
    name: str,
    type_: Type,
    *,
    formula: bool,
    dimensions: Mapping[str, Dimension],
    units: Units,
    report: Callable[[Problem], None],
) -> Written | None:
    """Read one cell of a quantity and report mistakes; `formula` says whether a text may be a formula."""
    value, span = entry.value, entry.origin.span()
    source = entry.origin.document.source(entry.origin.path, str(value))

    def done(node: tree.Node) -> Written:
        return Written(node, source, _display(value), entry.origin)

    def fail(message: str, hint: str = "", kind: str = "") -> None:
        report(Problem(message, span, hint, kind))

    if value is None:
        return done(tree.Literal(None))
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "keys and values"
        fail(f"'{name}' needs {type_.describe()}, not {kind}")
        return None
    if isinstance(value, bool):
        if type_.kind == "flag":
            return done(tree.Literal(value))
        fail(f"'{name}' needs {type_.describe()}, not {str(value).lower()}")
        return None
    if isinstance(value, int | float):
        if type_.kind == "number":
            return done(tree.Literal(float(value)))
        if type_.kind != "member":
            fail(f"'{name}' needs {type_.describe()}, not the number {value}")
            return None
    text = str(value)
    if type_.kind == "text" and not formula:
        return done(tree.Literal(text))
    if type_.kind == "text":
        node = read_text(source, report)
        return done(node) if node is not None else None
    if type_.kind == "member":
        return _member(text, name, type_, formula, done, fail, dimensions[type_.dimension], source)
    if type_.kind == "number" and (match := _MEASURE.fullmatch(_THOUSANDS.sub(r"\1", text))):
        return _measure(match, name, type_, units, done, fail)
    if not formula:
        fail(f"'{name}' needs {type_.describe()}, not '{text[:40]}'")
        return None
    node = read_formula(source, report)
    return done(node) if node is not None else None


def _member(
    text: str,
    name: str,
    type_: Type,
    formula: bool,
    done: Any,
    fail: Any,
    dimension: Dimension,
    source: Source,
) -> Written | None:
    member = dimension.member_of(text)
    if member is not None:
        return done(tree.Member(type_.dimension, member))  # type: ignore[no-any-return]
    if left_out := dimension.left_out_of(text):
        hint = f"name '{left_out}' in the scenario, so that what it needs is loaded"
        fail(f"the {dimension.title} '{left_out}' was left out", hint, LEFT_OUT)
        return None
    if formula and re.fullmatch(r"[A-Za-z_]\w*|.*[\s(\[].*", text):
        node = read_formula(source, lambda _: None)
        if node is not None:
            return done(node)  # type: ignore[no-any-return]
    names = [m.name for m in (*dimension.members, *dimension.left_out)]
    fail(f"unknown {type_.dimension} '{text[:60]}'", nearest(text, names))
    return None


def _measure(match: re.Match[str], name: str, type_: Type, units: Units, done: Any, fail: Any) -> Written | None:
    number, text = match.groups()
    try:
        unit = units.parse(text)
    except UnitError:
        hint = f"write it in {type_.unit.label}; currency: says which one" if type_.unit.money else units.hint(text)
        fail(f"unknown unit '{text}'", hint, UNIT)
        return None
    if type_.inverse is not None and unit.same_kind(type_.inverse):
        if not float(number):
            fail(f"'{name}' cannot be {number} {text}", "write a rate above zero")
            return None
        return done(tree.Literal(1 / (float(number) * float(unit.scale * type_.unit.scale))))  # type: ignore[no-any-return]
    if unit.prefix_alone and type_.unit.money:  # 400k of what the quantity is in
        return done(tree.Literal(float(number) * float(unit.scale)))  # type: ignore[no-any-return]
    if not unit.same_kind(type_.unit):
        wanted = type_.unit.label or "a plain number"
        also = f" or {type_.inverse.label}" if type_.inverse is not None else ""
        hint = f"write it in {wanted}{also}, or without a unit"
        fail(f"wrong unit: '{name}' is measured in {wanted}, not {text}", hint, UNIT)
        return None
    ours, theirs = units.currency_of(type_.unit), units.currency_of(unit)
    if ours != theirs:
        fail(f"'{name}' is an amount in {ours}, not in {theirs}", f"convert it, and write it in {ours}", UNIT)
        return None
    factor = unit.scale / type_.unit.scale
    exact = float(number) * factor.numerator / factor.denominator
    return done(tree.Literal(exact))  # type: ignore[no-any-return]


def _display(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
