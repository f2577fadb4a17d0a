"""Sweep: evaluate all combinations of values of inputs in chunks, and return batches of rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.book.changes import read_changes
from reportgen.engine.sweep import Sampler
from reportgen.errors import Problem, SpecError, nearest
from reportgen.study.axes import Axis, read_axes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from reportgen.book.book import Book
    from reportgen.engine.evaluate import Inputs
    from reportgen.engine.sweep import Block
    from reportgen.engine.values import Array

__all__ = ["PROBLEM", "Sweep", "design"]

PROBLEM = "problem"  # no quantity has this name: `book.names` refuses it
"""The column that says why a row has no results; absent in all other rows."""


@dataclass(frozen=True)
class Sweep:
    """All combinations of the axes' values; the last axis varies fastest, and options within a combination.

    `options` is empty if no shown quantity has a value per option.
    """

    book: Book
    axes: tuple[Axis, ...]
    quantities: tuple[str, ...]
    options: tuple[str, ...]
    fixed: Inputs

    @property
    def combinations(self) -> int:
        """The number of combinations."""
        return math.prod(len(axis.values) for axis in self.axes)

    @property
    def rows(self) -> int:
        """The number of design points: combinations times options."""
        return self.combinations * max(1, len(self.options))

    def schema(self) -> Any:
        """The columns as a `pyarrow.Schema`, with the units of numbers in their metadata."""
        import pyarrow as pa

        fields = [_field(axis.address, axis.quantity.type) for axis in self.axes]
        fields += [pa.field("option", pa.string())] if self.options else []
        fields += [_field(name, self.book.quantities[name].type) for name in self.quantities]
        return pa.schema([*fields, pa.field(PROBLEM, pa.string())])

    def batches(self) -> Iterator[Any]:
        """Yield the rows as `pyarrow.RecordBatch`es.

        A row whose results are not finite has none; the column `problem` says why.
        """
        import pyarrow as pa

        book, schema = self.book.only(self._needed()), self.schema()
        grid = {(a.quantity.name, a.cell): _Grid(book, self.axes, i) for i, a in enumerate(self.axes)}
        sampler = Sampler(book, self.quantities, self.fixed, strict=False)
        for part, block in sampler.blocks(grid):
            yield pa.record_batch(_Rows(self, book, block, part).columns(grid.values()), schema=schema)

    def frame(self) -> pd.DataFrame:
        """Return all rows as a pandas frame."""
        import pyarrow as pa

        return pa.Table.from_batches(list(self.batches()), schema=self.schema()).to_pandas()  # type: ignore[no-any-return]

    def _needed(self) -> tuple[str, ...]:
        """Return the options to evaluate: all of them if a shown quantity compares options."""
        if not self.options or self.book.comparisons().intersection(self.quantities):
            return self.book.dimensions["option"].names
        given = [(self.book.quantities[name], value) for (name, _), value in self.fixed.items()]
        given += [(axis.quantity, value) for axis in self.axes for value in axis.values]
        named = [v for q, v in given if q.type.dimension == "option" and isinstance(v, str)]
        return self.book.needed_options([*self.options, *named])


class _Grid:
    """The values of one axis over all combinations, computed per slice because all of them may not fit in memory."""

    def __init__(self, book: Book, axes: Sequence[Axis], place: int) -> None:
        quantity, values = axes[place].quantity, axes[place].values
        sizes = [len(axis.values) for axis in axes]
        self.type, self._count, self._every = quantity.type, math.prod(sizes), math.prod(sizes[place + 1 :])
        self.names = book.dimensions[quantity.type.dimension].names if quantity.type.dimension else ()
        absent = np.array([value is None for value in values])
        known: list[Any] = [self.names.index(v) if self.names and isinstance(v, str) else v for v in values]
        blank, dtype = {"number": (0.0, float), "flag": (False, bool), "member": (-1, np.int64)}.get(
            quantity.type.kind, ("", object)
        )
        data = np.array([blank if v is None else v for v in known], dtype=dtype)
        self._values: Array = np.ma.MaskedArray(data, absent) if absent.any() else data

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, part: slice) -> Array:
        places = np.arange(part.start, part.stop) // self._every % len(self._values)
        part_values: Array = self._values[places]
        return part_values


class _Rows:
    """The rows of one chunk: arrays over options and samples, flattened row by row."""

    def __init__(self, sweep: Sweep, book: Book, block: Block, part: slice) -> None:
        self.sweep, self.book, self.block, self.part = sweep, book, block, part
        names = self.book.dimensions["option"].names
        self.options = np.array([names.index(name) for name in sweep.options], dtype=np.intp)
        self.shape: tuple[int, int] = (max(1, len(self.options)), part.stop - part.start)

    def columns(self, grid: Iterable[_Grid]) -> list[Any]:
        """Return the columns as Arrow arrays: axes, options, shown quantities, problems."""
        import pyarrow as pa

        by_name = {name: self.block.value(name) for name in self.sweep.quantities}
        problems, bad = self._problems()
        arrays = []
        for axis in grid:
            values = axis[self.part]
            mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
            arrays.append(_arrow(axis.type.kind, self._laid(np.asarray(values)), self._laid(mask), axis.names))
        if self.sweep.options:
            arrays.append(
                _arrow("member", self._laid(self.options[:, None]), None, self.book.dimensions["option"].names)
            )
        for name, value in by_name.items():
            type_ = self.book.quantities[name].type
            absent = self._chosen(value.absent, name)
            absent = bad if absent is None else absent if bad is None else absent | bad
            members = self.book.dimensions[type_.dimension].names if type_.dimension else ()
            arrays.append(_arrow(type_.kind, self._laid(self._chosen(value.data, name)), self._laid(absent), members))
        return [*arrays, pa.array(problems, pa.string()) if bad is not None else pa.nulls(self._size(), pa.string())]

    def _size(self) -> int:
        return math.prod(self.shape)

    def _chosen(self, data: Array | None, name: str) -> Array | None:
        """Return the rows of the shown options, if the quantity has a value per option."""
        if data is None or not self.book.quantities[name].per:
            return data
        return data[self.options] if data.shape[0] > 1 else data

    def _laid(self, data: Array | None) -> Any:
        """Copy row by row: the options of the first sample, then those of the second."""
        return None if data is None else np.broadcast_to(data, self.shape).T.flatten()

    def _problems(self) -> tuple[Any, Array | None]:
        """Return each row's first quantity that is not finite, and a mask; an empty list and None if all are finite."""
        if not self.block.faults:
            return [], None
        messages = np.full((self.book.size("option"), self.shape[1]), "", dtype=object)
        for name, mask in self.block.faults.items():
            where = np.broadcast_to(self._of_options(name, mask), messages.shape)
            messages[where & np.asarray(messages == "")] = f"'{name}' is not a finite number"
        rows = self._spread(messages)
        bad = np.asarray(rows != "")
        rows[~bad] = None
        return self._laid(rows), bad

    def _of_options(self, name: str, mask: Array) -> Array:
        """Return a mask over options and samples, whatever the index set."""
        per = self.book.quantities[name].per
        others = tuple(i for i, d in enumerate(per) if d != "option")
        result = np.asarray(mask.any(axis=others))
        return result if result.ndim == 2 else result[None]

    def _spread(self, messages: Array) -> Array:
        """Propagate problems to options that read a faulty option, and to everything that compares options."""
        names = self.book.dimensions["option"].names
        compares = not self.sweep.options or self.book.comparisons().intersection(self.sweep.quantities)
        rows = np.full(self.shape, "", dtype=object)
        for row, name in zip(rows, self.sweep.options or names[:1], strict=True):
            for other in names if compares else (name, *self.book.needed_options([name])):
                first = messages[names.index(other)]
                row[...] = np.where(row == "", first, row)
        return rows


