"""The vocabulary: one record per function or operator holds its unit rule and its NumPy, Excel and LaTeX forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reportgen.lang import types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reportgen.lang.types import Ruling, Typed

__all__ = ["FUNCTIONS", "GUARD", "REDUCTIONS", "Form", "Function", "Reduction", "close"]

Array = NDArray[Any]

# Levels of binding, lowest first; an operand that binds less tightly than its place asks for is put in brackets.
LOOSE, CHOICE, COMPARE, CONCAT, SUM, PRODUCT, ATOM = -2, -1, 0, 1, 2, 3, 9


@dataclass(frozen=True, slots=True)
class Form:
    """How a call is written in a target: `{0}`, `{1}` or `{*}` for its operands, and the levels around them."""

    template: str
    level: int = ATOM
    operands: tuple[int, ...] = (LOOSE,)

    def wanted(self, index: int) -> int:
        """The level that the operand at this place needs to go without brackets."""
        return self.operands[min(index, len(self.operands) - 1)]


@dataclass(frozen=True, slots=True)
class Function:
    """A function or operator; `strict` ones refuse operands that may be absent."""

    name: str
    signature: str
    says: str
    least: int
    most: int
    rule: Callable[[str, Sequence[Typed]], Ruling]
    numpy: Callable[..., Array]
    excel: Form
    latex: Form
    strict: bool = True


# --- NumPy forms ------------------------------------------------------------------------------------------------

_TIE = 2.0**-48
"""Spreadsheets compare on about 15 digits; so does the engine, or a near-tie would decide differently."""

_WHOLE = 2.0**53
"""Up to here float64 holds every whole number."""

GUARD = 1e-9
"""Added before rounding down (taken off before rounding up), in both back ends: 2.9999999999999996 is 3."""


def close(a: Array, b: Array) -> Array:
    """Whether two numbers are equal in 15 significant digits. Shapes broadcast."""
    return np.asarray((a == b) | _near(a, b, a - b))


def _near(a: Array, b: Array, difference: Array) -> Array:
    """Whether a difference is only one of rounding; between whole numbers it never is, for those are exact."""
    gap = np.abs(difference)
    first, second = (a, b) if np.size(a) <= np.size(b) else (b, a)
    near = np.asarray(gap < _TIE * np.abs(first))
    if not near.any():  # so it is nearly always, and the rest costs more than the difference itself
        return near
    near &= gap < _TIE * np.abs(second)
    if (near & (gap >= 1)).any():
        return near & ~(_exact(a) & _exact(b))
    return near


def _exact(a: Array) -> Array:
    return np.asarray((np.abs(a) <= _WHOLE) & (a == np.floor(a)))


def _equal(a: Array, b: Array) -> Array:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == object or b.dtype == object:
        return np.asarray(_casefold(a) == _casefold(b))
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        return close(a, b)
    return np.asarray(a == b)


def _fold(text: object) -> str:
    return str(text).casefold()


def _casefold(texts: Array) -> Array:
    return np.asarray(np.frompyfunc(_fold, 1, 1)(texts))


def _subtract(a: Array, b: Array) -> Array:
    """Spreadsheets take a difference of values equal in 15 digits for zero; so must `a - b > 0` agree with `a > b`."""
    difference = a - b
    near = _near(a, b, difference)
    return np.where(near, 0.0, difference) if near.any() else difference


def _add(a: Array, b: Array) -> Array:
    """As a difference where one is negative: `a + -b` is `a - b`."""
    total = np.asarray(a + b)
    if not (_goes_below_zero(a) or _goes_below_zero(b)):
        return total
    near = _near(a, -b, total)
    return np.where(near, 0.0, total) if near.any() else total


def _goes_below_zero(a: Array) -> bool:
    return bool(a.item() < 0 if a.size == 1 else (a < 0).any())


def _power(a: Array, b: Array) -> Array:
    """0^0 is refused: spreadsheets disagree on it (an error here, 1 there)."""
    base = np.asarray(a, dtype=float)
    # a square is a product: NumPy's powers differ in the last digit with the length of the array
    powers = np.square(base) if (np.asarray(b) == 2).all() else np.power(base, b)
    flat = np.asarray(b) == 0
    return np.where((base == 0) & flat, np.nan, powers) if flat.any() else powers


def _floor(a: Array) -> Array:
    return np.floor(a + GUARD) + 0.0


def _ceil(a: Array) -> Array:
    return 0.0 - np.floor(GUARD - a)


def _minimum(*args: Array) -> Array:
    result = args[0]
    for other in args[1:]:
        result = np.minimum(result, other)
    return np.asarray(result)


def _maximum(*args: Array) -> Array:
    result = args[0]
    for other in args[1:]:
        result = np.maximum(result, other)
    return np.asarray(result)


def _never(*_: Array) -> Array:  # pragma: no cover - the evaluator treats these itself, for they see absent values
    raise AssertionError


def _infix(symbol: str, level: int, right: int | None = None) -> Form:
    return Form(f"{{0}}{symbol}{{1}}", level, (level, level + 1 if right is None else right))


def _operator(
    name: str,
    says: str,
    rule: Callable[[str, Sequence[Typed]], Ruling],
    numpy: Callable[..., Array],
    excel: Form,
    latex: Form,
) -> Function:
    return Function(name, f"a {name} b", says, 2, 2, rule, numpy, excel, latex)


def _comparison(name: str, says: str, numpy: Callable[..., Array], excel: str, latex: str) -> Function:
    level = _infix(excel, COMPARE, SUM)
    return _operator(
        name,
        says,
        types.rule_compare,
        numpy,
        Form(level.template, COMPARE, (SUM, SUM)),
        Form(f"{{0}} {latex} {{1}}", COMPARE, (SUM, SUM)),
    )


_UNARY = CHOICE
"""A minus sign and a power are always bracketed inside another operation: Excel's `-2^2` is 4."""

