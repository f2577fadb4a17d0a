"""Translate Excel formulas into the language of scenarios, by matching the Excel forms of its functions."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from reportgen.intake.workbook.translate.formula import Node, Unreadable, parse, tokens
from reportgen.lang import tree
from reportgen.lang.functions import FUNCTIONS
from reportgen.render.excel.plan.layout import slug, wide

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.intake.workbook.locate.layout import Layout
    from reportgen.render.excel.plan.plan import Plan

__all__ = ["Translator"]

_HOLE = re.compile(r"\{(\d)\}")
_VARIADIC = {"AND": "and", "OR": "or", "MIN": "min", "MAX": "max"}


@cache
def _patterns() -> tuple[tuple[str, Node], ...]:
    """Return each function of the language with the tree of its Excel form, most specific first."""
    patterns = []
    for name, function in FUNCTIONS.items():
        template = function.excel.template
        if "{*}" not in template:
            text = _HOLE.sub(r"hole_\1", template)
            patterns.append((name, parse(tokens(text, lambda name: ("hole", int(name[-1]))))))
    return tuple(sorted(patterns, key=lambda pair: -_size(pair[1])))


def _size(node: Node) -> int:
    """Return the number of nodes of a pattern that are not holes."""
    if node[0] == "ref":
        return 0
    return 1 + sum(_size(part) for part in node[1:] if isinstance(part, tuple))


def _matched(pattern: Node, node: Node, holes: dict[int, Node]) -> bool:
    """Return whether a tree matches a pattern; `holes` receives the subtrees."""
    if pattern[0] == "ref":
        hole = pattern[1]
        assert isinstance(hole, tuple)
        return holes.setdefault(hole[1], node) == node
    if pattern[0] != node[0] or len(pattern) != len(node):
        return False
    return all(
        _matched(a, b, holes) if isinstance(a, tuple) and isinstance(b, tuple) else a == b
        for a, b in zip(pattern[1:], node[1:], strict=True)
    )


class Translator:
    """Translates the formulas of one quantity, whose cells are in some rows of its table.

    Args:
        plan: the plan of the workbook as built.
        layout: the places of its tables.
        quantity: the quantity that the formula computes.
        place: its first cell as built: sheet, row, column.
        formula: its formula as built, to recognise reductions and conversions; None for an input.
        rows: the rows of the table that the formula applies to.
    """

    def __init__(
        self, plan: Plan, layout: Layout, quantity: Quantity, place: tuple[str, int, int],
        formula: tree.Node | None, rows: list[int],
    ) -> None:  # fmt: skip
        self.plan, self.quantity = plan, quantity
        self.table = plan.tables[quantity.per] if quantity.per else None
        self.known: dict[Node, tree.Node] = {}
        for part in tree.walk_outside(formula) if formula is not None else ():
            if isinstance(part, tree.Reduce | tree.Convert | tree.Ref):
                text = plan.printed(part, quantity, rows or None)
                self.known[parse(tokens(text, lambda text: layout.meaning(text, *place)))] = part

    def translated(self, node: Node) -> tree.Node:
        """Return the formula in our language.

        Raises:
            Unreadable: something in it cannot be expressed; the message says what.
        """
        if self.table is not None and self.table.spare:
            key = ("ref", ("own", self.table.name, self.table.dims[0]))
            if node[:3] == ("call", "IF", ("=", key, ("text", ""))) and node[3:4] == (("text", ""),):
                node = node[4]  # type: ignore[assignment]
        return self._node(node)

    def _node(self, node: Node) -> tree.Node:
        if node in self.known:
            return self.known[node]
        kind = node[0]
        if kind == "number" or kind == "logical":
            value = node[1]
            assert isinstance(value, float | bool)
            return tree.Literal(value)
        if kind == "text":
            return tree.Literal(None if node[1] == "" and self.quantity.type.kind != "text" else str(node[1]))
        if kind == "ref":
            return self._reference(node)
        if kind == "percent":
            return tree.Call("/", (self._node(_part(node, 1)), tree.Literal(100.0)))
        if kind == "&":
            return self._text(node)
        if kind == "=" and ("text", "") in node[1:]:
            other = _part(node, 1 if node[2] == ("text", "") else 2)
            return tree.Call("not", (tree.Call("known", (self._node(other),)),))
        for name, pattern in _patterns():
            holes: dict[int, Node] = {}
            if _matched(pattern, node, holes):
                return tree.Call(name, tuple(self._node(holes[i]) for i in sorted(holes)))
        if kind == "call":
            return self._call(node)
        raise Unreadable(f"'{kind}'")

    def _call(self, node: Node) -> tree.Node:
        name = str(node[1])
        if name == "IF" and len(node) == 4:
            raise Unreadable("an IF without a value for the other case")
        if name not in _VARIADIC or len(node) < 4:
            raise Unreadable(f"the function {name}, which scenarios do not use in this way")
        args = [self._node(_part(node, i)) for i in range(2, len(node))]
        ours = _VARIADIC[name]
        if ours in ("min", "max"):
            return tree.Call(ours, tuple(args))
        result = args[0]
        for other in args[1:]:
            result = tree.Call(ours, (result, other))
        return result

    def _reference(self, node: Node) -> tree.Node:
        meaning = node[1]
        assert isinstance(meaning, tuple)
        if meaning[0] == "own" and self.table is not None and meaning[1] == self.table.name:
            return self._column(str(meaning[2]))
        if meaning[0] == "name":
            name = str(meaning[1])
            if ((), name) in self.plan.lookups.read:
                return self.plan.lookups.read[(), name]
            if name in self.plan.scalars:
                return tree.Ref(name)
            raise Unreadable(f"the name '{name}'")
        if meaning[0] == "cell" and self.quantity.input and meaning[2] == self.quantity.name:
            option = self.plan.tables[self.quantity.per].keys[int(meaning[3])][0]
            return tree.Ref(self.quantity.name, (("option", tree.Member("option", option)),))
        raise Unreadable(_where(meaning))

    def _column(self, name: str) -> tree.Node:
        """Return what a column of the formula's own table holds."""
        assert self.table is not None
        column = self.table.columns.get(name)
        if column is None:
            raise Unreadable(f"the column '{name}', which the build does not have")
        if column.group == "key" and name in self.table.dims:
            return tree.Key(name)
        if (self.table.dims, name) in self.plan.lookups.read:
            return self.plan.lookups.read[self.table.dims, name]
        quantity = column.quantity
        if quantity is None or column.group not in ("input", "result", "key"):
            raise Unreadable(f"the column '{name}', which is not a quantity")
        if wide(quantity):
            inner = quantity.by[1]
            member = next(m for m in self.plan.book.dimensions[inner].names if name == f"{quantity.name}_{slug(m)}")
            return tree.Ref(quantity.name, ((inner, tree.Member(inner, member)),))
        return tree.Ref(quantity.name)

    def _text(self, node: Node) -> tree.Node:
        """Return joined pieces as a text with embedded values."""
        parts: list[str | tree.Field] = []
        for piece in _pieces(node):
            if piece[0] == "text":
                parts.append(str(piece[1]))
            elif piece == ("percent sign",):
                continue
            else:
                parts.append(self._field(piece))
        return tree.Text(tuple(parts))

    def _field(self, node: Node) -> tree.Field:
        fixed = _fixed(node)
        if fixed is None:
            return tree.Field(self._node(node))
        inner, decimals, percent = fixed
        return tree.Field(self._node(inner), decimals, percent)


