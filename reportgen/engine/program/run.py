"""Run a program with NumPy: block by block, in arrays that are reused and fit the caches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.engine.program.bound import Scratch, bound, may_be_flat
from reportgen.engine.program.operations import places, viewed
from reportgen.engine.program.steps import VIEWS
from reportgen.engine.values import Array, Value, not_finite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reportgen.engine.program.steps import Cell, Program
    from reportgen.engine.program.storage import Storage

__all__ = ["Fault", "Machine", "block_size"]

_CACHE = 36_000_000
"""Bytes for the arrays of a block: large enough that calls cost little, small enough to stay near the caches."""
_LEAST, _MOST = 64, 4096
"""Samples in a block: below, calls cost more than arithmetic; above, nothing is gained."""

_TYPES = {"f": np.dtype(float), "b": np.dtype(bool), "i": np.dtype(np.int64), "O": np.dtype(object)}


def block_size(storage: Storage) -> int:
    """Return how many samples to compute at a time."""
    return int(np.clip(_CACHE // max(1, storage.bytes()), _LEAST, _MOST))


@dataclass(frozen=True, slots=True)
class _Segment:
    """Steps, and the quantities that they complete.

    `reach` has a bit for each quantity that is infinite if one of the steps overflows; `mask` has one for each
    completed quantity.
    """

    steps: tuple[Callable[[], object], ...]
    reach: int
    checks: tuple[str, ...]
    mask: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Values of a quantity, and a mask of those that are not finite."""

    value: Value
    bad: Array


class Machine:
    """A program with its arrays, for a number of samples at a time.

    The processor raises a flag when a result is not finite. Only then are the quantities checked that depend on it.
    """

    def __init__(self, program: Program, storage: Storage, samples: int) -> None:
        self.program, self.samples = program, samples
        self._arrays: list[Array | None] = [slot.constant for slot in program.slots]
        self._values: dict[str, Value] = {}
        self._raised = False
        self.below_zero: set[int] = set()
        """Slots assumed not to be negative that are; results computed from them may be wrong."""
        self._marks = _Marks(program)
        self.calls = self._bind(storage)
        """Bound steps, each with its number; views need none."""
        self._segments = self._cut(self.calls)

    def value(self, name: str) -> Value:
        """Return a wanted quantity; its arrays are overwritten by the next block."""
        if name not in self._values:
            output = self.program.outputs[name]
            absent = None if output.absent is None else self.array(output.absent)
            self._values[name] = Value(self.array(output.data), absent)
        return self._values[name]

    def run(self, samples: Mapping[Cell, Array]) -> dict[str, Fault]:
        """Compute a block of up to `samples` samples.

        Returns:
            The quantities with values that are not finite, in the order of computation.
        """
        pending = self._marks.always
        self.below_zero.clear()
        for at, slots in self.program.inputs.items():
            pending |= self._fill(samples[at], slots)
        faults: dict[str, Fault] = {}
        kinds = {"divide": "call", "over": "call", "invalid": "call", "under": "ignore"}
        with np.errstate(**kinds, call=self._note):  # type: ignore[arg-type]
            for segment in self._segments:
                for step in segment.steps:
                    step()
                if self._raised:
                    pending |= segment.reach
                    self._raised = False
                if pending & segment.mask:
                    for name in segment.checks:
                        if pending & self._marks.bits[name]:
                            pending |= self._check(name, faults)
        return faults

    def _check(self, name: str, faults: dict[str, Fault]) -> int:
        """Check a quantity; if a number is not finite, present or absent, return the quantities that read it."""
        value = self.value(name)
        if np.isfinite(value.data).all():
            return 0
        if value.absent is not None:
            value = Value(*np.broadcast_arrays(value.data, value.absent))
        bad = not_finite(value)
        if bad is not None:
            faults[name] = Fault(Value(value.data.copy(), value.absent), bad)
        return self._marks.below[name]

    def _note(self, *_: object) -> None:
        self._raised = True

    def _fill(self, samples: Array, slots: tuple[int, int | None]) -> int:
        """Copy samples into the arrays of an input and repeat the last one to fill them."""
        data, absent = slots
        count = len(samples)
        array = self.array(data).reshape(-1)
        array[:count] = np.asarray(samples)
        array[count:] = array[count - 1]
        if absent is not None:
            mask = self.array(absent).reshape(-1)
            mask[:count] = np.ma.getmaskarray(samples)
            mask[count:] = mask[count - 1]
        if data in self.program.assumed and (array < 0).any():
            self.below_zero.add(data)
        finite = array.dtype.kind != "f" or np.isfinite(array).all()
        return 0 if finite else self._marks.reach[data]

    def array(self, slot: int) -> Array:
        """Return the array of a slot."""
        array = self._arrays[slot]
        assert array is not None
        return array

    # --- binding -------------------------------------------------------------------------------------------------

    def _bind(self, storage: Storage) -> list[tuple[int, Callable[[], object]]]:
        """Allocate the arrays and bind the steps to them; each with its number."""
        program, scratch = self.program, Scratch()
        arrays = [np.zeros((*shape, self.samples), dtype=_TYPES[kind]) for shape, kind in storage.arrays]
        for slot, number in storage.of.items():
            self._arrays[slot] = arrays[number]
        parts: dict[int, list[Array]] = {}
        for step in program.steps:
            if step.op == "stacked":
                parts[step.out[0]] = places(self.array(step.out[0]), step.fixed)
        for slot, (stack, number) in storage.homes.items():
            self._arrays[slot] = parts[stack][number]
        runs: list[tuple[int, Callable[[], object]]] = []
        for number, step in enumerate(program.steps):
            if step.op in VIEWS:
                (of,) = step.args
                assert of is not None
                self._arrays[step.out[0]] = viewed(step.op, self.array(of), step.fixed)
                continue
            args = [None if a is None else self.array(a) for a in step.args]
            if step.op == "stacked":
                copies = self._stack(step.args, args, step.out[0], parts[step.out[0]], storage)
                runs += [(number, copy) for copy in copies]
            else:
                outs = [self.array(o) for o in step.out]
                runs.append((number, bound(step.op, args, outs, step.fixed, scratch)))
            runs += [(number, self._watch(slot, scratch)) for slot in step.out if slot in program.assumed]
        return runs

    def _watch(self, slot: int, scratch: Scratch) -> Callable[[], object]:
        """Return a function that records if a slot is negative."""
        array = self.array(slot)
        below = scratch.like(array, bool)

        def watch() -> None:
            if np.count_nonzero(np.less(array, 0.0, out=below)):
                self.below_zero.add(slot)

        return watch

    def _stack(
        self, slots: Sequence[int | None], cells: Sequence[Array | None], stack: int, parts: list[Array], s: Storage
    ) -> list[Callable[[], object]]:
        """Fill in the constants of a stack; return functions that copy the parts not computed in place."""
        copies: list[Callable[[], object]] = []
        for number, (slot, cell, part) in enumerate(zip(slots, cells, parts, strict=True)):
            assert slot is not None
            assert cell is not None
            if self.program.slots[slot].constant is not None:
                part[...] = cell
            elif s.homes.get(slot) != (stack, number):
                copies.append(_copy(part, cell))
        return copies

    def _cut(self, runs: Sequence[tuple[int, Callable[[], object]]]) -> list[_Segment]:
        """Divide the steps where quantities are completed that may need a check."""
        ends: dict[int, list[str]] = {}
        for name in self._marks.bits:
            ends.setdefault(self.program.outputs[name].end, []).append(name)
        segments, first, place = [], 0, 0
        for end in sorted({*ends, len(self.program.steps)}):
            steps = []
            while place < len(runs) and runs[place][0] < end:
                steps.append(runs[place][1])
                place += 1
            reach = 0
            for mark in self._marks.steps[first:end]:
                reach |= mark
            known = tuple(ends.get(end, ()))
            segments.append(_Segment(tuple(steps), reach, known, sum(self._marks.bits[name] for name in known)))
            first = end
        return segments


