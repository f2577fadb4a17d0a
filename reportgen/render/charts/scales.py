"""Axes of charts, linear and logarithmic: convert values to pixels, and choose round values to label."""

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
    """A linear axis, `pixels` long."""

    low: float
    high: float
    pixels: float

    def at(self, value: float) -> float:
        """Return the pixel of a value, from the low end."""
        return (value - self.low) / (self.high - self.low) * self.pixels

    def ticks(self) -> list[float]:
        """Return a few round values."""
        step = ticks(self.high - self.low)[1]
        first = math.ceil(self.low / step - 1e-9)
        return [step * i for i in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def params(self, axis: str) -> Datum:
        """Return the axis parameters of the specification."""
        return {f"{axis}_min": self.low, f"{axis}_max": self.high, f"{axis}_ticks": self.ticks()}


def around(values: Sequence[float], pixels: float) -> Linear:
    """Return a linear axis that shows all values with margins; from zero unless they are close together."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    span = (high - low) or abs(high) or 1.0
    start = 0.0 if 0 <= low < 0.5 * high else low - 0.1 * span
    return Linear(start, high + 0.1 * span, pixels)


@dataclass(frozen=True, slots=True)
class Log:
    """A logarithmic axis, `pixels` long."""

    low: float
    high: float
    pixels: float

    def at(self, value: float) -> float:
        """Return the pixel of a value, from the low end."""
        return math.log10(value / self.low) / math.log10(self.high / self.low) * self.pixels

    def _times(self, factors: Sequence[int]) -> list[float]:
        """Return the powers of ten times some factors, within the axis."""
        first, last = math.floor(math.log10(self.low) + 1e-9), math.ceil(math.log10(self.high) - 1e-9)
        grid = [k * 10.0**power for power in range(first, last + 1) for k in factors]
        return [value for value in grid if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]

    @property
    def major(self) -> list[float]:
        """Return the powers of ten."""
        return self._times((1,))

    @property
    def all(self) -> list[float]:
        """Return the powers of ten and their multiples."""
        return self._times(range(1, 10))

    @property
    def round(self) -> list[float]:
        """Return some round values: powers of ten, with doubles and halves if there are few."""
        return self.major if len(self.major) > 3 else self._times((1, 2, 5))

    def params(self, axis: str) -> Datum:
        """Return the axis parameters of the specification."""
        ends = {f"{axis}_min": self.low, f"{axis}_max": self.high}
        return {**ends, f"{axis}_ticks": self.all, f"{axis}_major": self.major}
