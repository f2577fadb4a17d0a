"""Native charts of the dashboard, over live cells of the sheet `Chart data`: the roofline, and the ranked options."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, ScatterChart
from openpyxl.chart.legend import LegendEntry
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from reportgen.lang import tree
from reportgen.render.excel.charts.option_view import option_members
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
from reportgen.render.excel.plan.trees import both, choice, either, equal, joined, known, opposite, scaled
from reportgen.render.excel.sheets.shown_options import BASELINE, RECOMMENDED
from reportgen.render.excel.sheets.styles import INK, WHITE, Look

if TYPE_CHECKING:
    from openpyxl.chart import Reference
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.plan.live import Chosen
    from reportgen.render.excel.sheets.data import Block, ChartData
    from reportgen.render.excel.sheets.shown_options import ShownOptions
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["option_chart", "roofline_chart"]

_WIDTH = 18.0  # centimetres
_TERA = 10**12
_LEFT, _RIGHT = 0.1, 10000.0  # FLOP/B: where roofs begin, and the least value at which they end
_STAGES = ("prefill", "decode")
_ACCELERATOR = "accelerator"
_LOOKS = ((0, "solid", "b"), (1, "dash", "t"))
"""The two roofs: index in the palette, line style, and the side of the points' labels."""

_FEASIBLE, _MISSED = "feasible", "not feasible"
_NO_DEVICES = "devices of an API are not known"
_ROW, _PLAIN = Look("plain", "0"), Look("plain", "0.000")


# --- the roofline ----------------------------------------------------------------------------------------------------


def roofline_chart(writer: Writer, data: ChartData, onto: Worksheet, anchor: str, shown: ShownOptions) -> float:
    """Draw the roofs of the baseline and the recommended option with their passes; return the chart's height.

    It is 0 if the accounting has no roofline.
    """
    drawn = writer.plan.book.figures.roofline
    needed = {drawn.rate, drawn.bandwidth, drawn.ridge, drawn.intensity, drawn.performance, _ACCELERATOR}
    if not needed <= set(writer.plan.book.quantities):
        return 0.0
    spec, chart = chart_spec("roofline"), ScatterChart(scatterStyle="lineMarker", style=2)
    scatter: Any = chart
    block = data.block(spec.title, [("Series", "left"), (spec.x.title, "right"), (spec.y.title, "right")])
    names, hidden = _roof_names(writer, shown), _roofs_hidden(writer, shown)
    pair = shown.pair[: len(names)]
    for option, name, unless, (colour, dash, _) in zip(pair, names, hidden, _LOOKS, strict=False):
        rows = [block.next_row() for _ in range(3)]
        block.show(rows[0], 0, name, Look())
        for row, corner in zip(rows, _corners(writer, option), strict=True):
            _point(block, row, corner, unless)
        series = scatter_series(block.cells(0, rows[0], rows[0]), *_coordinates(block, rows))
        series.graphicalProperties = line(palette()[colour], 2.25, dash)
        scatter.series.append(series)
    stages = [tree.Member("stage", s) for s in _STAGES if s in writer.plan.book.dimensions["stage"].names]
    for option, unless, (colour, _, where) in zip(pair, hidden, _LOOKS, strict=False):
        for stage in stages:
            row = block.next_row()
            block.show(row, 0, writer.live.of("stage_title", stage), Look())
            reached = writer.live.of(drawn.intensity, option, stage), _tera(writer, drawn.performance, option, stage)
            _point(block, row, reached, unless)
            series = scatter_series(block.cells(0, row, row), *_coordinates(block, [row]))
            symbol = "circle" if stage.name == "prefill" else "diamond"
            points(series, symbol, palette()[colour], INK, where)  # LibreOffice draws no outline
            scatter.series.append(series)
    _roofline_look(scatter)
    place(onto, scatter, anchor, f"{spec.alt.rstrip('.')}: the roofs of the baseline and of the recommended option, "
          "with the points that their prefill and decode passes reach.")  # fmt: skip
    return float(scatter.height)


def _roof_names(writer: Writer, shown: ShownOptions) -> tuple[tree.Node, ...]:
    """Return the names of the roofs: of both options, or of the recommended one where nothing exists yet."""
    base, best = (_roof_name(writer, option) for option in shown.pair)
    if not shown.has_baseline:
        return (joined(base, f" ({RECOMMENDED})"),)
    other = choice(shown.are_one, f"{RECOMMENDED}: the {BASELINE}", joined(best, f" ({RECOMMENDED})"))
    return joined(base, f" ({BASELINE})"), other


def _roof_name(writer: Writer, option: tree.Ref) -> tree.Node:
    """Return the accelerator of an option; that of an API is not known."""
    named, api = writer.live.of(_ACCELERATOR, option), writer.plan.book.roles.api
    return (
        choice(writer.live.of(api, option), _NO_DEVICES, joined(named)) if api in writer.plan.book.quantities else named
    )


def _roofs_hidden(writer: Writer, shown: ShownOptions) -> tuple[tree.Node | None, tree.Node]:
    """Return when each roof is not drawn: it is that of an API, or the second is the first again."""
    api = writer.plan.book.roles.api
    if api not in writer.plan.book.quantities:
        return None, shown.are_one
    first, second = (writer.live.of(api, option) for option in shown.pair)
    return first, either(second, shown.are_one)


