"""Draws edges between rows as lines of right angles: where they leave and arrive, and how far down they run across."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from reportgen.report.figures.layered import apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.report.figures.layer_flow import Edge

__all__ = ["Points", "Wires", "rounded", "wires"]

Points: TypeAlias = list[tuple[float, float]]

_CORNER = 11.0  # pixels, from the corner of a node to where a line may leave or arrive
_SNAP = 5.0  # pixels, less than which no line steps aside
_PORTS = 10.0  # pixels, between lines that arrive at the same node
_NEAR = 5.0  # pixels: lines nearer than this look like one
_MOST = 5  # lines whose levels are sought by trying all; more are laid in their order
_FIRST, _LEVEL, _HEAD = 5.0, 5.0, 8.5  # pixels, down to the first level, from level to level, and for arrows' heads


@dataclass(frozen=True, slots=True)
class Wires:
    """The lines between two rows.

    Attributes:
        starts: where the lines of each upper name leave.
        ends: where each step from an upper to a lower name arrives.
        level: how far down the lines of an upper name run across, 0 on top.
    """

    starts: Mapping[str, float]
    ends: Mapping[Edge, float]
    level: Mapping[str, int]

    @property
    def height(self) -> float:
        """The room that they need between the rows."""
        return _FIRST + _HEAD + _LEVEL * max(self.level.values(), default=0)

    def between(self, step: Edge, top: float) -> Points:
        """The points of a step, from the foot of the upper row to the head of the lower one."""
        start, end = self.starts[step[0]], self.ends[step]
        bottom = top + self.height
        if start == end:
            return [(start, top), (end, bottom)]
        y = top + _FIRST + _LEVEL * self.level[step[0]]
        return [(start, top), (start, y), (end, y), (end, bottom)]


def wires(steps: Sequence[Edge], middle: Mapping[str, float], width: Mapping[str, float]) -> Wires:
    """Lines for steps from names of a row to names of the next, so that none covers another and few cross.

    `middle` says where names stand and `width` how wide they are; what has no width is a line that passes.
    """
    ends: dict[Edge, float] = {}
    for lower in dict.fromkeys(lower for _, lower in steps):
        sources = [(upper, middle[upper]) for upper, other in steps if other == lower]
        ends |= {(upper, lower): x for upper, x in _ports(middle[lower], width.get(lower, 0.0), sources).items()}
    nets = {upper: [ends[step] for step in steps if step[0] == upper] for upper, _ in steps}
    starts = {upper: _start(middle[upper], width.get(upper, 0.0), nets[upper]) for upper in nets}
    across = [upper for upper in nets if any(x != starts[upper] for x in nets[upper])]
    orders = itertools.permutations(across) if len(across) <= _MOST else [tuple(across)]
    levels = (_stacked(order, starts, nets) for order in orders)
    return Wires(starts, ends, min(levels, key=lambda level: _price(level, starts, nets)))


def _ports(middle: float, width: float, sources: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Where lines arrive at a node: straight below their sources where it is wide enough, else at the nearest side."""
    order, reach = sorted(sources, key=lambda source: source[1]), width / 2 - _CORNER
    if any(0 < abs(x - middle) - reach < _SNAP for _, x in order):
        reach += _SNAP  # a little nearer to the corner, rather than a little step in the line
    reach = max(reach, 0.0)
    wanted = [min(max(x, middle - reach), middle + reach) for _, x in order]
    gap = min(_PORTS, 2 * reach / len(order))
    placed = apart(wanted, [0.0] * len(order), gap, middle - reach, middle + reach)
    return {name: x for (name, _), x in zip(order, placed, strict=True)}


def _start(middle: float, width: float, ends: Sequence[float]) -> float:
    """Where lines leave a node: in its middle, or right above their only end."""
    straight = len(ends) == 1 and abs(ends[0] - middle) <= max(width / 2 - _CORNER, 0.5)
    return ends[0] if straight else middle


def _span(name: str, starts: Mapping[str, float], nets: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    return min(starts[name], *nets[name]), max(starts[name], *nets[name])


def _stacked(order: Sequence[str], starts: Mapping[str, float], nets: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """Each line below those before it that it would run into."""
    level: dict[str, int] = {}
    for name in order:
        low, high = _span(name, starts, nets)
        spans = ((level[other], _span(other, starts, nets)) for other in level)
        level[name] = max((at + 1 for at, (a, b) in spans if a < high + _NEAR and low < b + _NEAR), default=0)
    return level


def _price(level: Mapping[str, int], starts: Mapping[str, float], nets: Mapping[str, Sequence[float]]) -> float:
    """What an order of lines costs: lines that cover each other count most, then crossings, then height."""
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
    """A line through points as an SVG path with round corners."""
    line = [point for i, point in enumerate(points) if i == 0 or point != points[i - 1]]
    path = [f"M{line[0][0]:.2f},{line[0][1]:.2f}"]
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        into, out = _towards(corner, before, radius), _towards(corner, after, radius)
        path.append(f"L{into[0]:.2f},{into[1]:.2f} Q{corner[0]:.2f},{corner[1]:.2f} {out[0]:.2f},{out[1]:.2f}")
    return " ".join([*path, f"L{line[-1][0]:.2f},{line[-1][1]:.2f}"])


def _towards(start: tuple[float, float], end: tuple[float, float], most: float) -> tuple[float, float]:
    """The point a little on the way from one point to another, at most half of it."""
    length = abs(end[0] - start[0]) + abs(end[1] - start[1])
    share = min(most, length / 2) / length if length else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
