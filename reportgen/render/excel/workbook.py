"""The workbook: every table and page put on its sheet, charts added, saved and finished."""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook

from reportgen.render.excel.charts import option_chart, roofline_chart
from reportgen.render.excel.checks import add_checks
from reportgen.render.excel.finish import finish
from reportgen.render.excel.method import method_page
from reportgen.render.excel.pages import (
    derived_page,
    inputs_page,
    scenario_page,
    sources_page,
    summary_page,
)
from reportgen.render.excel.plan import Plan
from reportgen.render.excel.studies import search_line, studies_page
from reportgen.render.excel.styles import Styles
from reportgen.render.excel.tables import Placed, Writer
from reportgen.render.excel.tornado import tornado_chart

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Results
    from reportgen.render.excel.layout import Table

__all__ = ["assemble", "workbook_bytes"]

_SHEETS = (
    "Summary", "Inputs", "Options", "Requests", "Stages", "Operators", "Operator rates", "Recommendations", "Rules",
    "Requirements", "Sensitivity", "Studies", "Load", "Prices",
    "Efficiency", "Option efficiency", "Catalogue", "Lists", "Method", "Sources", "Scenario", "Chart data",
)  # fmt: skip
_HOME = {
    ("option",): "Options", ("option", "request"): "Requests", ("option", "stage"): "Stages",
    ("option", "stage", "operator"): "Operators", ("option", "operator"): "Operator rates",
    ("place",): "Recommendations", ("option", "rule"): "Rules",
    ("accelerator",): "Catalogue", ("model",): "Catalogue", ("precision",): "Catalogue",
    ("accelerator_family",): "Efficiency", ("engine",): "Efficiency", ("scheme",): "Efficiency",
    ("option", "requirement"): "Requirements", ("driver",): "Sensitivity", ("period",): "Load",
    ("option", "period"): "Load", ("price",): "Prices", ("currency",): "Load", ("commitment",): "Load",
    ("evidence",): "Efficiency", ("option", "operator_class"): "Option efficiency",
}  # fmt: skip
_STACKED = ("Inputs", "Lists", "Efficiency", "Load")
"""Sheets with tables one below the other."""
_TITLES = {
    ("option",): "Options: what is compared", ("option", "stage"): "Passes through the network",
    ("option", "stage", "operator"): "Operators of one layer, and of the network",
    ("option", "operator"): "Operators: repeats and rates", ("place",): "Recommendations, best first",
    ("option", "rule"): "Rules on every option", ("option", "request"): "Request classes on every option",
    ("option", "requirement"): "What every option must meet, and by how much it misses",
    ("driver",): "How the objective follows its inputs", ("option", "period"): "Replicas over the day",
    ("period",): "Periods of the day", ("currency",): "Currencies", ("price",): "Prices",
    ("option", "rival"): "Every option against every other: cost, latency, capacity",
    ("option", "change"): "In what every option differs from its base",
    ("option", "operator_class"): "Shares of the roofline that each class of operators reaches",
}  # fmt: skip
_TABS = {"Summary": "0B5394", "Inputs": "E6B800", "Options": "E6B800", "Catalogue": "E6B800", "Efficiency": "E6B800"}


def workbook_bytes(results: Results) -> bytes:
    """The finished workbook of an evaluated book; the same bytes for the same book and inputs."""
    workbook, writer = assemble(results)
    buffer = io.BytesIO()
    workbook.save(buffer)
    date = results.book.scenario.date
    return finish(buffer.getvalue(), writer.values, stamp=datetime.date.fromisoformat(date) if date else None)


def assemble(results: Results) -> tuple[Workbook, Writer]:
    """The workbook before it is saved, and the writer that knows where each table stands and what each cell shows."""
    workbook = Workbook()
    first = workbook.active
    assert first is not None
    workbook.remove(first)
    plan = Plan(results)
    styles = Styles(workbook)
    sheets = {name: workbook.create_sheet(name) for name in _SHEETS}
    homes = {dims: _home(plan, table) for dims, table in plan.tables.items()}
    for name in homes.values():
        if name not in sheets:
            sheets[name] = workbook.create_sheet(name, len(_SHEETS) - 5)
    add_checks(plan)
    writer = Writer(plan, styles)
    problems = _tables(writer, sheets, homes)
    summary_page(writer, sheets["Summary"], problems, search_line)
    studies_page(writer, sheets["Studies"])
    method_page(writer, sheets["Method"])
    sources_page(writer, sheets["Sources"])
    scenario_page(writer, sheets["Scenario"])
    _charts(writer, sheets)
    styles.close()
    for name in [n for n, s in sheets.items() if s.max_row == 1 and s["A1"].value is None]:
        workbook.remove(sheets.pop(name))
    for sheet in sheets.values():
        _page_setup(sheet)
    _properties(workbook, plan)
    return workbook, writer