_RECORDS = (
    _operator("+", "sum", types.rule_same, _add, _infix("+", SUM), _infix(" + ", SUM)),
    _operator("-", "difference", types.rule_same, _subtract, _infix("-", SUM), _infix(" - ", SUM)),
    _operator("*", "product", types.rule_product, np.multiply, _infix("*", PRODUCT), _infix(r" \cdot ", PRODUCT)),
    _operator(
        "/",
        "quotient",
        types.rule_quotient,
        np.true_divide,
        _infix("/", PRODUCT),
        Form(r"\frac{{{0}}}{{{1}}}", ATOM - 1),
    ),
    _operator(
        "**",
        "power",
        types.rule_power,
        _power,
        Form("{0}^{1}", _UNARY, (ATOM, ATOM)),
        Form("{{{0}}}^{{{1}}}", ATOM, (ATOM, LOOSE)),
    ),
    Function(
        "neg",
        "-a",
        "negative",
        1,
        1,
        types.rule_same,
        np.negative,
        Form("-{0}", _UNARY, (ATOM,)),
        Form("-{0}", _UNARY, (PRODUCT,)),
    ),
    _comparison("==", "equal", _equal, "=", "="),
    _comparison("!=", "different", lambda a, b: ~_equal(a, b), "<>", r"\ne"),
    _comparison("<", "less", lambda a, b: (a < b) & ~_near(a, b, a - b), "<", "<"),
    _comparison("<=", "less or equal", lambda a, b: (a <= b) | _near(a, b, a - b), "<=", r"\le"),
    _comparison(">", "greater", lambda a, b: (a > b) & ~_near(a, b, a - b), ">", ">"),
    _comparison(">=", "greater or equal", lambda a, b: (a >= b) | _near(a, b, a - b), ">=", r"\ge"),
    Function(
        "and",
        "a and b",
        "both hold",
        2,
        2,
        types.rule_flags,
        np.logical_and,
        Form("AND({*})"),
        Form(r"{0} \wedge {1}", CONCAT, (SUM,)),
    ),
    Function(
        "or",
        "a or b",
        "one holds",
        2,
        2,
        types.rule_flags,
        np.logical_or,
        Form("OR({*})"),
        Form(r"{0} \vee {1}", COMPARE, (CONCAT,)),
    ),
    Function(
        "not",
        "not a",
        "does not hold",
        1,
        1,
        types.rule_flags,
        np.logical_not,
        Form("NOT({0})"),
        Form(r"\neg {0}", ATOM, (ATOM,)),
    ),
    Function(
        "if",
        "a if condition else b",
        "only the taken branch counts",
        3,
        3,
        types.rule_choice,
        _never,
        Form("IF({0},{1},{2})"),
        Form(r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}", ATOM),
        strict=False,
    ),
    Function(
        "known",
        "known(x)",
        "whether a value is there",
        1,
        1,
        types.rule_known,
        _never,
        Form('{0}<>""', COMPARE, (SUM,)),
        Form(r"{0}\ \text{{is known}}", COMPARE),
        strict=False,
    ),
    Function(
        "min",
        "min(a, b, ...)",
        "smallest of its arguments",
        2,
        30,
        types.rule_same,
        _minimum,
        Form("MIN({*})"),
        Form(r"\min\left({*}\right)"),
    ),
    Function(
        "max",
        "max(a, b, ...)",
        "largest of its arguments",
        2,
        30,
        types.rule_same,
        _maximum,
        Form("MAX({*})"),
        Form(r"\max\left({*}\right)"),
    ),
    Function(
        "abs", "abs(x)", "absolute value", 1, 1, types.rule_same, np.abs, Form("ABS({0})"), Form(r"\left|{0}\right|")
    ),
    Function(
        "floor",
        "floor(x)",
        "largest whole number not above x",
        1,
        1,
        types.rule_plain,
        _floor,
        Form("INT({0}+0.000000001)", ATOM, (SUM,)),
        Form(r"\left\lfloor {0} \right\rfloor"),
    ),
    Function(
        "ceil",
        "ceil(x)",
        "smallest whole number not below x",
        1,
        1,
        types.rule_plain,
        _ceil,
        Form("-INT(0.000000001-{0})", _UNARY, (PRODUCT,)),
        Form(r"\left\lceil {0} \right\rceil"),
    ),
    Function(
        "sqrt", "sqrt(x)", "square root", 1, 1, types.rule_root, np.sqrt, Form("SQRT({0})"), Form(r"\sqrt{{{0}}}")
    ),
    Function(
        "exp", "exp(x)", "exponential", 1, 1, types.rule_plain, np.exp, Form("EXP({0})"), Form(r"\exp\left({0}\right)")
    ),
    Function(
        "ln",
        "ln(x)",
        "natural logarithm",
        1,
        1,
        types.rule_plain,
        np.log,
        Form("LN({0})"),
        Form(r"\ln\left({0}\right)"),
    ),
    Function(
        "log10",
        "log10(x)",
        "decimal logarithm",
        1,
        1,
        types.rule_plain,
        np.log10,
        Form("LOG10({0})"),
        Form(r"\log_{{10}}\left({0}\right)"),
    ),
)

