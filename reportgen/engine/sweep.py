"""Many design points at once: samples of some inputs, evaluated in chunks that fit the processor's caches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.evaluate import Evaluator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.values import Array, Value

    Samples = Mapping[tuple[str, tuple[str, ...]], Array]

__all__ = ["CHUNK", "chunks", "sweep"]

CHUNK = 2000
"""Enough samples that reading formulas costs little beside computing them; few enough that arrays stay small."""


def sweep(book: Book, samples: Samples, names: Sequence[str], chunk: int = CHUNK) -> dict[str, Array]:
    """Evaluate quantities at many samples of inputs, which are arrays of one length.

    Returns:
        For each name an array with a leading axis of samples, then one for each dimension of the quantity, in the
        order of its `per`. Absent numbers are NaN.

    Raises:
        ValueError: the samples are not of one length, or a quantity is not a number.
        EvaluationError: a result is not finite.
    """
    for name in names:
        if book.quantities[name].type.kind != "number":
            raise ValueError(f"'{name}' is not a number")
    count = _count(samples)
    sizes = {name: tuple(book.size(d) for d in book.quantities[name].per) for name in names}
    found = {name: np.empty((*sizes[name], count)) for name in names}
    for part, evaluator in chunks(book, samples, chunk):
        for name in names:
            found[name][..., part] = _plain(evaluator.value(name))
    return {name: np.moveaxis(values, -1, 0) for name, values in found.items()}


def chunks(book: Book, samples: Samples, chunk: int = CHUNK) -> Iterator[tuple[slice, Evaluator]]:
    """An evaluator for each chunk of the samples, and which samples these are."""
    count = _count(samples)
    held = None
    for start in range(0, count, chunk):
        part = slice(start, min(start + chunk, count))
        evaluator = Evaluator(book, {at: values[part] for at, values in samples.items()})
        yield part, evaluator
        # The values of a chunk live until the next is done. Freed all at once they would go back to the system, and
        # asking for the same memory again, page by page, would take half of the time.
        held = evaluator
    del held


def _count(samples: Samples) -> int:
    lengths = {len(values) for values in samples.values()}
    if len(lengths) != 1:
        raise ValueError("samples must be arrays of one length")
    return lengths.pop()


def _plain(value: Value) -> Array:
    return value.data if value.absent is None else np.where(value.absent, np.nan, value.data)
