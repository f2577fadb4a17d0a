"""How quantities relate to figures: the target, an end, the ideal, the sum over a pass, or a part of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Limit", "Relations"]


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a figure: the quantity that is its target or limit, and the flag that says whether it is met.

    `met` is empty if no flag is declared.
    """

    target: str
    met: str = ""


@dataclass(frozen=True, slots=True)
class Relations:
    """How quantities relate to figures: limits, ends, ideals, sums over a pass, and parts as they were declared."""

    limits: Mapping[str, Limit] = field(default_factory=dict)
    lows: Mapping[str, str] = field(default_factory=dict)
    highs: Mapping[str, str] = field(default_factory=dict)
    ideals: Mapping[str, str] = field(default_factory=dict)
    passes: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def band(self, figure: str) -> tuple[str, str] | None:
        """Return the quantities at the lower and upper end of a figure, or None unless it has both."""
        low, high = self.lows.get(figure), self.highs.get(figure)
        return (low, high) if low is not None and high is not None else None
