"""Put drafts in order of computation and check them; correct ones become quantities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.book.book import Quantity
from reportgen.book.order import Cycle, order
from reportgen.book.quantities.provenance import provenance
from reportgen.book.ranges import fault, problem_text
from reportgen.errors import Span, SpecError
from reportgen.lang import tree
from reportgen.lang.checker import Scope, check

if TYPE_CHECKING:
    from collections.abc import Set

    from reportgen.book.quantities.cells import Written
    from reportgen.book.quantities.drafts import Draft, Site
    from reportgen.lang.types import Type

__all__ = ["checked_quantities"]


def checked_quantities(site: Site) -> dict[str, Quantity]:
    """Return the quantities, each after those it reads; mistakes are recorded on the site.

    Raises:
        SpecError: some quantities depend on each other.
    """
    checker = _Checker(site)
    return checker.check(checker.order())


class _Checker:
    def __init__(self, site: Site) -> None:
        self.site = site

    def order(self) -> list[str]:
        reads = {name: self._reads(name, draft, self.site.drafts.keys()) for name, draft in self.site.drafts.items()}
        try:
            return order(reads)
        except Cycle as cycle:
            first = self.site.drafts[cycle.path[0]].origin
            where = first.at("formula") if (*first.path, "formula") in first.document.values else first
            alone = f"'{cycle.path[0]}' is computed from itself"
            message = alone if len(cycle.path) == 2 else f"these quantities need each other: {cycle}"
            self.site.all.fail(message, where.span())
            raise SpecError(self.site.problems) from None

    def _reads(self, name: str, draft: Draft, among: Set[str]) -> set[str]:
        reads: set[str] = set()
        for written in (draft.formula, *draft.cells.values()):
            for node in tree.walk(written.node) if written else ():
                if isinstance(node, tree.Name):
                    reads |= self._reads_of(node, draft) & among
        own_base = draft.by[:1] == ("option",) and draft.is_input
        return reads - {name} if own_base else reads

    def _reads_of(self, node: tree.Name, draft: Draft) -> set[str]:
        names = {node.name, *(k.name for k in node.keys if isinstance(k, tree.Name))}
        if node.name in self.site.drafts:
            # the quantity named like a dimension selects in it if this quantity lacks the dimension
            names |= {d for d in self.site.drafts[node.name].per if d not in draft.per}
        for key in node.keys:
            if isinstance(key, tree.Name) and key.name in self.site.drafts:
                names |= {d for d in self.site.drafts[key.name].per if d not in draft.per}
        return names

    def check(self, ordered: list[str]) -> dict[str, Quantity]:
        types = {name: draft.type for name, draft in self.site.drafts.items()}
        scope = Scope(types, {n: d.names for n, d in self.site.dimensions.items()})
        quantities: dict[str, Quantity] = {}
        for name in ordered:
            draft, absent = self.site.drafts[name], False
            bare = self._quantity(name, draft, draft.type, None, {})
            formula, cells = None, {}
            if self.site.broken and self.site.broken & self._reads(
                name, draft, self.site.drafts.keys() | self.site.broken
            ):
                self.site.broken.add(name)
                continue
            if draft.formula is not None:
                formula, absent = self._checked(bare, draft, draft.formula, (), scope)
            for key, written in draft.cells.items():
                node, may = self._checked(bare, draft, written, key, scope)
                absent = absent or may
                if node is not None:
                    cells[key] = node
            types[name] = replace(draft.type, absent=True) if absent else draft.type
            quantities[name] = self._quantity(name, draft, types[name], formula, cells)
        return quantities

    def _checked(
        self, bare: Quantity, draft: Draft, written: Written, key: tuple[str, ...], scope: Scope
    ) -> tuple[tree.Node | None, bool]:
        if isinstance(written.node, tree.Member):
            return written.node, False
        if isinstance(written.node, tree.Literal) and (
            draft.spec.value is not None or draft.is_input or written.node.value is None
        ):
            return self._checked_literal(bare, draft, written, key)
        per = frozenset(draft.per) - frozenset(draft.by)
        node = self._with_base(written.node, bare.name, key) if key and draft.by[0] == "option" else written.node
        typed = check(node, written.source, scope, per, draft.type, self.site.problems.append)
        return (typed.node, typed.type.absent) if typed else (None, False)

    def _checked_literal(
        self, bare: Quantity, draft: Draft, written: Written, key: tuple[str, ...]
    ) -> tuple[tree.Node | None, bool]:
        assert isinstance(written.node, tree.Literal)
        value = written.node.value
        if value is None and draft.is_input and not draft.spec.optional:
            self.site.all.fail(problem_text(bare, key), written.source.locate(0, 1))
        elif value is not None and fault(bare, value):
            text = f"{problem_text(bare, key)}, not {written.text}"
            self.site.all.fail(text, written.source.locate(0, max(1, len(written.text))))
        return written.node, value is None

    def _with_base(self, node: tree.Node, name: str, key: tuple[str, ...]) -> tree.Node:
        """Replace `base` in an option's cell by the same column of the option that it is based on."""
        base = self.site.based_on.get(key[0])
        if isinstance(node, tree.Name) and node.name == "base" and base is not None:
            return tree.Name(name, (tree.Literal(base), *node.keys), node.place)
        if isinstance(node, tree.Call):
            return replace(node, args=tuple(self._with_base(a, name, key) for a in node.args))
        return node

    def _quantity(
        self, name: str, draft: Draft, type_: Type, formula: tree.Node | None, cells: dict[tuple[str, ...], tree.Node]
    ) -> Quantity:
        spec = draft.spec
        keys = [k for k in draft.cells if k in cells]
        return Quantity(
            name, type_, draft.per, spec.title or name.replace("_", " "), spec.description, formula, draft.by,
            {k: cells[k] for k in self._ordered(keys, draft.by)}, draft.formula.text if draft.formula else "",
            {k: draft.cells[k].text for k in keys}, _spans(draft, keys), provenance(self.site, draft, keys),
            draft.is_input, spec.minimum, spec.maximum, spec.whole, spec.symbol, spec.source, spec.better or "",
            spec.topic, _default(draft),
        )  # fmt: skip

    def _ordered(self, keys: list[tuple[str, ...]], by: tuple[str, ...]) -> list[tuple[str, ...]]:
        if not by:
            return keys
        index = [{m: i for i, m in enumerate(self.site.dimensions[d].names)} for d in by]
        return sorted(keys, key=lambda key: tuple(of[m] for of, m in zip(index, key, strict=True)))


def _default(draft: Draft) -> float | str | bool | None:
    """Return the default of a row's cell if it is plain: no text with a unit, and no pattern."""
    value = draft.spec.value if draft.spec.value is not None else draft.spec.default
    if isinstance(value, str):
        return value if draft.type.kind in ("member", "text") and "{" not in value else None
    if isinstance(value, bool) or value is None:
        return value
    return float(value)


def _spans(draft: Draft, keys: list[tuple[str, ...]]) -> dict[tuple[str, ...], Span]:
    """Return the places of its formulas; plain values need none, because evaluating them cannot fail."""
    written = {(): draft.formula} if draft.formula else {k: draft.cells[k] for k in keys}
    return {
        key: w.source.locate(0, max(1, len(w.text)))
        for key, w in written.items()
        if not isinstance(w.node, tree.Literal | tree.Member)
    }
