"""Growing tables: spare rows for a new accelerator, model or price, computed like all other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang.excel import quoted
from reportgen.render.excel.plan.layout import Cell, Column, Table

if TYPE_CHECKING:
    from reportgen.engine.results import Plain
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["GROWING", "SPARE", "grow"]

GROWING = ("accelerator", "model", "price")
"""Dimensions that users add members to; options choose among them by name."""

SPARE = 5
"""Empty rows below the last member: Excel extends a table by itself, other programs do not."""


def grow(plan: Plan) -> None:
    """Add the spare rows, and guard every formula of such a table to stay empty while the row has no name."""
    for dimension in GROWING:
        table = plan.tables.get((dimension,))
        if table is not None:
            table.spare = SPARE
            _name_rows(table, dimension)
            for column in table.columns.values():
                _extend(table, column, dimension)


def _name_rows(table: Table, dimension: str) -> None:
    """Check the row's own name in the column of problems."""
    key, problem = table.local(dimension), table.columns["problem"]
    several = f"SUMPRODUCT(({table.whole(dimension)}={key})*1)>1"
    wild = "+".join(f"ISNUMBER(FIND({quoted(sign)},{key}))" for sign in "*?~")
    unnamed = f'IF({table.local("changed")}>0,{quoted(f"a row of {dimension} has values and no name")},"")'
    twice, odd = (
        quoted(f" stands in the rows of {dimension} twice"),
        quoted(" has a sign in its name that is none: *?~"),
    )
    for cell in problem.cells.values():
        cell.formula = f'IF({key}="",{unnamed},IF({several},{key}&{twice},IF({wild}>0,{key}&{odd},{cell.formula})))'


def _extend(table: Table, column: Column, dimension: str) -> None:
    """Fill the column in the spare rows; formulas that differ from row to row are left out."""
    rows = range(len(table.keys), len(table.keys) + table.spare)
    key = table.local(dimension)
    if column.name == dimension:
        made = Cell(None, input=True)
    elif column.name == f"{dimension}_title":
        made = Cell("", f'IF({key}="","",SUBSTITUTE({key},"_"," "))')
    elif column.group == "input":
        made = Cell(_default(column), input=True)
    elif column.name == f"{dimension}_as_built":
        made = Cell(None)
    elif column.group == "built":
        made = Cell(_default(table.columns[column.name.removesuffix("_as_built")]))
    else:
        made = _formula(table, column, key)
    column.cells.update({row: Cell(made.value, made.formula, input=made.input) for row in rows})


def _formula(table: Table, column: Column, key: str) -> Cell:
    """Return the column's formula for spare rows, after guarding all its rows alike."""
    texts = {cell.formula for cell in column.cells.values()}
    if len(texts) != 1 or None in texts or any(cell.array for cell in column.cells.values()):
        return Cell(None)
    (text,) = texts
    assert text is not None
    if column.name in ("problem", "changed"):
        return Cell(0.0 if column.name == "changed" else "", text)
    for cell in column.cells.values():
        cell.formula = f'IF({key}="","",{text})'
    return Cell("", f'IF({key}="","",{text})')


def _default(column: Column) -> Plain:
    """Return the default of an unset cell."""
    assert column.quantity is not None
    return column.quantity.default
