"""Values: an array with a mask of what is absent, and the rules by which numbers are printed inside a text."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Array", "Value", "each", "either", "filled", "fixed", "in_kind_of", "not_finite", "scaled"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Value:
    """Data over an index set and a last axis of samples; `absent` (or None) broadcasts with it.

    Numbers are float64, flags bool, members int64 codes (-1 where absent), texts objects.
    """

    data: Array
    absent: Array | None = None


_CONTEXT = Context(prec=400)


def fixed(number: float, decimals: int, *, percent: bool = False) -> str:
    """A number with fixed decimals as a spreadsheet's FIXED prints it: halves away from zero, on 15 digits.

    Without decimals LibreOffice rounds the number as it is, and so do we; a percentage is rounded before it is
    multiplied by 100.

    >>> fixed(2.5, 0), fixed(1.005, 2), fixed(0.123, 1, percent=True)
    ('3', '1.01', '12.3%')
    """
    shift = 2 if percent else 0
    exact = Decimal(f"{number:.15g}") if decimals + shift else Decimal(number)
    rounded = exact.quantize(Decimal(1).scaleb(-decimals - shift), rounding=ROUND_HALF_UP, context=_CONTEXT)
    text = f"{(rounded if rounded else abs(rounded)).scaleb(shift, context=_CONTEXT):f}"
    return text + "%" if percent else text


def either(*masks: Array | None) -> Array | None:
    """Absent where any is."""
    present = [m for m in masks if m is not None]
    if not present:
        return None
    result = present[0]
    for mask in present[1:]:
        result = np.logical_or(result, mask)
    return result


@functools.lru_cache(maxsize=4096, typed=True)
def filled(value: float | bool, axes: int) -> Value:
    """A constant with the given number of axes, each of length 1. Callers share the array, so it is read-only."""
    data = np.full((1,) * axes, value)
    data.flags.writeable = False
    return Value(data)


def not_finite(value: Value) -> Array | None:
    """Which numbers are infinite or no numbers, of those that are there; nothing where none is."""
    if value.data.dtype.kind != "f" or np.isfinite(value.data.sum()) or np.isfinite(value.data).all():
        return None  # a finite sum has finite parts, and is found in less time than each of them is looked at
    bad = ~np.isfinite(value.data)
    if value.absent is not None:
        bad &= ~value.absent
    return bad if bad.any() else None


def scaled(data: Array, numerator: int, denominator: int) -> Array:
    """A conversion, in the same steps as the workbook's formula: times, then divided by."""
    if numerator != 1:
        data = data * float(numerator)
    return data / float(denominator) if denominator != 1 else data


def in_kind_of(data: Array, other: Array) -> Array:
    """A placeholder for an absent branch in the other branch's kind."""
    if data.dtype.kind == "f" and other.dtype.kind in "iOb":
        return (
            np.zeros(data.shape, dtype=other.dtype) if other.dtype != object else np.full(data.shape, "", dtype=object)
        )
    return data


def each(function: Callable[..., str], data: Array) -> Array:
    """A text for each element."""
    return np.asarray(np.frompyfunc(function, 1, 1)(data), dtype=object)
