"""Describe what an input requires in one sentence that the engine, the checker and the workbook share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.book.book import Quantity

__all__ = ["address", "allowed", "fault", "problem_text"]


def plain(number: float) -> str:
    """Return a bound in the usual notation."""
    return f"{int(number)}" if number == int(number) and abs(number) < 1e15 else f"{number:g}"


def allowed(quantity: Quantity) -> str:
    """Return what a value must be, as in 'a whole number from 1 to 4096'."""
    kind = quantity.type.kind
    if kind == "flag":
        return "true or false"
    if kind == "member":
        return f"the name of one of the rows of {quantity.type.dimension}"
    if kind == "text":
        return "a text"
    words = "a whole number" if quantity.whole else "a number"
    if quantity.minimum is not None and quantity.maximum is not None:
        words += f" from {plain(quantity.minimum)} to {plain(quantity.maximum)}"
    elif quantity.minimum is not None:
        words += f" of at least {plain(quantity.minimum)}"
    elif quantity.maximum is not None:
        words += f" of at most {plain(quantity.maximum)}"
    label = quantity.type.unit.label
    return words + (f" ({label})" if label and label not in ("1",) else "")


def address(quantity: str, cell: tuple[str, ...]) -> str:
    """Return the address of an input: `peak_hours`, `baseline.batch`."""
    return ".".join((*cell, quantity))


def problem_text(quantity: Quantity, cell: tuple[str, ...]) -> str:
    """Return the sentence that is shown if an input is out of its range."""
    return f"{address(quantity.name, cell)} needs {allowed(quantity)}"


def fault(quantity: Quantity, value: Any) -> bool:
    """Return whether a plain value is outside the range of the input."""
    if value is None:
        return not quantity.type.absent
    if quantity.type.kind == "flag":
        return not isinstance(value, bool)
    if quantity.type.kind in ("text", "member"):
        return not isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return True
    low, high = quantity.minimum, quantity.maximum
    out = (low is not None and value < low) or (high is not None and value > high)
    return out or (quantity.whole and value != math.floor(value))
