"""The plan of a workbook: the table and column of each quantity, and the formula and value of every cell."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reportgen.book.book import Quantity, is_literal
from reportgen.lang import tree
from reportgen.lang.excel import quoted, to_excel
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.layout import Cell, Column, Dims, Group, Scalar, Table, prefix_of, slug, wide
from reportgen.render.excel.plan.lookups import Lookups
from reportgen.render.excel.plan.reductions import reduction

if TYPE_CHECKING:
    from reportgen.engine.results import Results

__all__ = ["Plan"]


class Plan:
    """All tables and scalars of a workbook, with formulas and values."""

    def __init__(self, results: Results, label: str = "") -> None:
        self.results, self.book, self.label = results, results.book, label
        self.scalars: dict[str, Scalar] = {}
        self.tables: dict[Dims, Table] = {}
        self.lookups = Lookups(results, self.tables, self.scalars)
        self._array = False
        self._make_tables()
        for quantity in self.book.quantities.values():
            self._place(quantity)

    # --- tables --------------------------------------------------------------------------------------------------

    def _make_tables(self) -> None:
        wanted = {q.per for q in self.book.quantities.values() if q.per and not wide(q)}
        wanted |= {(d,) for d in self.book.dimensions if self.book.size(d)}
        order = list(self.book.dimensions)
        for dims in sorted(wanted, key=lambda ds: (len(ds), [order.index(d) for d in ds])):
            keys = list(itertools.product(*(self.book.dimensions[d].names for d in dims)))
            table = self.tables[dims] = Table(dims, keys, prefix=prefix_of(self.label))
            for axis, dimension in enumerate(dims):
                column = Column(dimension, self.book.dimensions[dimension].title.capitalize(), "key", kind="text")
                column.cells = {row: Cell(key[axis]) for row, key in enumerate(keys)}
                table.columns[dimension] = column

    def _place(self, quantity: Quantity) -> None:
        if not quantity.per:
            self._place_scalar(quantity)
        elif wide(quantity):
            self._place_wide(quantity)
        else:
            self._place_column(quantity)

    def _place_scalar(self, quantity: Quantity) -> None:
        node = quantity.formula
        assert node is not None
        value = self.results.plain(quantity.name)[()]
        if quantity.input:
            cell = Cell(value, input=True)
        else:
            cell = self._formula(node, None, quantity)
            cell.value = value
        unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
        self.scalars[quantity.name] = Scalar(quantity.name, quantity.title, cell, unit, quantity.type.kind, quantity)

    def _place_wide(self, quantity: Quantity) -> None:
        """Add an input of two dimensions to the table of its first, with a column per member of its second."""
        table, values = self.tables[quantity.by[:1]], self.results.plain(quantity.name)
        axes = [quantity.by.index(d) for d in quantity.per]
        for inner in self.book.dimensions[quantity.by[1]].names:
            name = f"{quantity.name}_{slug(inner)}"
            title = f"{quantity.title} {self._title(quantity.by[1], inner)}"
            column = Column(name, title, "input", quantity.type.unit.label, quantity.type.kind, quantity)
            for row, (outer,) in enumerate(table.keys):
                by = (outer, inner)
                column.cells[row] = Cell(values[tuple(by[a] for a in axes)], input=True)
            table.columns[name] = column

    def _title(self, dimension: str, member: str) -> str:
        titles = {m.name: m.title for m in self.book.dimensions[dimension].members}
        return titles[member] or member

    def _place_column(self, quantity: Quantity) -> None:
        table, values = self.tables[quantity.per], self.results.plain(quantity.name)
        number = quantity.type.kind == "number"
        group: Group = "input" if quantity.input else "key" if quantity.name.endswith("_title") else "result"
        column = Column(
            self._free(table, quantity.name), quantity.title, group,
            quantity.type.unit.label if number else "", quantity.type.kind, quantity,
        )  # fmt: skip
        if quantity.by:
            self._fill_cells(quantity, table, column)
        else:
            assert quantity.formula is not None
            cell = self._formula(quantity.formula, table, quantity, list(table.rows()))
            column.cells = {row: Cell(None, cell.formula, cell.array) for row in table.rows()}
        for row, cell in column.cells.items():
            cell.value = values[table.keys[row]]
        table.columns[column.name] = column

    def _free(self, table: Table, name: str) -> str:
        """Return a free name for the column of a quantity, which may share its name with a dimension's column."""
        return name if name not in table.columns else name + "_value"

    def _fill_cells(self, quantity: Quantity, table: Table, column: Column) -> None:
        rows_by = table.rows_by(quantity.by[0])
        for key, node in quantity.cells.items():
            rows = rows_by.get(key[0], [])
            given = (quantity.name, key) in self.results.inputs
            if quantity.input and (given or is_literal(node)):
                written = Cell(None, input=True)
            elif column.group == "key" and is_literal(node):
                written = Cell(None)
            else:
                written = self._formula(node, table, quantity, rows)
            for row in rows:
                column.cells[row] = Cell(None, written.formula, written.array, written.input)

    def printed(self, node: tree.Node, quantity: Quantity, rows: list[int] | None = None) -> str:
        """Return the Excel formula of a part of a quantity's formula."""
        table = self.tables[quantity.per] if quantity.per else None
        return self._formula(node, table, quantity, rows).formula or ""

    # --- formulas ------------------------------------------------------------------------------------------------

    def _formula(self, node: tree.Node, table: Table | None, quantity: Quantity, rows: list[int] | None = None) -> Cell:
        self._array = False
        text = to_excel(
            node, lambda n: self._refer(n, table, quantity, rows), lambda n: self._reduce(n, table, quantity, rows)
        )
        return Cell(None, text, self._array)

    def _reduce(self, node: tree.Reduce, table: Table | None, quantity: Quantity, rows: list[int] | None) -> str:
        assert isinstance(node.of, tree.Ref)
        source = self.tables[self.lookups.ordered(frozenset(self.lookups.dims(node.of)) | frozenset(node.over))]
        every = list(source.rows())
        column = self.lookups.column(node.of, source, every)
        where = self.lookups.column(node.where, source, every) if isinstance(node.where, tree.Ref) else None
        rest = tuple(d for d in source.dims if d not in node.over)
        key = None
        if rest:
            assert table is not None
            key = (source.whole(self.lookups.position(rest, source, {}, every)), self._own(rest, table, rows))
        sought = None
        if node.at is not None:
            sought = to_excel(
                node.at,
                lambda n: self._refer(n, table, quantity, rows),
                lambda n: self._reduce(n, table, quantity, rows),
            )
        may_be_empty = self.book.quantities[node.of.name].type.absent or where is not None
        text, array = reduction(
            node.function, source.whole(column), key, source.whole(where) if where else None,
            source.whole(node.over[0]), sought, self._rank_parts(node, source, table, rows), may_be_empty,
        )  # fmt: skip
        self._array = self._array or array
        return text

    def _rank_parts(
        self, node: tree.Reduce, source: Table, table: Table | None, rows: list[int] | None
    ) -> tuple[str, str, str]:
        """Return the parts of `rank`: this row's value, all positions, this row's position."""
        if node.function != "rank":
            return ("", "", "")
        assert table is not None
        assert isinstance(node.of, tree.Ref)
        position = self.lookups.position(source.dims, source, {}, list(source.rows()))
        return (
            source.local(self.lookups.column(node.of, source, rows)),
            source.whole(position),
            self._own(source.dims, table, rows),
        )

    def _own(self, dims: Dims, table: Table, rows: list[int] | None) -> str:
        return table.local(self.lookups.position(dims, table, {}, rows))

    def _refer(
        self,
        node: tree.Ref | tree.Key | tree.Member,
        table: Table | None,
        quantity: Quantity | None,
        rows: list[int] | None,
    ) -> str:
        if isinstance(node, tree.Member):
            return quoted(node.name)
        if isinstance(node, tree.Key):
            assert table is not None
            return table.local(node.dimension)
        base = dict(node.select).get("option")
        if quantity is not None and node.name == quantity.name and quantity.input and isinstance(base, tree.Member):
            # an inherited cell reads the base's cell directly; through the column it refers to itself
            cell = f"\0{self.book.dimensions['option'].index(base.name)}\0"
            return idioms.kept_blank(cell, cell) if quantity.type.absent else cell
        if table is None or not self.lookups.dims(node):
            return self.lookups.scalar(node)
        return table.local(self.lookups.column(node, table, rows))
