"""Drafts: quantities on their way from what was written to what is checked, and the site on which they are made."""

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
    """A quantity on its way: declared type, and what was read of its formulas."""

    spec: QuantitySpec
    origin: Origin
    type: Type
    per: tuple[str, ...]
    by: tuple[str, ...] = ()
    formula: Written | None = None
    cells: dict[tuple[str, ...], Written] = field(default_factory=dict)
    refused: set[tuple[str, ...]] = field(default_factory=set)
    """Cells that were given and could not be read, so that they are not reported as missing, too."""

    @property
    def is_input(self) -> bool:
        """Whether people set it."""
        return self.spec.is_input


@dataclass(slots=True)
class Site:
    """What all steps of building share: what was collected, the dimensions, and the drafts."""

    all: Collection
    loaded: Loaded[ScenarioSpec]
    dimensions: dict[str, Dimension]
    based_on: dict[str, str | None]
    drafts: dict[str, Draft] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Quantities whose declaration is wrong: what reads them is not checked, for it may be right."""

    @property
    def problems(self) -> list[Problem]:
        """All mistakes found so far."""
        return self.all.problems

    def member(self, dimension: str, text: str) -> str | None:
        """The member meant by a name or an alias, ignoring case."""
        return self.dimensions[dimension].member_of(text)
