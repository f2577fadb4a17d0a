"""Infer where cells moved when rows or columns were inserted, from the tables and named cells around them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Moves"]

Place = tuple[str, int, int]


@dataclass
class _Axis:
    """The rows or columns of a sheet: where some of them were built, and where they are now."""

    known: dict[int, int] = field(default_factory=dict)

    def shifts(self, row: int, *, back: bool = False) -> list[int]:
        """Return possible moves of a row: that of the next known row (as for headings), of the previous, or none."""
        pairs = sorted((now, built) if back else (built, now) for built, now in self.known.items())
        starts = [first for first, _ in pairs]
        before, behind = bisect_right(starts, row) - 1, bisect_left(starts, row)
        near = [pairs[i] for i in (behind, before) if 0 <= i < len(pairs)]
        return list(dict.fromkeys((*(second - first for first, second in near), 0)))


@dataclass
class Moves:
    """What moved on each sheet; usually nothing."""

    _rows: dict[str, _Axis] = field(default_factory=dict)
    _columns: dict[str, _Axis] = field(default_factory=dict)

    def note(self, built: Place, now: Place) -> None:
        """Record a cell that was found again on its sheet."""
        if built[0] == now[0]:
            self._rows.setdefault(built[0], _Axis()).known.setdefault(built[1], now[1])
            self._columns.setdefault(built[0], _Axis()).known.setdefault(built[2], now[2])

    def drop_unmoved(self) -> None:
        """Forget the sheets on which nothing moved."""
        for axes in (self._rows, self._columns):
            for sheet in [s for s, axis in axes.items() if all(a == b for a, b in axis.known.items())]:
                del axes[sheet]

    def candidates(self, place: Place, *, back: bool = False) -> Iterator[Place]:
        """Yield where a built cell may be now (with `back`, where a cell may have been built), most likely first."""
        sheet, row, column = place
        rows = self._rows[sheet].shifts(row, back=back) if sheet in self._rows else [0]
        columns = self._columns[sheet].shifts(column, back=back) if sheet in self._columns else [0]
        for down, right in product(rows, columns):
            yield sheet, row + down, column + right
