"""The parts of a workbook's plan: tables with columns of cells, and scalars."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reportgen.book.book import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.book.book import Quantity
    from reportgen.engine.results import Plain

__all__ = ["CHANGES", "OWN_ROW", "PROBLEMS", "Cell", "Column", "Dims", "Scalar", "Table", "prefix_of", "slug", "wide"]

Dims = tuple[str, ...]
Group = Literal["key", "input", "position", "look-up", "result", "check", "built"]

PROBLEMS, CHANGES = "problem", "changed"
"""Columns of every table with inputs: what is wrong in a row, and how many of its inputs were changed."""

OWN_ROW = re.compile("\0(\\d+)\0")
"""A placeholder in formulas for the cell of the same column in another row of the table (0-based)."""


@dataclass(slots=True)
class Cell:
    """A cell: a formula (without '=') with its value, or a constant, which users may edit if it is an input."""

    value: Plain
    formula: str | None = None
    array: bool = False
    input: bool = False


@dataclass(slots=True)
class Column:
    """A column of a table; a row without a cell stays empty."""

    name: str
    title: str
    group: Group
    unit: str = ""
    kind: str = "number"
    quantity: Quantity | None = None
    cells: dict[int, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """A table: its index set, the members of each row, and columns by name."""

    dims: Dims
    keys: list[tuple[str, ...]]
    columns: dict[str, Column] = field(default_factory=dict)
    spare: int = 0
    """Rows for new members, below those of the keys."""
    prefix: str = ""
    """The prefix of names, if several scenarios share a workbook."""

    @property
    def name(self) -> str:
        """Its name in the workbook."""
        return f"t_{self.prefix}{key_of(self.dims)}"

    def local(self, column: str) -> str:
        """Return a reference to the cell of a column in the current row."""
        return f"{self.name}[[#This Row],[{column}]]"

    def whole(self, column: str) -> str:
        """Return a reference to a whole column; with one row it is a range, which IronCalc does not treat as a cell."""
        return f"{self.name}[{column}]" if len(self.keys) + self.spare > 1 else self.block(column, column)

    def block(self, first: str, last: str) -> str:
        """Return a reference to all cells from one column to another."""
        return f"{self.name}[[{first}]:[{last}]]"

    def rows(self) -> Iterator[int]:
        """Return the row numbers."""
        return iter(range(len(self.keys)))

    def rows_by(self, dimension: str) -> dict[str, list[int]]:
        """Return the row numbers of each member of a dimension."""
        axis, result = self.dims.index(dimension), dict[str, list[int]]()
        for row, key in enumerate(self.keys):
            result.setdefault(key[axis], []).append(row)
        return result


@dataclass(slots=True)
class Scalar:
    """A quantity with one value; its cell is named after it."""

    name: str
    title: str
    cell: Cell
    unit: str = ""
    kind: str = "number"
    quantity: Quantity | None = None


def wide(quantity: Quantity) -> bool:
    """Return whether an input has one column per member of its second dimension, in the table of its first."""
    return quantity.input and len(quantity.by) == 2


def slug(member: str) -> str:
    """Return a member's name as part of a column name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", member)


def prefix_of(label: str) -> str:
    """Return the prefix of names of a labelled scenario.

    >>> prefix_of("Alice, at home")
    'Alice_at_home_'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_") + "_" if label else ""
