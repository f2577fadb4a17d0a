"""Which options the dashboard and the charts are about: the baseline, and the one that is recommended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.excel.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Plain
    from reportgen.render.excel.plan import Plan
    from reportgen.render.excel.tables import Writer

__all__ = ["Shown", "shown_options"]

_OPTION = ("option",)


@dataclass(frozen=True, slots=True)
class Shown:
    """An option that may be another after an edit: its row in the table of options is a cell."""

    plan: Plan
    option: str
    row: str

    def cell(self, name: str) -> str:
        """The formula for one of its quantities, or for one that all options have in common."""
        if name in self.plan.scalars:
            return self.plan.scalars[name].name
        return f"INDEX({self.plan.tables[_OPTION].whole(name)},{self.row})"

    def cell_of(self, name: str, dimension: str, member: str) -> str:
        """The formula for one of its quantities that has a value for each member of a second dimension."""
        inner = self.plan.tables[dimension,].whole(dimension)
        place = self.plan.book.dimensions[dimension].index(member) + 1
        table = self.plan.tables["option", dimension]
        return f"INDEX({table.whole(name)},({self.row}-1)*ROWS({inner})+{place})"

    def value(self, name: str, *members: str) -> Plain:
        """What those cells show."""
        own = (self.option, *members) if name not in self.plan.scalars else ()
        return self.plan.results.get(name, *own)


def shown_options(writer: Writer, sheet: Worksheet, row: int, column: int) -> tuple[Shown, Shown]:
    """The baseline and the recommended option; their rows among the options are put into cells at the place.

    Recommended is what the recommendations say first. Without any it is the baseline, or an option that is feasible
    where the baseline is not.
    """
    plan = writer.plan
    names = plan.tables[_OPTION].whole("option")
    text, option = _recommended(plan)
    writer.put(sheet, row, column, "Options that are shown", Look("heading"))
    for i, head in enumerate(("Which", "Option", "Row")):
        writer.put(sheet, row + 1, column + i, head, Look("head"))
    made = []
    chosen = (("Baseline", f"INDEX({names},1)", plan.book.baseline), ("Recommended", text, option))
    for at, (label, formula, name) in enumerate(chosen, start=row + 2):
        writer.put(sheet, at, column, label, Look("key"))
        cell = writer.formula(sheet, at, column + 1, formula, name, Look())
        place = float(plan.book.dimensions["option"].index(name) + 1)
        here = writer.formula(sheet, at, column + 2, f"MATCH({cell.coordinate},{names},0)", place, Look("plain", "0"))
        made.append(Shown(plan, name, f"'{sheet.title}'!${here.column_letter}${here.row}"))
    return made[0], made[1]


def _recommended(plan: Plan) -> tuple[str, str]:
    """The name of the option that is recommended, as a formula and as it is now."""
    options, book, results = plan.tables[_OPTION], plan.book, plan.results
    text, option = f"INDEX({options.whole('option')},1)", book.baseline
    if "first_feasible" in plan.scalars and "feasible" in options.columns:
        feasible, first = f"INDEX({options.whole('feasible')},1)", plan.scalars["first_feasible"].name
        text = f'IF(OR({feasible},{first}=""),{text},{first})'
        found = results.get("first_feasible")
        option = option if results.get("feasible", option) or not found else str(found)
    if "best_advised" in plan.scalars:
        advised = plan.scalars["best_advised"].name
        text = f'IF({advised}="",{text},{advised})'
        option = str(results.get("best_advised") or option)
    return text, option
