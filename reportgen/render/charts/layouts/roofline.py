"""Lay out the roofline: logarithmic axes, roofs and their names, points, and labels that do not overlap."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reportgen.render.charts.labels import Box, Segment, place, spread
from reportgen.render.charts.plots import (
    FIGURE_WIDTH,
    INK,
    PAPER,
    TEXT,
    Datum,
    Plan,
    Record,
    legend,
    number,
    palette,
    rows,
    text,
)
from reportgen.render.charts.scales import Log
from reportgen.render.charts.text_width import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.view import Figure

__all__ = ["roofline"]

_HEIGHT, _LEFT, _NOTE = 170.0, 34.0, 8.4
_DASHES: tuple[list[int], ...] = ([], [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4])
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


def roofline(figure: Figure) -> Plan:
    """Return the plan of attainable performance over arithmetic intensity.

    Reads `roofs` (name, note, peak in units of y, bandwidth in units of y per unit of x, ridge: a text that marks the
    ridge) and `points` (label, x, y, group, strong); `texts` holds `x_title`. The first roof is the scenario's own:
    the plot is shaded left of its ridge.
    """
    roofs, points = rows(figure, "roofs"), rows(figure, "points")
    names = [max(text_width(text(r, "name"), TEXT, "semibold"), text_width(text(r, "note"), _NOTE)) for r in roofs]
    right = max(names, default=0.0) * 1.05 + 18
    width = FIGURE_WIDTH - _LEFT - right
    across, up = _scales(roofs, points, width)
    groups = list(dict.fromkeys(text(p, "group") for p in points))
    keys = [(group, _SHAPES[i % len(_SHAPES)], *_look(i)) for i, group in enumerate(groups) if group]
    lines, segments = _lines(roofs, across, up)
    ridges = _ridges(roofs, across, width)
    named, leaders = _names(roofs, up, width)
    dots, labels, pointers = _points(points, groups, across, up, segments, ridges)
    return Plan(
        width,
        _HEIGHT,
        {"left": _LEFT, "right": right, "top": 26 if keys else 8, "bottom": 32},
        {"x_title": figure.texts.get("x_title", ""), **across.params("x"), **up.params("y")},
        {
            "roofs": lines,
            "names": named,
            "leaders": [*leaders, *pointers],
            "points": dots,
            "labels": labels,
            "ridges": ridges,
            "legend": legend(keys),
        },
    )


def _scales(roofs: Sequence[Record], points: Sequence[Record], width: float) -> tuple[Log, Log]:
    """Return both axes, with margins around all content, so that labels do not touch the frame."""
    ridges = [number(r, "peak") / number(r, "bandwidth") for r in roofs]
    xs = [*(number(p, "x") for p in points), *ridges]
    low = min(xs) * 0.5
    high = max(xs) * 10
    starts = [number(p, "y") for p in points] or [low * number(r, "bandwidth") for r in roofs]
    floor = min(starts) * 0.4
    ceiling = max([number(r, "peak") for r in roofs] + [number(p, "y") for p in points]) * 2
    return Log(low, high, width), Log(floor, ceiling, _HEIGHT)


def _lines(roofs: Sequence[Record], across: Log, up: Log) -> tuple[list[Datum], list[Segment]]:
    """Return each roof as a line of three corners, and the same in pixels for placing labels."""
    data: list[Datum] = []
    segments: list[Segment] = []
    for index, roof in enumerate(roofs):
        peak, bandwidth = number(roof, "peak"), number(roof, "bandwidth")
        start = max(across.low, up.low / bandwidth)
        corners = [(start, start * bandwidth), (peak / bandwidth, peak), (across.high, peak)]
        look = {"roof": index, "colour": palette()[index % len(palette())], "dash": _DASHES[index % len(_DASHES)]}
        data += [{"x": x, "y": y, **look} for x, y in corners]
        pixels = [(across.at(x), _HEIGHT - up.at(y)) for x, y in corners]
        segments += [Segment(*a, *b) for a, b in itertools.pairwise(pixels)]
    return data, segments


def _ridges(roofs: Sequence[Record], across: Log, width: float) -> list[Datum]:
    """Return vertical lines at the ridges, where a roof turns from memory to compute, with texts at the bottom."""
    data: list[Datum] = []
    for index, roof in enumerate(roofs):
        if not text(roof, "ridge"):
            continue
        x = number(roof, "peak") / number(roof, "bandwidth")
        wide = text_width(text(roof, "ridge"), _NOTE) * 1.05
        pixel = across.at(x)
        start = pixel + 5 if pixel + 5 + wide < width else pixel - 5 - wide
        foot = _HEIGHT - 9 - 11 * len(data)
        position = {"low": across.low, "x": x, "tx": start, "py": foot, "wide": wide}
        data.append({**position, "text": text(roof, "ridge"), "shade": index == 0})
    return data


def _names(roofs: Sequence[Record], up: Log, width: float) -> tuple[list[Datum], list[Datum]]:
    """Return the roofs' names at their right ends, spread out even if roofs coincide, and connected to their lines."""
    wanted = [_HEIGHT - up.at(number(r, "peak")) for r in roofs]
    placed = spread(wanted, 25.0, 4.0, _HEIGHT - 14)
    names: list[Datum] = []
    leaders: list[Datum] = []
    for index, (roof, wish, y) in enumerate(zip(roofs, wanted, placed, strict=True)):
        colour = palette()[index % len(palette())]
        names.append(
            {
                "px": width + 13,
                "py": y,
                "ny": y + 11,
                "text": text(roof, "name"),
                "note": text(roof, "note"),
                "ink": colour,
            }
        )
        leaders.append({"px": width + 1, "px2": width + 10, "py": wish, "py2": y, "ink": colour})
    return names, leaders


