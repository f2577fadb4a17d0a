"""Excel formulas read: precedence as Excel's, other programs' ways of writing, and nothing that crashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.intake.workbook.translate.formula import Node, Unreadable, normal, parse, tokens


def read(text: str) -> Node:
    """The tree of a formula in which references stand for their own text."""
    return parse(tokens(text, lambda name: name.replace("$", "").upper()))


A, B, C = (("ref", name) for name in "ABC")
N1, N2, N3 = (("number", value) for value in (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-2^2", ("^", ("neg", N2), N2)),  # 4 in Excel
        ("2^3^2", ("^", ("^", N2, N3), N2)),  # 64
        ("a-b-c", ("-", ("-", A, B), C)),
        ("a-(b-c)", ("-", A, ("-", B, C))),
        ("a/b*c", ("*", ("/", A, B), C)),
        ("a+b*c", ("+", A, ("*", B, C))),
        ("(a)", A),
        ("+a", A),
        ("a--b", ("-", A, ("neg", B))),
        ("50%", ("percent", ("number", 50.0))),
        ("a&b=c", ("=", ("&", A, B), C)),
        ("a<>b", ("<>", A, B)),
        ("1E+3*.5", ("*", ("number", 1000.0), ("number", 0.5))),
        ('"say ""yes"""', ("text", 'say "yes"')),
        ("TRUE()", ("logical", True)),
        ("true", ("logical", True)),
        ("IF(a,,b)", ("call", "IF", A, ("missing",), B)),
        ("_xlfn.MAXIFS(a;b)", ("call", "MAXIFS", A, B)),
        ("@a", A),
        ("#N/A", ("error", "#N/A")),
        ("PI()", ("call", "PI")),
        ("'My sheet'!$A$1:B2", ("ref", "'MY SHEET'!A1:B2")),
        ("t_x[[#This Row],[a b]]", ("ref", "T_X[[#THIS ROW],[A B]]")),
        (" min( a , b ) ", ("call", "MIN", A, B)),
    ],
)
def test_a_formula_is_read_as_excel_reads_it(text: str, tree: Node) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    "text", ["", "a+", "(a", "a)", "MIN(a", "{1,2}", "[1]Sheet!A1", "a b", "=a", "'", '"', "*a", "#"]
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_a_deep_formula_is_refused_rather_than_crash() -> None:
    with pytest.raises(Unreadable, match="levels"):
        read("(" * 5000 + "a" + ")" * 5000)
    with pytest.raises(Unreadable, match="levels"):
        read("-" * 5000 + "a")


@given(st.text(alphabet="aB1.2\"'()[]{}+-*/^&=<>%,;:!$#@ _", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        tree = read(text)
    except Unreadable:
        return
    assert isinstance(normal(tree), tuple)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a*1000*1.1", "a*1.1*1000"), ("a/1000*2", "a*0.002"), ("-a*b", "a*b*-1"), ("a*50%", "a/2"), ("2*a", "a*2")],
)
def test_constants_of_a_product_may_stand_anywhere(one: str, other: str) -> None:
    assert normal(read(one)) == normal(read(other))


@pytest.mark.parametrize(
    ("one", "other"), [("a*b", "b*a"), ("a/b", "b/a"), ("a*2", "a*3"), ("a*0", "b*0"), ("a-b", "b-a")]
)
def test_other_products_stay_apart(one: str, other: str) -> None:
    assert normal(read(one)) != normal(read(other))
