"""Write tables on sheets: titles and units, then the Excel table with formulas, inputs and validation."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Any

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table as ExcelTable
from openpyxl.worksheet.table import TableColumn, TableFormula, TableStyleInfo

from reportgen.book.ranges import allowed
from reportgen.lang import tree
from reportgen.lang.excel import number
from reportgen.ooxml.addresses import reference
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.plan.layout import OWN_ROW, Cell, Column, Table
from reportgen.render.excel.plan.live import GAP, Live
from reportgen.render.excel.plan.trees import choice, differs, equal, known, rule
from reportgen.render.excel.sheets.numbers import is_scaled, number_look, scale
from reportgen.render.excel.sheets.styles import FILLS, Look, Styles, side

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Quantity
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["Placed", "Writer"]

_ORDER = ("key", "input", "check", "result", "look-up", "position", "built")
_HEADING = 21
"""The height of a heading's row, in points."""
_PLAIN = ("plain", "look-up")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "#")


class Placed:
    """A table's place: its sheet, its columns and its first row of data."""

    def __init__(self, table: Table, sheet: str, row: int, column: int, columns: list[Column]) -> None:
        self.table, self.sheet, self.row, self.columns = table, sheet, row, columns
        self.letters = {c.name: get_column_letter(column + i) for i, c in enumerate(columns)}
        self.last = row + len(table.keys) + table.spare - 1
        self.right = column + len(columns) - 1

    def range(self, column: str) -> str:
        """Return the cells of a column, as an absolute address with its sheet."""
        letter = self.letters[column]
        return reference(self.sheet, f"{letter}{self.row}:{letter}{self.last}", fixed=True)

    def cell(self, column: str, row: int) -> str:
        """Return a cell of a column; row 0 is the first row of data."""
        return reference(self.sheet, f"{self.letters[column]}{self.row + row}", fixed=True)

    def area(self, quantity: str) -> str:
        """Return the cells of a quantity as a link target: one column or several adjacent ones."""
        letters = [self.letters[c.name] for c in self._columns(quantity)]
        return reference(self.sheet, f"{letters[0]}{self.row}:{letters[-1]}{self.last}")

    def first(self, quantity: Quantity, key: tuple[str, ...]) -> str:
        """Return the first cell that one formula of a quantity fills; `key` are the members of `Quantity.by`."""
        places = [self.table.dims.index(d) for d in quantity.by]
        row = next(i for i, k in enumerate(self.table.keys) if tuple(k[p] for p in places) == key)
        letter = self.letters[self._columns(quantity.name)[0].name]
        return reference(self.sheet, f"{letter}{self.row + row}")

    def _columns(self, quantity: str) -> list[Column]:
        shown = ("input", "result", "key")
        return [c for c in self.columns if c.quantity is not None and c.quantity.name == quantity and c.group in shown]


