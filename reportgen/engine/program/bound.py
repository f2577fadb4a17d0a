"""Bind steps to arrays: each becomes a function without arguments that writes into existing arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.engine.program.operations import array_form, reduced, rows_of
from reportgen.lang.semantics import GUARD, TIE, nearly_equal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.engine.values import Array

__all__ = ["UNGUARDED", "Run", "Scratch", "bound"]

Run = Callable[[], object]

_UFUNCS: Mapping[str, np.ufunc] = {
    "plus": np.add, "*": np.multiply, "/": np.true_divide, "neg": np.negative, "abs": np.abs, "sqrt": np.sqrt,
    "exp": np.exp, "ln": np.log, "log10": np.log10, "min": np.minimum, "max": np.maximum, "and": np.logical_and,
    "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip
"""Operations that are a single NumPy function. `plus` adds numbers that are not negative."""

_GUARDED: Mapping[str, tuple[np.ufunc, float | bool]] = {
    "-": (np.subtract, 0.0), "+": (np.add, 0.0),
    "<": (np.less, False), "<=": (np.less_equal, True), ">": (np.greater, False), ">=": (np.greater_equal, True),
    "==": (np.equal, True), "!=": (np.not_equal, False),
}  # fmt: skip
"""Operations that treat numbers equal to 15 digits as equal, each with its result for them."""

UNGUARDED = frozenset(_UFUNCS)
"""Operations whose output may overwrite one of their operands."""

_SMALL = 4
"""Up to this many values per sample, one call that allocates is faster than several that do not."""


class Scratch:
    """Temporary arrays: one per type, shared by all steps."""

    def __init__(self) -> None:
        self._arrays: dict[tuple[object, int], Array] = {}

    def like(self, array: Array, dtype: Any, number: int = 0) -> Array:
        """Return a temporary array of the same shape; arrays with different numbers do not overlap."""
        key = np.dtype(dtype), number
        if key not in self._arrays or self._arrays[key].size < array.size:
            self._arrays[key] = np.empty(array.size, dtype=dtype)
        return self._arrays[key][: array.size].reshape(array.shape)


def bound(op: str, args: Sequence[Array | None], outs: Sequence[Array], given: Any, scratch: Scratch) -> Run:
    """Return a function without arguments that computes an operation into the arrays `outs`."""
    if op in _UFUNCS:
        return partial(_UFUNCS[op], *args, out=outs[0])
    if op.startswith("reduce "):
        return _bound_reduction(op, args, outs, given, scratch)
    out, present = outs[0], [a for a in args if a is not None]
    if op in _GUARDED and all(a.dtype.kind == "f" for a in present):
        first, second = present
        return _bound_guarded(op, first, second, out, scratch)
    if op in ("floor", "ceil"):
        return partial(_floor if op == "floor" else _ceil, present[0], out)
    if op == "**" and not may_be_flat(present[1]):
        return (
            partial(np.square, present[0], out=out) if (present[1] == 2).all() else partial(np.power, *present, out=out)
        )
    if op == "where":
        return _bound_choice(present, out, scratch)
    if op == "take" and (short := _bound_take(present, out, given)):
        return short
    return partial(_copied, partial(array_form(op), present, given), out)


def may_be_flat(exponent: Array | None) -> bool:
    """Return whether an exponent may be zero; 0 ** 0 is refused."""
    return exponent is None or exponent.shape[-1] > 1 or not exponent.all()


def _copied(compute: Callable[[], Array], out: Array) -> None:
    out[...] = compute()


def _bound_guarded(op: str, a: Array, b: Array, out: Array, scratch: Scratch) -> Run:
    """Bind a sum, a difference or a comparison, which see numbers equal to 15 digits as equal."""
    operation, result = _GUARDED[op]
    if _zero(a) or _zero(b):
        return partial(operation, a, b, out=out)
    gap, near = scratch.like(out, float), scratch.like(out, bool)
    least = _least(a if a.size <= b.size else b, out, scratch)
    cancels = op in ("-", "+")  # the result is the gap

    def run() -> None:
        operation(a, b, out=out)
        np.absolute(out if cancels else np.subtract(a, b, out=gap), out=gap)
        if np.count_nonzero(np.less(gap, least(), out=near)) and not (cancels and not out[near].any()):  # rarely
            other = -b if op == "+" else b
            np.copyto(out, result, where=nearly_equal(a, other, a - other))

    return run


def _zero(a: Array) -> bool:
    """Return whether an operand is constantly zero; only zero itself is nearly equal to it."""
    return a.shape[-1] == 1 and not a.any()


def _least(first: Array, out: Array, scratch: Scratch) -> Callable[[], Array]:
    """Return a function for the gap below which numbers count as equal; it is computed once for a constant."""
    if first.shape[-1] == 1 != out.shape[-1]:
        known = TIE * np.abs(first)
        return lambda: known
    size = scratch.like(first, float, 1)

    def least() -> Array:
        return np.multiply(np.absolute(first, out=size), TIE, out=size)

    return least


def _floor(a: Array, out: Array) -> None:
    np.add(a, GUARD, out=out)
    np.floor(out, out=out)
    np.add(out, 0.0, out=out)


def _ceil(a: Array, out: Array) -> None:
    np.subtract(GUARD, a, out=out)
    np.floor(out, out=out)
    np.subtract(0.0, out, out=out)


def _bound_choice(args: Sequence[Array], out: Array, scratch: Scratch) -> Run:
    """Bind a choice: flags by logic, large arrays by their bits, because branches are slow if neither side is rare."""
    condition, yes, no = args
    if out.dtype == bool:
        return partial(_chosen_flags, condition, yes, no, out, scratch.like(out, bool))
    if out.dtype.kind == "f" and out.size > _SMALL * out.shape[-1] and condition.shape[-1] > 1:
        mask, other = scratch.like(out, np.int64), scratch.like(out, np.int64, 1)
        return partial(_chosen_bits, condition, yes.view(np.int64), no.view(np.int64), out.view(np.int64), mask, other)
    return partial(_copied, partial(array_form("where"), args, None), out)


def _chosen_flags(condition: Array, yes: Array, no: Array, out: Array, other: Array) -> None:
    np.logical_not(condition, out=other)
    np.logical_and(other, no, out=other)
    np.logical_and(condition, yes, out=out)
    np.logical_or(out, other, out=out)


def _chosen_bits(condition: Array, yes: Array, no: Array, out: Array, mask: Array, other: Array) -> None:
    np.negative(condition.view(np.int8), out=mask, dtype=np.int64)
    if no.size == 1 and not no.item():  # 0.0
        np.bitwise_and(yes, mask, out=out)
        return
    np.bitwise_xor(yes, no, out=other)
    np.bitwise_and(other, mask, out=other)
    np.bitwise_xor(other, no, out=out)


def _bound_take(args: Sequence[Array], out: Array, axes: Sequence[int | None]) -> Run | None:
    """Bind a look-up in a plain list, or of rows that are the same for all samples; None for all others."""
    data, *codes = args
    if len(codes) == 1 and data.shape[-1] == 1 and data.ndim == 2 and data.shape[0] > 1:
        return partial(np.take, np.ascontiguousarray(data[:, 0]), codes[0], out=out, mode="wrap")
    if all(code.shape[-1] == 1 for code in codes) and data.flags.c_contiguous and out.flags.c_contiguous:
        numbers = np.arange(data[..., 0].size).reshape((*data.shape[:-1], 1))
        rows = np.broadcast_to(rows_of(numbers, codes, axes), (*out.shape[:-1], 1)).ravel()
        samples = data.shape[-1]
        return partial(np.take, data.reshape(-1, samples), rows, axis=0, out=out.reshape(-1, samples), mode="clip")
    return None


def _bound_reduction(
    op: str, args: Sequence[Array | None], outs: Sequence[Array], axes: tuple[int, ...], scratch: Scratch
) -> Run:
    data, absent, where, _ = args
    assert data is not None
    simple = {"reduce sum": np.add, "reduce min": np.minimum, "reduce max": np.maximum}
    if len(axes) > 1 and not data.flags.c_contiguous:
        return partial(_copied_reduction, op, args, outs, axes)
    if op in simple and absent is None and where is None:
        return partial(simple[op].reduce, data, axis=axes, out=outs[0])
    if op == "reduce sum" and absent is None and where is not None:
        if len(axes) == 1 and where.shape[axes[0]] == where.size == data.shape[axes[0]]:
            rows = np.moveaxis(data, axes[0], 0)
            return partial(_added, [rows[i] for i in np.flatnonzero(where)], outs[0])
        if np.broadcast_shapes(data.shape, where.shape) == data.shape and where.shape[-1] > 1:
            part = scratch.like(data, float)
            zero = np.zeros((1,) * data.ndim)
            chosen = _bound_choice((where, data, zero), part, scratch)
            return partial(_added_where, chosen, partial(np.add.reduce, part, axis=axes, out=outs[0]))
    return partial(_copied_reduction, op, args, outs, axes)


def _added(rows: Sequence[Array], out: Array) -> None:
    """Add rows, which are the same for all samples."""
    out[...] = 0.0
    for row in rows:
        np.add(out, row, out=out)


def _added_where(chosen: Run, added: Run) -> None:
    chosen()
    added()


def _copied_reduction(op: str, args: Sequence[Array | None], outs: Sequence[Array], axes: tuple[int, ...]) -> None:
    for out, result in zip(outs, reduced(op, args, axes), strict=True):
        out[...] = result
