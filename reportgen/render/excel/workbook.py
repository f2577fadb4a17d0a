"""Assemble the workbook: put every table and page on its sheet, add charts, save and finish."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.page import PageMargins

from reportgen.errors import OutputError
from reportgen.ooxml.addresses import reference
from reportgen.ooxml.lint import lint
from reportgen.render.excel.charts.batch import batch_chart
from reportgen.render.excel.charts.load import load_view
from reportgen.render.excel.charts.parts import descriptions, first_row_below
from reportgen.render.excel.charts.summary import option_chart, roofline_chart
from reportgen.render.excel.charts.tornado import tornado_chart
from reportgen.render.excel.charts.views import cost_view, memory_view
from reportgen.render.excel.file.finish import finish
from reportgen.render.excel.plan.checks import add_checks, in_order
from reportgen.render.excel.plan.layout import prefix_of
from reportgen.render.excel.plan.plan import Plan
from reportgen.render.excel.sheets.dashboard import CHARTS, contents, link_back, summary_page
from reportgen.render.excel.sheets.data import ChartData
from reportgen.render.excel.sheets.fitting import fit_columns, fit_heading, fit_rows, fit_table, total_width
from reportgen.render.excel.sheets.method import method_page
from reportgen.render.excel.sheets.pages import (
    FLAGS,
    SCALAR_HEADS,
    Area,
    derived_page,
    inputs_page,
    scenario_page,
    sources_page,
)
from reportgen.render.excel.sheets.references import STYLES, prefix_names, write_ranges
from reportgen.render.excel.sheets.shown_options import shown_options
from reportgen.render.excel.sheets.studies import search_line, studies_page
from reportgen.render.excel.sheets.styles import Styles
from reportgen.render.excel.sheets.tables import Placed, Writer
from reportgen.render.excel.sheets.verdicts import colour_verdicts
from reportgen.render.garbage import uncollected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Results
    from reportgen.render.excel.file.cell_values import CellValue
    from reportgen.render.excel.plan.layout import Table
    from reportgen.render.excel.sheets.shown_options import ShownOptions
    from reportgen.spec.declared.workbook import TableSpec
    from reportgen.spec.model import ScenarioSpec

__all__ = [
    "STYLES", "add_scenario", "assemble", "checked", "describe", "empty_workbook", "saved", "sheet_title",
    "workbook_bytes",
]  # fmt: skip

_SHEETS = (
    "Summary", "Inputs", "Options", "Under load", "Memory", "Cost", "Batch sweep", "Load curve", "Percentiles",
    "Requests", "Stages", "Operators", "Operator rates", "Recommendations", "Rules", "Requirements", "Sensitivity",
    "Studies", "Load", "Prices", "Efficiency", "Option efficiency", "Catalogue", "Lists", "Method", "Sources",
    "Scenario", "Chart data",
)  # fmt: skip
_STACKED = ("Inputs", "Lists", "Efficiency", "Load")
"""Sheets with tables one below the other."""
_FOLDED = {"Inputs": len(SCALAR_HEADS) + 1, "Lists": None, "Efficiency": None, "Load": None}
"""The column from which such a sheet hides helper columns; None if it hides none, because others use the columns."""
_ONE_PAGE = ("Summary", "Inputs", "Method", "Sources")
_PAGE = 260
"""The most characters next to each other that are readable on one page."""

_NARROW = 130
"""Fewer characters next to each other leave room on a page."""

_TABS = {"Summary": "0B5394", "Inputs": "E6B800", "Options": "E6B800", "Catalogue": "E6B800", "Efficiency": "E6B800"}


@uncollected()
def workbook_bytes(results: Results, references: str = "structured") -> bytes:
    """Return the workbook of an evaluated book; the same bytes for the same book and inputs.

    `references` is one of `STYLES`: how formulas refer to the cells of tables.
    """
    workbook, writer = assemble(results, references)
    return saved(workbook, writer.values, results.book.scenario.date)


@uncollected()
def checked(content: bytes) -> bytes:
    """Lint a workbook and return it unchanged.

    Raises:
        OutputError: the linter has a finding; such a workbook is not written.
    """
    findings = lint(content)
    if findings:
        lines = [f"  {finding.where}: {finding.text} ({finding.rule})" for finding in findings[:10]]
        more = f"\n  and {len(findings) - 10} more" if len(findings) > 10 else ""
        raise OutputError("the workbook has faults and was not written:\n" + "\n".join(lines) + more)
    return content


def saved(workbook: Workbook, values: Mapping[str, Mapping[str, CellValue]], date: str | None) -> bytes:
    """Return the bytes of an assembled workbook, with the values of its cells."""
    stamp = datetime.date.fromisoformat(date) if date else None
    return finish(workbook, values, stamp=stamp, charts=descriptions(workbook))


def assemble(results: Results, references: str = "structured", label: str = "") -> tuple[Workbook, Writer]:
    """Return the unsaved workbook, and the writer that knows the place of each table and the value of each cell.

    `label` as in `add_scenario`.
    """
    workbook = empty_workbook()
    writer = add_scenario(workbook, results, references, label)
    describe(workbook, results.book.scenario)
    return workbook, writer


def empty_workbook() -> Workbook:
    """A workbook without sheets."""
    workbook = Workbook()
    first = workbook.active
    assert first is not None
    workbook.remove(first)
    return workbook


def add_scenario(workbook: Workbook, results: Results, references: str, label: str) -> Writer:
    """Add the sheets of a scenario.

    With a label, the titles of sheets and the names of tables and cells begin with it.
    """
    names = set(workbook.defined_names)
    plan = Plan(results, label)
    styles = Styles(workbook)
    sheets = {name: workbook.create_sheet(sheet_title(name, label)) for name in _SHEETS}
    homes = {dims: _home(plan, table) for dims, table in plan.tables.items()}
    for name in homes.values():
        if name not in sheets:
            sheets[name] = workbook.create_sheet(sheet_title(name, label), workbook.index(sheets["Catalogue"]))
    add_checks(plan)
    writer = Writer(plan, styles)
    area = _tables(writer, sheets, homes)
    data = ChartData(writer, sheets["Chart data"])
    shown = shown_options(data, writer.plan.book)
    below = summary_page(writer, sheets["Summary"], area, shown, search_line)
    studies_page(writer, sheets["Studies"])
    method_page(writer, sheets["Method"])
    sources_page(writer, sheets["Sources"])
    scenario_page(writer, sheets["Scenario"])
    below = max(below, _charts(writer, sheets, data, shown))
    for name, letters in (("Method", "ABEFGH"), ("Sources", "DG")):
        fit_rows(writer, sheets[name], letters, range(2, sheets[name].max_row + 1))
    for name in [n for n, s in sheets.items() if s.max_row == 1 and s["A1"].value is None]:
        workbook.remove(sheets.pop(name))
    contents(writer, sheets["Summary"], below, dict(sorted(sheets.items(), key=lambda i: workbook.index(i[1]))))
    for sheet in sheets.values():
        link_back(writer, sheet, sheets["Summary"])
    styles.close()
    for name, sheet in sheets.items():
        _page_setup(sheet, name)
    if references == "a1":
        write_ranges(sheets.values(), writer.placed.values())
    if label:
        prefix_names(workbook, sheets.values(), set(workbook.defined_names) - names, prefix_of(label))
    return writer


def sheet_title(name: str, label: str) -> str:
    """Return the title of a scenario's sheet, at most 31 characters, as Excel requires."""
    return f"{label} {name}"[:31] if label else name


