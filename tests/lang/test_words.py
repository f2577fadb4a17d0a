"""Formulas in plain text read back to the tree they came from."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reportgen.lang import tree
from reportgen.lang.functions import FUNCTIONS
from reportgen.lang.reader import Source, read_formula, read_text
from reportgen.lang.reductions import REDUCTIONS
from reportgen.lang.words import to_words
from reportgen.resources import library_dir

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(text: str) -> tree.Node:
    node = read_formula(Source.bare(text), lambda problem: pytest.fail(problem.render()))
    assert node is not None
    return node


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3", "(1 + 2) * 3", "a - (b - c)", "a - b - c", "a / (b / c)", "a / (b * c)", "a * (b / c)", "-2 ** 2",
        "(-2) ** 2", "2 ** 3 ** 2", "(2 ** 3) ** 2", "2 ** -1", "-(a + b)", "--a", "-a * b", "-(a * b)", "0.1", "1e+20",
        "a if f else b", "a if f else b if g else c", "(a if f else b) if g else c", "a if (f if g else h) else b",
        "(a if f else b) + 1", "not a == b", "not (a and b)", "(not a) == b", "a or b and c", "(a or b) and c",
        "a and (b and c)", "a and b and c", "(a < b) == (c < d)", "min(a, b + 1, 2)", "known(x)", "absent", "True",
        "x[long_name]", "x['a b']", "x[a, b[c]]", "sum(x, over=d)", "sum(x, over=[d, e], where=f)", "max(x[a], over=d)",
        "find(x, a + 1, over=d)", "rank(x, over=d)", "'plain'", "\"it's\"", "'{x:.1f} of {y:.0%}, {z}'", "log10(x)",
        "'{{braces}} {x}'", "\"{'a' if f else 'b'}\"", "'' if f else 'x'",
    ],
)  # fmt: skip
def test_a_formula_in_the_usual_manner_is_written_as_it_was(text: str) -> None:
    assert to_words(read(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("((a))+(b*c)", "a + b * c"), ("a<b<c", "a < b and b < c"), ("2.50", "2.5"), ("+a", "a"), ("\"x\"", "'x'"),
        ("sum(x,over=(d,e))", "sum(x, over=[d, e])"), ("(a or b) or c", "a or b or c"), ("1_000", "1000"),
        ("'{\"a:b\":}'", "\"{'a:b':}\""),
        ("'it is \"' \"it's\"", "'it is \"it' \"'\" 's'"), ("'{ x :.1f}'", "'{x:.1f}'"),
    ],
)  # fmt: skip
def test_other_manners_are_put_into_the_usual_one(text: str, words: str) -> None:
    assert to_words(read(text)) == words
    assert read(words) == read(text)


def test_a_checked_formula_is_written_without_what_the_checker_added() -> None:
    by_model = tree.Ref("layers", (("model", tree.Ref("model", (("option", tree.Ref("based_on")),))),))
    own = tree.Ref("layers", (("model", tree.Ref("model")),))
    fixed = tree.Ref(
        "peak", (("chip", tree.Member("chip", "H100-SXM")), ("precision", tree.Member("precision", "int8")))
    )
    assert to_words(by_model) == "layers[model[based_on]]"
    assert to_words(own) == "layers"
    assert to_words(fixed) == "peak['H100-SXM', int8]"
    assert to_words(tree.Convert(tree.Call("+", (own, own)), Fraction(1, 1000))) == "layers + layers"
    assert to_words(tree.Call("==", (tree.Key("stage"), tree.Member("stage", "prefill")))) == "stage == 'prefill'"
    assert to_words(tree.Call("**", (tree.Literal(-2.0), tree.Literal(2.0)))) == "(-2) ** 2"


# --- the library -------------------------------------------------------------------------------------------------


def strings(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for value in part.values():
            yield from strings(value)
    elif isinstance(part, list):
        for value in part:
            yield from strings(value)
    elif isinstance(part, str):
        yield part


def library_texts() -> list[str]:
    files = sorted(library_dir().rglob("*.yaml"))
    return [text for file in files for text in strings(YAML(typ="safe").load(file.read_text("utf-8")))]


def test_every_formula_of_the_library_reads_back() -> None:
    """Titles and the like are tried as well: those that read as formulas are as good as any."""
    trees = [n for text in library_texts() if (n := read_formula(Source.bare(text), lambda _: None)) is not None]
    assert sum(isinstance(node, tree.Call) for node in trees) > 100
    assert sum(isinstance(node, tree.Reduce) for node in trees) > 10
    for node in trees:
        assert read(to_words(node)) == node, to_words(node)


def test_every_text_of_the_library_reads_back() -> None:
    """A text without a value or a brace reads back as a literal, which it is."""
    texts = [text for text in library_texts() if "\\" not in text]
    trees = [n for text in texts if (n := read_text(Source.bare(text), lambda _: None)) is not None]
    with_values = [node for node in trees if any(isinstance(part, tree.Field) for part in tree_parts(node))]
    assert len(with_values) > 10
    for node in with_values:
        assert read(to_words(node)) == node, to_words(node)
    assert read(to_words(tree.Text(("plain",)))) == tree.Literal("plain")


def tree_parts(node: tree.Node) -> tuple[str | tree.Field, ...]:
    assert isinstance(node, tree.Text)
    return node.parts


# --- random trees, as the reader makes them ----------------------------------------------------------------------

NAMES = st.sampled_from(["a", "batch", "x_1", "größe", "min", "sum"])
PLAIN = st.text(st.characters(exclude_characters="\\{}", exclude_categories=["C", "Zl", "Zp"]), max_size=6)
TEXTS = PLAIN | st.sampled_from(["it's", '"', "'\"'", "''", "a:b", " ", "'" * 3, '"' * 3])
LITERALS = st.one_of(
    st.sampled_from([True, False, None]),
    TEXTS,
    st.floats(0, allow_nan=False, allow_infinity=False),
    st.integers(0, 10**17).map(float),
).map(tree.Literal)
KEYED = st.recursive(
    st.builds(tree.Name, NAMES),
    lambda keys: st.builds(
        tree.Name, NAMES, st.lists(keys | TEXTS.map(tree.Literal), min_size=1, max_size=2).map(tuple)
    ),
    max_leaves=3,
)
OPERATORS = {name: record.least for name, record in FUNCTIONS.items()}


def larger(nodes: st.SearchStrategy[tree.Node]) -> st.SearchStrategy[tree.Node]:
    calls = [
        st.builds(tree.Call, st.just(name), st.tuples(*[nodes] * count)) for name, count in sorted(OPERATORS.items())
    ]
    over = st.lists(NAMES, min_size=1, max_size=2, unique=True).map(tuple)
    plain = sorted(set(REDUCTIONS) - {"find"})
    return st.one_of(
        *calls,
        st.builds(tree.Reduce, st.sampled_from(plain), KEYED, over, st.none() | KEYED),
        st.builds(tree.Reduce, st.just("find"), KEYED, over, st.none() | KEYED, nodes),
    )


RAW = st.recursive(LITERALS | KEYED, larger, max_leaves=12)


@given(RAW)
@settings(max_examples=500)
@example(tree.Literal("'\"'"))
@example(tree.Call("neg", (tree.Call("**", (tree.Literal(2.0), tree.Call("neg", (tree.Literal(2.0),)))),)))
def test_any_tree_reads_back(node: tree.Node) -> None:
    assert read(to_words(node)) == node


def without_end(node: tree.Node) -> bool:
    """A value inside a text ends at the first brace that closes, so no text in it may have one."""
    return "}" not in to_words(node)


FIELDS = st.builds(tree.Field, RAW.filter(without_end)) | st.builds(
    tree.Field, RAW.filter(without_end), st.integers(0, 9), st.booleans()
)


@given(st.lists(PLAIN.filter(bool) | st.sampled_from(["{", "}", "it's {"]) | FIELDS, min_size=1, max_size=4))
def test_any_text_with_values_reads_back(parts: list[str | tree.Field]) -> None:
    joined: list[str | tree.Field] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    if all(isinstance(part, str) and not set("{}") & set(part) for part in joined):
        joined.append(tree.Field(tree.Name("x")))
    node = tree.Text(tuple(joined))
    assert read(to_words(node)) == node
