"""Trees made for the workbook: values of pages, conditions of formats, checks of inputs.

They are printed like the book's formulas; `Live` prints those that read quantities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.lang.excel import to_excel

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = [
    "both", "choice", "differs", "either", "equal", "in_words", "joined", "known", "more", "opposite", "rule", "scaled",
]  # fmt: skip


def choice(condition: tree.Node, yes: tree.Node | str, no: tree.Node | str) -> tree.Node:
    """Return a choice between two values or texts."""
    yes, no = (tree.Literal(part) if isinstance(part, str) else part for part in (yes, no))
    return tree.Call("if", (condition, yes, no))


def known(node: tree.Node) -> tree.Node:
    """Return whether a value is present."""
    return tree.Call("known", (node,))


def more(node: tree.Node) -> tree.Node:
    """Return whether a number is above zero."""
    return tree.Call(">", (node, tree.Literal(0.0)))


def equal(a: tree.Node, b: tree.Node) -> tree.Node:
    """Return whether two values are equal."""
    return tree.Call("==", (a, b))


def in_words(flag: tree.Node, yes: str, no: str, *, may_be_absent: bool = False) -> tree.Node:
    """Return a flag as one of two words; an absent one as an empty text."""
    words = choice(flag, yes, no)
    return choice(known(flag), words, "") if may_be_absent else words


def differs(a: tree.Node, b: tree.Node) -> tree.Node:
    """Return whether two values differ."""
    return tree.Call("!=", (a, b))


def either(a: tree.Node, b: tree.Node) -> tree.Node:
    """Return whether at least one of two conditions holds."""
    return tree.Call("or", (a, b))


def both(a: tree.Node, b: tree.Node) -> tree.Node:
    """Return whether both conditions hold."""
    return tree.Call("and", (a, b))


def opposite(condition: tree.Node) -> tree.Node:
    """Return whether a condition does not hold."""
    return tree.Call("not", (condition,))


def joined(*parts: tree.Node | str) -> tree.Node:
    """Return a text that consists of values and texts."""
    return tree.Text(tuple(part if isinstance(part, str) else tree.Field(part) for part in parts))


def scaled(node: tree.Node, factor: Fraction) -> tree.Node:
    """Return a value converted to another unit."""
    return node if factor == 1 else tree.Convert(node, factor)


def rule(node: tree.Node) -> str:
    """Return the formula of a tree whose references are named as cells are written: by address, column, or idiom."""
    return to_excel(node, lambda cell: cell.name if isinstance(cell, tree.Ref) else "")
