"""The operations of a program as functions that return new arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.engine.program.steps import VIEWS
from reportgen.engine.reduce import reduce_values
from reportgen.engine.values import Array, Value, each, fixed
from reportgen.lang.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["array_form", "places", "reduced", "results_of", "rows_of", "viewed"]


def results_of(
    op: str, args: Sequence[Array | None], shapes: Sequence[tuple[int, ...]], given: Any
) -> tuple[Array, ...]:
    """Return the results of an operation on constants; `shapes` are those of the results, without the samples' axis."""
    with np.errstate(all="ignore"):
        if op == "stacked":
            return (_stacked([a for a in args if a is not None], shapes[0], given),)
        if op.startswith("reduce "):
            return reduced(op, args, given)
        present = [a for a in args if a is not None]
        return (viewed(op, present[0], given) if op in VIEWS else array_form(op)(present, given),)


def array_form(op: str) -> Callable[[Sequence[Array], Any], Array]:
    """Return the array form of an operation that is neither a view, a stack nor a reduction."""
    if op in _FORMS:
        return _FORMS[op]
    function = FUNCTIONS[op].numpy
    return lambda args, _: np.asarray(function(*args))


def reduced(op: str, args: Sequence[Array | None], axes: tuple[int, ...]) -> tuple[Array, ...]:
    """Return the results of a reduction: the values and, if some can be absent, their mask."""
    data, absent, where, at = args
    assert data is not None
    value = reduce_values(op.removeprefix("reduce "), Value(data, absent), where, axes, at)
    return (value.data,) if value.absent is None else (value.data, value.absent)


def viewed(op: str, data: Array, given: Any) -> Array:
    """Return the same numbers in another shape, without copying."""
    if op == "at":
        return data[tuple(slice(None) if place is None else place for place in given)]
    shape = (*given, data.shape[-1])
    return data.reshape(shape) if op == "align" else np.broadcast_to(data, shape)


def places(stack: Array, given: Any) -> list[Array]:
    """Return the parts of a stack, one per cell."""
    axes, at = given
    rows = np.moveaxis(stack, axes, list(range(len(axes))))
    return [rows[(*place, ...)] for place in at]


def rows_of(data: Array, codes: Sequence[Array], axes: Sequence[int | None]) -> Array:
    """Return the rows that codes select; `axes` maps the other axes of the data to those of the result."""
    count = codes[0].ndim
    rows = iter(codes)
    index: list[Array] = []
    for axis, place in enumerate(axes):
        if place is None:
            code = next(rows)
            index.append(np.zeros_like(code) if data.shape[axis] == 1 else code)
        else:
            shape = [1] * count
            shape[place] = -1
            index.append(np.arange(data.shape[axis]).reshape(shape))
    if all(code.shape[-1] == 1 for code in codes):  # the same rows for all samples
        return np.asarray(data[tuple(i[..., 0] for i in index)])
    index.append(np.arange(data.shape[-1]).reshape((1,) * (count - 1) + (-1,)))
    return np.asarray(data[tuple(index)])


def _stacked(cells: Sequence[Array], shape: tuple[int, ...], given: Any) -> Array:
    stack = np.empty((*shape, 1), dtype=np.result_type(*(a.dtype for a in cells)) if cells else float)
    for cell, place in zip(cells, places(stack, given), strict=True):
        place[...] = cell
    return stack


def _joined(args: Sequence[Array], parts: Sequence[str | None]) -> Array:
    fields = iter(args)
    text = np.full(np.broadcast_shapes(*(a.shape for a in args)) if args else (1,), "", dtype=object)
    for part in parts:
        text = text + (next(fields) if part is None else part)
    return np.asarray(text, dtype=object)


def _printed(args: Sequence[Array], given: Any) -> Array:
    decimals, percent = given
    return each(lambda x: fixed(float(x), decimals, percent=percent) if np.isfinite(x) else "", args[0])


_FORMS: Mapping[str, Callable[[Sequence[Array], Any], Array]] = {
    "where": lambda args, _: np.where(*args),
    "first": lambda args, _: np.maximum(args[0], 0),
    "take": lambda args, axes: rows_of(args[0], args[1:], axes),
    "join": _joined,
    "fixed": _printed,
    "name": lambda args, names: each(lambda code: names[code] if code >= 0 else "", args[0]),
}
"""Operations between the functions of the language."""
