"""Native charts of the parts of a sum: a stacked column per option, and the limit as a mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.utils import get_column_letter

from reportgen.render.excel.charts.parts import axis, place, series_title, title
from reportgen.render.excel.charts.specs import chart_spec, line_colour, palette
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.sheets.styles import INK, WHITE, Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["Stack", "stack_chart"]

_WIDTH = 30.0  # centimetres


@dataclass(frozen=True, slots=True)
class Stack:
    """A stacked chart: its specification, unit, number of parts, and the limit's title and column.

    The parts are in adjacent columns from the third column of the view; the limit's column is counted from there.
    """

    chart: str
    unit: str
    parts: int
    limit: str = ""
    limit_column: int = 0


def stack_chart(
    writer: Writer, view: Worksheet, data: Worksheet, column: int, stack: Stack, rows: list[tuple[int, str]], first: int
) -> None:
    """Add the chart of a view below its rows; the cells of the limit are on the data sheet."""
    spec, last = chart_spec(stack.chart), first + len(rows) - 1
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "col", 2, "stacked", 100, 45
    chart.title = title(spec.title)
    chart.add_data(
        Reference(view, min_col=3, max_col=2 + stack.parts, min_row=first, max_row=last), titles_from_data=False
    )
    chart.set_categories(Reference(view, min_col=1, min_row=first, max_row=last))
    colours = (*palette("ordinal"), line_colour("labelColor"), line_colour("domainColor"))
    for i, series in enumerate(chart.series):
        series.tx = series_title(view, first - 2, 3 + i)
        edge = LineProperties(solidFill=WHITE, w=9525)
        series.graphicalProperties = GraphicalProperties(solidFill=colours[i % len(colours)], ln=edge)
    axis(chart.x_axis, spec.y, numbers="General")
    axis(chart.y_axis, spec.x, stack.unit)
    chart.y_axis.scaling.min = 0
    chart.legend.position = "r"
    chart.height, chart.width = 14.0, max(18.0, min(_WIDTH, 8 + 1.6 * len(rows)))
    if stack.limit:
        chart += _limit(writer, view, data, column, stack, rows, first)
    place(view, chart, f"C{last + 3}", f"{spec.alt.rstrip('.')}; a column for each option.")


def _limit(
    writer: Writer, view: Worksheet, data: Worksheet, column: int, stack: Stack, rows: list[tuple[int, str]], first: int
) -> Any:
    """Return a mark across each column at the limit, or nothing if the limit is unknown."""
    writer.put(data, 1, column, f"{chart_spec(stack.chart).title}: the limit", Look("heading"))
    writer.put(data, 2, column, f"{stack.limit}, {stack.unit}", Look("head"))
    shown = writer.values[view.title]
    letter = get_column_letter(3 + stack.limit_column)
    for i in range(len(rows)):
        address = f"{letter}{first + i}"
        value = shown[address]
        cell = f"'{view.title}'!{address}"
        limit = ErrorValue("#N/A") if value == "" else value
        writer.formula(data, 3 + i, column, f'IF({cell}="",NA(),{cell})', limit, Look("plain", "#,##0.0"))
    chart: Any = LineChart()
    chart.add_data(Reference(data, min_col=column, min_row=3, max_row=2 + len(rows)), titles_from_data=False)
    series = chart.series[0]
    series.tx = series_title(data, 2, column)
    series.smooth = False
    series.marker.symbol, series.marker.size = "dash", 16
    series.marker.graphicalProperties = GraphicalProperties(solidFill=INK, ln=LineProperties(solidFill=INK))
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    return chart