def _field(name: str, type_: Any) -> Any:
    import pyarrow as pa

    if type_.kind == "number":
        return pa.field(name, pa.float64(), metadata={"unit": type_.unit.label or "1"})
    return pa.field(name, pa.bool_() if type_.kind == "flag" else pa.string())


def _arrow(kind: str, data: Array, absent: Array | None, members: Sequence[str]) -> Any:
    import pyarrow as pa

    if kind == "member":
        gone = data < 0 if absent is None else absent | (data < 0)
        coded = pa.array(data.astype(np.int32), mask=gone)
        return pa.DictionaryArray.from_arrays(coded, pa.array(members, pa.string())).cast(pa.string())
    if kind == "text":
        return pa.array(data, pa.string(), mask=absent)
    return pa.array(np.ascontiguousarray(data), mask=absent)


# --- checking a request ----------------------------------------------------------------------------------------------


def design(
    book: Book,
    vary: Iterable[str],
    show: Iterable[str] = (),
    options: Iterable[str] = (),
    changes: Iterable[str] = (),
) -> Sweep:
    """Check a requested sweep.

    Args:
        book: the scenario's book, built with the members that the values mention.
        vary: axes, such as `baseline.batch=1..64*2`.
        show: quantities; by default the report's key figures, the objective and feasibility.
        options: options to show; by default all.
        changes: as in `evaluate`.

    Raises:
        SpecError: with every mistake found.
    """
    problems, fixed, axes = list[Problem](), dict[Any, Any](), tuple[Axis, ...]()
    try:
        fixed = read_changes(book, changes)
    except SpecError as error:
        problems += error.problems
    try:
        axes = read_axes(book, vary, fixed)
        if not axes:
            problems.append(Problem("nothing is varied", None, "--vary baseline.batch=1..64*2 varies an input"))
    except SpecError as error:
        problems += error.problems
    columns = _quantities(book, list(show), {axis.address for axis in axes}, problems)
    wanted = _options(book, list(options), problems)
    if not any(book.quantities[name].per for name in columns):
        if wanted and not problems:
            problems.append(Problem("an option is named, and nothing that is shown has a value per option", None))
        wanted = ()
    else:
        wanted = wanted or book.dimensions["option"].names
    sweep = Sweep(book, axes, columns, wanted, fixed)
    if not problems:
        problems += _idle(sweep)
    if problems:
        raise SpecError(problems)
    return sweep


