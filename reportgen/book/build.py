"""Building a book: what was collected is named, typed, put into order and checked; every mistake at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reportgen.book.book import Book, Dimension, Member, Quantity
from reportgen.book.cells import Written, read_cell
from reportgen.book.collect import Collection, Entry, Origin, Row, collect, each_cell, library_hash
from reportgen.book.names import name_fault
from reportgen.book.options import add_options
from reportgen.book.order import Cycle, order
from reportgen.book.ranges import fault, problem_text
from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.lang import tree
from reportgen.lang.checker import Scope, check
from reportgen.lang.reader import Source, read_formula, read_text
from reportgen.lang.types import Type
from reportgen.lang.units import ONE, UnitError, parse_unit, unit_hint
from reportgen.spec.load import Loaded, load_scenario
from reportgen.spec.model import ROW_KEYS, QuantitySpec, ReportSpec, ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

__all__ = ["build_book", "load_book"]

_KINDS = ("number", "flag", "text")


def load_book(path: Path, name: str | None = None) -> Book:
    """Read a scenario file and make it whole.

    Raises:
        SpecError: with every mistake found.
    """
    return build_book(load_scenario(path, name), path.stem)


def build_book(loaded: Loaded[ScenarioSpec], name: str) -> Book:
    """Make a validated scenario whole."""
    return _Builder(collect(loaded), loaded, name).book()


@dataclass(slots=True)
class _Draft:
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


class _Builder:
    def __init__(self, collection: Collection, loaded: Loaded[ScenarioSpec], name: str) -> None:
        self.all, self.loaded, self.name = collection, loaded, name
        self.problems = collection.problems
        self.drafts: dict[str, _Draft] = {}
        self.broken: set[str] = set()
        """Quantities whose declaration is wrong: what reads them is not checked, for it may be right."""
        self.based_on, self.overridden = add_options(collection, loaded)
        self._repeat_rows()
        self.dimensions = {n: self._dimension(n) for n in collection.dimensions}

    def book(self) -> Book:
        """The book, or all mistakes."""
        self._rules()
        self._need_members()
        self._declare()
        self._read_formulas()
        self._read_rows()
        self._read_inputs()
        quantities = self._check(self._order())
        text = "\n".join(self.loaded.document.lines) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        report = self._report(quantities)
        self._stop()
        return Book(
            self.loaded.spec, self.name, text, library_hash(), digest, self.dimensions, quantities,
            self.based_on, self.overridden, report,
        )  # fmt: skip

    def _stop(self) -> None:
        if self.problems:
            raise SpecError(self.problems)

    # --- dimensions and rows -------------------------------------------------------------------------------------

    def _repeat_rows(self) -> None:
        for dimension, pattern, each, row in self.all.repeated:
            for member in self.all.rows.get(each, {}):
                mark = "{" + each + "}"
                cells = {
                    n: Entry(e.value.replace(mark, member) if isinstance(e.value, str) else e.value, e.origin)
                    for n, e in row.cells.items()
                }
                meta = {k: v.replace(mark, member) for k, v in row.meta.items()}
                self.all.rows.setdefault(dimension, {})[pattern.replace(mark, member)] = Row(row.origin, meta, cells)

    def _dimension(self, name: str) -> Dimension:
        spec = self.all.dimensions[name]
        members = []
        for member, row in self.all.rows.get(name, {}).items():
            meta = row.meta
            aliases = tuple(a.strip() for a in meta.get("aliases", "").split(";") if a.strip())
            source = meta.get("source", "") or meta.get("url", "")
            members.append(
                Member(member, meta.get("title", ""), meta.get("description", ""), source, meta.get("retrieved", ""),
                       meta.get("quality", ""), meta.get("notes", ""), aliases)
            )  # fmt: skip
        return Dimension(name, spec.title or name.replace("_", " "), spec.description, tuple(members))

    def _need_members(self) -> None:
        """Nothing can be reduced over a dimension without members."""
        for name, dimension in self.dimensions.items():
            if dimension.members:
                continue
            span = self.loaded.document.span(("dimensions", name), key=True)
            if name == "request":
                span = self.loaded.document.span(("requests",), key=True)
                hint = "name one class under requests:, with prompt_tokens and output_tokens"
                self.all.fail("the scenario has no requests", span, hint)
            else:
                self.all.fail(f"the dimension '{name}' has no rows", span, "give it rows:, or leave it out")

    def _rules(self) -> None:
        """A rule is a row of the dimension `rule`; its condition and sentence are cells."""
        if "rule" not in self.all.dimensions:
            if self.all.rules:
                name, (_, origin) = next(iter(self.all.rules.items()))
                self.all.fail(
                    f"the rule '{name}' cannot be used: this accounting gives no recommendations", origin.span(key=True)
                )
            return
        rows = self.all.rows.setdefault("rule", {})
        for name, (rule, origin) in self.all.rules.items():
            cells = {
                "rule_when": Entry(rule.when, origin.at("when")),
                "rule_says": Entry(rule.says, origin.at("says")),
                "rule_kind": Entry(rule.kind, origin.at("kind")),
            }
            rows[name] = Row(origin, {"title": rule.title or name.replace("_", " ")}, cells)
        self.dimensions["rule"] = self._dimension("rule")

    # --- declarations --------------------------------------------------------------------------------------------

    def _declare(self) -> None:
        self._declare_titles()
        taken: set[str] = set()
        for name, (spec, origin) in self.all.quantities.items():
            type_ = self._type(spec, origin)
            same_as_dimension = type_ is not None and type_.kind == "member" and type_.dimension == name
            others = taken if same_as_dimension else taken | set(self.dimensions)
            if reason := name_fault(name, others):
                self.all.fail(f"'{name}' cannot be the name of a quantity", origin.span(key=True), reason)
            taken.add(name)
            if type_ is None:
                self.broken.add(name)
                continue
            per = tuple(d for d in self.dimensions if d in type_.dims)
            self.drafts[name] = _Draft(spec, origin, type_, per, self._by(spec, per, origin))

    def _declare_titles(self) -> None:
        for name in self.dimensions:
            own = self.all.quantities.get(f"{name}_title")
            if own is not None and own[1].document is self.loaded.document:
                hint = f"it is the title of each {self.dimensions[name].title}; choose another name"
                self.all.fail(f"the quantity '{name}_title' exists already", own[1].span(key=True), hint)
                del self.all.quantities[f"{name}_title"]
            spec = QuantitySpec(title=f"Title of the {self.dimensions[name].title}", per=[name], type="text", by=name)
            self.all.quantities.setdefault(f"{name}_title", (spec, Origin(self.loaded.document, ())))

    def _type(self, spec: QuantitySpec, origin: Origin) -> Type | None:
        good, unit = True, ONE
        for i, dimension in enumerate(spec.per):
            if dimension not in self.dimensions:
                hint = nearest(dimension, self.dimensions)
                self.all.fail(f"unknown dimension '{dimension}'", origin.at("per", i).span(), hint)
                good = False
        try:
            unit = parse_unit(spec.unit)
        except UnitError as error:
            self.all.fail(f"unknown unit '{error}'", origin.at("unit").span(), unit_hint(str(error)))
            good = False
        if spec.type not in _KINDS and spec.type not in self.dimensions:
            hint = nearest(spec.type, (*_KINDS, *self.dimensions))
            self.all.fail(f"unknown type '{spec.type}'", origin.at("type").span(), hint)
            good = False
        if not good:
            return None
        dims = frozenset(spec.per)
        if spec.type in _KINDS:
            return Type(spec.type, unit, dims, spec.optional)  # type: ignore[arg-type]
        return Type("member", ONE, dims, spec.optional, spec.type)

    def _by(self, spec: QuantitySpec, per: tuple[str, ...], origin: Origin) -> tuple[str, ...]:
        if spec.by is not None and spec.by not in per:
            message = f"'by: {spec.by}' needs {spec.by} in 'per'"
            self.all.fail(message, origin.at("by").span(), "a quantity has its cells from rows of its own index set")
            return ()
        ways = [w for w in ("formula", "text", "value") if getattr(spec, w) is not None]
        if len(ways) > 1 or (spec.by and ways not in ([], ["value"])):
            found = " and ".join([*ways, *(["by"] if spec.by else [])])
            self.all.fail(
                f"a quantity has one of formula, text, value or by; here stand {found}", origin.span(key=True)
            )
        if not ways and not spec.by and not spec.input:
            hint = "give it a formula:, or input: true and a value:"
            self.all.fail(f"'{origin.path[-1]}' has neither a formula nor a value", origin.span(key=True), hint)
        if spec.input or spec.value is not None:
            lead = spec.by or (per[0] if per else None)
            return (lead, *(d for d in per if d != lead)) if lead else ()
        return (spec.by,) if spec.by else ()

    # --- reading -------------------------------------------------------------------------------------------------

    def _read_formulas(self) -> None:
        for name, draft in self.drafts.items():
            if draft.by:
                continue
            spec = draft.spec
            if spec.text is not None:
                source = draft.origin.document.source((*draft.origin.path, "text"), spec.text)
                draft.formula = self._written(read_text(source, self.problems.append), source, spec.text)
            elif spec.formula is not None:
                text = str(spec.formula)
                source = draft.origin.document.source((*draft.origin.path, "formula"), text)
                draft.formula = self._written(read_formula(source, self.problems.append), source, text)
            else:
                draft.formula = self._cell(name, draft, Entry(spec.value, draft.origin.at("value")))

    def _written(self, node: tree.Node | None, source: Source, text: str) -> Written | None:
        return Written(node, source, text) if node is not None else None

    def _is_input(self, draft: _Draft) -> bool:
        return draft.spec.value is not None if draft.spec.input is None else draft.spec.input

    def _cell(self, name: str, draft: _Draft, entry: Entry, *, formula: bool | None = None) -> Written | None:
        allowed = formula if formula is not None else not self._is_input(draft)
        return read_cell(
            entry, name, draft.type, formula=allowed, member=self._member, members=lambda d: self.dimensions[d].names,
            report=self.problems.append,
        )  # fmt: skip

    def _member(self, dimension: str, text: str) -> str | None:
        folded = text.strip().casefold()
        for member in self.dimensions[dimension].members:
            if folded == member.name.casefold() or folded in (a.casefold() for a in member.aliases):
                return member.name
        return None

    def _read_rows(self) -> None:
        for dimension in self.dimensions:
            rows = self.all.rows.get(dimension, {})
            owned = {n: d for n, d in self.drafts.items() if d.by[:1] == (dimension,)}
            for member, row in rows.items():
                self._read_row(dimension, member, row, owned)
            for name, draft in owned.items():
                self._fill(name, draft, dimension, tuple(rows))

    def _read_row(self, dimension: str, member: str, row: Row, owned: dict[str, _Draft]) -> None:
        for name, inner, entry in each_cell(row):
            draft = owned.get(name)
            if name in self.broken:
                continue
            if draft is None:
                what = (
                    f"'{name}' is not a quantity of {dimension} rows"
                    if name in self.drafts
                    else f"unknown key '{name}'"
                )
                hint = nearest(name, (*owned, *ROW_KEYS))
                if name in self.drafts and not self.drafts[name].per and self._is_input(self.drafts[name]):
                    hint = "it belongs under inputs:"
                self.all.fail(what, entry.origin.span(key=True), hint)
                continue
            members = [self._member(d, text) for d, text in zip(draft.by[1:], inner, strict=False)]
            if len(inner) != len(draft.by) - 1 or None in members:
                expected = f"keys and values per {', '.join(draft.by[1:])}" if draft.by[1:] else draft.type.describe()
                self.all.fail(f"'{name}' needs {expected}", entry.origin.span())
                draft.refused.add((member,))
                continue
            formula = dimension == "option" or not self._is_input(draft)
            written = self._cell(name, draft, entry, formula=formula)
            key = (member, *(m for m in members if m is not None))
            if written is not None:
                draft.cells[key] = written
            else:
                draft.refused.add(key)

    def _fill(self, name: str, draft: _Draft, dimension: str, members: tuple[str, ...]) -> None:
        """Cells that no row gave: a title, the base option's value, the default, or absent; else they are missing."""
        spec = draft.spec
        keys: list[tuple[str, ...]] = [(m,) for m in members]
        for inner in draft.by[1:]:
            keys = [(*key, m) for key in keys for m in self.dimensions[inner].names]
        for key in keys:
            if key in draft.cells or key in draft.refused or key[:1] in draft.refused:
                continue
            base = self.based_on.get(key[0]) if dimension == "option" and self._is_input(draft) else None
            default = spec.value if spec.value is not None else spec.default
            if name == f"{dimension}_title":
                row = self.all.rows[dimension][key[0]]
                title = row.meta.get("title") or key[0].replace("_", " ")
                draft.cells[key] = Written(tree.Literal(title), Source.bare(title), title)
            elif base is not None:
                same = (base, *key[1:])
                draft.cells[key] = Written(tree.Name(name, tuple(map(tree.Literal, same))), Source.bare(name), "")
            elif default is not None:
                mark = "{" + dimension + "}"
                value = default.replace(mark, key[0]) if isinstance(default, str) else default
                entry = Entry(value, draft.origin.at("value" if spec.value is not None else "default"))
                written = self._cell(name, draft, entry)
                if written is not None:
                    draft.cells[key] = written
            elif spec.optional:
                draft.cells[key] = Written(tree.Literal(None), Source.bare(""), "")
            elif key[0] in self.all.rows.get(dimension, {}):
                row = self.all.rows[dimension][key[0]]
                hint = f"{draft.spec.title or name}: {draft.type.describe()}"
                self.all.fail(f"{dimension} '{key[0]}' has no '{name}'", row.origin.span(key=True), hint)

    def _read_inputs(self) -> None:
        """Values of scalar inputs given by the scenario."""
        for name, entry in self.all.inputs.items():
            draft = self.drafts.get(name)
            if name in self.broken:
                continue
            if draft is None or draft.per or not self._is_input(draft):
                allowed = [n for n, d in self.drafts.items() if not d.per and self._is_input(d)]
                hint = nearest(name, allowed)
                if draft is not None and draft.by:
                    hint = f"it is set for each {draft.by[0]}, in its row"
                self.all.fail(f"unknown input '{name}'", entry.origin.span(key=True), hint)
                continue
            draft.formula = self._cell(name, draft, entry) or draft.formula

    # --- order and check -----------------------------------------------------------------------------------------

    def _order(self) -> list[str]:
        reads = {name: self._reads(name, draft, self.drafts.keys()) for name, draft in self.drafts.items()}
        try:
            return order(reads)
        except Cycle as cycle:
            first = self.drafts[cycle.path[0]].origin
            where = first.at("formula") if (*first.path, "formula") in first.document.values else first
            alone = f"'{cycle.path[0]}' is computed from itself"
            message = alone if len(cycle.path) == 2 else f"these quantities need each other: {cycle}"
            self.all.fail(message, where.span())
            raise SpecError(self.problems) from None

    def _reads(self, name: str, draft: _Draft, among: Set[str]) -> set[str]:
        found: set[str] = set()
        for written in (draft.formula, *draft.cells.values()):
            for node in tree.walk(written.node) if written else ():
                if isinstance(node, tree.Name):
                    found |= self._reads_of(node, draft) & among
        own_base = draft.by[:1] == ("option",) and self._is_input(draft)
        return found - {name} if own_base else found

    def _reads_of(self, node: tree.Name, draft: _Draft) -> set[str]:
        names = {node.name, *(k.name for k in node.keys if isinstance(k, tree.Name))}
        if node.name in self.drafts:
            # a dimension that this quantity lacks is chosen by the quantity of the dimension's name
            names |= {d for d in self.drafts[node.name].per if d not in draft.per}
        for key in node.keys:
            if isinstance(key, tree.Name) and key.name in self.drafts:
                names |= {d for d in self.drafts[key.name].per if d not in draft.per}
        return names

    def _check(self, ordered: list[str]) -> dict[str, Quantity]:
        types = {name: draft.type for name, draft in self.drafts.items()}
        scope = Scope(types, {n: d.names for n, d in self.dimensions.items()})
        quantities: dict[str, Quantity] = {}
        for name in ordered:
            draft, absent = self.drafts[name], False
            formula, cells = None, {}
            if self.broken and self.broken & self._reads(name, draft, self.drafts.keys() | self.broken):
                self.broken.add(name)
                continue
            if draft.formula is not None:
                formula, absent = self._checked(name, draft, draft.formula, (), scope)
            for key, written in draft.cells.items():
                node, may = self._checked(name, draft, written, key, scope)
                absent = absent or may
                if node is not None:
                    cells[key] = node
            types[name] = replace(draft.type, absent=draft.type.absent or absent)
            quantities[name] = self._quantity(name, draft, types[name], formula, cells)
        return quantities

    def _checked(
        self, name: str, draft: _Draft, written: Written, key: tuple[str, ...], scope: Scope
    ) -> tuple[tree.Node | None, bool]:
        if isinstance(written.node, tree.Member):
            return written.node, False
        if isinstance(written.node, tree.Literal) and (
            draft.spec.value is not None or self._is_input(draft) or written.node.value is None
        ):
            return self._checked_literal(name, draft, written, key)
        per = frozenset(draft.per) - frozenset(draft.by)
        node = self._with_base(written.node, name, key) if key and draft.by[0] == "option" else written.node
        typed = check(node, written.source, scope, per, draft.type, self.problems.append)
        return (typed.node, typed.type.absent) if typed else (None, False)

    def _checked_literal(
        self, name: str, draft: _Draft, written: Written, key: tuple[str, ...]
    ) -> tuple[tree.Node | None, bool]:
        assert isinstance(written.node, tree.Literal)
        value = written.node.value
        if value is None and self._is_input(draft) and not draft.spec.optional:
            self.all.fail(
                f"{problem_text(self._quantity(name, draft, draft.type, None, {}), key)}", written.source.locate(0, 1)
            )
        elif value is not None and fault(self._quantity(name, draft, draft.type, None, {}), value):
            text = f"{problem_text(self._quantity(name, draft, draft.type, None, {}), key)}, not {written.text}"
            self.all.fail(text, written.source.locate(0, max(1, len(written.text))))
        return written.node, value is None

    def _with_base(self, node: tree.Node, name: str, key: tuple[str, ...]) -> tree.Node:
        """In an option's cell, `base` stands for the same column of the option that it is based on."""
        base = self.based_on.get(key[0])
        if isinstance(node, tree.Name) and node.name == "base" and base is not None:
            return tree.Name(name, (tree.Literal(base), *node.keys), node.place)
        if isinstance(node, tree.Call):
            return replace(node, args=tuple(self._with_base(a, name, key) for a in node.args))
        return node

    def _quantity(
        self, name: str, draft: _Draft, type_: Type, formula: tree.Node | None, cells: dict[tuple[str, ...], tree.Node]
    ) -> Quantity:
        spec = draft.spec
        keys = [k for k in draft.cells if k in cells]
        return Quantity(
            name, type_, draft.per, spec.title or name.replace("_", " "), spec.description, formula, draft.by,
            {k: cells[k] for k in self._ordered(keys, draft.by)}, draft.formula.text if draft.formula else "",
            {k: draft.cells[k].text for k in keys}, _places(draft, keys), self._is_input(draft), spec.minimum,
            spec.maximum, spec.whole, spec.symbol, spec.source, spec.better or "", spec.topic,
        )  # fmt: skip

    def _ordered(self, keys: list[tuple[str, ...]], by: tuple[str, ...]) -> list[tuple[str, ...]]:
        if not by:
            return keys
        places = [{m: i for i, m in enumerate(self.dimensions[d].names)} for d in by]
        return sorted(keys, key=lambda key: tuple(place[m] for place, m in zip(places, key, strict=True)))

    def _report(self, quantities: dict[str, Quantity]) -> ReportSpec:
        """What is shown: the scenario's own lists, else those of the library, without what this accounting lacks."""
        own = self.loaded.spec.report
        origin = Origin(self.loaded.document, ("report",))
        made: dict[str, object] = {}
        for name in ReportSpec.model_fields:
            chosen = getattr(own, name)
            if chosen:
                for i, item in enumerate(chosen if isinstance(chosen, list) else []):
                    wanted = item if isinstance(item, str) else item.quantity
                    if wanted not in quantities:
                        span = origin.at(name, i).span()
                        self.problems.append(Problem(f"unknown quantity '{wanted}'", span, nearest(wanted, quantities)))
            else:
                parts = [getattr(r, name) for r in self.all.reports[:-1]]
                listed = bool(parts) and isinstance(parts[0], list)
                chosen = [c for part in parts for c in part] if listed else "".join(parts)
            if isinstance(chosen, list):
                chosen = [c for c in chosen if (c if isinstance(c, str) else c.quantity) in quantities]
            made[name] = chosen
        return ReportSpec.model_validate(made)


def _places(draft: _Draft, keys: list[tuple[str, ...]]) -> dict[tuple[str, ...], Span]:
    """Where its formulas stand; a plain value needs no place, for nothing goes wrong in it."""
    written = {(): draft.formula} if draft.formula else {k: draft.cells[k] for k in keys}
    return {
        key: w.source.locate(0, max(1, len(w.text)))
        for key, w in written.items()
        if not isinstance(w.node, tree.Literal | tree.Member)
    }
