"""Live cells outside the tables: each shows a tree, from which both its formula and its value follow.

The formula is printed like those of the tables, and the engine computes the value; so no cell has a formula written by
hand whose value Python computes a second time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.lang.excel import quoted, to_excel
from reportgen.ooxml.addresses import reference
from reportgen.render.excel.plan import idioms
from reportgen.render.excel.plan.layout import CHANGES
from reportgen.render.excel.plan.trees import choice, more

if TYPE_CHECKING:
    from reportgen.engine.results import Plain
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["CHANGED", "GAP", "PROBLEM", "Chosen", "Live"]

PROBLEM, CHANGED = "first_problem", "changed_inputs"
"""The names of two cells: the number of inputs with a problem, and of inputs changed since the build."""

Chosen = tree.Member | tree.Ref
"""A member: a fixed one, the value of a quantity, or the one whose row is in a cell."""

_ABSENT = tree.Literal(None)
GAP = tree.Ref(idioms.GAP)
"""The value of a cell for which a chart must draw nothing."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that trees read: its address, its value, and whether it may be empty.

    If it holds a row number, `rows_of` is the dimension of that table. A cell without a sheet is addressed by its name.
    """

    sheet: str
    address: str
    value: Plain
    rows_of: str = ""
    may_be_empty: bool = False


class Live:
    """Prints and evaluates trees over the cells of a workbook; other cells are read through handles."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._cells = {GAP.name: _Cell("", idioms.GAP, None)}
        self._values: dict[tree.Node, Plain] = {}
        self.problem, self.changed = self._named(PROBLEM, 0.0), self._named(CHANGED, 0.0)

    def _named(self, name: str, value: Plain) -> tree.Ref:
        self._cells[name] = _Cell("", name, value)
        return tree.Ref(name)

    def hold(
        self, sheet: str, address: str, value: Plain, *, rows_of: str = "", may_be_empty: bool = False
    ) -> tree.Ref:
        """Return the handle of a cell with a value; with `rows_of` it holds a row number of that dimension's table."""
        handle = tree.Ref(reference(sheet, address, fixed=True))
        self._cells[handle.name] = _Cell(sheet, address, value, rows_of, may_be_empty)
        return handle

    def of(self, quantity: str, *members: Chosen) -> tree.Ref:
        """Return a quantity for some members; dimensions that the quantity lacks are ignored."""
        member_of = {self._dimension(member): member for member in members}
        per = self._plan.book.quantities[quantity].per
        return tree.Ref(quantity, tuple((dimension, member_of[dimension]) for dimension in per))

    def changes(self, member: Chosen) -> tree.Ref:
        """Return the number of inputs of a member that were changed since the build."""
        dimension = self._dimension(member)
        column = self._plan.tables[dimension,].whole(CHANGES)
        return self._named(idioms.index(column, self._place(dimension, member, "")), 0.0)

    def checked(self, node: tree.Node, instead: str = "check inputs") -> tree.Node:
        """Return a tree that is shown only while no input has a problem."""
        return choice(more(self.problem), instead, node)

    def may_be_empty(self, node: tree.Node) -> bool:
        """Return whether a tree may be absent, because a quantity or cell that it reads may be."""
        if isinstance(node, tree.Reduce):
            return True
        read = [part.name for part in tree.walk(node) if isinstance(part, tree.Ref)]
        quantities = self._plan.book.quantities
        return any(self._cells[n].may_be_empty if n in self._cells else quantities[n].type.absent for n in read)

    # --- formulas ------------------------------------------------------------------------------------------------

    def text(self, node: tree.Node, sheet: str = "") -> str:
        """Return the formula for a cell on a sheet, without the equals sign."""
        return to_excel(node, lambda part: self._refer(part, sheet))

    def row_text(self, node: tree.Node, dimension: str, sheet: str = "") -> str:
        """Return the formula for the row of a member in the table of its dimension."""
        names = self._plan.lookups.names(dimension)
        if isinstance(node, tree.Reduce):
            assert node.at is not None
            column = self._plan.tables[dimension,].whole(node.of.name)
            return idioms.position(self.text(node.at, sheet), column, may_be_absent=True)
        return idioms.position(self.text(node, sheet), names)

    def _refer(self, node: tree.Ref | tree.Key | tree.Member, sheet: str) -> str:
        if isinstance(node, tree.Member):
            return quoted(node.name)
        assert isinstance(node, tree.Ref)
        cell = self._cells.get(node.name)
        if cell is not None:
            return cell.address if cell.sheet == sheet and sheet else node.name
        if not node.select:
            return self._plan.lookups.kept_blank(node, node.name)
        return self._plan.lookups.found(node, [self._place(*chosen, sheet) for chosen in node.select])

    def _place(self, dimension: str, member: Chosen, sheet: str) -> str:
        """Return the formula for the position of a member in its dimension."""
        if isinstance(member, tree.Member):
            return str(self._plan.book.dimensions[dimension].index(member.name) + 1)
        text = self._refer(member, sheet)
        return text if member.name in self._cells else idioms.position(text, self._plan.lookups.names(dimension))

    def _dimension(self, member: Chosen) -> str:
        """Return the dimension of a member."""
        if isinstance(member, tree.Member):
            return member.dimension
        if member.name in self._cells:
            return self._cells[member.name].rows_of
        return self._plan.book.quantities[member.name].type.dimension

    # --- values --------------------------------------------------------------------------------------------------

    def value(self, node: tree.Node) -> Plain:
        """Return the value of a tree as built; None if absent."""
        if isinstance(node, tree.Literal):
            return node.value  # equal literals may be of different kinds, as 0 and FALSE are
        if node not in self._values:
            self._values[node] = self._computed(node)
        return self._values[node]

    def row(self, node: tree.Node, dimension: str) -> float | None:
        """Return the row that `row_text` finds."""
        name = self.value(node)
        return None if name is None else float(self._plan.book.dimensions[dimension].index(str(name)) + 1)

    def _computed(self, node: tree.Node) -> Plain:
        results, plain = self._plan.results, self._plain(node)
        if plain == _ABSENT:
            return None
        member = isinstance(plain, tree.Reduce) or (isinstance(plain, tree.Ref) and self._names_a_member(plain))
        dimension = results.evaluator.member_dimension(plain) if member else ""
        return results.listed(results.evaluator.node(plain, ()), (), dimension)[0]

    def _names_a_member(self, node: tree.Ref) -> bool:
        return self._plan.book.quantities[node.name].type.kind == "member"

    def _plain(self, node: tree.Node) -> tree.Node:
        """Return a tree for the engine, with values in the place of cells; absent if a cell names no member."""
        match node:
            case tree.Ref() if node.name in self._cells:
                return tree.Literal(self._cells[node.name].value)
            case tree.Ref():
                chosen = [(dimension, self._member(dimension, member)) for dimension, member in node.select]
                known = tuple((dimension, member) for dimension, member in chosen if member is not None)
                return tree.Ref(node.name, known) if len(known) == len(chosen) else _ABSENT
            case tree.Call():
                return self._call(node)
            case tree.Convert():
                return replace(node, node=self._plain(node.node))
            case tree.Text():
                parts = (p if isinstance(p, str) else replace(p, node=self._plain(p.node)) for p in node.parts)
                return replace(node, parts=tuple(parts))
        return node

    def _call(self, node: tree.Call) -> tree.Node:
        """Return a call for the engine; of a choice only the branch taken, as the other may be of another kind."""
        args = [self._plain(argument) for argument in node.args]
        if node.function == "if":
            condition = self.value(node.args[0])
            return args[1] if condition else args[2]
        return replace(node, args=tuple(args))

    def _member(self, dimension: str, member: Chosen) -> Chosen | None:
        """Return a selected member for the engine; None if a cell names none."""
        if isinstance(member, tree.Member):
            return member
        if member.name not in self._cells:
            plain = self._plain(member)
            return plain if isinstance(plain, tree.Ref) else None
        row = self._cells[member.name].value
        if not isinstance(row, float):
            return None
        return tree.Member(dimension, self._plan.book.dimensions[dimension].names[int(row) - 1])
