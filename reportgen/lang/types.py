"""The type of a formula's value (kind, unit, index set, whether it may be absent), and how types combine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from reportgen.lang import tree
from reportgen.lang.units import ONE, Unit, UnitError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Kind", "Mismatch", "Type", "Typed"]

Kind = OneOf["number", "flag", "text", "member", "unknown"]


class Mismatch(Exception):  # noqa: N818 - it carries a message for the checker, which turns it into a problem
    """The operands do not fit together."""


@dataclass(frozen=True, slots=True)
class Type:
    """The kind of a value, a number's unit, a member's dimension, the index set, and whether it may be absent."""

    kind: Kind
    unit: Unit = ONE
    dims: frozenset[str] = frozenset()
    absent: bool = False
    dimension: str = ""
    inverse: Unit | None = field(default=None, compare=False)
    """The unit of the inverse, in which values may be given as well."""

    def describe(self) -> str:
        """Return the type in words, for messages."""
        if self.kind == "number":
            return (
                f"a number in {self.unit.label or self.unit.describe()}" if not self.unit.dimensionless else "a number"
            )
        if self.kind == "member":
            return f"one of the dimension '{self.dimension}'"
        return {"flag": "a flag (true or false)", "text": "a text", "unknown": "unknown"}[self.kind]


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked node with its type."""

    node: tree.Node
    type: Type


UNKNOWN = Type("unknown")


def is_zero(operand: Typed) -> bool:
    """Return whether the operand is the literal zero, which fits every unit."""
    return isinstance(operand.node, tree.Literal) and operand.node.value == 0 and operand.type.kind == "number"


def converted(operand: Typed, unit: Unit) -> Typed:
    """Convert the operand to another unit of the same kind, by an explicit node."""
    if operand.type.unit is unit:
        return operand
    if operand.type.kind != "number" or operand.type.unit.scale == unit.scale or is_zero(operand):
        return replace(operand, type=replace(operand.type, unit=unit)) if operand.type.kind == "number" else operand
    factor = operand.type.unit.scale / unit.scale
    return Typed(_scaled(operand.node, factor, operand.type.absent), replace(operand.type, unit=unit))


def _scaled(node: tree.Node, factor: Fraction, absent: bool) -> tree.Node:
    """Multiply a node by a factor; an absent value stays absent, because a spreadsheet cannot multiply it."""
    if isinstance(node, tree.Literal) and not node.value:
        return node  # absent or zero
    if isinstance(node, tree.Convert):
        factor, node = factor * node.factor, node.node
    if factor == 1:
        return node
    if isinstance(node, tree.Call) and node.function == "if":
        return replace(node, args=(node.args[0], *(_scaled(branch, factor, absent) for branch in node.args[1:])))
    if absent and isinstance(node, tree.Ref | tree.Reduce):
        guard = tree.Call("known", (node,), node.place)
        return tree.Call("if", (guard, tree.Convert(node, factor, node.place), tree.Literal(None)), node.place)
    return tree.Convert(node, factor, node.place)


def joined_dims(operands: Sequence[Typed]) -> frozenset[str]:
    """Return the union of the index sets: the index set of the broadcast result."""
    return frozenset().union(*(o.type.dims for o in operands))


def need(operands: Sequence[Typed], kind: Kind, what: str) -> None:
    """Raise Mismatch unless all operands are of the kind."""
    for operand in operands:
        if operand.type.kind != kind:
            wanted = Type(kind).describe()
            raise Mismatch(f"{what} needs {wanted}, not {operand.type.describe()}")


def unified(operands: Sequence[Typed], what: str) -> tuple[Unit, list[Typed]]:
    """Convert numbers to the unit of the first one that is not a literal zero; return the unit and the operands."""
    need(operands, "number", what)
    lead = next((o for o in operands if not is_zero(o)), operands[0])
    for operand in operands:
        if not is_zero(operand) and not operand.type.unit.same_kind(lead.type.unit):
            raise Mismatch(
                f"{what} joins different kinds of unit: {lead.type.unit.describe()} and {operand.type.unit.describe()}"
            )
    return lead.type.unit, [converted(o, lead.type.unit) for o in operands]


# --- rules of functions: from operands to (type, operands after conversion) ---------------------------------------

Ruling = tuple[Type, list[Typed]]


def rule_same(what: str, operands: Sequence[Typed]) -> Ruling:
    """Check operands of one kind of unit; the result has their unit (+, -, min, max, abs, floor)."""
    unit, args = unified(operands, what)
    return Type("number", unit, joined_dims(operands)), args


def rule_product(what: str, operands: Sequence[Typed]) -> Ruling:
    """Multiply the units."""
    need(operands, "number", what)
    return Type("number", operands[0].type.unit * operands[1].type.unit, joined_dims(operands)), list(operands)


