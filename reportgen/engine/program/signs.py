"""Find numbers that are never negative: their sums need no test for cancellation.

A sum in the formula language is zero if its operands cancel to 15 digits, which takes five array operations to test.
Nearly all quantities and most of their differences are not negative, so it is enough to watch a few of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.engine.program.steps import Program, Step

__all__ = ["plainer"]

_NEVER = frozenset({"abs", "sqrt", "exp", "reduce count", "reduce rank"})
"""Operations whose results are never negative."""
_FIRST = frozenset({"**", "at", "take", "reduce sum", "reduce mean", "reduce min", "reduce max"})
"""Operations whose results are not negative if the first operand is not."""
_EVERY = frozenset({"*", "/", "+", "min", "floor", "ceil", "align", "spread", "stacked"})
"""Operations whose results are not negative if no operand is."""


def plainer(program: Program, signed: frozenset[int] = frozenset()) -> Program:
    """Return the program with plain sums where no operand is negative.

    Inputs and differences are assumed not to be; those that matter are `assumed` in the result, for the runner to
    watch.

    Args:
        program: as it was compiled.
        signed: slots known to be negative for some samples.
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
            needed = _basis(step, basis)
            if needed is None and step.op in ("-", "+") and out not in signed:
                needed = frozenset({out})
            if needed is not None:
                basis[out] = needed
    return replace(program, steps=tuple(steps), assumed=frozenset(assumed))


def _basis(step: Step, basis: dict[int, frozenset[int]]) -> frozenset[int] | None:
    """Return the slots that must not be negative for a result not to be; None if it may be anyway."""
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
