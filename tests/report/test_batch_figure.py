"""Throughput against latency over the requests at once: the engine's values, what more bring, room for labels."""

from __future__ import annotations

import copy
import dataclasses
import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.lang.units import parse_unit
from reportgen.render.charts.draw import fill
from reportgen.render.excel.charts.specs import chart_spec
from reportgen.report.figures.batch import batch_figure
from reportgen.report.numbers import amount
from reportgen.report.reading import ResultsReader
from reportgen.report.view import Figure
from tests.render.charts.drawn import check_texts, datasets, figure_frame, results_of, same_bytes_twice


@functools.cache
def figure_of(spec: str, *changes: str) -> Figure:
    figure = batch_figure(ResultsReader(results_of(spec, *changes)))
    assert figure is not None
    return figure


def points(figure: Figure, place: int = 0) -> dict[int, Any]:
    """The points of a line by their requests at once."""
    return {int(str(p["at_once"]).replace(",", "")): p for p in figure.data["points"] if p["line"] == place}


STATIC, OWN = "baseline.continuous_batching=false", "baseline.batch=48"


def most(spec: str, *changes: str) -> int:
    """The most requests that the baseline runs at once."""
    return int(float(str(results_of(spec, *changes).get("most_at_once", "baseline"))))


@pytest.mark.parametrize("clients", [1, 8, 32])
def test_a_point_is_the_server_with_so_many_clients(clients: int) -> None:
    point = points(figure_of("bob"))[clients]
    there = results_of("bob", f"baseline.concurrency={clients}")
    assert point["kind"] == "concurrency"
    assert point["tpot"] == pytest.approx(there.get("tpot", "baseline"))
    assert point["throughput"] == pytest.approx(there.get("throughput", "baseline"))


@pytest.mark.parametrize("batch", [1, 8, 32, 175])
def test_a_point_is_the_option_at_that_static_batch(batch: int) -> None:
    point = points(figure_of("bob", STATIC))[batch]
    there = results_of("bob", STATIC, f"baseline.batch={batch}")
    assert point["kind"] == "batch"
    assert point["tpot"] == pytest.approx(there.get("tpot", "baseline"))
    assert point["throughput"] == pytest.approx(there.get("throughput", "baseline"))


def test_the_second_line_is_what_is_recommended_first() -> None:
    reader, figure = ResultsReader(results_of("bob")), figure_of("bob")
    best = reader.advised[0]
    assert [row["name"] for row in figure.data["lines"]] == [reader.title("option", o) for o in (reader.baseline, best)]
    there = results_of("bob", f"{best}.concurrency=16")
    assert points(figure, 1)[16]["throughput"] == pytest.approx(there.get("throughput", best))


def test_the_sizes_are_powers_of_two_its_own_and_the_largest_that_fits() -> None:
    found = points(figure_of("bob", "tpot_target=absent"))
    sizes = [1, 2, 4, 8, 16, 32, 40, 64, 128, 256, 512, 1024]
    assert list(found) == [size for size in sizes if size < most("bob")] + [most("bob")]
    assert list(points(figure_of("bob", STATIC, "tpot_target=absent")))[-1] == most("bob", STATIC)
    assert results_of("bob", STATIC).get("largest_batch", "baseline") == most("bob", STATIC)
    assert [batch for batch, point in found.items() if point["own"]] == [40]


def test_what_is_configured_is_the_largest_point_and_named() -> None:
    data = datasets(figure_of("bob"))
    sizes = {p["tpot"]: p["size"] for p in data["points"] if p["line"] == 0}
    assert sizes[points(figure_of("bob"))[40]["tpot"]] == max(sizes.values())
    assert "concurrency 40" in [t["text"] for t in data["texts"]]
    assert "batch 48" in [t["text"] for t in datasets(figure_of("bob", STATIC, OWN))["texts"]]


def test_far_beyond_the_target_nothing_is_drawn() -> None:
    figure = figure_of("bob")
    assert max(point["tpot"] for point in points(figure, 1).values()) <= 120
    assert "far beyond the target" in figure.subtitle
    free = figure_of("bob", "tpot_target=absent")
    assert free.data["marks"] == ()
    assert "target" not in free.subtitle + free.title


@pytest.mark.parametrize(
    ("changes", "noun"), [((), "concurrency"), ((STATIC,), "batch")], ids=["server", "static batches"]
)
def test_the_title_says_what_more_at_once_bring(changes: tuple[str, ...], noun: str) -> None:
    changes = (*changes, "tpot_target=absent")
    largest = most("bob", *changes)
    key = "batch" if noun == "batch" else "concurrency"
    there = results_of("bob", *changes, f"baseline.{key}={largest}")
    changes = (*changes, f"baseline.{key}=48")
    own = results_of("bob", *changes)
    flow, token = (
        float(str(there.get(name, "baseline"))) / float(str(own.get(name, "baseline")))
        for name in ("throughput", "tpot")
    )
    assert figure_of("bob", *changes).title == (
        f"A {noun} of {largest} instead of 48 gives {round((flow - 1) * 100)}\u202f% more throughput; "
        f"a token takes {round((token - 1) * 100)}\u202f% longer"
    )


