"""Lay out throughput against latency over batch sizes: lines of points with labels that do not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.charts.labels import Box, place
from reportgen.render.charts.lines import freest, look, segments, size_of, word
from reportgen.render.charts.plots import FIGURE_WIDTH, TEXT, Datum, Plan, Record, number, rows, text
from reportgen.render.charts.scales import Linear, Log
from reportgen.render.charts.text_width import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.render.charts.labels import Placed, Segment
    from reportgen.render.charts.lines import Way
    from reportgen.report.view import Figure

__all__ = ["batches"]

_HEIGHT, _LEFT, _RIGHT = 200.0, 44.0, 14.0
_NAMES = 230.0  # pixels: the longest name of a line
_AIR, _LOG_AIR = 0.08, 1.4  # margins of the axes: a share of the linear one, a factor of the logarithmic one
_OWN, _OTHER, _POINT = 90.0, 30.0, 5.0  # square pixels of points, and half the width that a point takes
_FAR = 2.5  # a target beyond this multiple of the points is only named: drawing it would compress them


def batches(figure: Figure) -> Plan:
    """Return the plan of throughput over the time per token.

    Reads `lines` (name, role: best or base), `points` (line: index of its line, kind: batch or concurrency, at_once,
    tpot, throughput, own) and `marks` (value, text), with at most one row.
    """
    lines, points, marks = rows(figure, "lines"), rows(figure, "points"), rows(figure, "marks")
    tokens, flows = ([number(p, key) for p in points] for key in ("tpot", "throughput"))
    drawn = [mark for mark in marks if number(mark, "value") <= _FAR * max(tokens)]
    across = _axis([*tokens, *(number(mark, "value") for mark in drawn)], FIGURE_WIDTH - _LEFT - _RIGHT)
    up = Log(min(flows) / _LOG_AIR, max(flows) * _LOG_AIR, _HEIGHT)
    pixels = [(across.at(x), _HEIGHT - up.at(y)) for x, y in zip(tokens, flows, strict=True)]
    ways = [
        [point for point, p in zip(pixels, points, strict=True) if number(p, "line") == i] for i in range(len(lines))
    ]
    pieces = segments(ways)
    limits = [_limit(mark, across, pieces, drawn=mark in drawn) for mark in marks]
    names = _names(lines, ways, pieces, [box for _, box in limits])
    taken = [*(box for _, box in limits), *(spot.box for _, spot, _ in names)]
    return Plan(
        across.pixels,
        _HEIGHT,
        {"left": _LEFT, "right": _RIGHT, "top": 24, "bottom": 34},
        {**across.params("x"), "y_min": up.low, "y_max": up.high, "y_ticks": up.round},
        {
            "points": [_point(p, lines) for p in points],
            "rules": [{"x": number(mark, "value")} for mark in drawn],
            "leaders": [_leader(point, spot) for _, spot, point in names if spot.far],
            "texts": [
                *(datum for datum, _ in limits),
                *(datum for datum, _, _ in names),
                *_sizes(lines, points, pixels, pieces, taken),
            ],
        },
    )


def _axis(values: Sequence[float], pixels: float) -> Linear:
    """Return the axis of latencies, with margins; it need not begin at zero."""
    air = (max(values) - min(values)) * _AIR or max(values) * _AIR
    return Linear(max(0.0, min(values) - air), max(values) + air, pixels)


def _point(point: Record, lines: Sequence[Record]) -> Datum:
    """Return a point in the style of its line."""
    values = {key: number(point, key) for key in ("line", "tpot", "throughput")}
    return {**values, **look(lines[int(values["line"])]), "size": _OWN if point.get("own") else _OTHER}


def _limit(mark: Record, across: Linear, pieces: Sequence[Segment], *, drawn: bool) -> tuple[Datum, Box]:
    """Return the target's text, next to its rule and clear of lines, or at the right if it is beyond the axis."""
    label = text(mark, "text") if drawn else f"{text(mark, 'text')}, beyond this axis →"
    wide, high = size_of(label)
    most = across.pixels + _RIGHT - wide
    x = across.at(number(mark, "value"))
    sides = [left for left in (x + 5, x - 5 - wide) if 0 <= left <= most] if drawn else [most]
    tops = (_HEIGHT - high - 6, 4.0, (_HEIGHT - high) / 2)
    boxes = [Box(left, top, left + wide, top + high) for top in tops for left in sides or [max(0.0, most)]]
    box = freest(boxes, pieces, ())
    return word(label, box.left, (box.top + box.bottom) / 2), box


def _frame() -> Box:
    return Box(2, 2, FIGURE_WIDTH - _LEFT - 2, _HEIGHT - 2)


def _around(points: Way) -> list[Box]:
    return [Box(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in points]


def _names(
    lines: Sequence[Record], ways: Sequence[Way], pieces: Sequence[Segment], taken: Sequence[Box]
) -> list[tuple[Datum, Placed, tuple[float, float]]]:
    """Return the names of lines, each at its last point with room nearby, or else at the last with any room."""
    busy = [*taken, *_around([point for way in ways for point in way])]
    names: list[tuple[Datum, Placed, tuple[float, float]]] = []
    for line, way in zip(lines, ways, strict=True):
        name = fit(text(line, "name"), _NAMES, TEXT, "semibold")
        spots: list[tuple[Placed, tuple[float, float]]] = []
        for point in reversed(way):
            (spot,) = place([point], [size_of(name)], pieces, _frame(), [box for box in busy if not _holds(box, point)])
            if spot is not None:
                spots.append((spot, point))
        if spots:
            spot, point = min(spots, key=lambda one: one[0].far)  # on ties, the first
            names.append((word(name, spot.x, spot.y, look(line)["ink"]), spot, point))
            busy.append(spot.box)
    return names


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom


def _leader(point: tuple[float, float], spot: Placed) -> Datum:
    """Return a line from a point to a name that is far away."""
    x = min(max(point[0], spot.box.left), spot.box.right)
    y = min(max(point[1], spot.box.top + 2), spot.box.bottom - 2)
    return {"px": point[0], "py": point[1], "px2": x, "py2": y}


def _sizes(
    lines: Sequence[Record], points: Sequence[Record], pixels: Way, pieces: Sequence[Segment], taken: Sequence[Box]
) -> list[Datum]:
    """Return the sizes next to points, configured ones and ends of lines first; those without room are left out."""
    line_of = [int(number(point, "line")) for point in points]
    own = [i for i, point in enumerate(points) if point.get("own")]
    ends = [i for i, of in enumerate(line_of) if of not in line_of[:i] or of not in line_of[i + 1 :]]
    telling = dict.fromkeys((*own, *ends))
    order = list(dict.fromkeys((*telling, *range(len(points)))))
    labels = [
        f"{text(points[i], 'kind')} {text(points[i], 'at_once')}" if i in telling else text(points[i], "at_once")
        for i in order
    ]
    places = place([pixels[i] for i in order], [size_of(words) for words in labels], pieces, _frame(), taken)
    return [
        word(words, spot.x, spot.y, look(lines[line_of[i]])["ink"], 600 if i in telling else 400)
        for i, words, spot in zip(order, labels, places, strict=True)
        if spot is not None and not spot.far
    ]
