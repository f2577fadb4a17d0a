"""Checks: columns that say in words what is wrong with an input, and what was changed since the workbook was built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.ranges import needs, problem_text
from reportgen.render.excel.growing import GROWING, grow
from reportgen.render.excel.layout import Cell, Column, Table

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.render.excel.plan import Plan

__all__ = ["add_checks", "scalar_problem", "validity"]

_AT_ONCE = 12
"""Inputs that one formula looks at: Excel allows 8192 characters, and 64 levels."""


def validity(plan: Plan, quantity: Quantity, cell: str) -> str:
    """A formula that is TRUE where the cell holds what the input needs."""
    kind = quantity.type.kind
    if kind == "flag":
        text = f"ISLOGICAL({cell})"
    elif kind == "member":
        dimension = quantity.type.dimension
        text = f"ISNUMBER(MATCH({cell},{plan.tables[dimension,].whole(dimension)},0))"
    elif kind == "text":
        return f'IF({cell}="",TRUE,ISTEXT({cell}))'
    else:
        text = f"IF(ISNUMBER({cell}),{_bounds(quantity, cell)},FALSE)"
    return f'IF({cell}="",TRUE,{text})' if quantity.type.absent else text


def _bounds(quantity: Quantity, cell: str) -> str:
    parts = []
    if quantity.minimum is not None:
        parts.append(f"{cell}>={quantity.minimum!r}")
    if quantity.maximum is not None:
        parts.append(f"{cell}<={quantity.maximum!r}")
    if quantity.whole:
        parts.append(f"{cell}=INT({cell})")
    return f"AND({','.join(parts)})" if parts else "TRUE"


def scalar_problem(plan: Plan, quantity: Quantity) -> str:
    """The problem text of a scalar input, empty where there is none."""
    return f'IF({validity(plan, quantity, quantity.name)},"",{_quoted(problem_text(quantity, ()))})'


def add_checks(plan: Plan) -> None:
    """Give each table with inputs a column `problem`, and the values as built beside them."""
    for table in plan.tables.values():
        inputs = [c for c in table.columns.values() if c.group == "input"]
        if not inputs:
            continue
        _add_problems(plan, table, inputs)
        keys = [table.columns[d] for d in table.dims if d in GROWING and len(table.dims) == 1]
        _add_built(table, [*keys, *inputs])
    grow(plan)


def _add_problems(plan: Plan, table: Table, inputs: list[Column]) -> None:
    """A column `problem`; where there are many inputs, over columns that look at some of them each."""
    parts = [inputs[i : i + _AT_ONCE] for i in range(0, len(inputs), _AT_ONCE)]
    names = ["problem"] if len(parts) == 1 else [f"problem_{i}" for i in range(1, len(parts) + 1)]
    for name, part in zip(names, parts, strict=True):
        made = Column(name, name.replace("_", " ").capitalize(), "check", kind="text")
        made.cells = {row: Cell("", _row_problem(plan, table, part, row)) for row in table.rows()}
        table.columns[name] = made
    if len(parts) > 1:
        first = '""'
        for name in reversed(names):
            first = f'IF({table.local(name)}<>"",{table.local(name)},{first})'
        whole = Column("problem", "Problem", "check", kind="text")
        whole.cells = {row: Cell("", first) for row in table.rows()}
        table.columns["problem"] = whole


def _row_problem(plan: Plan, table: Table, inputs: list[Column], row: int) -> str:
    """The first problem in a row: its member, the quantity and what it needs."""
    key = "&".join(table.local(d) for d in table.dims)
    text = '""'
    for column in reversed(inputs):
        if row not in column.cells:
            continue
        assert column.quantity is not None
        cell = table.local(column.name)
        inner = column.name.removeprefix(column.quantity.name).lstrip("_")
        middle = f".{inner}." if inner else "."
        sentence = f"{key}&{_quoted(f'{middle}{column.quantity.name} needs {needs(column.quantity)}')}"
        text = f"IF({validity(plan, column.quantity, cell)},{text},{sentence})"
    return text


def _add_built(table: Table, inputs: list[Column]) -> None:
    """A copy of each input as built, and how many differ from it."""
    changed = Column("changed", "Changed inputs", "check", kind="count")
    for column in inputs:
        made = Column(f"{column.name}_as_built", f"{column.title} as built", "built", column.unit, column.kind)
        made.cells = {row: Cell(cell.value) for row, cell in column.cells.items()}
        table.columns[made.name] = made
    differs = "+".join(f"({table.local(c.name)}<>{table.local(c.name + '_as_built')})" for c in inputs)
    changed.cells = {row: Cell(0.0, differs) for row in table.rows()}
    table.columns["changed"] = changed


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
