"""What an option costs, against a case worked by hand; every price, rate and share is the case's own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from reportgen import api
from reportgen.book.rows.dates import day_number
from reportgen.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.engine.results import Results

HOURS = 365.25 * 24  # of a year

CASE = """
schema: 1
title: Renting and owning
date: 2026-11-23
requests: {only: {prompt_tokens: 400, output_tokens: 100}}
levers: none
currencies: {EUR: {exchange_rate: 1.1, rate_date: 2026-11-20, source: made up}}
prices:
  rent: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: EUR, price_date: 2026-11-01}
  spot: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: EUR, price_date: 2026-11, commitment: spot}
  card: {price_accelerator: H100-SXM-80GB, purchase_price: 30000, price_currency: EUR, price_date: soon}
  pounds: {price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: GBP, price_date: 2026-11-01}
inputs:
  request_rate: 1
  power_floor: 100 %  # always at full power
  idle_power_share: 100 %
  server_share: 20 %
  horizon: 4 year
  depreciation_time: 5 year
  residual_share: 10 %
  financing_rate: 5 %
  maintenance_share: 3 %
  hosting_price: 120
  power_price: 0.15
  pue: 1.3
  staff_salary: 100000
  rental_uplift: 10 %
  interruption_share: 20 %
  grid_intensity: 0.4
  api_input_price: 1
  api_output_price: 3
  users: 100
options:
  baseline: {model: Llama-3.1-8B, accelerator: H100-SXM-80GB, tensor_parallel: 4, replicas: 2, batch: 8,
             price: rent, other_price: card}
  owned: {price: card, staff_share: 0.5, other_price: rent}
  interrupted: {price: spot}
  foreign: {price: pounds}
  elsewhere: {accelerator: H200-SXM-141GB}
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(CASE)
    return path


def figure(results: Results, name: str, option: str) -> float:
    value = results.get(name, option)
    assert isinstance(value, float), (name, option, value)
    return value


def test_owning(case: Path) -> None:
    results = api.evaluate(case)
    assert figure(results, "devices", "owned") == 8
    purchase = 30_000 * 1.1 * 1.2 * 8
    assert purchase == pytest.approx(316_800)
    assert figure(results, "purchase_cost", "owned") == pytest.approx(purchase)
    # 4 of 5 years of a straight line from 100 % to 10 % leave 28 %
    annuity = 0.05 / (1 - 1.05**-4)
    assert annuity == pytest.approx(0.2820118326)
    capital = purchase * (0.72 * annuity + 0.28 * 0.05)
    assert capital == pytest.approx(68_760.97, abs=0.01)
    assert figure(results, "capital_cost", "owned") == pytest.approx(capital)
    # 8 devices of 700 W with their servers, always at full power, and 30 % for cooling
    power = 8 * 0.7 * 1.82 * 1.3
    assert power == pytest.approx(13.2496)
    assert figure(results, "power_cost", "owned") == pytest.approx(power * HOURS * 0.15)
    hosting = 8 * 0.7 * 1.82 * 120 * 12
    assert hosting == pytest.approx(14_676.48)
    owned = capital + 0.03 * purchase + power * HOURS * 0.15 + hosting
    assert figure(results, "owned_cost", "owned") == pytest.approx(owned)
    total = owned + 50_000
    assert total == pytest.approx(160_363.35, abs=0.01)
    assert figure(results, "yearly_cost", "owned") == pytest.approx(total)
    assert figure(results, "total_cost", "owned") == pytest.approx(4 * total)
    # one query a second, 100 tokens each
    tokens = HOURS * 3600 * 100 / 1e6
    assert figure(results, "cost", "owned") == pytest.approx(total / tokens)
    assert figure(results, "blended_cost", "owned") == pytest.approx(total / tokens / 5)
    assert figure(results, "cost_per_query", "owned") == pytest.approx(total / (HOURS * 3600))
    assert figure(results, "cost_per_user", "owned") == pytest.approx(total / 100 / 12)
    assert figure(results, "energy_per_token", "owned") == pytest.approx(power * 1000 / 100)
    assert figure(results, "yearly_carbon", "owned") == pytest.approx(power * HOURS * 0.4 / 1000)
    split = figure(results, "input_cost", "owned") * 4 + figure(results, "output_cost", "owned")
    assert split * tokens == pytest.approx(total), "what prompts and answers cost is all that is spent"


def test_renting(case: Path) -> None:
    results = api.evaluate(case)
    rent = 8 * 2 * 1.1 * 1.1 * HOURS
    assert figure(results, "yearly_cost", "baseline") == pytest.approx(rent)
    assert figure(results, "yearly_cost", "interrupted") == pytest.approx(rent / 0.8), "a fifth more is kept running"
    owned = figure(results, "owned_cost", "owned")
    assert figure(results, "break_even", "baseline") == pytest.approx(100 * owned / rent)
    assert figure(results, "break_even", "owned") == figure(results, "break_even", "baseline")


