"""Lay out the comparison of options: bars of one number, with lines at the target and the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.charts.plots import (
    FIGURE_WIDTH,
    PAPER,
    TEXT,
    Datum,
    Plan,
    Record,
    legend,
    names_width,
    number,
    rows,
    text,
    ticks,
    top_margin,
    widest,
)
from reportgen.render.charts.text_width import fit, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.view import Figure

__all__ = ["options"]

_STEP = 19.0  # pixels: from bar to bar
_MARKS = 16.0  # pixels: height of the texts above target and baseline

# Fill and outline: an option that misses a target is hollow, so that it differs without colour too.
_ROLES = {
    "best": ("#0072B2", "#0072B2"),
    "base": ("#5b6675", "#5b6675"),
    "plain": ("#9fc5e0", "#9fc5e0"),
    "missed": (PAPER, "#8a94a3"),
}


def options(figure: Figure) -> Plan:
    """Return the plan of options compared by one number.

    Reads `bars` (name, value, text, role: best, base, plain or missed) and `marks` (value, text); `texts` may hold
    `x_title` and the word for each role in the key.
    """
    bars, marks = rows(figure, "bars"), rows(figure, "marks")
    high = max([number(row, "value") for row in (*bars, *marks)], default=0.0) or 1.0
    left, right = names_width(bars) + 14, widest(bars, "text") + 14
    width = FIGURE_WIDTH - left - right
    lines = sorted(number(mark, "value") / high * width for mark in marks)
    present = {text(row, "role") for row in bars}
    keys = [(figure.texts[r], "square", *_ROLES[r]) for r in _ROLES if r in present and r in figure.texts]
    band = _MARKS if marks else 0.0
    return Plan(
        width,
        _STEP * len(bars),
        {"left": left, "right": right, "top": top_margin(keys, left) + band, "bottom": 34},
        {"x_max": high, "x_ticks": ticks(high), "x_title": figure.texts.get("x_title", "")},
        {
            "bars": [_bar(row, i, left - 14, width / high, lines) for i, row in enumerate(bars)],
            "marks": _marks(marks, width / high, width),
            "legend": legend(keys, -14.0 - band, left),
        },
    )


def _bar(row: Record, index: int, names: float, scale: float, lines: Sequence[float]) -> Datum:
    """Return one bar with its name and its value, placed clear of the lines."""
    role = text(row, "role")
    fill, stroke = _ROLES.get(role, _ROLES["plain"])
    start = number(row, "value") * scale + 6
    return {
        "row": index,  # the index, because two shortened names may be equal
        "name": fit(text(row, "name"), names, TEXT, "semibold"),
        "value": number(row, "value"),  # also if absent: its row stays in line with its name
        "text": text(row, "text"),
        "tx": _clear(start, text_width(text(row, "text"), TEXT, "semibold"), lines),
        "py": _STEP * (index + 0.5),
        "fill": fill,
        "stroke": stroke,
        "weight": 600 if role in {"best", "base"} else 400,
    }


def _clear(start: float, width: float, lines: Sequence[float]) -> float:
    """Return where a value may begin so that no line crosses it."""
    for line in lines:
        if start - 3 < line < start + width + 3:
            start = line + 6
    return start


def _marks(marks: Sequence[Record], scale: float, width: float) -> list[Datum]:
    """Return the lines with their texts above, moved sideways until they do not overlap."""
    order = sorted(range(len(marks)), key=lambda i: (number(marks[i], "value"), i))
    sizes = [text_width(text(marks[i], "text"), TEXT, "semibold") * 1.04 for i in order]
    starts = [number(marks[i], "value") * scale - size / 2 for i, size in zip(order, sizes, strict=True)]
    for i in range(len(starts)):  # push right, from the left end ...
        starts[i] = max(starts[i], starts[i - 1] + sizes[i - 1] + 12 if i else 0.0)
    for i in reversed(range(len(starts))):  # ... then left, from the right end
        starts[i] = min(starts[i], (starts[i + 1] - 12 if i + 1 < len(starts) else width + 20) - sizes[i])
    return [
        {"value": number(marks[i], "value"), "text": text(marks[i], "text"), "tx": start}
        for i, start in zip(order, starts, strict=True)
    ]
