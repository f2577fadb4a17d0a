"""Native charts of the dashboard, over live cells of the sheet `Chart data`: the roofline, and the ranked options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, Reference, ScatterChart
from openpyxl.chart.legend import LegendEntry
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from reportgen.render.excel.charts.parts import (
    axis,
    bar_labels,
    line,
    place,
    points,
    scatter_series,
    title,
)
from reportgen.render.excel.charts.specs import chart_spec, line_colour, palette
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.sheets.styles import INK, WHITE, Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Plain
    from reportgen.render.excel.sheets.shown import Shown
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["ROOFLINE", "option_chart", "roofline_chart"]

ROOFLINE = frozenset({"linear_rate", "bandwidth", "total_arithmetic_intensity", "total_performance", "accelerator"})
"""The quantities that the roofline needs."""

_WIDTH = 18.0  # centimetres
_TERA = "1E+12"
_LEFT, _RIGHT = 0.1, 10000.0  # FLOP/B: where roofs begin, and the least value at which they end
_STAGES = ("prefill", "decode")
_LOOKS = (("baseline", 0, "solid"), ("recommended", 1, "dash"))
"""The options on the roofline: role, index in the palette, and line style."""

_HEAD, _HEADING = Look("head", side="right"), Look("heading")
_NONE = ErrorValue("#N/A")


# --- the roofline ----------------------------------------------------------------------------------------------------


def roofline_chart(
    writer: Writer, sheet: Worksheet, onto: Worksheet, anchor: str, column: int, shown: tuple[Shown, Shown]
) -> float:
    """Draw the roofs of the baseline and the recommended option with their passes; return the chart's height."""
    spec, chart = chart_spec("roofline"), ScatterChart(scatterStyle="lineMarker", style=2)
    made: Any = chart
    writer.put(sheet, 1, column, spec.title, _HEADING)
    writer.put(sheet, 2, column, "Series", Look("head", side="left"))
    for i, head in enumerate((spec.x.title, spec.y.title), start=1):
        writer.put(sheet, 2, column + i, head, _HEAD)
    row = 3
    for option, (role, colour, dash) in zip(shown, _LOOKS, strict=True):
        _roof(writer, sheet, row, column, option, role, _same(shown, role))
        series = scatter_series(sheet, (row, column), column + 1, column + 2, (row, row + 2))
        series.graphicalProperties = line(palette()[colour], 2.25, dash)
        made.series.append(series)
        row += 3
    stages = [s for s in _STAGES if s in writer.plan.book.dimensions["stage"].names]
    for option, (role, colour, _) in zip(shown, _LOOKS, strict=True):
        base = role == "baseline"
        for stage in stages:
            _point(writer, sheet, row, column, option, stage, _same(shown, role))
            series = scatter_series(sheet, (row, column), column + 1, column + 2, (row, row))
            symbol, fill = "circle" if stage == "prefill" else "diamond", palette()[colour]
            points(series, symbol, fill, INK, "b" if base else "t")  # LibreOffice draws no outline
            made.series.append(series)
            row += 1
    _roofline_look(made)
    place(onto, made, anchor, f"{spec.alt.rstrip('.')}: the roofs of the baseline and of the recommended option, "
          "with the points that their prefill and decode passes reach.")  # fmt: skip
    return float(made.height)


def _same(shown: tuple[Shown, Shown], role: str) -> str:
    """Return the condition that hides an option: the recommended one is the baseline."""
    return f"{shown[0].row}={shown[1].row}" if role == "recommended" else ""


