"""Servers under load in the workbook: waiting times of each option, and latency over the request rate, live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.chart import ScatterChart
from openpyxl.chart.legend import LegendEntry

from reportgen.lang import tree
from reportgen.render.excel.charts.option_view import option_view, plain_column
from reportgen.render.excel.charts.parts import axis, first_row_below, line, place, scatter_series, title
from reportgen.render.excel.charts.specs import Axis, chart_spec, palette
from reportgen.render.excel.plan.trees import either, equal, joined, opposite
from reportgen.render.excel.sheets.styles import INK, Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.data import ChartData
    from reportgen.render.excel.sheets.shown_options import ShownOptions
    from reportgen.render.excel.sheets.tables import Writer
    from reportgen.spec.declared.figures import LoadSpec

__all__ = ["CURVE", "load_view"]

CURVE = ("option", "load_curve")
_WIDTH, _HEIGHT = 26.0, 8.5  # centimetres
_FORM = Look("plain", "#,##0.000")


def load_view(writer: Writer, sheet: Worksheet, data: ChartData, shown: ShownOptions) -> None:
    """Add the table of options under load and, below it, two charts if a rate is given."""
    plan, quantities, drawn = writer.plan, writer.plan.book.quantities, writer.plan.book.figures.load
    names = [name for name in plan.book.report.load_columns if name in quantities]
    if not names or drawn.loaded not in quantities:  # an edit may change whether an option is loaded
        return
    words = ("Under load", str(plan.results.get(drawn.table_title)))
    view = option_view(writer, sheet, words, [plain_column(writer, quantities[name]) for name in names], shown)
    needed = {drawn.rate, *(latency.curve for latency in _latencies(drawn)), *(mark.rate for mark in _marks(drawn))}
    if not needed <= set(quantities):
        return
    if drawn.title in plan.scalars:
        writer.show(sheet, 2, 1, tree.Ref(drawn.title), Look("note"))
    latency_data = _Data(writer, data, shown)
    row = view.last + 3
    for i, latency in enumerate(_latencies(drawn)):
        chart = latency_data.chart(i, latency)
        of = quantities[latency.given].title
        alt = f"{of} of the baseline and of the recommended option over the requests per second of one replica."
        place(sheet, chart, f"A{row}", alt)
        row = first_row_below(sheet, row, chart.height)


@dataclass(frozen=True, slots=True)
class _Latency:
    """A chart: the quantity along the curve, the one with its title and target, whether the axis is logarithmic."""

    curve: str
    given: str
    log: bool


def _latencies(drawn: LoadSpec) -> tuple[_Latency, ...]:
    return _Latency(drawn.first, drawn.given_first, log=True), _Latency(drawn.token, drawn.given_token, log=False)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A marked rate: the quantity, its name in the legend, its line style, and the flag that hides it."""

    rate: str
    words: str
    dash: Any
    unless: str = ""


