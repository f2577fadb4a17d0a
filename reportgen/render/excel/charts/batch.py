"""The native chart of a batch sweep: throughput against the time per token, with a labelled point for each size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import ScatterChart

from reportgen.render.excel.charts.parts import axis, line, place, points, scatter_series, title
from reportgen.render.excel.charts.specs import chart_spec, palette
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Plain
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["BATCHES", "batch_chart"]

BATCHES = ("batch_point",)
_COLUMNS = ("point_batch", "point_kind", "point_tpot", "point_throughput", "point_fits")


def batch_chart(writer: Writer, sheet: Worksheet, onto: Worksheet, column: int) -> None:
    """Add a line through the sizes that fit, below their table; its data takes three columns."""
    plan, placed = writer.plan, writer.placed.get(BATCHES)
    if placed is None or not set(_COLUMNS) <= set(plan.book.quantities):
        return
    spec, table = chart_spec("batch"), plan.tables[BATCHES]
    writer.put(sheet, 1, column, spec.title, Look("heading"))
    for i, head in enumerate(("Requests at once", spec.x.title, spec.y.title)):
        writer.put(sheet, 2, column + i, head, Look("head"))
    for i, (point,) in enumerate(table.keys):
        size, kind = (plan.results.get(name, point) for name in ("point_batch", "point_kind"))
        words = f'INDEX({table.whole("point_kind")},{i + 1})&" "'
        name = f"{words}&FIXED(INDEX({table.whole('point_batch')},{i + 1}),0,TRUE)"
        writer.formula(sheet, 3 + i, column, name, f"{kind} {size:.0f}", Look())
        for at, quantity in ((column + 1, "point_tpot"), (column + 2, "point_throughput")):
            cell = f"INDEX({table.whole(quantity)},{i + 1})"
            value: Plain | ErrorValue = plan.results.get(quantity, point)
            shown = ErrorValue("#N/A") if value is None else value
            writer.formula(sheet, 3 + i, at, f'IF({cell}="",NA(),{cell})', shown, Look("plain", "#,##0.00"))
    place(onto, _drawn(sheet, column, len(table.keys)), f"A{placed.last + 3}", spec.alt)


def _drawn(sheet: Worksheet, column: int, count: int) -> Any:
    spec, colour = chart_spec("batch"), palette()[0]
    chart: Any = ScatterChart(scatterStyle="lineMarker", style=2)
    chart.title, chart.legend, chart.height, chart.width = title(spec.title), None, 11.0, 20.0
    through = scatter_series(sheet, (1, column), column + 1, column + 2, (3, 2 + count))
    through.graphicalProperties = line(colour, 2.25)
    chart.series.append(through)
    for row in range(3, 3 + count):
        series = scatter_series(sheet, (row, column), column + 1, column + 2, (row, row))
        points(series, "circle", colour, colour, "r", 7)
        chart.series.append(series)
    for of, which in ((chart.x_axis, spec.x), (chart.y_axis, spec.y)):
        axis(of, which, fine=True)
    return chart
