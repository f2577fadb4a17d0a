"""An option that pays an API: its cost by hand, what is unknown of it, and that it never claims to meet a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reportgen import api
from reportgen.report.chosen import chosen

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.engine.results import Results

DAYS, DAY = 250, 86_400.0

CASE = """
schema: 1
title: An API beside devices
date: "2026-11-23"
objective: {minimise: yearly_cost}
requests:
  long: {share: 1, prompt_tokens: 3000, output_tokens: 500}
  short: {share: 3, prompt_tokens: 1000, output_tokens: 100}
periods:
  office: {hours: 8, load: 100 %}
  night: {hours: 16, load: 25 %}
levers: none
currencies: {EUR: {exchange_rate: 1.2, rate_date: "2026-11-20", source: made up}}
prices:
  rent: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: USD, price_date: "2026-11-01"}
  tokens: {price_model: Llama-3.1-8B, input_token_price: 0.5, cached_token_price: 0.1, output_token_price: 1.5,
           price_currency: EUR, price_date: "2026-11-01"}
  uncached: {price_model: Llama-3.1-8B, input_token_price: 0.5, output_token_price: 1.5,
             price_currency: EUR, price_date: "2026-11-01"}
  other_model: {price_model: Llama-3.1-70B, input_token_price: 0.5, output_token_price: 1.5,
                price_currency: EUR, price_date: "2026-11-01"}
inputs: {peak_rate: 0.4, operating_days: 250, staff_salary: 100000, users: 50, horizon: 4 year, INPUTS}
options:
  baseline: {title: Rented, model: Llama-3.1-8B, accelerator: H100-SXM-80GB, continuous_batching: true, price: rent}
  hosted: {title: Hosted, kind: api, price: tokens, prefix_hit: 40 %, staff_share: 0.1}
  plain: {title: Plain, kind: api, price: uncached, prefix_hit: 40 %}
  wrong: {title: Wrong, kind: api, price: other_model}
  hours: {title: By the hour, kind: api, tensor_parallel: 2}
  devices: {title: Devices by the token, price: tokens}
  known: {title: Known, kind: api, price: uncached, api_ttft: 400, api_tpot: 30}
