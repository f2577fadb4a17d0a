"""The options of the dashboard and the charts: the baseline and the recommended one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.excel.sheets.styles import Look
from reportgen.report.chosen import chosen

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Plain
    from reportgen.render.excel.plan.plan import Plan
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["Shown", "shown_options"]

_OPTION = ("option",)


@dataclass(frozen=True, slots=True)
class Shown:
    """An option that an edit may change: a cell holds its row in the table of options."""

    plan: Plan
    option: str
    row: str

    def cell(self, name: str) -> str:
        """Return the formula for one of its quantities, or for one that all options share."""
        if name in self.plan.scalars:
            return self.plan.scalars[name].name
        return f"INDEX({self.plan.tables[_OPTION].whole(name)},{self.row})"

    def cell_of(self, name: str, dimension: str, member: str) -> str:
        """Return the formula for one of its quantities that has a value per member of a second dimension."""
        inner = self.plan.tables[dimension,].whole(dimension)
        place = self.plan.book.dimensions[dimension].index(member) + 1
        table = self.plan.tables["option", dimension]
        return f"INDEX({table.whole(name)},({self.row}-1)*ROWS({inner})+{place})"

    def value(self, name: str, *members: str) -> Plain:
        """Return the value of those formulas as built."""
        own = (self.option, *members) if name not in self.plan.scalars else ()
        return self.plan.results.get(name, *own)


def shown_options(writer: Writer, sheet: Worksheet, row: int, column: int) -> tuple[Shown, Shown]:
    """Return the baseline and the recommended option; their rows in the table of options are written to cells."""
    plan = writer.plan
    names = plan.tables[_OPTION].whole("option")
    writer.put(sheet, row, column, "Options that are shown", Look("heading"))
    for i, head in enumerate(("Which", "Option", "Row")):
        writer.put(sheet, row + 1, column + i, head, Look("head"))
    about = chosen(plan.results)
    wanted = (
        ("Baseline", f"INDEX({names},1)", about.baseline),
        ("Recommended", plan.scalars[plan.book.roles.recommended].name, about.recommended),
    )
    made = []
    for at, (label, formula, name) in enumerate(wanted, start=row + 2):
        writer.put(sheet, at, column, label, Look("key"))
        cell = writer.formula(sheet, at, column + 1, formula, name, Look())
        place = float(plan.book.dimensions["option"].index(name) + 1)
        here = writer.formula(sheet, at, column + 2, f"MATCH({cell.coordinate},{names},0)", place, Look("plain", "0"))
        made.append(Shown(plan, name, f"'{sheet.title}'!${here.column_letter}${here.row}"))
    return made[0], made[1]