def _roof(writer: Writer, sheet: Worksheet, row: int, column: int, option: Shown, role: str, hide: str) -> None:
    """Write the three corners of a roof: left on the slope, at the ridge, and right on the peak."""
    rate, bandwidth = option.cell("linear_rate"), option.cell("bandwidth")
    peak, slope = option.value("linear_rate"), option.value("bandwidth")
    assert isinstance(peak, float)
    assert isinstance(slope, float)
    ridge = peak / slope
    same = _hidden(option, hide)
    words = f'{option.cell("accelerator")}&" ({role})"'
    text = f'IF({hide},"recommended: the baseline",{words})' if hide else words
    value = "recommended: the baseline" if same else f"{option.value('accelerator')} ({role})"
    corners = (
        (repr(_LEFT), f"{_LEFT!r}*{bandwidth}/{_TERA}", _LEFT, _LEFT * slope / 1e12),
        (f"{rate}/{bandwidth}", f"{rate}/{_TERA}", ridge, peak / 1e12),
        (f"MAX({_RIGHT:.0f},10*{rate}/{bandwidth})", f"{rate}/{_TERA}", max(_RIGHT, 10 * peak / slope), peak / 1e12),
    )
    for i, (x, y, x_value, y_value) in enumerate(corners):
        if i == 0:
            writer.formula(sheet, row, column, text, value, Look())
        _number(writer, sheet, row + i, column + 1, x, x_value, hide, same)
        _number(writer, sheet, row + i, column + 2, y, y_value, hide, same)


def _point(writer: Writer, sheet: Worksheet, row: int, column: int, option: Shown, stage: str, hide: str) -> None:
    plan = writer.plan
    number = plan.book.dimensions["stage"].index(stage) + 1
    same = _hidden(option, hide)
    name = f"INDEX({plan.tables['stage',].whole('stage_title')},{number})"
    label = plan.results.get("stage_title", stage)
    writer.formula(sheet, row, column, name, label, Look())
    x = option.value("total_arithmetic_intensity", stage)
    y = option.value("total_performance", stage)
    reached = y / 1e12 if isinstance(y, float) else None
    for at, text, value in (
        (column + 1, option.cell_of("total_arithmetic_intensity", "stage", stage), x),
        (column + 2, f"{option.cell_of('total_performance', 'stage', stage)}/{_TERA}", reached),
    ):
        _number(writer, sheet, row, at, text, value, hide, same)


def _hidden(option: Shown, hide: str) -> bool:
    """Return whether the recommended option is the baseline, which is drawn only once."""
    return bool(hide) and option.option == option.plan.book.baseline


def _number(
    writer: Writer, sheet: Worksheet, row: int, column: int, text: str, value: Plain, hide: str, hidden: bool
) -> None:
    """Write a coordinate, or an error value if the point must not be drawn."""
    text = f"IF({hide},NA(),{text})" if hide else text
    writer.formula(sheet, row, column, text, _NONE if hidden else value, Look("plain", "0.000"))


def _roofline_look(chart: Any) -> None:
    spec = chart_spec("roofline")
    chart.title, chart.height, chart.width = title(spec.title), 11.0, _WIDTH
    axis(chart.x_axis, spec.x)
    axis(chart.y_axis, spec.y)
    chart.legend.position = "b"
    chart.legend.legendEntry = [LegendEntry(idx=i, delete=True) for i in range(2, len(chart.series))]


# --- the options -----------------------------------------------------------------------------------------------------


def option_chart(
    writer: Writer, sheet: Worksheet, onto: Worksheet, anchor: str, column: int, shown: tuple[Shown, Shown]
) -> float:
    """Draw the options by objective, best first, coloured by role; return the chart's height."""
    plan, spec = writer.plan, chart_spec("options")
    quantity = plan.book.quantities["objective_value"]
    unit = quantity.type.unit.label or str(plan.results.get("objective_unit") or "")
    what = f"{quantity.title.removeprefix('Objective: ')}{', ' + unit if unit else ''}"
    trials = plan.results.plain("is_trial") if "is_trial" in plan.book.quantities else {}
    count = sum(1 for key in plan.tables["option",].keys if not trials.get(key))
    values = [v for v in plan.results.plain("objective_value").values() if isinstance(v, float)]
    form = "#,##0" if max(map(abs, values), default=0.0) >= 1000 else "0.0"
    roles = _roles(writer)
    writer.put(sheet, 1, column, f"{spec.title}: {what}", _HEADING)
    for i, head in enumerate(("Row", "Option", *(label for label, *_ in roles))):
        writer.put(sheet, 2, column + i, head, Look("head", side="left") if i == 1 else _HEAD)
    for number in range(1, count + 1):
        _ranked(writer, sheet, number, column, shown, form)
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "bar", 2, "clustered", 100, 40
    chart.title = title(f"{what}: options, the best first")
    last = 2 + count
    chart.add_data(
        Reference(sheet, min_col=column + 2, max_col=column + 1 + len(roles), min_row=2, max_row=last),
        titles_from_data=True,
    )
    chart.set_categories(Reference(sheet, min_col=column + 1, min_row=3, max_row=last))
    for series, (_, fill, edge) in zip(chart.series, roles, strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=fill, ln=LineProperties(solidFill=edge, w=9525))
        series.dLbls = bar_labels(f"{form};-{form};;")  # a bar is 0 in the series of other roles
    axis(chart.x_axis, spec.y, numbers="General")
    axis(chart.y_axis, spec.x, what)
    chart.x_axis.scaling.orientation, chart.y_axis.crosses = "maxMin", "max"
    chart.legend.position = "b"
    chart.height, chart.width = max(8.0, 3.4 + 0.6 * count), _WIDTH
    roles_words = ", ".join(label for label, *_ in roles)
    place(
        onto, chart, anchor, f"{what} of the options as bars, the best first, coloured by what they are: {roles_words}."
    )
    return float(chart.height)


