"""Pareto fronts: the points that no other point beats in every column, and a few that show the shape of a front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reportgen.engine.values import Array

__all__ = ["spread", "unbeaten"]


def unbeaten(points: Array) -> Array:
    """Return the indices of the points that no other beats; of equal points, the first.

    `points` has a row per point; in every column smaller is better.

    >>> unbeaten(np.array([[1.0, 5.0], [2.0, 5.0], [2.0, 3.0], [1.0, 5.0]])).tolist()
    [0, 2]
    """
    order = np.lexsort(points.T[::-1])
    left, current = points[order], 0
    while current < len(left):  # sorted: no later point beats an earlier one
        stays = (left < left[current]).any(axis=1)
        stays[current] = True
        order, left = order[stays], left[stays]
        current = int(stays[:current].sum()) + 1
    return np.sort(order)


def spread(points: Array, count: int) -> Array:
    """Return the indices of `count` points: the best in each column, then repeatedly the farthest from those chosen.

    >>> spread(np.array([[1.0, 9.0], [2.0, 8.0], [5.0, 5.0], [9.0, 1.0]]), 3).tolist()
    [0, 2, 3]
    """
    if len(points) <= count:
        return np.arange(len(points))
    low, high = points.min(axis=0), points.max(axis=0)
    scaled = (points - low) / np.where(high > low, high - low, 1.0)
    chosen = list(dict.fromkeys(points.argmin(axis=0).tolist()))[:count]
    gap = np.min([((scaled - scaled[i]) ** 2).sum(axis=1) for i in chosen], axis=0)
    while len(chosen) < count:
        gap[chosen] = -1.0  # do not choose it again, even if all gaps are equal
        chosen.append(int(gap.argmax()))
        gap = np.minimum(gap, ((scaled - scaled[chosen[-1]]) ** 2).sum(axis=1))
    return np.sort(np.array(chosen))
