"""Which numbers are not below zero: their sums are plain, and need no look at what is only rounding.

A sum in the formula language is zero where its operands cancel in 15 digits, which takes five array operations to see.
Nearly all quantities are zero or above, and so are most differences of them; it is enough to look at these few.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.engine.program.steps import Program, Step

__all__ = ["plainer"]

_NEVER = frozenset({"abs", "sqrt", "exp", "reduce count", "reduce rank"})
"""Operations that give no number below zero."""
_FIRST = frozenset({"**", "at", "take", "reduce sum", "reduce mean", "reduce min", "reduce max"})
"""Operations that give none where their first operand has none."""
_EVERY = frozenset({"*", "/", "+", "min", "floor", "ceil", "align", "spread", "stacked"})
"""Operations that give none where no operand has one."""


def plainer(program: Program, signed: frozenset[int] = frozenset()) -> Program:
    """The program with plain sums, as far as numbers are not below zero.

    Of inputs and differences that is taken for granted; those that matter are `assumed` in the result, for a runner
    to see that it is so.

    Args:
        program: as it was compiled.
        signed: slots of which it is known that it is not so.
    """
    basis: dict[int, frozenset[int]] = {}
    for slot, known in enumerate(program.slots):
        if known.constant is not None and known.kind == "f" and not (known.constant < 0).any():
            basis[slot] = frozenset()
    for slot, _ in program.inputs.values():
        if program.slots[slot].kind == "f" and slot not in signed:
            basis[slot] = frozenset({slot})
    steps: list[Step] = []
    assumed: set[int] = set()
    for step in program.steps:
        if step.op == "+" and all(a in basis for a in step.args):
            assumed.update(*(basis[a] for a in step.args if a is not None))
            steps.append(replace(step, op="plus"))
        else:
            steps.append(step)
        out = step.out[0]
        if program.slots[out].kind == "f":
            found = _basis(step, basis)
            if found is None and step.op in ("-", "+") and out not in signed:
                found = frozenset({out})
            if found is not None:
                basis[out] = found
    return replace(program, steps=tuple(steps), assumed=frozenset(assumed))


def _basis(step: Step, basis: dict[int, frozenset[int]]) -> frozenset[int] | None:
    """What has to be taken for granted so that a result is not below zero; None where it may be."""
    args: Sequence[int | None] = step.args
    if step.op in _NEVER:
        return frozenset()
    if step.op == "max":
        known = [basis[a] for a in args if a is not None and a in basis]
        return min(known, key=len) if known else None
    if step.op == "where":
        args = args[1:]
    elif step.op in _FIRST:
        args = args[:1]
    elif step.op not in _EVERY:
        return None
    if any(a is None or a not in basis for a in args):
        return None
    return frozenset[int]().union(*(basis[a] for a in args if a is not None))