def _declared(plan: Plan) -> Mapping[tuple[str, ...], TableSpec]:
    """Return what the library says of tables, by index set."""
    return {tuple(table.per): table for table in plan.book.workbook.tables}


def _home(plan: Plan, table: Table) -> str:
    """Return the sheet of a table."""
    declared = _declared(plan).get(table.dims)
    if declared is not None:
        return declared.sheet
    if len(table.dims) == 1:
        return "Inputs" if any(c.group == "input" for c in table.columns.values()) else "Lists"
    return " by ".join(reversed(table.dims)).replace("_", " ").capitalize()[:31]


def _tables(writer: Writer, sheets: dict[str, Worksheet], homes: dict[tuple[str, ...], str]) -> Area:
    """Write the tables: below each other, or next to each other for the catalogue's, because these may grow."""
    derived = sum(1 for s in writer.plan.scalars.values() if not s.cell.input)
    derived += sum(1 for table in writer.plan.tables.values() if in_order(table))
    declared = _declared(writer.plan)
    down = dict.fromkeys(sheets, 1) | {"Lists": derived + 8}
    right = 1
    flags = get_column_letter(FLAGS)
    first, last = 2, 3
    writer.flags = reference(sheets["Lists"].title, f"{flags}{first}:{flags}{last}", fixed=True)
    # lists that drop-downs read come first
    for dims in sorted(homes, key=lambda d: (homes[d] == "Options", len(d))):
        table, home = writer.plan.tables[dims], homes[dims]
        said = declared.get(dims)
        title = (said.title if said else "") or (
            _plural(writer.plan.book.dimensions[dims[0]].title) if len(dims) == 1 else home
        )
        if home == "Catalogue":
            placed = writer.table(sheets[home], table, 1, right, title=title, fold_from=1)
            right = placed.right + 2
            sheets[home].freeze_panes = f"A{placed.row}"
        else:
            fold_from = _FOLDED.get(home, 1)
            placed = writer.table(sheets[home], table, down[home], title=title, fold_from=fold_from)
            if home not in _STACKED:
                sheets[home].freeze_panes = _frozen(placed)
            down[home] = placed.last + 3
        fit_table(writer, sheets[home], placed)
        if home not in (*_STACKED, "Catalogue"):
            fit_heading(sheets[home], writer)
        for name, value in writer.plan.book.workbook.muted.items():
            writer.mute(sheets[home], placed, name, value)
        if said is not None and said.verdicts:
            colour_verdicts(sheets[home], placed, writer.plan.book)
    writer.validate_tables()
    moved = derived_page(writer, sheets["Lists"], 1)
    sheets["Inputs"].freeze_panes = "B1"
    problems, changes = inputs_page(writer, sheets["Inputs"], down["Inputs"])
    return Area((moved, problems), changes)


