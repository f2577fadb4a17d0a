"""Where a value comes from: its formula as written, and what it was computed from, down to inputs and their sources."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reportgen.book.book import LIBRARY
from reportgen.errors import EvaluationError, Problem, SpecError, nearest
from reportgen.lang import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reportgen.book.book import Quantity
    from reportgen.engine.results import Plain, Results

__all__ = ["Explanation", "Step", "derivation", "explain", "with_values"]

SET, ABOVE, NOT_FOLLOWED, NO_ROWS = "set from outside", "see above", "not followed", "no row counts"
CONSTANT, DEFAULT, LEVER, NOT_GIVEN = "constant", "default of the library", "given by the lever", "not given"

_Key = tuple[str, ...]
_Cell = tuple[str, _Key]


@dataclass(frozen=True)
class Step:
    """One value: where it stands, how it was computed, and the values that it was computed from.

    `note` says why nothing follows: who gave the value, or that it has been shown above, or that the depth was limited.
    """

    quantity: str
    key: _Key
    value: Plain
    unit: str
    title: str = ""
    per: tuple[str, ...] = ()
    formula: str = ""
    source: str = ""
    retrieved: str = ""
    note: str = ""
    inputs: tuple[Step, ...] = ()

    @property
    def address(self) -> str:
        """As in a formula: `ops[baseline, decode, q_proj]`."""
        return self.quantity + (f"[{', '.join(self.key)}]" if self.key else "")

    def as_json(self) -> dict[str, Any]:
        """The contract of `explain --format json`; `inputs` are such steps, too."""
        return {
            "quantity": self.quantity,
            "title": self.title,
            "key": dict(zip(self.per, self.key, strict=True)),
            "value": self.value,
            "unit": self.unit,
            "formula": self.formula,
            "source": self.source,
            "retrieved": self.retrieved,
            "note": self.note,
            "inputs": [step.as_json() for step in self.inputs],
        }


@dataclass(frozen=True)
class Explanation:
    """A quantity with all its values, and the derivation of one of them."""

    quantity: Quantity
    formulas: Mapping[_Key, str]
    values: Mapping[_Key, Plain]
    derivation: Step


def explain(results: Results, name: str, at: Iterable[str] = (), depth: int | None = None) -> Explanation:
    """Explain a quantity; `at` names the members whose value is derived, the first of a dimension where it names none.

    Raises:
        SpecError: there is no such quantity, or no such member.
    """
    quantity = results.book.quantities.get(name)
    if quantity is None:
        hint = nearest(name, results.book.quantities)
        raise SpecError([Problem(f"unknown quantity '{name}'", None, hint)])
    key = _place(results, quantity, at)
    shown = {k: v for k, v in results.plain(name).items() if results.applies(quantity.per, k)}
    formulas: dict[_Key, str] = dict(quantity.written_cells) if quantity.by else {(): quantity.written}
    return Explanation(quantity, formulas, shown, derivation(results, name, key, depth))


def derivation(results: Results, name: str, key: _Key, depth: int | None = None) -> Step:
    """One value with all that it is computed from, down to inputs and constants."""
    return _Deriver(results, depth).step(results.book.quantities[name], key)


def with_values(results: Results, error: EvaluationError) -> EvaluationError:
    """The error with the values that the formula was computed from, for the mistake is in one of them."""
    quantity, (problem,) = results.book.quantities[error.quantity], error.problems
    place = dict(zip(quantity.per, error.key, strict=True))
    node = quantity.cells.get(tuple(place[d] for d in quantity.by)) if quantity.by else quantity.formula
    if node is None:
        return error
    deriver = _Deriver(results, None)
    cells = dict.fromkeys(deriver.reads(node, place))
    steps = [deriver.step(results.book.quantities[n], k, follow=False) for n, k in cells]
    values = ", ".join(f"{s.address} = {s.value:.6g}" for s in steps if isinstance(s.value, float))
    if not values:
        return error
    return EvaluationError(replace(problem, hint=f"{problem.hint}, where {values}"), error.quantity, error.key)


def _place(results: Results, quantity: Quantity, at: Iterable[str]) -> _Key:
    """The row that is meant: what was named, else the first that applies."""
    chosen: dict[str, str] = {}
    problems = []
    for text in (part.strip() for item in at for part in item.split(",")):
        found = [(d, m) for d in quantity.per if (m := results.book.member_of(d, text)) is not None]
        if not found:
            members = [m for d in quantity.per for m in results.book.dimensions[d].names]
            where = f"per {', '.join(quantity.per)}" if quantity.per else "one value"
            hint = nearest(text, members)
            problems.append(Problem(f"'{text}' is not a row of '{quantity.name}', which has {where}", None, hint))
        else:
            dimension, member = found[0]
            chosen[dimension] = member
    if problems:
        raise SpecError(problems)
    names = (results.book.dimensions[d].names for d in quantity.per)
    keys = [
        k for k in itertools.product(*names) if all(chosen.get(d, m) == m for d, m in zip(quantity.per, k, strict=True))
    ]
    return next((k for k in keys if results.applies(quantity.per, k)), keys[0])


@dataclass
class _Deriver:
    results: Results
    depth: int | None
    seen: set[_Cell] = field(default_factory=set)
    smaller: set[_Cell] = field(default_factory=set)
    """Rows of a reduction after the largest: they are shown, and the largest alone is followed."""

    def step(self, quantity: Quantity, key: _Key, level: int = 0, *, follow: bool = True) -> Step:
        """A value with what it was computed from; what stands above is not derived again."""
        place = dict(zip(quantity.per, key, strict=True))
        cell = tuple(place[d] for d in quantity.by)
        node = quantity.cells.get(cell) if quantity.by else quantity.formula
        unit = (quantity.type.unit.label or "1") if quantity.type.kind == "number" else ""
        step = Step(quantity.name, key, self.value((quantity.name, key)), unit, quantity.title, quantity.per)
        if (quantity.name, cell) in self.results.inputs:
            return replace(step, note=SET)
        if node is None or isinstance(node, tree.Literal | tree.Member):
            return self.provenance(step, quantity, cell)
        written = quantity.written_cells.get(cell, "") if quantity.by else quantity.written
        step = replace(step, formula=written or self.inherited(quantity, node))
        if (quantity.name, key) in self.seen:
            return replace(step, note=ABOVE)
        if not follow or (self.depth is not None and level >= self.depth):
            return replace(step, note=NOT_FOLLOWED)
        self.seen.add((quantity.name, key))
        inputs = self.inputs(node, place, level + 1)
        note = "" if inputs else NO_ROWS if tree.references(node) else CONSTANT
        return replace(step, inputs=inputs, note=note)

    def inputs(self, node: tree.Node, place: Mapping[str, str], level: int) -> tuple[Step, ...]:
        """What a formula reads in one row, each derived."""
        self.smaller = set()
        needed = list(dict.fromkeys(self.reads(node, place)))
        smaller, quantities = self.smaller, self.results.book.quantities
        return tuple(self.step(quantities[name], key, level, follow=(name, key) not in smaller) for name, key in needed)

    def inherited(self, quantity: Quantity, node: tree.Node) -> str:
        """How a cell reads that an option has from its base."""
        if isinstance(node, tree.Ref) and len(node.select) == 1 and isinstance(node.select[0][1], tree.Member):
            return f"{quantity.name}[{node.select[0][1].name}]"
        return ""

    def provenance(self, step: Step, quantity: Quantity, cell: _Key) -> Step:
        """A value that is computed from nothing: who gave it, and where from."""
        provenance = quantity.provenance.get(cell)
        if provenance is None or (step.value is None and provenance.declared):
            return replace(step, note=NOT_GIVEN)
        source = provenance.source or (quantity.source if provenance.by == LIBRARY else "")
        if provenance.by != LIBRARY:
            note = f"given by {provenance.by}"
        elif not quantity.input:
            note = CONSTANT
        elif provenance.declared:
            note = DEFAULT
        elif quantity.by[:1] == ("option",):
            note = LEVER
        else:
            note = "" if source else f"given by {provenance.by}"
        return replace(step, source=source, retrieved=provenance.retrieved, note=note)

    # --- what a formula reads at a place -------------------------------------------------------------------------

    def reads(self, node: tree.Node, place: Mapping[str, str]) -> Iterator[_Cell]:
        """The values that a formula reads in one row; of a choice only the branch that is taken."""
        if isinstance(node, tree.Ref):
            yield from self.of_ref(node, place)
        elif isinstance(node, tree.Reduce):
            yield from self.of_reduction(node, place)
        elif isinstance(node, tree.Call) and node.function == "if":
            yield from self.reads(node.args[0], place)
            yield from self.reads(node.args[1] if self.holds(node.args[0], place) else node.args[2], place)
        else:
            for child in tree.children(node):
                yield from self.reads(child, place)

    def of_ref(self, ref: tree.Ref, place: Mapping[str, str]) -> Iterator[_Cell]:
        quantity, select = self.results.book.quantities[ref.name], dict(ref.select)
        members = {}
        for dimension in quantity.per:
            selector = select.get(dimension)
            if isinstance(selector, tree.Ref):
                chosen = list(self.of_ref(selector, place))
                yield from chosen[-1:]
                value = self.value(chosen[-1]) if chosen else None
                if value is None:
                    return
                members[dimension] = str(value)
            else:
                members[dimension] = selector.name if selector else place[dimension]
        yield quantity.name, tuple(members[d] for d in quantity.per)

    def of_reduction(self, node: tree.Reduce, place: Mapping[str, str]) -> Iterator[_Cell]:
        """The rows that a reduction goes over, largest first; those that do not apply or add nothing are left out."""
        assert isinstance(node.of, tree.Ref)
        book, found = self.results.book, list[_Cell]()
        for members in itertools.product(*(book.dimensions[d].names for d in node.over)):
            here = {**place, **dict(zip(node.over, members, strict=True))}
            if not isinstance(node.where, tree.Ref) or self.holds(node.where, here):
                found += list(self.of_ref(node.of, here))[-1:]
        if node.at is not None:
            yield from self.reads(node.at, place)
        nothing = (None, 0, False) if node.function in ("sum", "count") else (None,)
        found = [
            cell
            for cell in found
            if self.results.applies(book.quantities[cell[0]].per, cell[1]) and self.value(cell) not in nothing
        ]
        found.sort(key=lambda cell: -abs(float(self.value(cell) or 0)))
        self.smaller |= set(found[1:])
        yield from found

    def value(self, cell: _Cell) -> Plain:
        """The value of a quantity in one row."""
        return self.results.plain(cell[0])[cell[1]]

    def holds(self, node: tree.Node, place: Mapping[str, str]) -> bool:
        """The value of a condition in one row."""
        evaluator, book = self.results.evaluator, self.results.book
        per = evaluator.dims(tuple(place))
        data = evaluator.node(node, per).data
        index = tuple(book.dimensions[d].index(place[d]) if data.shape[i] > 1 else 0 for i, d in enumerate(per))
        return bool(data[(*index, 0)])
