"""Results in the currency that a scenario names, against a case worked by hand and the same case in US dollars."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from reportgen import api
from reportgen.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.engine.results import Results

HOURS = 365.25 * 24  # of a year
RATE = 1.25

CASE = """
schema: 1
title: Renting and owning
date: 2026-11-23
{currency}
requests: {{only: {{prompt_tokens: 400, output_tokens: 100}}}}
levers: none
currencies:
  EUR: {{exchange_rate: 1.25, rate_date: 2026-11-20, source: made up}}
  GBP: {{exchange_rate: 1.5, rate_date: 2026-11-20, source: made up}}
prices:
  rent: {{price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: EUR, price_date: 2026-11-01}}
  dollars: {{price_accelerator: H100-SXM-80GB, hourly_price: 3, price_currency: USD, price_date: 2026-11-01}}
  pounds: {{price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: GBP, price_date: 2026-11-01}}
  francs: {{price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: CHF, price_date: 2026-11-01}}
  card: {{price_accelerator: H100-SXM-80GB, purchase_price: 30000, price_currency: EUR, price_date: 2026-11-01}}
objective: {{minimise: yearly_cost}}
inputs:
  request_rate: 1
  power_floor: 100 %  # always at full power
  idle_power_share: 100 %
  pue: 1.3
  users: 100
  {inputs}
options:
  baseline: {{model: Llama-3.1-8B, accelerator: H100-SXM-80GB, tensor_parallel: 4, replicas: 2, batch: 8, price: rent}}
  dollars: {{price: dollars}}
  pounds: {{price: pounds}}
  francs: {{price: francs}}
  owned: {{price: card, staff_share: 0.5}}
