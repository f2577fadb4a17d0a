"""The places of tables and named cells, as built and as edited, so that references in both can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl.utils.cell import column_index_from_string

from reportgen.intake.workbook.locate.moves import Moves
from reportgen.ooxml.addresses import area_of, sheet_and_cells
from reportgen.render.excel.plan.layout import prefix_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openpyxl import Workbook

    from reportgen.render.excel.sheets.tables import Placed

__all__ = ["Layout", "Meaning", "Standing", "of_build"]

Meaning = tuple[Any, ...]
"""The meaning of a reference: `("own", table, column)` in the formula's own row, `("cell", table, column, row)`,
`("column", table, first, last)`, `("name", name)`, `("at", sheet, row, column)`, `("area", corner, corner)`.
"""

_STRUCTURED = re.compile(
    r"(\w+)\[(?:\[#This Row\],\s*\[([^\[\]]+)\]|\[([^\[\]]+)\]:\[([^\[\]]+)\]|([^\[\]#@]+))\]", re.IGNORECASE
)


@dataclass(slots=True)
class Standing:
    """The place of a table: its sheet, the columns by name, and its row index for each row of the sheet."""

    name: str
    sheet: str
    columns: dict[str, int]
    rows: dict[int, int]
    size: int
    """The number of rows as built; added rows come after them."""
    at: dict[int, str] = field(init=False)
    """The names of columns by position."""

    def __post_init__(self) -> None:
        self.at = {place: name for name, place in self.columns.items()}


@dataclass
class Layout:
    """All tables and named cells of a workbook."""

    tables: dict[str, Standing]
    names: dict[str, tuple[str, int, int]]
    prefix: str = ""
    """The prefix of cell names in the workbook; `names` omits it."""
    moves: Moves = field(default_factory=Moves)
    """How cells outside tables have moved; references to them mean their places as built."""
    _named: dict[tuple[str, int, int], str] = field(init=False, repr=False)
    _on: dict[str, list[Standing]] = field(init=False, repr=False)
    _folded: dict[str, str] = field(init=False, repr=False)
    _sheets: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._named = {place: name for name, place in self.names.items()}
        self._folded = {name.casefold(): name for name in self.names}
        self._on = {}
        for table in self.tables.values():
            self._on.setdefault(table.sheet, []).append(table)
        self._sheets = {sheet.casefold(): sheet for sheet, _, _ in self.names.values()}
        self._sheets |= {sheet.casefold(): sheet for sheet in self._on}

    def meaning(self, text: str, sheet: str, row: int, column: int) -> Meaning:
        """Return the meaning of a reference or name in a formula of this cell."""
        if "[" in text:
            return self._structured(text, sheet, row)
        title, cells = sheet_and_cells(text)
        area = area_of(cells)
        plain = text.casefold().removeprefix(self.prefix.casefold())
        if area is None or plain in self._folded:
            return ("name", self._folded.get(plain, text))
        other = self._sheets.get((title or sheet).casefold(), title or sheet)
        top, left, bottom, right = area
        own = self.table_at(sheet, row, column)
        if ":" not in cells:
            return self._cell((other, top, left), own, row)
        return self._area((other, top, left), (other, bottom, right), own, row)

    def _structured(self, text: str, sheet: str, row: int) -> Meaning:
        match = _STRUCTURED.fullmatch(text)
        if match is None:
            return ("text", text)
        name, own, first, last, whole = match.groups()
        if own is None:
            return ("column", name, first or whole, last or whole)
        table = self.tables.get(name)
        if table is None or table.sheet != sheet or row not in table.rows:
            return ("text", text)
        return ("own", name, own)

    def _cell(self, place: tuple[str, int, int], own: Standing | None, row: int) -> Meaning:
        name = self._named.get(place)
        if name is not None:
            return ("name", name)
        sheet, its_row, column = place
        table = self.table_at(sheet, its_row, column)
        if table is None:
            return ("at", *next(self.moves.candidates(place, back=True)))
        if table is own and its_row == row:
            return ("own", table.name, table.at[column])
        return ("cell", table.name, table.at[column], table.rows[its_row])

    def _area(self, first: tuple[str, int, int], last: tuple[str, int, int], own: Standing | None, row: int) -> Meaning:
        table = self.table_at(*first)
        whole = table is not None and first[1] == min(table.rows) and last[2] in table.at
        if table is not None and whole and all(i >= table.size for r, i in table.rows.items() if r > last[1]):
            return ("column", table.name, table.at[first[2]], table.at[last[2]])
        return ("area", self._cell(first, own, row), self._cell(last, own, row))

    def table_at(self, sheet: str, row: int, column: int) -> Standing | None:
        """Return the table that contains a cell, or None."""
        for table in self._on.get(sheet, ()):
            if row in table.rows and column in table.at:
                return table
        return None


def of_build(workbook: Workbook, placed: Mapping[tuple[str, ...], Placed], label: str = "") -> Layout:
    """Return the layout of a workbook as built; `label` is the scenario's, if several share the workbook."""
    prefix = prefix_of(label)
    tables = {table.table.name: _standing(table) for table in placed.values()}
    names: dict[str, tuple[str, int, int]] = {}
    for name, defined in workbook.defined_names.items():
        sheet, cell = sheet_and_cells(str(defined.attr_text))
        area = area_of(cell)
        if area is not None and ":" not in cell:
            names[name.removeprefix(prefix)] = sheet, area[0], area[1]
    return Layout(tables, names, prefix)


def _standing(placed: Placed) -> Standing:
    columns = {name: column_index_from_string(letter) for name, letter in placed.letters.items()}
    rows = {placed.row + i: i for i in range(placed.last - placed.row + 1)}
    return Standing(placed.table.name, placed.sheet, columns, rows, len(rows))
