"""A program computes what the evaluator does, to the last bit: values, what is absent, and what is not finite."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reportgen.book.book import Quantity
from reportgen.book.build import build_book, load_book
from reportgen.engine.evaluate import Evaluator
from reportgen.engine.program.compiler import compiled
from reportgen.engine.program.signs import plainer
from reportgen.engine.program.steps import VIEWS
from reportgen.engine.sweep import Block, Lenient, Sampler
from reportgen.errors import EvaluationError, SpecError
from reportgen.lang.checker import Scope, check
from reportgen.lang.reader import Source, read_formula, read_text
from reportgen.lang.types import Type
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.engine.values import Array, Value
    from reportgen.errors import Problem

SPECS = Path(__file__).parents[2] / "specs"
NAMES = ["alice", "procurement", "disaggregated", "llm_viewer_network"]
SAMPLES = 5


@functools.cache
def book_of(name: str) -> Book:
    return load_book(SPECS / f"{name}.yaml")


def values_for(book: Book, quantity: Quantity, random: np.random.Generator, style: str) -> Array:
    """Samples for an input: around what it is, or anything at all."""
    if quantity.type.kind == "flag":
        data: Array = random.random(SAMPLES) < 0.5
    elif quantity.type.kind == "member":
        data = random.integers(0, book.size(quantity.type.dimension), SAMPLES)
    elif quantity.type.kind == "text":
        data = np.array([f"text {i}" for i in random.integers(0, 3, SAMPLES)], dtype=object)
    else:
        low = 0.0 if quantity.minimum is None else quantity.minimum
        high = max(low, 1e4 if quantity.maximum is None else min(quantity.maximum, 1e6))
        data = np.exp(random.uniform(np.log(low + 1e-3), np.log(high + 1e-2), SAMPLES))
        if quantity.whole:
            data = np.maximum(np.round(data), low)
        if style == "wild":
            data = random.choice(np.array([-1.0, 0.0, 1.0, 1e-300, 1e300, 3.5, 0.1 + 0.2, 0.3]), SAMPLES)
    if quantity.type.absent:
        return np.ma.MaskedArray(data, random.random(SAMPLES) < 0.4)
    return data


def shaped(value: Value, shape: tuple[int, ...]) -> tuple[Array, Array]:
    absent = np.zeros((1,) * len(shape), dtype=bool) if value.absent is None else value.absent
    return np.broadcast_to(value.data, shape), np.broadcast_to(absent, shape)


def assert_same(book: Book, samples: dict[tuple[str, tuple[str, ...]], Array], names: list[str]) -> None:
    """One block of all samples is what the evaluator gives; so are several, whose sums are plainer."""
    reference = Lenient(book, samples)
    for name in names:
        reference.value(name)
    count = len(next(iter(samples.values())))
    (_, block), *rest = Sampler(book, names, strict=False).blocks(samples, count)
    assert not rest
    assert_block(book, reference, block, names, count)
    twice = {
        at: np.ma.concatenate([v, v]) if isinstance(v, np.ma.MaskedArray) else np.concatenate([v, v])
        for at, v in samples.items()
    }
    for _, part in Sampler(book, names, strict=False).blocks(twice, count):
        assert_block(book, reference, part, names, count)


def assert_block(book: Book, reference: Lenient, block: Block, names: list[str], count: int) -> None:
    for name in names:
        expected, found = reference.value(name), block.value(name)
        shape = (*(book.size(d) for d in book.quantities[name].per), count)
        (data, absent), (mine, missing) = shaped(expected, shape), shaped(found, shape)
        assert (absent == missing).all(), name
        if data.dtype.kind == "f":
            assert np.array_equal(data[~absent], mine[~absent], equal_nan=True), name
        else:
            assert (data[~absent] == mine[~absent]).all(), name
    assert set(block.faults) == set(reference.faults)
    for name, bad in reference.faults.items():
        shape = (*(book.size(d) for d in book.quantities[name].per), count)
        assert (np.broadcast_to(bad, shape) == np.broadcast_to(block.faults[name], shape)).all(), name


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6)
@given(data=st.data())
def test_a_program_is_the_evaluator_to_the_last_bit(name: str, data: st.DataObject) -> None:
    book = book_of(name)
    assert_varied(book, data)


def assert_varied(book: Book, data: st.DataObject) -> None:
    """Some inputs of options and requests vary, and every quantity is the evaluator's."""
    inputs = [
        (q.name, cell) for q in book.quantities.values() if q.input for cell in (q.cells if q.by else [()])
        if not q.by or q.by[0] in ("option", "request")
    ]  # fmt: skip
    cells = data.draw(st.lists(st.sampled_from(inputs), min_size=1, max_size=4, unique=True))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    style = data.draw(st.sampled_from(["usual", "usual", "wild"]))
    samples = {at: values_for(book, book.quantities[at[0]], random, style) for at in cells}
    assert_same(book, samples, list(book.quantities))


