"""The book: every quantity with its type, every dimension with its members, in the order of computation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reportgen.book.relations import Relations
from reportgen.book.studies import Studies
from reportgen.lang import tree
from reportgen.lang.checker import Scope
from reportgen.spec.quantity import ObjectiveSpec

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from reportgen.errors import Span
    from reportgen.lang.types import Type
    from reportgen.lang.units import Units
    from reportgen.spec.declared.figures import FiguresSpec
    from reportgen.spec.declared.roles import RolesSpec
    from reportgen.spec.declared.workbook import WorkbookSpec
    from reportgen.spec.model import ScenarioSpec
    from reportgen.spec.report import ReportSpec

__all__ = ["LIBRARY", "SCENARIO", "Book", "Dimension", "Member", "Provenance", "Quantity", "key_of"]

SCENARIO, LIBRARY = "the scenario", "the library"

Cell = tuple[str, ...]
"""The members that identify a cell of a quantity, in the order of `Quantity.by`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a dimension and the source of its figures."""

    name: str
    title: str = ""
    description: str = ""
    source: str = ""
    retrieved: str = ""
    quality: str = ""
    notes: str = ""
    aliases: tuple[str, ...] = ()
    inputs: tuple[tuple[str, ...], ...] = ()
    """The inputs of an operator, each a group of names: the first that runs is used."""


@dataclass(frozen=True)
class Dimension:
    """A finite set of named members."""

    name: str
    title: str
    description: str
    members: tuple[Member, ...]
    left_out: tuple[Member, ...] = ()
    """Members of the library that need a file which does not take part in this book."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The members' names, in order."""
        return tuple(m.name for m in self.members)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def index(self, name: str) -> int:
        """Return the 0-based position of a member."""
        return self._places[name]

    @cached_property
    def _spelled(self) -> tuple[dict[str, str], dict[str, str]]:
        return _spellings(self.members), _spellings(self.left_out)

    def member_of(self, text: str) -> str | None:
        """Return the member with a name or an alias, or None; case, hyphens and spaces need not agree."""
        return self._meant(text, self._spelled[0])

    def left_out_of(self, text: str) -> str | None:
        """Return the left-out member with a name or an alias, or None; case, hyphens and spaces need not agree."""
        return self._meant(text, self._spelled[1])

    @staticmethod
    def _meant(text: str, spelled: Mapping[str, str]) -> str | None:
        return spelled.get(text.strip().casefold()) or spelled.get(_plain(text)) or None


def _spellings(members: Sequence[Member]) -> dict[str, str]:
    """Map every spelling to its member: names and aliases, and plain forms that only one member has."""
    written: dict[str, str] = {}
    plain: dict[str, set[str]] = {}
    for member in members:
        for name in (member.name, *member.aliases):
            written.setdefault(name.casefold(), member.name)
            plain.setdefault(_plain(name), set()).add(member.name)
    return {form: next(iter(found)) for form, found in plain.items() if form and len(found) == 1} | written


