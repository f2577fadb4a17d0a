"""Formulas in print: what could be read in two ways is bracketed, and numbers are not taken for truth."""

from __future__ import annotations

from reportgen.lang import tree
from reportgen.lang.latex import to_latex

A, B, FLAG = (tree.Ref(name) for name in ("a", "b", "flag"))


def printed(node: tree.Node) -> str:
    return to_latex(node, lambda name: name)


def test_a_fraction_is_bracketed_where_it_is_raised() -> None:
    ratio = tree.Call("/", (A, B))
    assert printed(tree.Call("**", (ratio, tree.Literal(3.0)))) == r"{\left(\frac{a}{b}\right)}^{3}"
    assert printed(tree.Call("*", (ratio, A))) == r"\frac{a}{b} \cdot a"
    assert printed(tree.Call("/", (ratio, A))) == r"\frac{\frac{a}{b}}{a}"


def test_one_and_zero_are_numbers_in_a_choice() -> None:
    for then, otherwise in ((1.0, 0.0), (0.0, 1.0)):
        choice = printed(tree.Call("if", (FLAG, tree.Literal(then), tree.Literal(otherwise))))
        assert choice.startswith(rf"\begin{{cases}} {then:.0f} & \text{{if }} flag")


def test_a_choice_between_flags_is_and_or_or() -> None:
    both = tree.Call("if", (FLAG, A, tree.Literal(False)))
    either = tree.Call("if", (FLAG, tree.Literal(True), A))
    assert "cases" not in printed(both) + printed(either)
