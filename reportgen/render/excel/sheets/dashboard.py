"""The Summary: verdict, state of the inputs, key figures, recommendations, and a list of the sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break

from reportgen.render.excel.sheets.numbers import number_look, scale
from reportgen.render.excel.sheets.pages import CHANGED, PROBLEM, define
from reportgen.render.excel.sheets.styles import FILLS, WHITE, Look
from reportgen.report.chosen import key_figures
from reportgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Quantity
    from reportgen.render.excel.sheets.pages import Area
    from reportgen.render.excel.sheets.shown import Shown
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["CHARTS", "contents", "link_back", "summary_page"]

CHARTS = "J"
"""The first column of charts on the Summary."""

_LAST = 8
_WIDTHS = (34, 17, 15, 13, 12, 12, 13, 13)
_LINE = 15.0
_TEXT, _TITLE = Look(), Look("heading")
_CHECK = '"check inputs"'

_HOLDS = {
    "Inputs": "Inputs of the whole scenario; change the yellow cells and everything follows",
    "Options": "What is compared: each option's configuration, results and verdict",
    "Memory": "What fills the memory of a device, option by option, against its capacity",
    "Cost": "What each option costs, by what is paid for, and per token and query",
    "Under load": "What requests wait on each option at the load as given, and over the request rate",
    "Batch sweep": "Latency and throughput of the baseline with more and more requests at once",
    "Load curve": "Every option at loads from nearly none to nearly all that it can take",
    "Percentiles": "How percentiles of the TTFT are found where prompts differ between classes",
    "Requests": "Classes of requests, on every option",
    "Stages": "Prefill and decode passes: operations, bytes, time",
    "Operators": "Every operator of a layer on the roofline",
    "Operator rates": "Peak rates and repeats of the operators",
    "Recommendations": "What to change, best first, with reasons and risks",
    "Rules": "The rules of the recommendations, on every option",
    "Requirements": "What every option must meet, and by how much it misses",
    "Sensitivity": "How the objective follows its inputs, with a chart",
    "Studies": "What searches and random trials found; values that hold for the inputs as built",
    "Load": "The load over the day, and the replicas that it takes",
    "Prices": "Offers to rent and to buy, with dates and sources",
    "Efficiency": "Shares of the roofline that are reached, with their evidence",
    "Option efficiency": "The same for each option and class of operators",
    "Catalogue": "Accelerators, models and precisions; rows may be added",
    "Lists": "Figures of the whole scenario that are computed, and short lists",
    "Method": "Every quantity with its formula, linked to its cells",
    "Sources": "Where the figures come from, with dates",
    "Scenario": "The scenario's text as built",
    "Chart data": "The cells that the charts draw",
}


def summary_page(
    writer: Writer,
    sheet: Worksheet,
    area: Area,
    shown: tuple[Shown, Shown],
    further: Callable[[Writer, Worksheet, int], int],
) -> int:
    """Write the dashboard from the verdict to the recommendations; return the next free row.

    Args:
        writer: Writes the cells.
        sheet: The empty sheet.
        area: The cells that report problems of scalar inputs.
        shown: The baseline and the recommended option.
        further: Writes lines below the state of the inputs and returns the next row.
    """
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _LINE, True
    for letter, width in zip("ABCDEFGH", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.column_dimensions["I"].width = 3
    scenario = writer.plan.book.scenario
    writer.put(sheet, 1, 1, scenario.title, Look("big", "General"))
    sheet.row_dimensions[1].height = 26
    _verdict(writer, sheet, shown)
    first = _load(writer, sheet, _state(writer, sheet, 5, area))
    row = further(writer, sheet, first)
    for at in range(first, row):
        said = str(writer.values[sheet.title].get(f"B{at}", ""))
        sheet.row_dimensions[at].height = 14.0 * max(1, -(-len(said) // 78)) + 2
    row = _key_figures(writer, sheet, row + 1, shown)
    row = _advice(writer, sheet, row + 1)
    made = [
        scenario.author, scenario.date or "", f"accounting {writer.plan.book.accounting}",
        f"reportgen {__version__}",
    ]  # fmt: skip
    for text in (scenario.description, " · ".join(m for m in made if m)):
        if text:
            row += 1
            _wide(writer, sheet, row, 1, Look("note", wrap=True), text)
            sheet.row_dimensions[row].height = 13.0 * -(-len(text) // 140)
    return row + 2


# --- the verdict -----------------------------------------------------------------------------------------------------


def _verdict(writer: Writer, sheet: Worksheet, shown: tuple[Shown, Shown]) -> None:
    """Write rows 2 to 4: the finding as a banner, and the recommended option and the baseline with their verdicts."""
    plan = writer.plan
    quantities = plan.book.quantities
    name = next((n for n in ("report_title", "report_subtitle") if n in plan.scalars), None)
    if name is not None:
        said = str(plan.results.get(name))
        text = f"IF({PROBLEM}>0,{_CHECK},{plan.scalars[name].name})"
        _wide(writer, sheet, 2, 1, Look("banner", wrap=True), said, text)
        sheet.row_dimensions[2].height = 24.0 * max(1, -(-len(said) // 84)) + 6
    for row, label, option in zip((3, 4), ("Recommended", "Baseline"), reversed(shown), strict=True):
        writer.put(sheet, row, 1, label, Look("key"))
        text = f"IF({PROBLEM}>0,{_CHECK},{_named(option)})"
        writer.formula(sheet, row, 2, text, option.value("option_title"), Look("figure" if row == 3 else "value"))
        sheet.row_dimensions[row].height = 22.0 if row == 3 else 18.0
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=4)
        if "feasible" not in quantities:
            continue
        words = ("feasible", "not feasible")
        text = f'IF({PROBLEM}>0,{_CHECK},IF({option.cell("feasible")},"{words[0]}","{words[1]}"))'
        writer.formula(sheet, row, 5, text, words[0] if option.value("feasible") else words[1], Look("word"))
        _coloured(sheet, f"E{row}", *words)
        if "verdict" in quantities:
            text = f"IF({PROBLEM}>0,{_CHECK},{option.cell('verdict')})"
            writer.formula(sheet, row, 6, text, option.value("verdict"), Look("words", wrap=True))
            sheet.merge_cells(start_row=row, start_column=6, end_row=row, end_column=_LAST)
            lines = max(1, -(-len(str(option.value("verdict"))) // 40))
            sheet.row_dimensions[row].height = max(sheet.row_dimensions[row].height, 14.0 * lines + 2)
    if "feasible" in quantities and name is not None:
        _fill(sheet, "A2:H2", '$E$3="feasible"', FILLS["met"], WHITE)
        _fill(sheet, "A2:H2", '$E$3<>"feasible"', FILLS["missed"], WHITE)


def _named(option: Shown) -> str:
    """Return a formula for an option's title that adds the current model and accelerator once the row was edited."""
    title = option.cell("option_title")
    if not {"model", "accelerator"} <= set(option.plan.book.quantities):
        return title
    now = f'" (now "&{option.cell("model")}&" on "&{option.cell("accelerator")}&")"'
    return f'{title}&IF({option.cell("changed")}>0,{now},"")'


