"""What a decision is taken by: recommendations by kind, costs, candidates, the front, and how firm all of it is."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.api import evaluate
from reportgen.book.studies import Found, Point, Robustness, Screened, Searched, Studies, Switch
from reportgen.render.charts.draw import fill, render_chart
from reportgen.render.charts.labels import Box
from reportgen.render.charts.text_width import text_width
from reportgen.render.document.output import html_text, pdf_bytes
from reportgen.report.design import Design
from reportgen.report.numbers import ABSENT
from reportgen.report.outline import report_of
from reportgen.report.reading import ResultsReader
from reportgen.report.sections.cost import parts_figure
from reportgen.report.view import Figure, Paragraph
from tests.report.test_report import HOSTILE, ROOT, figures, same, tables, words

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.engine.results import Results
    from reportgen.report.view import Report, Table

CASE = """\
    schema: 1
    title: Costs
    date: 2026-11-23
    objective: {minimise: yearly_cost}
    requests: {q: {share: 1, prompt_tokens: 1500, output_tokens: 300}}
    inputs:
      {peak_rate: 40, tpot_target: 60 ms, users: 100, api_input_price: 0.5, api_output_price: 1, grid_intensity: 0.4}
    levers: [w8a8, weights_int4, larger_batch, smaller_batch, int4_fewer_devices, more_devices]
    options:
      baseline:
        model: Llama-3.1-70B
        accelerator: H100-SXM-80GB
        tensor_parallel: 4
        batch: 32
        continuous_batching: true
        price: H100-SXM-80GB neocloud 3-year rental 2026-04-03
        other_price: H100-SXM-80GB street rough estimate 2026-mid
      bought: {price: H100-SXM-80GB street rough estimate 2026-mid}
      unpriced: {price: null, other_price: null}
