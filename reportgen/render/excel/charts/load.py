"""Servers under load in the workbook: waiting times of each option, and latency over the request rate, live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.chart import ScatterChart
from openpyxl.chart.legend import LegendEntry

from reportgen.render.excel.charts.parts import axis, line, place, room_below, scatter_series, title
from reportgen.render.excel.charts.specs import Axis, chart_spec, palette
from reportgen.render.excel.charts.views import FIRST, option_rows, option_view, plain_column
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.sheets.styles import INK, Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.engine.results import Plain
    from reportgen.render.excel.sheets.shown import Shown
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["CURVE", "load_view"]

CURVE = ("option", "load_curve")
_RATE = "curve_rate"
_LATENCIES = (("curve_ttft_in_time", "ttft_in_time", True), ("curve_tpot", "tpot", False))
"""The charts: the quantity along the curve, the one with its title and target, whether the axis is logarithmic."""
_MARKS = (
    ("replica_rate", "overloaded", "rate as given", "sysDot"),
    ("target_rate", "", "largest rate within the targets", "dash"),
    ("rough_rate", "", "waits are rough from here", "sysDashDot"),
    ("replica_capacity", "", "capacity", "solid"),
)
"""The marked rates: the quantity, the flag that hides it, its name in the legend, and its line style."""
_ROLES = ("baseline", "recommended")
_WIDTH, _HEIGHT = 26.0, 8.5  # centimetres
_NONE, _FORM = ErrorValue("#N/A"), Look("plain", "#,##0.000")


def load_view(writer: Writer, sheet: Worksheet, data: Worksheet, column: int, shown: tuple[Shown, Shown]) -> None:
    """Add the table of options under load and, below it, two charts if a rate is given."""
    plan, quantities = writer.plan, writer.plan.book.quantities
    names = [name for name in plan.book.report.load_columns if name in quantities]
    if not names or "is_loaded" not in quantities:  # an edit may change whether an option is loaded
        return
    words = ("Under load", str(plan.results.get("load_table_title")))
    option_view(writer, sheet, words, [plain_column(plan, quantities[name]) for name in names], shown)
    if not {_RATE, *(name for name, *_ in _LATENCIES), *(name for name, *_ in _MARKS)} <= set(quantities):
        return
    if "load_title" in plan.scalars:
        scalar = plan.scalars["load_title"].name
        writer.formula(sheet, 2, 1, scalar, plan.results.get("load_title"), Look("note"))
    made = _Data(writer, data, column, shown)
    row = FIRST + len(option_rows(plan)) + 2
    for i, (_, name, log) in enumerate(_LATENCIES):
        chart = made.chart(i, name, log=log)
        of = quantities[name].title
        alt = f"{of} of the baseline and of the recommended option over the requests per second of one replica."
        place(sheet, chart, f"A{row}", alt)
        row = room_below(sheet, row, chart.height)


@dataclass(frozen=True, slots=True)
class _Span:
    """The rows of a series on the data sheet, its option (0 or 1; 2 for both), and its line style."""

    first: int
    last: int
    option: int
    dash: Any
    width: float


class _Data:
    """Writes the cells that the charts draw: the curves, the marked rates, and the targets."""

    def __init__(self, writer: Writer, sheet: Worksheet, column: int, shown: tuple[Shown, Shown]) -> None:
        self.writer, self.sheet, self.column, self.shown = writer, sheet, column, shown
        self.table = writer.plan.tables[CURVE]
        self.points = writer.plan.book.dimensions[CURVE[1]].names
        quantities = writer.plan.book.quantities
        writer.put(sheet, 1, column, chart_spec("load").title, Look("heading"))
        heads = ("Series", quantities["replica_rate"].title, *(quantities[name].title for _, name, _ in _LATENCIES))
        for i, head in enumerate(heads):
            writer.put(sheet, 2, column + i, head, Look("head", side="right" if i else "left"))
        self.row = 3
        self.spans = [self._curve(i) for i in (0, 1)]
        self.spans += [self._mark(i, mark) for i in (0, 1) for mark in _MARKS]
        self.spans.append(self._target())

    def _hidden(self, option: int) -> tuple[str, bool]:
        """Return when an option has no line, as a formula and as built: it has no rate, or it is the baseline again."""
        own, base = self.shown[option], self.shown[0]
        text, now = f"NOT({own.cell('is_loaded')})", not own.value("is_loaded")
        if option == 0:
            return text, now
        return f"OR({own.row}={base.row},{text})", now or own.option == base.option

    def _put(self, row: int, at: int, hide: tuple[str, bool], text: str, value: Plain) -> None:
        shown = _NONE if hide[1] or value is None else value
        self.writer.formula(self.sheet, row, self.column + at, f"IF({hide[0]},NA(),{text})", shown, _FORM)

    def _cell(self, name: str, option: Shown, point: int) -> tuple[str, Plain]:
        """Return a quantity at a point of the curve (0-based): the formula and its value."""
        text = f"INDEX({self.table.whole(name)},({option.row}-1)*{len(self.points)}+{point + 1})"
        return text, option.value(name, self.points[point])

    def _curve(self, option: int) -> _Span:
        own, hide, first = self.shown[option], self._hidden(option), self.row
        name = f'{own.cell("option_title")}&" ({_ROLES[option]})"'
        self.writer.formula(
            self.sheet, first, self.column, name, f"{own.value('option_title')} ({_ROLES[option]})", Look()
        )
        for point in range(len(self.points)):
            for at, quantity in enumerate((_RATE, *(name for name, *_ in _LATENCIES)), start=1):
                self._put(self.row, at, hide, *self._cell(quantity, own, point))
            self.row += 1
        return _Span(first, self.row - 1, option, "solid", 2.25)

    def _mark(self, option: int, mark: tuple[str, str, str, Any]) -> _Span:
        """Write a vertical line at a rate, as high as the option's curve."""
        name, unless, words, dash = mark
        own, first = self.shown[option], self.row
        text, now = self._hidden(option)
        rate, value = own.cell(name), own.value(name)
        text, now = f"OR({text},{rate}=0)", now or value == 0
        if unless:
            text, now = f"OR({text},{own.cell(unless)})", now or bool(own.value(unless))
        self.writer.put(self.sheet, first, self.column, words, Look())
        for point in (0, len(self.points) - 1):
            self._put(self.row, 1, (text, now), rate, value)
            for at, (quantity, *_) in enumerate(_LATENCIES, start=2):
                self._put(self.row, at, (text, now), *self._cell(quantity, own, point))
            self.row += 1
        return _Span(first, first + 1, option, dash, 1.25)

    def _target(self) -> _Span:
        """Write a level line at each target, from zero to the larger capacity."""
        plan, first = self.writer.plan, self.row
        both = [option.cell("replica_capacity") for option in self.shown]
        values = [option.value("replica_capacity") for option in self.shown]
        most = max(value for value in values if isinstance(value, float))
        self.writer.put(self.sheet, first, self.column, "target", Look())
        for text, value in (("0", 0.0), (f"MAX({','.join(both)})", most)):
            self.writer.formula(self.sheet, self.row, self.column + 1, text, value, _FORM)
            for at, (_, name, _) in enumerate(_LATENCIES, start=2):
                limit = plan.book.relations.limits[name].target
                scalar, target = plan.scalars[limit].name, plan.results.get(limit)
                shown = _NONE if target is None else target
                self.writer.formula(
                    self.sheet, self.row, self.column + at, f'IF({scalar}="",NA(),{scalar})', shown, _FORM
                )
            self.row += 1
        return _Span(first, first + 1, 2, "sysDash", 1.5)

    def chart(self, which: int, name: str, *, log: bool) -> Any:
        """Return the chart of one of the two latencies over the rate."""
        quantity, rate = (self.writer.plan.book.quantities[n] for n in (name, "replica_rate"))
        chart: Any = ScatterChart(scatterStyle="lineMarker", style=2)
        chart.title, chart.height, chart.width = title(f"{quantity.title}, over the request rate"), _HEIGHT, _WIDTH
        for span in self.spans:
            rows = (span.first, span.last)
            series = scatter_series(
                self.sheet, (span.first, self.column), self.column + 1, self.column + 2 + which, rows
            )
            series.graphicalProperties = line((*palette()[:2], INK)[span.option], span.width, span.dash)
            chart.series.append(series)
        axis(chart.x_axis, Axis(rate.title))
        axis(chart.y_axis, Axis(f"{quantity.title}, {quantity.type.unit.label}", log))
        chart.x_axis.scaling.min = 0
        chart.legend.position = "r"
        seen = {2 + len(_MARKS) + i for i in range(len(_MARKS))}  # those of the second option look the same
        chart.legend.legendEntry = [LegendEntry(idx=i, delete=True) for i in sorted(seen)]
        return chart
