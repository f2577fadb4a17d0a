"""Drafts of quantities between reading and checking, and the state that all steps of building share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.book.book import Dimension
    from reportgen.book.collected.collect import Collection
    from reportgen.book.entries import Origin
    from reportgen.book.quantities.cells import Written
    from reportgen.errors import Problem
    from reportgen.lang.types import Type
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import QuantitySpec, ScenarioSpec

__all__ = ["Draft", "Site"]


@dataclass(slots=True)
class Draft:
    """An unfinished quantity: its declared type, and what was read of its formulas."""

    spec: QuantitySpec
    origin: Origin
    type: Type
    per: tuple[str, ...]
    by: tuple[str, ...] = ()
    formula: Written | None = None
    cells: dict[tuple[str, ...], Written] = field(default_factory=dict)
    refused: set[tuple[str, ...]] = field(default_factory=set)
    """Cells that were given but could not be read, so that they are not also reported as missing."""

    @property
    def is_input(self) -> bool:
        """Whether users may set it."""
        return self.spec.is_input


@dataclass(slots=True)
class Site:
    """The state that all steps of building share: what was collected, the dimensions, and the drafts."""

    all: Collection
    loaded: Loaded[ScenarioSpec]
    dimensions: dict[str, Dimension]
    based_on: dict[str, str | None]
    drafts: dict[str, Draft] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Quantities with a wrong declaration: what reads them is not checked, because it may be right."""

    @property
    def problems(self) -> list[Problem]:
        """All mistakes found so far."""
        return self.all.problems

    def member(self, dimension: str, text: str) -> str | None:
        """Return the member with a name or an alias, ignoring case, or None."""
        return self.dimensions[dimension].member_of(text)
