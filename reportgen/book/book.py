"""The book: every quantity with its type, every dimension with its members, in the order of computation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.lang.checker import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.errors import Span
    from reportgen.lang.types import Type
    from reportgen.spec.model import ReportSpec, ScenarioSpec

__all__ = ["Book", "Dimension", "Member", "Quantity", "key_of"]

Cell = tuple[str, ...]
"""The members that say which cell of a quantity is meant, in the order of `Quantity.by`."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a dimension, with where its figures come from."""

    name: str
    title: str = ""
    description: str = ""
    source: str = ""
    retrieved: str = ""
    quality: str = ""
    notes: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dimension:
    """A finite set of named members."""

    name: str
    title: str
    description: str
    members: tuple[Member, ...]
    left_out: tuple[Member, ...] = ()
    """Members that the library has, and that need a part of it which this book lacks."""

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names, in order."""
        return tuple(m.name for m in self.members)

    def index(self, name: str) -> int:
        """The 0-based position of a member."""
        return self.names.index(name)

    def member_of(self, text: str) -> str | None:
        """The member meant by a name or an alias, ignoring case."""
        return _meant(text, self.members)

    def left_out_of(self, text: str) -> str | None:
        """The member that is meant and was left out."""
        return _meant(text, self.left_out)


def _meant(text: str, members: Sequence[Member]) -> str | None:
    folded = text.strip().casefold()
    for member in members:
        if folded == member.name.casefold() or folded in (a.casefold() for a in member.aliases):
            return member.name
    return None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity: type and index set, and either one formula or a formula for each cell of the dimensions `by`.

    `places` says where each formula stands in its file; that of the one formula is under the empty key.
    """

    name: str
    type: Type
    per: tuple[str, ...]
    title: str
    description: str = ""
    formula: tree.Node | None = None
    by: tuple[str, ...] = ()
    cells: Mapping[Cell, tree.Node] = field(default_factory=dict)
    written: str = ""
    written_cells: Mapping[Cell, str] = field(default_factory=dict)
    places: Mapping[Cell, Span] = field(default_factory=dict)
    input: bool = False
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    symbol: str = ""
    source: str = ""
    better: str = ""
    topic: str = ""

    def nodes(self) -> list[tree.Node]:
        """All formulas of it."""
        return [self.formula] if self.formula is not None else list(self.cells.values())


@dataclass(frozen=True)
class Book:
    """A scenario made whole. `quantities` are in an order in which each follows what it reads."""

    scenario: ScenarioSpec
    name: str
    text: str
    library_hash: str
    scenario_hash: str
    dimensions: Mapping[str, Dimension]
    quantities: Mapping[str, Quantity]
    based_on: Mapping[str, str | None]
    overridden: Mapping[str, tuple[str, ...]]
    report: ReportSpec
    overlays: tuple[str, ...] = ()
    """The folders of the libraries that were laid over ours."""

    @property
    def accounting(self) -> str:
        """The formula set in use."""
        return self.scenario.accounting

    @property
    def baseline(self) -> str:
        """The option that the others are compared with."""
        return self.dimensions["option"].members[0].name

    def scope(self) -> Scope:
        """The namespace of its formulas."""
        return Scope({n: q.type for n, q in self.quantities.items()}, {n: d.names for n, d in self.dimensions.items()})

    def size(self, dimension: str) -> int:
        """How many members a dimension has."""
        return len(self.dimensions[dimension].members)

    def tables(self) -> dict[tuple[str, ...], list[Quantity]]:
        """Quantities grouped by index set, index sets in a stable order."""
        grouped: dict[tuple[str, ...], list[Quantity]] = {}
        for quantity in self.quantities.values():
            grouped.setdefault(quantity.per, []).append(quantity)
        order = list(self.dimensions)
        return dict(sorted(grouped.items(), key=lambda item: (len(item[0]), [order.index(d) for d in item[0]])))

    def member_of(self, dimension: str, text: str) -> str | None:
        """The member meant by a name or an alias, ignoring case."""
        return self.dimensions[dimension].member_of(text)


def key_of(dims: Sequence[str]) -> str:
    """The name of the table of an index set, as in `option_stage_operator`."""
    return "_".join(dims)


def is_literal(node: tree.Node | None) -> bool:
    """Whether a cell holds a plain value (a member's name is one)."""
    return isinstance(node, tree.Literal | tree.Member)
