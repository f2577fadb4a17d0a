"""Axes of charts, linear and logarithmic: from values to pixels, and round values to label."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.charts.plots import ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.render.charts.plots import Datum

__all__ = ["Linear", "Log", "around"]


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear axis of so many pixels."""

    low: float
    high: float
    pixels: float

    def at(self, value: float) -> float:
        """The pixel of a value, from the low end."""
        return (value - self.low) / (self.high - self.low) * self.pixels

    def ticks(self) -> list[float]:
        """A few round values."""
        step = ticks(self.high - self.low)[1]
        first = math.ceil(self.low / step - 1e-9)
        return [step * i for i in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def params(self, axis: str) -> Datum:
        """What the specification needs to know of the axis."""
        return {f"{axis}_min": self.low, f"{axis}_max": self.high, f"{axis}_ticks": self.ticks()}


def around(values: Sequence[float], pixels: float) -> Linear:
    """The linear axis that shows all values with some air; from zero where they are not close together."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    span = (high - low) or abs(high) or 1.0
    start = 0.0 if 0 <= low < 0.5 * high else low - 0.1 * span
    return Linear(start, high + 0.1 * span, pixels)


@dataclass(frozen=True, slots=True)
class Log:
    """A logarithmic axis of so many pixels."""

    low: float
    high: float
    pixels: float

    def at(self, value: float) -> float:
        """The pixel of a value, from the low end."""
        return math.log10(value / self.low) / math.log10(self.high / self.low) * self.pixels

    def _times(self, factors: Sequence[int]) -> list[float]:
        """The powers of ten times some factors, within the axis."""
        first, last = math.floor(math.log10(self.low) + 1e-9), math.ceil(math.log10(self.high) - 1e-9)
        grid = [k * 10.0**power for power in range(first, last + 1) for k in factors]
        return [value for value in grid if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]

    @property
    def major(self) -> list[float]:
        """The powers of ten."""
        return self._times((1,))

    @property
    def all(self) -> list[float]:
        """The powers of ten and their multiples."""
        return self._times(range(1, 10))

    @property
    def round(self) -> list[float]:
        """Some round values: powers of ten, with their doubles and halves where they are few."""
        return self.major if len(self.major) > 3 else self._times((1, 2, 5))

    def params(self, axis: str) -> Datum:
        """What the specification needs to know of the axis."""
        ends = {f"{axis}_min": self.low, f"{axis}_max": self.high}
        return {**ends, f"{axis}_ticks": self.all, f"{axis}_major": self.major}
