"""The files of a Markdown report: the text, and a picture for each chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.charts.draw import render_chart
from reportgen.render.markdown.page import charts, markdown
from reportgen.report.design import PLAIN_DESIGN, Design
from reportgen.report.outline import report_of

if TYPE_CHECKING:
    from reportgen.engine.results import Results

__all__ = ["markdown_files"]


def markdown_files(results: Results, design: Design = PLAIN_DESIGN) -> dict[str, bytes]:
    """Return the content of the files by name, the text first; pictures are named after it and their chart.

    Raises:
        DocumentError: a chart cannot be drawn.
    """
    report, name = report_of(results, design), results.book.name
    drawn, names = dict[str, bytes](), dict[int, str]()
    for place, figure in enumerate(charts(report)):
        file, count = f"{name}.{figure.chart}.svg", 1
        while file in drawn:
            count += 1
            file = f"{name}.{figure.chart}-{count}.svg"
        names[place] = file
        drawn[file] = render_chart(figure, "chart", design.theme).encode()
    return {f"{name}.md": markdown(report, names).encode(), **drawn}
