"""Reductions over axes: absent values and rows that a flag leaves out do not count."""

from __future__ import annotations

import numpy as np

from reportgen.engine.values import Array, Value
from reportgen.lang.semantics import close

__all__ = ["reduce_values"]


def reduce_values(function: str, of: Value, where: Array | None, axes: tuple[int, ...], at: Array | None) -> Value:
    """Reduce `of` (full along `axes`); the axes go, except for `rank`, which keeps them."""
    kept = _kept(of, where)
    if function == "count":
        flags = of.data if kept is None else of.data & kept
        return Value(
            np.broadcast_to(flags, np.broadcast_shapes(flags.shape, of.data.shape)).sum(axis=axes).astype(float)
        )
    if function in ("sum", "mean"):
        return _added(function, of.data, kept, axes)
    if function in ("min", "max"):
        return _extreme(function, of.data, kept, axes)
    if function == "rank":
        return _rank(of.data, kept, axes[0])
    if function == "find":
        assert at is not None
        hit = close(of.data, at) if kept is None else close(of.data, at) & kept
        return _first(np.broadcast_to(hit, np.broadcast_shapes(hit.shape, of.data.shape)), axes[0])
    if function not in ("argmin", "argmax"):
        raise ValueError(f"the reduction {function!r} has no array form")
    sign = 1.0 if function == "argmin" else -1.0
    best = _extreme("min", sign * of.data, kept, axes)
    least = np.expand_dims(best.data, axes[0])
    hit = (sign * of.data <= least) | close(sign * of.data, least)
    return _first(hit if kept is None else hit & kept, axes[0])


def _kept(of: Value, where: Array | None) -> Array | None:
    if of.absent is None:
        return where
    return ~of.absent if where is None else ~of.absent & where


def _added(function: str, data: Array, kept: Array | None, axes: tuple[int, ...]) -> Value:
    if len(axes) > 1:
        data = np.ascontiguousarray(data)  # in the order of the axes, however the array came about
    if kept is None:
        total = data.sum(axis=axes)
        count = np.array(np.prod([data.shape[a] for a in axes]))
    elif function == "sum" and len(axes) == 1 and kept.shape[axes[0]] == kept.size == data.shape[axes[0]]:
        return Value(_added_rows(np.moveaxis(data, axes[0], 0), np.flatnonzero(kept)))
    else:
        shape = np.broadcast_shapes(data.shape, kept.shape)
        chosen = np.broadcast_to(np.where(kept, data, 0.0), shape)
        total = (np.ascontiguousarray(chosen) if len(axes) > 1 else chosen).sum(axis=axes)
        count = np.broadcast_to(kept, shape).sum(axis=axes)
    if function == "sum":
        return Value(total)
    empty = np.broadcast_to(count == 0, total.shape)
    return Value(total / np.maximum(count, 1), empty if kept is not None else None)


def _added_rows(data: Array, rows: Array) -> Array:
    """The sum of some rows, the same ones for all samples."""
    total = np.zeros(data.shape[1:])
    for row in rows:
        total += data[row]
    return total


def _extreme(function: str, data: Array, kept: Array | None, axes: tuple[int, ...]) -> Value:
    smallest = function == "min"
    if kept is not None:
        data = np.where(kept, data, np.inf if smallest else -np.inf)
    result = data.min(axis=axes) if smallest else data.max(axis=axes)
    if kept is None:
        return Value(result)
    empty = np.asarray(~np.broadcast_to(kept, data.shape).any(axis=axes))
    return Value(np.where(empty, 0.0, result), empty)


def _first(hit: Array, axis: int) -> Value:
    found = hit.any(axis=axis)
    return Value(np.where(found, hit.argmax(axis=axis), -1), np.asarray(~found))


def _rank(data: Array, kept: Array | None, axis: int) -> Value:
    """Place in ascending order; of equals the first comes first."""
    data = np.moveaxis(data, axis, 0)
    count = data.shape[0]
    present = (
        np.ones(data.shape, dtype=bool)
        if kept is None
        else np.moveaxis(np.broadcast_to(kept, np.moveaxis(data, 0, axis).shape), axis, 0)
    )
    mine, other = data[:, None], data[None, :]
    same = close(mine, other)
    earlier = np.tri(count, k=-1, dtype=bool).reshape((count, count) + (1,) * (data.ndim - 1))
    before = ((other < mine) & ~same) | (same & earlier)
    places = 1.0 + (before & present[None, :]).sum(axis=1)
    places = np.moveaxis(places, 0, axis)
    return Value(places, None if kept is None else ~np.moveaxis(present, 0, axis))
