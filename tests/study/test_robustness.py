"""How firmly a decision stands: trials against changed inputs, chances against closed forms, exact switching values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from reportgen import api
from reportgen.errors import SpecError

if TYPE_CHECKING:
    from pathlib import Path

OFFERS = """
schema: 1
title: Twins
date: 2026-11-23
objective: {minimise: yearly_cost}
requests: {only: {prompt_tokens: 500, output_tokens: 100}}
levers: none
accelerators:
  A: {memory_bandwidth: 3350, memory_usable: 81559, peak_16bit: 989, power_limit: 700, source: made up}
  B: {memory_bandwidth: 3350, memory_usable: 81559, peak_16bit: 989, power_limit: 700, source: made up}
prices:
  a: {price_accelerator: A, hourly_price: 2.0, price_currency: USD, price_date: 2026-11-01}
"""
"""The beginning of a scenario: two accelerators that differ in name only, and the price of the first."""

TWINS = (
    OFFERS
    + """\
  b: {price_accelerator: B, hourly_price: 2.2, price_currency: USD, price_date: 2026-11-01}
options:
  baseline: {model: Llama-3.1-8B, accelerator: A, price: a}
  other: {accelerator: B, price: b}
"""
)
SENSITIVITY = "sensitivity: {option: best, drivers: [price, load, prompt, decode_band]}\n"


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    path = tmp_path / "twins.yaml"
    path.write_text(TWINS + SENSITIVITY)
    return path


def test_the_share_of_the_cheaper_twin_is_that_of_two_uniform_prices(twins: Path) -> None:
    # a is uniform from 1.40 to 2.60, b from 1.54 to 2.86: b is the cheaper one in a triangle of their rectangle
    dearer = (2.60 - 1.54) ** 2 / 2 / ((2.60 - 1.40) * (2.86 - 1.54))
    assert dearer == pytest.approx(0.3547, abs=1e-4)
    count = 40_000
    found = api.sensitivity(twins, count, 3).robustness
    assert found is not None
    sigma = math.sqrt(dearer * (1 - dearer) / count)
    assert found.shares["baseline"] == pytest.approx(1 - dearer, abs=4 * sigma)
    assert sum(found.shares.values()) + found.none_feasible == pytest.approx(1)
    assert found.option == "baseline"


def test_a_seed_repeats_and_another_differs(twins: Path) -> None:
    one, same, other = (api.sensitivity(twins, 2000, seed).robustness for seed in (5, 5, 6))
    assert one == same
    assert one is not None
    assert other is not None
    assert one.shares != other.shares


def test_what_is_common_to_all_changes_nothing(twins: Path) -> None:
    twins.write_text(TWINS + SENSITIVITY.replace("price, load, prompt, decode_band", "load"))
    found = api.sensitivity(twins, 500).robustness
    assert found is not None
    assert found.shares == {"baseline": 1.0}


def test_the_price_at_which_the_twins_tie(twins: Path) -> None:
    found = api.sensitivity(twins, 100).robustness
    assert found is not None
    price, load, prompt, speed = found.switches
    assert (price.given, price.unit, price.option) == (2.0, "USD/h", "other")
    assert price.value == pytest.approx(2.2, rel=1e-6)
    assert (load.value, prompt.value, speed.value) == (None, None, None), "they weigh on both alike"


def test_the_load_from_which_a_second_replica_is_needed(twins: Path) -> None:
    """The dearer twin has more capacity: it is the best as long as the load takes two of the cheaper one."""
    text = TWINS.replace("B: {memory_bandwidth: 3350", "B: {memory_bandwidth: 9000")
    twins.write_text(
        text + "inputs: {peak_rate: 48}\n" + SENSITIVITY.replace("price, load, prompt, decode_band", "load")
    )
    results = api.sensitivity(twins, 100)
    rate = results.get("queries_per_second", "baseline")
    assert isinstance(rate, float)
    assert results.robustness is not None
    (load,) = results.robustness.switches
    assert load.value == pytest.approx(0.8 * rate, rel=1e-6), "with the head-room of 20 % free"
    assert load.option == "baseline"


@pytest.mark.parametrize("driver", ["price", "load", "prompt", "output", "prefill_band", "decode_band", "electricity"])
def test_a_trial_is_the_best_option_with_one_input_stretched(driver: str) -> None:
    spec = "specs/procurement.yaml"
    results = api.evaluate(spec)
    best, column = results.get("best_option"), COLUMNS[driver]
    for end in ("low", "high"):
        factor = results.get(f"{end}_factor", driver)
        changed = api.evaluate(spec, [f"{best}.{column}={factor!r}"])
        for name in ("yearly_cost", "ttft", "tpot", "verdict", "energy_per_token", "devices"):
            trial = results.get(name, f"{driver}_{end}")
            expected = changed.get(name, str(best))
            assert trial == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected), name
        assert results.get(f"{end}_value", driver) == results.get("yearly_cost", f"{driver}_{end}")
    assert not results.get("compared", f"{driver}_low"), "a trial is not ranked"
    assert results.get("advice", f"{driver}_low") == ""


COLUMNS = {
    "price": "price_factor", "load": "load_factor", "prompt": "prompt_factor", "output": "output_factor",
    "prefill_band": "prefill_factor", "decode_band": "decode_factor", "electricity": "electricity_factor",
}  # fmt: skip


def test_trials_follow_the_range_and_a_named_option(twins: Path) -> None:
    twins.write_text(
        TWINS + "sensitivity: {option: other, drivers: [price]}\n"
        "dimensions: {driver: {rows: {price: {range_low: 0.5}}}}\n"
    )
    results = api.evaluate(twins)
    given = results.get("yearly_cost", "other")
    assert isinstance(given, float)
    assert results.get("low_value", "price") == pytest.approx(0.5 * given)
    assert results.get("high_value", "price") == pytest.approx(1.3 * given)
    assert results.get("swing", "price") == pytest.approx(0.8 * given)


def test_nothing_feasible_has_no_robustness(twins: Path) -> None:
    results = api.sensitivity(twins, 100, changes=["budget=1"])
    assert results.robustness is None


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("sensitivity: {option: third}\n", "unknown option 'third'"),
        ("sensitivity: {drivers: [prices]}\n", "unknown sensitivity input 'prices'"),
        ("sensitivity: {samples: 10}\n", "samples"),
        ("", "the scenario asks for no sensitivity"),
    ],
)
def test_mistakes(twins: Path, section: str, words: str) -> None:
    twins.write_text(TWINS + section)
    with pytest.raises(SpecError) as caught:
        api.sensitivity(twins)
    assert words in str(caught.value)
