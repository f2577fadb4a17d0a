"""Results of studies about a book, as plain data for display, each with the inputs that it holds for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Found", "Point", "Robustness", "Screened", "Search", "Searched", "Studies", "Switch"]


@dataclass(frozen=True, slots=True)
class Search:
    """A search: its candidates, and the combinations tried for each, column by column."""

    candidates: tuple[str, ...]
    columns: Mapping[str, tuple[float | bool | str, ...]]
    done: bool = False
    """Whether the scenario already holds the result of a search."""

    @property
    def size(self) -> int:
        """The number of combinations."""
        return len(next(iter(self.columns.values()), ()))

    def cells(self, at: int) -> dict[str, float | bool | str]:
        """Return the cells of a combination."""
        return {column: values[at] for column, values in self.columns.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """The best configuration of one candidate, or the closest one if none is feasible.

    `cells` are the option's cells that the search chose, by column. If the scenario already holds them, no others were
    tried.
    """

    option: str
    cells: Mapping[str, float | bool | str]
    tried: int
    feasible: int


@dataclass(frozen=True, slots=True)
class Point:
    """A configuration on the Pareto front of all tried ones."""

    option: str
    cells: Mapping[str, float | bool | str]
    yearly_cost: float | None
    request_latency: float
    capacity_rate: float


@dataclass(frozen=True, slots=True)
class Searched:
    """The result of a search; `holds_for` lists its inputs, `current` says whether they are unchanged."""

    objective: str
    tried: int
    holds_for: str
    found: tuple[Found, ...]
    front: tuple[Point, ...]
    current: bool = True


@dataclass(frozen=True, slots=True)
class Screened:
    """A lever that was tried but gets no row; `improvement` of the objective is in per cent, or None if unknown."""

    lever: str
    title: str
    improvement: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Switch:
    """The value of one input at which another option becomes the best; None if there is none in the range."""

    title: str
    unit: str
    given: float
    value: float | None
    option: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """How robust the best option is; `shares` maps each option to the share of samples in which it is the best."""

    option: str
    samples: int
    seed: int
    shares: Mapping[str, float]
    none_feasible: float
    switches: tuple[Switch, ...]
    holds_for: str


@dataclass(frozen=True, slots=True)
class Studies:
    """The search to run, its result, the levers left out when the options were chosen, and how robust the choice is."""

    search: Search | None = None
    searched: Searched | None = None
    screened: tuple[Screened, ...] = field(default=())
    robustness: Robustness | None = None
