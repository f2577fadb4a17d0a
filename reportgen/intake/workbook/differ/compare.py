"""Compare a workbook as built and as edited: inputs, rows, formulas, and everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.utils.cell import column_index_from_string
from openpyxl.worksheet.formula import ArrayFormula

from reportgen.book.ranges import fault, problem_text
from reportgen.errors import Problem, Span, nearest
from reportgen.intake.workbook.differ.changes import Added, Comparison, Formula, Input, Override, Plain
from reportgen.intake.workbook.locate.layout import of_build
from reportgen.intake.workbook.locate.locate import NewRow, locate, named
from reportgen.intake.workbook.read.sheets import Content, ErrorText, address
from reportgen.intake.workbook.translate.formula import Unreadable, parse, tokens
from reportgen.render.excel.plan.layout import slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl import Workbook

    from reportgen.book.book import Quantity
    from reportgen.intake.workbook.locate.layout import Layout, Standing
    from reportgen.intake.workbook.read.contents import EditedWorkbook
    from reportgen.render.excel.plan.layout import Cell, Column, Table
    from reportgen.render.excel.sheets.tables import Placed, Writer

__all__ = ["compare"]

_LOGICAL = {"TRUE": True, "FALSE": False}
"""Formulas that some programs replace by their value."""
_DIGITS = 1e-14
"""The relative change of numbers by programs that keep 15 digits."""


def compare(edited: EditedWorkbook, workbook: Workbook, writer: Writer) -> Comparison:
    """Compare an edited workbook with the one built from its own scenario."""
    return _Comparer(edited, workbook, writer).compared()


class _Comparer:
    def __init__(self, edited: EditedWorkbook, workbook: Workbook, writer: Writer) -> None:
        self.edited, self.workbook, self.writer = edited, workbook, writer
        self.built: Layout = of_build(workbook, writer.placed, writer.plan.label)
        self.located = locate(edited, self.built, writer)
        self.now = self.located.layout
        self.comparison = Comparison(problems=self.located.problems)
        self.members = {name: set(d.names) for name, d in writer.plan.book.dimensions.items()}
        for row in self.located.new_rows:
            if len(row.dims) == 1:
                self.members.setdefault(row.dims[0], set()).add(row.name)
        self.seen: dict[str, set[tuple[int, int]]] = {name: set() for name in edited.sheets}
        self.sheets = {sheet.title: sheet for sheet in workbook.worksheets}

    def compared(self) -> Comparison:
        """Compare everything, table by table and then sheet by sheet."""
        self._sheets()
        self.comparison.removed += self.located.gone_columns
        for dims, placed in self.writer.placed.items():
            self._table(dims, placed)
        self._scalars()
        for new in self.located.new_rows:
            self._new_row(new)
        self._rest()
        return self.comparison

    # --- sheets --------------------------------------------------------------------------------------------------

    def _sheets(self) -> None:
        """Record missing sheets; one that holds inputs is a problem."""
        needed = {place[0] for name, place in self.built.names.items() if self._is_input(name)}
        needed |= {p.sheet for p in self.writer.placed.values() if any(c.group == "input" for c in p.columns)}
        fresh = [title for title in self.edited.sheets if title not in self.workbook.sheetnames]
        for title in self.workbook.sheetnames:
            if title in self.edited.sheets:
                continue
            if title in needed:
                near = f"is it '{fresh[0]}' now? rename it back" if len(fresh) == 1 else nearest(title, fresh)
                self._fail(f"the sheet '{title}' is missing, which holds inputs", near)
            else:
                self.comparison.removed.append(f"the sheet '{title}'")
        for title in fresh:
            self.comparison.overrides.append(Override(title, "a sheet that the build does not have", "", "a new sheet"))

    def _is_input(self, name: str) -> bool:
        scalar = self.writer.plan.scalars.get(name)
        return scalar is not None and scalar.cell.input

    # --- tables --------------------------------------------------------------------------------------------------

    def _table(self, dims: tuple[str, ...], placed: Placed) -> None:
        table = placed.table
        standing = self.now.tables.get(table.name)
        if standing is None:
            return
        sheet, places = self.edited.sheets[standing.sheet], {index: row for row, index in standing.rows.items()}
        last = len(table.keys) + table.spare
        for planned in placed.columns:
            if planned.name not in standing.columns:
                continue
            column = standing.columns[planned.name]
            first = column_index_from_string(placed.letters[planned.name])
            for index, row in places.items():
                self.seen[sheet.title].add((row, column))
                cell = planned.cells.get(index)
                if index >= len(table.keys) and (index >= last or planned.group in ("input", "key")):
                    continue  # part of a new row
                now = sheet.cells.get((row, column)) or Content(None)
                where = f"{sheet.title}!{address(row, column)}"
                here = (placed.sheet, placed.row + index, first)
                self._cell(cell, now, where, (dims, planned, index, table), here, (sheet.title, row, column))

    def _cell(
        self, cell: Cell | None, now: Content, where: str, planned: tuple[Any, Column, int, Table],
        old_place: tuple[str, int, int], new_place: tuple[str, int, int],
    ) -> None:  # fmt: skip
        """Compare one cell of a table."""
        dims, column, index, table = planned
        is_input = column.group == "input"
        if cell is None:
            if now.formula is not None or now.value not in (None, ""):
                self._override(where, "a cell that the build leaves empty", "", now)
        elif cell.formula is None:
            if is_input and now.formula is not None:
                self._rewritten(dims, column.name, index, where, "", now, new_place)
            elif is_input:
                self._input(column.quantity, self._key(column, table, index), where, cell.value, now.value)
            elif now.formula is not None or not _same(cell.value, now.value):
                self._override(where, "a text or number next to the inputs", _display(cell.value), now)
        elif now.formula is None and is_input:
            self._input(column.quantity, self._key(column, table, index), where, cell.value, now.value, inherited=True)
        elif now.formula is None:
            if _LOGICAL.get(cell.formula) is not now.value:
                self._override(where, "a value in place of a formula", "=" + cell.formula, now)
        else:
            old = self._as_built(old_place)
            if not self._alike(old, now.formula, old_place, new_place):
                self._rewritten(dims, column.name, index, where, old, now, new_place)

    def _key(self, column: Column, table: Table, index: int) -> tuple[str, ...]:
        """Return the members that identify the cell of an input's quantity."""
        quantity, key = column.quantity, table.keys[index]
        assert quantity is not None
        if len(quantity.by) < 2:
            return key
        inner = next(
            m
            for m in self.writer.plan.book.dimensions[quantity.by[1]].names
            if column.name == f"{quantity.name}_{slug(m)}"
        )
        return (*key, inner)

    def _as_built(self, place: tuple[str, int, int]) -> str:
        value: Any = self.sheets[place[0]].cell(place[1], place[2]).value
        return str(value.text if isinstance(value, ArrayFormula) else value).removeprefix("=")

    def _input(
        self, quantity: Quantity | None, cell: tuple[str, ...], where: str, old: Plain, new: Plain, *,
        inherited: bool = False,
    ) -> None:  # fmt: skip
        """Compare an input with its value as built, and check its range."""
        assert quantity is not None
        value = _read(quantity, new)
        if not inherited and _same(old, value):
            return
        self._check(quantity, cell, where, value)
        self.comparison.inputs.append(Input(quantity.name, cell, where, old, value))

    def _check(self, quantity: Quantity, cell: tuple[str, ...], where: str, value: Plain) -> None:
        names = self.members.get(quantity.type.dimension, set())
        unknown = quantity.type.kind == "member" and value is not None and value not in names
        if isinstance(value, ErrorText) or fault(quantity, value) or unknown:
            value_text = "nothing" if value is None else str(value)[:60]
            if isinstance(value, str) and quantity.type.kind in ("number", "flag"):
                value_text = f"the text '{value_text}'"
            hint = nearest(str(value), names) if unknown else ""
            self._fail(f"{where}: {problem_text(quantity, cell)}, not {value_text}", hint)

    # --- named cells, new rows, and the rest ---------------------------------------------------------------------

    def _scalars(self) -> None:
        for name, scalar in self.writer.plan.scalars.items():
            place = self.now.names.get(name)
            if place is None:
                if not scalar.cell.input:
                    self.comparison.removed.append(f"the name '{name}'")
                continue
            sheet, row, column = place
            self.seen[sheet].add((row, column))
            now = self.edited.sheets[sheet].cells.get((row, column)) or Content(None)
            where = f"{sheet}!{address(row, column)}"
            old_place = self.built.names[name]
            if scalar.cell.formula is None:
                if now.formula is not None:
                    self._override(where, f"a formula in place of the input '{name}'", _display(scalar.cell.value), now)
                else:
                    self._input(scalar.quantity, (), where, scalar.cell.value, now.value)
            elif now.formula is None:
                self._override(where, "a value in place of a formula", "=" + scalar.cell.formula, now)
            else:
                old = self._as_built(old_place)
                if not self._alike(old, now.formula, old_place, place):
                    self._rewritten((), name, 0, where, old, now, place)

    def _new_row(self, new: NewRow) -> None:
        """Record a new row: its title, its inputs, and anything else in it."""
        table = self.writer.plan.tables[new.dims]
        standing, sheet = self.now.tables[table.name], self.edited.sheets[new.sheet]
        where = f"{new.sheet}!{address(new.row, standing.columns[new.dims[0]])}"
        if len(new.dims) > 1 or not any(c.group == "input" for c in table.columns.values()):
            message = f"a row that the build does not have ({new.name})"
            self.comparison.overrides.append(Override(where, message, "", new.name))
            return
        cells: dict[tuple[str, ...], Plain] = {}
        title, below = "", standing.rows[new.row] >= len(table.keys) + table.spare  # spare rows are compared as built
        for column in self.writer.placed[new.dims].columns:
            place = (new.row, standing.columns.get(column.name, 0))
            now = sheet.cells.get(place) or Content(None)
            here = f"{new.sheet}!{address(*place)}" if place[1] else ""
            if column.group == "input":
                self._new_input(new, column, now, here, cells)
            elif column.name == f"{new.dims[0]}_title" and now.formula is None:
                title = named(now.value)
            elif below and column.name != new.dims[0] and self._is_own(table, column, standing, now, place):
                self._override(here, f"not what the column has, in the new row '{new.name}'", "", now)
        self.comparison.added.append(Added(new.dims[0], new.name, where, cells, title))

    def _new_input(
        self, new: NewRow, column: Column, now: Content, here: str, cells: dict[tuple[str, ...], Plain]
    ) -> None:
        """Record an input of a new row."""
        quantity = column.quantity
        assert quantity is not None
        inner = column.name.removeprefix(quantity.name).lstrip("_") if len(quantity.by) == 2 else ""
        names = self.writer.plan.book.dimensions[quantity.by[1]].names if inner else ()
        member = next((m for m in names if slug(m) == inner), "")
        if now.formula is not None:
            self._override(here, f"a formula in the new row '{new.name}'", "", now)
            return
        value = _read(quantity, now.value)
        if value is None and (quantity.type.absent or new.dims == ("option",)):
            return
        self._check(quantity, (new.name, member) if member else (new.name,), here, value)
        if value != quantity.default or new.dims == ("option",):
            cells[(quantity.name, member) if member else (quantity.name,)] = value

    def _is_own(self, table: Table, column: Column, standing: Standing, now: Content, place: tuple[int, int]) -> bool:
        """Return whether a cell of a new row differs from the column's formula, which programs fill in."""
        if now.formula is None:
            return now.value not in (None, "")
        built = self.writer.placed[table.dims]
        first = (built.sheet, built.row, column_index_from_string(built.letters[column.name]))
        cell = column.cells.get(0)
        if cell is None or cell.formula is None:
            return True
        return not self._alike(self._as_built(first), now.formula, first, (standing.sheet, *place))

    def _rest(self) -> None:
        """Compare cells outside tables and named cells, and record new cells."""
        named = {place for name, place in self.built.names.items() if name in self.writer.plan.scalars}
        for sheet in self.workbook.worksheets:
            if sheet.title not in self.edited.sheets:
                continue
            cells: Iterator[Any] = iter(sheet._cells.values())
            for cell in cells:
                place = (sheet.title, cell.row, cell.column)
                if cell.value is None or place in named or self.built.table_at(*place) is not None:
                    continue
                self._loose(cell, place)
        for title, edited in self.edited.sheets.items():
            if title not in self.workbook.sheetnames:
                continue
            for row, column in sorted(edited.cells.keys() - self.seen[title]):
                now = edited.cells[row, column]
                if now.formula is not None or now.value not in (None, ""):
                    self._override(f"{title}!{address(row, column)}", "a cell that the build does not have", "", now)

    def _loose(self, cell: Any, place: tuple[str, int, int]) -> None:
        old = self._as_built(place) if cell.data_type == "f" else None
        places = [
            (title, row, column) for title, row, column in self.now.moves.candidates(place) if row > 0 and column > 0
        ]
        here = next(
            (candidate for candidate in places if self._is_as_built(cell, old, place, candidate)),
            places[0] if places else place,
        )
        title, row, column = here
        self.seen[title].add((row, column))
        now, where = self._content(here), f"{title}!{address(row, column)}"
        if self._is_as_built(cell, old, place, here):
            return
        if old is None:
            self._override(where, "a text or number next to the inputs", _display(cell.value), now)
        elif now.formula is None:
            self._override(where, "a value in place of a formula", "=" + old, now)
        else:
            self._override(where, "a formula that was rewritten", "=" + old, now)

    def _content(self, place: tuple[str, int, int]) -> Content:
        return self.edited.sheets[place[0]].cells.get(place[1:]) or Content(None)

    def _is_as_built(self, cell: Any, old: str | None, place: tuple[str, int, int], here: tuple[str, int, int]) -> bool:
        """Return whether a cell outside tables is as built; `old` is its formula."""
        now = self._content(here)
        if old is None:
            return now.formula is None and _same(cell.value, now.value)
        return now.formula is not None and self._alike(old, now.formula, place, here)

    # --- formulas ------------------------------------------------------------------------------------------------

    def _alike(self, old: str, new: str, old_place: tuple[str, int, int], new_place: tuple[str, int, int]) -> bool:
        """Return whether two formulas mean the same, each at its own place."""
        if old == new and "$" not in old and "!" not in old:
            return True
        try:
            ours = tokens(old, lambda text: self.built.meaning(text, *old_place))
            theirs = tokens(new, lambda text: self.now.meaning(text, *new_place))
            return ours == theirs or parse(ours) == parse(theirs)
        except Unreadable:
            return False

    def _rewritten(
        self, dims: tuple[str, ...], column: str, index: int, where: str, old: str, now: Content,
        place: tuple[str, int, int],
    ) -> None:  # fmt: skip
        assert now.formula is not None
        edited, why = None, ""
        try:
            edited = tokens(now.formula, lambda text: self.now.meaning(text, *place))
            parse(edited)
        except Unreadable as error:
            edited, why = None, f"it holds {error}"
        self.comparison.formulas.append(Formula(dims, column, index, where, old, now.formula, edited, why))

    def _override(self, where: str, why: str, old: str, now: Content) -> None:
        new = "=" + now.formula if now.formula is not None else _display(now.value)
        self.comparison.overrides.append(Override(where, why, old, new))

    def _fail(self, message: str, hint: str = "") -> None:
        self.comparison.problems.append(Problem(message, Span(str(self.edited.path)), hint))


def _read(quantity: Quantity, value: Plain) -> Plain:
    """Convert a cell's value for its quantity: an empty text is absent, and 1 may mean true."""
    if value in (None, ""):
        return quantity.blank
    if quantity.type.kind == "flag" and not isinstance(value, bool) and value in (0, 1):
        return bool(value)
    if quantity.type.kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return named(value) if quantity.type.kind == "member" and not isinstance(value, ErrorText) else value


def _same(old: Plain, new: Plain) -> bool:
    """Return whether two values are equal up to the 15th digit; an empty text equals nothing."""
    old, new = (None if value == "" else value for value in (old, new))
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new or (
            isinstance(old, int | float) and isinstance(new, int | float) and float(old) == float(new)
        )
    if isinstance(old, int | float) and isinstance(new, int | float):
        return abs(old - new) <= _DIGITS * max(abs(old), abs(new))
    return old == new


def _display(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:g}" if isinstance(value, float) else str(value)
