"""A request rate from people, and what readers see of it: the cost per user, and the speed for one user."""

from __future__ import annotations

import pytest

from reportgen.book.build import build_book
from reportgen.engine.results import Results
from reportgen.errors import SpecError
from reportgen.report.chosen import chosen
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

PEOPLE = "users: 300, requests_per_user: 20, operating_days: 250, tpot_target: 50 ms"


def _results(inputs: str, periods: str = "") -> Results:
    text = f"""
schema: 1
title: An office
date: 2026-11-29
levers: none
requests: {{question: {{prompt_tokens: 1500, output_tokens: 300}}}}
inputs: {{{inputs}}}
{periods}
prices: {{rent: {{price_accelerator: L40S, hourly_price: 1.5, price_currency: USD, price_date: 2026-11-10}}}}
options: {{baseline: {{model: Llama-3.1-8B, accelerator: L40S, price: rent}}}}
"""
    return Results(build_book(validate(ScenarioSpec, parse_document(text.encode(), "case")), "case"), {})


def test_people_make_the_peak_rate_and_the_requests_of_a_year() -> None:
    results = _results(f"{PEOPLE}, busy_hours: 8, peak_factor: 3")
    # 6,000 requests in 8 hours, and three times as many in the busiest minutes.
    assert results.get("peak_rate") == pytest.approx(3 * 6000 / (8 * 3600))
    assert results.get("mean_rate") == pytest.approx(6000 / 86400)
    assert results.get("yearly_queries", "baseline") == pytest.approx(6000 * 250 / 1e6)


def test_without_busy_hours_the_periods_say_when_requests_come() -> None:
    periods = "periods: {day: {hours: 10, load: 100 %}, night: {hours: 14, load: 5 %}}"
    results = _results(PEOPLE, periods)
    assert results.get("peak_rate") == pytest.approx(6000 / (10.7 * 3600))
    assert results.get("yearly_queries", "baseline") == pytest.approx(6000 * 250 / 1e6)


def test_a_given_peak_rate_and_people_exclude_each_other() -> None:
    with pytest.raises(SpecError, match="no requests_per_user"):
        _results(f"{PEOPLE}, peak_rate: 2")


@pytest.mark.parametrize("load", ["requests_per_user: 20", "peak_rate: 0.5"])
def test_with_users_their_cost_is_a_key_figure(load: str) -> None:
    results = _results(f"users: 300, {load}")
    assert "cost_per_user" in results.book.report.key_figures
    yearly = results.get("yearly_cost", "baseline")
    assert isinstance(yearly, float)
    assert results.get("cost_per_user", "baseline") == pytest.approx(yearly / 300 / 12)
    assert chosen(results)


def test_the_speed_for_one_user_is_the_inverse_of_the_tpot() -> None:
    results = _results("peak_rate: 0.5")
    tpot = results.get("tpot", "baseline")
    assert isinstance(tpot, float)
    assert results.get("user_speed", "baseline") == pytest.approx(1000 / tpot)
    assert "user_speed" in results.book.report.key_figures