class Writer:
    """Writes cells with their looks and collects the values that formula cells show."""

    def __init__(self, plan: Plan, styles: Styles) -> None:
        self.plan, self.styles, self.live = plan, styles, Live(plan)
        self.values: dict[str, dict[str, float | str | bool]] = {}
        self.placed: dict[tuple[str, ...], Placed] = {}
        self.state: tuple[tree.Ref, ...] = ()
        """The cells with the state of the inputs and with the number of changed ones."""
        self.flags = ""
        """The range with TRUE and FALSE for drop-downs: a list in text depends on the program's language."""
        self.waiting: list[tuple[Worksheet, list[str], Quantity]] = []
        self._written: dict[str, tuple[str, str]] = {}
        """Formulas as openpyxl holds them, with their type; cached, because openpyxl checks every character."""

    def put(self, sheet: Worksheet, row: int, column: int, value: object, look: Look) -> Any:
        """Write a constant; text stays text, whatever it begins with."""
        cell: Any = sheet.cell(row, column)
        if isinstance(value, str):
            cell.value = value
            cell.data_type = "s"
            look = _text_look(look, column)
            if value.startswith(_RISKY) != look.quote:
                look = replace(look, quote=not look.quote)
        elif value is not None:
            cell.value = value
        if isinstance(value, float):
            self.values.setdefault(sheet.title, {})[cell.coordinate] = value
        self.styles.apply(cell, look)
        if look.role == "heading":
            sheet.row_dimensions[row].height = _HEADING
        return cell

    def formula(
        self, sheet: Worksheet, row: int, column: int, text: str, value: object, look: Look, *, array: bool = False
    ) -> Any:
        """Write a formula with its value."""
        cell: Any = sheet.cell(row, column)
        address = cell.coordinate
        if array:
            cell.value = ArrayFormula(address, "=" + text)
        elif (written := self._written.get(text)) is not None:
            cell._value, cell.data_type = written
        else:
            cell.value = "=" + text
            self._written[text] = cell._value, cell.data_type
        if isinstance(value, str):
            look = _text_look(look, column)
        self.styles.apply(cell, look)
        self.values.setdefault(sheet.title, {})[address] = "" if value is None else value  # type: ignore[assignment]
        return cell

    def show(
        self, sheet: Worksheet, row: int, column: int, node: tree.Node, look: Look, *, rows_of: str = ""
    ) -> tree.Ref:
        """Write a cell that shows a tree, and return its handle; `rows_of` as in `Live.hold`."""
        value = self.live.value(node)
        cell = self.formula(sheet, row, column, self.live.text(node, sheet.title), value, look)
        may_be_empty = self.live.may_be_empty(node)
        return self.live.hold(sheet.title, cell.coordinate, value, rows_of=rows_of, may_be_empty=may_be_empty)

    def show_row(
        self, sheet: Worksheet, row: int, column: int, member: tree.Node, dimension: str, look: Look
    ) -> tree.Ref:
        """Write a cell with the row of a member in the table of its dimension, and return its handle."""
        value = self.live.row(member, dimension)
        text = self.live.row_text(member, dimension, sheet.title)
        cell = self.formula(sheet, row, column, text, value, look)
        may_be_empty = self.live.may_be_empty(member)
        return self.live.hold(sheet.title, cell.coordinate, value, rows_of=dimension, may_be_empty=may_be_empty)

    def draw(
        self, sheet: Worksheet, row: int, column: int, node: tree.Node, look: Look, *, unless: tree.Node | None = None
    ) -> None:
        """Write a cell for a chart to draw; it is a gap if the value is absent or `unless` holds."""
        drawn = choice(known(node), node, GAP) if self.live.may_be_empty(node) else node
        drawn = drawn if unless is None else choice(unless, GAP, drawn)
        value = self.live.value(drawn)
        text = self.live.text(drawn, sheet.title)
        self.formula(sheet, row, column, text, ErrorValue("#N/A") if value is None else value, look)

    def _shown(self, table: Table) -> dict[str, int]:
        """Return an order of result columns that begins with those in the report."""
        report = self.plan.book.report
        lists = {1: report.option_columns, 2: report.stage_columns, 3: report.operator_columns}
        return {name: i for i, name in enumerate(lists.get(len(table.dims), []))}

    def table(
        self, sheet: Worksheet, table: Table, row: int, column: int = 1, *, title: str = "",
        fold_from: int | None = None,
    ) -> Placed:  # fmt: skip
        """Write a table with its title at this row and column; return where its data is.

        From the sheet's column `fold_from` on, look-ups, row numbers and values as built are hidden in a group; other
        content of these columns is hidden too.
        """
        shown = self._shown(table)
        columns = sorted(table.columns.values(), key=lambda c: (_ORDER.index(c.group), shown.get(c.name, len(shown))))
        placed = Placed(table, sheet.title, row + 4, column, columns)
        self.placed[table.dims] = placed
        if title:
            self.put(sheet, row, column, title, Look("heading"))
        ruled: dict[Any, list[str]] = {}
        for i, planned in enumerate(columns):
            self._head(sheet, placed, planned, column + i)
            rules = self._column(sheet, placed, planned, column + i)
            if rules:
                letter = placed.letters[planned.name]
                ruled.setdefault(rules, []).append(f"{letter}{placed.row}:{letter}{placed.last}")
        scale(sheet, ruled)
        last = f"{get_column_letter(placed.right)}{max(placed.last, placed.row)}"
        excel = ExcelTable(
            displayName=table.name, name=table.name, ref=f"{get_column_letter(column)}{placed.row - 1}:{last}"
        )
        excel.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        excel.tableColumns = [TableColumn(id=i, name=planned.name) for i, planned in enumerate(columns, start=1)]
        if table.spare:
            _fill_down(excel.tableColumns, columns)
        excel.autoFilter = AutoFilter(ref=excel.ref)
        sheet.add_table(excel)
        self._widths(sheet, placed, column)
        self._mark_changes(sheet, placed)
        if fold_from is not None:
            self._outline(sheet, placed, column, fold_from)
        return placed

    def _head(self, sheet: Worksheet, placed: Placed, planned: Column, column: int) -> None:
        top, where = placed.row - 3, _side(planned)
        self.put(sheet, top, column, planned.title, Look("head", side=where))
        # wrapped, so that the unit of a hidden column does not overlap the column before it
        self.put(sheet, top + 1, column, planned.unit or None, Look("unit", wrap=True, side=where))
        self.put(sheet, top + 2, column, planned.name, Look("name", side="" if planned.group == "key" else "left"))

    def _column(self, sheet: Worksheet, placed: Placed, planned: Column, column: int) -> Any:
        """Write the cells of a column; return the rules of its number format."""
        letter, whole = get_column_letter(column), planned.quantity is not None and planned.quantity.whole
        numbers = number_look(planned.kind, planned.unit, (c.value for c in planned.cells.values()), whole=whole)
        form = numbers.form
        role = {"key": "key", "input": "plain", "check": "plain", "built": "look-up"}.get(planned.group, planned.group)
        wrap = planned.kind == "text" and planned.group in ("result", "key")
        where = _side(planned)
        look = Look(role, form, wrap, side=where)
        typed = "General" if planned.kind != "number" else form
        input_look, follows = Look("input", typed, side=where), Look("inherited", typed, side=where)
        inputs: list[str] = []
        for row, cell in planned.cells.items():
            number = placed.row + row
            if cell.formula is None:
                self.put(sheet, number, column, cell.value, input_look if cell.input else look)
                inputs += [f"{letter}{number}"] if cell.input else []
            else:
                text = self._resolved(cell, letter, placed.row)
                written = follows if planned.group == "input" else look
                self.formula(sheet, number, column, text, cell.value, written, array=cell.array)
        if planned.group == "input" and planned.quantity is not None:
            every = [f"{letter}{placed.row + r}" for r in planned.cells]
            self.waiting.append((sheet, every, planned.quantity))
        return numbers.rules

    def _resolved(self, cell: Cell, letter: str, first: int) -> str:
        assert cell.formula is not None
        if "\0" not in cell.formula:
            return cell.formula
        return re.sub(OWN_ROW, lambda m: f"${letter}${first + int(m[1])}", cell.formula)

    def validate_tables(self) -> None:
        """Add validation to the inputs of all tables, once all are placed: drop-downs refer to other tables."""
        for sheet, cells, quantity in self.waiting:
            self.validate(sheet, cells, quantity)
        self.waiting.clear()

    def validate(self, sheet: Worksheet, cells: list[str], quantity: Quantity) -> None:
        """Add validation to input cells, with a message that states the valid values."""
        if not cells or quantity.type.kind == "text":
            return
        made = self._validation(quantity)
        made.showErrorMessage = made.showInputMessage = True
        made.errorTitle, made.error = "Out of range", f"{quantity.title}: {allowed(quantity)}"[:250]
        made.promptTitle, made.prompt = (
            shorten(quantity.title, 32, placeholder="…"),
            f"{quantity.name}: {allowed(quantity)}"[:250],
        )
        made.allow_blank = quantity.type.absent
        made.sqref = " ".join(_runs(cells))
        sheet.add_data_validation(made)

    def _validation(self, quantity: Quantity) -> Any:
        if quantity.type.kind == "flag":
            return DataValidation(type="list", formula1=self.flags)
        if quantity.type.kind == "member":
            dimension = quantity.type.dimension
            return DataValidation(type="list", formula1=self.placed[dimension,].range(dimension))
        low, high = quantity.minimum, quantity.maximum
        kind: Any = "whole" if quantity.whole else "decimal"
        if low is not None and high is not None:
            return DataValidation(type=kind, operator="between", formula1=number(low), formula2=number(high))
        if low is not None:
            return DataValidation(type=kind, operator="greaterThanOrEqual", formula1=number(low))
        high = 1e300 if high is None else high
        return DataValidation(type=kind, operator="lessThanOrEqual", formula1=number(high))

    def _widths(self, sheet: Worksheet, placed: Placed, column: int) -> None:
        lines = 1
        for i, planned in enumerate(placed.columns):
            longest = max((_length(c.value, planned.unit) for c in planned.cells.values()), default=0)
            words = max((len(w) for w in planned.title.split()), default=0)
            wide = min(46, max(11, longest + 2, words + 3, len(planned.name) * 0.8 + 3))
            letter = get_column_letter(column + i)
            width = max(wide, sheet.column_dimensions[letter].width if letter in sheet.column_dimensions else 0)
            sheet.column_dimensions[letter].width = width
            lines = max(lines, len(wrap(planned.title, int(width) - 1)))
        sheet.row_dimensions[placed.row - 3].height = max(30, 13.5 * lines + 3)
        sheet.row_dimensions[placed.row - 2].height = 14

    def _outline(self, sheet: Worksheet, placed: Placed, column: int, first: int) -> None:
        """Fold away look-ups, row numbers and values as built; a click on the group shows them."""
        for place, planned in enumerate(placed.columns, start=column):
            if planned.group in ("look-up", "position", "built") and place >= first:
                dimension = sheet.column_dimensions[get_column_letter(place)]
                dimension.outlineLevel, dimension.hidden = 1, True
                sheet.column_dimensions[get_column_letter(place + 1)].collapsed = True
                sheet.column_dimensions.max_outline = 1  # otherwise Excel shows no buttons to expand the group

    def _mark_changes(self, sheet: Worksheet, placed: Placed) -> None:
        """Highlight inputs that differ from their values as built."""
        for planned in placed.columns:
            built = placed.letters.get(f"{planned.name}_as_built")
            if built is not None:
                letter = placed.letters[planned.name]
                self.mark_changed(sheet, f"{letter}{placed.row}:{letter}{placed.last}", f"${built}{placed.row}")

    def mark_changed(self, sheet: Worksheet, area: str, built: str) -> None:
        """Highlight cells that differ from their values as built; `built` is the first of those."""
        first = area.partition(":")[0]
        look = DifferentialStyle(font=Font(bold=True), fill=PatternFill("solid", bgColor=FILLS["changed"]))
        changed = rule(differs(tree.Ref(f"${first}"), tree.Ref(built)))
        sheet.conditional_formatting.add(area, Rule(type="expression", formula=[changed], dxf=look))

    def mute(self, sheet: Worksheet, placed: Placed, column: str, value: float | bool) -> None:
        """Print rows in grey where the column has this value: they do not apply."""
        if column in placed.letters and placed.table.keys:
            first, letter = placed.columns[0].name, placed.letters[column]
            area = f"{placed.letters[first]}{placed.row}:{get_column_letter(placed.right)}{placed.last}"
            muted = rule(equal(tree.Ref(f"${letter}{placed.row}"), tree.Literal(value)))
            look = DifferentialStyle(font=Font(color="B8C0C8"))
            sheet.conditional_formatting.add(area, Rule(type="expression", formula=[muted], dxf=look))


