"""Lay out latency over the request rate: two panels, one above the other, and a key with the rates of each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.charts.labels import Box, Segment
from reportgen.render.charts.lines import freest, look, segments, size_of, word
from reportgen.render.charts.plots import FIGURE_WIDTH, INK, TEXT, Datum, Plan, Record, number, rows, text
from reportgen.render.charts.scales import Linear, Log
from reportgen.render.charts.text_width import fit, text_width
from reportgen.report.numbers import as_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.render.charts.lines import Way
    from reportgen.report.view import Figure

__all__ = ["load"]

_HIGH, _GAP, _LEFT, _RIGHT = 108.0, 34.0, 44.0, 14.0  # pixels: height of a panel, gap, and least margins
_KEY, _NAME, _SAMPLE, _APART = 16.0, 200.0, 20.0, 16.0  # pixels in the key: line, name, sample, gap
_AIR, _LOG_AIR = 1.12, 1.35  # headroom above the lines, and margins of a logarithmic axis
_FAR = 3.0  # a target beyond this multiple of the lines is only named: drawing it would compress them
_BEYOND = 1.25  # times the largest capacity; a higher rate is named only in the key
_PLACES = 12  # positions along a panel where the name of a target may begin
_GRID, _AXIS, _GREY = "#e3e8ee", "#b7bfca", "#5b6675"
_STROKES: dict[str, list[float]] = {"given": [1.5, 2.0], "reach": [5.0, 2.5], "capacity": []}
"""How the rates of a line are drawn: the given one, the largest within the targets, and the capacity."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A panel: its latency, its top, and its axis."""

    key: str
    title: str
    top: float
    up: Linear | Log

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.top + _HIGH - min(max(self.up.at(value), 0.0), _HIGH)

    @property
    def ticks(self) -> list[float]:
        """Return round values on its axis."""
        return self.up.round if isinstance(self.up, Log) else self.up.ticks()


def load(figure: Figure) -> Plan:
    """Return the plan of both latencies over the rate.

    Reads `lines` (name, role: best or base; given, reach, rough, capacity: rates; given_text, reach_text,
    capacity_text), `points` and `now` (line: index of its line, x, ttft, tpot), `panels` (key: ttft or tpot, title) and
    `marks` (panel, value, text), with at most one row per panel; `texts` may hold `x_title`.
    """
    lines, points, marks = rows(figure, "lines"), rows(figure, "points"), rows(figure, "marks")
    drawn = [mark for mark in marks if number(mark, "value") <= _FAR * _most(points, text(mark, "panel"))]
    panels = [
        _panel(row, i, points, [m for m in drawn if m["panel"] == row["key"]])
        for i, row in enumerate(rows(figure, "panels"))
    ]
    left = max(_LEFT, *(12 + text_width(as_given(value).text, TEXT) for panel in panels for value in panel.ticks))
    across, foot = _across(lines, points, left), panels[-1].top + _HIGH
    ways = {(p.key, i): _way(p, i, points, across) for p in panels for i in range(len(lines))}
    keys, samples = _keys(lines, across, left)
    rules = [rule for panel in panels for line in lines for rule in _rules(panel, line, across)]
    titles = [word(panel.title, 0.0, panel.top - 10, weight=600) for panel in panels]
    return Plan(
        across.pixels,
        foot,
        {"left": left, "right": _RIGHT, "top": 22 + _KEY * len(lines), "bottom": 34},
        datasets={
            "bands": [band for panel in panels for line in lines for band in _band(panel, line, across)],
            "grid": _grid(panels, across),
            "rules": [*samples, *rules, *_limits(panels, drawn, across)],
            "points": [
                {"px": x, "py": y, "line": f"{key} {i}", **look(lines[i])}
                for (key, i), way in ways.items()
                for x, y in way
            ],
            "dots": [dot for panel in panels for row in rows(figure, "now") for dot in _dot(panel, row, lines, across)],
            "texts": [
                *keys,
                *titles,
                *_named(panels, marks, drawn, [*segments(ways.values()), *map(_segment, rules)], across.pixels),
                *_numbers(panels, across),
                *_x_title(figure, foot, across),
            ],
        },
    )


