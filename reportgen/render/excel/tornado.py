"""The native tornado: how far the objective goes to either side of what is given, input by input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from reportgen.engine.values import fixed
from reportgen.lang.excel import quoted
from reportgen.render.excel.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.tables import Writer

__all__ = ["tornado_chart"]

_DIMS = ("driver",)
_NEEDED = ("swing_rank", "low_value", "high_value", "given_value", "low_factor", "high_factor")
_BELOW, _ABOVE = "0072B2", "E69F00"


def tornado_chart(writer: Writer, sheet: Worksheet, onto: Worksheet, column: int) -> None:
    """A bar per driver, in the order of their places, below the table of drivers; its data in five columns."""
    plan, placed = writer.plan, writer.placed.get(_DIMS)
    if placed is None or not set(_NEEDED) <= {c.name for c in placed.columns}:
        return
    count = len(plan.tables[_DIMS].keys)
    unit = str(plan.results.get("objective_unit") or "")
    writer.put(sheet, 1, column, "How the objective follows its inputs", Look("heading"))
    heads = ("Row", "Input and its ends", "Start", "Less than as given", "More than as given")
    for i, head in enumerate(heads):
        writer.put(sheet, 2, column + i, head, Look("head"))
    for place in range(1, count + 1):
        _bar(writer, sheet, column, place)
    chart: Any = BarChart()
    chart.type, chart.style, chart.grouping, chart.overlap, chart.gapWidth = "bar", 2, "stacked", 100, 40
    name = str(plan.results.get("objective_name"))
    what = f"{name[:1].upper()}{name[1:]}{', ' + unit if unit else ''}"
    chart.title = f"{what}, input by input: less (blue) and more than as given"
    chart.add_data(
        Reference(sheet, min_col=column + 2, max_col=column + 4, min_row=2, max_row=2 + count), titles_from_data=True
    )
    chart.set_categories(Reference(sheet, min_col=column + 1, min_row=3, max_row=2 + count))
    start, below, above = chart.series
    start.graphicalProperties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    for series, colour in ((below, _BELOW), (above, _ABOVE)):
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
    chart.legend = None
    chart.y_axis.number_format = "[>=1000]#,##0;General"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.crosses = "max"
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="DDE3E9", w=6000))
    chart.height, chart.width = max(7.0, 3 + 0.9 * count), 24
    onto.add_chart(chart, f"A{placed.last + 3}")


def _bar(writer: Writer, sheet: Worksheet, column: int, place: int) -> None:
    """The cells of the bar in a place; empty where fewer inputs move the objective."""
    plan, row = writer.plan, place + 2
    table = plan.tables[_DIMS]
    places = [plan.results.get("swing_rank", *key) for key in table.keys]
    at = places.index(float(place)) if float(place) in places else None
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
    text = f'IF({place}>COUNT({ranks}),"",MATCH({place},{ranks},0))'
    writer.formula(sheet, row, column, text, None if at is None else float(at + 1), Look("plain", "0"))
    writer.formula(sheet, row, column + 1, f'IF({here}="","",{words})', title, Look())
    for i, (_, text, number) in enumerate(numbers, start=2):
        writer.formula(sheet, row, column + i, f'IF({here}="","",{text})', number, Look("plain", "0.00"))
