"""Building blocks of native charts in the report's colours: titles, axes, lines, points and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openpyxl.chart import Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)

from reportgen.render.excel.charts.specs import line_colour
from reportgen.render.excel.sheets.styles import INK

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.chart import Reference
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.charts.specs import Axis

__all__ = [
    "NUMBERS",
    "axis",
    "bar_labels",
    "descriptions",
    "first_row_below",
    "line",
    "no_line",
    "place",
    "points",
    "scatter_series",
    "series_title",
    "title",
]

NUMBERS = "[>=1000]#,##0;General"
"""The number format of an axis."""

_CENTIMETRE, _DEFAULT_HEIGHT = 72 / 2.54, 15.0  # points
_ALT = "alternative_text"


def title(text: str, size: int = 12) -> Title:
    """Return a title that does not overlap the plot."""
    letters = CharacterProperties(sz=size * 100, b=True, solidFill=INK)
    run = RegularTextRun(rPr=letters, t=text)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=letters), r=[run])
    return Title(tx=Text(rich=RichText(bodyPr=RichTextProperties(), p=[paragraph])), overlay=False)


def axis(of: Any, spec: Axis, name: str = "", *, numbers: str = NUMBERS, fine: bool = False) -> None:
    """Give an axis its scale, its title (`name`, or else the specification's) and the report's style.

    The spreadsheet program chooses its ends to fit the data. `fine` adds lines within the decades.
    """
    of.delete = False
    text = name or spec.title
    of.title = title(text, 10) if text else None
    if spec.log:
        of.scaling.logBase = 10
        of.crosses = "min"
        if fine:
            of.minorGridlines = ChartLines(spPr=line(line_colour("gridColor"), 0.25))
    of.number_format = numbers
    of.txPr = _letters(9, line_colour("labelColor"))
    of.spPr = line(line_colour("domainColor"), 1.0)
    if of.majorGridlines is not None:
        of.majorGridlines.spPr = line(line_colour("domainColor" if spec.log else "gridColor"), 0.7)


def _letters(size: int, colour: str, *, bold: bool = False) -> RichText:
    letters = CharacterProperties(sz=size * 100, b=bold, solidFill=colour)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=letters), endParaRPr=CharacterProperties())
    return RichText(bodyPr=RichTextProperties(), p=[paragraph])


def line(colour: str, width: float, dash: Any = "solid") -> GraphicalProperties:
    """Return a line style; `width` is in points."""
    return GraphicalProperties(ln=LineProperties(solidFill=colour, w=round(width * 12700), prstDash=dash))


def no_line() -> GraphicalProperties:
    """Return a style with neither line nor fill."""
    return GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))


def series_title(cell: Reference) -> SeriesLabel:
    """Return a series name that is read from a cell."""
    return SeriesLabel(strRef=StrRef(str(cell)))


def scatter_series(name: Reference, x: Reference, y: Reference) -> Any:
    """Return a scatter series from the cells of its name and its coordinates."""
    series = Series(y, x, title_from_data=False)
    series.tx = series_title(name)
    series.smooth = False
    series.marker.symbol = "none"
    return series


def points(series: Any, symbol: str, fill: str, edge: str, where: str, size: int = 8) -> None:
    """Show a series as points without a line, each labelled with the series' name."""
    series.marker.symbol, series.marker.size = symbol, size
    series.marker.graphicalProperties = GraphicalProperties(solidFill=fill, ln=LineProperties(solidFill=edge, w=15875))
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    series.dLbls = _labels(where)
    series.dLbls.showSerName = True


def bar_labels(numbers: str) -> DataLabelList:
    """Return labels with the value at the end of each bar."""
    labels = _labels("outEnd")
    labels.showVal, labels.numFmt = True, numbers
    return labels


def _labels(where: str) -> DataLabelList:
    labels = DataLabelList()
    labels.showSerName = labels.showVal = labels.showCatName = labels.showLegendKey = False
    labels.showPercent = labels.showBubbleSize = False
    labels.position = where
    labels.txPr = _letters(9, INK, bold=True)
    return labels


def place(sheet: Worksheet, chart: Any, anchor: str, alt: str) -> None:
    """Put a chart on a sheet, with its alternative text."""
    setattr(chart, _ALT, alt)
    sheet.add_chart(chart, anchor)


def descriptions(workbook: Workbook) -> dict[str, list[str]]:
    """Return the alternative texts of each sheet's charts, in the order in which they were placed."""
    texts: dict[str, list[str]] = {}
    sheets: list[Any] = workbook.worksheets
    for sheet in sheets:
        charts = sheet._charts
        if charts:
            texts[sheet.title] = [getattr(chart, _ALT, "") for chart in charts]
    return texts


def first_row_below(sheet: Worksheet, row: int, centimetres: float) -> int:
    """Return the first free row below a chart of this height that starts in `row`."""
    left = centimetres * _CENTIMETRE + _DEFAULT_HEIGHT
    while left > 0:
        left -= sheet.row_dimensions[row].height or _DEFAULT_HEIGHT
        row += 1
    return row
