"""The native tornado: how far each input moves the objective to either side of its given value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties

from reportgen.engine.values import fixed
from reportgen.lang.excel import quoted
from reportgen.render.excel.charts.parts import axis, no_line, place, title
from reportgen.render.excel.charts.specs import chart_spec, palette
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["tornado_chart"]

_DIMS = ("driver",)
_NEEDED = ("swing_rank", "low_value", "high_value", "given_value", "low_factor", "high_factor")
_BELOW, _ABOVE = 0, 3
"""Their indices in the palette."""


def tornado_chart(writer: Writer, sheet: Worksheet, onto: Worksheet, column: int) -> None:
    """Add a bar per driver, by rank, below the table of drivers; the data takes five columns."""
    plan, placed = writer.plan, writer.placed.get(_DIMS)
    if placed is None or not set(_NEEDED) <= {c.name for c in placed.columns}:
        return
    count = len(plan.tables[_DIMS].keys)
    unit = str(plan.results.get("objective_unit") or "")
    spec = chart_spec("tornado")
    writer.put(sheet, 1, column, spec.title, Look("heading"))
    heads = ("Row", "Input and its ends", "Start", "Less than as given", "More than as given")
    for i, head in enumerate(heads):
        writer.put(sheet, 2, column + i, head, Look("head"))
    for number in range(1, count + 1):
        _bar(writer, sheet, column, number)
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "bar", 2, "stacked", 100, 40
    name = str(plan.results.get("objective_name"))
    what = f"{name[:1].upper()}{name[1:]}{', ' + unit if unit else ''}"
    chart.title = title(f"{what}: {spec.title[:1].lower()}{spec.title[1:]}")
    chart.add_data(
        Reference(sheet, min_col=column + 2, max_col=column + 4, min_row=2, max_row=2 + count), titles_from_data=True
    )
    chart.set_categories(Reference(sheet, min_col=column + 1, min_row=3, max_row=2 + count))
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


def _bar(writer: Writer, sheet: Worksheet, column: int, number: int) -> None:
    """Write the cells of the bar at a rank; empty if fewer inputs move the objective."""
    plan, row = writer.plan, number + 2
    table = plan.tables[_DIMS]
    places = [plan.results.get("swing_rank", *key) for key in table.keys]
    at = places.index(float(number)) if float(number) in places else None
    ranks = table.whole("swing_rank")
    here, start, below, above = (sheet.cell(row, column + i).coordinate for i in (0, 2, 3, 4))

    def cell(name: str) -> str:
        return f"INDEX({table.whole(name)},{here})"

    def value(name: str) -> float | None:
        found = None if at is None else plan.results.get(name, *table.keys[at])
        return found if isinstance(found, float) else None

    ends, given = [value("low_value"), value("high_value")], value("given_value")
    known = [v for v in (*ends, given) if v is not None]
    middle = given if given is not None else min(known, default=0.0)
    low, high = (fixed(value(f"{end}_factor") or 0.0, 2) for end in ("low", "high"))
    title = "" if at is None else f"{plan.results.get('driver_title', *table.keys[at])} (× {low} to × {high})"
    span = f"{cell('low_value')},{cell('high_value')},{cell('given_value')}"
    centre = f'IF({cell("given_value")}="",{start},{cell("given_value")})'
    factors = (f"FIXED({cell(f'{end}_factor')},2,TRUE)" for end in ("low", "high"))
    words = f"{cell('driver_title')}&{quoted(' (× ')}&" + f"&{quoted(' to × ')}&".join(factors) + f"&{quoted(')')}"
    numbers = (
        (start, f"MIN({span})", min(known, default=None)),
        (below, f"{centre}-{start}", middle - min(known) if known else None),
        (above, f"MAX({span})-{centre}", max(known) - middle if known else None),
    )
    text = f'IF({number}>COUNT({ranks}),"",MATCH({number},{ranks},0))'
    writer.formula(sheet, row, column, text, None if at is None else float(at + 1), Look("plain", "0"))
    writer.formula(sheet, row, column + 1, f'IF({here}="","",{words})', title, Look())
    for i, (_, text, shown) in enumerate(numbers, start=2):
        writer.formula(sheet, row, column + i, f'IF({here}="","",{text})', shown, Look("plain", "0.00"))
