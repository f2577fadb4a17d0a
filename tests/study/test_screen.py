"""Screening: only levers that matter have rows, the others are noted with the number, and those that are named stay."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen import api
from reportgen.book.build import load_book
from reportgen.engine.results import Results
from reportgen.study.screen import screen
from reportgen.study.trials import trials_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.book.book import Book
    from reportgen.book.studies import Screened

SPECS = Path(__file__).parents[2] / "specs"
SCENARIO = """schema: 1
title: Levers
objective: {minimise: tpot}
requests: {query: {prompt_tokens: 1500, output_tokens: 300}}
options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S, batch: 4}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Book]:
    """The book of the scenario, with some texts in the place of others, before it is screened."""

    def read(*changes: tuple[str, str]) -> Book:
        text = SCENARIO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "levers.yaml"
        path.write_text(text, encoding="utf-8")
        return load_book(path)

    return read


def names_of(book: Book) -> tuple[str, ...]:
    return book.dimensions["option"].names


def left_out(book: Book) -> dict[str, Screened]:
    return {lever.lever: lever for lever in book.studies.screened}


@pytest.mark.parametrize("spec", ["alice", "bob"])
def test_what_stays_and_what_is_noted_are_all_levers(spec: str) -> None:
    book = load_book(SPECS / f"{spec}.yaml")
    made = screen(book)
    assert set(names_of(made)) | set(left_out(made)) == set(names_of(book))
    assert not set(names_of(made)) & set(left_out(made))
    assert set(names_of(made)) >= {*book.scenario.options, "what_if_1", "what_if_2"}
    levers = set(names_of(made)) - {*book.scenario.options, "what_if_1", "what_if_2", *trials_of(book)}
    assert 0 < len(levers) <= 10
    before, after = Results(book), Results(made)
    for name in levers:
        assert after.get("runs", name)
        assert after.get("changes_something", name)
        assert after.get("objective_value", name) == before.get("objective_value", name)


def test_each_that_is_left_out_says_why_with_its_number(load: Callable[..., Book]) -> None:
    book = load()
    results, found = Results(book), left_out(screen(book))
    assert found["fewer_devices"].why == "changes nothing here"
    assert found["with_chunked_prefill"].why == "leaves time per output token as it is"
    worse = results.get("improvement", "larger_batch")
    assert isinstance(worse, float)
    assert found["larger_batch"].why == f"raises time per output token by {-worse:.1f} %"
    for name, lever in found.items():
        assert lever.improvement == (results.get("improvement", name) if results.get("runs", name) else None)
        assert lever.title == results.get("option_title", name)


def test_what_does_not_run_says_its_verdict(load: Callable[..., Book]) -> None:
    book = load(("Llama-3.1-8B, accelerator: L40S, batch: 4", "Llama-3.1-70B, accelerator: L40S, batch: 4"))
    made = screen(book)
    assert all(
        lever.why.startswith(("does not run: does not fit", "changes nothing", "brings no more"))
        for lever in made.studies.screened
    )
    assert left_out(made)["larger_batch"].improvement is None
    assert "weights_int4" not in left_out(made)  # the only way in which the model fits on one device
    assert Results(made).get("runs", "weights_int4")


def test_a_pair_that_brings_no_more_than_one_of_its_parts_is_left_out(load: Callable[..., Book]) -> None:
    book = load(("batch: 4", "batch: 4, tensor_parallel: 2"))
    results, found = Results(book), left_out(screen(book))
    assert found["int4_larger_batch"].why == "brings no more than “Weights in INT4” alone"
    single, pair = (results.get("tpot", name) for name in ("weights_int4", "int4_larger_batch"))
    assert isinstance(single, float)
    assert isinstance(pair, float)
    assert pair > 0.99 * single


def test_a_pair_that_brings_more_stays(load: Callable[..., Book]) -> None:
    made = screen(load(("minimise: tpot", "maximise: queries_per_second"), ("batch: 4", "batch: 8")))
    assert {"fp8_larger_batch", "int4_larger_batch"} <= set(names_of(made))


def test_levers_that_are_named_stay(load: Callable[..., Book]) -> None:
    book = load(("options:", "levers: [with_flash_attention, larger_batch]\noptions:"))
    assert screen(book) is book
    book = load()
    assert "larger_batch" not in names_of(screen(book))
    for said in ("larger_batch", "larger_batch.batch=9", "LARGER_BATCH.batch = 9"):
        assert "larger_batch" in names_of(screen(book, [said]))


def test_a_lever_that_an_option_is_based_on_stays(load: Callable[..., Book]) -> None:
    book = load(("  baseline:", "  baseline:"), ("batch: 4}", "batch: 4}\n  on_it: {based_on: larger_batch, batch: 3}"))
    made = screen(book)
    assert "larger_batch" in names_of(made)
    assert "larger_batch" not in left_out(made)


def test_where_a_target_is_missed_what_comes_nearer_stays(load: Callable[..., Book]) -> None:
    goals = ("options:", "inputs: {tpot_target: 12 ms}\noptions:")
    made = screen(load(goals, ("minimise: tpot", "maximise: queries_per_second")))
    results = Results(made)
    assert not results.get("feasible", "baseline")
    kept = set(names_of(made)) - {"baseline", "what_if_1", "what_if_2"}
    assert any(results.get("feasible", name) for name in kept)
    for lever in made.studies.screened:
        if "others bring more" not in lever.why:
            assert not Results(load(goals)).get("feasible", lever.lever) or "brings no more" in lever.why


def test_an_accounting_without_recommendations_is_left_alone() -> None:
    book = load_book(SPECS / "llm_viewer_network.yaml")
    assert screen(book) is book


def test_all_verbs_see_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / "levers.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    rows = names_of(api.check(path))
    assert "larger_batch" not in rows
    assert names_of(api.evaluate(path, ["tpot_target=10 ms"]).book) == rows
    assert names_of(api.evaluate(path, ["larger_batch.batch=5"]).book) != rows
    assert api.explain(path, "batch", ["larger_batch"]).values["larger_batch",] == 8.0
    assert api.sweep(path, ["larger_batch.batch=5,6"], ["tpot"], ["larger_batch"]).frame()["tpot"].notna().all()
