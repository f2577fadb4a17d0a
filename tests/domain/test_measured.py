"""A measurement that scales the predictions gives back what was measured, and scales the others alike."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen.api import evaluate
from reportgen.book.build import build_book
from reportgen.engine.results import Results
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book

ROOT = Path(__file__).parents[2]
MEASURED = {"tpot": 31, "ttft": 900, "throughput": 150}
COMBINATIONS = [keys for count in (1, 2, 3) for keys in combinations(MEASURED, count)]


@cache
def _book(measured: str, inputs: str = "{}") -> Book:
    text = f"""
schema: 1
title: A measured server
levers: none
requests: {{only: {{prompt_tokens: 1000, output_tokens: 101}}}}
inputs: {inputs}
options:
  baseline: {{model: Llama-2-7B, accelerator: H100-SXM-80GB, batch: 4}}
  elsewhere: {{accelerator: L40S}}
measured: {{ours: {{batch: 8, {measured}}}}}
"""
    return build_book(validate(ScenarioSpec, parse_document(text.encode(), "case")), "case")


def _results(keys: tuple[str, ...], continuous: bool = True, scale: str = "true") -> Results:
    """Return results with some of the measurements; the others are blank."""
    book = _book(f"tpot: 31 ms, ttft: 900 ms, throughput: 150 token/s, scale: {scale}")
    blank: dict[tuple[str, tuple[str, ...]], object] = {
        (f"measured_{key}", ("ours",)): None for key in MEASURED if key not in keys
    }
    serving = {("continuous_batching", (option,)): continuous for option in ("baseline", "elsewhere", "ours")}
    return Results(book, {**blank, **serving})


def _number(results: Results, name: str, option: str) -> float:
    value = results.get(name, option)
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("continuous", [True, False], ids=["server", "static"])
@pytest.mark.parametrize("keys", COMBINATIONS, ids="-".join)
def test_what_was_measured_comes_back(keys: tuple[str, ...], continuous: bool) -> None:
    results = _results(keys, continuous)
    for key in keys:
        assert _number(results, key, "ours") == pytest.approx(MEASURED[key], rel=1e-12)


@pytest.mark.parametrize("continuous", [True, False], ids=["server", "static"])
@pytest.mark.parametrize("keys", COMBINATIONS, ids="-".join)
def test_other_options_are_scaled_by_the_same_factors(keys: tuple[str, ...], continuous: bool) -> None:
    plain, scaled = _results(keys, continuous, "false"), _results(keys, continuous)
    for name in ("tpot", "ttft"):
        factor = _number(scaled, name, "ours") / _number(plain, name, "ours")
        assert _number(scaled, name, "baseline") == pytest.approx(factor * _number(plain, name, "baseline"))
    for name in MEASURED:
        assert _number(scaled, name, "elsewhere") == _number(plain, name, "elsewhere")


def test_a_throughput_alone_scales_both_latencies_by_littles_law() -> None:
    results = _results(("throughput",))
    # Eight clients get 150 tokens a second: each has its 101 tokens after 8 * 101 / 150 = 5.387 s.
    assert _number(results, "request_latency", "ours") == pytest.approx(8 * 101 / 150)


def test_a_throughput_beside_latencies_scales_what_they_leave() -> None:
    both = _results(("tpot", "ttft"))
    all_three = _results(tuple(MEASURED))
    # 900 ms and 100 steps of 31 ms are 4 s, in which eight clients get 8 * 101 tokens: 202 a second, not 150.
    assert _number(both, "throughput", "ours") == pytest.approx(202)
    for option in ("baseline", "ours"):
        scaled = _number(all_three, "throughput", option) / _number(both, "throughput", option)
        assert scaled == pytest.approx(150 / 202)


def test_a_throughput_under_a_request_rate_scales_nothing() -> None:
    rated = Results(_book("throughput: 150 token/s, scale: true", "{request_rate: 1}"), {})
    plain = Results(_book("throughput: 150 token/s", "{request_rate: 1}"), {})
    assert _number(rated, "tpot", "baseline") == _number(plain, "tpot", "baseline")
    assert "scales nothing" in str(rated.get("measured_words", "ours"))


def test_the_measured_server_is_predicted_as_measured() -> None:
    results = evaluate(ROOT / "specs" / "measured_server.yaml")
    for name, value in (("tpot", 42), ("ttft", 900), ("throughput", 1400)):
        for option in ("ours", "prod"):  # the same configuration
            assert _number(results, name, option) == pytest.approx(value, rel=1e-12)
    assert results.get("verdict", "prod").startswith("meets every target")
    assert not results.get("candidate", "ours")