def _roles(writer: Writer) -> list[tuple[str, str, str]]:
    """Return the possible roles of a bar: word, fill and edge; without a verdict, all that run have one role."""
    grey = line_colour("labelColor")
    roles = [("recommended", palette()[0], palette()[0]), ("baseline", grey, grey), ("feasible", "9FC5E0", "9FC5E0")]
    return [*roles, ("not feasible", WHITE, grey)] if "feasible" in writer.plan.book.quantities else roles[1:]


def _ranked(writer: Writer, sheet: Worksheet, number: int, column: int, shown: tuple[Shown, Shown], form: str) -> None:
    """Write the cells of the bar at a rank; empty if fewer options have a value."""
    plan, row, options = writer.plan, number + 2, writer.plan.tables["option",]
    here = sheet.cell(row, column).coordinate
    at, text = _place(writer, number)
    option = None if at is None else options.keys[at][0]
    writer.formula(sheet, row, column, text, None if at is None else float(at + 1), Look("plain", "0"))
    name = f'IF({here}="","",INDEX({options.whole("option_title")},{here}))'
    writer.formula(sheet, row, column + 1, name, option and plan.results.get("option_title", option), Look())
    height = f"INDEX({options.whole('objective_value')},{here})"
    value = None if option is None else plan.results.get("objective_value", option)
    cases = [f"{here}=1", f"{here}<>1"]
    facts = [at == 0, at != 0]
    if "feasible" in plan.book.quantities:
        good = f"INDEX({options.whole('feasible')},{here})"
        best, base = f"{here}={shown[1].row}", f"{here}=1"
        fine = bool(option is not None and plan.results.get("feasible", option))
        is_best, is_base = option == shown[1].option, at == 0
        cases = [best, f"AND({base},NOT({best}))", f"AND(NOT({base}),NOT({best}),{good})"]
        cases.append(f"AND(NOT({base}),NOT({best}),NOT({good}))")
        facts = [is_best, is_base and not is_best, not is_base and not is_best and fine]
        facts.append(not is_base and not is_best and not fine)
    for i, (case, fact) in enumerate(zip(cases, facts, strict=True), start=2):
        written = f'IF({here}="",0,IF({height}="",0,IF({case},{height},0)))'
        writer.formula(
            sheet, row, column + i, written, value if fact and value is not None else 0.0, Look("plain", form)
        )


def _place(writer: Writer, number: int) -> tuple[int | None, str]:
    """Return the 0-based row of the option at a rank, and the formula for the 1-based row."""
    plan = writer.plan
    options = plan.tables["option",]
    if "shown_place" not in options.columns:
        return number - 1, str(number)
    places, ranks = plan.results.plain("shown_place"), options.whole("shown_place")
    found = [i for i, key in enumerate(options.keys) if places[key] == float(number)]
    text = f'IF({number}>COUNT({ranks}),"",MATCH({number},{ranks},0))'
    return (found[0] if found else None), text