def _plain(text: str) -> str:
    """Return letters, digits and plus signs alone: `Qwen3 32B` and `qwen3-32b` are alike."""
    return "".join(c for c in text.casefold() if c.isalnum() or c == "+")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who gave a plain value (the scenario, the library, or a file of a user's library), and the source stated there.

    `declared` is true for a default or a constant that stands in the declaration of the quantity.
    """

    by: str
    declared: bool = False
    source: str = ""
    retrieved: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity: type and index set, and either one formula or a formula for each cell of the dimensions `by`.

    `spans` maps each formula to its place in its file, and `provenance` each plain value to who gave it; a single
    formula has the empty key.
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
    spans: Mapping[Cell, Span] = field(default_factory=dict)
    provenance: Mapping[Cell, Provenance] = field(default_factory=dict)
    input: bool = False
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    symbol: str = ""
    source: str = ""
    better: str = ""
    topic: str = ""
    default: float | str | bool | None = None
    """The plain default of an unset cell."""

    @property
    def blank(self) -> str | None:
        """What an empty cell means: an empty text, or None for absent."""
        return "" if self.type.kind == "text" and not self.type.absent else None

    def nodes(self) -> list[tree.Node]:
        """Return all its formulas."""
        return [self.formula] if self.formula is not None else list(self.cells.values())


@dataclass(frozen=True)
class Book:
    """A complete, checked scenario. `quantities` are in order of computation: each follows the ones it reads."""

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
    roles: RolesSpec
    figures: FiguresSpec
    workbook: WorkbookSpec
    units: Units
    """The units that a value may be given in."""
    relations: Relations = field(default_factory=Relations)
    """The quantities that are the limit, an end, the ideal, the sum over a pass or a part of a figure."""
    overlays: tuple[str, ...] = ()
    """The folders of the users' libraries that were laid over the package's library."""
    studies: Studies = field(default_factory=Studies)
    """The search, and the levers that were tried, from which the options were chosen."""

    @property
    def accounting(self) -> str:
        """The set of formulas in use."""
        return self.scenario.accounting

    @property
    def baseline(self) -> str:
        """The option that all others are compared with; where nothing exists yet, the one that they inherit from."""
        named = self.scenario.baseline if self.scenario.compares == "named" else ""
        root = next(name for name, base in self.based_on.items() if base is None)
        return (self.member_of("option", named) if named else None) or root

    @property
    def has_baseline(self) -> bool:
        """Whether something exists already with which options are compared."""
        return self.scenario.compares != "none"

    @cached_property
    def objective(self) -> ObjectiveSpec:
        """What is optimised: the scenario's objective, or else the library's default."""
        value = self.quantities["objective_value"]
        return ObjectiveSpec(**{"maximise" if value.better == "higher" else "minimise": value.written})

    @cached_property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """The quantities that the formulas of each quantity name."""
        return {
            name: frozenset[str]().union(*(tree.references(node) for node in quantity.nodes()))
            for name, quantity in self.quantities.items()
        }

    def scope(self) -> Scope:
        """Return the names that its formulas may use."""
        return Scope({n: q.type for n, q in self.quantities.items()}, {n: d.names for n, d in self.dimensions.items()})

    def size(self, dimension: str) -> int:
        """Return the number of members of a dimension."""
        return len(self.dimensions[dimension].members)

    def tables(self) -> dict[tuple[str, ...], list[Quantity]]:
        """Return the quantities grouped by index set, index sets in a stable order."""
        grouped: dict[tuple[str, ...], list[Quantity]] = {}
        for quantity in self.quantities.values():
            grouped.setdefault(quantity.per, []).append(quantity)
        order = list(self.dimensions)
        return dict(sorted(grouped.items(), key=lambda item: (len(item[0]), [order.index(d) for d in item[0]])))

    def member_of(self, dimension: str, text: str) -> str | None:
        """Return the member with a name or an alias, ignoring case, or None."""
        return self.dimensions[dimension].member_of(text)

    def needed_options(self, options: Iterable[str]) -> tuple[str, ...]:
        """Return options with those that they read, in order: bases, the baseline, and a measurement that scales."""
        own = [q for q in self.quantities.values() if "option" in q.by]
        going = {q.by for q in self.quantities.values() if _follows(q)}
        others = [q for q in self.quantities.values() if "option" not in q.by and q.by not in going]
        wanted = {*options, *_options_in(node for quantity in others for node in quantity.nodes())}
        read: set[str] = set()
        while new := wanted - read:
            read |= new
            wanted |= _options_in(node for quantity in own for node in _cells_of(quantity, new))
        return tuple(name for name in self.dimensions["option"].names if name in wanted)

    def comparisons(self) -> frozenset[str]:
        """Return the quantities that depend on which options exist: reductions over options, and what reads them."""
        comparing: set[str] = set()
        ranging = {"option", *(q.by[0] for q in self.quantities.values() if _follows(q))}
        for quantity in self.quantities.values():  # each follows the ones it reads
            nodes = [n for formula in quantity.nodes() for n in tree.walk(formula)]
            over = any(isinstance(n, tree.Reduce) and ranging.intersection(n.over) for n in nodes)
            if over or any(isinstance(n, tree.Ref) and n.name in comparing for n in nodes):
                comparing.add(quantity.name)
        return frozenset(comparing)

    def only(self, options: Iterable[str]) -> Book:
        """Return the book reduced to these options and the ones they need.

        Values of the remaining options stay the same, except those of `comparisons`.

        Raises:
            KeyError: an option does not exist.
        """
        names, options = self.dimensions["option"].names, list(options)
        if unknown := [name for name in options if name not in names]:
            raise KeyError(*unknown)
        kept = self.needed_options(options)
        if kept == names:
            return self
        rows = {"option": set(kept), **self._following(kept)}
        shorter = {
            name: replace(
                self.dimensions[name], members=tuple(m for m in self.dimensions[name].members if m.name in left)
            )
            for name, left in rows.items()
        }
        return replace(
            self,
            dimensions={**self.dimensions, **shorter},
            quantities={name: _with_rows(q, rows) for name, q in self.quantities.items()},
            based_on={name: base for name, base in self.based_on.items() if name in kept},
            overridden={name: cells for name, cells in self.overridden.items() if name in kept},
        )

    def _following(self, options: Container[str]) -> dict[str, set[str]]:
        """Return the remaining rows of dimensions whose rows belong to options, such as rivals."""
        rows: dict[str, set[str]] = {}
        for quantity in self.quantities.values():
            if _follows(quantity):
                (dimension,) = quantity.by
                left = {
                    key[0] for key, node in quantity.cells.items() if _options_in([node]) <= set(self._names(options))
                }
                rows[dimension] = rows.get(dimension, left) & left
        return rows

    def _names(self, options: Container[str]) -> list[str]:
        return [name for name in self.dimensions["option"].names if name in options]

    def rebased(self, options: Container[str], base: str) -> Book:
        """Return the book with some options based on another one."""

        def moved(quantity: Quantity, option: str, node: tree.Node) -> tree.Node:
            old = self.based_on[option] or option
            if quantity.name == "based_on":
                return tree.Member("option", base)
            return tree.replaced(node, tree.Member("option", old), tree.Member("option", base))

        quantities = {
            name: replace(q, cells={k: moved(q, k[0], n) if k[0] in options else n for k, n in q.cells.items()})
            if q.by == ("option",)
            else q
            for name, q in self.quantities.items()
        }
        bases = {name: base if name in options else old for name, old in self.based_on.items()}
        return replace(self, quantities=quantities, based_on=bases)

    def with_cells(self, cells: Mapping[str, Mapping[str, float | bool | str]], by: str) -> Book:
        """Return the book with other plain values in options' cells, by option and column; `by` says who gave them."""
        quantities = dict(self.quantities)
        for option, columns in cells.items():
            for column, value in columns.items():
                quantity, cell = quantities[column], (option,)
                member = quantity.type.kind == "member"
                node = tree.Member(quantity.type.dimension, str(value)) if member else tree.Literal(value)
                quantities[column] = replace(
                    quantity, cells={**quantity.cells, cell: node},
                    written_cells={**quantity.written_cells, cell: _written(value)},
                    provenance={**quantity.provenance, cell: Provenance(by)},
                )  # fmt: skip
        overridden = {o: tuple(dict.fromkeys((*self.overridden.get(o, ()), *c))) for o, c in cells.items()}
        return replace(self, quantities=quantities, overridden={**self.overridden, **overridden})


def _written(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _follows(quantity: Quantity) -> bool:
    """Return whether each row of the quantity's dimension names an option and is removed with it."""
    return (
        len(quantity.by) == 1
        and quantity.by != ("option",)
        and quantity.type.dimension == "option"
        and not quantity.input
        and all(isinstance(node, tree.Member) for node in quantity.cells.values())
    )


def _options_in(formulas: Iterable[tree.Node]) -> set[str]:
    """Return the options that formulas name."""
    nodes = (node for formula in formulas for node in tree.walk(formula))
    return {node.name for node in nodes if isinstance(node, tree.Member) and node.dimension == "option"}


def _cells_of(quantity: Quantity, options: Container[str]) -> list[tree.Node]:
    """Return the cells of some options."""
    axis = quantity.by.index("option")
    return [node for key, node in quantity.cells.items() if key[axis] in options]


def _with_rows(quantity: Quantity, rows: Mapping[str, Container[str]]) -> Quantity:
    """Return the quantity with only the cells of these rows."""
    axes = [(axis, rows[dimension]) for axis, dimension in enumerate(quantity.by) if dimension in rows]
    if not axes:
        return quantity

    def kept(by_cell: Mapping[Cell, Any]) -> dict[Cell, Any]:
        return {key: v for key, v in by_cell.items() if not key or all(key[axis] in left for axis, left in axes)}

    return replace(
        quantity, cells=kept(quantity.cells), written_cells=kept(quantity.written_cells), spans=kept(quantity.spans),
        provenance=kept(quantity.provenance),
    )  # fmt: skip


def key_of(dims: Sequence[str]) -> str:
    """Return the name of the table of an index set, as in `option_stage_operator`."""
    return "_".join(dims)


def is_literal(node: tree.Node | None) -> bool:
    """Return whether a cell holds a plain value (a member's name is one)."""
    return isinstance(node, tree.Literal | tree.Member)