_Point = tuple[tree.Node, tree.Node]


def _corners(writer: Writer, option: tree.Ref) -> tuple[_Point, _Point, _Point]:
    """Return the three corners of a roof: left on the slope, at the ridge, and right on the peak."""
    drawn = writer.plan.book.figures.roofline
    ridge, peak = writer.live.of(drawn.ridge, option), _tera(writer, drawn.rate, option)
    left, right = tree.Literal(_LEFT), tree.Literal(_RIGHT)
    far = tree.Call("max", (right, tree.Call("*", (tree.Literal(10.0), ridge))))
    return (left, tree.Call("*", (left, _tera(writer, drawn.bandwidth, option)))), (ridge, peak), (far, peak)


def _tera(writer: Writer, name: str, *members: Chosen) -> tree.Node:
    """Return a rate of an option in units of 10^12."""
    unit = writer.plan.book.quantities[name].type.unit
    return scaled(writer.live.of(name, *members), Fraction(unit.scale) / _TERA)


def _point(block: Block, row: int, point: _Point, unless: tree.Node | None) -> None:
    for column, coordinate in enumerate(point, start=1):
        block.draw(row, column, coordinate, _PLAIN, unless=unless)


def _coordinates(block: Block, rows: list[int]) -> tuple[Reference, Reference]:
    return block.cells(1, rows[0], rows[-1]), block.cells(2, rows[0], rows[-1])


def _roofline_look(chart: Any) -> None:
    spec = chart_spec("roofline")
    chart.title, chart.height, chart.width = title(spec.title), 11.0, _WIDTH
    axis(chart.x_axis, spec.x)
    axis(chart.y_axis, spec.y)
    chart.legend.position = "b"
    chart.legend.legendEntry = [LegendEntry(idx=i, delete=True) for i in range(2, len(chart.series))]


# --- the options -----------------------------------------------------------------------------------------------------


def option_chart(writer: Writer, data: ChartData, onto: Worksheet, anchor: str, shown: ShownOptions) -> float:
    """Draw the options by objective, best first, coloured by role; return the chart's height."""
    plan, spec = writer.plan, chart_spec("options")
    quantity = plan.book.quantities["objective_value"]
    unit = quantity.type.unit.label or str(plan.results.get("objective_unit") or "")
    what = f"{quantity.title.removeprefix('Objective: ')}{', ' + unit if unit else ''}"
    count = len(option_members(plan))
    values = [v for v in plan.results.plain("objective_value").values() if isinstance(v, float)]
    form = "#,##0" if max(map(abs, values), default=0.0) >= 1000 else "0.0"
    roles = _roles(writer)
    heads = [("Row", "right"), ("Option", "left"), *((label, "right") for label, *_ in roles)]
    block = data.block(f"{spec.title}: {what}", heads)
    for number in range(1, count + 1):
        _ranked(writer, block, number, shown, [label for label, *_ in roles], Look("plain", form))
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "bar", 2, "clustered", 100, 40
    chart.title = title(f"{what}: options, the best first")
    chart.add_data(block.table(2, 1 + len(roles)), titles_from_data=True)
    chart.set_categories(block.cells(1))
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
    roles = [(RECOMMENDED, palette()[0], palette()[0]), (BASELINE, grey, grey), (_FEASIBLE, "9FC5E0", "9FC5E0")]
    if writer.plan.book.roles.feasible not in writer.plan.book.quantities:
        return roles[1:]
    if not writer.plan.book.has_baseline:
        del roles[1]
    return [*roles, (_MISSED, WHITE, grey)]


def _ranked(writer: Writer, block: Block, number: int, shown: ShownOptions, roles: list[str], look: Look) -> None:
    """Write the cells of the bar at a rank; empty if fewer options have a value."""
    live, row, place = writer.live, block.next_row(), tree.Literal(float(number))
    if writer.plan.book.roles.place in writer.plan.book.quantities:
        ranked = tree.Reduce("find", tree.Ref(writer.plan.book.roles.place), ("option",), at=place)
        here = block.show_row(row, 0, ranked, "option", _ROW)
    else:
        here = block.show(row, 0, place, _ROW, rows_of="option")
    block.show(row, 1, choice(known(here), live.of("option_title", here), ""), Look())
    height, none = live.of("objective_value", here), tree.Literal(0.0)
    cases = _cases(writer, here, shown)
    for column, role in enumerate(roles, start=2):
        bar = choice(known(height), choice(cases[role], height, none), none)
        block.show(row, column, choice(known(here), bar, none), look)


def _cases(writer: Writer, here: tree.Ref, shown: ShownOptions) -> dict[str, tree.Node]:
    """Return the condition of each role for the option at a rank; exactly one holds."""
    base = equal(here, shown.baseline)
    if writer.plan.book.roles.feasible not in writer.plan.book.quantities:
        return {BASELINE: base, _FEASIBLE: opposite(base)}
    best, good = equal(here, shown.recommended), writer.live.of(writer.plan.book.roles.feasible, here)
    other = opposite(either(base, best))
    return {
        RECOMMENDED: best,
        BASELINE: both(base, opposite(best)),
        _FEASIBLE: both(other, good),
        _MISSED: both(other, opposite(good)),
    }