# --- the axes --------------------------------------------------------------------------------------------------------


def _across(lines: Sequence[Record], points: Sequence[Record], left: float) -> Linear:
    """Return the axis of rates, from zero to just beyond the largest capacity, or the given rate if that is close."""
    most = max(*(number(line, "capacity") for line in lines), max(number(point, "x") for point in points))
    near = [number(line, "given") for line in lines if number(line, "given") <= _BEYOND * most]
    return Linear(0.0, 1.03 * max([most, *near]), FIGURE_WIDTH - left - _RIGHT)


def _most(points: Sequence[Record], key: str) -> float:
    return max(number(point, key) for point in points)


def _panel(row: Record, place: int, points: Sequence[Record], marks: Sequence[Record]) -> _Panel:
    """Return a panel: the first token on a logarithmic axis, because waits grow without bound; tokens from zero."""
    key = text(row, "key")
    values = [*(number(point, key) for point in points), *(number(mark, "value") for mark in marks)]
    up = (
        Log(min(v for v in values if v > 0) / _LOG_AIR, max(values) * _LOG_AIR, _HIGH)
        if key == "ttft"
        else Linear(0.0, max(values) * _AIR or 1.0, _HIGH)
    )
    return _Panel(key, text(row, "title"), place * (_HIGH + _GAP), up)


def _grid(panels: Sequence[_Panel], across: Linear) -> list[Datum]:
    """Return horizontal lines at round values, and the base line of each panel."""
    level = [(panel.at(value), _GRID) for panel in panels for value in panel.ticks]
    level += [(panel.top + _HIGH, _AXIS) for panel in panels]
    return [{"px": 0.0, "px2": across.pixels, "py": y, "py2": y, "ink": ink} for y, ink in level]


def _numbers(panels: Sequence[_Panel], across: Linear) -> list[Datum]:
    """Return the round values of both axes; those of the rate are below each panel."""
    labels: list[Datum] = []
    for panel in panels:
        for value in panel.ticks:
            label = as_given(value).text
            labels.append(word(label, -8 - text_width(label, TEXT), panel.at(value), _GREY, 400))
        for value in across.ticks():
            label = as_given(value).text
            labels.append(
                word(label, across.at(value) - text_width(label, TEXT) / 2, panel.top + _HIGH + 9, _GREY, 400)
            )
    return labels


def _x_title(figure: Figure, foot: float, across: Linear) -> list[Datum]:
    title = figure.texts.get("x_title", "")
    return [word(title, across.pixels - size_of(title)[0], foot + 24)] if title else []


# --- lines and rates -------------------------------------------------------------------------------------------------


def _way(panel: _Panel, line: int, points: Sequence[Record], across: Linear) -> Way:
    return [
        (across.at(number(p, "x")), panel.at(number(p, panel.key))) for p in points if int(number(p, "line")) == line
    ]


def _band(panel: _Panel, line: Record, across: Linear) -> list[Datum]:
    """Return the range of rough waits, from below the capacity up to it."""
    ends = {"px": across.at(number(line, "rough")), "px2": across.at(number(line, "capacity"))}
    return [{**ends, "py": panel.top, "py2": panel.top + _HIGH, **look(line)}]


def _rules(panel: _Panel, line: Record, across: Linear) -> list[Datum]:
    """Return the rates of a line that lie within the axis."""
    places = [(across.at(number(line, key)), dash) for key, dash in _STROKES.items() if number(line, key) > 0]
    ends = {"py": panel.top, "py2": panel.top + _HIGH}
    return [{**look(line), "px": x, "px2": x, **ends, "dash": dash} for x, dash in places if x <= across.pixels]