def _look(group: int) -> tuple[str, str]:
    """Return fill and outline of a group's points: filled, then hollow, so that they differ in print too."""
    return (INK, PAPER) if group % 2 == 0 else (PAPER, INK)


def _points(
    points: Sequence[Record],
    groups: Sequence[str],
    across: Log,
    up: Log,
    segments: Sequence[Segment],
    ridges: Sequence[Datum],
) -> tuple[list[Datum], list[Datum], list[Datum]]:
    """Return the points, the labels of those that have one, and lines to labels that are far away."""
    dots: list[Datum] = []
    for point in points:
        place_in_key = groups.index(text(point, "group"))
        fill, stroke = _look(place_in_key)
        size = 52 if point.get("strong") else 26
        shape = _SHAPES[place_in_key % len(_SHAPES)]
        position = {"x": number(point, "x"), "y": number(point, "y")}
        dots.append({**position, "shape": shape, "fill": fill, "stroke": stroke, "size": size})
    pixels = [(across.at(d["x"]), _HEIGHT - up.at(d["y"])) for d in dots]
    # Important points choose first.
    order = sorted(range(len(points)), key=lambda i: (not points[i].get("strong"), i))
    order = [i for i in order if text(points[i], "label")]
    taken = [Box(r["tx"] - 2, r["py"] - 6, r["tx"] + r["wide"] + 2, r["py"] + 6) for r in ridges]
    taken += [Box(x - 5, y - 5, x + 5, y + 5) for i, (x, y) in enumerate(pixels) if i not in order]
    walls = [Segment(across.at(r["x"]), 0, across.at(r["x"]), _HEIGHT) for r in ridges]
    sizes = [(text_width(text(points[i], "label"), TEXT, "semibold") * 1.05, TEXT * 1.25) for i in order]
    frame = Box(2, 2, across.pixels - 2, _HEIGHT - 2)
    places = place([pixels[i] for i in order], sizes, [*segments, *walls], frame, taken)
    labels: list[Datum] = []
    pointers: list[Datum] = []
    for i, spot in zip(order, places, strict=True):
        if spot is None:
            continue
        labels.append({"px": spot.x, "py": spot.y, "text": text(points[i], "label")})
        if spot.far:
            x, y = pixels[i]
            end = min(max(x, spot.box.left), spot.box.right), min(max(y, spot.box.top + 2), spot.box.bottom - 2)
            pointers.append({"px": x, "py": y, "px2": end[0], "py2": end[1], "ink": "#8a94a3"})
    return dots, labels, pointers
