"""What every back end must agree on: comparison in 15 digits, guards before rounding, powers of zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["GUARD", "add", "ceil", "close", "equal", "floor", "maximum", "minimum", "nearly_equal", "power", "subtract"]

Array = NDArray[Any]

_TIE = 2.0**-48
"""Spreadsheets compare on about 15 digits; so does the engine, or a near-tie would decide differently."""

_WHOLE = 2.0**53
"""Up to here float64 holds every whole number."""

GUARD = 1e-9
"""Added before rounding down (taken off before rounding up), in both back ends: 2.9999999999999996 is 3."""


def close(a: Array, b: Array) -> Array:
    """Whether two numbers are equal in 15 significant digits. Shapes broadcast."""
    return np.asarray((a == b) | nearly_equal(a, b, a - b))


def nearly_equal(a: Array, b: Array, difference: Array) -> Array:
    """Whether a difference is only one of rounding; between whole numbers it never is, for those are exact."""
    gap = np.abs(difference)
    first, second = (a, b) if np.size(a) <= np.size(b) else (b, a)
    near = np.asarray(gap < _TIE * np.abs(first))
    if not near.any():  # so it is nearly always, and the rest costs more than the difference itself
        return near
    near &= gap < _TIE * np.abs(second)
    if (near & (gap >= 1)).any():
        return near & ~(_exact(a) & _exact(b))
    return near


def _exact(a: Array) -> Array:
    return np.asarray((np.abs(a) <= _WHOLE) & (a == np.floor(a)))


def equal(a: Array, b: Array) -> Array:
    """Whether two values are equal: numbers in 15 digits, texts without case."""
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
    """Spreadsheets take a difference of values equal in 15 digits for zero; so must `a - b > 0` agree with `a > b`."""
    difference = a - b
    near = nearly_equal(a, b, difference)
    return np.where(near, 0.0, difference) if near.any() else difference


def add(a: Array, b: Array) -> Array:
    """As a difference where one is negative: `a + -b` is `a - b`."""
    total = np.asarray(a + b)
    if not (_goes_below_zero(a) or _goes_below_zero(b)):
        return total
    near = nearly_equal(a, -b, total)
    return np.where(near, 0.0, total) if near.any() else total


def _goes_below_zero(a: Array) -> bool:
    return bool(a.item() < 0 if a.size == 1 else (a < 0).any())


def power(a: Array, b: Array) -> Array:
    """0^0 is refused: spreadsheets disagree on it (an error here, 1 there)."""
    base = np.asarray(a, dtype=float)
    # a square is a product: NumPy's powers differ in the last digit with the length of the array
    powers = np.square(base) if (np.asarray(b) == 2).all() else np.power(base, b)
    flat = np.asarray(b) == 0
    return np.where((base == 0) & flat, np.nan, powers) if flat.any() else powers


def floor(a: Array) -> Array:
    """The whole number below, of a number that is whole but for its last digits that one."""
    return np.floor(a + GUARD) + 0.0


def ceil(a: Array) -> Array:
    """The whole number above, as `floor`."""
    return 0.0 - np.floor(GUARD - a)


def minimum(*args: Array) -> Array:
    """The smallest of its arguments. Shapes broadcast."""
    result = args[0]
    for other in args[1:]:
        result = np.minimum(result, other)
    return np.asarray(result)


def maximum(*args: Array) -> Array:
    """The largest of its arguments. Shapes broadcast."""
    result = args[0]
    for other in args[1:]:
        result = np.maximum(result, other)
    return np.asarray(result)
