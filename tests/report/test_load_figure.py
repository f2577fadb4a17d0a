"""Latency over the request rate: the engine's values, a finding from the library, marks where they should stand."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.render.charts.draw import fill
from reportgen.report.figures.load import load_figure, load_table
from reportgen.report.outline import report_of
from reportgen.report.reading import ResultsReader
from reportgen.report.view import Figure, Table
from tests.render.charts.drawn import check_texts, datasets, figure_frame, results_of, same_bytes_twice

RATED = ["expert_server", "procurement", "novelists"]
ALONE = ("peak_rate=absent",)


@functools.cache
def figure_of(spec: str, *changes: str) -> Figure:
    figure = load_figure(ResultsReader(results_of(spec, *changes)))
    assert figure is not None
    return figure


def table_of(spec: str, *changes: str) -> Table:
    table = load_table(ResultsReader(results_of(spec, *changes)))
    assert table is not None
    return table


def number(spec: str, name: str, *members: str, changes: tuple[str, ...] = ()) -> float:
    return float(str(results_of(spec, *changes).get(name, *members)))


def test_the_points_are_the_curve_of_loads() -> None:
    results, figure = results_of("expert_server"), figure_of("expert_server")
    names = results.book.dimensions["load_curve"].names
    for place, option in enumerate(("baseline", ResultsReader(results).advised[0])):
        points = [p for p in figure.data["points"] if p["line"] == place]
        for key, name in (("x", "curve_rate"), ("ttft", "curve_ttft_in_time"), ("tpot", "curve_tpot")):
            assert [p[key] for p in points] == pytest.approx([results.get(name, option, n) for n in names])


def test_the_latency_at_the_rate_as_given_lies_on_the_curve() -> None:
    figure = figure_of("expert_server")
    for place, now in enumerate(figure.data["now"]):
        rate = float(now["x"])  # type: ignore[arg-type]
        points: list[Any] = [p for p in figure.data["points"] if p["line"] == place]
        below = max((p for p in points if p["x"] <= rate), key=lambda p: p["x"])
        above = min((p for p in points if p["x"] >= rate), key=lambda p: p["x"])
        for key in ("ttft", "tpot"):
            assert below[key] * 0.98 <= float(now[key]) <= above[key] * 1.02  # type: ignore[arg-type]


def test_at_95_per_cent_the_curve_is_that_of_the_95th_percentile() -> None:
    results = results_of("expert_server", "ttft_percentile=95 %")
    names = results.book.dimensions["load_curve"].names
    found, wanted = ([results.get(n, "baseline", p) for p in names] for n in ("curve_ttft_in_time", "curve_ttft_p95"))
    assert found == pytest.approx(wanted, rel=2e-3)
    assert results.get("ttft_in_time", "baseline") == pytest.approx(results.get("ttft_p95", "baseline"), rel=2e-3)


def test_lines_carry_their_rates() -> None:
    results, figure = results_of("expert_server"), figure_of("expert_server")
    options = ("baseline", ResultsReader(results).advised[0])
    keys = (("given", "replica_rate"), ("reach", "target_rate"), ("capacity", "replica_capacity"))
    for option, line in zip(options, figure.data["lines"], strict=True):
        assert [line[key] for key, _ in keys] == [results.get(name, option) for _, name in keys]
        assert line["rough"] == pytest.approx(0.9 * float(str(results.get("replica_capacity", option))))


def test_rules_stand_at_the_rates_and_the_shade_ends_at_the_capacity() -> None:
    figure, data = figure_of("expert_server"), datasets(figure_of("expert_server"))
    scale = data["bands"][0]["px2"] / float(figure.data["lines"][0]["capacity"])  # type: ignore[arg-type]
    for line, band in zip(figure.data["lines"], data["bands"], strict=False):
        assert band["px"] == pytest.approx(0.9 * band["px2"])
        for key in ("given", "reach", "capacity"):
            x = float(line[key]) * scale  # type: ignore[arg-type]
            assert any(r["px"] == r["px2"] == pytest.approx(x) and r["py"] >= 0 for r in data["rules"]), key


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ((), "“{name}” uses {load} % of its capacity at 2 requests a second; the targets hold up to {reach}"),
        (
            ("ttft_target=absent", "tpot_target=absent"),
            "“{name}” uses {load} % of its capacity at 2 requests a second; up to {reach} it stays below 90 %",
        ),
    ],
)
def test_the_title_says_how_near_the_capacity_is(changes: tuple[str, ...], title: str) -> None:
    reader = ResultsReader(results_of("expert_server", *changes))
    best = reader.advised[0]
    load, reach = (number("expert_server", n, best, changes=changes) for n in ("load_share", "target_rate"))
    said = title.format(name=reader.title("option", best), load=f"{load:.0f}", reach=f"{reach:.1f}")
    assert figure_of("expert_server", *changes).title.startswith(said)


def test_of_several_replicas_it_says_what_each_gets() -> None:
    found = str(results_of("expert_server").get("load_finding", "baseline"))
    replicas = number("expert_server", "deployed_replicas", "baseline")
    assert found.startswith("The baseline uses ")
    assert f"of its capacity at 1 request a second on each of {replicas:.0f} replicas; " in found


def test_an_overloaded_option_has_no_point_but_a_rule() -> None:
    changes = ("request_rate=7", *ALONE)
    figure = figure_of("expert_server", *changes)
    assert results_of("expert_server", *changes).get("overloaded", "baseline") is True
    assert [now["line"] for now in figure.data["now"]] == [1]
    far = datasets(figure_of("expert_server", "request_rate=60", *ALONE))["texts"]
    assert any(t["text"] == "60 as given →" for t in far)


def test_a_rate_that_no_target_allows_has_no_mark() -> None:
    figure = figure_of("expert_server", "tpot_target=1 ms")
    assert "no rate meets every target" in figure.title
    assert not any("within the targets" in t["text"] for t in datasets(figure)["texts"])


def test_targets_are_rules_and_those_far_off_are_named() -> None:
    words = [t["text"] for t in datasets(figure_of("expert_server"))["texts"]]
    assert {"target 4\u202fs", "target 60\u202fms"} <= set(words)
    far = [t["text"] for t in datasets(figure_of("expert_server", "tpot_target=9 s"))["texts"]]
    assert "target 9\u202fs, beyond this axis ↑" in far
    free = figure_of("expert_server", "ttft_target=absent", "tpot_target=absent")
    assert free.data["marks"] == ()


def test_the_panel_says_which_percentile_it_shows() -> None:
    assert figure_of("expert_server").data["panels"][0]["title"] == ("TTFT that 90 % of the requests stay within, ms")
    other = figure_of("expert_server", "ttft_percentile=99 %")
    assert str(other.data["panels"][0]["title"]).startswith("TTFT that 99 % of the requests")


@pytest.mark.parametrize("spec", ["alice", "bob", "llm_viewer_operators"])
def test_there_is_none_without_a_rate(spec: str) -> None:
    assert load_figure(ResultsReader(results_of(spec))) is None


def test_clients_in_a_closed_loop_and_static_batches_have_no_curve() -> None:
    for change in ("baseline.concurrency=8", "baseline.continuous_batching=false"):
        reader = ResultsReader(results_of("expert_server", change))
        assert load_figure(reader) is None or reader.advised


def test_the_table_has_the_baseline_and_what_is_recommended() -> None:
    results, table = results_of("expert_server"), table_of("expert_server")
    reader = ResultsReader(results)
    assert [row.cells[0].text for row in table.rows] == [
        reader.title("option", o) for o in dict.fromkeys(("baseline", *reader.advised[:3]))
    ]
    titles = [c.title for c in table.columns]
    for name in ("load_share", "ttft", "ttft_p95", "ttft_p99", "tpot_p95", "target_rate", "deployed_replicas"):
        assert results.book.quantities[name].title in titles


def test_without_a_rate_the_table_is_of_clients() -> None:
    results, table = results_of("bob"), table_of("bob")
    titles = [c.title for c in table.columns]
    assert titles[1] == results.book.quantities["at_once"].title
    assert table.rows[0].cells[1].text == "40"
    assert load_table(ResultsReader(results_of("alice"))) is None
    assert load_table(ResultsReader(results_of("llm_viewer_operators"))) is None


def test_the_first_page_warns() -> None:
    full = results_of("bob", "request_rate=5.0", "baseline.concurrency=absent")
    assert full.get("nearly_full", "baseline") is True
    assert report_of(full).recommendation.warning == full.get("load_warning")
    assert "waits are rough" in str(full.get("load_warning"))
    over = results_of("expert_server", "request_rate=7", *ALONE)
    share = float(str(over.get("failing_share", "baseline")))
    assert report_of(over).recommendation.warning == (
        f"The baseline is overloaded at 7 requests a second: {share:.0f} % of the requests fail."
    )
    assert report_of(results_of("expert_server")).recommendation.warning == ""
    assert report_of(results_of("bob")).recommendation.warning == ""


@pytest.mark.parametrize("spec", RATED)
@pytest.mark.parametrize("changes", [(), ("request_rate=0.1",), ("request_rate=40", *ALONE)])
def test_its_texts_stand_clear(spec: str, changes: tuple[str, ...]) -> None:
    figure = load_figure(ResultsReader(results_of(spec, *changes)))
    if figure is not None:
        check_texts(datasets(figure)["texts"], figure_frame(fill(figure)))


lines = st.lists(
    st.tuples(st.floats(0.01, 500), st.floats(0.0, 3.0), st.floats(0.0, 0.9), st.floats(1.0, 1e5), st.floats(1.0, 100)),
    min_size=1, max_size=2,
)  # fmt: skip


@given(lines, st.none() | st.floats(1.0, 1e6), st.none() | st.floats(1.0, 1e4))
def test_any_lines_are_drawn_with_texts_that_stand_clear(
    curves: list[tuple[float, float, float, float, float]], first: float | None, token: float | None
) -> None:
    figure = drawn(curves, first, token)
    check_texts(datasets(figure)["texts"], figure_frame(fill(figure)))


def drawn(curves: list[tuple[float, float, float, float, float]], first: float | None, token: float | None) -> Figure:
    """Lines with these capacities, loads, shares within the targets, and latencies at their ends."""
    rows: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for i, (capacity, load, reach, wait, step) in enumerate(curves):
        rates = {"given": capacity * load, "reach": capacity * reach, "rough": 0.9 * capacity, "capacity": capacity}
        texts = {f"{key}_text": f"{rate:.3g} {key} in words" for key, rate in rates.items()}
        rows.append({"name": f"The line of option {i}", "role": ("base", "best")[i], **rates, **texts})
        points += [
            {"line": i, "x": capacity * at / 10, "ttft": 1 + wait * (at / 10) ** 8, "tpot": step * at / 10}
            for at in range(1, 11)
        ]
    marks = [
        {"panel": key, "value": value, "text": f"target {value:.3g} ms"}
        for key, value in (("ttft", first), ("tpot", token))
        if value is not None
    ]
    panels = ({"key": "ttft", "title": "TTFT, ms"}, {"key": "tpot", "title": "TPOT, ms"})
    data = {"lines": tuple(rows), "points": tuple(points), "now": (), "panels": panels, "marks": tuple(marks)}
    return Figure("load", "", "alt", data, texts={"x_title": "Requests per second →"})


def test_the_same_lines_are_drawn_to_the_same_bytes() -> None:
    assert same_bytes_twice(figure_of("expert_server"))
