"""What options are compared with: the first, a named one, or each other where nothing exists yet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.book.build import build_book
from reportgen.engine.results import Results
from reportgen.errors import SpecError
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

HEAD = """schema: 1
title: Case
requests: {question: {prompt_tokens: 1000, output_tokens: 200}}
inputs: {tpot_target: 60 ms}
objective: {minimise: request_latency}
"""
FULL = "model: Llama-3.1-8B, weight_precision: fp16, activation_precision: fp16, batch: 1"
ROWS = {
    "small": f"{{title: An L4, accelerator: L4, {FULL}}}",
    "middle": f"{{title: An L40S, accelerator: L40S, {FULL}}}",
    "large": f"{{title: An H100, accelerator: H100, {FULL}}}",
    "larger": "{title: An H200, accelerator: H200, based_on: large}",
    "twin": f"{{title: Another H200, accelerator: H200, {FULL}}}",
}
"""Each written in full or based on another one; the L4 misses the target, and the last two are equal."""


def evaluated(rows: dict[str, str], baseline: str, more: str = "levers: none\n") -> Results:
    options = "".join(f"  {name}: {row}\n" for name, row in rows.items())
    text = f"{HEAD}{more}baseline: {baseline}\noptions:\n{options}"
    return Results(build_book(validate(ScenarioSpec, parse_document(text.encode(), "case.yaml")), "case"))


def conclusion(results: Results) -> tuple[object, ...]:
    """What is recommended and said, with the verdict of each option by title."""
    names = results.book.dimensions["option"].names
    title = {name: str(results.get("option_title", name)) for name in names}
    told = [results.get(n) for n in ("report_title", "decision_words", "baseline_words", "memory_words")]
    next_best = results.get("runner_up")
    verdicts = sorted((title[n], results.get("verdict", n), results.get("improvement", n)) for n in names)
    return title[str(results.get("recommended_option"))], next_best and title[str(next_best)], told, verdicts


ORDERS = st.permutations(list(ROWS))


@settings(max_examples=8, deadline=None)
@given(order=ORDERS)
def test_the_order_of_options_changes_no_conclusion_where_nothing_exists(order: list[str]) -> None:
    found = conclusion(evaluated({name: ROWS[name] for name in order}, "none"))
    assert found == conclusion(evaluated(ROWS, "none"))


@settings(max_examples=8, deadline=None)
@given(order=ORDERS, baseline=st.sampled_from(["small", "middle"]))
def test_the_order_of_options_changes_no_conclusion_with_a_named_baseline(order: list[str], baseline: str) -> None:
    rows = {name: row for name, row in ROWS.items() if name != "twin"}
    found = conclusion(evaluated({name: rows[name] for name in order if name in rows}, baseline))
    assert found == conclusion(evaluated(rows, baseline))


def test_other_names_of_options_change_no_conclusion() -> None:
    renamed = {f"z{9 - i}": row.replace("based_on: large", "based_on: z7") for i, row in enumerate(ROWS.values())}
    assert conclusion(evaluated(renamed, "none")) == conclusion(evaluated(ROWS, "none"))


@pytest.mark.parametrize("baseline", ["middle", "none"])
def test_an_option_that_is_worse_in_every_way_changes_no_recommendation(baseline: str) -> None:
    rows = {name: row for name, row in ROWS.items() if name != "small"}
    with_it, without = evaluated({"small": ROWS["small"], **rows}, baseline), evaluated(rows, baseline)
    for name in ("recommended_option", "runner_up", "report_title", "decision_words"):
        assert with_it.get(name) == without.get(name)


def test_nothing_is_kept_or_cut_where_nothing_exists() -> None:
    results = evaluated(ROWS, "none", "")
    words = [
        str(results.get(name))
        for name, quantity in results.book.quantities.items()
        if quantity.type.kind == "text" and not quantity.per
    ]
    for word in ("baseline", "keep", " cuts ", " raises ", "instead of", " from "):
        assert not [text for text in words if word in text.casefold()], word
    assert set(results.book.dimensions["option"].names) == set(ROWS), "levers are left out"
    best, second = (results.get("objective_value", str(results.get(n))) for n in ("recommended_option", "runner_up"))
    assert isinstance(best, float)
    assert isinstance(second, float)
    assert best == second, "the twins"
    assert str(results.get("report_title")).endswith(", about as good as Another H200")


def test_the_title_says_what_the_second_best_costs() -> None:
    rows = {name: ROWS[name] for name in ("small", "middle", "large")}
    results = evaluated(rows, "none")
    first, second = (results.get("request_latency", name) for name in ("large", "middle"))
    assert isinstance(first, float)
    assert isinstance(second, float)
    share = f"{100 * (1 - first / second):.0f} %"
    assert f", {share} faster than the next best, An L40S" in str(results.get("report_title"))


def test_options_are_compared_with_the_named_baseline_and_inherit_as_before() -> None:
    rows = {**ROWS, "same": "{title: Same as the first}"}
    results = evaluated(rows, "Middle")
    assert results.get("accelerator", "same") == results.get("accelerator", "small")
    first, now = (results.get("objective_value", name) for name in ("larger", "middle"))
    assert isinstance(first, float)
    assert isinstance(now, float)
    assert results.get("improvement", "larger") == pytest.approx(100 * (1 - first / now))
    assert results.get("based_on", "larger") == "middle"
    assert str(results.get("baseline_words")).startswith("Baseline (An L40S): ")


def test_levers_are_tried_on_the_named_baseline() -> None:
    results = evaluated(ROWS, "middle", "levers: [weights_int4]\n")
    assert results.get("accelerator", "weights_int4") == results.get("accelerator", "middle")
    assert results.get("based_on", "weights_int4") == "middle"


def test_levers_need_a_baseline() -> None:
    with pytest.raises(SpecError, match="levers are tried on a baseline, and there is none"):
        evaluated(ROWS, "none", "levers: [weights_int4]\n")


def test_a_baseline_that_is_no_option_is_named() -> None:
    with pytest.raises(SpecError, match="unknown option 'midle'"):
        evaluated(ROWS, "midle")