"""
MONEY = ("yearly_cost", "total_cost", "cost_per_query", "cost_per_user", "utilisation")
TOKENS = ("output_cost", "input_cost", "blended_cost", "energy_per_token", "yearly_carbon")


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Results:
    path = tmp_path_factory.mktemp("costs") / "costs.yaml"
    path.write_text(textwrap.dedent(CASE), "utf-8")
    return evaluate(path)


def studied(results: Results, studies: Studies, robustness: Robustness | None = None) -> Results:
    """The same results with other studies beside them."""
    made = type(results)(dataclasses.replace(results.book, studies=studies), results.inputs)
    made.robustness = robustness
    return made


def found(option: str, feasible: int = 3) -> Found:
    cells: dict[str, float | bool | str] = {"tensor_parallel": 4.0, "batch": 48.0, "weight_precision": "fp8"}
    return Found(option, cells, 40, feasible)


def searched(results: Results, *options: Found) -> Studies:
    latency = float(results.get("request_latency", "baseline") or 0)
    front = [Point("baseline", {}, 1e5 * k, latency / k, 2.0 * k) for k in (1, 2, 3)]
    front.append(Point("baseline", {}, None, latency, 1.0))
    return Studies(searched=Searched("yearly_cost", 1234, "these prices", options, tuple(front)))


# --- recommendations ---------------------------------------------------------------------------------------------


def test_the_box_says_why_at_what_risk_and_what_next(costs: Results) -> None:
    box = report_of(costs).recommendation
    said = [costs.get(name, "1") for name in ("advised_why", "advised_risk", "advised_next")]
    assert [(a.lead, a.text) for a in box.aspects] == list(zip(("Why", "Risk", "Next"), said, strict=True))
    assert box.group.lower() == costs.get("advised_group", "1")


@pytest.mark.parametrize("spec", ["alice", "bob"])
def test_recommendations_are_grouped_by_what_they_take(spec: str) -> None:
    results = evaluate(ROOT / "specs" / f"{spec}.yaml")
    words_of = {"setting": "Do now", "quality": "Needs validation", "hardware": "Buy or rent"}
    box = report_of(results).recommendation
    assert box.groups
    for group in box.groups:
        assert {words_of[str(results.get("advised_kind", s.place))] for s in group.steps} == {group.label}
    leads = [g.label for g in box.groups]
    assert len(leads) == len(set(leads))


# --- costs -------------------------------------------------------------------------------------------------------


def rows_of(results: Results, table: Table) -> dict[str, list[str]]:
    names = {results.get("option_title", o): o for o in results.book.dimensions["option"].names}
    return {names[row.cells[0].text]: [c.text for c in row.cells] for row in table.rows}


@pytest.mark.parametrize(("title", "names"), [("What the options cost", MONEY), ("What a token costs", TOKENS)])
def test_the_tables_of_costs_show_the_engines_numbers(costs: Results, title: str, names: tuple[str, ...]) -> None:
    table = tables(report_of(costs))[title]
    heads = {c.title: i for i, c in enumerate(table.columns)}
    rows = rows_of(costs, table)
    assert {"baseline", "bought", "unpriced"} <= set(rows)
    for name, (option, cells) in itertools.product(names, rows.items()):
        quantity = costs.book.quantities[name]
        at = heads[quantity.title]
        value = costs.get(name, option)
        label = quantity.type.unit.label
        same(cells[at], "" if table.columns[at].unit == label else table.columns[at].unit, value, label)  # type: ignore[arg-type]


def test_prices_are_those_that_are_paid_with_provider_and_date(costs: Results) -> None:
    table = tables(report_of(costs))["What the options cost"]
    rows = rows_of(costs, table)
    assert rows["baseline"][2].startswith("1.30\u202fUSD/h [a]")
    assert rows["bought"][2].startswith("30,000\u202fUSD [b]")
    assert rows["unpriced"][2] == ABSENT
    offers = [costs.get("offer_words", option) for option in ("baseline", "bought")]
    assert table.note.startswith(f"[a] {offers[0]}. [b] {offers[1]}.")


def test_what_is_missing_or_not_counted_is_said(costs: Results) -> None:
    report = report_of(costs)
    assert "No price is known for unpriced." in tables(report)["What the options cost"].note
    said = " ".join(b.text for b in report.sections[0].blocks if isinstance(b, Paragraph))
    for name in ("horizon_words", "rent_or_buy_words", "api_words", "age_words", "omitted_words"):
        assert costs.get(name), name
        assert str(costs.get(name)) in said
    assert report.sections[0].title == costs.get("cost_finding")
    assert "staff" in said
    assert "234 days" in said


def test_the_parts_of_a_bar_make_up_the_cost(costs: Results) -> None:
    drawn = figures(report_of(costs))["costs"]
    titles = costs.plain("option_title")
    shown = {str(b["name"]) for b in drawn.data["bars"]}
    for (option,), title in titles.items():
        parts = [float(p["value"] or 0) for p in drawn.data["parts"] if p["bar"] == title]
        if title in shown:
            assert sum(parts) == pytest.approx(costs.get("yearly_cost", option))
    assert drawn.alt.startswith("Cost per year in USD/year: ")


def test_every_option_costs_the_sum_of_its_parts(costs: Results) -> None:
    parts = [n for n in costs.book.quantities if n.startswith("cost_part_")]
    assert len(parts) == 6
    for (option,), cost in costs.plain("yearly_cost").items():
        if cost is None:
            assert all(costs.get(n, option) is None for n in parts)
        else:
            assert sum(float(costs.get(n, option) or 0) for n in parts) == pytest.approx(cost)


def test_money_that_went_in_is_assumed_and_nothing_else(costs: Results) -> None:
    named = {a.name: a for a in report_of(costs).assumptions}
    assert {"Horizon", "Price of electricity", "Power usage effectiveness", "Financing rate"} <= set(named)
    assert named["Price of electricity"].reason == costs.book.quantities["power_price"].source
    assert "Uplift of rents" in named
    assert "Cost of a full-time engineer" in named


def test_without_prices_there_is_nothing_about_money() -> None:
    report = report_of(evaluate(ROOT / "specs" / "alice.yaml"))
    assert not {"costs", "front", "tornado"} & set(figures(report))
    assert not {"What the options cost", "What a token costs"} & set(tables(report))
    assert not any("USD" in a.unit for a in report.assumptions)


def test_one_way_of_paying_needs_no_bars_of_parts() -> None:
    results = evaluate(ROOT / "specs" / "novelists.yaml")
    assert parts_figure(ResultsReader(results)) is None
    first = report_of(results).sections[0]
    assert first.title == results.get("cost_finding")
    assert [b.chart for b in first.blocks if isinstance(b, Figure)] == ["options"]  # the first of them only


# --- candidates and the front ------------------------------------------------------------------------------------


def test_candidates_show_what_was_found(costs: Results) -> None:
    made = studied(costs, searched(costs, found("bought"), found("more_devices")))
    report = report_of(made)
    table = tables(report)["The best configuration of each candidate"]
    heads = {c.title: i for i, c in enumerate(table.columns)}
    rows = rows_of(costs, table)
    assert rows["bought"][heads["Batch"]] == "48"
    assert rows["bought"][heads["Weights"]] == "FP8"
    assert rows["bought"][heads["Feasible of tried"]] == "3 of 40"
    assert rows["bought"][heads["Feasible"]] == "yes"
    same(rows["bought"][heads["Cost per year"]], "", costs.get("yearly_cost", "bought"), "")  # type: ignore[arg-type]
    assert not any(row.cells[0].tag == "nearest" for row in table.rows)
    said = [b.text for s in (*report.sections, *report.appendices) for b in s.blocks if isinstance(b, Paragraph)]
    assert "1,234 configurations were tried. The result holds for: these prices." in said


def test_the_nearest_is_marked_where_nothing_is_feasible(tmp_path: Path) -> None:
    path = tmp_path / "missed.yaml"
    path.write_text(textwrap.dedent(CASE).replace("tpot_target: 60 ms", "tpot_target: 5 ms"), "utf-8")
    results = evaluate(path)
    options = [found(o, feasible=0) for o in ("bought", "smaller_batch", "more_devices")]
    table = tables(report_of(studied(results, searched(results, *options))))["The best configuration of each candidate"]
    excess = {o.option: float(results.get("worst_excess", o.option) or 0) for o in options}
    nearest = min(excess, key=lambda o: excess[o])
    titles = {row.cells[0].text: row for row in table.rows}
    assert titles[str(results.get("option_title", nearest))].cells[0].tag == "nearest"
    assert sum(row.cells[0].tag == "nearest" for row in table.rows) == 1
    at = next(i for i, c in enumerate(table.columns) if c.title == "Furthest over a limit")
    for option, value in excess.items():
        same(titles[str(results.get("option_title", option))].cells[at].text.replace("\u202f%", ""), "", value, "")


def test_the_front_draws_options_and_what_was_searched(costs: Results) -> None:
    drawn = figures(report_of(studied(costs, searched(costs))))["front"]
    points = drawn.data["points"]
    assert sum(p["role"] == "tried" for p in points) == 3  # the one without a cost has no place
    compared = [o for (o,), shown in costs.plain("compared").items() if shown and costs.get("feasible", o)]
    compared = [o for o in compared if costs.get("yearly_cost", o) is not None]
    placed = [p for p in points if p["role"] != "tried"]
    for key, name in (("y", "yearly_cost"), ("x", "request_latency"), ("area", "capacity_rate")):
        drawn_values = sorted(float(p[key] or 0) for p in placed)
        assert drawn_values == pytest.approx(sorted(float(costs.get(name, o) or 0) for o in compared))
    assert "Pareto" in drawn.texts["front"]
    assert drawn.alt


def test_options_on_the_front_are_marked(costs: Results) -> None:
    table = tables(report_of(costs))["The options compared"]
    at = next(i for i, c in enumerate(table.columns) if c.title == costs.book.quantities["on_front"].title)
    for option, cells in rows_of(costs, table).items():
        assert (cells[at] == "yes") is costs.get("on_front", option)


@pytest.mark.parametrize("count", [2, 9, 25])
def test_labels_of_the_front_never_collide(count: int) -> None:
    points = tuple(
        {"label": f"Option number {i}", "x": 1.0 + i % 3 / 50, "y": 100.0 + i % 4, "area": float(i), "role": "front"}
        for i in range(count)
    )
    figure = Figure("front", "t", "a", {"points": points})
    labels = fill(figure)["datasets"]["labels"]
    boxes = [Box(p["px"], p["py"] - 5, p["px"] + text_width(p["text"], 9.6, "semibold"), p["py"] + 5) for p in labels]
    assert boxes
    assert all(a.overlap(b) == 0 for a, b in itertools.combinations(boxes, 2))
    assert "<title>a</title>" in render_chart(figure, "c1")


# --- how firm it is ----------------------------------------------------------------------------------------------

SHAKEN = Robustness(
    "bought", 5000, 7, {"bought": 0.625, "baseline": 0.25}, 0.125,
    (
        Switch("Price of electricity", "USD/kWh", 0.08, 0.31, "baseline", 0.02, 0.4),
        Switch("Horizon", "year", 3, None, "", 1, 6),
        Switch("Load", "query/s", 4, 9.5, "", 1, 40),
    ),
    "independent triangles",
)  # fmt: skip


def test_switching_values_and_shares_are_shown(costs: Results) -> None:
    shown = tables(report_of(studied(costs, Studies(), SHAKEN)))
    switches = [[c.text for c in row.cells] for row in shown["Values at which the decision changes"].rows]
    assert switches[0][:4] == ["Price of electricity", "0.08\u202fUSD/kWh", "0.310\u202fUSD/kWh", "baseline"]
    assert switches[1][2:4] == [ABSENT, "no change in this range"]
    assert switches[2][2:4] == ["9.50\u202fqueries/s", "no option meets every target"]
    shares = shown["How often each option is the best"]
    assert [(r.cells[0].text, r.cells[1].bar) for r in shares.rows] == [
        ("bought", 1.0), ("baseline", 0.4), ("No option meets every target", 0.2),
    ]  # fmt: skip
    assert shares.note == "5,000 samples, seed 7; holds for independent triangles."


@pytest.fixture(scope="module")
def procurement() -> Results:
    return evaluate(ROOT / "specs" / "procurement.yaml")


def test_the_tornado_draws_the_engines_numbers(procurement: Results) -> None:
    report = report_of(procurement)
    drawn = figures(report)["tornado"]
    titles = {procurement.get("driver_title", d): d for d in procurement.book.dimensions["driver"].names}
    drivers = [titles[str(row["name"])] for row in drawn.data["drivers"]]
    assert len(drivers) > 2
    for driver, row in zip(drivers, drawn.data["drivers"], strict=True):
        for end in ("low", "high"):
            assert row[end] == pytest.approx(procurement.get(f"{end}_value", driver))
            factor = procurement.get(f"{end}_factor", driver)
            assert float(str(row[f"{end}_text"]).split(",")[0].removeprefix("× ")) == pytest.approx(factor, rel=1e-3)
            missed = procurement.get(f"{end}_feasible", driver) is False
            assert str(row[f"{end}_text"]).endswith("misses a target") is missed
        assert str(procurement.get("driver_words", driver)) in drawn.alt
    swings = [float(procurement.get("swing", d) or 0) for d in drivers]
    assert swings == sorted(swings, reverse=True)
    (base,) = drawn.data["base"]
    assert base["value"] == pytest.approx(procurement.get("given_value", drivers[0]))
    assert procurement.get("sensitivity_finding") in [s.title for s in report.sections]


def test_a_search_names_candidates_and_its_size(procurement: Results) -> None:
    found_there = procurement.book.studies.searched
    assert found_there is not None
    table = tables(report_of(procurement))["The best configuration of each candidate"]
    assert [row.cells[0].text for row in table.rows] == [
        procurement.get("option_title", f.option) for f in found_there.found
    ]
    out = [f.option for f in found_there.found if not f.feasible]
    assert all(str(procurement.get("verdict", o)) in table.note for o in out)


def test_what_a_lever_left_out_would_bring_is_in_per_cent(tmp_path: Path) -> None:
    text = textwrap.dedent(CASE)
    whole = tmp_path / "whole.yaml"
    whole.write_text(re.sub(r"levers: .*", "levers: all", text), "utf-8")
    left = evaluate(whole).book.studies.screened
    lever = next(s for s in left if s.improvement)
    own = tmp_path / "own.yaml"
    own.write_text(re.sub(r"levers: .*", f"levers: [{lever.lever}]", text), "utf-8")
    assert lever.improvement == pytest.approx(evaluate(own).get("improvement", lever.lever))


def test_levers_without_a_row_are_named_with_the_reason(costs: Results) -> None:
    left = (
        Screened("a", "Kernel fusion", 0.4, "too little"),
        Screened("b", "Drafts", None, "does not run"),
        Screened("c", "Batch", 1.6, "too little"),
    )
    table = tables(report_of(studied(costs, Studies(screened=left))))["Also tried"]
    assert [[c.text for c in r.cells] for r in table.rows] == [
        ["too little", "Kernel fusion (0\u202f%), Batch (+2\u202f%)"], ["does not run", "Drafts"],
    ]  # fmt: skip


def test_the_interaction_of_the_kv_cache_is_said(costs: Results) -> None:
    said = [b.text for s in report_of(costs).appendices for b in s.blocks if isinstance(b, Paragraph)]
    assert costs.get("kv_interaction") in said


def test_a_tornado_names_both_ends_and_keeps_them_apart() -> None:
    drivers = (
        {"name": "Price", "low": 50.0, "high": 180.0, "low_text": "× 0.5", "high_text": "× 2"},
        {"name": "Length", "low": 120.0, "high": 91.0, "low_text": "150 tokens", "high_text": "600 tokens"},
        {"name": "Rate", "low": 95.0, "high": 110.0, "low_text": "× 0.5", "high_text": "× 1.5"},
        {"name": "None", "low": 91.0, "high": None, "low_text": "1", "high_text": "9: not feasible"},
    )
    figure = Figure("tornado", "t", "a", {"drivers": drivers, "base": ({"value": 91.0, "text": "as given: 91"},)})
    spec = fill(figure)
    ends = spec["datasets"]["ends"]
    assert [e["text"] for e in ends] == [d[k] for d in drivers for k in ("low_text", "high_text")]
    for low, high in zip(ends[::2], ends[1::2], strict=True):
        assert {low["align"], high["align"]} == {"left", "right"}
    for end in ends:
        wide = text_width(end["text"], 9.6)
        left = end["tx"] - (wide if end["align"] == "right" else 0)
        assert -1 <= left <= left + wide <= spec["width"] + 1
    assert "× 0.5" in render_chart(figure, "c1")


# --- all of it ---------------------------------------------------------------------------------------------------


def test_hostile_titles_stay_text_on_the_page(tmp_path: Path) -> None:
    text = textwrap.dedent(CASE).replace("      bought: {", "      bought: {title: '<script>alert(1)</script>', ")
    path = tmp_path / "hostile.yaml"
    path.write_text(text.replace("title: Costs", "title: '{{7*7}}'"), "utf-8")
    results = evaluate(path)
    left = tuple(Screened(f"s{i}", title, None, title) for i, title in enumerate(HOSTILE))
    studies = dataclasses.replace(searched(results, found("bought")), screened=left)
    page = html_text(studied(results, studies, SHAKEN))
    assert "<script" not in page
    assert "{{7*7}}" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_pdf_holds_every_new_part(costs: Results, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    left = (Screened("a", "Kernel fusion", 0.4, "too little"),)
    studies = dataclasses.replace(searched(costs, found("bought")), screened=left)
    made = studied(costs, studies, SHAKEN)
    text = re.sub(r"\W", "", words(pdf_bytes(made, b"PK"), tmp_path))
    for table in tables(report_of(made)).values():
        for part in (table.title, *(c.text for row in table.rows for c in row.cells[:1])):
            assert re.sub(r"\W", "", part) in text, part


def headings(report: Report) -> list[str]:
    return [s.title for s in report.sections]


def test_money_comes_first_where_there_is_money(costs: Results) -> None:
    found_first = headings(report_of(costs))
    assert found_first[:2] == [costs.get(n) for n in ("cost_finding", "time_finding")]


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_contents_stand_before_the_first_section(paper: Any, procurement: Results) -> None:
    for results in (procurement, evaluate(ROOT / "specs" / "bob.yaml")):
        page = html_text(results, Design(paper=paper))
        assert page.index('aria-label="Contents"') < page.index('id="section-1"')
        assert page.count('aria-label="Contents"') == 1


def test_memory_is_shown_of_the_two_options_spoken_of(procurement: Results) -> None:
    drawn = figures(report_of(procurement))["memory"]
    bold = [bar["name"] for bar in drawn.data["bars"] if bar["strong"]]
    assert bold == ["Today's A100s", procurement.get("option_title", str(procurement.get("best_advised")))]
