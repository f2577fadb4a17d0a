"""Values: an array with a mask of what is absent, and the rules by which numbers are printed inside a text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Value", "fixed"]

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
