"""Lay out lines with their first and last value, and a target as a rule: steps of a generation, payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.charts.labels import Box, place, spread
from reportgen.render.charts.lines import freest, look, segments, size_of, word
from reportgen.render.charts.plots import FIGURE_WIDTH, TEXT, Datum, Plan, Record, number, rows, text
from reportgen.render.charts.scales import Linear
from reportgen.render.charts.text_width import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.render.charts.lines import Way
    from reportgen.report.view import Figure

__all__ = ["generation"]

_HEIGHT, _LEFT, _NAMES = 165.0, 40.0, 190.0
_BLOCK, _LINE = 27.0, 12.0  # pixels: height of a name with its value below, and the distance between the two
_AIR, _MORE_AIR = 1.12, 1.25  # headroom above the lines, and where a target beyond the axis is named
_FAR = 3.0  # a target beyond this multiple of the lines is only named: drawing it would compress them


def generation(figure: Figure) -> Plan:
    """Return the plan of lines over a common axis, such as a step's time over the context.

    Reads `lines` (name, role: best, base or rest, first, last: the texts of its first and last value), `points` (line:
    index of its line, x, y) and `marks` (value, text), with at most one row; `texts` may hold `x_title`.
    """
    lines, points, marks = rows(figure, "lines"), rows(figure, "points"), rows(figure, "marks")
    right = min(_NAMES, max(size_of(text(line, key))[0] for line in lines for key in ("name", "last"))) + 20
    most, xs = max(number(point, "y") for point in points), [number(point, "x") for point in points]
    drawn = [mark for mark in marks if number(mark, "value") <= _FAR * most]
    across = Linear(min(xs), max(xs), FIGURE_WIDTH - _LEFT - right)
    high = max([most, *(number(mark, "value") for mark in drawn)])
    up = Linear(0.0, high * (_AIR if len(drawn) == len(marks) else _MORE_AIR) or 1.0, _HEIGHT)
    ways: list[Way] = [[] for _ in lines]
    for point in points:
        ways[int(number(point, "line"))].append((across.at(number(point, "x")), _HEIGHT - up.at(number(point, "y"))))
    names, leaders = _names(lines, ways, across.pixels, right - 20)
    starts = _starts(lines, ways, across.pixels)
    limits = _limits(marks, drawn, up, ways, across.pixels, [box for _, box in starts])
    return Plan(
        across.pixels,
        _HEIGHT,
        {"left": _LEFT, "right": right, "top": 8, "bottom": 34},
        {**across.params("x"), **up.params("y"), "x_title": figure.texts.get("x_title", "")},
        {
            "points": [{**point, **look(lines[int(number(point, "line"))])} for point in points],
            "ends": [
                {"px": way[i][0], "py": way[i][1], **look(line)}
                for line, way in zip(lines, ways, strict=True)
                for i in (0, -1)
            ],
            "rules": [{"y": number(mark, "value")} for mark in drawn],
            "leaders": leaders,
            "texts": [*names, *(datum for datum, _ in starts), *limits],
        },
    )


def _names(lines: Sequence[Record], ways: Sequence[Way], width: float, space: float) -> tuple[list[Datum], list[Datum]]:
    """Return names with the last values at the right ends, spread out and connected to their lines."""
    wanted = [way[-1][1] - _LINE / 2 for way in ways]
    placed = spread(wanted, _BLOCK, 2.0, _HEIGHT - _LINE)
    texts, leaders = list[Datum](), list[Datum]()
    for line, way, y in zip(lines, ways, placed, strict=True):
        ink = look(line)["ink"]
        texts.append(word(fit(text(line, "name"), space, TEXT, "semibold"), width + 16, y, ink))
        texts.append(word(text(line, "last"), width + 16, y + _LINE, ink, 400))
        leaders.append({"px": width + 4, "px2": width + 13, "py": way[-1][1], "py2": y + _LINE / 2, "ink": ink})
    return texts, leaders


def _starts(lines: Sequence[Record], ways: Sequence[Way], width: float) -> list[tuple[Datum, Box]]:
    """Return the first values, where no line crosses them."""
    points, sizes = [way[0] for way in ways], [size_of(text(line, "first")) for line in lines]
    places = place(points, sizes, segments(ways), Box(2, 2, width, _HEIGHT - 2))
    return [
        (word(text(line, "first"), spot.x, spot.y, look(line)["ink"]), spot.box)
        for line, spot in zip(lines, places, strict=True)
        if spot is not None
    ]


def _limits(
    marks: Sequence[Record],
    drawn: Sequence[Record],
    up: Linear,
    ways: Sequence[Way],
    width: float,
    taken: Sequence[Box],
) -> list[Datum]:
    """Return the target's text, next to its rule and clear of lines, or at the top if it is beyond the axis."""
    labels: list[Datum] = []
    for mark in marks:
        label = text(mark, "text") if mark in drawn else f"{text(mark, 'text')}, beyond this axis ↑"
        wide, high = size_of(label)
        y = _HEIGHT - up.at(number(mark, "value")) if mark in drawn else 0.0
        boxes = [
            Box(x, top, x + wide, top + high)
            for top in ((y - high - 2, y + 3) if mark in drawn else (4.0,))
            for x in (width - wide - 4, (width - wide) / 2, 8.0)
            if top >= 0 and top + high <= _HEIGHT
        ]
        box = freest(boxes, segments(ways), taken)
        labels.append(word(label, box.left, (box.top + box.bottom) / 2))
    return labels
