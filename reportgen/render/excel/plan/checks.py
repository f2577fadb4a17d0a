"""Add checks: columns that say what is wrong with an input, and what was changed since the workbook was built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.ranges import needs, problem_text
from reportgen.lang.excel import number
from reportgen.render.excel.plan.growing import GROWING, grow
from reportgen.render.excel.plan.layout import OWN_ROW, Cell, Column, Table

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["add_checks", "in_order", "order_problem", "scalar_problem", "validity"]

ROW = "row_as_built"
"""A column with the original row numbers: sorting moves them along, which reveals it."""

_AT_ONCE = 12
"""The most inputs per formula: Excel allows 8192 characters and 64 levels."""


def validity(plan: Plan, quantity: Quantity, cell: str) -> str:
    """Return a formula that is TRUE if the cell holds a valid value."""
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
        parts.append(f"{cell}>={number(quantity.minimum)}")
    if quantity.maximum is not None:
        parts.append(f"{cell}<={number(quantity.maximum)}")
    if quantity.whole:
        parts.append(f"{cell}=INT({cell})")
    return f"AND({','.join(parts)})" if parts else "TRUE"


def scalar_problem(plan: Plan, quantity: Quantity) -> str:
    """Return the formula for the problem of a scalar input; it gives an empty text if there is none."""
    return f'IF({validity(plan, quantity, quantity.name)},"",{_quoted(problem_text(quantity, ()))})'


def add_checks(plan: Plan) -> None:
    """Add a column `problem` and columns with the values as built to each table with inputs."""
    for table in plan.tables.values():
        inputs = [c for c in table.columns.values() if c.group == "input"]
        if inputs:
            _add_problems(plan, table, inputs)
            keys = [table.columns[d] for d in table.dims if len(table.dims) == 1]
            _add_built(table, [*keys, *inputs])
        if in_order(table):
            rows = Column(ROW, "Row as built", "built", kind="position")
            rows.cells = {row: Cell(float(row + 1)) for row in table.rows()}
            table.columns[ROW] = rows
    grow(plan)


def in_order(table: Table) -> bool:
    """Return whether other tables depend on the order of its rows; growing tables are only read by name."""
    return len(table.keys) > 1 and table.dims[:1] not in {(d,) for d in GROWING}


def order_problem(table: Table, sheet: str) -> str:
    """Return a formula that reports rows which are no longer in their original order."""
    rows = table.whole(ROW)
    moved = f"SUMPRODUCT(({rows}<>ROW({rows})-MIN(ROW({rows}))+1)*1)>0"
    sentence = f"the rows of the sheet {sheet} were sorted or moved: undo that, and filter instead"
    return f'IF({moved},{_quoted(sentence)},"")'


def _add_problems(plan: Plan, table: Table, inputs: list[Column]) -> None:
    """Add the column `problem`; with many inputs, it combines columns that check some of them each."""
    parts = [inputs[i : i + _AT_ONCE] for i in range(0, len(inputs), _AT_ONCE)]
    names = ["problem"] if len(parts) == 1 else [f"problem_{i}" for i in range(1, len(parts) + 1)]
    for name, part in zip(names, parts, strict=True):
        made = Column(name, name.replace("_", " ").capitalize(), "check", kind="text")
        for row in table.rows():
            text = _row_problem(plan, table, part, row)
            made.cells[row] = Cell("", _renamed(table, row, text) if part is parts[0] else text)
        table.columns[name] = made
    if len(parts) > 1:
        first = '""'
        for name in reversed(names):
            first = f'IF({table.local(name)}<>"",{table.local(name)},{first})'
        whole = Column("problem", "Problem", "check", kind="text")
        whole.cells = {row: Cell("", first) for row in table.rows()}
        table.columns["problem"] = whole


def _row_problem(plan: Plan, table: Table, inputs: list[Column], row: int) -> str:
    """Return a formula for the first problem in a row: the member, the quantity and what it requires."""
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


def _renamed(table: Table, row: int, text: str) -> str:
    """Put a check before the problems of a row that its own name, which other tables look up, is unchanged."""
    if len(table.dims) > 1 or table.dims[0] in GROWING:
        return text
    built = table.keys[row][0]
    sentence = _quoted(f"{built} was renamed: a row keeps its name, its title is free")
    return f"IF({table.local(table.dims[0])}={_quoted(built)},{text},{sentence})"


def _add_built(table: Table, inputs: list[Column]) -> None:
    """Add a copy of each input as built, and the number of changed inputs.

    An input that follows another cell follows it in the copy too, so it counts as changed only once overwritten.
    """
    changed = Column("changed", "Changed inputs", "check", kind="count")
    for column in inputs:
        made = Column(f"{column.name}_as_built", f"{column.title} as built", "built", column.unit, column.kind)
        made.cells = {row: _built(table, column, cell) for row, cell in column.cells.items()}
        table.columns[made.name] = made
    differs = "+".join(f"({table.local(c.name)}<>{table.local(c.name + '_as_built')})" for c in inputs)
    changed.cells = {row: Cell(0.0, differs) for row in table.rows()}
    table.columns["changed"] = changed


def _built(table: Table, column: Column, cell: Cell) -> Cell:
    """Return the cell as built."""
    if cell.formula is None:
        return Cell(cell.value)
    text = OWN_ROW.sub(lambda row: f"INDEX({table.whole(column.name)},{int(row[1]) + 1})", cell.formula)
    return Cell(cell.value, text)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
