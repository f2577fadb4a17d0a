"""The Summary: verdict, state of the inputs, key figures, recommendations, and a list of the sheets."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break

from reportgen.lang import tree
from reportgen.ooxml.addresses import reference
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.layout import CHANGES, PROBLEMS
from reportgen.render.excel.plan.live import CHANGED, PROBLEM
from reportgen.render.excel.plan.trees import both, choice, differs, equal, in_words, known, more, rule, scaled
from reportgen.render.excel.sheets.numbers import number_look, scale
from reportgen.render.excel.sheets.pages import define
from reportgen.render.excel.sheets.styles import FILLS, WHITE, Look
from reportgen.report.chosen import key_figures
from reportgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Quantity
    from reportgen.render.excel.sheets.pages import Area
    from reportgen.render.excel.sheets.shown_options import ShownOptions
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["CHARTS", "contents", "link_back", "summary_page"]

CHARTS = "J"
"""The first column of charts on the Summary."""

_LAST = 8
_WIDTHS = (34, 17, 15, 13, 12, 12, 13, 13)
_LINE = 15.0
_TEXT, _TITLE = Look(), Look("heading")
_FEASIBLE, _MET = ("feasible", "not feasible"), ("met", "missed")
"""The words for flags."""

_HOLDS = {
    "Inputs": "Inputs of the whole scenario; change the yellow cells and everything follows",
    "Options": "What is compared: each option's configuration, results and verdict",
    "Memory": "What fills the memory of a device, option by option, against its capacity",
    "Cost": "What each option costs, by what is paid for, and per token and request",
    "Under load": "How long requests wait on each option at the given load, and over the request rate",
    "Batch sweep": "Latency and throughput of the baseline with more and more requests at once",
    "Load curve": "Every option at loads from nearly none to nearly its capacity",
    "Percentiles": "How percentiles of TTFT are computed if prompts differ between classes",
    "Requests": "Classes of requests, on every option",
    "Stages": "Prefill and decode passes: operations, bytes, time",
    "Operators": "Every operator of a layer on the roofline",
    "Operator rates": "Peak rates and repeats of the operators",
    "Recommendations": "What to change, best first, with reasons and risks",
    "Rules": "The rules of the recommendations, on every option",
    "Requirements": "What every option must meet, and by how much it misses",
    "Sensitivity": "How the objective follows its inputs, with a chart",
    "Studies": "Results of searches and random samples; values that hold for the inputs as built",
    "Load": "The load over the day, and the replicas that it needs",
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
    shown: ShownOptions,
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
    first = _load(writer, sheet, _sure(writer, sheet, _state(writer, sheet, 5, area)))
    row = further(writer, sheet, first)
    for at in range(first, row):
        said = str(writer.values[sheet.title].get(f"B{at}", ""))
        sheet.row_dimensions[at].height = 14.0 * max(1, -(-len(said) // 78)) + 2
    row = _key_figures(writer, sheet, row + 1, shown)
    row = _advice(writer, sheet, row + 1)
    made = [
        scenario.author, scenario.date or "", f"counting convention: {writer.plan.book.accounting}",
        f"reportgen {__version__}",
    ]  # fmt: skip
    for text in (scenario.description, " · ".join(m for m in made if m)):
        if text:
            row += 1
            _wide(writer, sheet, row, 1, Look("note", wrap=True), text)
            sheet.row_dimensions[row].height = 13.0 * -(-len(text) // 140)
    return row + 2


# --- the verdict -----------------------------------------------------------------------------------------------------


def _verdict(writer: Writer, sheet: Worksheet, shown: ShownOptions) -> None:
    """Write rows 2 to 4: the finding as a banner, and the recommended option and the baseline with their verdicts."""
    plan, live, roles = writer.plan, writer.live, writer.plan.book.roles
    quantities = plan.book.quantities
    name = next((n for n in (roles.title, roles.subtitle) if n in plan.scalars), None)
    if name is not None:
        _wide(writer, sheet, 2, 1, Look("banner", wrap=True), live.checked(tree.Ref(name)))
        sheet.row_dimensions[2].height = 24.0 * max(1, -(-len(_said(writer, tree.Ref(name))) // 84)) + 6
    lines = ((3, "Recommended", shown.recommended, roles.recommended_now, "figure"),
             (4, "Baseline", shown.baseline, roles.baseline_now, "value"))  # fmt: skip
    for row, label, option, now, role in lines if plan.book.has_baseline else lines[:1]:
        writer.put(sheet, row, 1, label, Look("key"))
        title: tree.Node = live.of("option_title", option)
        if now in quantities:  # a changed option may be something else than its title says
            title = choice(more(live.changes(option)), tree.Ref(now), title)
        writer.show(sheet, row, 2, live.checked(title), Look(role))
        sheet.row_dimensions[row].height = 22.0 if row == 3 else 18.0
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=4)
        if roles.feasible not in quantities:
            continue
        word = in_words(live.of(roles.feasible, option), *_FEASIBLE)
        writer.show(sheet, row, 5, live.checked(word), Look("word"))
        _coloured(sheet, f"E{row}", *_FEASIBLE)
        if roles.verdict in quantities:
            verdict = live.of(roles.verdict, option)
            writer.show(sheet, row, 6, live.checked(verdict), Look("words", wrap=True))
            sheet.merge_cells(start_row=row, start_column=6, end_row=row, end_column=_LAST)
            count = max(1, -(-len(_said(writer, verdict)) // 40))
            sheet.row_dimensions[row].height = max(sheet.row_dimensions[row].height, 14.0 * count + 2)
    if roles.feasible in quantities and name is not None:
        word, good = tree.Ref("$E$3"), tree.Literal(_FEASIBLE[0])
        _fill(sheet, "A2:H2", equal(word, good), FILLS["met"], WHITE)
        _fill(sheet, "A2:H2", differs(word, good), FILLS["missed"], WHITE)


def _said(writer: Writer, node: tree.Node) -> str:
    """Return the value of a text as built."""
    return str(writer.live.value(node) or "")


def _coloured(sheet: Worksheet, area: str, good: str, bad: str) -> None:
    """Highlight cells with one word as good, and with another as bad."""
    first = tree.Ref(area.partition(":")[0])
    _fill(sheet, area, equal(first, tree.Literal(good)), FILLS["met"], WHITE)
    _fill(sheet, area, equal(first, tree.Literal(bad)), FILLS["missed"], WHITE)


def _fill(sheet: Worksheet, area: str, where: tree.Node, fill: str, ink: str | None = None) -> None:
    look = DifferentialStyle(fill=PatternFill("solid", bgColor=fill), font=Font(bold=True, color=ink))
    sheet.conditional_formatting.add(area, Rule(type="expression", formula=[rule(where)], dxf=look))


def _sure(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Write how sure the conclusion is, if it was sampled; return the next row."""
    words = writer.plan.book.roles.evidence.words
    if words not in writer.plan.scalars:
        return row
    writer.put(sheet, row, 1, "How sure", Look("key"))
    _wide(writer, sheet, row, 2, Look("words", wrap=True), writer.live.checked(tree.Ref(words), ""))
    sheet.row_dimensions[row].height = 14.0 * max(2, -(-len(_said(writer, tree.Ref(words))) // 88)) + 4
    return row + 1


def _load(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Write how close the servers are to their capacity, or a warning; return the next row."""
    roles = writer.plan.book.roles
    if not {roles.load, roles.warning} <= set(writer.plan.scalars):
        return row
    line, warning = tree.Ref(roles.load), tree.Ref(roles.warning)
    writer.put(sheet, row, 1, "Load", Look("key"))
    _wide(writer, sheet, row, 2, Look("words", wrap=True), writer.live.checked(line))
    cell = tree.Ref(f"$B${row}")
    _fill(sheet, f"A{row}:H{row}", both(known(cell), equal(cell, warning)), FILLS["missed"], WHITE)
    sheet.row_dimensions[row].height = 14.0 * max(1, -(-len(_said(writer, line)) // 88)) + 4
    return row + 1


# --- the state of the inputs -----------------------------------------------------------------------------------------


def _state(writer: Writer, sheet: Worksheet, row: int, area: Area) -> int:
    """Write whether the inputs are valid, and how many were changed since the build."""
    placed = writer.placed.values()
    areas = [*area.problems, *(p.range(PROBLEMS) for p in placed if PROBLEMS in p.letters)]
    changes = [area.changes, *(p.range(CHANGES) for p in placed if CHANGES in p.letters)]
    sound = "all inputs are within their ranges"
    writer.put(sheet, row, 1, "State of the inputs", Look("key"))
    writer.formula(sheet, row, 2, idioms.first_said(areas, sound), sound, Look("words"))
    sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=_LAST)
    counts = (("Inputs with a problem", PROBLEM, idioms.count_said(areas)),
              ("Inputs changed since the build", CHANGED, idioms.total(changes)))  # fmt: skip
    for at, (label, name, text) in enumerate(counts, start=row + 1):
        writer.put(sheet, at, 1, label, Look("key"))
        writer.formula(sheet, at, 2, text, 0.0, Look("words", "0"))
        define(writer, sheet, name, at, 2)
    shows = ((row, sound), (row + 2, 0.0))
    writer.state = tuple(writer.live.hold(sheet.title, f"B{at}", value) for at, value in shows)
    wrong, changed = (more(tree.Ref(f"$B${at}")) for at in (row + 1, row + 2))
    _fill(sheet, f"A{row}:H{row}", wrong, FILLS["missed"], WHITE)
    _fill(sheet, f"A{row + 1}:B{row + 1}", wrong, FILLS["missed"], WHITE)
    _fill(sheet, f"A{row + 2}:B{row + 2}", changed, FILLS["changed"])
    return row + 3


# --- key figures -----------------------------------------------------------------------------------------------------


def _key_figures(writer: Writer, sheet: Worksheet, row: int, shown: ShownOptions) -> int:
    """Write the key figures of the recommended option, each with its range, the baseline's figure, and its target."""
    book, live = writer.plan.book, writer.live
    writer.put(sheet, row, 1, "Key figures of the recommended option", _TITLE)
    numbers = ("Recommended", "Low (p10)", "High (p90)", *(("Baseline",) if book.has_baseline else ("",)))
    sides = dict.fromkeys((*numbers, "Target"), "right") | {"Unit": "left", "Target is": "center"}
    for i, head in enumerate(("Key figure", *numbers, "Unit", "Target", "Target is")):
        writer.put(sheet, row + 1, 1 + i, head, Look("head", side=sides.get(head, "")))
    first = current = row + 2
    for name in key_figures(book):
        quantity = book.quantities[name]
        unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
        values = [live.value(live.of(name, option)) for option in shown.pair]
        look = number_look(quantity.type.kind, unit, values, whole=quantity.whole)
        form = look.form
        scale(sheet, {look.rules: [f"B{current}:E{current}", f"G{current}"]})
        writer.put(sheet, current, 1, quantity.title, Look("label"))
        _figure(writer, sheet, current, 2, name, shown.recommended, Look("value", form))
        for column, end in zip((3, 4), book.relations.band(name) or ("", ""), strict=True):
            if end:
                _figure(writer, sheet, current, column, end, shown.recommended, Look("range", form))
            else:
                writer.put(sheet, current, column, None, _TEXT)
        if book.has_baseline:
            _figure(writer, sheet, current, 5, name, shown.baseline, Look("aside", form))
        writer.put(sheet, current, 6, unit or None, Look("words"))
        _target(writer, sheet, current, quantity, shown.recommended, form)
        sheet.row_dimensions[current].height = 18
        current += 1
    if current > first:
        _coloured(sheet, f"H{first}:H{current - 1}", *_MET)
    return current


def _figure(writer: Writer, sheet: Worksheet, row: int, column: int, name: str, option: tree.Ref, look: Look) -> None:
    writer.show(sheet, row, column, writer.live.checked(writer.live.of(name, option)), look)


def _target(writer: Writer, sheet: Worksheet, row: int, quantity: Quantity, option: tree.Ref, form: str) -> None:
    """Write the target or limit of a key figure, and whether it is met."""
    book, live = writer.plan.book, writer.live
    relation = book.relations.limits.get(quantity.name)
    if relation is None:
        writer.put(sheet, row, 7, None, _TEXT)
        writer.put(sheet, row, 8, None, _TEXT)
        return
    limit = live.of(relation.target, option)
    factor = Fraction(book.quantities[relation.target].type.unit.scale) / Fraction(quantity.type.unit.scale)
    target = choice(known(limit), scaled(limit, factor), "") if factor != 1 else limit
    here = writer.show(sheet, row, 7, target, Look("aside", form))
    if not relation.met:
        writer.put(sheet, row, 8, None, _TEXT)
        return
    flag = live.of(relation.met, option)
    said = choice(known(flag), in_words(flag, *_MET), "") if book.quantities[relation.met].type.absent else None
    word = choice(known(here), said or in_words(flag, *_MET), "")
    writer.show(sheet, row, 8, live.checked(word, ""), Look("word"))


# --- recommendations -------------------------------------------------------------------------------------------------


def _advice(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Write the recommendations, best first, in the rules' words, with the reasons of the first."""
    book, live, roles = writer.plan.book, writer.live, writer.plan.book.roles
    if roles.advice not in book.quantities:
        return row - 1
    writer.put(sheet, row, 1, "Recommendations, best first", _TITLE)
    places = [tree.Member("place", name) for name in book.dimensions["place"].names]
    current = row + 1
    for place in places:
        text = live.of(roles.advice, place)
        writer.show(sheet, current, 1, live.of(roles.advice_label, place), Look("key", wrap=True))
        _wide(writer, sheet, current, 2, Look("plain", wrap=True), live.checked(text))
        lines = max(2, -(-len(_said(writer, text)) // 92))  # another may be longer
        sheet.row_dimensions[current].height = 14.0 * lines + 2
        current += 1
    for title, name in (("Why", roles.reason), ("Risk", roles.risk), ("Next", roles.next)):
        text = live.of(name, places[0])
        writer.put(sheet, current, 1, f"{title} (of the first)", Look("key", wrap=True))
        _wide(writer, sheet, current, 2, Look("plain", wrap=True), live.checked(text, ""))
        sheet.row_dimensions[current].height = 14.0 * max(1, -(-len(_said(writer, text)) // 92)) + 2
        current += 1
    return current


def _wide(writer: Writer, sheet: Worksheet, row: int, column: int, look: Look, shows: tree.Node | str) -> None:
    """Write a cell that spans all columns to its right."""
    if isinstance(shows, str):
        writer.put(sheet, row, column, shows, look)
    else:
        writer.show(sheet, row, column, shows, look)
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
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=reference(other.title, "A1"))
        _wide(writer, sheet, row, 2, Look("plain"), _HOLDS.get(name) or _heading(other))
    return _legend(writer, sheet, row + 2)


def link_back(writer: Writer, sheet: Worksheet, summary: Worksheet) -> None:
    """Link the heading of a sheet to the Summary, if there is room next to the heading."""
    if sheet is not summary and "A1:B1" in sheet.merged_cells and sheet["C1"].value is None:
        cell = writer.put(sheet, 1, 3, "↑ Summary", Look("link"))
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=reference(summary.title, "A1"))


def _heading(sheet: Worksheet) -> str:
    """Return the heading of a sheet."""
    return str(sheet["A1"].value or "")


def _legend(writer: Writer, sheet: Worksheet, row: int) -> int:
    writer.put(sheet, row, 1, "Colours", _TITLE)
    keys = (
        ("input", "Input", "For you to change; click a cell to see what it accepts"),
        ("inherited", "Inherited", "Follows the option that it is based on, until you overwrite it"),
        ("plain", "Computed", "A formula; its name leads to the sheet Method"),
        ("look-up", "Look-up", "Taken from another table, or as it was when the workbook was built"),
        ("changed", "Changed", "An input that was changed since the build"),
        ("good", "Good", "Fits, or meets what is asked"),
        ("bad", "Warning", "Does not fit, misses a target, or holds an invalid value"),
    )
    for current, (role, name, meaning) in enumerate(keys, start=row + 1):
        writer.put(sheet, current, 1, name, Look(role))
        _wide(writer, sheet, current, 2, Look("plain"), meaning)
    return row + len(keys) + 1
