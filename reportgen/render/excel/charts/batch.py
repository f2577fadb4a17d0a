"""The native chart of a batch sweep: throughput against the time per token, with a labelled point for each size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import ScatterChart

from reportgen.lang import tree
from reportgen.render.excel.charts.parts import axis, line, place, points, scatter_series, title
from reportgen.render.excel.charts.specs import chart_spec, palette
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.data import Block, ChartData
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["BATCHES", "batch_chart"]

BATCHES = ("batch_point",)
_FORM = Look("plain", "#,##0.00")


def batch_chart(writer: Writer, data: ChartData, onto: Worksheet) -> None:
    """Add a line through the sizes that fit, below their table."""
    plan, placed = writer.plan, writer.placed.get(BATCHES)
    drawn = plan.book.figures.batch
    if placed is None or not {drawn.point_label, drawn.point_token, drawn.point_flow} <= set(plan.book.quantities):
        return
    spec = chart_spec("batch")
    block = data.block(spec.title, [("Requests at once", ""), (spec.x.title, ""), (spec.y.title, "")])
    rows = []
    for (name,) in plan.tables[BATCHES].keys:
        row, point = block.next_row(), tree.Member(BATCHES[0], name)
        block.show(row, 0, writer.live.of(drawn.point_label, point), Look())
        block.draw(row, 1, writer.live.of(drawn.point_token, point), _FORM)
        block.draw(row, 2, writer.live.of(drawn.point_flow, point), _FORM)
        rows.append(row)
    place(onto, _drawn(block, rows), f"A{placed.last + 3}", spec.alt)


def _drawn(block: Block, rows: list[int]) -> Any:
    spec, colour = chart_spec("batch"), palette()[0]
    chart: Any = ScatterChart(scatterStyle="lineMarker", style=2)
    chart.title, chart.legend, chart.height, chart.width = title(spec.title), None, 11.0, 20.0
    through = scatter_series(block.head(0), block.cells(1), block.cells(2))
    through.graphicalProperties = line(colour, 2.25)
    chart.series.append(through)
    for row in rows:
        series = scatter_series(*(block.cells(column, row, row) for column in range(3)))
        points(series, "circle", colour, colour, "r", 7)
        chart.series.append(series)
    for of, which in ((chart.x_axis, spec.x), (chart.y_axis, spec.y)):
        axis(of, which, fine=True)
    return chart