def _plural(word: str) -> str:
    ending = "ies" if word.endswith("y") else f"{word[-1]}es" if word.endswith("s") else f"{word[-1]}s"
    return (word[:-1] + ending).capitalize()


def _frozen(placed: Placed) -> str:
    """Return the first cell right of the keys and below the headers."""
    keys = sum(1 for c in placed.columns if c.group == "key")
    names = [c.name for c in placed.columns]
    return f"{placed.letters[names[min(keys, len(names) - 1)]]}{placed.row}"


def _charts(writer: Writer, sheets: dict[str, Worksheet], data: ChartData, shown: ShownOptions) -> int:
    """Add views and native charts; return the first row of the Summary below its charts."""
    summary, row = sheets["Summary"], 2
    height = roofline_chart(writer, data, summary, f"{CHARTS}{row}", shown)
    row = first_row_below(summary, row, height) if height else row
    height = option_chart(writer, data, summary, f"{CHARTS}{row}", shown)
    row = first_row_below(summary, row, height)
    tornado_chart(writer, data, sheets["Sensitivity"])
    memory_view(writer, sheets["Memory"], data, shown)
    cost_view(writer, sheets["Cost"], data, shown)
    batch_chart(writer, data, sheets["Batch sweep"])
    load_view(writer, sheets["Under load"], data, shown)
    fit_columns(sheets["Chart data"], writer)
    return row


def _page_setup(sheet: Any, name: str) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.3, footer=0.3)
    width = total_width(sheet)
    if name not in _ONE_PAGE and width > _PAGE:  # several pages next to each other, each with the keys
        sheet.page_setup.scale = 60
        sheet.print_title_cols = "A:B"
    elif width < _NARROW and not sheet._charts:  # fitting to the page enlarges it too much
        sheet.page_setup.scale = 90
    else:
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.right.text = "&A · page &P of &N"
    sheet.print_options.horizontalCentered = False
    if name in _TABS:
        sheet.sheet_properties.tabColor = _TABS[name]
    if sheet.freeze_panes and name != "Summary":
        row = coordinate_to_tuple(sheet.freeze_panes)[0]
        sheet.print_title_rows = f"1:{row - 1}" if row > 1 else None


def describe(workbook: Workbook, scenario: ScenarioSpec) -> None:
    """Set the file's properties."""
    workbook.properties.title = scenario.title
    workbook.properties.creator = scenario.author or "reportgen"
    workbook.properties.description = scenario.description