def _fixed(node: Node) -> tuple[Node, int, bool] | None:
    """Return number, decimals and whether in per cent, if the node formats a number with fixed decimals."""
    if node[:2] != ("call", "FIXED") or len(node) != 5 or node[4] != ("logical", True):
        return None
    inner, count = _part(node, 2), _part(node, 3)
    if count[0] != "number":
        return None
    decimals = int(float(str(count[1])))
    if inner[0] == "*" and inner[2] == ("number", 100.0) and _rounded(_part(inner, 1), decimals + 2):
        return _part(_part(inner, 1), 2), decimals, True
    if _rounded(inner, decimals):
        return _part(inner, 2), decimals, False
    return (inner, decimals, False) if decimals == 0 else None


def _rounded(node: Node, decimals: int) -> bool:
    return node[:2] == ("call", "ROUND") and node[3:] == (("number", float(decimals)),)


def _pieces(node: Node) -> list[Node]:
    """Return the operands of a chain of `&`; a per cent sign belongs to the number before it."""
    if node[0] != "&":
        return [node]
    pieces = [*_pieces(_part(node, 1)), *_pieces(_part(node, 2))]
    for i, piece in enumerate(pieces[:-1]):
        fixed, sign = _fixed(piece), pieces[i + 1]
        if fixed is not None and fixed[2] and sign[0] == "text" and str(sign[1]).startswith("%"):
            pieces[i + 1] = ("text", str(sign[1])[1:])
    return pieces


def _part(node: Node, index: int) -> Node:
    part = node[index]
    assert isinstance(part, tuple)
    return part


def _where(meaning: tuple[object, ...]) -> str:
    """Describe a reference that our formulas cannot express."""
    if meaning[0] in ("cell", "at"):
        return "a cell of another row or place"
    if meaning[0] in ("column", "area"):
        return "a range of cells"
    if meaning[0] == "own":
        return f"the table '{meaning[1]}'"
    return f"the reference '{meaning[-1]}'"