def test_the_title_says_what_keeps_the_target() -> None:
    assert figure_of("alice", "tpot_target=2 ms").title == "No concurrency meets the target of 2\u202fms"
    figure = figure_of("bob", "baseline.concurrency=128")
    misses, meets = figure.title.split("; ")
    assert misses == "A concurrency of 128 misses the target of 60\u202fms"
    (best,) = [size for size in points(figure) if meets == f"one of {size} meets it"]
    assert points(figure)[best]["tpot"] <= 60
    full = figure_of("bob", STATIC, f"baseline.batch={most('bob', STATIC)}")
    assert full.title.startswith("No batch gives more throughput than one of ")
    assert full.title.endswith(" within the target of 60\u202fms")


@pytest.mark.parametrize("spec", ["expert_server", "procurement", "novelists"])
def test_there_is_none_where_the_rate_says_how_many_run(spec: str) -> None:
    assert batch_figure(ResultsReader(results_of(spec))) is None


def test_the_target_is_a_rule_and_one_far_off_is_named() -> None:
    assert datasets(figure_of("bob"))["rules"] == [{"x": 60.0}]
    far = datasets(figure_of("bob", "tpot_target=1 s"))
    assert far["rules"] == []
    assert any(t["text"] == "target 1\u202fs, beyond this axis →" for t in far["texts"])


def test_the_native_chart_still_finds_its_titles_and_axes() -> None:
    spec = chart_spec("batch")
    assert spec.title == "Throughput against latency, over the requests at once"
    assert (spec.x.title, spec.y.title) == ("Time per output token, ms", "Throughput, token/s")
    assert (spec.x.log, spec.y.log) == (False, True)


def test_the_alternative_text_has_every_point() -> None:
    figure, reader = figure_of("bob"), ResultsReader(results_of("bob"))
    for place, option in enumerate((reader.baseline, reader.advised[0])):
        assert f"{reader.title('option', option)}: concurrency 1 " in figure.alt
        for batch, point in points(figure, place).items():
            own = " (as configured)" if point["own"] else ""
            assert f"concurrency {batch:,}{own} {amount(point['tpot'], parse_unit('ms'))}, " in figure.alt
    assert "target 60\u202fms" in figure.alt


def test_there_is_none_without_the_quantities_or_with_a_single_batch() -> None:
    assert batch_figure(ResultsReader(results_of("llm_viewer_operators"))) is None
    results = copy.copy(results_of("bob"))
    kept = {name: q for name, q in results.book.quantities.items() if name != "most_at_once"}
    results.book = dataclasses.replace(results.book, quantities=kept)
    assert batch_figure(ResultsReader(results)) is None
    alone = results_of("alice", "baseline.model=Llama-3.1-405B", "baseline.accelerator=T4")
    assert not ResultsReader(alone).advised
    assert batch_figure(ResultsReader(alone)) is None


@pytest.mark.parametrize("spec", ["alice", "bob", "alice_at_home"])
def test_its_texts_stand_clear(spec: str) -> None:
    figure = figure_of(spec)
    data = datasets(figure)
    check_texts(data["texts"], figure_frame(fill(figure)))
    assert {str(row["name"]) for row in figure.data["lines"]} <= {t["text"] for t in data["texts"]}


steps = st.lists(st.tuples(st.floats(1.02, 2.0), st.floats(1.01, 2.0)), min_size=1, max_size=11)


@given(st.lists(steps, min_size=1, max_size=2), st.none() | st.floats(1.0, 500.0))
def test_any_lines_get_names_and_sizes_that_stand_clear(
    growths: list[list[tuple[float, float]]], target: float | None
) -> None:
    figure = drawn(growths, target)
    data = datasets(figure)
    check_texts(data["texts"], figure_frame(fill(figure)))
    words = [t["text"] for t in data["texts"]]
    assert all(f"The line of option number {i}" in words for i in range(len(growths)))


def drawn(growths: list[list[tuple[float, float]]], target: float | None) -> Figure:
    """Lines on which latency and throughput grow by these factors from batch to batch."""
    rows: list[dict[str, Any]] = []
    for i, growth in enumerate(growths):
        token, flow = 5.0 + 3 * i, 40.0 / (1 + i)
        rows.append({"line": i, "kind": "batch", "at_once": "1", "tpot": token, "throughput": flow, "own": False})
        for n, (slower, more) in enumerate(growth, start=1):
            token, flow = token * slower, flow * more
            size = {"kind": "concurrency", "at_once": str(2**n)}
            rows.append({"line": i, **size, "tpot": token, "throughput": flow, "own": n == 1})
    lines = [{"name": f"The line of option number {i}", "role": ("base", "best")[i]} for i in range(len(growths))]
    marks = () if target is None else ({"value": target, "text": f"target {target:.3g} ms"},)
    return Figure("batch", "", "alt", {"lines": tuple(lines), "points": tuple(rows), "marks": marks})


def test_the_same_lines_are_drawn_to_the_same_bytes() -> None:
    assert same_bytes_twice(figure_of("bob"))