FIELDS: dict[str, list[Any]] = {
    "model": ["Llama-3.1-8B", "Mixtral-8x7B", "DeepSeek-V3", "gpt-oss-20b", "Gemma-2-9B"],
    "accelerator": ["H100-SXM-80GB", "MI300X", "RTX-4090", "A100-SXM-80GB", "L40S"],
    "batch": [1, 7, 64], "tensor_parallel": [1, 2, 4], "weight_precision": ["bf16", "fp8", "int4"],
    "continuous_batching": [True, False], "concurrency": [1, 40, 700], "flash_attention": [True, False],
    "draft_tokens": [0, 3], "engine": ["vllm", "sglang"], "pipeline_parallel": [1, 2],
}  # fmt: skip
OPTION = st.fixed_dictionaries(
    {name: st.sampled_from(FIELDS[name]) for name in ("model", "accelerator")},
    optional={name: st.sampled_from(values) for name, values in FIELDS.items() if name not in ("model", "accelerator")},
)
REQUEST = st.fixed_dictionaries(
    {"prompt_tokens": st.sampled_from([1, 64, 3000, 100_000]), "output_tokens": st.sampled_from([1, 2, 500])}
)

TARGETS = ["ttft_target", "tpot_target", "request_rate"]


@settings(max_examples=8)
@given(
    options=st.lists(OPTION, min_size=1, max_size=3),
    requests=st.lists(REQUEST, min_size=1, max_size=2),
    inputs=st.dictionaries(
        st.sampled_from(["ttft_target", "tpot_target", "request_rate"]), st.sampled_from([0.05, 2.0])
    ),
    data=st.data(),
)
def test_any_scenario_is_compiled_as_it_is_evaluated(
    options: list[dict[str, Any]], requests: list[dict[str, Any]], inputs: dict[str, float], data: st.DataObject
) -> None:
    document = Document("any", "")
    document.data = {
        "schema": 1, "title": "Any", "levers": "none", "inputs": inputs,
        "requests": {f"class_{i}": request for i, request in enumerate(requests)},
        "options": {"baseline" if not i else f"other_{i}": option for i, option in enumerate(options)},
    }  # fmt: skip
    try:
        book = build_book(validate(ScenarioSpec, document), "any")
        Evaluator(book).value("feasible")
    except (SpecError, EvaluationError):
        return  # refused for a reason of its own
    assert_varied(book, data)


# --- any formula -----------------------------------------------------------------------------------------------------

SHOPS = {
    "schema": 1, "title": "Shops", "levers": "none", "author": "a test",
    "requests": {"one": {"prompt_tokens": 100, "output_tokens": 10}},
    "options": {"baseline": {"model": "Llama-2-7B", "accelerator": "A100-SXM-80GB"}},
    "dimensions": {
        "shop": {"title": "shop", "rows": {
            "north": {"rent": 10, "fruit": "pear", "second": "apple"}, "south": {"rent": -20, "fruit": "plum"},
            "west": {"rent": 0, "fruit": "apple", "open": False}}},
        "fruit": {"title": "fruit", "rows": {"apple": {"price": 2}, "pear": {"price": 3}, "plum": {"price": 0}}},
    },
}  # fmt: skip
GIVEN = {
    "rent": {"title": "Rent", "per": ["shop"], "by": "shop", "input": True},
    "open": {"title": "Open", "type": "flag", "per": ["shop"], "by": "shop", "value": True},
    "fruit": {"title": "Favourite", "type": "fruit", "per": ["shop"], "by": "shop", "input": True},
    "second": {"title": "Second", "type": "fruit", "per": ["shop"], "by": "shop", "input": True, "optional": True},
    "price": {"title": "Price", "per": ["fruit"], "by": "fruit", "input": True, "minimum": 0},
    "rate": {"title": "Rate", "value": 0.5, "input": True, "minimum": 0, "maximum": 1},
}  # fmt: skip
VARIED = [("rent", ("north",)), ("rent", ("south",)), ("price", ("pear",)), ("rate", ()), ("fruit", ("west",)),
          ("second", ("south",)), ("open", ("north",))]  # fmt: skip

NUMBERS = st.sampled_from(["rent", "price", "rate", "rent[north]", "price[pear]", "price[apple]", "0", "1", "2", "0.3",
                           "-1", "1e200", "made_0", "made_1"])  # fmt: skip
FLAGS = st.sampled_from(["open", "open[north]", "known(second)", "fruit == second", "true"])


