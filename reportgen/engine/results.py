"""Results: what was evaluated as plain values, as the JSON contract, and as pandas frames."""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.book.book import Book, Quantity, key_of
from reportgen.engine.evaluate import Evaluator, Inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from reportgen.book.studies import Robustness
    from reportgen.engine.values import Value

__all__ = ["Plain", "Results"]

Plain = float | str | bool | None


class Results:
    """A book's values, at one sample."""

    def __init__(self, book: Book, inputs: Inputs | None = None) -> None:
        self.book = book
        self.inputs = dict(inputs or {})
        self.evaluator = Evaluator(book, inputs)
        self.robustness: Robustness | None = None if self.inputs else book.studies.robustness
        self._plain: dict[str, dict[tuple[str, ...], Plain]] = {}

    def plain(self, name: str) -> dict[tuple[str, ...], Plain]:
        """A quantity as plain values by members; absent is None."""
        if name not in self._plain:
            quantity = self.book.quantities[name]
            keys = itertools.product(*(self.book.dimensions[d].names for d in quantity.per))
            values = self.listed(self.evaluator.value(name), quantity.per, self.dimension_of(quantity))
            self._plain[name] = dict(zip(keys, values, strict=True))
        return self._plain[name]

    def dimension_of(self, quantity: Quantity) -> str:
        """The dimension whose members a quantity's values are; empty where they are not."""
        return quantity.type.dimension

    def listed(self, value: Value, per: tuple[str, ...], dimension: str = "") -> list[Plain]:
        """A value over `per` as a flat list in row order, member codes as names."""
        shape = tuple(self.book.size(d) for d in per)
        data = np.broadcast_to(value.data[..., 0], shape).ravel()
        mask = (
            np.zeros(data.shape, dtype=bool)
            if value.absent is None
            else np.broadcast_to(value.absent[..., 0], shape).ravel()
        )
        names = self.book.dimensions[dimension].names if dimension else ()
        listed: list[Any] = data.tolist()
        if dimension:
            listed = [names[int(code)] if code >= 0 else None for code in listed]
        return [None if m else v for v, m in zip(listed, mask.tolist(), strict=True)]

    def get(self, name: str, *members: str) -> Plain:
        """One value: `results.get("tpot", "baseline")`."""
        return self.plain(name)[members]

    @cached_property
    def _muted(self) -> tuple[tuple[str, ...], frozenset[tuple[str, ...]]]:
        repeats = self.book.roles.repeats
        if repeats not in self.book.quantities:
            return (), frozenset()
        per = self.book.quantities[repeats].per
        return per, frozenset(key for key, value in self.plain(repeats).items() if value == 0)

    def applies(self, per: tuple[str, ...], key: tuple[str, ...]) -> bool:
        """Whether a row counts: an operator that never runs does not."""
        dims, muted = self._muted
        if not dims or not set(dims) <= set(per):
            return True
        return tuple(key[per.index(d)] for d in dims) not in muted

    def rows(self, per: tuple[str, ...]) -> Iterator[dict[str, Plain]]:
        """The rows of the table of an index set: its keys, then its quantities."""
        names = [q.name for q in self.book.tables().get(per, [])]
        columns = {name: self.plain(name) for name in names}
        for key in itertools.product(*(self.book.dimensions[d].names for d in per)):
            if self.applies(per, key):
                yield {**dict(zip(per, key, strict=True)), **{n: c[key] for n, c in columns.items()}}

    def as_json(self) -> dict[str, Any]:
        """The contract of `evaluate --format json`."""
        quantities, book = self.book.quantities, self.book
        tables = [per for per in book.tables() if per]
        return {
            "schema": 1,
            "scenario": book.name,
            "accounting": book.accounting,
            "units": {n: q.type.unit.label or "1" for n, q in quantities.items() if q.type.kind == "number"},
            "scalars": {n: self.plain(n)[()] for n, q in quantities.items() if not q.per},
            "tables": {key_of(per): list(self.rows(per)) for per in tables},
        }

    def frame(self, per: tuple[str, ...]) -> pd.DataFrame:
        """A table as a pandas frame, its keys as index; absent is missing."""
        import pandas as pd

        frame = pd.DataFrame.from_records(list(self.rows(per)))
        return frame.set_index(list(per)) if per and len(frame) else frame