def _coloured(sheet: Worksheet, area: str, good: str, bad: str) -> None:
    """Highlight cells with one word as good, and with another as bad."""
    first = area.partition(":")[0]
    _fill(sheet, area, f'{first}="{good}"', FILLS["met"], WHITE)
    _fill(sheet, area, f'{first}="{bad}"', FILLS["missed"], WHITE)


def _fill(sheet: Worksheet, area: str, formula: str, fill: str, ink: str | None = None) -> None:
    look = DifferentialStyle(fill=PatternFill("solid", bgColor=fill), font=Font(bold=True, color=ink))
    sheet.conditional_formatting.add(area, Rule(type="expression", formula=[formula], dxf=look))


def _load(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Write how close the servers are to their capacity, or a warning; return the next row."""
    plan = writer.plan
    if not {"load_title", "load_warning"} <= set(plan.scalars):
        return row
    finding, warning = (plan.scalars[name].name for name in ("load_title", "load_warning"))
    said = str(plan.results.get("load_warning") or plan.results.get("load_title") or "")
    writer.put(sheet, row, 1, "Load", Look("key"))
    text = f'IF({PROBLEM}>0,{_CHECK},IF({warning}="",{finding},{warning}))'
    _wide(writer, sheet, row, 2, Look("words", wrap=True), said, text)
    _fill(sheet, f"A{row}:H{row}", f'AND($B${row}<>"",$B${row}={warning})', FILLS["missed"], WHITE)
    sheet.row_dimensions[row].height = 14.0 * max(1, -(-len(said) // 88)) + 4
    return row + 1


# --- the state of the inputs -----------------------------------------------------------------------------------------


def _state(writer: Writer, sheet: Worksheet, row: int, area: Area) -> int:
    """Write whether the inputs are valid, and how many were changed since the build."""
    areas = [*area.problems, *(p.range("problem") for p in writer.placed.values() if "problem" in p.letters)]
    sound = "all inputs are within their ranges"
    text = f'"{sound}"'
    for cells in reversed(areas):
        text = f'IF(COUNTIF({cells},"?*")>0,INDEX({cells},MATCH("?*",{cells},0)),{text})'
    bad = "+".join(f'COUNTIF({cells},"?*")' for cells in areas)
    _wide(writer, sheet, row, 2, Look("words"), sound, text)
    writer.put(sheet, row, 1, "State of the inputs", Look("key"))
    writer.put(sheet, row + 1, 1, "Inputs with a problem", Look("key"))
    writer.formula(sheet, row + 1, 2, bad, 0.0, Look("words", "0"))
    define(writer, sheet, PROBLEM, row + 1, 2)
    changed = [f"SUM({area.changes})"]
    changed += [f"SUM({p.range('changed')})" for p in writer.placed.values() if "changed" in p.letters]
    writer.put(sheet, row + 2, 1, "Inputs changed since the build", Look("key"))
    writer.formula(sheet, row + 2, 2, "+".join(changed), 0.0, Look("words", "0"))
    define(writer, sheet, CHANGED, row + 2, 2)
    _fill(sheet, f"A{row}:H{row}", f"$B${row + 1}>0", FILLS["missed"], WHITE)
    _fill(sheet, f"A{row + 1}:B{row + 1}", f"$B${row + 1}>0", FILLS["missed"], WHITE)
    _fill(sheet, f"A{row + 2}:B{row + 2}", f"$B${row + 2}>0", FILLS["changed"])
    return row + 3


# --- key figures -----------------------------------------------------------------------------------------------------


def _key_figures(writer: Writer, sheet: Worksheet, row: int, shown: tuple[Shown, Shown]) -> int:
    """Write the key figures of the recommended option, each with its range, the baseline's figure, and its target."""
    book = writer.plan.book
    writer.put(sheet, row, 1, "Key figures of the recommended option", _TITLE)
    numbers = ("Recommended", "Low (p10)", "High (p90)", "Baseline")
    sides = dict.fromkeys((*numbers, "Target"), "right") | {"Unit": "left", "Target is": "center"}
    for i, head in enumerate(("Key figure", *numbers, "Unit", "Target", "Target is")):
        writer.put(sheet, row + 1, 1 + i, head, Look("head", side=sides.get(head, "")))
    first = at = row + 2
    for name in key_figures(book):
        quantity = book.quantities[name]
        unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
        look = number_look(quantity.type.kind, unit, [o.value(name) for o in shown], whole=quantity.whole)
        form = look.form
        scale(sheet, {look.rules: [f"B{at}:E{at}", f"G{at}"]})
        writer.put(sheet, at, 1, quantity.title, Look("label"))
        _figure(writer, sheet, at, 2, name, shown[1], Look("value", form))
        for column, end in zip((3, 4), book.relations.band(name) or ("", ""), strict=True):
            if end:
                _figure(writer, sheet, at, column, end, shown[1], Look("range", form))
            else:
                writer.put(sheet, at, column, None, _TEXT)
        _figure(writer, sheet, at, 5, name, shown[0], Look("aside", form))
        writer.put(sheet, at, 6, unit or None, Look("words"))
        _target(writer, sheet, at, quantity, shown[1], form)
        sheet.row_dimensions[at].height = 18
        at += 1
    if at > first:
        _coloured(sheet, f"H{first}:H{at - 1}", "met", "missed")
    return at


def _figure(writer: Writer, sheet: Worksheet, row: int, column: int, name: str, option: Shown, look: Look) -> None:
    text = f"IF({PROBLEM}>0,{_CHECK},{option.cell(name)})"
    writer.formula(sheet, row, column, text, option.value(name), look)


def _target(writer: Writer, sheet: Worksheet, row: int, quantity: Quantity, option: Shown, form: str) -> None:
    """Write the target or limit of a key figure, and whether it is met."""
    plan = writer.plan
    relation = plan.book.relations.limits.get(quantity.name)
    if relation is None:
        writer.put(sheet, row, 7, None, _TEXT)
        writer.put(sheet, row, 8, None, _TEXT)
        return
    limit = plan.book.quantities[relation.target]
    factor = float(limit.type.unit.scale / quantity.type.unit.scale)
    value, cell = option.value(limit.name), option.cell(limit.name)
    written = cell if factor == 1 else f"{cell}*{factor!r}"
    shown = value * factor if isinstance(value, float) else value
    here = writer.formula(sheet, row, 7, f'IF({cell}="","",{written})', shown, Look("aside", form)).coordinate
    if not relation.met:
        writer.put(sheet, row, 8, None, _TEXT)
        return
    text = f'IF({PROBLEM}>0,"",IF({here}="","",IF({option.cell(relation.met)},"met","missed")))'
    word = "met" if option.value(relation.met) else "missed"
    writer.formula(sheet, row, 8, text, "" if value is None else word, Look("word"))


# --- recommendations -------------------------------------------------------------------------------------------------


def _advice(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Write the recommendations, best first, in the rules' words, with the reasons of the first."""
    book = writer.plan.book
    if "advised_text" not in book.quantities:
        return row - 1
    writer.put(sheet, row, 1, "Recommendations, best first", _TITLE)
    place = writer.plan.tables["place",]
    at = row + 1
    for i, key in enumerate(place.keys, start=1):
        said = f"INDEX({place.whole('advised_text')},{i})"
        words = str(writer.plan.results.plain("advised_text")[key] or "")
        group = str(writer.plan.results.plain("advised_group")[key] or "") if words else ""
        label = f'IF({said}="","",{_number(i)}&INDEX({place.whole("advised_group")},{i}))'
        writer.formula(sheet, at, 1, label, f"{i} · {group}" if words else "", Look("key", wrap=True))
        text = f"IF({PROBLEM}>0,{_CHECK},{said})"
        _wide(writer, sheet, at, 2, Look("plain", wrap=True), words, text)
        sheet.row_dimensions[at].height = 14.0 * max(2, -(-len(words) // 92)) + 2  # an edit may bring in a longer text
        at += 1
    for title, name in (("Why", "advised_why"), ("Risk", "advised_risk"), ("Next", "advised_next")):
        writer.put(sheet, at, 1, f"{title} (of the first)", Look("key", wrap=True))
        words = str(writer.plan.results.plain(name)[place.keys[0]] or "")
        said = f'IF({PROBLEM}>0,"",INDEX({place.whole(name)},1))'
        _wide(writer, sheet, at, 2, Look("plain", wrap=True), words, said)
        sheet.row_dimensions[at].height = 14.0 * max(1, -(-len(words) // 92)) + 2
        at += 1
    return at


def _number(place: int) -> str:
    return f'"{place} · "'


def _wide(
    writer: Writer, sheet: Worksheet, row: int, column: int, look: Look, value: object, formula: str | None = None
) -> None:
    """Write a cell that spans all columns to its right."""
    if formula is None:
        writer.put(sheet, row, column, value, look)
    else:
        writer.formula(sheet, row, column, formula, value, look)
    sheet.merge_cells(start_row=row, start_column=column, end_row=row, end_column=_LAST)


# --- what is where ---------------------------------------------------------------------------------------------------


def contents(writer: Writer, sheet: Worksheet, row: int, sheets: Mapping[str, Worksheet]) -> int:
    """Write a linked list of all other sheets with their content, and the meaning of the colours; return the next row.

    They are printed on a separate page.
    """
    sheet.row_breaks.append(Break(id=row - 1))
    writer.put(sheet, row, 1, "Contents", _TITLE)
    for name, other in sheets.items():
        if other is sheet:
            continue
        row += 1
        cell = writer.put(sheet, row, 1, other.title, Look("link"))
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{other.title}'!A1")
        _wide(writer, sheet, row, 2, Look("plain"), _HOLDS.get(name) or _heading(other))
    return _legend(writer, sheet, row + 2)


def link_back(writer: Writer, sheet: Worksheet, summary: Worksheet) -> None:
    """Link the heading of a sheet to the Summary, if there is room next to the heading."""
    if sheet is not summary and "A1:B1" in sheet.merged_cells and sheet["C1"].value is None:
        cell = writer.put(sheet, 1, 3, "↑ Summary", Look("link"))
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{summary.title}'!A1")


def _heading(sheet: Worksheet) -> str:
    """Return the heading of a sheet."""
    return str(sheet["A1"].value or "")


def _legend(writer: Writer, sheet: Worksheet, row: int) -> int:
    writer.put(sheet, row, 1, "Colours", _TITLE)
    keys = (
        ("input", "Input", "To be changed; what a cell takes is said when it is clicked"),
        ("inherited", "Inherited", "Follows the option that it is based on, until something is typed over it"),
        ("plain", "Computed", "A formula; its name leads to the sheet Method"),
        ("look-up", "Look-up", "Taken from another table, or as it was when the workbook was built"),
        ("changed", "Changed", "An input that is no longer as built"),
        ("good", "Good", "Fits, or meets what is asked"),
        ("bad", "Warning", "Does not fit, misses a target, or holds what it must not"),
    )
    for at, (role, name, said) in enumerate(keys, start=row + 1):
        writer.put(sheet, at, 1, name, Look(role))
        _wide(writer, sheet, at, 2, Look("plain"), said)
    return row + len(keys) + 1
