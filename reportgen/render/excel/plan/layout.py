"""What a workbook is made of: tables with columns of cells, and scalars."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reportgen.book.book import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.book.book import Quantity
    from reportgen.engine.results import Plain

__all__ = ["OWN_ROW", "Cell", "Column", "Dims", "Scalar", "Table", "prefix_of", "slug", "wide"]

Dims = tuple[str, ...]
Group = Literal["key", "input", "position", "look-up", "result", "check", "built"]

OWN_ROW = re.compile("\0(\\d+)\0")
"""Stands in a formula for the cell of the same column in another row of the table (0-based)."""


@dataclass(slots=True)
class Cell:
    """One cell: a formula (without '=') with its value, or a constant that people may edit."""

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
    """Rows below those of the keys, for new members."""
    prefix: str = ""
    """Tells the tables of scenarios apart that share a workbook."""

    @property
    def name(self) -> str:
        """Its name in the workbook."""
        return f"t_{self.prefix}{key_of(self.dims)}"

    def local(self, column: str) -> str:
        """The cell of a column in the row at hand."""
        return f"{self.name}[[#This Row],[{column}]]"

    def whole(self, column: str) -> str:
        """All cells of a column; in a table of one row marked as a range, which IronCalc would take for a cell."""
        return f"{self.name}[{column}]" if len(self.keys) + self.spare > 1 else f"{self.name}[[{column}]:[{column}]]"

    def rows(self) -> Iterator[int]:
        """Row numbers."""
        return iter(range(len(self.keys)))

    def rows_by(self, dimension: str) -> dict[str, list[int]]:
        """The row numbers of each member of a dimension."""
        axis, found = self.dims.index(dimension), dict[str, list[int]]()
        for row, key in enumerate(self.keys):
            found.setdefault(key[axis], []).append(row)
        return found


@dataclass(slots=True)
class Scalar:
    """A quantity with one value; its cell has its name."""

    name: str
    title: str
    cell: Cell
    unit: str = ""
    kind: str = "number"
    quantity: Quantity | None = None


def wide(quantity: Quantity) -> bool:
    """Whether an input has a column per member of its second dimension, in the table of its first."""
    return quantity.input and len(quantity.by) == 2


def slug(member: str) -> str:
    """A member's name as part of a column's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", member)


def prefix_of(label: str) -> str:
    """What the names of a labelled scenario begin with.

    >>> prefix_of("Alice, at home")
    'Alice_at_home_'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_") + "_" if label else ""
