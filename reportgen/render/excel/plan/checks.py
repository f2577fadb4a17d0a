"""Add checks: columns that say what is wrong with an input, and what was changed since the workbook was built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.ranges import allowed, problem_text
from reportgen.lang import tree
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.layout import CHANGES, OWN_ROW, PROBLEMS, Cell, Column, Table
from reportgen.render.excel.plan.spare_rows import EXTENSIBLE, add_spare_rows
from reportgen.render.excel.plan.trees import choice, equal, known, rule

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["add_checks", "in_order", "is_changed", "order_problem", "scalar_problem",
    "validity",
]  # fmt: skip

ROW = "row_as_built"
"""A column with the original row numbers: sorting moves them along, which reveals it."""

_TRUE = tree.Literal(True)
_AT_ONCE = 12
"""The most inputs per formula: Excel allows 8192 characters and 64 levels."""


def validity(plan: Plan, quantity: Quantity, cell: str) -> tree.Node:
    """Return the condition that the cell holds a valid value."""
    kind, value = quantity.type.kind, tree.Ref(cell)
    if kind == "text":
        return choice(known(value), tree.Ref(idioms.is_text(cell)), _TRUE)
    if kind == "flag":
        valid: tree.Node = tree.Ref(idioms.is_flag(cell))
    elif kind == "member":
        place = idioms.position(cell, plan.lookups.names(quantity.type.dimension))
        valid = tree.Ref(idioms.is_number(place))
    else:
        valid = choice(tree.Ref(idioms.is_number(cell)), _bounds(quantity, value), tree.Literal(False))
    return choice(known(value), valid, _TRUE) if quantity.type.absent else valid


def _bounds(quantity: Quantity, value: tree.Ref) -> tree.Node:
    parts: list[tree.Node] = []
    if quantity.minimum is not None:
        parts.append(tree.Call(">=", (value, tree.Literal(quantity.minimum))))
    if quantity.maximum is not None:
        parts.append(tree.Call("<=", (value, tree.Literal(quantity.maximum))))
    if quantity.whole:
        parts.append(tree.Ref(idioms.is_whole(value.name)))
    return tree.Call("and", tuple(parts)) if parts else _TRUE


def scalar_problem(plan: Plan, quantity: Quantity) -> str:
    """Return the formula for the problem of a scalar input; it gives an empty text if there is none."""
    return rule(choice(validity(plan, quantity, quantity.name), "", problem_text(quantity, ())))


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
    add_spare_rows(plan)


def in_order(table: Table) -> bool:
    """Return whether other tables depend on the order of its rows; growing tables are only read by name."""
    return len(table.keys) > 1 and table.dims[:1] not in {(d,) for d in EXTENSIBLE}


def order_problem(table: Table, sheet: str) -> str:
    """Return a formula that reports rows which are no longer in their original order."""
    sentence = f"the rows of the sheet {sheet} were sorted or moved: undo that, and filter instead"
    return rule(choice(tree.Ref(idioms.moved(table.whole(ROW))), sentence, ""))


def is_changed(cell: str, built: str) -> str:
    """Return a formula that gives 1 if a cell differs from its value as built, else 0."""
    return rule(choice(equal(tree.Ref(cell), tree.Ref(built)), tree.Literal(0.0), tree.Literal(1.0)))


def _add_problems(plan: Plan, table: Table, inputs: list[Column]) -> None:
    """Add the column `problem`; with many inputs, it combines columns that check some of them each."""
    parts = [inputs[i : i + _AT_ONCE] for i in range(0, len(inputs), _AT_ONCE)]
    names = [PROBLEMS] if len(parts) == 1 else [f"{PROBLEMS}_{i}" for i in range(1, len(parts) + 1)]
    for name, part in zip(names, parts, strict=True):
        made = Column(name, name.replace("_", " ").capitalize(), "check", kind="text")
        texts: dict[tuple[str, ...], str] = {}  # most rows have the same inputs, and hence the same formula
        for row in table.rows():
            present = [column for column in part if row in column.cells]
            key = tuple(column.name for column in present)
            if key not in texts:
                texts[key] = rule(_row_problem(plan, table, present))
            made.cells[row] = Cell("", _renamed(table, row, texts[key]) if part is parts[0] else texts[key])
        table.columns[name] = made
    if len(parts) > 1:
        first: tree.Node = tree.Literal("")
        for cell in (tree.Ref(table.local(name)) for name in reversed(names)):
            first = choice(known(cell), cell, first)
        whole, text = Column(PROBLEMS, "Problem", "check", kind="text"), rule(first)
        whole.cells = {row: Cell("", text) for row in table.rows()}
        table.columns[PROBLEMS] = whole


def _row_problem(plan: Plan, table: Table, inputs: list[Column]) -> tree.Node:
    """Return a formula for the first problem in a row: the member, the quantity and what it requires."""
    key = [tree.Field(tree.Ref(table.local(dimension))) for dimension in table.dims]
    problem: tree.Node = tree.Literal("")
    for column in reversed(inputs):
        assert column.quantity is not None
        cell = table.local(column.name)
        inner = column.name.removeprefix(column.quantity.name).lstrip("_")
        middle = f".{inner}." if inner else "."
        sentence = tree.Text((*key, f"{middle}{column.quantity.name} needs {allowed(column.quantity)}"))
        problem = choice(validity(plan, column.quantity, cell), problem, sentence)
    return problem


def _renamed(table: Table, row: int, problem: str) -> str:
    """Put a check before the problems of a row that its own name, which other tables look up, is unchanged."""
    if len(table.dims) > 1 or table.dims[0] in EXTENSIBLE:
        return problem
    built = table.keys[row][0]
    sentence = f"{built} was renamed: a row keeps its name, its title is free"
    same = equal(tree.Ref(table.local(table.dims[0])), tree.Literal(built))
    return rule(choice(same, tree.Ref(problem), sentence))


def _add_built(table: Table, inputs: list[Column]) -> None:
    """Add a copy of each input as built, and the number of changed inputs.

    An input that follows another cell follows it in the copy too, so it counts as changed only once overwritten.
    """
    changed = Column(CHANGES, "Changed inputs", "check", kind="count")
    for column in inputs:
        built = Column(f"{column.name}_as_built", f"{column.title} as built", "built", column.unit, column.kind)
        built.cells = {row: _built(table, column, cell) for row, cell in column.cells.items()}
        table.columns[built.name] = built
    text = idioms.differing((table.local(column.name), table.local(f"{column.name}_as_built")) for column in inputs)
    changed.cells = {row: Cell(0.0, text) for row in table.rows()}
    table.columns[CHANGES] = changed


def _built(table: Table, column: Column, cell: Cell) -> Cell:
    """Return the cell as built."""
    if cell.formula is None:
        return Cell(cell.value)
    text = OWN_ROW.sub(lambda row: idioms.index(table.whole(column.name), str(int(row[1]) + 1)), cell.formula)
    return Cell(cell.value, text)
