"""Amounts as people write them: thousands and millions of tokens, and rates in place of times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen.api import evaluate
from reportgen.book.build import build_book
from reportgen.book.changes import read_changes
from reportgen.errors import SpecError
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.engine.results import Results

SCENARIO = """schema: 1
title: Amounts
requests: {letter: {prompt_tokens: PROMPT, output_tokens: 300}}
options: {baseline: {model: Llama-3.1-8B, accelerator: H100-SXM-80GB}}
measured: {ours: {tpot: MEASURED}}
inputs: {tpot_target: TARGET}
levers: none
"""


def results(prompt: str = "800", target: str = "50 ms", measured: str = "31 ms") -> Results:
    text = SCENARIO.replace("PROMPT", prompt).replace("TARGET", target).replace("MEASURED", measured)
    return evaluate(build_book(validate(ScenarioSpec, parse_document(text.encode(), "amounts.yaml")), "amounts"))


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("32k", 32_000),
        ("32 k", 32_000),
        ("1.5k tokens", 1500),
        ("1.2M", 1_200_000),
        ("2 ktoken", 2000),
        ("0.5k tok", 500),
    ],
)
def test_thousands_and_millions_need_no_unit(written: str, tokens: float) -> None:
    assert results(written).get("prompt_tokens", "letter") == tokens


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("20 tok/s", 50.0), ("20 tokens/s", 50.0), ("0.04 token/ms", 25.0), ("50 ms", 50.0), ("0.05 s", 50.0),
        ("50", 50.0), ("1.2 ktok/min", 50.0),
    ],
)  # fmt: skip
def test_a_time_per_token_may_be_given_as_tokens_per_second(written: str, milliseconds: float) -> None:
    assert results(target=written).get("tpot_target") == pytest.approx(milliseconds, rel=1e-15)
    assert results(measured=written).get("measured_tpot", "ours") == pytest.approx(milliseconds, rel=1e-15)


def test_thousands_of_money_are_in_the_unit_of_the_quantity() -> None:
    book = evaluate(Path(__file__).parents[2] / "specs" / "procurement.yaml").book
    assert read_changes(book, ["budget=400k", "staff_salary=0.12M"]) == {
        ("budget", ()): 4e5,
        ("staff_salary", ()): 1.2e5,
    }


def test_thousands_of_bytes_need_their_unit() -> None:
    with pytest.raises(SpecError, match="not G"):
        read_changes(results().book, ["H100-SXM-80GB.memory_nominal=96 G"])


def test_a_change_takes_the_same_amounts() -> None:
    changes = read_changes(results().book, ["tpot_target=20 tok/s", "letter.prompt_tokens=32k"])
    assert changes == {("tpot_target", ()): 50.0, ("prompt_tokens", ("letter",)): 32_000.0}


@pytest.mark.parametrize(
    "change", ["ttft_target=20 tok/s", "tpot_target=0 tok/s", "tpot_target=-5 tok/s", "tpot_target=3k"]
)
def test_what_is_no_time_per_token_is_refused(change: str) -> None:
    with pytest.raises(SpecError):
        read_changes(results().book, [change])
