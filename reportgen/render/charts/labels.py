"""Place labels so that none covers another, a point or, if possible, a line."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Box", "Placed", "Segment", "place", "spread"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; y points down."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """The shared area."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def outside(self, frame: Box) -> float:
        """Return the area outside the frame."""
        return (self.right - self.left) * (self.bottom - self.top) - self.overlap(frame)


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight segment of a drawn line."""

    x0: float
    y0: float
    x1: float
    y1: float

    def crossing(self, box: Box) -> float:
        """Return the length of the segment inside the box (Liang-Barsky clipping)."""
        dx, dy = self.x1 - self.x0, self.y1 - self.y0
        enter, leave = 0.0, 1.0
        for step, room in (
            (-dx, self.x0 - box.left),
            (dx, box.right - self.x0),
            (-dy, self.y0 - box.top),
            (dy, box.bottom - self.y0),
        ):
            if step == 0:
                if room < 0:
                    return 0.0
            elif step < 0:
                enter = max(enter, room / step)
            else:
                leave = min(leave, room / step)
        return max(0.0, leave - enter) * float((dx * dx + dy * dy) ** 0.5)


@dataclass(frozen=True, slots=True)
class Placed:
    """The place of a label: its left edge and vertical centre; `far` asks for a leader line to the point."""

    x: float
    y: float
    box: Box
    far: bool = False


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions close to the wanted ones, in order, at least `gap` apart and within the limits.

    Neighbours that collide are merged into a block placed at its mean; blocks that then collide are merged again.

    >>> spread([10, 11, 50], 10, 0, 100)
    [5.5, 15.5, 50.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    room = max(high - low, 0.0)
    gap = min(gap, room / (len(wanted) - 1)) if len(wanted) > 1 else gap
    blocks: list[tuple[float, int]] = []  # (mean of the wanted starts, number of members)
    for index in order:
        start, size = float(wanted[index]), 1
        while blocks and _start(blocks[-1], gap, low, high) + blocks[-1][1] * gap > _start(
            (start, size), gap, low, high
        ):
            before, members = blocks.pop()
            start = (before * members + (start - members * gap) * size) / (members + size)
            size += members
        blocks.append((start, size))
    placed = [0.0] * len(wanted)
    slots = [_start(block, gap, low, high) + gap * i for block in blocks for i in range(block[1])]
    for index, slot in zip(order, slots, strict=True):
        placed[index] = slot
    return placed


def _start(block: tuple[float, int], gap: float, low: float, high: float) -> float:
    """Return the first position of a block, within the limits."""
    start, size = block
    return max(low, min(start, high - gap * (size - 1)))


# Reading order: right of the point first, then left, above, below, then the corners.
_SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))
_DISTANCES = (8.0, 13.0, 20.0, 30.0, 44.0, 60.0)


def place(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    lines: Iterable[Segment],
    frame: Box,
    taken: Iterable[Box] = (),
) -> list[Placed | None]:
    """Return a place for the label of each point, or None if there is no room.

    Earlier points choose first. `taken` are boxes that are already occupied.
    """
    segments = tuple(lines)
    busy = [*taken, *(Box(x - 5, y - 5, x + 5, y + 5) for x, y in points)]
    result: list[Placed | None] = []
    for point, size in zip(points, sizes, strict=True):
        best, cost = None, float("inf")
        for number, (distance, side) in enumerate(itertools.product(_DISTANCES, _SIDES)):
            candidate = _candidate(point, size, side, distance)
            hard = sum(candidate.box.overlap(box) for box in busy) + candidate.box.outside(frame)
            soft = sum(segment.crossing(candidate.box) for segment in segments)
            # A label never covers another; it crosses a line rather than being far from its point.
            price = soft * 4.0 + number + (float("inf") if hard > 0 else 0.0)
            if price < cost:
                best, cost = candidate, price
        result.append(best)
        if best is not None:
            busy.append(best.box)
    return result


def _candidate(point: tuple[float, float], size: tuple[float, float], side: tuple[int, int], distance: float) -> Placed:
    """Return the label next to the point in one direction."""
    (x, y), (width, height), (dx, dy) = point, size, side
    left = x + distance if dx > 0 else x - distance - width if dx < 0 else x - width / 2
    middle = y + dy * (distance + (height / 2 if dx == 0 else 0))
    box = Box(left - 2, middle - height / 2, left + width + 2, middle + height / 2)
    return Placed(left, middle, box, far=distance > 20)
