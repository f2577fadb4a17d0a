"""Look-ups: how formulas read values from other tables, in steps of one column each, created on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.book import key_of
from reportgen.lang import tree
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.layout import Cell, Column, Dims, Scalar, Table, slug, wide

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.engine.results import Results

__all__ = ["Lookups"]

_Select = dict[str, "tree.Member | tree.Ref"]


class Lookups:
    """Creates look-up columns, columns of row numbers, and named cells for single values."""

    def __init__(self, results: Results, tables: dict[Dims, Table], scalars: dict[str, Scalar]) -> None:
        self.results, self.book = results, results.book
        self.tables, self.scalars = tables, scalars
        self._made: dict[tuple[Dims, tree.Ref, bool], str] = {}
        self.read: dict[tuple[Dims, str], tree.Ref] = {}
        """The reference behind each look-up column of a table, or (without dimensions) behind each named cell."""

    def column(self, ref: tree.Ref, table: Table, rows: list[int] | None) -> str:
        """Return the column of a table that holds a reference: the quantity's own, or a look-up."""
        quantity = self.book.quantities[ref.name]
        if not ref.select and quantity.per == table.dims and not wide(quantity):
            return ref.name
        if wide(quantity) and self._is_column(ref, table):
            return self._wide_name(ref)
        return self.lookup(ref, table, rows, position=False)

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

    def lookup(self, ref: tree.Ref, table: Table, rows: list[int] | None, *, position: bool) -> str:
        """Return a look-up column for a reference (or the row number of the member it gives), filled in these rows."""
        key = (table.dims, ref, position)
        if key not in self._made:
            self._made[key] = self._new_lookup(ref, table, position)
        column = table.columns[self._made[key]]
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
        if not position:
            self.read[table.dims, name] = ref
        return name

    def _fill_lookup(self, ref: tree.Ref, table: Table, column: Column, rows: list[int], position: bool) -> None:
        home = self.ordered(frozenset(self.dims(ref)))
        if home == table.dims:
            text = self._match(ref, table, rows) if position else self._fetch(ref, table, rows)
        elif not home:
            name = self.scalar(ref)
            text = self._matched(name, ref) if position else name
        else:
            source = self.tables[home]
            every = list(source.rows())
            inner = self.lookup(ref, source, every, position=True) if position else self.column(ref, source, every)
            row = table.local(self.position(home, table, {}, rows))
            text = self.kept_blank(ref, idioms.index(source.whole(inner), row))
        value = self.results.evaluator.node(ref, table.dims)
        dimension = self.book.quantities[ref.name].type.dimension
        values = self.results.listed(value, table.dims, dimension)
        for row_number in rows:
            shown = values[row_number]
            if position and shown is not None:
                shown = self.book.dimensions[dimension].index(str(shown)) + 1
            column.cells[row_number] = Cell(shown, text)

    def _match(self, ref: tree.Ref, table: Table, rows: list[int]) -> str:
        return self._matched(table.local(self.column(ref, table, rows)), ref)

    def _matched(self, text: str, ref: tree.Ref) -> str:
        quantity = self.book.quantities[ref.name]
        return idioms.position(text, self.names(quantity.type.dimension), may_be_absent=self._may_be_absent(ref))

    def _may_be_absent(self, ref: tree.Ref) -> bool:
        quantity = self.book.quantities[ref.name]
        return quantity.type.absent or any(isinstance(s, tree.Ref) and self._may_be_absent(s) for _, s in ref.select)

    def kept_blank(self, ref: tree.Ref, text: str) -> str:
        """Keep an absent input absent: INDEX reads an empty cell as 0."""
        quantity = self.book.quantities[ref.name]
        blank = quantity.input and (quantity.type.absent or quantity.type.kind == "text")
        return idioms.kept_blank(text, text) if blank else text

    def _fetch(self, ref: tree.Ref, table: Table, rows: list[int]) -> str:
        """Return the formula that reads a reference from the table of its quantity."""
        quantity, select = self.book.quantities[ref.name], dict(ref.select)
        if wide(quantity):
            text = self._fetch_wide(ref, quantity, table, rows)
        else:
            source = self.tables[quantity.per]
            row = self._position_text(quantity.per, table, select, rows)
            text = idioms.index(source.whole(ref.name), row)
        text = self.kept_blank(ref, text)
        guards = [s for _, s in ref.select if isinstance(s, tree.Ref) and self._may_be_absent(s)]
        for guard in guards:
            text = idioms.kept_blank(table.local(self.lookup(guard, table, rows, position=True)), text)
        return text

    def _fetch_wide(self, ref: tree.Ref, quantity: Quantity, table: Table, rows: list[int]) -> str:
        select = dict(ref.select)
        source = self.tables[quantity.by[:1]]
        row = self._position_text(quantity.by[:1], table, select, rows)
        inner = select.get(quantity.by[1])
        if isinstance(inner, tree.Member):
            return idioms.index(source.whole(f"{ref.name}_{slug(inner.name)}"), row)
        return idioms.index(self._block(quantity), row, self._position_text(quantity.by[1:], table, select, rows))

    def _block(self, quantity: Quantity) -> str:
        """Return a reference to the columns of an input with one for each member of its second dimension."""
        members = self.book.dimensions[quantity.by[1]].names
        return self.tables[quantity.by[:1]].block(*(f"{quantity.name}_{slug(members[i])}" for i in (0, -1)))

    # --- positions -----------------------------------------------------------------------------------------------

    def _position_text(self, dims: Dims, table: Table, select: _Select, rows: list[int] | None) -> str:
        """Return the row number, in the table of `dims`, that the current row refers to."""
        if not any(d in select for d in dims):
            return table.local(self.position(dims, table, {}, rows))
        return self._row([self._one_position(d, table, select.get(d), rows) for d in dims], dims)

    def _row(self, places: list[str], dims: Dims) -> str:
        """The row of members in the table of their dimensions, from their places in these."""
        return idioms.row_of(places, [idioms.size(self.names(dimension)) for dimension in dims[1:]])

    def names(self, dimension: str) -> str:
        """The cells with the names of a dimension's members."""
        return self.tables[dimension,].whole(dimension)

    def _one_position(
        self, dimension: str, table: Table, selector: tree.Member | tree.Ref | None, rows: list[int] | None
    ) -> str:
        if isinstance(selector, tree.Member):
            return str(self.book.dimensions[dimension].index(selector.name) + 1)
        if isinstance(selector, tree.Ref):
            return table.local(self.lookup(selector, table, rows, position=True))
        return table.local(self.position((dimension,), table, {}, rows))

    def position(self, dims: Dims, table: Table, select: _Select, rows: list[int] | None) -> str:
        """Return the column with the row number, in the table of `dims`, of the row's own members."""
        name = key_of(dims) + "_row"
        if name not in table.columns:
            table.columns[name] = Column(name, f"Row in {self.tables[dims].name}", "position", kind="position")
        column = table.columns[name]
        needed = [r for r in (rows if rows is not None else table.rows()) if r not in column.cells]
        if not needed:
            return name
        if len(dims) == 1:
            text = idioms.position(table.local(dims[0]), self.names(dims[0]))
        else:
            text = self._row([table.local(self.position((d,), table, select, rows)) for d in dims], dims)
        places = [table.dims.index(d) for d in dims]
        numbers = {key: i + 1 for i, key in enumerate(self.tables[dims].keys)}
        for row in needed:
            column.cells[row] = Cell(numbers[tuple(table.keys[row][p] for p in places)], text)
        return name

    # --- scalars and names ---------------------------------------------------------------------------------------

    def scalar(self, ref: tree.Ref) -> str:
        """Return the defined name of a reference with one value; a look-up gets its own named cell."""
        if not ref.select:
            return ref.name
        name = self._reference_name(ref)
        if name not in self.scalars:
            quantity, select = self.book.quantities[ref.name], dict(ref.select)
            text = self.found(ref, [self._scalar_position(d, select[d]) for d in quantity.per])
            for _, selector in ref.select:
                if isinstance(selector, tree.Ref) and self._may_be_absent(selector):
                    text = idioms.kept_blank(self.scalar(selector), text)
            value = self.results.listed(self.results.evaluator.node(ref, ()), (), quantity.type.dimension)[0]
            unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
            title = quantity.title + self._reference_title(ref)
            self.read[(), name] = ref
            self.scalars[name] = Scalar(name, title, Cell(value, text), unit, quantity.type.kind, quantity)
        return name

    def found(self, ref: tree.Ref, places: list[str]) -> str:
        """The formula that reads the one value of a reference, given the place of each member that is selected."""
        quantity = self.book.quantities[ref.name]
        if wide(quantity):
            text = idioms.index(self._block(quantity), *(places[quantity.per.index(d)] for d in quantity.by))
        else:
            text = idioms.index(self.tables[quantity.per].whole(ref.name), self._row(places, quantity.per))
        return self.kept_blank(ref, text)

    def _scalar_position(self, dimension: str, selector: tree.Member | tree.Ref) -> str:
        if isinstance(selector, tree.Member):
            return str(self.book.dimensions[dimension].index(selector.name) + 1)
        return idioms.position(self.scalar(selector), self.names(dimension))

    def dims(self, ref: tree.Ref) -> frozenset[str]:
        """Return the index set of a reference: the quantity's without selected dimensions, plus its selectors'."""
        dims = frozenset(self.book.quantities[ref.name].per) - {d for d, _ in ref.select}
        return dims.union(*(self.dims(s) for _, s in ref.select if isinstance(s, tree.Ref)))

    def ordered(self, dims: frozenset[str]) -> Dims:
        """Return dimensions in the order of a table's keys."""
        return self.results.evaluator.dims(dims)

    def _reference_name(self, ref: tree.Ref) -> str:
        parts = [ref.name]
        for dimension, selector in ref.select:
            if isinstance(selector, tree.Ref) and selector.name == dimension and not selector.select:
                continue  # the quantity named like the dimension selects: implied, so not part of the name
            parts.append(slug(selector.name) if isinstance(selector, tree.Member) else self._reference_name(selector))
        return "_at_".join(parts)

    def _reference_title(self, ref: tree.Ref) -> str:
        shown = [s for d, s in ref.select if not (isinstance(s, tree.Ref) and s.name == d and not s.select)]
        names = [s.name if isinstance(s, tree.Member) else self.book.quantities[s.name].title.lower() for s in shown]
        return f" ({', '.join(names)})" if names else ""