def _length(value: object, unit: str) -> int:
    """Estimate the characters that a cell shows; numbers with a prefix are short."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, float) and not is_scaled(unit):
        return len(f"{value:,.2f}")
    return 0


def _text_look(look: Look, column: int) -> Look:
    """Align a text to the left, away from the numbers in the column before it."""
    return _to_the_left(look) if column > 1 and not look.side and look.role in _PLAIN else look


@cache
def _to_the_left(look: Look) -> Look:
    return replace(look, side="left")


def _side(column: Column) -> str:
    return "" if column.group == "key" else side(column.kind)


def _fill_down(heads: list[TableColumn], columns: list[Column]) -> None:
    """Give each column with one formula that formula, so that Excel computes rows typed below the table."""
    for head, column in zip(heads, columns, strict=True):
        texts = {cell.formula for cell in column.cells.values()}
        if len(texts) == 1 and None not in texts:
            head.calculatedColumnFormula = TableFormula(attr_text=texts.pop())


def _runs(cells: list[str]) -> list[str]:
    """Return cells of one column as ranges of adjacent cells."""
    letter = coordinate_from_string(cells[0])[0]
    rows = sorted(coordinate_from_string(cell)[1] for cell in cells)
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    return [f"{letter}{a}:{letter}{b}" if a != b else f"{letter}{a}" for a, b in runs]