ALONE = ["abs", "floor", "ceil", "sqrt", "exp", "ln", "log10", "-"]


def _deeper(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(numbers, numbers)
    flags = st.one_of(
        FLAGS, st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join)
    )
    return st.one_of(
        st.tuples(st.sampled_from("+-*/"), pair).map(lambda t: f"({t[1][0]} {t[0]} {t[1][1]})"),
        st.tuples(st.sampled_from(["min", "max"]), pair).map(lambda t: f"{t[0]}({t[1][0]}, {t[1][1]})"),
        st.tuples(st.sampled_from(ALONE), numbers).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(pair, flags).map(lambda t: f"({t[0][0]} if {t[1]} else {t[0][1]})"),
        numbers.map(lambda n: f"({n}) ** 2"),
        st.tuples(numbers, st.sampled_from(["0", "0.5", "3", "rate"])).map(lambda t: f"({t[0]}) ** {t[1]}"),
        numbers.map(lambda n: f"(absent if rate > 0.5 else {n})"),
    )  # fmt: skip


FORMULAS = st.recursive(NUMBERS, _deeper, max_leaves=8)
MADE: list[tuple[str, tuple[str, ...], str, str]] = [
    ("made_2", ("fruit",), "", "sum(made_1, over=shop)"),
    ("made_3", ("fruit",), "", "sum(made_1, over=shop, where=open)"),
    ("made_4", (), "", "sum(made_1, over=[shop, fruit])"),
    ("made_5", ("shop",), "", "mean(made_0, over=fruit)"),
    ("made_6", ("fruit",), "", "min(made_1, over=shop, where=open)"),
    ("made_7", (), "", "max(made_0, over=[shop, fruit])"),
    ("made_8", ("shop",), "", "rank(made_5, over=shop)"),
    ("made_9", ("shop",), "fruit", "argmax(made_1, over=fruit)"),
    ("made_10", ("shop",), "", "price[made_9] if known(made_9) else 0"),
    ("made_11", ("shop",), "", "made_0[fruit] + price"),
    ("made_12", ("shop",), "", "price[second] if known(second) else absent"),
    ("made_13", (), "", "count(open, over=shop)"),
    ("made_14", ("shop",), "fruit", "argmin(made_0, over=fruit)"),
    ("made_15", ("fruit",), "shop", "find(rent, price, over=shop)"),
    ("made_16", ("shop",), "text", "'{fruit}: {rent:.1f} for {price:.2f}, {rate:.0%}' if open else 'closed'"),
]  # fmt: skip
"""What reads the two formulas that are drawn: every reduction, choices by value, texts."""


@functools.cache
def base() -> Book:
    document = Document("shops", "")
    document.data = json.loads(json.dumps({**SHOPS, "quantities": GIVEN}))
    return build_book(validate(ScenarioSpec, document), "shops")


def shops(first: str, second: str) -> Book:
    """The inputs, and all formulas that the checker accepts."""
    book = base()
    quantities = {name: book.quantities[name] for name in GIVEN}
    drawn = [("made_0", ("shop", "fruit"), "", first), ("made_1", ("shop", "fruit"), "", second)]
    for name, per, type_, text in (*drawn, *MADE):
        problems: list[Problem] = []
        source = Source.bare(text)
        node = (read_text if type_ == "text" and text[0] == "{" else read_formula)(source, problems.append)
        scope = Scope({n: q.type for n, q in quantities.items()}, {n: d.names for n, d in book.dimensions.items()})
        wanted = Type(type_ if type_ == "text" else "member" if type_ else "number", dims=frozenset(per),
                      dimension=type_ if type_ not in ("", "text") else "")  # fmt: skip
        typed = None if node is None else check(node, source, scope, frozenset(per), wanted, problems.append)
        if typed is not None and not problems:
            of_it = replace(wanted, absent=typed.type.absent)
            quantities[name] = Quantity(name, of_it, per, name, formula=typed.node, written=text)
    return replace(book, quantities=quantities)


@settings(max_examples=150)
@example("rent", "(1e200 if rate < rent[north] else 1e200)", [("rent", ("north",))], 0, "usual")
@example("rent", "(((rent[north] + 1e200)) ** 3) ** 2", [("rent", ("south",))], 0, "usual")
@given(
    first=FORMULAS.map(lambda f: f.replace("made_0", "rent").replace("made_1", "price")),
    second=FORMULAS.map(lambda f: f.replace("made_1", "made_0")),
    cells=st.lists(st.sampled_from(VARIED), min_size=1, max_size=4, unique=True),
    seed=st.integers(0, 2**32 - 1),
    style=st.sampled_from(["usual", "wild"]),
)
def test_any_formula_is_compiled_as_it_is_evaluated(
    first: str, second: str, cells: list[Any], seed: int, style: str
) -> None:
    book = shops(first, second)
    random = np.random.default_rng(seed)
    samples = {at: values_for(book, book.quantities[at[0]], random, style) for at in cells}
    assert_same(book, samples, list(book.quantities))


