"""Number formats: one that suits every value, and rules that format very large and very small ones differently.

A number format allows only two conditions, and LibreOffice drops the minus sign of numbers in the section after them.
So formats have no conditions; conditional formats choose between formats, which works in every program.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat

from reportgen.lang import tree
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.trees import both, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["NumberLook", "is_scaled", "number_look", "scale"]

_SCALED = ("B", "FLOP", "FLOP/s", "B/s")
_MONEY = re.compile("[A-Z]{3}(/year)?|money")
"""A currency, or one a year."""
_FIRST_FORMAT = 900
"""The first identifier of formats used by rules; those of cells begin at 164."""

_Size = tuple[float, float]
"""The least size of a number, and the size that it must stay below; 0 as the least one excludes 0."""

_Rules = tuple[tuple[_Size, str], ...]
"""Sizes of numbers, each with the format that applies; the first that fits wins."""

_TINY: _Size = (0.0, 0.1)
_THOUSANDS: _Rules = (((1e3, math.inf), "#,##0"),)
_PREFIXES: _Rules = (
    ((1e12, math.inf), '#,##0.00,,,,"T"'), ((1e9, math.inf), '0.00,,,"G"'), ((1e6, math.inf), '0.00,,"M"'), *_THOUSANDS,
)  # fmt: skip
_EXPONENT: _Rules = ((_TINY, "##0.00E+0"),)  # in steps of three
_SMALL: _Rules = ((_TINY, "0.0000"),)
_LARGE: _Rules = (((10.0, math.inf), "#,##0.00"),)
_ROUND: _Rules = (((100.0, math.inf), "#,##0"),)
_FORMATS = tuple(dict.fromkeys(f for r in (_PREFIXES, _EXPONENT, _SMALL, _LARGE, _ROUND) for _, f in r))

_TWO, _THREE, _FOUR = "#,##0.00;-#,##0.00;0", "#,##0.000;-#,##0.000;0", "0.0000;-0.0000;0"


@dataclass(frozen=True, slots=True)
class NumberLook:
    """A number format and the rules that change it."""

    form: str
    rules: _Rules = ()


def number_look(kind: str, unit: str, values: Iterable[object] = (), *, whole: bool = False) -> NumberLook:
    """Return how cells with such values are written.

    No format has optional digits after the point, because Excel keeps the point, as in `8,192.`
    """
    if kind in ("position", "count"):
        return NumberLook("0")
    if kind == "flag":
        return NumberLook('"TRUE";"TRUE";"FALSE"')  # for programs that treat it as a number
    if kind != "number":
        return NumberLook("General")
    if whole:
        return NumberLook("#,##0")
    if unit in _SCALED:
        return NumberLook(_THREE, _PREFIXES)
    if unit == "s":
        return NumberLook(_TWO, _EXPONENT)
    numbers = [float(v) for v in values if isinstance(v, int | float)]
    if numbers and all(n.is_integer() for n in numbers):
        return NumberLook("General", _THOUSANDS)  # shows a fraction if one is entered
    if _MONEY.fullmatch(unit):
        return NumberLook(_TWO, _ROUND)
    return NumberLook(_TWO, _SMALL) if unit else NumberLook(_FOUR, _LARGE)


def is_scaled(unit: str) -> bool:
    """Return whether numbers in this unit are written with a prefix that depends on their size."""
    return unit in _SCALED


def scale(sheet: Worksheet, areas: dict[_Rules, list[str]]) -> None:
    """Apply rules to areas of a sheet; areas with the same rules share conditional formats."""
    for rules, cells in areas.items():
        corner = cells[0].partition(":")[0]
        for size, form in rules:
            number = NumberFormat(numFmtId=_FIRST_FORMAT + _FORMATS.index(form), formatCode=form)
            text = idioms.number_where(corner, rule(_within(tree.Ref(corner), size)))
            made = Rule(type="expression", formula=[text], dxf=DifferentialStyle(numFmt=number), stopIfTrue=False)
            sheet.conditional_formatting.add(" ".join(cells), made)


def _within(cell: tree.Ref, size: _Size) -> tree.Node:
    """Return the condition that a number has a size."""
    (low, high), plain = size, tree.Call("abs", (cell,))
    least = tree.Call(">=" if low else ">", (plain, tree.Literal(low)))
    return least if math.isinf(high) else both(least, tree.Call("<", (plain, tree.Literal(high))))
