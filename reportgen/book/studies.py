"""What studies found out about a book, as plain data that is printed: values, labelled with what they hold for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Found", "Point", "Robustness", "Screened", "Search", "Searched", "Studies", "Switch"]


@dataclass(frozen=True, slots=True)
class Search:
    """What is to be searched: candidates, and the combinations that are tried on each, column by column."""

    candidates: tuple[str, ...]
    columns: Mapping[str, tuple[float | bool | str, ...]]
    done: bool = False
    """Whether the scenario holds what a search found."""

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return len(next(iter(self.columns.values()), ()))

    def cells(self, at: int) -> dict[str, float | bool | str]:
        """The cells of a combination."""
        return {column: values[at] for column, values in self.columns.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """The best configuration of one candidate, or the nearest one where none is feasible.

    `cells` are the option's cells that the search chose, by column. Where they stand in the scenario itself, they alone
    were tried.
    """

    option: str
    cells: Mapping[str, float | bool | str]
    tried: int
    feasible: int


@dataclass(frozen=True, slots=True)
class Point:
    """A configuration on the Pareto front of all that were tried."""

    option: str
    cells: Mapping[str, float | bool | str]
    yearly_cost: float | None
    request_latency: float
    capacity_rate: float


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search tried and found; `holds_for` says for which inputs, `current` whether these are still the same."""

    objective: str
    tried: int
    holds_for: str
    found: tuple[Found, ...]
    front: tuple[Point, ...]
    current: bool = True


@dataclass(frozen=True, slots=True)
class Screened:
    """A lever that was tried and has no row of its own; `improvement` of the objective is in per cent, or unknown."""

    lever: str
    title: str
    improvement: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Switch:
    """The value of one input at which another option becomes the best; `value` is None where none does in the range."""

    title: str
    unit: str
    given: float
    value: float | None
    option: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Robustness:
    """How firmly the best option stands; `shares` says in which part of the samples each option is the best."""

    option: str
    samples: int
    seed: int
    shares: Mapping[str, float]
    none_feasible: float
    switches: tuple[Switch, ...]
    holds_for: str


@dataclass(frozen=True, slots=True)
class Studies:
    """What is to be searched, what was found, and what was left out when the options of a book were chosen."""

    search: Search | None = None
    searched: Searched | None = None
    screened: tuple[Screened, ...] = field(default=())
