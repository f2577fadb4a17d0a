"""Find the tables and named cells of a build in an edited workbook, even if they have moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openpyxl.utils.cell import column_index_from_string

from reportgen.errors import Problem, Span, nearest
from reportgen.intake.workbook.locate.layout import Layout, Standing
from reportgen.intake.workbook.locate.moves import Moves
from reportgen.intake.workbook.read.contents import EditedTable
from reportgen.intake.workbook.read.sheets import address

if TYPE_CHECKING:
    from reportgen.intake.workbook.read.contents import EditedWorkbook
    from reportgen.intake.workbook.read.sheets import EditedSheet
    from reportgen.render.excel.plan.layout import Table
    from reportgen.render.excel.sheets.tables import Placed, Writer

__all__ = ["Located", "NewRow", "locate", "named"]


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row of a table whose name the build did not have."""

    dims: tuple[str, ...]
    name: str
    sheet: str
    row: int


@dataclass
class Located:
    """The places of everything that was built, what is new, and what cannot be found."""

    layout: Layout
    new_rows: list[NewRow] = field(default_factory=list)
    gone_columns: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def locate(edited: EditedWorkbook, built: Layout, writer: Writer) -> Located:
    """Find tables by name (or by headers, at their original place), columns by header, and rows by key."""
    return _Finder(edited, built, writer).located()