def rule_quotient(what: str, operands: Sequence[Typed]) -> Ruling:
    """Divide the units."""
    need(operands, "number", what)
    return Type("number", operands[0].type.unit / operands[1].type.unit, joined_dims(operands)), list(operands)


def rule_power(what: str, operands: Sequence[Typed]) -> Ruling:
    """Raise to a power; a number with a unit needs a literal exponent."""
    need(operands, "number", what)
    base, exponent = operands
    if not exponent.type.unit.dimensionless:
        raise Mismatch(f"the exponent must be a plain number, not {exponent.type.unit.describe()}")
    exponent = converted(exponent, ONE)
    dims = joined_dims(operands)
    if base.type.unit.dimensionless:
        return Type("number", ONE, dims), [converted(base, ONE), exponent]
    power = _literal_number(exponent.node)
    if power is None:
        raise Mismatch(f"a value in {base.type.unit.describe()} can only be raised to a literal power")
    try:
        unit = base.type.unit.power(Fraction(power).limit_denominator(64))
    except UnitError as error:
        raise Mismatch(f"{error} cannot be raised to that power") from None
    return Type("number", unit, dims), [base, exponent]


def _literal_number(node: tree.Node) -> float | None:
    """Return the value of a number literal, possibly with a minus sign, or None."""
    if isinstance(node, tree.Literal) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, tree.Call) and node.function == "neg":
        inner = _literal_number(node.args[0])
        return None if inner is None else -inner
    return None


def rule_root(what: str, operands: Sequence[Typed]) -> Ruling:
    """Take a square root, which halves the exponents of the coherent unit."""
    need(operands, "number", what)
    coherent = converted(operands[0], Unit(operands[0].type.unit.exponents))
    return Type("number", coherent.type.unit.power(Fraction(1, 2)), joined_dims(operands)), [coherent]


def rule_plain(what: str, operands: Sequence[Typed]) -> Ruling:
    """Check a function from plain numbers to plain numbers (exp, ln, log10)."""
    need(operands, "number", what)
    for operand in operands:
        if not operand.type.unit.dimensionless:
            raise Mismatch(f"{what} needs a plain number, not {operand.type.unit.describe()}")
    return Type("number", ONE, joined_dims(operands)), [converted(o, ONE) for o in operands]


def rule_compare(what: str, operands: Sequence[Typed]) -> Ruling:
    """Check a comparison of two numbers of one kind of unit, or (for == and !=) of two texts, flags or members."""
    left, right = operands
    result = Type("flag", dims=joined_dims(operands))
    if left.type.kind == "number" or right.type.kind == "number":
        return result, unified(operands, f"'{what}'")[1]
    if what not in ("==", "!="):
        raise Mismatch(f"'{what}' compares numbers, not {left.type.describe()}")
    if left.type.kind != right.type.kind or left.type.dimension != right.type.dimension:
        raise Mismatch(f"'{what}' compares {left.type.describe()} with {right.type.describe()}")
    return result, list(operands)


def rule_flags(what: str, operands: Sequence[Typed]) -> Ruling:
    """Check an operation on flags, which gives a flag."""
    need(operands, "flag", f"'{what}'")
    return Type("flag", dims=joined_dims(operands)), list(operands)


def rule_known(what: str, operands: Sequence[Typed]) -> Ruling:
    """Check `known(x)`, which tells whether a value is present."""
    return Type("flag", dims=operands[0].type.dims), list(operands)


def rule_choice(what: str, operands: Sequence[Typed]) -> Ruling:
    """Check `a if condition else b`: both branches have the same type, or one is the literal `absent`."""
    condition, yes, no = operands
    need([condition], "flag", "the condition of 'if'")
    dims, absent = joined_dims(operands), yes.type.absent or no.type.absent
    given = [o for o in (yes, no) if not is_absent_literal(o)]
    if not given:
        raise Mismatch("both branches are absent")
    lead = given[0].type
    if any(o.type.kind != lead.kind or o.type.dimension != lead.dimension for o in given):
        raise Mismatch(f"the branches differ: {given[0].type.describe()} and {given[1].type.describe()}")
    if lead.kind == "number":
        unit, given = unified(given, "'if'")
        lead = replace(lead, unit=unit)
    remaining = iter(given)
    branches = [o if is_absent_literal(o) else next(remaining) for o in (yes, no)]
    return replace(lead, dims=dims, absent=absent), [condition, *branches]


def is_absent_literal(operand: Typed) -> bool:
    """Return whether the operand is the literal `absent`."""
    return isinstance(operand.node, tree.Literal) and operand.node.value is None
