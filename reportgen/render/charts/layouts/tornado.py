"""Lay out a tornado: a bar from the low to the high end of each driver, around the given value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.render.charts.plots import (
    FIGURE_WIDTH,
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
    from reportgen.report.view import Figure

__all__ = ["tornado"]

_STEP = 22.0  # pixels: from bar to bar
_BASE = 16.0  # pixels: height of the line with the given value
_GAP = 6.0

# Fill and outline of the low and the high end: one filled, one lighter, so that they differ in print too.
_ENDS = {"low": ("#0072B2", "#0072B2"), "high": ("#E69F00", "#b37400")}


def tornado(figure: Figure) -> Plan:
    """Return the plan of how one number depends on its drivers.

    Reads `drivers` (name, low, high: the number at the ends, low_text, high_text: the driver's value there) and `base`
    (value, text), one row; an end without a number has no bar, only its text. `texts` may hold `x_title` and the words
    for `low` and `high` in the key.
    """
    drivers = rows(figure, "drivers")
    base = rows(figure, "base")[0]
    middle = number(base, "value")
    ends = [number(d, end) for d in drivers for end in _ENDS if d.get(end) is not None]
    least, most = min([middle, *ends]), max([middle, *ends])
    span = (most - least) or abs(middle) or 1.0
    left, side = names_width(drivers) + 14, max(widest(drivers, "low_text"), widest(drivers, "high_text")) + 10
    width = FIGURE_WIDTH - left - 4
    scale = (width - 2 * side) / span  # the texts at the outermost ends stay within the plot
    low, high = least - side / scale, most + side / scale
    keys = [(figure.texts[end], "square", *_ENDS[end]) for end in _ENDS if end in figure.texts]
    step = ticks(high - low)[1]
    marks = [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    given = (middle - low) * scale
    half = text_width(text(base, "text"), TEXT, "semibold") * 0.53
    return Plan(
        width,
        _STEP * len(drivers),
        {"left": left, "right": 4, "top": top_margin(keys, left) + _BASE, "bottom": 34},
        {"x_min": low, "x_max": high, "x_ticks": marks, "x_title": figure.texts.get("x_title", "")},
        {
            "bars": [bar for i, d in enumerate(drivers) for bar in _bars(d, i, middle)],
            "ends": [end for i, d in enumerate(drivers) for end in _texts(d, i, middle, low, scale)],
            "names": [
                {"name": fit(text(d, "name"), left - 14, TEXT, "semibold"), "py": _STEP * (i + 0.5)}
                for i, d in enumerate(drivers)
            ],
            "base": [{"x": middle, "text": text(base, "text"), "tx": min(max(given, half), width - half)}],
            "legend": legend(keys, -14.0 - _BASE, left),
        },
    )


def _bars(driver: Record, index: int, middle: float) -> list[Datum]:
    """Return the pieces from the given value to each end, the longer one below."""
    pieces: list[Datum] = []
    for end, (fill, stroke) in _ENDS.items():
        if driver.get(end) is not None:
            value = number(driver, end)
            pieces.append({"row": index, "start": middle, "end": value, "fill": fill, "stroke": stroke})
    return sorted(pieces, key=lambda piece: -abs(piece["end"] - middle)) or [
        {"row": index, "start": middle, "end": middle, "fill": "#ffffff", "stroke": "#ffffff"}
    ]


def _texts(driver: Record, index: int, middle: float, low: float, scale: float) -> list[Datum]:
    """Return the texts at the ends, each on its side; if both are on one side, the nearer one changes sides."""
    value = {end: number(driver, end) if driver.get(end) is not None else middle for end in _ENDS}
    outer = max(_ENDS, key=lambda end: abs(value[end] - middle))
    right = value[outer] > middle or (value[outer] == middle and outer == "high")
    labels: list[Datum] = []
    for end in _ENDS:
        to_right = right if end == outer else not right
        same_side = (value[end] - middle) * (1 if to_right else -1) >= 0
        x = ((value[end] if same_side else middle) - low) * scale
        words = text(driver, f"{end}_text")
        labels.append(
            {
                "text": words,
                "tx": x + _GAP if to_right else x - _GAP,
                "align": "left" if to_right else "right",
                "py": _STEP * (index + 0.5),
            }
        )
    return labels
