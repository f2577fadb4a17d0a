"""What every back end must agree on: comparison to 15 digits, guards before rounding, and powers of zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "GUARD",
    "TIE",
    "add",
    "ceil",
    "close",
    "equal",
    "floor",
    "maximum",
    "minimum",
    "nearly_equal",
    "power",
    "subtract",
]

Array = NDArray[Any]

TIE = 2.0**-48
"""Spreadsheets compare about 15 digits; the engine does the same, so that near-ties are decided alike."""

_WHOLE = 2.0**53
"""The largest number below which float64 represents every whole number."""

GUARD = 1e-9
"""Added before rounding down and subtracted before rounding up, in every back end, so that 2.9999999999999996 is 3."""


def close(a: Array, b: Array) -> Array:
    """Return whether two numbers are equal to 15 significant digits. Shapes broadcast."""
    return np.asarray((a == b) | nearly_equal(a, b, a - b))


def nearly_equal(a: Array, b: Array, difference: Array) -> Array:
    """Return whether a difference is only rounding noise; between whole numbers, which are exact, it never is."""
    gap = np.abs(difference)
    first, second = (a, b) if np.size(a) <= np.size(b) else (b, a)
    near = np.asarray(gap < TIE * np.abs(first))
    if not near.any():  # the usual case; the checks below cost more than the difference itself
        return near
    near &= gap < TIE * np.abs(second)
    if (near & (gap >= 1)).any():
        return near & ~(_exact(a) & _exact(b))
    return near


def _exact(a: Array) -> Array:
    return np.asarray((np.abs(a) <= _WHOLE) & (a == np.floor(a)))


def equal(a: Array, b: Array) -> Array:
    """Return whether two values are equal: numbers to 15 digits, texts ignoring case."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype == object or b.dtype == object:
        return np.asarray(_casefold(a) == _casefold(b))
    if a.dtype.kind == "f" or b.dtype.kind == "f":
        return close(a, b)
    return np.asarray(a == b)


def _fold(text: object) -> str:
    return str(text).casefold()


def _casefold(texts: Array) -> Array:
    return np.asarray(np.frompyfunc(_fold, 1, 1)(texts))


def subtract(a: Array, b: Array) -> Array:
    """Subtract; as in spreadsheets, values equal to 15 digits differ by 0, so `a - b > 0` agrees with `a > b`."""
    difference = a - b
    near = nearly_equal(a, b, difference)
    return np.where(near, 0.0, difference) if near.any() else difference


def add(a: Array, b: Array) -> Array:
    """Add; with a negative operand this is a subtraction, so `a + -b` equals `a - b`."""
    total = np.asarray(a + b)
    if not (_goes_below_zero(a) or _goes_below_zero(b)):
        return total
    near = nearly_equal(a, -b, total)
    return np.where(near, 0.0, total) if near.any() else total


def _goes_below_zero(a: Array) -> bool:
    return bool(a.item() < 0 if a.size == 1 else (a < 0).any())


def power(a: Array, b: Array) -> Array:
    """Raise to a power; 0^0 gives NaN, because spreadsheets disagree on it (an error in some, 1 in others)."""
    base = np.asarray(a, dtype=float)
    # square by multiplication: the last digit of NumPy's powers depends on the length of the array
    powers = np.square(base) if (np.asarray(b) == 2).all() else np.power(base, b)
    flat = np.asarray(b) == 0
    return np.where((base == 0) & flat, np.nan, powers) if flat.any() else powers


def floor(a: Array) -> Array:
    """Round down; a number within `GUARD` below a whole number gives that whole number."""
    return np.floor(a + GUARD) + 0.0


def ceil(a: Array) -> Array:
    """Round up, with the same guard as `floor`."""
    return 0.0 - np.floor(GUARD - a)


def minimum(*args: Array) -> Array:
    """Return the smallest argument, element by element. Shapes broadcast."""
    result = args[0]
    for other in args[1:]:
        result = np.minimum(result, other)
    return np.asarray(result)


def maximum(*args: Array) -> Array:
    """Return the largest argument, element by element. Shapes broadcast."""
    result = args[0]
    for other in args[1:]:
        result = np.maximum(result, other)
    return np.asarray(result)
