"""The plan: which table and column each quantity has, which look-ups its formula needs, and every cell's formula."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reportgen.book.book import Quantity, is_literal, key_of
from reportgen.lang import tree
from reportgen.lang.excel import to_excel
from reportgen.render.excel.reductions import reduction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.engine.results import Plain, Results

__all__ = ["Cell", "Column", "Plan", "Scalar", "Table"]

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

    @property
    def name(self) -> str:
        """Its name in the workbook."""
        return "t_" + key_of(self.dims)

    def local(self, column: str) -> str:
        """The cell of a column in the row at hand."""
        return f"{self.name}[[#This Row],[{column}]]"

    def whole(self, column: str) -> str:
        """All cells of a column."""
        return f"{self.name}[{column}]"

    def rows(self, only: str | None = None, dimension: str = "") -> Iterator[int]:
        """Row numbers; perhaps only those of one member."""
        for row, key in enumerate(self.keys):
            if only is None or key[self.dims.index(dimension)] == only:
                yield row


@dataclass(slots=True)
class Scalar:
    """A quantity with one value; its cell has its name."""

    name: str
    title: str
    cell: Cell
    unit: str = ""
    kind: str = "number"
    quantity: Quantity | None = None


class Plan:
    """All tables and scalars of a workbook, with formulas and values."""

    def __init__(self, results: Results) -> None:
        self.results, self.book = results, results.book
        self.scalars: dict[str, Scalar] = {}
        self.tables: dict[Dims, Table] = {}
        self._lookups: dict[tuple[Dims, tree.Ref, bool], str] = {}
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
            table = self.tables[dims] = Table(dims, keys)
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
        """An input with two dimensions has a column per member of the second in the table of the first."""
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
        """The column's name; a quantity that chooses a dimension's member shares its name, in another table."""
        return name if name not in table.columns else name + "_value"

    def _fill_cells(self, quantity: Quantity, table: Table, column: Column) -> None:
        for key, node in quantity.cells.items():
            rows = list(table.rows(key[0], quantity.by[0]))
            given = (quantity.name, key) in self.results.inputs
            if quantity.input and (given or is_literal(node)):
                made = Cell(None, input=True)
            elif column.group == "key" and is_literal(node):
                made = Cell(None)
            else:
                made = self._formula(node, table, quantity, rows)
            for row in rows:
                column.cells[row] = Cell(None, made.formula, made.array, made.input)

    # --- formulas ------------------------------------------------------------------------------------------------

    def _formula(self, node: tree.Node, table: Table | None, quantity: Quantity, rows: list[int] | None = None) -> Cell:
        self._array = False
        text = to_excel(
            node, lambda n: self._refer(n, table, quantity, rows), lambda n: self._reduce(n, table, quantity, rows)
        )
        return Cell(None, text, self._array)

    def _reduce(self, node: tree.Reduce, table: Table | None, quantity: Quantity, rows: list[int] | None) -> str:
        assert isinstance(node.of, tree.Ref)
        source = self.tables[self._ordered(frozenset(self._dims(node.of)) | frozenset(node.over))]
        every = list(source.rows())
        column = self._local_name(node.of, source, every)
        where = self._local_name(node.where, source, every) if isinstance(node.where, tree.Ref) else None
        rest = tuple(d for d in source.dims if d not in node.over)
        key = None
        if rest:
            assert table is not None
            key = (source.whole(self._position(rest, source, {}, every)), self._own(rest, table, rows))
        at = None
        if node.at is not None:
            at = to_excel(
                node.at,
                lambda n: self._refer(n, table, quantity, rows),
                lambda n: self._reduce(n, table, quantity, rows),
            )
        may_be_empty = self.book.quantities[node.of.name].type.absent or where is not None
        text, array = reduction(
            node.function, source.whole(column), key, source.whole(where) if where else None,
            source.whole(node.over[0]), at, self._rank_parts(node, source, table, rows), may_be_empty,
        )  # fmt: skip
        self._array = self._array or array
        return text

    def _rank_parts(
        self, node: tree.Reduce, source: Table, table: Table | None, rows: list[int] | None
    ) -> tuple[str, str, str]:
        """For `rank`: this row's value, all positions, this row's position."""
        if node.function != "rank":
            return ("", "", "")
        assert table is not None
        assert isinstance(node.of, tree.Ref)
        position = self._position(source.dims, source, {}, list(source.rows()))
        return (
            source.local(self._local_name(node.of, source, rows)),
            source.whole(position),
            self._own(source.dims, table, rows),
        )

    def _own(self, dims: Dims, table: Table, rows: list[int] | None) -> str:
        return table.local(self._position(dims, table, {}, rows))

    def _refer(
        self,
        node: tree.Ref | tree.Key | tree.Member,
        table: Table | None,
        quantity: Quantity | None,
        rows: list[int] | None,
    ) -> str:
        if isinstance(node, tree.Member):
            return '"' + node.name.replace('"', '""') + '"'
        if isinstance(node, tree.Key):
            assert table is not None
            return table.local(node.dimension)
        base = dict(node.select).get("option")
        if quantity is not None and node.name == quantity.name and quantity.input and isinstance(base, tree.Member):
            # an inherited cell reads the base's cell; through the column it would read itself
            return f"\0{self.book.dimensions['option'].index(base.name)}\0"
        if table is None or not self._dims(node):
            return self._scalar_name(node)
        return table.local(self._local_name(node, table, rows))

    def _local_name(self, ref: tree.Ref, table: Table, rows: list[int] | None) -> str:
        """The column of a table that holds a reference: the quantity's own, or a look-up made for it."""
        quantity = self.book.quantities[ref.name]
        if not ref.select and quantity.per == table.dims and not wide(quantity):
            return ref.name
        if wide(quantity) and self._is_column(ref, table):
            return self._wide_name(ref)
        return self._lookup(ref, table, rows, position=False)

    def _is_column(self, ref: tree.Ref, table: Table) -> bool:
        quantity, select = self.book.quantities[ref.name], dict(ref.select)
        return (
            table.dims == quantity.by[:1]
            and set(select) == {quantity.by[1]}
            and isinstance(select[quantity.by[1]], tree.Member)
        )

    def _wide_name(self, ref: tree.Ref) -> str:
        member = dict(ref.select)[self.book.quantities[ref.name].by[1]]
        return f"{ref.name}_{slug(member.name)}"

    def _lookup(self, ref: tree.Ref, table: Table, rows: list[int] | None, *, position: bool) -> str:
        """A look-up column for a reference (or for the row number of the member that it gives), filled where needed."""
        at = (table.dims, ref, position)
        if at not in self._lookups:
            self._lookups[at] = self._new_lookup(ref, table, position)
        column = table.columns[self._lookups[at]]
        needed = [r for r in (rows if rows is not None else table.rows()) if r not in column.cells]
        if needed:
            self._fill_lookup(ref, table, column, needed, position)
        return column.name

    def _new_lookup(self, ref: tree.Ref, table: Table, position: bool) -> str:
        quantity = self.book.quantities[ref.name]
        name = self._reference_name(ref) + ("_row" if position else "")
        while name in table.columns or (name in self.book.quantities and self.book.quantities[name].per == table.dims):
            name += "_"
        kind = "position" if position else quantity.type.kind
        title = f"Row of {quantity.title.lower()}" if position else quantity.title + self._reference_title(ref)
        unit = quantity.type.unit.label if kind == "number" else ""
        table.columns[name] = Column(name, title, "position" if position else "look-up", unit, kind, quantity)
        return name

    def _fill_lookup(self, ref: tree.Ref, table: Table, column: Column, rows: list[int], position: bool) -> None:
        home = self._ordered(frozenset(self._dims(ref)))
        if home == table.dims:
            text = self._match(ref, table, rows) if position else self._fetch(ref, table, rows)
        elif not home:
            name = self._scalar_name(ref)
            text = self._matched(name, ref) if position else name
        else:
            source = self.tables[home]
            every = list(source.rows())
            inner = (
                self._lookup(ref, source, every, position=True) if position else self._local_name(ref, source, every)
            )
            row = table.local(self._position(home, table, {}, rows))
            text = self._kept_blank(ref, f"INDEX({source.whole(inner)},{row})")
        value = self.results.evaluator.node(ref, table.dims)
        dimension = self.book.quantities[ref.name].type.dimension
        values = self.results.listed(value, table.dims, dimension)
        for row_number in rows:
            shown = values[row_number]
            if position and shown is not None:
                shown = self.book.dimensions[dimension].index(str(shown)) + 1
            column.cells[row_number] = Cell(shown, text)

    def _match(self, ref: tree.Ref, table: Table, rows: list[int]) -> str:
        return self._matched(table.local(self._local_name(ref, table, rows)), ref)

    def _matched(self, text: str, ref: tree.Ref) -> str:
        quantity = self.book.quantities[ref.name]
        found = f"MATCH({text},{self.tables[quantity.type.dimension,].whole(quantity.type.dimension)},0)"
        return f'IFERROR({found},"")' if self._may_be_absent(ref) else found

    def _may_be_absent(self, ref: tree.Ref) -> bool:
        quantity = self.book.quantities[ref.name]
        return quantity.type.absent or any(isinstance(s, tree.Ref) and self._may_be_absent(s) for _, s in ref.select)

    def _kept_blank(self, ref: tree.Ref, text: str) -> str:
        """An empty cell read by INDEX is 0; an absent input must stay absent."""
        quantity = self.book.quantities[ref.name]
        return f'IF({text}="","",{text})' if quantity.input and quantity.type.absent else text

    def _fetch(self, ref: tree.Ref, table: Table, rows: list[int]) -> str:
        """The formula that reads a reference from the table of its quantity."""
        quantity, select = self.book.quantities[ref.name], dict(ref.select)
        if wide(quantity):
            text = self._fetch_wide(ref, quantity, table, rows)
        else:
            source = self.tables[quantity.per]
            row = self._position_text(quantity.per, table, select, rows)
            text = f"INDEX({source.whole(ref.name)},{row})"
        text = self._kept_blank(ref, text)
        guards = [s for _, s in ref.select if isinstance(s, tree.Ref) and self._may_be_absent(s)]
        for guard in guards:
            position = table.local(self._lookup(guard, table, rows, position=True))
            text = f'IF({position}="","",{text})'
        return text

    def _fetch_wide(self, ref: tree.Ref, quantity: Quantity, table: Table, rows: list[int]) -> str:
        select = dict(ref.select)
        source = self.tables[quantity.by[:1]]
        row = self._position_text(quantity.by[:1], table, select, rows)
        inner = select.get(quantity.by[1])
        if isinstance(inner, tree.Member):
            return f"INDEX({source.whole(f'{ref.name}_{slug(inner.name)}')},{row})"
        members = self.book.dimensions[quantity.by[1]].names
        block = f"{source.name}[[{ref.name}_{slug(members[0])}]:[{ref.name}_{slug(members[-1])}]]"
        return f"INDEX({block},{row},{self._position_text(quantity.by[1:], table, select, rows)})"

    # --- positions -----------------------------------------------------------------------------------------------

    def _position_text(
        self, dims: Dims, table: Table, select: dict[str, tree.Member | tree.Ref], rows: list[int] | None
    ) -> str:
        """The row number, in the table of `dims`, of what the row at hand means by them."""
        if not any(d in select for d in dims):
            return table.local(self._position(dims, table, {}, rows))
        parts = [self._one_position(d, table, select.get(d), rows) for d in dims]
        text = parts[0]
        for dimension, part in zip(dims[1:], parts[1:], strict=True):
            size = f"ROWS({self.tables[dimension,].whole(dimension)})"
            first = f"({text}-1)" if not text.isdigit() else str(int(text) - 1)
            text = part if first == "0" else f"{first}*{size}+{part}"
        return text

    def _one_position(
        self, dimension: str, table: Table, selector: tree.Member | tree.Ref | None, rows: list[int] | None
    ) -> str:
        if isinstance(selector, tree.Member):
            return str(self.book.dimensions[dimension].index(selector.name) + 1)
        if isinstance(selector, tree.Ref):
            return table.local(self._lookup(selector, table, rows, position=True))
        return table.local(self._position((dimension,), table, {}, rows))

    def _position(
        self, dims: Dims, table: Table, select: dict[str, tree.Member | tree.Ref], rows: list[int] | None
    ) -> str:
        """The column with the row number of the row's own members in the table of `dims`."""
        name = key_of(dims) + "_row"
        if name not in table.columns:
            table.columns[name] = Column(name, f"Row in {self.tables[dims].name}", "position", kind="position")
        column = table.columns[name]
        needed = [r for r in (rows if rows is not None else table.rows()) if r not in column.cells]
        if not needed:
            return name
        if len(dims) == 1:
            text = f"MATCH({table.local(dims[0])},{self.tables[dims].whole(dims[0])},0)"
        else:
            text = table.local(self._position(dims[:1], table, select, rows))
            for dimension in dims[1:]:
                size = f"ROWS({self.tables[dimension,].whole(dimension)})"
                text = f"({text}-1)*{size}+{table.local(self._position((dimension,), table, select, rows))}"
        places = [table.dims.index(d) for d in dims]
        numbers = {key: i + 1 for i, key in enumerate(self.tables[dims].keys)}
        for row in needed:
            column.cells[row] = Cell(numbers[tuple(table.keys[row][p] for p in places)], text)
        return name

    # --- scalars and names ---------------------------------------------------------------------------------------

    def _scalar_name(self, ref: tree.Ref) -> str:
        """The defined name of a reference with one value; a look-up gets a cell of its own."""
        if not ref.select:
            return ref.name
        name = self._reference_name(ref)
        if name not in self.scalars:
            quantity, select = self.book.quantities[ref.name], dict(ref.select)
            numbers = [self._scalar_position(d, select[d]) for d in quantity.per]
            text = self._scalar_index(ref, quantity, numbers)
            value = self.results.listed(self.results.evaluator.node(ref, ()), (), quantity.type.dimension)[0]
            unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
            title = quantity.title + self._reference_title(ref)
            self.scalars[name] = Scalar(name, title, Cell(value, text), unit, quantity.type.kind, quantity)
        return name

    def _scalar_index(self, ref: tree.Ref, quantity: Quantity, numbers: list[str]) -> str:
        if wide(quantity):
            order = [quantity.per.index(d) for d in quantity.by]
            members = self.book.dimensions[quantity.by[1]].names
            source = self.tables[quantity.by[:1]]
            block = f"{source.name}[[{ref.name}_{slug(members[0])}]:[{ref.name}_{slug(members[-1])}]]"
            text = f"INDEX({block},{numbers[order[0]]},{numbers[order[1]]})"
        else:
            row = numbers[0]
            for dimension, number in zip(quantity.per[1:], numbers[1:], strict=True):
                row = f"({row}-1)*ROWS({self.tables[dimension,].whole(dimension)})+{number}"
            text = f"INDEX({self.tables[quantity.per].whole(ref.name)},{row})"
        text = self._kept_blank(ref, text)
        for _, selector in ref.select:
            if isinstance(selector, tree.Ref) and self._may_be_absent(selector):
                text = f'IF({self._scalar_name(selector)}="","",{text})'
        return text

    def _scalar_position(self, dimension: str, selector: tree.Member | tree.Ref) -> str:
        if isinstance(selector, tree.Member):
            return str(self.book.dimensions[dimension].index(selector.name) + 1)
        return f"MATCH({self._scalar_name(selector)},{self.tables[dimension,].whole(dimension)},0)"

    def _dims(self, ref: tree.Ref) -> frozenset[str]:
        """The index set of a reference: what is left of the quantity's, and what its selectors bring."""
        dims = frozenset(self.book.quantities[ref.name].per) - {d for d, _ in ref.select}
        return dims.union(*(self._dims(s) for _, s in ref.select if isinstance(s, tree.Ref)))

    def _ordered(self, dims: frozenset[str]) -> Dims:
        return self.results.evaluator.dims(dims)

    def _reference_name(self, ref: tree.Ref) -> str:
        parts = [ref.name]
        for dimension, selector in ref.select:
            if isinstance(selector, tree.Ref) and selector.name == dimension and not selector.select:
                continue  # the like-named quantity chooses: nothing was written, nothing is shown
            parts.append(slug(selector.name) if isinstance(selector, tree.Member) else self._reference_name(selector))
        return "_at_".join(parts)

    def _reference_title(self, ref: tree.Ref) -> str:
        shown = [s for d, s in ref.select if not (isinstance(s, tree.Ref) and s.name == d and not s.select)]
        names = [s.name if isinstance(s, tree.Member) else self.book.quantities[s.name].title.lower() for s in shown]
        return f" ({', '.join(names)})" if names else ""


def wide(quantity: Quantity) -> bool:
    """Whether an input has a column per member of its second dimension, in the table of its first."""
    return quantity.input and len(quantity.by) == 2


def slug(member: str) -> str:
    """A member's name as part of a column's name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", member)
