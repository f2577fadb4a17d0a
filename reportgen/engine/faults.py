"""Errors for results that are not finite: which value, where, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.errors import EvaluationError, Problem

if TYPE_CHECKING:
    from reportgen.book.book import Book, Quantity
    from reportgen.engine.values import Array, Value

__all__ = ["not_finite_error"]


def not_finite_error(book: Book, quantity: Quantity, value: Value, bad: Array) -> EvaluationError:
    """Return an error that names a quantity and its first row that is not finite.

    Args:
        book: the book of the quantity.
        quantity: which one it is.
        value: its values.
        bad: where they are not finite; the shape of `value`.
    """
    place = np.argwhere(bad)[0]
    where = ", ".join(
        f"{d} {book.dimensions[d].names[i]}"
        for axis, (d, i) in enumerate(zip(quantity.per, place, strict=False))
        if bad.shape[axis] > 1 or book.size(d) == 1
    )
    infinite = np.isinf(value.data[tuple(place)])
    why = "division by zero, or too large" if infinite else "such as 0 / 0, or the root of a negative number"
    row = tuple(
        book.dimensions[d].names[i if size > 1 else 0]
        for d, i, size in zip(quantity.per, place, bad.shape, strict=False)
    )
    key = tuple(row[quantity.per.index(d)] for d in quantity.by)
    formula = quantity.written_cells.get(key, "") if quantity.by else quantity.written
    message = f"'{quantity.name}'{' for ' + where if where else ''} is not a finite number ({why})"
    problem = Problem(message, quantity.spans.get(key), f"{quantity.name} = {formula}")
    return EvaluationError(problem, quantity.name, row)
