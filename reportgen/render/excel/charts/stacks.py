"""Native charts of the parts of a sum: a stacked column per option, and the limit as a mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, LineChart
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from reportgen.render.excel.charts.parts import axis, place, series_title, title
from reportgen.render.excel.charts.specs import chart_spec, line_colour, palette
from reportgen.render.excel.sheets.styles import INK, WHITE, Look

if TYPE_CHECKING:
    from reportgen.render.excel.charts.option_view import View
    from reportgen.render.excel.sheets.data import ChartData

__all__ = ["Stack", "stack_chart"]

_WIDTH = 30.0  # centimetres


@dataclass(frozen=True, slots=True)
class Stack:
    """A stacked chart: its specification, its unit, and the columns of the parts and the limit."""

    chart: str
    unit: str
    parts: tuple[str, ...]
    limit: str = ""


def stack_chart(data: ChartData, view: View, stack: Stack) -> None:
    """Add the chart of a view below its rows; the cells of the limit are on the data sheet."""
    spec, count = chart_spec(stack.chart), len(view.options())
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "col", 2, "stacked", 100, 45
    chart.title = title(spec.title)
    colours = (*palette("ordinal"), line_colour("labelColor"), line_colour("domainColor"))
    for i, part in enumerate(stack.parts):
        chart.add_data(view.cells(part), titles_from_data=False)
        series = chart.series[-1]
        series.tx = series_title(view.head(part))
        edge = LineProperties(solidFill=WHITE, w=9525)
        series.graphicalProperties = GraphicalProperties(solidFill=colours[i % len(colours)], ln=edge)
    chart.set_categories(view.options())
    axis(chart.x_axis, spec.y, numbers="General")
    axis(chart.y_axis, spec.x, stack.unit)
    chart.y_axis.scaling.min = 0
    chart.legend.position = "r"
    chart.height, chart.width = 14.0, max(18.0, min(_WIDTH, 8 + 1.6 * count))
    if stack.limit:
        chart += _limit(data, view, stack)
    place(view.sheet, chart, f"C{view.last + 3}", f"{spec.alt.rstrip('.')}; a column for each option.")


def _limit(data: ChartData, view: View, stack: Stack) -> Any:
    """Return a mark across each column at the limit, or nothing if the limit is unknown."""
    head = f"{view.column(stack.limit).title}, {stack.unit}"
    block = data.block(f"{chart_spec(stack.chart).title}: the limit", [(head, "")])
    for cell in view.handles[stack.limit]:
        block.draw(block.next_row(), 0, cell, Look("plain", "#,##0.0"))
    chart: Any = LineChart()
    chart.add_data(block.cells(0), titles_from_data=False)
    series = chart.series[0]
    series.tx = series_title(block.head(0))
    series.smooth = False
    series.marker.symbol, series.marker.size = "dash", 16
    series.marker.graphicalProperties = GraphicalProperties(solidFill=INK, ln=LineProperties(solidFill=INK))
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    return chart
