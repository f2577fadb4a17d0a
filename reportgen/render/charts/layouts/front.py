"""Lay out cost against latency: linear axes, circles whose area is the capacity, and labels that do not overlap."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reportgen.render.charts.labels import Box, place
from reportgen.render.charts.plots import (
    FIGURE_WIDTH,
    TEXT,
    Datum,
    Plan,
    Record,
    legend,
    number,
    rows,
    text,
    top_margin,
)
from reportgen.render.charts.scales import around
from reportgen.render.charts.text_width import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.render.charts.scales import Linear
    from reportgen.report.view import Figure

__all__ = ["front"]

_HEIGHT, _LEFT, _RIGHT = 210.0, 44.0, 14.0
_LARGEST, _SMALLEST = 260.0, 14.0  # square pixels: the area of a circle

# Fill, outline and opacity by role; merely tried configurations are faint, so that options stand out.
_ROLES = {
    "best": ("#0072B2", "#0072B2", 1.0),
    "base": ("#5b6675", "#5b6675", 1.0),
    "front": ("#E69F00", "#b37400", 1.0),
    "plain": ("#9fc5e0", "#5f95ba", 0.9),
    "tried": ("#d8dde4", "#b7bfca", 0.7),
}


def front(figure: Figure) -> Plan:
    """Return the plan of points by two numbers that should both be small.

    Reads `points` (label, x, y, area: the capacity, role: best, base, front, plain or tried); `texts` may hold
    `x_title` and the word for each role in the key. Important points are drawn over faint ones.
    """
    order = list(reversed(_ROLES))
    points = sorted(rows(figure, "points"), key=lambda p: order.index(text(p, "role")))
    width = FIGURE_WIDTH - _LEFT - _RIGHT
    across, up = around([number(p, "x") for p in points], width), around([number(p, "y") for p in points], _HEIGHT)
    most = max((number(p, "area") for p in points), default=0.0) or 1.0
    dots = [_dot(p, most) for p in points]
    labels, leaders = _labels(points, dots, across, up)
    present = {text(p, "role") for p in points}
    keys = [(figure.texts[r], "circle", *_ROLES[r][:2]) for r in _ROLES if r in present and r in figure.texts]
    return Plan(
        width,
        _HEIGHT,
        {"left": _LEFT, "right": _RIGHT, "top": top_margin(keys, _LEFT), "bottom": 34},
        {**across.params("x"), **up.params("y"), "x_title": figure.texts.get("x_title", "")},
        {"points": dots, "labels": labels, "leaders": leaders, "legend": legend(keys, left=_LEFT)},
    )


def _dot(point: Record, most: float) -> Datum:
    fill, stroke, opacity = _ROLES[text(point, "role")]
    size = max(_SMALLEST, _LARGEST * number(point, "area") / most)
    position = {"x": number(point, "x"), "y": number(point, "y")}
    return {**position, "size": size, "fill": fill, "stroke": stroke, "opacity": opacity}


def _labels(
    points: Sequence[Record], dots: Sequence[Datum], across: Linear, up: Linear
) -> tuple[list[Datum], list[Datum]]:
    """Return labels next to their points, and lines to those that are far away."""
    pixels = [(across.at(d["x"]), _HEIGHT - up.at(d["y"])) for d in dots]
    named = [i for i in reversed(range(len(points))) if text(points[i], "label")]  # the most important choose first
    radii = [math.sqrt(d["size"] / math.pi) for d in dots]
    taken = [
        Box(x - r, y - r, x + r, y + r)
        for i, ((x, y), r) in enumerate(zip(pixels, radii, strict=True))
        if text(points[i], "role") != "tried"
    ]
    sizes = [(text_width(text(points[i], "label"), TEXT, "semibold") * 1.05, TEXT * 1.25) for i in named]
    places = place([pixels[i] for i in named], sizes, (), Box(2, 2, across.pixels + _RIGHT - 2, _HEIGHT - 2), taken)
    labels: list[Datum] = []
    leaders: list[Datum] = []
    for i, spot in zip(named, places, strict=True):
        if spot is None:
            continue
        weight = 600 if text(points[i], "role") in {"best", "base"} else 400
        labels.append({"px": spot.x, "py": spot.y, "text": text(points[i], "label"), "weight": weight})
        if spot.far:
            x, y = pixels[i]
            end = min(max(x, spot.box.left), spot.box.right), min(max(y, spot.box.top + 2), spot.box.bottom - 2)
            leaders.append({"px": x, "py": y, "px2": end[0], "py2": end[1]})
    return labels, leaders