"""


def results_of(folder: Path, inputs: str = "ttft_target: 500, tpot_target: 20", text: str = CASE) -> Results:
    path = folder / "case.yaml"
    path.write_text(text.replace("INPUTS", inputs), encoding="utf-8")
    return api.evaluate(path)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return results_of(tmp_path_factory.mktemp("api"))


def test_its_cost_is_that_of_its_tokens(results: Results) -> None:
    requests = 0.4 * (8 * 1 + 16 * 0.25) / 24 * DAYS * DAY
    prompt, output = (3000 + 3 * 1000) / 4, (500 + 3 * 100) / 4
    cached = 1.2e-6 * (prompt * (0.4 * 0.1 + 0.6 * 0.5) + output * 1.5)
    plain = 1.2e-6 * (prompt * 0.5 + output * 1.5)
    assert results.get("yearly_cost", "plain") == pytest.approx(requests * plain)
    assert results.get("yearly_cost", "hosted") == pytest.approx(requests * cached + 10_000)
    assert results.get("total_cost", "plain") == pytest.approx(4 * requests * plain)
    assert results.get("cost_per_query", "plain") == pytest.approx(plain)
    assert results.get("cost_per_user", "plain") == pytest.approx(requests * plain / 50 / 12)
    assert results.get("cost", "plain") == pytest.approx(plain / output * 1e6)


def test_its_parts_add_up(results: Results) -> None:
    for option in ("baseline", "hosted", "plain"):
        parts = [results.get(name, option) for name in results.book.relations.parts["yearly_cost"]]
        assert sum(p for p in parts if isinstance(p, float)) == pytest.approx(results.get("yearly_cost", option))
    assert results.get("cost_part_api", "baseline") == 0
    assert results.get("cost_part_rent", "hosted") == 0


def test_without_a_rate_its_cost_is_not_known(tmp_path: Path) -> None:
    results = results_of(tmp_path, text=CASE.replace("peak_rate: 0.4, ", ""))
    assert results.get("yearly_cost", "plain") is None
    assert "not known without a request rate" in str(results.get("price_missing", "plain"))


@pytest.mark.parametrize(
    ("inputs", "gaps"),
    [
        ("ttft_target: 500", "time to first token is"),
        ("tpot_target: 20", "time per output token is"),
        ("latency_target: 60", "end-to-end latency is"),
        ("ttft_target: 500, tpot_target: 20", "time to first token and time per output token are"),
        ("ttft_target: 500, latency_target: 60", "time to first token and end-to-end latency are"),
        (
            "ttft_target: 500, tpot_target: 20, latency_target: 60",
            "time to first token, time per output token and end-to-end latency are",
        ),
    ],
)
def test_what_is_not_known_is_named_and_never_met(tmp_path: Path, inputs: str, gaps: str) -> None:
    results = results_of(tmp_path, inputs)
    assert results.get("verdict", "plain") == f"meets every target that is known; {gaps} not known"
    assert results.get("feasible", "plain") is True
    assert all(results.get(f"meets_{target}", "plain") is None for target in ("ttft", "tpot", "latency"))
    assert results.get("holds", "plain") is False
    met = {f: goal.met for (o, f), goal in chosen(results).goals.items() if o == "plain"}
    assert not any(met.get(figure) for figure in ("ttft", "tpot", "request_latency", "ttft_in_time"))
    title = str(results.get("report_title"))
    assert "within the targets" not in title
    assert "not known" in title or "that is known" in title


def test_figures_that_are_given_are_compared(tmp_path: Path) -> None:
    results = results_of(tmp_path, "ttft_target: 500, tpot_target: 40")
    assert (results.get("ttft", "known"), results.get("tpot", "known")) == (400, 30)
    assert results.get("request_latency", "known") == pytest.approx(0.4 + (200 - 1) * 0.03)
    assert results.get("verdict", "known") == "meets every target"
    missed = results_of(tmp_path, "ttft_target: 500, tpot_target: 20")
    assert missed.get("feasible", "known") is False
    assert "misses a latency target" in str(missed.get("verdict", "known"))


def test_figures_of_devices_are_blank(results: Results) -> None:
    for name in (
        "ttft", "ttft_in_time", "tpot", "request_latency", "throughput", "queries_per_second", "capacity_rate",
        "utilisation", "memory_needed", "fits", "devices", "provided_devices", "load_share", "at_once",
        "energy_per_token", "yearly_carbon", "purchase_cost", "ttft_high", "tpot_high", "ideal_ttft", "ideal_tpot",
    ):  # fmt: skip
        assert results.get(name, "plain") is None, name
        if name not in ("purchase_cost", "yearly_carbon"):
            assert results.get(name, "baseline") is not None, name


def test_a_price_that_does_not_fit_the_kind_is_the_verdict(results: Results) -> None:
    assert results.get("verdict", "wrong") == "the price is for Llama-3.1-70B, not for Llama-3.1-8B"
    assert results.get("verdict", "hours") == "the price is for H100-SXM-80GB, not per token; devices say kind devices"
    assert results.get("verdict", "devices") == "the price is per token, not of H100-SXM-80GB"
    assert [results.get("feasible", o) for o in ("wrong", "hours", "devices")] == [False, False, False]


def test_devices_keep_their_figures(tmp_path: Path) -> None:
    """An API changes no figure of another option, unless it compares with the best."""
    without = CASE[: CASE.index("  hosted:")].replace("INPUTS", "ttft_target: 500")
    path = tmp_path / "alone.yaml"
    path.write_text(without, encoding="utf-8")
    alone, beside = api.evaluate(path), results_of(tmp_path, "ttft_target: 500")
    quantities = alone.book.quantities.items()
    own = [(n, q) for n, q in quantities if q.topic not in ("words", "decision") and "recommended" not in q.title]
    names = [n for n, q in own if q.per == ("option",)]
    assert len(names) > 200
    for name in names:
        ours, theirs = (results.get(name, "baseline") for results in (alone, beside))
        assert ours == (pytest.approx(theirs) if isinstance(theirs, float) else theirs), name


def test_it_may_be_the_baseline(tmp_path: Path) -> None:
    first = """options:
  baseline: {title: Hosted, model: Llama-3.1-8B, accelerator: H100-SXM-80GB, kind: api, price: tokens}
  rented: {title: Rented, kind: devices, continuous_batching: true, price: rent}
"""
    text = (CASE[: CASE.index("options:")] + first).replace("levers: none", "levers: all")
    results = results_of(tmp_path, text=text)
    assert results.get("recommended_option") == "baseline"
    assert "baseline" in chosen(results).options
    assert {results.get("kind", o) for o in chosen(results).options if o not in ("baseline", "rented")} <= {"api"}
    assert not {"weights_int8", "fp8"} & set(chosen(results).options)
