"""The native tornado: how far each input moves the objective to either side of its given value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties

from reportgen.lang import tree
from reportgen.render.excel.charts.parts import axis, no_line, place, title
from reportgen.render.excel.charts.specs import chart_spec, palette
from reportgen.render.excel.plan.trees import choice, known
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.data import Block, ChartData
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["tornado_chart"]

_DRIVER = "driver"
_BELOW, _ABOVE = 0, 3
"""Their indices in the palette."""


def tornado_chart(writer: Writer, data: ChartData, onto: Worksheet) -> None:
    """Add a bar per driver, by rank, below the table of drivers."""
    plan, placed = writer.plan, writer.placed.get((_DRIVER,))
    drawn, roles = plan.book.figures.sensitivity, plan.book.roles
    needed = {drawn.rank, drawn.given, drawn.label, roles.low.value, roles.high.value}
    if placed is None or not needed <= {c.name for c in placed.columns}:
        return
    count = plan.book.size(_DRIVER)
    unit = str(plan.results.get("objective_unit") or "")
    spec = chart_spec("tornado")
    heads = ("Row", "Input and its ends", "Start", "Less than as given", "More than as given")
    block = data.block(spec.title, [(head, "") for head in heads])
    for number in range(1, count + 1):
        _bar(writer, block, number)
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "bar", 2, "stacked", 100, 40
    name = str(plan.results.get("objective_name"))
    what = f"{name[:1].upper()}{name[1:]}{', ' + unit if unit else ''}"
    chart.title = title(f"{what}: {spec.title[:1].lower()}{spec.title[1:]}")
    chart.add_data(block.table(2, 4), titles_from_data=True)
    chart.set_categories(block.cells(1))
    start, below, above = chart.series
    start.graphicalProperties = no_line()
    for series, colour in ((below, palette()[_BELOW]), (above, palette()[_ABOVE])):
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
    start.tx = SeriesLabel(v=" ")  # it is in the legend and must not be named there
    chart.legend.position = "b"
    axis(chart.x_axis, spec.y, numbers="General")
    axis(chart.y_axis, spec.x, what)
    chart.x_axis.scaling.orientation, chart.y_axis.crosses = "maxMin", "max"
    chart.height, chart.width = max(8.0, 4 + 0.9 * count), 24
    place(onto, chart, f"C{placed.last + 3}", spec.alt)


def _bar(writer: Writer, block: Block, number: int) -> None:
    """Write the cells of the bar at a rank; empty if fewer inputs move the objective.

    A driver with a rank has a value at both ends, but the given value may be unknown.
    """
    drawn, roles = writer.plan.book.figures.sensitivity, writer.plan.book.roles
    ranked = tree.Reduce("find", tree.Ref(drawn.rank), (_DRIVER,), at=tree.Literal(float(number)))
    row = block.next_row()
    here = block.show_row(row, 0, ranked, _DRIVER, Look("plain", "0"))
    low, high, given = (writer.live.of(name, here) for name in (roles.low.value, roles.high.value, drawn.given))

    def show(column: int, node: tree.Node, look: Look) -> tree.Ref:
        return block.show(row, column, choice(known(here), node, ""), look)

    def end(function: str) -> tree.Node:
        ends = (low, high)
        return choice(known(given), tree.Call(function, (*ends, given)), tree.Call(function, ends))

    form = Look("plain", "0.00")
    show(1, writer.live.of(drawn.label, here), Look())
    start = show(2, end("min"), form)
    middle = choice(known(given), given, start)
    show(3, tree.Call("-", (middle, start)), form)
    show(4, tree.Call("-", (end("max"), middle)), form)