def _segment(rule: Datum) -> Segment:
    return Segment(rule["px"], rule["py"], rule["px2"], rule["py2"])


def _dot(panel: _Panel, row: Record, lines: Sequence[Record], across: Linear) -> list[Datum]:
    """Return the latency at the given rate."""
    value, line = row.get(panel.key), lines[int(number(row, "line"))]
    if value is None or not panel.up.low <= float(value) <= panel.up.high:
        return []
    return [{**look(line), "px": across.at(number(row, "x")), "py": panel.at(float(value))}]


def _keys(lines: Sequence[Record], across: Linear, left: float) -> tuple[list[Datum], list[Datum]]:
    """Return the key: for each line its name, then each rate after a sample of its rule, in columns."""
    texts, samples = list[Datum](), list[Datum]()
    wide = min(_NAME, max(size_of(text(line, "name"))[0] for line in lines))
    rates = {key: [_key_text(line, key, across) for line in lines] for key in _STROKES}
    for place, line in enumerate(lines):
        y, ink = -30.0 - _KEY * (len(lines) - 1 - place), look(line)["ink"]
        samples.append({**look(line), "px": -left, "px2": -left + _SAMPLE, "py": y, "py2": y})
        x = -left + _SAMPLE + 6
        texts.append(word(fit(text(line, "name"), wide, TEXT, "semibold"), x, y, ink))
        x += wide + _APART
        for key, dash in _STROKES.items():
            if rates[key][place]:
                samples.append({**look(line), "px": x, "px2": x, "py": y - 6, "py2": y + 6, "dash": dash})
                texts.append(word(rates[key][place], x + 5, y, ink, 400))
            x += max(5 + size_of(label, "regular")[0] + _APART if label else 0.0 for label in rates[key])
    return texts, samples


def _key_text(line: Record, key: str, across: Linear) -> str:
    """Return a rate in words, with an arrow if it is beyond the axis; an empty text if it is zero."""
    value = number(line, key)
    if not value > 0:
        return ""
    return f"{text(line, f'{key}_text')}{' →' if across.at(value) > across.pixels else ''}"


# --- targets ---------------------------------------------------------------------------------------------------------


def _limits(panels: Sequence[_Panel], drawn: Sequence[Record], across: Linear) -> list[Datum]:
    """Return the targets as rules across their panels."""
    rules: list[Datum] = []
    for mark in drawn:
        y = _of(panels, mark).at(number(mark, "value"))
        rules.append({"px": 0.0, "px2": across.pixels, "py": y, "py2": y, "ink": INK, "dash": [2.0, 2.0]})
    return rules


def _of(panels: Sequence[_Panel], mark: Record) -> _Panel:
    return next(panel for panel in panels if panel.key == mark["panel"])


def _named(
    panels: Sequence[_Panel], marks: Sequence[Record], drawn: Sequence[Record], busy: Sequence[Segment], width: float
) -> list[Datum]:
    """Return the targets' texts, next to their rules and clear of lines, or at the top if beyond the axis."""
    labels: list[Datum] = []
    for mark in marks:
        panel = _of(panels, mark)
        label = text(mark, "text") if mark in drawn else f"{text(mark, 'text')}, beyond this axis ↑"
        wide, high = size_of(label)
        y = panel.at(number(mark, "value"))
        tops = [y - high - 1, y + 2] if mark in drawn else [panel.top + 3]
        tops = [top for top in tops if top >= panel.top - 2 and top + high <= panel.top + _HIGH]
        boxes = [Box(x, top, x + wide, top + high) for top in tops for x in _starts(width, wide)]
        box = freest(boxes, busy, ())
        labels.append(word(label, box.left, (box.top + box.bottom) / 2))
    return labels


def _starts(width: float, wide: float) -> list[float]:
    """Return starting positions along a panel, from right to left."""
    most = width - wide - 6
    return [most - (most - 6) * step / _PLACES for step in range(_PLACES + 1)]
