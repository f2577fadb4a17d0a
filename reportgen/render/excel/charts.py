"""Native charts: the roofline and the options, over live cells of the sheet `Chart data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from reportgen.render.excel.cell_values import ErrorValue
from reportgen.render.excel.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.tables import Writer

__all__ = ["option_chart", "roofline_chart"]

COLOURS = ("0072B2", "D55E00", "009E73", "E69F00", "56B4E9", "CC79A7")
DASHES: tuple[Any, ...] = ("solid", "dash", "sysDot", "dashDot")
_INTENSITIES = [10.0 ** (i / 4) for i in range(-4, 17)]
_TERA = "1E+12"


def roofline_chart(writer: Writer, sheet: Worksheet, onto: Worksheet, anchor: str) -> None:
    """Roofs of the baseline's accelerator and up to two others, and the baseline's stages as points."""
    book = writer.plan.book
    options = _roofs(writer)
    writer.put(sheet, 1, 1, "Roofline: attainable TFLOP/s over arithmetic intensity", Look("heading"))
    writer.put(sheet, 2, 1, "FLOP/B", Look("head"))
    for i, x in enumerate(_INTENSITIES):
        writer.formula(sheet, 3 + i, 1, f"10^({i - 4}/4)", x, Look("plain", "0.00"))
    chart = _scatter()
    last = 2 + len(_INTENSITIES)
    for column, option in enumerate(options, start=2):
        _roof(writer, sheet, column, option, book.dimensions["option"].index(option))
        series = Series(
            Reference(sheet, min_col=column, min_row=3, max_row=last),
            Reference(sheet, min_col=1, min_row=3, max_row=last),
            title_from_data=False,
        )
        series.tx = _title_of(sheet, column, 2)
        series.marker.symbol = "none"
        series.graphicalProperties = GraphicalProperties(
            ln=LineProperties(solidFill=COLOURS[column - 2], w=22000, prstDash=DASHES[column - 2])
        )
        series.smooth = False
        chart.series.append(series)
    _points(writer, sheet, chart, last + 2)
    onto.add_chart(chart, anchor)


def _roofs(writer: Writer) -> list[str]:
    """The baseline and the first options on other accelerators."""
    seen: dict[object, str] = {}
    for (option,), accelerator in writer.plan.results.plain("accelerator").items():
        seen.setdefault(accelerator, option)
    return list(seen.values())[:3]


def _roof(writer: Writer, sheet: Worksheet, column: int, option: str, index: int) -> None:
    plan, options = writer.plan, writer.plan.tables["option",]
    peaks = plan.tables["option", "operator"]
    peak_row = f"{index}*ROWS({plan.tables['operator',].whole('operator')})+1"
    first = plan.book.dimensions["operator"].names[0]
    peak, bandwidth = plan.results.get("peak_compute", option, first), plan.results.get("bandwidth", option)
    assert isinstance(peak, float)
    assert isinstance(bandwidth, float)
    name = plan.results.get("accelerator", option)
    writer.formula(sheet, 2, column, f"INDEX({options.whole('accelerator')},{index + 1})", name, Look("head"))
    for i, x in enumerate(_INTENSITIES):
        slope = f"A{3 + i}*INDEX({options.whole('bandwidth')},{index + 1})"
        text = f"MIN(INDEX({peaks.whole('peak_compute')},{peak_row}),{slope})/{_TERA}"
        writer.formula(sheet, 3 + i, column, text, min(peak, x * bandwidth) / 1e12, Look("plain", "0.000"))


def _points(writer: Writer, sheet: Worksheet, chart: Any, row: int) -> None:
    plan = writer.plan
    table = plan.tables["option", "stage"]
    for i, head in enumerate(("Stage", "FLOP/B", "TFLOP/s")):
        writer.put(sheet, row, 1 + i, head, Look("head"))
    stages = [s for s in ("prefill", "decode") if s in plan.book.dimensions["stage"].names]
    for i, stage in enumerate(stages):
        at, number = row + 1 + i, plan.book.dimensions["stage"].index(stage) + 1
        writer.formula(
            sheet,
            at,
            1,
            f"INDEX({plan.tables['stage',].whole('stage_title')},{number})",
            plan.results.get("stage_title", stage),
            Look(),
        )
        x = plan.results.get("total_arithmetic_intensity", plan.book.baseline, stage)
        ops, time = (plan.results.get(n, plan.book.baseline, stage) for n in ("total_ops", "total_inference_time"))
        assert isinstance(ops, float)
        assert isinstance(time, float)
        writer.formula(
            sheet, at, 2, f"INDEX({table.whole('total_arithmetic_intensity')},{number})", x, Look("plain", "0.00")
        )
        text = (
            f"INDEX({table.whole('total_ops')},{number})/INDEX({table.whole('total_inference_time')},{number})/{_TERA}"
        )
        writer.formula(sheet, at, 3, text, ops / time / 1e12, Look("plain", "0.000"))
        series = Series(
            Reference(sheet, min_col=3, min_row=at), Reference(sheet, min_col=2, min_row=at), title_from_data=False
        )
        series.tx = _title_of(sheet, 1, at)
        series.marker.symbol, series.marker.size = ("circle", "diamond")[i % 2], 9
        series.marker.graphicalProperties = GraphicalProperties(solidFill="1B2733")
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
        series.dLbls = _labels(name=True)
        chart.series.append(series)


def _title_of(sheet: Worksheet, column: int, row: int) -> object:
    from openpyxl.chart.data_source import StrRef
    from openpyxl.chart.series import SeriesLabel

    cell: Any = sheet.cell(row, column)
    return SeriesLabel(strRef=StrRef(f"'{sheet.title}'!${cell.column_letter}${row}"))


def _labels(*, name: bool = False, value: bool = False) -> DataLabelList:
    labels = DataLabelList()
    labels.showSerName, labels.showVal = name, value
    labels.showCatName = labels.showLegendKey = labels.showPercent = labels.showBubbleSize = False
    labels.position = "r" if name else "outEnd"
    return labels


def _scatter() -> Any:
    chart: Any = ScatterChart(scatterStyle="lineMarker", style=2)
    chart.title = "Roofline: attainable TFLOP/s"
    chart.height, chart.width = 9.5, 17
    for axis, title in ((chart.x_axis, "Arithmetic intensity, FLOP/B"), (chart.y_axis, "TFLOP/s")):
        axis.scaling.logBase = 10
        axis.title, axis.delete, axis.crosses = title, False, "min"
        axis.number_format = "General"
        axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="DDE3E9", w=6000))
    chart.x_axis.scaling.min, chart.x_axis.scaling.max = 0.1, 10000
    chart.y_axis.scaling.min = 0.01
    chart.legend.position = "b"
    return chart


def option_chart(writer: Writer, sheet: Worksheet, onto: Worksheet, anchor: str, column: int) -> None:
    """The objective of every option as bars; options without a value have none."""
    plan = writer.plan
    options, quantity = plan.tables["option",], plan.book.quantities["objective_value"]
    unit = quantity.type.unit.label
    writer.put(sheet, 1, column, "Options on the objective", Look("heading"))
    writer.put(sheet, 2, column, "Option", Look("head"))
    writer.put(
        sheet, 2, column + 1, f"{quantity.title.removeprefix('Objective: ')}{', ' + unit if unit else ''}", Look("head")
    )
    values = plan.results.plain("objective_value")
    largest = max((abs(v) for v in values.values() if isinstance(v, float)), default=0.0)
    form = "#,##0" if largest >= 1000 else "0.00"
    trials = plan.results.plain("is_trial") if "is_trial" in plan.book.quantities else {}
    ranked = [(i, key) for i, key in enumerate(options.keys) if not trials.get(key)]
    for at, (i, key) in enumerate(ranked, start=3):
        writer.formula(
            sheet,
            at,
            column,
            f"INDEX({options.whole('option_title')},{i + 1})",
            plan.results.get("option_title", *key),
            Look(),
        )
        source = f"INDEX({options.whole('objective_value')},{i + 1})"
        shown = ErrorValue("#N/A") if values[key] is None else values[key]
        writer.formula(sheet, at, column + 1, f'IF({source}="",NA(),{source})', shown, Look("plain", form))
    last = 2 + len(ranked)
    chart: Any = BarChart()
    chart.type, chart.style, chart.gapWidth = "bar", 2, 40
    chart.title = f"Options: {quantity.title.removeprefix('Objective: ').lower()}{', ' + unit if unit else ''}"
    chart.add_data(Reference(sheet, min_col=column + 1, min_row=2, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=column, min_row=3, max_row=last))
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=COLOURS[0])
    chart.series[0].dLbls = _labels(value=True)
    chart.series[0].dLbls.numFmt = form if form != "0.00" else "0.0"
    chart.legend = None
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.crosses = "max"
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="DDE3E9", w=6000))
    chart.height, chart.width = max(7.0, 1.6 + 0.55 * len(ranked)), 17
    onto.add_chart(chart, anchor)
