"""The closed forms outside the library: test vectors, limits and order."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest

from benchmarks import serving_forms, serving_refined
from benchmarks.serving_cases import MIXES, STEPS, case_of, classes_of, one_class
from benchmarks.serving_forms import Case, static_batch
from benchmarks.simulation import simulate
from benchmarks.simulation_load import Poisson

FORMS = [serving_forms, serving_refined]
DENSE = STEPS["dense, 4 devices"]
LENGTHS = one_class(1024, 256)


def linear(a: float, s: float, prefill: float, rate: float, scv: float) -> Case:
    """A server with a step linear in its running requests, 1024 tokens in, 256 out and 256 slots."""
    return Case(lambda b: a + s * b, lambda b: s, prefill, 1024, 256, 256, rate=rate, scv_prompt=scv, scv_output=scv)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (linear(0.014, 5.6e-5, 0.0369, 8, 0), (0.0819, 0.1523, 0.1947, 0.0237, 48.36, 0.521)),
        (linear(0.014, 5.6e-5, 0.0369, 13, 0), (0.1222, 0.2549, 0.3411, 0.0418, 138.7, 0.847)),
        (linear(0.0065, 8e-5, 0.0195, 15, 0.9), (0.0532, 0.1286, 0.1827, 0.0162, 61.92, 0.696)),
    ],
)
def test_reference_vectors(case, expected):
    figures = serving_forms.closed_form(case)
    keys = ("ttft_mean", "ttft_p95", "ttft_p99", "tpot_mean", "running", "utilisation")
    assert [figures[key] for key in keys] == pytest.approx(expected, rel=0.005)


def test_the_longest_of_a_batch():
    assert static_batch([(0.4, 64), (0.35, 256), (0.2, 1024), (0.05, 4096)], 16) == pytest.approx(2736, rel=1e-3)
    assert static_batch([(1.0, 100)], 8) == pytest.approx(100)


@pytest.mark.parametrize("forms", FORMS)
def test_ttft_falls_to_the_own_prefill_without_load(forms):
    figures = forms.closed_form(case_of(DENSE, LENGTHS, rate=1e-6))
    alone = DENSE(0, 0, 1024)
    assert [figures[f"ttft_{key}"] for key in ("mean", "p50", "p99")] == pytest.approx([alone] * 3, rel=0.01)


@pytest.mark.parametrize("forms", FORMS)
def test_ttft_and_tpot_rise_with_the_rate_until_the_server_is_overloaded(forms):
    limit = forms.capacity(case_of(DENSE, LENGTHS))
    figures = [forms.closed_form(case_of(DENSE, LENGTHS, rate=limit * use / 40)) for use in range(1, 40)]
    for key in ("ttft_mean", "ttft_p50", "ttft_p95", "ttft_p99", "tpot_mean", "running"):
        assert all(low[key] < high[key] for low, high in pairwise(figures)), key
    assert forms.closed_form(case_of(DENSE, LENGTHS, rate=limit))["overloaded"] == 1


@pytest.mark.parametrize("use", [0.2, 0.5, 0.8, 0.95])
def test_running_requests_of_experts_are_found_from_above(use):
    def seconds(b: float) -> float:
        return 0.004 + 0.012 * (1 - (1 - 8 / 128) ** b) + 3e-5 * b

    def slope(b: float) -> float:
        return -0.012 * (1 - 8 / 128) ** b * math.log(1 - 8 / 128) + 3e-5

    case = Case(seconds, slope, 0.05, 1024, 256, 256)
    rate = use * serving_refined.capacity(case)
    running = serving_refined.running_requests(case, rate)
    assert running == pytest.approx(rate * 255 * seconds(running) / (1 - rate * 0.05), rel=1e-3)


@pytest.mark.parametrize("forms", FORMS)
@pytest.mark.parametrize("mix", MIXES)
def test_shares_of_a_mix_within_a_limit_are_those_of_the_simulation(forms, mix):
    classes = classes_of(MIXES[mix])
    case = case_of(DENSE, classes)
    case = dataclasses.replace(case, rate=0.7 * serving_refined.capacity(case))
    run = simulate(DENSE, classes, Poisson(case.rate, 4000), seed=1)
    for limit in (0.2, 0.5):
        share = 1 - run.summary(warm_up=0.1, ttft_limit=limit)["failed"]
        assert forms.share_within(case, limit) == pytest.approx(share, abs=0.12)


def test_percentiles_are_the_limits_that_their_share_meets():
    case = case_of(DENSE, classes_of(MIXES["chat, documents, reports"]), rate=6)
    figures = serving_refined.closed_form(case)
    for p in (50, 90, 95, 99):
        assert serving_refined.share_within(case, figures[f"ttft_p{p}"]) == pytest.approx(p / 100, abs=1e-3)


def test_refined_forms_follow_the_simulation():
    case = case_of(DENSE, LENGTHS)
    case = dataclasses.replace(case, rate=0.7 * serving_refined.capacity(case))
    measured = simulate(DENSE, LENGTHS, Poisson(case.rate, 8000), seed=1).summary(warm_up=0.15, cool_down=0.05)
    figures = serving_refined.closed_form(case)
    for key in ("ttft_mean", "ttft_p50", "ttft_p90", "ttft_p95", "tpot_mean", "tpot_p95", "running"):
        assert figures[key] == pytest.approx(measured[key], rel=0.08), key