def test_most_formulas_are_accepted() -> None:
    assert len(shops("rent * price", "made_0 if open else rate").quantities) == len(GIVEN) + 2 + len(MADE)


# --- what a program is -----------------------------------------------------------------------------------------------


def test_what_nobody_asks_for_is_not_computed() -> None:
    book, vary = book_of("alice"), {("batch", ("baseline",)): False}
    all_of_it = compiled(Evaluator(book), vary, list(book.quantities))
    some = compiled(Evaluator(book), vary, ["memory_needed"])
    assert 0 < len(some.steps) < len(all_of_it.steps) / 10
    assert some.wanted == ("memory_needed",)


def test_what_does_not_vary_is_computed_beforehand() -> None:
    book = shops("rent * price", "rate")
    program = compiled(Evaluator(book), {("rate", ()): False}, ["made_0", "made_2"])
    assert program.slots[program.outputs["made_0"].data].constant is not None
    assert [step.op for step in program.steps if step.op not in VIEWS] == ["reduce sum"]


def test_equal_parts_are_computed_once() -> None:
    program = compiled(Evaluator(shops("(rate + 1) * rent", "(rate + 1) * price")), {("rate", ()): False},
                       ["made_0", "made_1"])  # fmt: skip
    assert [step.op for step in program.steps].count("+") == 1


def test_sums_are_plain_where_no_number_is_below_zero() -> None:
    program = compiled(Evaluator(shops("rate + price", "made_0 - 1 + rate")), {("rate", ()): False}, ["made_1"])
    rate, difference = program.inputs["rate", ()][0], next(s.out[0] for s in program.steps if s.op == "-")
    plain = plainer(program)
    assert [s.op for s in plain.steps if s.op in ("+", "plus")] == ["plus", "plus"]
    assert plain.assumed == {rate, difference}
    assert [s.op for s in plainer(program, frozenset({rate})).steps if s.op in ("+", "plus")] == ["+", "+"]
    assert [s.op for s in plainer(program, frozenset({difference})).steps if s.op in ("+", "plus")] == ["plus", "+"]


@pytest.mark.parametrize("rate", [-0.3, -0.1, 7.0])
def test_what_was_taken_for_granted_and_is_not_so_is_computed_again(rate: float) -> None:
    book = shops("rate + 0.1 + 0.2", "made_0 - 0.3 + 0.1 - rate")
    rates = np.array([0.5, 0.25, rate, 0.125, 0.3, 0.2])
    names = ["made_0", "made_1"]
    found: dict[str, list[Array]] = {n: [] for n in names}
    for _, block in Sampler(book, names).blocks({("rate", ()): rates}, 2):
        for name in names:
            found[name].append(shaped(block.value(name), (3, 3, 2))[0].copy())
    reference = Evaluator(book, {("rate", ()): rates})
    for name in names:
        expected = shaped(reference.value(name), (3, 3, 6))[0]
        assert np.array_equal(np.concatenate(found[name], axis=-1), expected)


def test_constants_that_are_not_finite_are_noted_where_they_are_known() -> None:
    book = shops("(absent if rate > 0.5 else rent[north] * 1e200 ** 2)", "made_0 if known(made_0) else 1")
    assert_same(book, {("rate", ()): np.array([0.75, 0.5, 0.0])}, ["rate", "made_0", "made_1"])


def test_the_size_of_blocks_changes_nothing() -> None:
    book = book_of("alice")
    samples: dict[Any, Any] = {
        ("batch", ("baseline",)): np.arange(1.0, 12.0),
        ("prompt_tokens", ("chapter",)): np.arange(100.0, 1200.0, 100),
    }
    seen = []
    for size in (2, 3, 4, 100):
        parts = [block.value("tpot").data.copy() for _, block in Sampler(book, ["tpot"]).blocks(samples, size)]
        seen.append(np.concatenate(parts, axis=-1))
    assert all(np.array_equal(seen[0], other) for other in seen[1:])


def test_a_strict_sampler_names_what_is_not_finite() -> None:
    book = shops("rent / rate", "made_0 * 2")
    with pytest.raises(EvaluationError, match=r"'made_0' for shop north is not a finite number \(division") as found:
        list(Sampler(book, ["made_1"]).blocks({("rate", ()): np.array([1.0, 0.0])}))
    assert found.value.quantity == "made_0"
