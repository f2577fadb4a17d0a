"""Lay out a graph in rows: edges lead down, edges that cross a row have a slot in it, and few lines cross."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reportgen.report.figures.layer_flow import Edge

__all__ = ["Rows", "aligned", "apart", "in_rows"]

_AROUND = 3  # from this many rows on, a short cut goes around all nodes instead of between them
_SWEEPS = 12  # alternating down and up


@dataclass(frozen=True, slots=True)
class Rows:
    """Names in rows from left to right, including placeholders where edges cross a row, and the path of each edge.

    Attributes:
        rows: nodes and placeholders.
        paths: for each edge, the names along its path from the upper to the lower end, one per row.
        left: edges that go around on the left; their placeholders are in no row.
        right: edges that go around on the right.
    """

    rows: tuple[tuple[str, ...], ...]
    paths: Mapping[Edge, tuple[str, ...]]
    left: tuple[Edge, ...] = ()
    right: tuple[Edge, ...] = ()

    @property
    def segments(self) -> tuple[Edge, ...]:
        """The segments of all paths between adjacent rows."""
        return tuple(dict.fromkeys(segment for path in self.paths.values() for segment in itertools.pairwise(path)))


def in_rows(
    names: Sequence[str], edges: Sequence[Edge], most: int, ends: tuple[str, str], to_right: Collection[str] = ()
) -> Rows:
    """Arrange nodes in rows of at most `most`; the two of `ends` are alone in the first and the last row.

    An edge that skips rows next to another path, as a residual connection does, goes around: on the right if it begins
    or ends at one of `to_right`, otherwise on the left. An edge that closes a cycle is drawn from its target to its
    source.
    """
    down = _downward(names, edges)
    after: dict[str, set[str]] = {name: {lower for upper, lower in down.values() if upper == name} for name in names}
    level = _levels(names, down, most, ends)
    rows = [[name for name in names if level[name] == i] for i in range(max(level.values()) + 1)]
    paths: dict[Edge, tuple[str, ...]] = {}
    sides: tuple[list[Edge], list[Edge]] = ([], [])
    for edge, (upper, lower) in down.items():
        between = range(level[upper] + 1, level[lower])
        placeholders = [f"{upper}>{lower}>{i}" for i in between]
        paths[edge] = (upper, *placeholders, lower)
        if len(placeholders) >= _AROUND - 1 and _is_short_cut(upper, lower, after):
            sides[upper in to_right or lower in to_right].append(edge)
        else:
            for i, placeholder in zip(between, placeholders, strict=True):
                rows[i].append(placeholder)
    segments = [segment for path in paths.values() for segment in itertools.pairwise(path)]
    return Rows(_ordered(rows, segments), paths, tuple(sides[0]), tuple(sides[1]))


def _downward(names: Sequence[str], edges: Sequence[Edge]) -> dict[Edge, Edge]:
    """Return the upper and lower end of each edge, swapped if the edge closes a cycle."""
    after: dict[str, set[str]] = {name: set() for name in names}
    kept: dict[Edge, Edge] = {}
    for source, target in edges:
        if source != target:
            upper, lower = (target, source) if source in _reached(target, after) else (source, target)
            after[upper].add(lower)
            kept[source, target] = (upper, lower)
    return kept


def _is_short_cut(upper: str, lower: str, after: Mapping[str, set[str]]) -> bool:
    """Return whether another path leads from the upper to the lower end."""
    return any(lower in _reached(other, after) for other in after[upper] if other != lower)


def _reached(start: str, after: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += after[name]
    return reached


def _levels(names: Sequence[str], down: Mapping[Edge, Edge], most: int, ends: tuple[str, str]) -> dict[str, int]:
    """Return the row of each node: below everything that leads to it, as high as there is room."""
    above: dict[str, list[str]] = {name: [] for name in names}
    for upper, lower in down.values():
        above[lower].append(upper)
    first, last = ends
    level, count = {first: 0}, dict[int, int]()
    waiting = [name for name in names if name not in ends]
    while waiting:
        name = next(name for name in waiting if all(other in level for other in above[name]))
        waiting.remove(name)
        row = max((level[other] for other in above[name]), default=0) + 1
        while count.get(row, 0) >= most:
            row += 1
        level[name] = row
        count[row] = count.get(row, 0) + 1
    return {**level, last: max(level.values()) + 1}


def _ordered(rows: Sequence[Sequence[str]], segments: Sequence[Edge]) -> tuple[tuple[str, ...], ...]:
    """Order each row so that few lines cross: nodes move to the mean position of their neighbours."""
    above, below = _neighbours(segments)
    best = current = [list(row) for row in rows]
    for sweep in range(_SWEEPS):
        near = below if sweep % 2 else above
        current = [list(row) for row in current]
        place = {name: (i + 0.5) / len(row) for row in current for i, name in enumerate(row)}
        for row in current[:: -1 if sweep % 2 else 1]:
            row.sort(key=lambda name: _mean([place[o] for o in near.get(name, ()) if o in place], place[name]))
            place |= {name: (i + 0.5) / len(row) for i, name in enumerate(row)}
        if _crossings(current, segments) < _crossings(best, segments):
            best = current
    return tuple(tuple(row) for row in best)


def _neighbours(segments: Sequence[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the upper and the lower neighbours of each name."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for upper, lower in segments:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    return above, below


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: Sequence[Sequence[str]], segments: Sequence[Edge]) -> int:
    """Count the crossings of lines between adjacent rows."""
    count = 0
    for upper, lower in itertools.pairwise(rows):
        lines = [(upper.index(s), lower.index(t)) for s, t in segments if s in upper and t in lower]
        count += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(lines, 2))
    return count


def aligned(rows: Rows, widths: Mapping[str, float], gap: float, low: float, high: float) -> dict[str, float]:
    """Return the centre of each name: near its neighbours' mean, `gap` from others in its row, within the limits."""
    above, below = _neighbours(rows.segments)
    centres = {name: (low + high) / 2 for row in rows.rows for name in row}
    for sweep in range(_SWEEPS + 1):
        near = below if sweep % 2 else above
        for row in rows.rows[:: -1 if sweep % 2 else 1]:
            wanted = [_mean([centres[o] for o in near.get(name, ()) if o in centres], centres[name]) for name in row]
            placed = apart(wanted, [widths[name] for name in row], gap, low, high)
            centres |= dict(zip(row, placed, strict=True))
    return centres


def apart(wanted: Sequence[float], widths: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return centres close to the wanted ones, in order, so that nothing of these widths overlaps, within the limits.

    Neighbours that collide are merged into a block placed at its mean; blocks that then collide are merged again.

    >>> apart([10, 12, 60], [10, 10, 10], 2, 0, 100)
    [5.0, 17.0, 60.0]
    """
    offsets = [sum(widths[:i]) + gap * i + widths[i] / 2 for i in range(len(widths))]
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append((want - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [((a * m + b * n) / (m + n), m + n)]
    last = max(low, high - (sum(widths) + gap * (len(widths) - 1)))
    starts = [min(max(start, low), last) for start, size in blocks for _ in range(size)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]
