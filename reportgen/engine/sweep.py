"""Evaluate quantities at many samples of inputs, with a compiled program, block by block."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

from reportgen.engine.evaluate import Evaluator
from reportgen.engine.faults import not_finite_error
from reportgen.engine.program.compiler import compiled
from reportgen.engine.program.run import Machine, block_size
from reportgen.engine.program.signs import plainer
from reportgen.engine.program.storage import storage_of
from reportgen.engine.values import Value, not_finite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.book.book import Book, Quantity
    from reportgen.engine.evaluate import Inputs
    from reportgen.engine.program.run import Fault
    from reportgen.engine.program.steps import Cell, Program
    from reportgen.engine.values import Array

    class Column(Protocol):
        """One value per sample: an array, or an object whose slices are arrays."""

        def __len__(self) -> int: ...

        def __getitem__(self, part: slice, /) -> Array: ...

    Samples = Mapping[Cell, Column]

__all__ = ["Block", "Sampler", "sweep"]

_MORE = 1.5
"""A machine is reused for blocks that are smaller by up to this factor."""


def sweep(book: Book, samples: Samples, names: Sequence[str], block: int | None = None) -> dict[str, Array]:
    """Evaluate quantities at many samples of inputs, which are arrays of one length.

    Args:
        book: the scenario's book.
        samples: the values of each input that varies.
        names: the quantities that are wanted.
        block: how many samples to compute at a time; as many as suit the program where it is not given.

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
    results = {name: np.empty((*sizes[name], count)) for name in names}
    for part, values in Sampler(book, names).blocks(samples, block):
        for name in names:
            results[name][..., part] = _plain(values.value(name))
    return {name: np.moveaxis(values, -1, 0) for name, values in results.items()}


class Block:
    """The values of some samples; they are overwritten by the next block.

    `faults` says of which quantities numbers are not finite, and where; what is computed from them means nothing.
    """

    def __init__(self, machine: Machine, count: int, faults: dict[str, Array]) -> None:
        self._machine, self._count, self.faults = machine, count, faults

    def value(self, name: str) -> Value:
        """Return a quantity that the sampler computes."""
        value = self._machine.value(name)
        if self._count == self._machine.samples:
            return value
        return Value(self._cut(value.data), None if value.absent is None else self._cut(value.absent))

    def _cut(self, data: Array) -> Array:
        return data[..., : self._count]


class _Runner:
    """A program and the machine that last ran it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.storage = storage_of(program)
        self._signed = frozenset[int]()
        self._machine: Machine | None = None

    def run(self, samples: Mapping[Cell, Array], size: int, *, plainer_sums: bool) -> tuple[Machine, dict[str, Fault]]:
        """Compute a block; with `plainer_sums`, assume that few numbers are negative and verify it."""
        machine = self._machine
        if machine is None or not size <= machine.samples <= _MORE * size:
            machine = self._make(size, plainer_sums=plainer_sums)
        faults = machine.run(samples)
        while machine.below_zero:
            self._signed |= machine.below_zero
            machine = self._make(size, plainer_sums=plainer_sums)
            faults = machine.run(samples)
        return machine, faults

    def _make(self, size: int, *, plainer_sums: bool) -> Machine:
        program = plainer(self._program, self._signed) if plainer_sums else self._program
        self._machine = Machine(program, storage_of(program), size)
        return self._machine


class Sampler:
    """Computes quantities of a book for samples of its inputs, and caches the programs.

    A strict sampler raises an error if a result is not finite; a lenient one records it in the block's `faults`.
    """

    def __init__(self, book: Book, names: Sequence[str], inputs: Inputs | None = None, *, strict: bool = True) -> None:
        self.book, self.names, self.strict = book, tuple(names), strict
        self._start = Evaluator(book, inputs) if strict else Lenient(book, inputs)
        self._runners: dict[frozenset[tuple[Cell, bool]], _Runner] = {}

    def blocks(self, samples: Samples, size: int | None = None) -> Iterator[tuple[slice, Block]]:
        """Yield the values block by block, each with its slice of the samples.

        Args:
            samples: the values of each input that varies.
            size: how many samples to compute at a time; as many as suit the program where it is not given.

        Raises:
            ValueError: the samples are not of one length.
            EvaluationError: a result is not finite, and the sampler is strict.
        """
        count = _count(samples)
        if not count:
            return
        masked = {at: isinstance(values[0:1], np.ma.MaskedArray) for at, values in samples.items()}
        varying = frozenset(masked.items())
        if varying not in self._runners:
            self._runners[varying] = _Runner(compiled(self._start, masked, self.names))
        size = size or block_size(self._runners[varying].storage)
        each = max(2, math.ceil(count / math.ceil(count / size)))  # blocks of nearly one size, the last one included
        for first in range(0, count, each):
            part = slice(first, min(first + each, count))
            values = {at: column[part] for at, column in samples.items()}
            machine, faults = self._runners[varying].run(values, each, plainer_sums=count > each)
            yield part, self._block(machine, faults, part.stop - part.start)

    def _block(self, machine: Machine, faults: Mapping[str, Fault], count: int) -> Block:
        if faults and self.strict:
            name, fault = next(iter(faults.items()))
            raise not_finite_error(self.book, self.book.quantities[name], fault.value, fault.bad)
        known = self._start.faults if isinstance(self._start, Lenient) else {}
        return Block(machine, count, {**known, **{name: fault.bad[..., :count] for name, fault in faults.items()}})


class Lenient(Evaluator):
    """An evaluator that records results that are not finite in `faults`; values computed from them are meaningless."""

    def __init__(self, book: Book, inputs: Inputs | None = None) -> None:
        super().__init__(book, inputs)
        self.faults: dict[str, Array] = {}

    def check_finite(self, quantity: Quantity, value: Value) -> None:
        """Record values that are not finite."""
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
