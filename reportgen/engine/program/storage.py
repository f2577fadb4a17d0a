"""Assign arrays to slots: slots of the same shape share one if they are not needed at the same time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.engine.program.bound import UNGUARDED
from reportgen.engine.program.steps import VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.engine.program.steps import Program, Step

__all__ = ["Storage", "storage_of"]

_BYTES = {"f": 8, "b": 1, "i": 8, "O": 8}
_ALWAYS = math.inf

_Key = tuple[tuple[int, ...], str]


@dataclass(frozen=True)
class Storage:
    """The arrays that a program needs.

    Attributes:
        arrays: the shape without samples and the kind of each array.
        of: the number of the array of a slot.
        homes: slots that are parts of a stack and are written there: the slot of the stack, and the number of the part.
    """

    arrays: tuple[_Key, ...]
    of: Mapping[int, int]
    homes: Mapping[int, tuple[int, int]]

    def bytes(self) -> int:
        """Return the size of all arrays for one sample."""
        return sum(math.prod(shape) * _BYTES[kind] for shape, kind in self.arrays)


def storage_of(program: Program) -> Storage:
    """Assign an array to each slot that is neither constant nor a view, with few arrays for many slots."""
    homes = _homes(program)
    roots = _roots(program, homes)
    last = _last_uses(program, roots)
    arrays: list[_Key] = []
    of: dict[int, int] = {}
    free: dict[_Key, list[int]] = {}

    def give(slot: int, *, again: bool) -> None:
        key = program.slots[slot].shape, program.slots[slot].kind
        if again and free.get(key):
            of[slot] = free[key].pop()
        else:
            of[slot] = len(arrays)
            arrays.append(key)

    def release(step: Step, number: int) -> None:
        for root in {roots[a] for a in (*step.args, *step.out) if a is not None and a in roots}:
            if last[root] == number and root in of:
                free.setdefault(arrays[of[root]], []).append(of[root])
                last[root] = -1

    for slots in program.inputs.values():
        for slot in slots:
            if slot is not None:
                give(slot, again=False)
                last[slot] = _ALWAYS
    for step in program.steps:
        if step.op == "stacked":  # holds its constant parts from the beginning
            give(step.out[0], again=False)
            last[step.out[0]] = _ALWAYS
    for number, step in enumerate(program.steps):
        if step.op in UNGUARDED:
            release(step, number)
        if step.op not in VIEWS and step.op != "stacked":
            for slot in step.out:
                if slot not in homes:
                    give(slot, again=True)
        release(step, number)
    return Storage(tuple(arrays), of, homes)


def _homes(program: Program) -> dict[int, tuple[int, int]]:
    """Find cells that can be computed in place, inside their stack."""
    producers = {slot: step for step in program.steps for slot in step.out}
    homes: dict[int, tuple[int, int]] = {}
    for step in program.steps:
        if step.op != "stacked":
            continue
        stack = program.slots[step.out[0]]
        axes, _ = step.fixed
        part = tuple(n for axis, n in enumerate(stack.shape) if axis not in axes)
        for number, cell in enumerate(step.args):
            if cell is None or cell in homes or cell not in producers:
                continue
            slot = program.slots[cell]
            if (slot.shape, slot.kind) == (part, stack.kind) and producers[cell].op not in (*VIEWS, "stacked"):
                homes[cell] = step.out[0], number
    return homes


def _roots(program: Program, homes: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """Map each slot to the slot that owns its array; constants have none."""
    roots = {slot: slot for slots in program.inputs.values() for slot in slots if slot is not None}
    for step in program.steps:
        for slot in step.out:
            if step.op not in VIEWS:
                roots[slot] = homes[slot][0] if slot in homes else slot
            elif (of := step.args[0]) in roots and of is not None:
                roots[slot] = roots[of]
    return roots


def _last_uses(program: Program, roots: Mapping[int, int]) -> dict[int, float]:
    """Map each array to the last step that uses it; wanted ones are kept."""
    last: dict[int, float] = {}

    def use(slot: int | None, number: float) -> None:
        if slot is not None and slot in roots:
            last[roots[slot]] = max(last.get(roots[slot], -1), number)

    for number, step in enumerate(program.steps):
        for slot in (*step.args, *step.out):
            use(slot, number)
    for name, output in program.outputs.items():
        use(output.data, _ALWAYS if name in program.wanted else output.end)
        use(output.absent, _ALWAYS if name in program.wanted else output.end)
    return last
