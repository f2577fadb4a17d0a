"""Trials, chances and switching values beyond the plain case: own factors, bands by evidence, changes, the outputs."""

from __future__ import annotations

import json
import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.book.build import load_book
from reportgen.cli import app
from reportgen.engine.evaluation import evaluate
from reportgen.errors import SpecError
from reportgen.render.excel.workbook import assemble
from reportgen.study.contest import Contest
from reportgen.study.trials import rebase_trials, trials_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reportgen.book.studies import Robustness
    from reportgen.engine.results import Results

    Lay = Callable[..., Path]

BASELINE = "baseline: {model: Llama-3.1-8B, accelerator: A, price: a, continuous_batching: false}"
OTHER = "other: {accelerator: B, price: b}"
ASKED = "sensitivity: {option: best, drivers: [price]}"
SCENARIO = f"""schema: 1
title: Two offers
date: 2026-11-23
objective: {{minimise: yearly_cost}}
requests: {{only: {{prompt_tokens: 500, output_tokens: 100}}}}
levers: none
accelerators:
  A: {{memory_bandwidth: 3350, memory_usable: 81559, peak_16bit: 989, power_limit: 700, source: made up}}
  B: {{memory_bandwidth: 3000, memory_usable: 81559, peak_16bit: 989, power_limit: 700, source: made up}}
prices:
  a: {{price_accelerator: A, hourly_price: 2.0, price_currency: USD, price_date: 2026-11-01}}
  a2: {{price_accelerator: A, hourly_price: 2.05, price_currency: USD, price_date: 2026-11-01}}
  b: {{price_accelerator: B, hourly_price: 2.6, price_currency: USD, price_date: 2026-11-01}}
options:
  {BASELINE}
  {OTHER}
{ASKED}
"""


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Write the scenario, with some texts in the place of others."""

    def write(*changes: tuple[str, str], name: str = "offers") -> Path:
        text = SCENARIO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def robust(results: Results) -> Robustness:
    assert results.robustness is not None
    return results.robustness


def number(results: Results, name: str, *members: str) -> float:
    value = results.get(name, *members)
    assert isinstance(value, float)
    return value


# --- trials ----------------------------------------------------------------------------------------------------------


def test_trials_of_the_best_option_are_those_of_it_by_name(lay: Lay) -> None:
    dear = ("hourly_price: 2.0,", "hourly_price: 3.0,")  # then the other one is the best
    best = api.evaluate(lay(dear, name="best"))
    named = api.evaluate(lay(dear, ("option: best", "option: other"), name="named"))
    assert best.get("best_option") == "other"
    trials = trials_of(best.book)
    assert trials == ("price_low", "price_high")
    for name, quantity in best.book.quantities.items():
        if quantity.per[:1] == ("option",):
            values, expected = best.plain(name), named.plain(name)
            assert {k: v for k, v in values.items() if k[0] in trials} == {
                k: v for k, v in expected.items() if k[0] in trials
            }, name
    assert {best.book.based_on[trial] for trial in trials} == {"other"}


def test_another_base_leaves_the_first_book_as_it_was(lay: Lay) -> None:
    book = load_book(lay(("hourly_price: 2.0,", "hourly_price: 3.0,")))
    settled = rebase_trials(book)
    assert {book.based_on[trial] for trial in trials_of(book)} == {"baseline"}
    assert evaluate(book).get("accelerator", "price_low") == "A"
    assert evaluate(settled).get("accelerator", "price_low") == "B"
    assert evaluate(settled).get("based_on", "price_high") == "other"
    assert rebase_trials(settled) is settled, "nothing is left to do"
    back = settled.rebased({"price_low", "price_high"}, "baseline")
    assert evaluate(back).plain("yearly_cost") == evaluate(book).plain("yearly_cost")


def test_trials_have_no_place(lay: Lay) -> None:
    results = api.evaluate(lay())
    places = {option: results.get("objective_place", option) for option in results.book.dimensions["option"].names}
    assert places == {"baseline": 1.0, "other": 2.0, "price_low": None, "price_high": None}
    assert results.get("yearly_cost", "price_low") < number(results, "yearly_cost", "baseline")  # type: ignore[operator]
    assert results.get("option_count") == 2
    assert results.get("best_option") == "baseline"


def test_an_end_multiplies_what_the_option_itself_has(lay: Lay) -> None:
    own = (BASELINE, BASELINE.replace("price: a", "price: a, price_factor: 1.2"))
    other = (OTHER, OTHER.replace("price: b", "price: b, price_factor: 1"))
    results = api.sensitivity(lay(own, other), 40_000, 5)
    given = number(results, "given_value", "price")
    assert number(results, "low_value", "price") == pytest.approx(0.7 * given, rel=1e-12)
    assert number(results, "high_value", "price") == pytest.approx(1.3 * given, rel=1e-12)
    (price,) = robust(results).switches
    assert (price.given, price.unit, price.option) == (pytest.approx(2.4), "USD/h", "other")
    assert price.value == pytest.approx(2.6, rel=1e-6)
    # 2.4 and 2.6 USD/h, each from 70 % to 130 %: the other one is cheaper in a triangle of their rectangle
    share = (3.12 - 1.82) ** 2 / 2 / ((3.12 - 1.68) * (3.38 - 1.82))
    assert robust(results).shares["other"] == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 40_000))


def test_a_range_of_ones_own_takes_the_place_of_the_measured_band(lay: Lay) -> None:
    asked = (
        ASKED,
        "sensitivity: {drivers: [decode_band]}\ndimensions: {driver: {rows: {decode_band: {range_high: 3}}}, "
        "engine: {rows: {any: {host_step: 0, host_sequence: 0}}}}",  # the host is not stretched with the device
    )
    results = api.evaluate(lay(asked, ("minimise: yearly_cost", "minimise: tpot")))
    low = number(results, "tpot_ratio_low", "baseline")
    assert results.get("range_low", "decode_band") is None
    assert (results.get("low_factor", "decode_band"), results.get("high_factor", "decode_band")) == (low, 3.0)
    given = number(results, "given_value", "decode_band")
    assert number(results, "low_value", "decode_band") == pytest.approx(low * given, rel=1e-12)
    assert number(results, "high_value", "decode_band") == pytest.approx(3 * given, rel=1e-12)
    assert results.get("first_driver") == "decode_band"


def test_trials_follow_changes(lay: Lay) -> None:
    path, dearer = lay(), ["a.hourly_price=3"]
    assert api.sensitivity(path, 100).get("trial_base", "price") == "baseline"
    changed = api.sensitivity(path, 100, changes=dearer)
    assert changed.get("trial_base", "price") == "other"
    assert changed.get("given_value", "price") == changed.get("yearly_cost", "other")
    assert robust(changed).option == "other"
    assert robust(changed).switches[0].given == pytest.approx(2.6)
    assert "1 input changed" in robust(changed).holds_for


def test_a_library_of_ones_own_may_stretch_another_input(lay: Lay, tmp_path: Path) -> None:
    ours = "  staff: {title: Staff, column: staff_share, low: 0.5, high: 3, input: staff_share}\n"
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "house.yaml").write_text(f"schema: 1\ntitle: Ours\ndrivers:\n{ours}", encoding="utf-8")
    path = lay((BASELINE, BASELINE[:-1] + ", staff_share: 0.2}"), (OTHER, OTHER[:-1] + ", staff_share: 0.1}"),
               (ASKED, "sensitivity: {drivers: [staff]}\ninputs: {staff_salary: 10000}"))  # fmt: skip
    results = api.sensitivity(path, 4000, library=str(folder))
    given = number(results, "yearly_cost", "baseline")
    assert number(results, "low_value", "staff") == pytest.approx(given - 1000)
    assert number(results, "high_value", "staff") == pytest.approx(given + 4000)
    (staff,) = robust(results).switches
    assert (staff.title, staff.given) == ("Staff", 0.2)
    # one factor for both: 0.2 f salaries on the cheaper machine equal 0.1 f on the dearer one
    gap = number(results, "hardware_cost", "other") - number(results, "hardware_cost", "baseline")
    assert staff.value == pytest.approx(0.2 * gap / 1000, rel=1e-6)


# --- chances and switching values ------------------------------------------------------------------------------------


def test_two_log_normal_speeds_win_as_their_medians_say(lay: Lay) -> None:
    path = lay((ASKED, "sensitivity: {drivers: [decode_band]}"), ("minimise: yearly_cost", "minimise: tpot"))
    count = 40_000
    results = api.sensitivity(path, count, 11)
    low, high = (number(results, f"tpot_ratio_{end}", "baseline") for end in ("low", "high"))
    assert (low, high) == tuple(results.get(f"tpot_ratio_{end}", "other") for end in ("low", "high"))
    sigma = math.log(high / low) / (2 * NormalDist().inv_cdf(0.9))
    ratio = number(results, "tpot", "other") / number(results, "tpot", "baseline")
    share = NormalDist().cdf(math.log(ratio) / (math.sqrt(2) * sigma))
    assert 0.5 < share < 0.99
    shares = robust(results).shares
    assert shares["baseline"] == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / count))
    (speed,) = robust(results).switches
    assert (speed.title, speed.option) == ("Time of a decode step (A)", "other")
    assert speed.value == pytest.approx(ratio, rel=1e-6), "as much slower as the other one is"


def test_options_on_the_same_accelerator_share_its_price(lay: Lay) -> None:
    results = api.sensitivity(lay((OTHER, "other: {price: a2}")), 1000)
    assert robust(results).shares == {"baseline": 1.0}
    assert robust(results).switches[0].value is None


def test_each_option_has_the_band_of_its_evidence(lay: Lay) -> None:
    batched = "other: {accelerator: H100-SXM-80GB, price: null, continuous_batching: true, batch: 8}"
    single = "other_h100: {accelerator: H100-SXM-80GB, price: null}"
    asked = (ASKED, "sensitivity: {drivers: [prefill_band]}")
    results = api.evaluate(lay((OTHER, f"{batched}\n  {single}"), asked, ("minimise: yearly_cost", "minimise: ttft")))
    contest, found = Contest.of(results), set()
    for option in contest.options:
        band = tuple(results.get(f"ttft_ratio_{end}", option) for end in ("low", "high"))
        assert contest.ends("prefill_band", option) == band
        found.add(band)
    assert len(found) == 3, "made up, served, and alone"
    evidence = [results.get("evidence", option) for option in ("baseline", "other", "other_h100")]
    assert evidence == ["one_device", "server_low", "one_device"]


def test_samples_and_seed_are_the_scenarios_unless_others_are_given(lay: Lay) -> None:
    path = lay((ASKED, "sensitivity: {drivers: [price], samples: 300, seed: 9}"))
    own, given = api.sensitivity(path), api.sensitivity(path, 500, 2)
    assert (robust(own).samples, robust(own).seed) == (300, 9)
    assert (robust(given).samples, robust(given).seed) == (500, 2)
    assert sum(robust(given).shares.values()) + robust(given).none_feasible == pytest.approx(1)
    with pytest.raises(SpecError, match="samples must be at least 1"):
        api.sensitivity(path, 0)


def test_a_value_at_which_nothing_is_feasible_names_no_option(lay: Lay) -> None:
    results = api.sensitivity(lay(("levers: none", "levers: none\ninputs: {budget: 23000}")), 4000)
    (price,) = robust(results).switches
    # the other one costs 22791 USD a year, and the best one ties with it before it costs 23000
    assert (price.option, price.value) == ("other", pytest.approx(2.6, rel=1e-6))
    tight = api.sensitivity(lay(("levers: none", "levers: none\ninputs: {budget: 20000}")), 4000)
    (price,) = robust(tight).switches
    assert (price.option, price.value) == ("", pytest.approx(20000 / 8766, rel=1e-4))
    assert robust(tight).none_feasible > 0.1


# --- outputs ---------------------------------------------------------------------------------------------------------


def test_the_verb_prints_three_tables(lay: Lay) -> None:
    found = CliRunner().invoke(app, ["sensitivity", str(lay()), "--samples", "500", "--seed", "4"])
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert lines[:2] == [
        "Price of the hardware matters most: cost per year ranges from 12.3 thousand to 22.8 thousand USD.",
        "Inputs of baseline scaled, one at a time",
    ]
    assert any(line.split() == ["Price", "of", "the", "hardware", "x", "0.70", "x", "1.30", "12,272", "17,532",
                                "22,792", "yes"] for line in lines)  # fmt: skip
    assert any(line.split()[-3:] == ["2", "2.6000", "other"] for line in lines)
    assert any(line.startswith("500 samples, seed 4, for the inputs as built (offers, scenario ") for line in lines)


def test_the_verb_as_json(lay: Lay) -> None:
    found = CliRunner().invoke(app, ["sensitivity", str(lay()), "--samples", "500", "--format", "json"])
    data = json.loads(found.stdout)
    assert [row["driver"] for row in data["tornado"]] == ["price"]
    assert data["tornado"][0]["swing_rank"] == 1
    assert data["robustness"]["option"] == "baseline"
    assert data["robustness"]["switches"][0]["option"] == "other"
    assert sum(data["robustness"]["shares"].values()) == pytest.approx(1)


def test_evaluate_is_as_sure_as_the_verb(lay: Lay) -> None:
    """All outputs say how sure the conclusion is, so every evaluation knows the samples; changed inputs have none."""
    path = lay()
    assert api.evaluate(path).robustness == api.sensitivity(path).robustness
    assert api.evaluate(path, ["ttft_target=1 s"]).robustness is None


def test_the_verb_says_where_there_is_no_sensitivity(lay: Lay) -> None:
    found = CliRunner().invoke(app, ["sensitivity", str(lay((ASKED, "")))])
    assert found.exit_code == 2
    assert "the scenario asks for no sensitivity" in found.stderr


def test_the_workbook_keeps_values_with_what_they_hold_for(lay: Lay) -> None:
    asked = (ASKED, "sensitivity: {drivers: [price, load, decode_band], samples: 200}")
    results = api.sensitivity(lay(asked))
    workbook, writer = assemble(results)
    sheet = workbook["Studies"]
    cells = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(1, sheet.max_row + 1)}
    assert cells["None is feasible"] == 0
    assert cells["baseline"] == pytest.approx(100 * robust(results).shares["baseline"])
    said = [text for text in cells if isinstance(text, str)]
    assert any("Values, not formulas: computed for the inputs as built (offers, scenario " in t for t in said)
    assert any("200 samples, seed 1" in text for text in said)
    assert any(text.startswith("=IF(changed_inputs>0,") and "stale" in text for text in said), "a live line"
    assert len(workbook["Sensitivity"]._charts) == 1
    data = writer.values["Chart data"]
    assert results.get("swing_rank", "price") == 1
    assert data["Q3"] == "Price of the hardware (× 0.70 to × 1.30)"
    ends = [number(results, f"{end}_value", "price") for end in ("low", "high")]
    assert [data["R3"], data["S3"], data["T3"]] == pytest.approx(
        [ends[0], number(results, "given_value", "price") - ends[0], ends[1] - number(results, "given_value", "price")]
    )
