"""The functions and operators: one record each holds the unit rule and the NumPy, Excel and LaTeX forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reportgen.lang import types
from reportgen.lang.semantics import add, ceil, equal, floor, maximum, minimum, nearly_equal, power, subtract

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reportgen.lang.types import Ruling, Typed

__all__ = ["FUNCTIONS", "Form", "Function"]

Array = NDArray[Any]

# Binding levels, loosest first; an operand that binds less tightly than its place requires is put in brackets.
LOOSE, CHOICE, COMPARE, CONCAT, SUM, PRODUCT, ATOM = -2, -1, 0, 1, 2, 3, 9


@dataclass(frozen=True, slots=True)
class Form:
    """How a target writes a call: `{0}`, `{1}` or `{*}` stand for the operands, with the binding levels around them."""

    template: str
    level: int = ATOM
    operands: tuple[int, ...] = (LOOSE,)

    def wanted(self, index: int) -> int:
        """Return the level that the operand at this position needs to stand without brackets."""
        return self.operands[min(index, len(self.operands) - 1)]


@dataclass(frozen=True, slots=True)
class Function:
    """A function or operator; a `strict` one refuses operands that may be absent."""

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


def _never(*_: Array) -> Array:  # pragma: no cover - the evaluator handles these: they take absent values
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
"""A minus sign or a power inside another operation is always bracketed: in Excel, `-2^2` is 4."""

_RECORDS = (
    _operator("+", "sum", types.rule_same, add, _infix("+", SUM), _infix(" + ", SUM)),
    _operator("-", "difference", types.rule_same, subtract, _infix("-", SUM), _infix(" - ", SUM)),
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
        power,
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
    _comparison("==", "equal", equal, "=", "="),
    _comparison("!=", "different", lambda a, b: ~equal(a, b), "<>", r"\ne"),
    _comparison("<", "less", lambda a, b: (a < b) & ~nearly_equal(a, b, a - b), "<", "<"),
    _comparison("<=", "less or equal", lambda a, b: (a <= b) | nearly_equal(a, b, a - b), "<=", r"\le"),
    _comparison(">", "greater", lambda a, b: (a > b) & ~nearly_equal(a, b, a - b), ">", ">"),
    _comparison(">=", "greater or equal", lambda a, b: (a >= b) | nearly_equal(a, b, a - b), ">=", r"\ge"),
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
        minimum,
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
        maximum,
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
        floor,
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
        ceil,
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
