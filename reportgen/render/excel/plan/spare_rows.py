"""Growing tables: spare rows for a new accelerator, model or price, computed like all other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.layout import CHANGES, PROBLEMS, Cell, Column, Table
from reportgen.render.excel.plan.trees import choice, known, more, rule

if TYPE_CHECKING:
    from reportgen.engine.results import Plain
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["EXTENSIBLE", "SPARE", "add_spare_rows"]

EXTENSIBLE = ("accelerator", "model", "price")
"""Dimensions that users add members to; options choose among them by name."""

SPARE = 5
"""Empty rows below the last member: Excel extends a table by itself, other programs do not."""


def add_spare_rows(plan: Plan) -> None:
    """Add the spare rows, and guard every formula of such a table to stay empty while the row has no name."""
    for dimension in EXTENSIBLE:
        table = plan.tables.get((dimension,))
        if table is not None:
            table.spare = SPARE
            _name_rows(table, dimension)
            for column in table.columns.values():
                _extend(table, column, dimension)


def _name_rows(table: Table, dimension: str) -> None:
    """Check the row's own name in the column of problems."""
    key, problem = table.local(dimension), table.columns[PROBLEMS]
    several, name = tree.Ref(idioms.has_many(key, table.whole(dimension))), tree.Ref(key)
    wild = tree.Call("or", tuple(tree.Ref(idioms.has_one(key, sign)) for sign in "*?~"))
    unnamed = choice(more(tree.Ref(table.local(CHANGES))), f"a row of {dimension} has values and no name", "")
    twice, odd = (
        tree.Text((tree.Field(name), said))
        for said in (
            f" is used twice in the rows of {dimension}",
            " has one of the characters *?~, which names cannot have",
        )
    )
    for cell in problem.cells.values():
        assert cell.formula is not None
        sound = choice(several, twice, choice(wild, odd, tree.Ref(cell.formula)))
        cell.formula = rule(choice(known(name), sound, unnamed))


def _extend(table: Table, column: Column, dimension: str) -> None:
    """Fill the column in the spare rows; formulas that differ from row to row are left out."""
    rows = range(len(table.keys), len(table.keys) + table.spare)
    key = table.local(dimension)
    if column.name == dimension:
        spare = Cell(None, input=True)
    elif column.name == f"{dimension}_title":
        spare = Cell("", idioms.kept_blank(key, idioms.in_new_words(key)))
    elif column.group == "input":
        spare = Cell(_default(column), input=True)
    elif column.name == f"{dimension}_as_built":
        spare = Cell(None)
    elif column.group == "built":
        spare = Cell(_default(table.columns[column.name.removesuffix("_as_built")]))
    else:
        spare = _formula(table, column, key)
    column.cells.update({row: Cell(spare.value, spare.formula, input=spare.input) for row in rows})


def _formula(table: Table, column: Column, key: str) -> Cell:
    """Return the column's formula for spare rows, after guarding all its rows alike."""
    texts = {cell.formula for cell in column.cells.values()}
    if len(texts) != 1 or None in texts or any(cell.array for cell in column.cells.values()):
        return Cell(None)
    (text,) = texts
    assert text is not None
    if column.name in (PROBLEMS, CHANGES):
        return Cell(0.0 if column.name == CHANGES else "", text)
    for cell in column.cells.values():
        cell.formula = idioms.kept_blank(key, text)
    return Cell("", idioms.kept_blank(key, text))


def _default(column: Column) -> Plain:
    """Return the default of an unset cell."""
    assert column.quantity is not None
    return column.quantity.default
