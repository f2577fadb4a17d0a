"""What a chart draws, measured: the boxes of its texts, and whether they keep apart and inside."""

from __future__ import annotations

import functools
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.api import evaluate
from reportgen.render.charts.draw import _svg, fill, render_chart
from reportgen.render.charts.labels import Box, Segment
from reportgen.render.charts.plots import TEXT
from reportgen.render.charts.text_width import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.engine.results import Results
    from reportgen.report.view import Figure

SPECS = Path(__file__).resolve().parents[3] / "specs"
SHARE_OF_TEXT = 0.7
"""The height of letters, of the height of a line: lines of text may stand that near to each other."""


@functools.cache
def results_of(spec: str, *changes: str) -> Results:
    """One of the scenarios of the project, evaluated."""
    return evaluate(SPECS / f"{spec}.yaml", changes)


def text_box(datum: dict[str, Any]) -> Box:
    """Where a text stands, by the widths of the fonts."""
    size, weight = datum.get("size", TEXT), "semibold" if datum.get("weight", 400) >= 600 else "regular"
    wide = text_width(datum["text"], size, weight)
    left = datum["px"] - {"left": 0.0, "center": wide / 2, "right": wide}[datum.get("align", "left")]
    half = size * SHARE_OF_TEXT / 2
    return Box(left, datum["py"] - half, left + wide, datum["py"] + half)


def check_texts(texts: list[dict[str, Any]], frame: Box) -> None:
    """No text covers another or leaves the figure."""
    boxes = [(datum["text"], text_box(datum)) for datum in texts]
    for words, box in boxes:
        assert box.outside(frame) < 0.5, words
    for (one, a), (two, b) in itertools.combinations(boxes, 2):
        assert a.overlap(b) < 0.5, (one, two)


def figure_frame(spec: dict[str, Any]) -> Box:
    """The figure in the pixels of its plot."""
    pad = spec["padding"]
    return Box(-pad["left"], -pad["top"], spec["width"] + pad["right"], spec["height"] + pad["bottom"])


def pieces(path: str) -> list[Segment]:
    """The straight pieces of an SVG path, round corners cut off."""
    points = [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
    return [Segment(*a, *b) for a, b in itertools.pairwise(points)]


def shrunk(box: Box, by: float) -> Box:
    """The box without its rim."""
    return Box(box.left + by, box.top + by, box.right - by, box.bottom - by)


def same_bytes_twice(figure: Figure) -> bool:
    """Whether the same figure is drawn to the same bytes, whatever was drawn in between."""
    first = render_chart(figure, "c1")
    _svg.cache_clear()
    render_chart(figure, "other")
    _svg.cache_clear()
    return render_chart(figure, "c1") == first


def datasets(figure: Figure) -> dict[str, list[dict[str, Any]]]:
    """The tables that the chart draws."""
    found: dict[str, list[dict[str, Any]]] = fill(figure)["datasets"]
    return found


def named(rows: Iterable[Any], key: str) -> list[str]:
    """One column of a table of a figure."""
    return [str(row[key]) for row in rows]