def _quantities(book: Book, names: list[str], addresses: set[str], problems: list[Problem]) -> tuple[str, ...]:
    """Return the quantities that become columns; by default the key figures with a value per option or a single one."""
    if not names:
        return tuple(
            name
            for name in dict.fromkeys((*book.report.key_figures, "objective_value", book.roles.feasible))
            if name in book.quantities and book.quantities[name].per in ((), ("option",)) and name not in addresses
        )
    for name in names:
        quantity = book.quantities.get(name)
        if quantity is None:
            problems.append(Problem(f"unknown quantity '{name}'", None, nearest(name, book.quantities)))
        elif quantity.per not in ((), ("option",)):
            hint = "a sweep shows what has one value, or one per option"
            problems.append(Problem(f"'{name}' has a value per {' and '.join(quantity.per)}", None, hint))
    return tuple(n for n in dict.fromkeys(names) if n in book.quantities and n not in addresses)


def _options(book: Book, texts: list[str], problems: list[Problem]) -> tuple[str, ...]:
    """Return the named options, in the book's order."""
    names = book.dimensions["option"].names
    chosen = set()
    for text in texts:
        name = book.member_of("option", text)
        if name is None:
            problems.append(Problem(f"unknown option '{text}'", None, nearest(text, names)))
        chosen.add(name)
    return tuple(name for name in names if name in chosen)


def _idle(sweep: Sweep) -> Iterator[Problem]:
    """Yield axes without effect, because no shown option is based on the option that they change."""
    if not sweep.options:
        return
    read = set(sweep._needed())
    for axis in sweep.axes:
        if axis.quantity.by[:1] == ("option",) and axis.cell[0] not in read:
            message = f"'{axis.address}' changes nothing of {', '.join(sweep.options)}"
            yield Problem(message, None, f"name {axis.cell[0]} with --option, too")
