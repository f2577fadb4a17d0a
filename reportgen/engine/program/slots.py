"""Slots and steps while a program is compiled: equal steps are shared, and constants are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.engine.program.operations import results_of
from reportgen.engine.program.steps import Slot, Step
from reportgen.engine.values import Array, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Pair", "Slots", "both", "nowhere"]

Dims = tuple[str, ...]
Pair = tuple[int, "int | None"]
"""The slots of a value: its data, and the mask of what is absent."""

_NEUTRAL: Mapping[str, float] = {"*": 1, "/": 1, "+": 0, "-": 0, "and": 1, "or": 0}
"""Operands that change nothing; of quotients and differences, only the second one."""


class Slots:
    """Slots by number, and the steps that fill those that are not constant."""

    def __init__(self) -> None:
        self.all: list[Slot] = []
        self.steps: list[Step] = []
        self._known: dict[Any, Any] = {}
        """Existing steps and constants, by what they compute."""

    def shape(self, slot: int) -> tuple[int, ...]:
        """Return the shape of a slot, without the samples' axis."""
        return self.all[slot].shape

    def kind(self, slot: int) -> str:
        """Return the kind of a slot, as in `Slot`."""
        return self.all[slot].kind

    def known(self, slot: int) -> Array | None:
        """Return the values of a constant slot; None for all others."""
        return self.all[slot].constant

    def add(self, shape: tuple[int, ...], kind: str, constant: Array | None = None) -> int:
        """Add a slot."""
        self.all.append(Slot(shape, kind, constant))
        return len(self.all) - 1

    def constant(self, data: Array) -> int:
        """Return a constant slot; equal arrays share one."""
        kind = "O" if data.dtype == object else data.dtype.kind
        key = ("constant", data.shape, kind, id(data) if kind == "O" else data.tobytes())
        if key not in self._known:
            # the slot holds the array, so that no other can have its identity
            self._known[key] = self.add(data.shape[:-1], kind, data)
        slot: int = self._known[key]
        return slot

    def value(self, value: Value) -> Pair:
        """Return constant slots for a value."""
        return self.constant(value.data), None if value.absent is None else self.constant(value.absent)

    def _constants(self, slots: Iterable[int | None]) -> bool:
        return all(slot is None or self.known(slot) is not None for slot in slots)

    def emit(self, op: str, args: tuple[int | None, ...], shape: tuple[int, ...], kind: str, fixed: Any = None) -> int:
        """Return the slot of a result; see `Step` for the arguments."""
        return self.emit_all(op, args, ((shape, kind),), fixed)[0]

    def emit_all(
        self,
        op: str,
        args: tuple[int | None, ...],
        outs: tuple[tuple[tuple[int, ...], str], ...],
        fixed: Any = None,
    ) -> tuple[int, ...]:
        """Add a step, or return the slots of an equal one; fold it if all operands are constant."""
        key = (op, args, fixed)
        if key in self._known:
            slots: tuple[int, ...] = self._known[key]
            return slots
        if self._constants(args):
            arrays = [None if a is None else self.known(a) for a in args]
            results = tuple(self.constant(a) for a in results_of(op, arrays, tuple(s for s, _ in outs), fixed))
        elif (same := self._unchanged(op, args)) is not None and self.shape(same) == outs[0][0]:
            results = (same,)
        else:
            results = tuple(self.add(shape, kind) for shape, kind in outs)
            self.steps.append(Step(op, args, results, fixed))
        self._known[key] = results
        return results

    def _unchanged(self, op: str, args: tuple[int | None, ...]) -> int | None:
        """Return the operand that equals the result, as in `x * 1`; None if there is none."""
        if op == "where" and args[1] == args[2] and args[1] is not None and self.known(args[1]) is None:
            return args[1]  # two equal constants stay a choice: it has a value per sample, which are added in turn
        if op not in _NEUTRAL or len(args) != 2:
            return None
        first, second = args
        if op not in ("-", "/") and self._is(first, _NEUTRAL[op]):
            return second
        return first if self._is(second, _NEUTRAL[op]) else None

    def _is(self, slot: int | None, value: float) -> bool:
        constant = None if slot is None else self.known(slot)
        return constant is not None and constant.size == 1 and bool(constant.item() == value)

    def elementwise(self, op: str, args: tuple[int, ...], kind: str) -> int:
        """Return the slot of an element-wise operation; the shapes of its operands broadcast."""
        shape = np.broadcast_shapes(*(self.shape(a) for a in args))
        return self.emit(op, args, shape, kind)

    def either(self, *masks: int | None) -> int | None:
        """Combine masks: absent if any is."""
        present = list(dict.fromkeys(m for m in masks if m is not None))
        if not present:
            return None
        result = present[0]
        for mask in present[1:]:
            result = self.elementwise("or", (result, mask), "b")
        return result

    def some(self, mask: int | None) -> int | None:
        """Drop a mask that masks nothing."""
        constant = None if mask is None else self.known(mask)
        return None if constant is not None and not constant.any() else mask

    def not_all(self, flags: int | None) -> int | None:
        """Drop flags that all hold."""
        constant = None if flags is None else self.known(flags)
        return None if constant is not None and constant.all() else flags

    def constant_value(self, data: int, absent: int | None) -> Value | None:
        """Return a value if neither its data nor its mask vary; else None."""
        known = self.known(data)
        if known is None:
            return None
        mask = None if absent is None else self.known(absent)
        if absent is not None and mask is None:
            return None
        shape = known.shape if mask is None else np.broadcast_shapes(known.shape, mask.shape)
        return Value(np.broadcast_to(known, shape), mask)

    def scaled(self, data: int, numerator: int, denominator: int) -> int:
        """Convert units: multiply, then divide, as in every back end."""
        for op, factor in (("*", numerator), ("/", denominator)):
            if factor != 1:
                by = self.constant(np.full((1,) * (len(self.shape(data)) + 1), float(factor)))
                data = self.elementwise(op, (data, by), "f")
        return data

    def at(self, slot: int, places: tuple[int | None, ...]) -> int:
        """Select fixed members; an axis of length 1 has the same values for all."""
        shape = self.shape(slot)
        fixed = tuple(None if p is None else p if n > 1 else 0 for p, n in zip(places, shape, strict=True))
        return self.emit("at", (slot,), tuple(n for p, n in zip(fixed, shape, strict=True) if p is None),
                          self.kind(slot), fixed)  # fmt: skip

    def aligned(self, slot: int, dims: Dims, per: Dims) -> int:
        """Insert axes of length 1 for missing dimensions."""
        if dims == per:
            return slot
        sizes = dict(zip(dims, self.shape(slot), strict=True))
        shape = tuple(sizes.get(d, 1) for d in per)
        return self.emit("align", (slot,), shape, self.kind(slot), shape)

    def clipped(self, codes: int) -> int:
        """Replace -1, for no member, by the first."""
        return self.emit("first", (codes,), self.shape(codes), "i")

    def spread(self, slot: int, shape: tuple[int, ...]) -> int:
        """Repeat values along axes of length 1."""
        if self.shape(slot) == shape:
            return slot
        return self.emit("spread", (slot,), shape, self.kind(slot), shape)

    def in_kind(self, data: int, kind: str) -> int:
        """Convert a placeholder for an absent value to another kind."""
        slot = self.all[data]
        if slot.kind == kind or not (slot.kind == "f" and kind in "iOb"):
            return data
        blank = np.zeros(1, dtype={"i": np.int64, "b": bool}.get(kind, object))
        if kind == "O":
            blank[...] = ""
        return self.constant(np.broadcast_to(blank, (*slot.shape, 1)).copy())


def both(value: Pair, function: Callable[[int], int]) -> Pair:
    """Apply a function to the data and, if there is one, to the mask."""
    data, absent = value
    return function(data), None if absent is None else function(absent)


def nowhere(axes: int) -> Array:
    """Return a mask that masks nothing, with this many dimensions."""
    return np.zeros((1,) * (axes + 1), dtype=bool)
