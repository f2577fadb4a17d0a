"""Many design points at once: samples of some inputs, evaluated in chunks that fit the processor's caches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from reportgen.engine.evaluate import Evaluator
from reportgen.engine.values import not_finite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.book.book import Book, Quantity
    from reportgen.engine.evaluate import Inputs
    from reportgen.engine.values import Array, Value

    class Column(Protocol):
        """A value per sample: an array, or what gives arrays of its parts."""

        def __len__(self) -> int: ...

        def __getitem__(self, part: slice, /) -> Array: ...

    Samples = Mapping[tuple[str, tuple[str, ...]], Column]

__all__ = ["CHUNK", "Lenient", "chunks", "sweep"]

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


def chunks(
    book: Book, samples: Samples, chunk: int = CHUNK, start: Evaluator | None = None
) -> Iterator[tuple[slice, Evaluator]]:
    """An evaluator for each chunk of the samples, and which samples these are; `start` brings further inputs.

    What does not depend on the samples is evaluated in the first chunk, and kept.
    """
    count = _count(samples)
    evaluator = start or Evaluator(book)
    for first in range(0, count, chunk):
        part = slice(first, min(first + chunk, count))
        # The values of a chunk live until the next is done. Freed all at once they would go back to the system, and
        # asking for the same memory again, page by page, would take half of the time.
        held, evaluator = evaluator, evaluator.with_inputs({at: values[part] for at, values in samples.items()})
        yield part, evaluator
        del held


class Lenient(Evaluator):
    """Goes on where a result is not finite, and notes in `faults` where; what is computed from it means nothing."""

    def __init__(self, book: Book, inputs: Inputs | None = None) -> None:
        super().__init__(book, inputs)
        self.faults: dict[str, Array] = {}

    def with_inputs(self, inputs: Inputs) -> Lenient:
        """As of every evaluator; faults of what does not depend on the inputs are kept with it."""
        other = super().with_inputs(inputs)
        assert isinstance(other, Lenient)
        other.faults = {name: bad for name, bad in self.faults.items() if name in other._values}
        return other

    def value(self, name: str) -> Value:
        """A quantity over its index set."""
        with np.errstate(all="ignore"):
            return super().value(name)

    def _check_finite(self, quantity: Quantity, value: Value) -> None:
        bad = not_finite(value)
        if bad is not None:
            self.faults[quantity.name] = bad


def _count(samples: Samples) -> int:
    lengths = {len(values) for values in samples.values()}
    if len(lengths) != 1:
        raise ValueError("samples must be arrays of one length")
    return lengths.pop()


def _plain(value: Value) -> Array:
    return value.data if value.absent is None else np.where(value.absent, np.nan, value.data)