def test_the_api(case: Path) -> None:
    results = api.evaluate(case)
    query = (400 * 1 + 100 * 3) / 1e6
    assert figure(results, "api_query_price", "baseline") == pytest.approx(query)
    assert figure(results, "api_cost", "baseline") == pytest.approx(query * HOURS * 3600)
    capacity = 2 * figure(results, "queries_per_second", "baseline")
    share = figure(results, "yearly_cost", "baseline") / (capacity * HOURS * 3600 * query)
    assert figure(results, "api_break_even", "baseline") == pytest.approx(100 * share)


def test_the_break_even_is_said_as_a_share_and_as_a_volume(case: Path) -> None:
    results = api.evaluate(case)
    capacity = 2 * figure(results, "queries_per_second", "baseline")
    share = figure(results, "owned_cost", "owned") / figure(results, "rented_cost", "baseline")
    assert share < 1
    assert results.get("break_even_words", "baseline") == (
        f"Owning costs less than renting once the devices run {100 * share:.0f} % of the hours of the year, "
        f"at full capacity {share * capacity:.1f} requests per second on average."
    )
    assert results.get("break_even_words", "foreign") == "There is no second offer to compare with."
    dear = api.evaluate(case, ["card.purchase_price=100000"])
    times = figure(dear, "owned_cost", "owned") / figure(dear, "rented_cost", "baseline")
    assert dear.get("break_even_words", "baseline") == (
        f"Renting costs less than owning even around the clock, when owning costs {times:.2f} times as much."
    )


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (0.01, "Even at full capacity the option costs {share:.2f} times as much as the API"),
        (
            1,
            "once {percent:.0f} % of its capacity is used, {rate:.1f} requests per second or {year:.0f} million a year",
        ),
        (
            300,
            "once {percent:.0f} % of its capacity is used, {rate:.3f} requests per second or {year:.2f} million a year",
        ),
    ],
)
def test_the_break_even_with_the_api_is_said_as_a_share_and_as_a_volume(case: Path, price: float, words: str) -> None:
    results = api.evaluate(case, [f"api_input_price={price}", f"api_output_price={price}"])
    year = figure(results, "yearly_cost", "baseline") / (500 * price)  # million requests that pay for the option
    rate = year * 1e6 / (HOURS * 3600)
    share = rate / (2 * figure(results, "queries_per_second", "baseline"))
    said = words.format(share=share, percent=100 * share, rate=rate, year=year)
    assert said in str(results.get("own_or_api", "baseline"))


def test_without_a_second_offer_the_same_hardware_is_compared_that_is_held_otherwise(case: Path) -> None:
    text = CASE.replace(", other_price: rent", "").replace("price: rent, other_price: card", "price: rent")
    case.write_text(text + "objective: {minimise: yearly_cost}\n")
    results = api.evaluate(case)
    rented, bought = results.get("rented_side"), results.get("bought_side")
    assert {rented, bought} == {"baseline", "owned"}
    share = figure(results, "owned_cost", "owned") / figure(results, "rented_cost", "baseline")
    assert results.get("twin_even") == pytest.approx(100 * share)
    rate = share * 2 * figure(results, "queries_per_second", "owned")
    assert results.get("rent_or_buy_words") == (
        f"Owning (owned) costs less than renting (baseline) once the devices run {100 * share:.0f} % of the hours "
        f"of the year, at full capacity {rate:.1f} requests per second on average."
    )
    alone = api.evaluate(case, ["owned.accelerator=A100-SXM-80GB"])
    assert alone.get("rent_or_buy_words") == "There is no second offer to compare with."


def test_interest_of_nothing_divides_by_the_years(case: Path) -> None:
    results = api.evaluate(case, ["financing_rate=0 %", "residual_share=0", "depreciation_time=4 year"])
    assert figure(results, "capital_cost", "owned") == pytest.approx(316_800 / 4)


def test_power_follows_the_utilisation(case: Path) -> None:
    results = api.evaluate(case, ["idle_power_share=10 %"])
    busy = figure(results, "utilisation", "owned") / 100
    assert 0 < busy < 1
    assert figure(results, "device_power", "owned") == pytest.approx(700 * (0.82 + 0.1 + 0.9 * busy))


def test_a_price_that_cannot_be_is_said(case: Path) -> None:
    results = api.evaluate(case)
    assert results.get("verdict", "elsewhere") == "the price is for H100-SXM-80GB, not for H200-SXM-141GB"
    assert results.get("yearly_cost", "foreign") is None, "no exchange rate is given, so no price is known"
    assert results.get("price_age", "rent") == 22
    assert results.get("price_age", "spot") == 22
    assert results.get("price_age", "card") is None
    spot = api.evaluate(case, ["interruption_share=null"])
    assert spot.get("verdict", "interrupted") == "a spot price needs interruption_share"


