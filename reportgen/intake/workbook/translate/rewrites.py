"""Translate formulas that were rewritten alike in every row of a quantity, or of one member."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.intake.workbook.differ.changes import Formula, Override
from reportgen.intake.workbook.differ.values import cell_path
from reportgen.intake.workbook.translate.formula import Unreadable, parse
from reportgen.intake.workbook.translate.translate import Translator
from reportgen.lang import tree
from reportgen.lang.words import to_words
from reportgen.spec.declared.frame import FRAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.book.book import Book, Quantity
    from reportgen.intake.workbook.locate.layout import Layout
    from reportgen.intake.workbook.translate.formula import Token
    from reportgen.render.excel.plan.layout import Table
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["Rewrite", "rewrites"]

_FIXED_DIMENSIONS = ("rule", "place", "change")
"""Dimensions whose rows belong to the library."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A translated formula: of a quantity, or of one member's cell; `tokens` are those of the edited formula."""

    quantity: str
    member: tuple[str, ...]
    where: str
    old: str
    new: str
    row: int
    tokens: tuple[Token, ...]
    cells: tuple[Formula, ...]
    path: tuple[str | int, ...]
    """Its keys in a scenario."""

    @property
    def title(self) -> str:
        """What the formula computes."""
        return self.quantity if not self.member else f"{self.quantity} of {', '.join(self.member)}"

    def override(self, why: str) -> list[Override]:
        """Return its cells as overrides, if the scenario cannot hold it after all."""
        return [Override(c.where, why, "=" + c.old if c.old else "", "=" + c.new) for c in self.cells]


def rewrites(formulas: Iterable[Formula], plan: Plan, layout: Layout) -> tuple[list[Rewrite], list[Override]]:
    """Return the formulas that can be translated, and the cells that cannot, each with the reason."""
    groups: dict[tuple[tuple[str, ...], str], list[Formula]] = {}
    for formula in formulas:
        groups.setdefault((formula.table, formula.column), []).append(formula)
    translated: list[Rewrite] = []
    left: list[Override] = []
    for (dims, column), group in groups.items():
        quantity = _quantity(plan, dims, column)
        if quantity is None:
            left += [_override(f, "a formula that belongs to no quantity was rewritten") for f in group]
            continue
        table = plan.tables[dims] if dims else None
        for member, cells in _by_member(quantity, table, group).items():
            _one(plan, layout, quantity, table, member, cells, translated, left)
    return translated, left


def _quantity(plan: Plan, dims: tuple[str, ...], column: str) -> Quantity | None:
    """Return the quantity behind a column or a named cell, if its formulas can be replaced."""
    if not dims:
        return plan.book.quantities.get(column) if column in plan.scalars else None
    planned = plan.tables[dims].columns[column]
    return planned.quantity if planned.group in ("result", "input") else None


def _by_member(quantity: Quantity, table: Table | None, group: list[Formula]) -> dict[tuple[str, ...], list[Formula]]:
    """Group the cells by the member whose formula they have; one group if the quantity has a single formula."""
    if table is None or not quantity.by:
        return {(): group}
    places = [table.dims.index(d) for d in quantity.by]
    groups: dict[tuple[str, ...], list[Formula]] = {}
    for formula in group:
        key = table.keys[formula.row] if formula.row < len(table.keys) else ()
        groups.setdefault(tuple(key[p] for p in places) if key else (), []).append(formula)
    return groups


def _one(
    plan: Plan, layout: Layout, quantity: Quantity, table: Table | None, member: tuple[str, ...],
    cells: list[Formula], translated: list[Rewrite], left: list[Override],
) -> None:  # fmt: skip
    rows = _rows(quantity, table, member)
    within = [c for c in cells if table is None or c.row < len(table.keys)]
    missing = set(rows) - {c.row for c in within}
    first = within[0] if within else cells[0]
    try:
        if first.tokens is None:
            raise Unreadable(first.why.removeprefix("it holds "))
        if (quantity.by and quantity.by[0] in _FIXED_DIMENSIONS) or len(member) > 1 or (quantity.by and not member):
            raise Unreadable("the formula of a row that belongs to the library")
        if missing:
            left += [_override(c, "a formula rewritten in some rows only") for c in cells]
            return
        ours = parse(first.tokens)
        if any(c.tokens is None or parse(c.tokens) != ours for c in cells):
            left += [_override(c, "a formula rewritten differently from other rows") for c in cells]
            return
        node = _translated(plan, layout, quantity, table, member, rows, first)
    except Unreadable as error:
        left += [_override(c, f"a rewritten formula that no scenario can hold: {error}") for c in cells]
        return
    path = _path(plan.book, quantity, member)
    if path is None:
        why = (
            "it belongs to a sensitivity case, which follows its option"
            if member
            else "it is a text of the scenario, or of its objective"
        )
        left += [_override(c, f"a rewritten formula that no scenario can hold: {why}") for c in cells]
        return
    old = quantity.written_cells.get(member, "") if member else quantity.written
    new = to_words(node)
    translated.append(
        Rewrite(quantity.name, member, first.where, old, new, first.row, first.tokens, tuple(cells), path)
    )


def _path(book: Book, quantity: Quantity, member: tuple[str, ...]) -> tuple[str | int, ...] | None:
    """Return the keys of the formula in a scenario, or None."""
    if member:
        return cell_path(book, quantity, member)
    own = book.scenario.quantities.get(quantity.name)
    if own is None:
        return ("formulas", quantity.name) if quantity.name not in FRAME else None
    return ("quantities", quantity.name, "formula") if own.text is None else None


def _rows(quantity: Quantity, table: Table | None, member: tuple[str, ...]) -> list[int]:
    """Return the rows of the table that one formula fills."""
    if table is None:
        return [0]
    places = [table.dims.index(d) for d in quantity.by] if member else []
    return [i for i, key in enumerate(table.keys) if tuple(key[p] for p in places) == member]


def _translated(
    plan: Plan, layout: Layout, quantity: Quantity, table: Table | None, member: tuple[str, ...], rows: list[int],
    first: Formula,
) -> tree.Node:  # fmt: skip
    formula = quantity.formula if not member else None if quantity.input else quantity.cells[member]
    if table is None:
        place = layout.names[quantity.name]
    else:
        standing = layout.tables[table.name]
        top = min(standing.rows)
        place = (standing.sheet, top + first.row, standing.columns[first.column])
    translator = Translator(plan, layout, quantity, place, formula, [] if table is None else rows)
    assert first.tokens is not None
    return translator.translated(parse(first.tokens))


def _override(formula: Formula, why: str) -> Override:
    return Override(formula.where, why, "=" + formula.old if formula.old else "", "=" + formula.new)


def guarded(rewrite: Rewrite, plan: Plan) -> Rewrite | None:
    """Return the formula, guarded to be absent if something that it reads is absent, where Excel shows an error."""
    from reportgen.lang.reader import Source, read_formula

    node = read_formula(Source.bare(rewrite.new), lambda problem: None)
    if node is None or plan.book.quantities[rewrite.quantity].type.kind != "number":
        return None
    names = {n.name for n in tree.walk(node) if isinstance(n, tree.Name) and not n.keys}
    absent = [n for n in sorted(names) if n in plan.book.quantities and plan.book.quantities[n].type.absent]
    if not absent:
        return None
    known = " and ".join(f"known({name})" for name in absent)
    return replace(rewrite, new=f"({rewrite.new}) if {known} else absent")
