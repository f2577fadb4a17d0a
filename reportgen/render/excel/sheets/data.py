"""The data sheet of the charts: each chart has its own block of columns and refers to it through handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.chart import Reference

from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.lang import tree
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["Block", "ChartData"]

_HEAD, _FIRST = 2, 3


class ChartData:
    """A sheet of blocks side by side; each is put in the next free columns, so no module knows another's columns."""

    def __init__(self, writer: Writer, sheet: Worksheet) -> None:
        self._writer, self._sheet, self._free = writer, sheet, 1

    def block(self, title: str, heads: Sequence[tuple[str, str]]) -> Block:
        """Return a new block with a title and headers, each with its side as in `Look`."""
        block = Block(self._writer, self._sheet, self._free)
        self._free += len(heads) + 1
        self._writer.put(self._sheet, _HEAD - 1, block.left, title, Look("heading"))
        for i, (head, side) in enumerate(heads):
            self._writer.put(self._sheet, _HEAD, block.left + i, head, Look("head", side=side))
        return block


class Block:
    """Columns with headers; columns are counted from 0, rows are those of the sheet."""

    def __init__(self, writer: Writer, sheet: Worksheet, left: int) -> None:
        self._writer, self._sheet, self.left = writer, sheet, left
        self._free = _FIRST

    def next_row(self) -> int:
        """Return a new row at the end."""
        self._free += 1
        return self._free - 1

    def put(self, row: int, column: int, value: object, look: Look) -> None:
        """Write a constant."""
        self._writer.put(self._sheet, row, self.left + column, value, look)

    def show(self, row: int, column: int, node: tree.Node, look: Look, *, rows_of: str = "") -> tree.Ref:
        """Write a cell as `Writer.show` does."""
        return self._writer.show(self._sheet, row, self.left + column, node, look, rows_of=rows_of)

    def show_row(self, row: int, column: int, member: tree.Node, dimension: str, look: Look) -> tree.Ref:
        """Write a cell as `Writer.show_row` does."""
        return self._writer.show_row(self._sheet, row, self.left + column, member, dimension, look)

    def draw(self, row: int, column: int, node: tree.Node, look: Look, *, unless: tree.Node | None = None) -> None:
        """Write a cell as `Writer.draw` does."""
        self._writer.draw(self._sheet, row, self.left + column, node, look, unless=unless)

    def head(self, column: int) -> Reference:
        """Return the header of a column."""
        return self.cells(column, _HEAD, _HEAD)

    def cells(self, column: int, first: int = _FIRST, last: int = 0) -> Reference:
        """Return the cells of a column from one row to another; by default all below the header."""
        return Reference(self._sheet, min_col=self.left + column, min_row=first, max_row=last or self._free - 1)

    def table(self, first: int, last: int) -> Reference:
        """Return several columns with their headers."""
        return Reference(
            self._sheet, min_col=self.left + first, max_col=self.left + last, min_row=_HEAD, max_row=self._free - 1
        )