class _Finder:
    def __init__(self, edited: EditedWorkbook, built: Layout, writer: Writer) -> None:
        self.edited, self.built, self.writer = edited, built, writer
        self.result = Located(Layout({}, {}))

    def located(self) -> Located:
        """Locate everything."""
        tables = {}
        for placed in self.writer.placed.values():
            standing = self._table(placed)
            if standing is not None:
                tables[placed.table.name] = standing
        names = self._names()
        self.result.layout = Layout(tables, names, self.built.prefix, self._moves(tables, names))
        return self.result

    def _moves(self, tables: dict[str, Standing], names: dict[str, tuple[str, int, int]]) -> Moves:
        """Derive how cells have moved from the tables and named cells around them."""
        moves = Moves()
        for name, place in names.items():
            moves.note(self.built.names[name], place)
        for placed in self.writer.placed.values():
            standing = tables.get(placed.table.name)
            if standing is None or not standing.rows:
                continue
            for name, column in standing.columns.items():
                first = column_index_from_string(placed.letters[name])
                moves.note((placed.sheet, placed.row, first), (standing.sheet, min(standing.rows), column))
            last = max(
                (row for row, index in standing.rows.items() if index < standing.size), default=min(standing.rows)
            )
            moves.note((placed.sheet, placed.last, first), (standing.sheet, last, column))
        moves.drop_unmoved()
        return moves

    def _names(self) -> dict[str, tuple[str, int, int]]:
        """Return the named cells; an input without its name is looked for at its original place."""
        names = {}
        for name, place in self.built.names.items():
            area = self.edited.names.get(self.built.prefix + name)
            if (
                area is not None
                and (area.top, area.left) == (area.bottom, area.right)
                and area.sheet in self.edited.sheets
            ):
                names[name] = (area.sheet, area.top, area.left)
                continue
            scalar = self.writer.plan.scalars.get(name)
            if scalar is None or not scalar.cell.input or place[0] not in self.edited.sheets:
                continue
            if self.edited.sheets[place[0]].value(place[1], place[2] - 1) == name:  # in the cell to the left
                names[name] = place
            else:
                self._fail(
                    f"the input '{name}' is missing from the sheet '{place[0]}'", "name its cell again, or put it back"
                )
        return names

    def _table(self, placed: Placed) -> Standing | None:
        inputs = any(c.group == "input" for c in placed.columns)
        edited = self.edited.tables.get(placed.table.name) or self._where_built(placed)
        sheet = self.edited.sheets.get(edited.area.sheet) if edited is not None else None
        if edited is None or sheet is None:
            if inputs and placed.sheet in self.edited.sheets:
                hint = "undo any change of it into a plain range, and of its column names"
                self._fail(f"the table '{placed.table.name}' is missing from the sheet '{placed.sheet}'", hint)
            return None
        heads = {head: edited.area.left + i for i, head in enumerate(edited.columns)}
        columns = {}
        for planned in placed.columns:
            if planned.name in heads:
                columns[planned.name] = heads[planned.name]
            elif planned.group in ("key", "input"):
                what = f"the column '{planned.name}' is missing from the table '{placed.table.name}'"
                self._fail(what, nearest(planned.name, [h for h in heads if h not in placed.letters]))
            else:
                self.result.gone_columns.append(f"{placed.table.name}[{planned.name}]")
        if any(d not in columns for d in placed.table.dims):
            return None
        size = len(placed.table.keys) + placed.table.spare
        return Standing(placed.table.name, sheet.title, columns, self._rows(placed, edited, sheet, columns), size)

    def _where_built(self, placed: Placed) -> EditedTable | None:
        """Return a table that was converted to a range, if its headers are still at their original place."""
        sheet = self.edited.sheets.get(placed.sheet)
        lefts = [column_index_from_string(placed.letters[c.name]) for c in placed.columns]
        if sheet is None or any(
            sheet.value(placed.row - 1, left) != column.name for left, column in zip(lefts, placed.columns, strict=True)
        ):
            return None
        from reportgen.intake.workbook.read.contents import Area

        area = Area(placed.sheet, placed.row - 1, lefts[0], placed.last, lefts[-1])
        return EditedTable(placed.table.name, area, tuple(column.name for column in placed.columns))

    def _rows(self, placed: Placed, edited: EditedTable, sheet: EditedSheet, columns: dict[str, int]) -> dict[int, int]:
        """Return the row index in the table for each row of the sheet, by row names, because users sort tables."""
        table, rows = placed.table, dict[int, int]()
        known = {tuple(name.casefold() for name in key): i for i, key in enumerate(table.keys)}
        places: dict[tuple[str, ...], int] = {}
        free = iter(range(len(table.keys), len(table.keys) + (edited.area.bottom - edited.area.top)))
        for row in range(edited.area.top + 1, edited.area.bottom + 1):
            key = tuple(named(sheet.value(row, columns[d])) for d in table.dims)
            folded = tuple(part.casefold() for part in key)
            if any(key) and places.setdefault(folded, row) != row:
                here = [f"{sheet.title}!{address(number, columns[table.dims[0]])}" for number in (places[folded], row)]
                self._fail(f"{here[1]}: duplicate name '{', '.join(key)}', also at {here[0]}", "each row has its own")
            index = known.pop(folded, None)
            if index is None:
                index = next(free)
                self._new_row(table, key, sheet, row, columns)
            rows[row] = index
        for index in sorted(known.values()):
            gone = ", ".join(table.keys[index])
            if any(c.group == "input" for c in placed.columns) and len(table.dims) == 1:
                self._fail(f"the row '{gone}' is missing from the table '{table.name}' on the sheet '{sheet.title}'")
            else:
                self.result.gone_columns.append(f"{table.name}: the row of {gone}")
        return rows

    def _new_row(
        self, table: Table, key: tuple[str, ...], sheet: EditedSheet, row: int, columns: dict[str, int]
    ) -> None:
        if any(key):
            self.result.new_rows.append(
                NewRow(table.dims, key[0] if len(key) == 1 else ", ".join(key), sheet.title, row)
            )
            return
        typed = [n for n, c in columns.items() if table.columns[n].group == "input" and _typed(sheet, row, c)]
        spare = {n: cell.value for n in typed if (cell := table.columns[n].cells.get(len(table.keys))) is not None}
        odd = [n for n in typed if sheet.value(row, columns[n]) != spare.get(n)]
        if odd:
            where = f"{sheet.title}!{address(row, columns[table.dims[0]])}"
            self._fail(f"{where}: a row of {table.dims[0]} has values ({', '.join(odd[:3])}) and no name")

    def _fail(self, message: str, hint: str = "") -> None:
        self.result.problems.append(Problem(message, Span(str(self.edited.path)), hint))


def named(value: float | str | bool | None) -> str:
    """Return what was typed as a name, as text: programs read 5090 as a number, and TRUE as a flag."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return f"{value:.15g}"
    return value or ""


def _typed(sheet: EditedSheet, row: int, column: int) -> bool:
    return sheet.value(row, column) not in (None, "")