def _home(plan: Plan, table: Table) -> str:
    """The sheet of a table."""
    if table.dims in _HOME:
        return _HOME[table.dims]
    if len(table.dims) == 1:
        return "Inputs" if any(c.group == "input" for c in table.columns.values()) else "Lists"
    return " by ".join(reversed(table.dims)).replace("_", " ").capitalize()[:31]


def _tables(writer: Writer, sheets: dict[str, Worksheet], homes: dict[tuple[str, ...], str]) -> tuple[int, int]:
    """Write the tables: one below the other, those of the catalogue side by side, for they may grow."""
    scalars = sum(1 for s in writer.plan.scalars.values() if s.cell.input)
    derived = sum(1 for s in writer.plan.scalars.values() if not s.cell.input)
    down = dict.fromkeys(sheets, 1) | {"Inputs": scalars + 5, "Lists": derived + 5}
    right = 1
    # lists that drop-downs read come first
    for dims in sorted(homes, key=lambda d: (homes[d] == "Options", len(d))):
        table, home = writer.plan.tables[dims], homes[dims]
        title = _TITLES.get(dims) or (_plural(writer.plan.book.dimensions[dims[0]].title) if len(dims) == 1 else home)
        if home == "Catalogue":
            placed = writer.table(sheets[home], table, 1, right, title=title, fold=True)
            right = placed.right + 2
        else:
            placed = writer.table(sheets[home], table, down[home], title=title, fold=home not in _STACKED)
            if down[home] == 1:
                sheets[home].freeze_panes = _frozen(placed)
            down[home] = placed.last + 3
        writer.mute(sheets[home], placed, "repeats")
    writer.validate_tables()
    derived_page(writer, sheets["Lists"], 1)
    return inputs_page(writer, sheets["Inputs"], 1)


def _plural(word: str) -> str:
    return (word + ("es" if word.endswith("s") else "s")).capitalize()


def _frozen(placed: Placed) -> str:
    """The first cell right of the keys and below the heads."""
    keys = sum(1 for c in placed.columns if c.group == "key")
    names = [c.name for c in placed.columns]
    return f"{placed.letters[names[min(keys, len(names) - 1)]]}{placed.row}"


def _charts(writer: Writer, sheets: dict[str, Worksheet]) -> None:
    needed = {"peak_compute", "bandwidth", "total_arithmetic_intensity", "total_inference_time", "accelerator"}
    if needed <= set(writer.plan.book.quantities):
        roofline_chart(writer, sheets["Chart data"], sheets["Summary"], "G5")
    option_chart(writer, sheets["Chart data"], sheets["Summary"], "G25", 6)
    tornado_chart(writer, sheets["Chart data"], sheets["Sensitivity"], 9)


def _page_setup(sheet: Any) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    wide = sheet.max_column > 20
    if wide:  # several pages side by side, each with the keys
        sheet.page_setup.scale = 60
        sheet.print_title_cols = "A:B"
    else:
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.right.text = "&A · page &P of &N"
    sheet.print_options.horizontalCentered = False
    if sheet.title in _TABS:
        sheet.sheet_properties.tabColor = _TABS[sheet.title]
    if sheet.freeze_panes and sheet.title != "Summary":
        row = int("".join(c for c in sheet.freeze_panes if c.isdigit()))
        sheet.print_title_rows = f"1:{row - 1}" if row > 1 else None


def _properties(workbook: Workbook, plan: Plan) -> None:
    scenario = plan.book.scenario
    workbook.properties.title = scenario.title
    workbook.properties.creator = scenario.author or "reportgen"
    workbook.properties.description = scenario.description
