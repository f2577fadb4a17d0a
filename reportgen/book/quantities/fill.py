"""Read formulas, rows and inputs into the drafts of their quantities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.book.book import is_literal
from reportgen.book.collected.collect import each_cell
from reportgen.book.entries import Entry, Row
from reportgen.book.quantities.cells import Written, read_cell
from reportgen.book.ranges import plain
from reportgen.errors import nearest
from reportgen.lang import tree
from reportgen.lang.reader import Source, read_formula, read_text
from reportgen.spec.model import OPERATOR_KEYS, ROW_KEYS

if TYPE_CHECKING:
    from reportgen.book.entries import Origin
    from reportgen.book.quantities.drafts import Draft, Site

__all__ = ["fill"]


def fill(site: Site) -> None:
    """Read everything that was written for the drafts."""
    filler = _Filler(site)
    filler.check_formulas()
    filler.read_formulas()
    filler.read_rows()
    filler.read_inputs()


class _Filler:
    def __init__(self, site: Site) -> None:
        self.site = site

    def check_formulas(self) -> None:
        """Check that a scenario's `formulas:` replace formulas of computed quantities."""
        computed = [n for n, d in self.site.drafts.items() if not d.by and not d.is_input and d.spec.value is None]
        for name, entry in self.site.all.formulas.items():
            draft = self.site.drafts.get(name)
            span = entry.origin.span(key=True)
            if name in computed and draft is not None and draft.origin.document is entry.origin.document:
                self.site.all.fail(f"'{name}' is a quantity of your own", span, "change its formula: there")
            elif draft is None or name not in computed:
                what = "is unknown" if draft is None else "has no formula to replace"
                hint = nearest(name, computed)
                if draft is not None and draft.by:
                    hint = f"it is given in the rows of {draft.by[0]}"
                elif draft is not None:
                    hint = "set an input under inputs:" if draft.is_input else "it is a constant"
                self.site.all.fail(f"the quantity '{name}' {what}", span, hint)

    def read_formulas(self) -> None:
        for name, draft in self.site.drafts.items():
            if draft.by:
                continue
            spec = draft.spec
            if name in self.site.all.formulas:
                entry = self.site.all.formulas[name]
                source = entry.origin.document.source(entry.origin.path, str(entry.value))
                draft.formula = self._written(read_formula(source, self.site.problems.append), source, entry.origin)
            elif spec.text is not None:
                origin = draft.origin.at("text")
                source = origin.document.source(origin.path, spec.text)
                draft.formula = self._written(read_text(source, self.site.problems.append), source, origin)
            elif spec.formula is not None:
                origin = draft.origin.at("formula")
                source = origin.document.source(origin.path, str(spec.formula))
                draft.formula = self._written(read_formula(source, self.site.problems.append), source, origin)
            else:
                draft.formula = self._cell(name, draft, Entry(spec.value, draft.origin.at("value")))

    def _written(self, node: tree.Node | None, source: Source, origin: Origin) -> Written | None:
        return Written(node, source, source.text, origin) if node is not None else None

    def _cell(self, name: str, draft: Draft, entry: Entry, *, formula: bool | None = None) -> Written | None:
        allowed = formula if formula is not None else not draft.is_input
        return read_cell(
            entry, name, draft.type, formula=allowed, dimensions=self.site.dimensions,
            units=self.site.all.units, report=self.site.problems.append,
        )  # fmt: skip

    def read_rows(self) -> None:
        for dimension in self.site.dimensions:
            rows = self.site.all.rows.get(dimension, {})
            owned = {n: d for n, d in self.site.drafts.items() if d.by[:1] == (dimension,)}
            for member, row in rows.items():
                self._read_row(dimension, member, row, owned)
            for name, draft in owned.items():
                self._fill(name, draft, dimension, tuple(rows))

    def _read_row(self, dimension: str, member: str, row: Row, owned: dict[str, Draft]) -> None:
        for name, inner, entry in each_cell(row):
            draft = owned.get(name)
            if name in self.site.broken:
                continue
            if draft is None:
                what = (
                    f"'{name}' is not a quantity of {dimension} rows"
                    if name in self.site.drafts
                    else f"unknown key '{name}'"
                )
                further = OPERATOR_KEYS if dimension == "operator" else {}
                hint = nearest(name, (*owned, *ROW_KEYS, *further))
                if name in self.site.drafts and not self.site.drafts[name].per and self.site.drafts[name].is_input:
                    hint = "it belongs under inputs:"
                self.site.all.fail(what, entry.origin.span(key=True), hint)
                continue
            members = [self.site.member(d, text) for d, text in zip(draft.by[1:], inner, strict=False)]
            if len(inner) != len(draft.by) - 1 or None in members:
                expected = f"keys and values per {', '.join(draft.by[1:])}" if draft.by[1:] else draft.type.describe()
                self.site.all.fail(f"'{name}' needs {expected}", entry.origin.span())
                draft.refused.add((member,))
                continue
            formula = dimension == "option" or not draft.is_input
            written = self._cell(name, draft, entry, formula=formula)
            key = (member, *(m for m in members if m is not None))
            if written is not None:
                draft.cells[key] = self._kept_within(dimension, entry, draft, written)
            else:
                draft.refused.add(key)

    def _kept_within(self, dimension: str, entry: Entry, draft: Draft, written: Written) -> Written:
        """Clamp what a lever computes from an option's base to the range of the input."""
        low, high = draft.spec.minimum, draft.spec.maximum
        ours = entry.origin.document is not self.site.loaded.document
        follows = (
            dimension == "option" and draft.is_input and draft.type.kind == "number" and not is_literal(written.node)
        )
        if not (ours and follows and draft.type.unit.dimensionless) or low is None or high is None:
            return written
        within = tree.Call("max", (tree.Literal(low), tree.Call("min", (tree.Literal(high), written.node))))
        return replace(written, node=within, text=f"max({plain(low)}, min({plain(high)}, {written.text}))")

    def _fill(self, name: str, draft: Draft, dimension: str, members: tuple[str, ...]) -> None:
        """Fill cells that no row gives with a title, the base's value, the default, or absent; report the others."""
        spec = draft.spec
        keys: list[tuple[str, ...]] = [(m,) for m in members]
        for inner in draft.by[1:]:
            keys = [(*key, m) for key in keys for m in self.site.dimensions[inner].names]
        for key in keys:
            if key in draft.cells or key in draft.refused or key[:1] in draft.refused:
                continue
            base = self.site.based_on.get(key[0]) if dimension == "option" and draft.is_input else None
            default = spec.value if spec.value is not None else spec.default
            if name == f"{dimension}_title":
                row = self.site.all.rows[dimension][key[0]]
                title = row.meta.get("title") or key[0].replace("_", " ")
                draft.cells[key] = Written(tree.Literal(title), Source.bare(title), title, row.origin.at("title"))
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
            elif spec.unless and spec.unless in self.site.all.rows[dimension][key[0]].cells:
                draft.cells[key] = Written(tree.Literal(""), Source.bare(""), "")
            elif key[0] in self.site.all.rows.get(dimension, {}):
                row = self.site.all.rows[dimension][key[0]]
                hint = f"{draft.spec.title or name}: {draft.type.describe()}"
                self.site.all.fail(f"{dimension} '{key[0]}' has no '{name}'", row.origin.span(key=True), hint)

    def read_inputs(self) -> None:
        """Read the values of scalar inputs that the scenario gives."""
        for name, entry in self.site.all.inputs.items():
            draft = self.site.drafts.get(name)
            if name in self.site.broken:
                continue
            if draft is None or draft.per or not draft.is_input:
                allowed = [n for n, d in self.site.drafts.items() if not d.per and d.is_input]
                hint = nearest(name, allowed)
                if draft is not None and draft.by:
                    hint = f"it is set for each {draft.by[0]}, in its row"
                self.site.all.fail(f"unknown input '{name}'", entry.origin.span(key=True), hint)
                continue
            draft.formula = self._cell(name, draft, entry) or draft.formula
