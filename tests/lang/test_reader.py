"""Reading formulas: what the language has, what it refuses and how it says so, and that it only ever reads."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reportgen.lang import tree
from reportgen.lang.functions import FUNCTIONS
from reportgen.lang.reader import MAX_DEPTH, MAX_LENGTH, Source, read_formula, read_text
from reportgen.lang.reductions import REDUCTIONS

if TYPE_CHECKING:
    from reportgen.errors import Problem

A, B, C = (tree.Name(name) for name in "abc")


def read(text: str) -> tree.Node:
    node = read_formula(Source.bare(text), lambda problem: pytest.fail(problem.render()))
    assert node is not None
    return node


def refused(text: str, *, template: bool = False) -> Problem:
    problems: list[Problem] = []
    assert (read_text if template else read_formula)(Source.bare(text), problems.append) is None
    (problem,) = problems
    return problem


def marked(text: str, problem: Problem) -> str:
    """The part of the text that the problem points to."""
    assert problem.span is not None
    start = problem.span.column - 1
    return text[start : start + problem.span.length]


def number(value: float) -> tree.Literal:
    return tree.Literal(float(value))


def call(function: str, *args: tree.Node) -> tree.Call:
    return tree.Call(function, args)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a", A), ("größe_2", tree.Name("größe_2")), ("1", number(1)), ("1.5e3", number(1500)), ("1_000", number(1000)),
        ("0x10", number(16)), ("True", tree.Literal(True)), ("False", tree.Literal(False)),
        ("absent", tree.Literal(None)),
        ("'x'", tree.Literal("x")), ('"it\'s"', tree.Literal("it's")), ("''", tree.Literal("")), ("  a  ", A),
        ("(a)", A),
        ("+a", A), ("a # why", A), ("a +\n\tb", call("+", A, B)), ("-a", call("neg", A)), ("not a", call("not", A)),
        ("-2 ** 2", call("neg", call("**", number(2), number(2)))), ("2 ** -a", call("**", number(2), call("neg", A))),
        ("a ** b ** c", call("**", A, call("**", B, C))), ("a - b - c", call("-", call("-", A, B), C)),
        ("a / b * c", call("*", call("/", A, B), C)), ("a + b * c", call("+", A, call("*", B, C))),
        ("a and b and c", call("and", call("and", A, B), C)), ("a or b and c", call("or", A, call("and", B, C))),
        ("a < b <= c", call("and", call("<", A, B), call("<=", B, C))), ("a == b", call("==", A, B)),
        ("a != b", call("!=", A, B)), ("a > b", call(">", A, B)), ("a >= b", call(">=", A, B)),
        ("a if b else c", call("if", B, A, C)), ("min(a, b, c)", call("min", A, B, C)), ("known(a)", call("known", A)),
        ("log10(a)", call("log10", A)), ("a[b]", tree.Name("a", (B,))),
        ("a['x y', b]", tree.Name("a", (tree.Literal("x y"), B))),
        ("a[b[c]]", tree.Name("a", (tree.Name("b", (C,)),))), ("sum(a, over=b)", tree.Reduce("sum", A, ("b",))),
        ("max(a, over=[b, c])", tree.Reduce("max", A, ("b", "c"))), ("min(a, over=(b, c))", tree.Reduce("min", A, ("b",
        "c"))),
        ("count(a, where=c, over=b)", tree.Reduce("count", A, ("b",), C)),
        ("sum(a[c], over=b)", tree.Reduce("sum", tree.Name("a", (C,)), ("b",))),
        ("find(a, b + 1, over=c)", tree.Reduce("find", A, ("c",), None, call("+", B, number(1)))),
        ("'{a:.1f}'", tree.Text((tree.Field(A, 1),))),
        ("'{a:.0%} of {b}'", tree.Text((tree.Field(A, 0, True), " of ", tree.Field(B)))),
        ("'{{{a + b:.2f}}}'", tree.Text(("{", tree.Field(call("+", A, B), 2), "}"))),
    ],
)  # fmt: skip
def test_the_language_reads_as_python_does(text: str, node: tree.Node) -> None:
    assert read(text) == node


def test_every_function_and_reduction_can_be_written() -> None:
    """Operators are among them; a record that no text leads to would be dead."""
    words = {
        "if": "a if b else c", "and": "a and b", "or": "a or b", "not": "not a", "neg": "-a",
        "find": "find(a, b, over=d)",
    }  # fmt: skip
    for name, record in FUNCTIONS.items():
        text = words.get(name) or (
            f"{name}({', '.join('abc'[: record.least])})" if name.isidentifier() else f"a {name} b"
        )
        node = read(text)
        assert isinstance(node, tree.Call)
        assert node.function == name
    for name in REDUCTIONS:
        node = read(words.get(name) or f"{name}(a, over=d)")
        assert isinstance(node, tree.Reduce)
        assert node.function == name


# --- what is refused ---------------------------------------------------------------------------------------------

NO = "the formula language has no "
CANNOT = "this cannot be read as a formula: "
INSIDE = "inside [...], write a member or the name of a quantity whose value is one"
PLAIN = "a text is written in plain quotes, without backslashes"
STARRED = "the formula language has no starred arguments"
OVER = "'over=' names each dimension once, and at least one"
# The text, the message, and the part that it points to.
REFUSED = [
    ("f'{a}'", NO + "f-string (a plain text may hold {values})", "f'{a}'"), ("b'a'", NO + "bytes", "b'a'"),
    ("1j", NO + "complex", "1j"), ("...", NO + "ellipsis", "..."), ("None", NO + "NoneType", "None"),
    ("1 + a.b", NO + "attribute (a dot behind a name)", "a.b"), ("a.__class__", NO + "attribute (a dot behind a name)",
    "a.__class__"),
    ("lambda: 1", NO + "lambda", "lambda: 1"), ("[a, b]", NO + "list", "[a, b]"), ("(a, b)", NO + "tuple", "(a, b)"),
    ("a,", NO + "tuple", "a,"), ("{a: b}", NO + "mapping", "{a: b}"), ("{a}", NO + "set", "{a}"),
    ("[a for a in b]", NO + "comprehension", "[a for a in b]"), ("sum((a for a in b), over=c)", NO + "comprehension",
    "(a for a in b)"),
    ("{a for a in b}", NO + "comprehension", "{a for a in b}"), ("{a: b for a in b}", NO + "comprehension",
    "{a: b for a in b}"),
    ("(yield)", NO + "yield", "yield"), ("(yield from a)", NO + "yield", "yield from a"), ("(await a)", NO + "await",
    "await a"),
    ("(a := 1)", NO + "assignment", "a := 1"), ("a // b", NO + "operator '//'", "a // b"),
    ("a % b", NO + "operator '%'", "a % b"),
    ("a @ b", NO + "operator '@'", "a @ b"), ("1 + (a ^ 2)", NO + "operator '^'", "a ^ 2"),
    ("a & b", NO + "operator '&'", "a & b"),
    ("a | b", NO + "operator '|'", "a | b"), ("a << b", NO + "operator '<<'", "a << b"),
    ("a >> b", NO + "operator '>>'", "a >> b"),
    ("~a", NO + "operator '~'", "~a"), ("a is b", NO + "'is'", "a is b"), ("a is not b", NO + "'is not'", "a is not b"),
    ("a in b", NO + "'in'", "a in b"), ("a not in b", NO + "'not in'", "a not in b"), ("a[b:c]", NO + "slice", "b:c"),
    ("a[1]", INSIDE, "1"), ("a[b + c]", INSIDE, "b + c"), ("a['{b}']", INSIDE, "'{b}'"),
    ("a[absent]", INSIDE, "absent"),
    ("a[b, True]", INSIDE, "True"), ("a[()]", "the brackets [...] are empty", "a[()]"), ("a[*b]", NO + "star", "*b"),
    ("a[b][c]", "only a name can be followed by [...]", "a[b][c]"), ("(a + b)[c]",
    "only a name can be followed by [...]", "(a + b)[c]"),
    ("a.b(c)", "only functions of the formula language can be called", "a.b(c)"), ("min(a, b)(c)",
    "only functions of the formula language can be called", "min(a, b)(c)"),
    ("min(*a)", STARRED, "min(*a)"), ("min(**a)", STARRED, "min(**a)"), ("sum(*a, over=b)", STARRED, "sum(*a, over=b)"),
    ("min(a)", "'min' is written min(a, b, ...)", "min(a)"), ("abs(a, b)", "'abs' is written abs(x)", "abs(a, b)"),
    ("sqrt()", "'sqrt' is written sqrt(x)", "sqrt()"), ("known(x=a)", "'known' is written known(x)", "known(x=a)"),
    ("min(" + "a, " * 30 + "a)", "'min' is written min(a, b, ...)", "min(" + "a, " * 30 + "a)"),
    ("sum(a)", "'sum' is written sum(x, over=d) (where=flag may follow)", "sum(a)"),
    ("sum(a, b)", "'sum' is written sum(x, over=d) (where=flag may follow)", "sum(a, b)"),
    ("sum(a, over=b, by=c)", "'sum' is written sum(x, over=d) (where=flag may follow)", "sum(a, over=b, by=c)"),
    ("min(a, where=b)", "'min' is written min(x, over=d) (where=flag may follow)", "min(a, where=b)"),
    ("find(a, over=b)", "'find' is written find(x, value, over=d) (where=flag may follow)", "find(a, over=b)"),
    ("sum(a + b, over=c)", "'sum' needs a name, not an expression", "a + b"), ("sum(a, over=b + c)",
    "'over=' needs a name, not an expression", "b + c"),
    ("sum(a, over='b')", "'over=' needs a name, not an expression", "'b'"), ("sum(a, over=b, where=not c)",
    "'where=' needs a name, not an expression", "not c"),
    ("sum(a, over=[])", OVER, "[]"), ("sum(a, over=[b, b])", OVER, "[b, b]"), ("sum(a, over=b[c])",
    "'over=' needs a dimension, not a value of it", "b[c]"),
    ("__import__('os')", "unknown function '__import__'", "__import__"), ("a(1)", "unknown function 'a'", "a"),
    ("neg(a)", "unknown function 'neg'", "neg"),
    ("'a\\nb'", PLAIN, "'a\\nb'"), ("'a\\mb'", PLAIN, "'a\\mb'"), ("'''a'''", PLAIN, "'''a'''"),
    ("r'a'", PLAIN, "r'a'"), ("u'a'", PLAIN, "u'a'"),
    ("'{a'", "the brace '{' is not closed; write {{ for a brace in the text", "{"), ("'a}'",
    "a single '}' in a text; write }} for a brace", "}"),
    ("'{a:.1e}'", "unknown format '.1e'", ".1e"), ("'{a:.12f}'", "unknown format '.12f'", ".12f"), ("'{a:d}'",
    "unknown format 'd'", "d"),
    ("'{a:.1f} {b.c}'", NO + "attribute (a dot behind a name)", "b.c"), ("'{}'", "the formula is empty", "}"),
    ("1 + 1e999", "the number is too large", "1e999"), ("9" * 400, "the number is too large", "9" * 400),
    ("", "the formula is empty", ""), (" \n\t ", "the formula is empty", " "),
    ("a b", CANNOT + "'b' is not allowed here", "b"), ("5 GB", CANNOT + "'GB' is not allowed here", "G"),
    ("a; b", CANNOT + "';' is not allowed here", ";"),
    ("a = b", CANNOT + "'=' is not allowed here", "="), ("=a", CANNOT + "'=' is not allowed here", "="),
    ("a and", CANNOT + "it ends too early", ""),
    ("a *", CANNOT + "it ends too early", ""), ("import os", CANNOT + "'import' is not allowed here", "i"),
    ("(a + b", CANNOT + "'(' was never closed", "("),
    ("a + b)", CANNOT + "unmatched ')'", ")"), ("*a", CANNOT + "'*' is not allowed here", "*"),
    ("a ? b : c", CANNOT + "'?' is not allowed here", "?"),
    ("'größe' + x.y", NO + "attribute (a dot behind a name)", "x.y"), ("a \0", "this cannot be read as a formula", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "part"), REFUSED)
def test_what_the_language_has_not_is_refused_at_its_place(text: str, message: str, part: str) -> None:
    problem = refused(text)
    if "\0" in text:  # Python 3.12 has words of its own for it
        assert problem.message.startswith(message)
    else:
        assert (problem.message, marked(text, problem)) == (message, part)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a ^ 2", "use ** for a power"), ("None", "write absent"), ("sqr(a)", "did you mean 'sqrt'?"),
        ("log(a)", "did you mean ln or log10?"), ("round(a)", "did you mean floor or ceil?"),
        ("avg(a, over=b)", "did you mean mean?"), ("average(a, over=b)", "did you mean mean?"), ("summ(a, over=b)",
        "did you mean 'sum'?"),
        ("isnumber(a)", "did you mean known?"), ("ceiling(a)", "did you mean ceil?"), ("int(a)", "did you mean floor?"),
        ("'{a:5}'", "write .0f to .9f, or .0% for a percentage"),
        ("sum(a * b, over=c)", "declare the expression as a quantity of its own and name that here"),
    ],
)  # fmt: skip
def test_a_hint_says_what_to_write(text: str, hint: str) -> None:
    assert refused(text).hint == hint


def test_a_problem_is_shown_with_its_place() -> None:
    assert refused("1 + sqr(a)").render() == (
        "formula:1:5: unknown function 'sqr'\n    1 | 1 + sqr(a)\n      |     ^^^\n  did you mean 'sqrt'?"
    )


# --- places ------------------------------------------------------------------------------------------------------


def test_each_node_knows_where_it_stands() -> None:
    text = "größe + min(aß, 'b {c + d:.1f}')"
    node = read(text)
    places = {text[slice(*n.place)] for n in tree.walk(node)}
    assert places == {text, "größe", "min(aß, 'b {c + d:.1f}')", "aß", "'b {c + d:.1f}'", "c + d", "c", "d"}


def test_texts_read_without_quotes() -> None:
    node = read_text(Source.bare('say "{a:.0f}", it\'s {b}'), lambda problem: pytest.fail(problem.render()))
    assert node == tree.Text(('say "', tree.Field(A, 0), "\", it's ", tree.Field(B)))
    assert read_text(Source.bare(""), lambda problem: pytest.fail(problem.render())) == tree.Text(("",))
    problem = refused("say {a b}", template=True)
    assert marked("say {a b}", problem) == "b"


# --- limits ------------------------------------------------------------------------------------------------------


def test_the_length_is_limited() -> None:
    assert read("a" * MAX_LENGTH) == tree.Name("a" * MAX_LENGTH)
    problem = refused("a" * (MAX_LENGTH + 1))
    assert problem.message == "the formula has 2001 characters; at most 2000 are allowed"
    assert problem.hint == "declare parts of it as quantities of their own"
    assert refused("a" * 5000, template=True).message == "the formula has 5000 characters; at most 2000 are allowed"


@pytest.mark.parametrize("deep", ["-" * 60 + "a", "not " * 60 + "a", "a" + " ** a" * 60, "a" + " + a" * 60])
def test_the_depth_of_a_tree_is_limited(deep: str) -> None:
    assert refused(deep).message == "the formula is nested more than 40 deep; split it"
    assert refused(f"'{{{deep}}}'").message == "the formula is nested more than 40 deep; split it"


def test_brackets_in_each_other_are_limited() -> None:
    assert read("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == A
    deeper = MAX_DEPTH + 1
    assert refused("(" * deeper + "a" + ")" * deeper).message == "brackets are nested more than 40 deep"
    for many in (200, 990):  # more than Python's own parser takes
        assert refused("(" * many + "a" + ")" * many).message


# --- nothing but reading -----------------------------------------------------------------------------------------


def test_nothing_is_computed_and_nothing_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> None:
        pytest.fail("a formula was evaluated")

    with monkeypatch.context() as patch:
        for name in ("eval", "exec", "open", "__import__"):
            patch.setattr(builtins, name, never)
        for text in ("9 ** 9 ** 9 ** 9", "open('x')", "exec('x')", "__import__('os').system('x')", "eval('1')"):
            read_formula(Source.bare(text), lambda _: None)


TOKENS = st.sampled_from(
    [
        "a", "b", "1", "0.5", "1e9", "'x'", "'{a:.1f}'", "{", "}", "(", ")", "[", "]", ",", "+", "-", "*", "/", "**",
        "//", "<", "==",
        "if", "else", "and", "or", "not", "sum", "min", "over=", "where=", "known", "absent", ":", ".", "'", '"', "\\",
        "#", "\n",
        "lambda", "for", "in", "is", "é", "\0", "\ud800", "=", ":=", "@", "~", "%", "await", "yield", "f'", "b'",
    ]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(TOKENS, max_size=25).map(" ".join) | st.lists(TOKENS, max_size=25).map("".join))
@settings(max_examples=1000)
@example("'\\N{EM DASH}'")
@example("\x0c(")
@example("1__0")
@example("0o9")
@example("a\u2028b")
def test_any_text_gives_a_tree_or_one_problem(text: str) -> None:
    for read_it in (read_formula, read_text):
        problems: list[Problem] = []
        node = read_it(Source.bare(text), problems.append)
        assert (node is None) == (len(problems) == 1)
        if node is not None:
            assert all(0 <= start <= end <= max(1, len(text)) for start, end in places(node))
            assert set(map(type, tree.walk(node))) <= {tree.Literal, tree.Name, tree.Call, tree.Reduce, tree.Text}
        else:
            assert problems[0].render()


def places(node: tree.Node) -> list[tuple[int, int]]:
    return [n.place for n in tree.walk(node)]