def _copy(part: Array, cell: Array) -> Any:
    return lambda: np.copyto(part, cell)


class _Marks:
    """Which quantities depend on which slots and steps, as far as infinity spreads; one bit per quantity.

    Attributes:
        bits: the quantities that can be infinite, each with its bit.
        reach: of each slot, the quantities that its numbers get into without passing through another one.
        steps: the same of what a step computes.
        below: of a quantity, those that read it.
        always: those that are looked at in each block.
    """

    def __init__(self, program: Program) -> None:
        named: dict[int, int] = {}
        ends: dict[int, int] = {}
        self.bits: dict[str, int] = {}
        for name, output in program.outputs.items():
            known = program.slots[output.data]
            masked = output.absent is not None and program.slots[output.absent].constant is None
            if known.kind == "f" and (known.constant is None or masked):
                self.bits[name] = 1 << len(self.bits)
                named[output.data] = named.get(output.data, 0) | self.bits[name]
                ends[output.data] = min(output.end, ends.get(output.data, output.end))
        below, early = [0] * len(program.slots), [0] * len(program.slots)
        self.steps = [0] * len(program.steps)
        for number in range(len(program.steps) - 1, -1, -1):
            step = program.steps[number]
            for slot in step.out:
                if program.slots[slot].kind == "f":
                    self.steps[number] |= named[slot] | early[slot] if slot in named else below[slot]
            for arg in step.args:
                if arg is not None and program.slots[arg].kind == "f":
                    below[arg] |= self.steps[number]
                    if number < ends.get(arg, 0):  # read before it is looked at: a part of a formula that is one, too
                        early[arg] |= self.steps[number]
        self.reach = [named[s] | early[s] if s in named else below[s] for s in range(len(program.slots))]
        self.below = {name: below[program.outputs[name].data] for name in self.bits}
        self.always = 0
        for name, bit in self.bits.items():
            constant = program.slots[program.outputs[name].data].constant
            if constant is not None and not np.isfinite(constant).all():
                self.always |= bit
        for known, mark in zip(program.slots, below, strict=True):
            if known.constant is not None and known.kind == "f" and not np.isfinite(known.constant).all():
                self.always |= mark
        for mark, step in zip(self.steps, program.steps, strict=True):
            if step.op == "**":
                exponent = step.args[1]
                if exponent is None or may_be_flat(program.slots[exponent].constant):
                    self.always |= mark  # 0 ** 0 is refused without a word of the processor