FUNCTIONS: Mapping[str, Function] = {record.name: record for record in _RECORDS}


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduction of a named quantity: what it reads, what it gives, and its forms.

    `excel` is over the column `{x}` with everything else left out beforehand, `array` over an array expression `{a}`
    of the rows that count (texts, so absent values, are skipped by both).
    """

    name: str
    signature: str
    says: str
    reads: str
    gives: str
    excel: str
    latex: str
    empty: bool


REDUCTIONS: Mapping[str, Reduction] = {
    r.name: r
    for r in (
        Reduction("sum", "sum(x, over=d)", "sum over the members of d", "number", "number", "SUM({a})", r"\sum", False),
        Reduction(
            "mean",
            "mean(x, over=d)",
            "arithmetic mean",
            "number",
            "number",
            "AVERAGE({a})",
            r"\operatorname{mean}",
            True,
        ),
        Reduction("min", "min(x, over=d)", "smallest", "number", "number", "MIN({a})", r"\min", True),
        Reduction("max", "max(x, over=d)", "largest", "number", "number", "MAX({a})", r"\max", True),
        Reduction("count", "count(flag, over=d)", "how many hold", "flag", "count", "SUM({a})", r"\#", False),
        Reduction(
            "argmin",
            "argmin(x, over=d)",
            "member with the smallest value; the first of equals",
            "number",
            "member",
            "MIN({a})",
            r"\arg\min",
            True,
        ),
        Reduction(
            "argmax",
            "argmax(x, over=d)",
            "member with the largest value; the first of equals",
            "number",
            "member",
            "MAX({a})",
            r"\arg\max",
            True,
        ),
        Reduction(
            "rank",
            "rank(x, over=d)",
            "place in ascending order, 1 for the smallest; the first of equals first",
            "number",
            "same",
            "",
            r"\operatorname{rank}",
            True,
        ),
        Reduction(
            "find",
            "find(x, value, over=d)",
            "first member of d at which x has the value",
            "number",
            "member",
            "",
            r"\operatorname{find}",
            True,
        ),
    )
}
"""Reductions; `min` and `max` without `over=` are functions of their arguments."""
