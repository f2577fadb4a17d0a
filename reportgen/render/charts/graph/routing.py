"""Draw edges between rows as right-angled lines: where they leave and arrive, and at which level they run across."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from reportgen.report.figures.layered import apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.report.figures.layer_flow import Edge

__all__ = ["Points", "Routes", "rounded", "routes"]

Points: TypeAlias = list[tuple[float, float]]

_CORNER = 11.0  # pixels: from the corner of a node to the nearest end of a line
_SNAP = 5.0  # pixels: smaller sideways steps are avoided
_PORTS = 10.0  # pixels: between lines that arrive at the same node
_NEAR = 5.0  # pixels: lines closer than this look like one
_MOST = 5  # the most lines whose levels are optimised by trying all orders
_FIRST, _LEVEL, _HEAD = 5.0, 5.0, 8.5  # pixels: down to the first level, between levels, and for arrowheads


@dataclass(frozen=True, slots=True)
class Routes:
    """The lines between two rows.

    Attributes:
        starts: x of each upper name's lines.
        ends: x at which each segment from an upper to a lower name arrives.
        level: the level at which an upper name's lines run across, 0 at the top.
    """

    starts: Mapping[str, float]
    ends: Mapping[Edge, float]
    level: Mapping[str, int]

    @property
    def height(self) -> float:
        """The height that they need between the rows."""
        return _FIRST + _HEAD + _LEVEL * max(self.level.values(), default=0)

    def between(self, segment: Edge, top: float) -> Points:
        """Return the points of a segment, from the bottom of the upper row to the top of the lower one."""
        start, end = self.starts[segment[0]], self.ends[segment]
        bottom = top + self.height
        if start == end:
            return [(start, top), (end, bottom)]
        y = top + _FIRST + _LEVEL * self.level[segment[0]]
        return [(start, top), (start, y), (end, y), (end, bottom)]


def routes(segments: Sequence[Edge], middle: Mapping[str, float], width: Mapping[str, float]) -> Routes:
    """Return lines for the segments from a row to the next, so that no line covers another and few cross.

    `middle` holds the centres of names and `width` their widths; a name without a width is a passing line.
    """
    ends: dict[Edge, float] = {}
    for lower in dict.fromkeys(lower for _, lower in segments):
        sources = [(upper, middle[upper]) for upper, other in segments if other == lower]
        ends |= {(upper, lower): x for upper, x in _ports(middle[lower], width.get(lower, 0.0), sources).items()}
    nets = {upper: [ends[segment] for segment in segments if segment[0] == upper] for upper, _ in segments}
    starts = {upper: _start(middle[upper], width.get(upper, 0.0), nets[upper]) for upper in nets}
    across = [upper for upper in nets if any(x != starts[upper] for x in nets[upper])]
    orders = itertools.permutations(across) if len(across) <= _MOST else [tuple(across)]
    levels = (_stacked(order, starts, nets) for order in orders)
    return Routes(starts, ends, min(levels, key=lambda level: _price(level, starts, nets)))


def _ports(middle: float, width: float, sources: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return where lines arrive at a node: straight below their sources, or at the nearest side of a narrow one."""
    order, reach = sorted(sources, key=lambda source: source[1]), width / 2 - _CORNER
    if any(0 < abs(x - middle) - reach < _SNAP for _, x in order):
        reach += _SNAP  # go a little closer to the corner to avoid a small sideways step
    reach = max(reach, 0.0)
    wanted = [min(max(x, middle - reach), middle + reach) for _, x in order]
    gap = min(_PORTS, 2 * reach / len(order))
    placed = apart(wanted, [0.0] * len(order), gap, middle - reach, middle + reach)
    return {name: x for (name, _), x in zip(order, placed, strict=True)}


def _start(middle: float, width: float, ends: Sequence[float]) -> float:
    """Return where lines leave a node: at its centre, or straight above their only end."""
    straight = len(ends) == 1 and abs(ends[0] - middle) <= max(width / 2 - _CORNER, 0.5)
    return ends[0] if straight else middle


def _span(name: str, starts: Mapping[str, float], nets: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    return min(starts[name], *nets[name]), max(starts[name], *nets[name])


def _stacked(order: Sequence[str], starts: Mapping[str, float], nets: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """Return the level of each line: below all earlier ones that it would overlap."""
    level: dict[str, int] = {}
    for name in order:
        low, high = _span(name, starts, nets)
        spans = ((level[other], _span(other, starts, nets)) for other in level)
        level[name] = max((above + 1 for above, (a, b) in spans if a < high + _NEAR and low < b + _NEAR), default=0)
    return level


def _price(level: Mapping[str, int], starts: Mapping[str, float], nets: Mapping[str, Sequence[float]]) -> float:
    """Return the cost of levels: overlaps count most, then crossings, then height."""
    price = 0.5 * max(level.values(), default=0)
    for above, below in itertools.permutations(level, 2):
        if level[above] < level[below]:
            low, high = _span(below, starts, nets)
            price += sum(low < x < high for x in nets[above])
            price += sum(50.0 for x in nets[above] if abs(x - starts[below]) < _NEAR)
            low, high = _span(above, starts, nets)
            price += low < starts[below] < high
    return price


def rounded(points: Points, radius: float = 3.0) -> str:
    """Return a line through points as an SVG path with rounded corners."""
    line = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    path = [f"M{line[0][0]:.2f},{line[0][1]:.2f}"]
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        into, out = _towards(corner, before, radius), _towards(corner, after, radius)
        path.append(f"L{into[0]:.2f},{into[1]:.2f} Q{corner[0]:.2f},{corner[1]:.2f} {out[0]:.2f},{out[1]:.2f}")
    return " ".join([*path, f"L{line[-1][0]:.2f},{line[-1][1]:.2f}"])


def _towards(start: tuple[float, float], end: tuple[float, float], most: float) -> tuple[float, float]:
    """Return a point on the way from one point to another, `most` away but at most half way."""
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])
    share = min(most, length / 2) / length if length else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