PERIODS = "periods: {day: {hours: 8, load: 100 %}, dusk: {hours: 6, load: 50 %}, night: {hours: 10, load: 0}}\n"


def with_profile(case: Path, periods: str = PERIODS) -> Path:
    case.write_text(CASE.replace("request_rate: 1", "peak_rate: 1000").replace("replicas: 2, ", "") + periods)
    return case


def test_replicas_follow_the_load(case: Path) -> None:
    results = api.evaluate(with_profile(case), ["baseline.scale_with_load=true"])
    rate = figure(results, "queries_per_second", "baseline") * 0.8
    peak, dusk = math.ceil(1000 / rate), math.ceil(500 / rate)
    assert peak > dusk > 1
    mean = (8 * peak + 6 * dusk + 10 * 1) / 24
    assert results.get("mean_rate") == pytest.approx(1000 * (8 + 3) / 24)
    assert figure(results, "deployed_replicas", "baseline") == peak
    assert figure(results, "rented_replicas", "baseline") == pytest.approx(mean)
    assert figure(results, "rented_cost", "baseline") == pytest.approx(mean * 4 * 2 * 1.1 * 1.1 * HOURS)
    assert figure(results, "rented_replicas", "owned") == peak or results.get("is_bought", "owned")


def test_a_profile_that_is_no_day(case: Path) -> None:
    results = api.evaluate(with_profile(case, "periods: {day: {hours: 8, load: 100 %}}\n"))
    assert results.get("verdict", "baseline") == "the load profile has 8.0 hours instead of 24"
    assert results.get("feasible_count") == 0


def test_no_load_has_no_cost_per_token(case: Path) -> None:
    results = api.evaluate(case, ["request_rate=0"])
    assert results.get("cost", "baseline") is None
    assert results.get("energy_per_token", "baseline") is None
    assert figure(results, "yearly_cost", "baseline") > 0
    assert results.get("feasible", "baseline") is True


def test_without_a_load_costs_are_those_at_full_capacity(case: Path) -> None:
    results = api.evaluate(case, ["request_rate=null"])
    tokens = 2 * figure(results, "queries_per_second", "baseline") * HOURS * 3600 * 100 / 1e6
    assert figure(results, "utilisation", "baseline") == pytest.approx(100)
    assert figure(results, "cost", "baseline") == pytest.approx(figure(results, "yearly_cost", "baseline") / tokens)


def test_a_budget_and_a_limit_of_devices(case: Path) -> None:
    results = api.evaluate(case, ["budget=100000", "device_limit=8"])
    cost = figure(results, "yearly_cost", "baseline")
    over = 100 * (cost / 100_000 - 1)
    said = f"exceeds the budget: {cost / 1000:.0f} thousand USD a year, {over:.0f} % too much"
    assert results.get("verdict", "baseline") == said
    few = api.evaluate(case, ["device_limit=7"])
    assert few.get("verdict", "baseline") == "needs 8 devices, 7 are allowed"
    assert few.get("worst_excess", "baseline") == pytest.approx(100 / 7)


def test_the_front_is_what_no_other_beats(case: Path) -> None:
    results = api.evaluate(case)
    options = [o for o in results.book.dimensions["option"].names if results.get("feasible_compared", o)]
    known = [o for o in options if results.get("yearly_cost", o) is not None]
    figures = {o: tuple(sign * figure(results, name, o) for name, sign in AXES) for o in known}
    for option in results.book.dimensions["option"].names:
        beaten = option not in known or any(beats(figures[o], figures[option]) for o in known)
        assert results.get("on_front", option) is not beaten, option


AXES = (("yearly_cost", 1), ("request_latency", 1), ("capacity_rate", -1))


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not math.isclose(a, b, rel_tol=1e-12)]
    return bool(pairs) and all(a < b for a, b in pairs)


def test_a_price_needs_a_currency_and_the_scenario_a_date(case: Path) -> None:
    case.write_text(CASE.replace("hourly_price: 2, price_currency: EUR, price_date: 2026-11-01", "hourly_price: 2"))
    with pytest.raises(SpecError) as caught:
        api.evaluate(case)
    said = [problem.message for problem in caught.value.problems]
    assert "price 'rent' has no 'price_currency'" in said
    assert "price 'rent' has no 'price_date'" in said
    case.write_text(CASE.replace("date: 2026-11-23\n", ""))
    with pytest.raises(SpecError, match="a scenario with prices needs a date"):
        api.evaluate(case)


def test_days_are_counted_as_spreadsheets_do() -> None:
    assert day_number("2026-11-23") == 46349
    assert day_number("2026-02-30") is None
    assert day_number("20261123") is None