"""
EUROS = "staff_salary: 80k\n  hosting_price: 100\n  api_input_price: 1\n  api_output_price: 2\n  budget: 0.5 MEUR/year"
DOLLARS = "staff_salary: 100k\n  hosting_price: 125\n  api_input_price: 1.25\n  api_output_price: 2.5\n  budget: 625k"


def case_in(folder: Path, currency: str = "currency: EUR", inputs: str = EUROS) -> Path:
    path = folder / "case.yaml"
    path.write_text(CASE.format(currency=currency, inputs=inputs), encoding="utf-8")
    return path


def figure(results: Results, name: str, *key: str) -> float:
    value = results.get(name, *key)
    assert isinstance(value, float), (name, key, value)
    return value


def test_prices_in_any_currency_become_euros(tmp_path: Path) -> None:
    results = api.evaluate(case_in(tmp_path))
    assert figure(results, "rent_hourly", "baseline") == 2
    assert figure(results, "rent_hourly", "dollars") == pytest.approx(3 / RATE)
    assert figure(results, "rent_hourly", "pounds") == pytest.approx(2 * 1.5 / RATE)
    assert results.get("rent_hourly", "francs") is None, "francs have no rate"
    assert figure(results, "yearly_cost", "baseline") == pytest.approx(8 * 2 * HOURS)
    assert results.book.quantities["yearly_cost"].type.unit.label == "EUR/year"
    assert results.book.quantities["cost_per_user"].type.unit.label == "EUR/user/month"
    assert figure(results, "cost_per_user", "baseline") == pytest.approx(16 * HOURS / 100 / 12)


def test_inputs_are_in_euros_and_defaults_of_the_library_are_converted(tmp_path: Path) -> None:
    results = api.evaluate(case_in(tmp_path))
    assert figure(results, "staff_cost", "owned") == 40_000
    assert figure(results, "budget") == 500_000
    assert figure(results, "listed_power_price") == 0.08
    assert figure(results, "power_price") == pytest.approx(0.08 / RATE)
    power = 8 * 0.7 * 1.82 * 1.3
    assert figure(results, "power_cost", "owned") == pytest.approx(power * HOURS * 0.08 / RATE)
    given = api.evaluate(case_in(tmp_path, inputs=f"{EUROS}\n  power_price: 0.2"))
    assert figure(given, "power_cost", "owned") == pytest.approx(power * HOURS * 0.2)
    assert "listed_power_price" not in given.book.quantities
    changed = api.evaluate(case_in(tmp_path), ["power_price=0.3"])
    assert figure(changed, "power_price") == 0.3


def test_sentences_say_euros_and_the_rate_with_its_date(tmp_path: Path) -> None:
    results = api.evaluate(case_in(tmp_path))
    token = 16 / 0.36  # 16 EUR and 0.36 million tokens an hour
    assert results.get("cost_claim", "baseline") == (
        f"Renting 8 H100-SXM-80GB costs 140 thousand EUR a year, {token:.2f} EUR per million output tokens"
    )
    assert results.get("exchange_words") == "Converted at 1.2500 USD for 1 EUR (2026-11-20)."
    texts = [
        str(v)
        for n, q in results.book.quantities.items()
        if q.type.kind == "text" and n not in ("price_date", "provider", "terms", "exchange_words")
        for v in results.plain(n).values()
    ]
    assert not [text for text in texts if "USD" in text and "EUR" not in text and text != "USD"]


def test_in_dollars_and_in_euros_the_same_is_recommended_and_money_differs_by_the_rate(tmp_path: Path) -> None:
    euros = api.evaluate(case_in(tmp_path))
    dollars = api.evaluate(case_in(tmp_path, "", DOLLARS))
    assert euros.get("recommended_option") == dollars.get("recommended_option")
    assert euros.get("report_title") == dollars.get("report_title")
    compared = 0
    for name, quantity in dollars.book.quantities.items():
        unit, other = quantity.type.unit, euros.book.quantities[name].type.unit
        plain = quantity.input or name in ("large_cost", "unpriced", "objective_one", "exchange_rate", "front_cost")
        if quantity.type.kind != "number" or not unit.money or plain:
            continue
        assert other.label == unit.label.replace("USD", "EUR"), name
        theirs = euros.plain(name)
        for key, value in dollars.plain(name).items():
            assert (value is None) == (theirs[key] is None), (name, key)
            if isinstance(value, float):
                assert math.isclose(value, theirs[key] * RATE, rel_tol=1e-9, abs_tol=1e-9), (name, key)
                compared += 1
    assert compared > 100


def test_another_rate_changes_what_was_in_dollars_only(tmp_path: Path) -> None:
    results = api.evaluate(case_in(tmp_path), ["EUR.exchange_rate=1"])
    assert figure(results, "rent_hourly", "baseline") == 2
    assert figure(results, "rent_hourly", "dollars") == 3
    assert figure(results, "power_price") == 0.08


@pytest.mark.parametrize("currency", ["", "currency: USD", "currency: usd"])
def test_without_a_currency_or_with_dollars_all_is_as_before(tmp_path: Path, currency: str) -> None:
    results = api.evaluate(case_in(tmp_path, currency, DOLLARS))
    assert "report_currency" not in results.book.quantities
    assert results.book.quantities["yearly_cost"].type.unit.label == "USD/year"
    with pytest.raises(SpecError, match=r"unknown unit 'EUR/year'(.|\n)*write it in USD/year"):
        api.evaluate(case_in(tmp_path, currency, "budget: 1 EUR/year"))


def test_inputs_of_a_users_library_are_in_dollars(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "house.yaml").write_text("schema: 1\ninputs: {power_price: 0.25, staff_salary: 100000}\n")
    results = api.evaluate(case_in(tmp_path, inputs="hosting_price: 100"), library=own)
    assert figure(results, "power_price") == pytest.approx(0.25 / RATE)
    assert figure(results, "staff_cost", "owned") == pytest.approx(50_000 / RATE)
    (own / "house.yaml").write_text(
        "schema: 1\nquantities: {fee: {unit: USD, per: [accelerator], by: accelerator, input: true, optional: true}}\n"
    )
    (own / "accelerators.csv").write_text("name,fee\nH100-SXM-80GB,5\n")
    with pytest.raises(SpecError, match="'fee' is in USD here and is not converted"):
        api.evaluate(case_in(tmp_path), library=own)