def _marks(drawn: LoadSpec) -> tuple[_Mark, ...]:
    return (
        _Mark(drawn.given, "rate as given", "sysDot", drawn.overloaded),
        _Mark(drawn.reach, "largest rate within the targets", "dash"),
        _Mark(drawn.rough, "predicted waits are rough from here", "sysDashDot"),
        _Mark(drawn.capacity, "capacity", "solid"),
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """The rows of a series, its option (0 or 1; 2 for both), and its line style."""

    first: int
    last: int
    option: int
    dash: Any
    width: float


class _Data:
    """Writes the cells that the charts draw: the curves, the marked rates, and the targets."""

    def __init__(self, writer: Writer, data: ChartData, shown: ShownOptions) -> None:
        self.writer, self.live, self.shown = writer, writer.live, shown
        self.points = [tree.Member(CURVE[1], name) for name in writer.plan.book.dimensions[CURVE[1]].names]
        self.drawn = writer.plan.book.figures.load
        self.latencies, self.marks = _latencies(self.drawn), _marks(self.drawn)
        quantities = writer.plan.book.quantities
        heads = [quantities[n].title for n in (self.drawn.given, *(latency.given for latency in self.latencies))]
        self.block = data.block(chart_spec("load").title, [("Series", "left"), *((head, "right") for head in heads)])
        self.spans = [self._curve(i) for i in (0, 1)]
        self.spans += [self._mark(i, mark) for i in (0, 1) for mark in self.marks]
        self.spans.append(self._target())

    def _hidden(self, option: int) -> tree.Node:
        """Return when an option has no line: it has no rate, or it is the baseline again."""
        idle = opposite(self.live.of(self.drawn.loaded, self.shown.pair[option]))
        return either(self.shown.are_one, idle) if option else idle

    def _curve(self, option: int) -> _Span:
        own, hidden, rows = self.shown.pair[option], self._hidden(option), list[int]()
        for point in self.points:
            row = self.block.next_row()
            self.block.draw(row, 1, self.live.of(self.drawn.rate, own, point), _FORM, unless=hidden)
            self._draw_latencies(row, own, point, hidden)
            rows.append(row)
        role = self.shown.roles[option]
        self.block.show(
            rows[0], 0, joined(self.live.of("option_title", own), f" ({role})") if role else tree.Literal(""), Look()
        )
        return _Span(rows[0], rows[-1], option, "solid", 2.25)

    def _draw_latencies(self, row: int, option: tree.Ref, point: tree.Member, hidden: tree.Node) -> None:
        for column, latency in enumerate(self.latencies, start=2):
            self.block.draw(row, column, self.live.of(latency.curve, option, point), _FORM, unless=hidden)

    def _mark(self, option: int, mark: _Mark) -> _Span:
        """Write a vertical line at a rate, as high as the option's curve."""
        own, rows = self.shown.pair[option], list[int]()
        rate = self.live.of(mark.rate, own)
        hidden = either(self._hidden(option), equal(rate, tree.Literal(0.0)))
        if mark.unless:
            hidden = either(hidden, self.live.of(mark.unless, own))
        for point in (self.points[0], self.points[-1]):
            row = self.block.next_row()
            self.block.draw(row, 1, rate, _FORM, unless=hidden)
            self._draw_latencies(row, own, point, hidden)
            rows.append(row)
        self.block.put(rows[0], 0, mark.words, Look())
        return _Span(rows[0], rows[-1], option, mark.dash, 1.25)

    def _target(self) -> _Span:
        """Write a level line at each target, from zero to the larger capacity."""
        limits = self.writer.plan.book.relations.limits
        both = tuple(self.live.of(self.drawn.capacity, option) for option in self.shown.pair)
        rows = []
        for end in (tree.Literal(0.0), tree.Call("max", both)):
            row = self.block.next_row()
            self.block.show(row, 1, end, _FORM)
            for column, latency in enumerate(self.latencies, start=2):
                self.block.draw(row, column, self.live.of(limits[latency.given].target), _FORM)
            rows.append(row)
        self.block.put(rows[0], 0, "target", Look())
        return _Span(rows[0], rows[-1], 2, "sysDash", 1.5)

    def chart(self, which: int, latency: _Latency) -> Any:
        """Return the chart of one of the two latencies over the rate."""
        quantity, rate = (self.writer.plan.book.quantities[n] for n in (latency.given, self.drawn.given))
        chart: Any = ScatterChart(scatterStyle="lineMarker", style=2)
        chart.title, chart.height, chart.width = title(f"{quantity.title}, over the request rate"), _HEIGHT, _WIDTH
        for span in self.spans:
            x, y = (self.block.cells(column, span.first, span.last) for column in (1, 2 + which))
            series = scatter_series(self.block.cells(0, span.first, span.first), x, y)
            series.graphicalProperties = line((*palette()[:2], INK)[span.option], span.width, span.dash)
            chart.series.append(series)
        axis(chart.x_axis, Axis(rate.title))
        axis(chart.y_axis, Axis(f"{quantity.title}, {quantity.type.unit.label}", latency.log))
        chart.x_axis.scaling.min = 0
        chart.legend.position = "r"
        second = range(2 + len(self.marks), 2 + 2 * len(self.marks))  # its marks look like those of the first
        chart.legend.legendEntry = [LegendEntry(idx=i, delete=True) for i in second]
        return chart
