"""The decode step over the generation: the engine's values, a finding from them, labels that stand clear."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.render.charts.draw import fill
from reportgen.report.figures.generation import generation_figure
from reportgen.report.reading import ResultsReader
from reportgen.report.view import Figure
from tests.render.charts.drawn import check_texts, datasets, figure_frame, results_of, same_bytes_twice


@functools.cache
def figure_of(spec: str, *changes: str) -> Figure:
    figure = generation_figure(ResultsReader(results_of(spec, *changes)))
    assert figure is not None
    return figure


def line(figure: Figure, place: int = 0) -> dict[float, float]:
    """The points of a line: the time of the step by its context."""
    return {float(p["x"]): float(p["y"]) for p in figure.data["points"] if p["line"] == place}  # type: ignore[arg-type]


@pytest.mark.parametrize("place", [0, 6, 24])
def test_a_point_is_the_step_after_a_prompt_of_that_length(place: int) -> None:
    context, step = list(line(figure_of("alice")).items())[place]
    there = results_of("alice", f"chapter.prompt_tokens={context - 1:.0f}", "chapter.output_tokens=2")
    assert step == pytest.approx(there.get("decode_step", "baseline"))


def test_the_step_at_the_mean_context_is_the_mean_step() -> None:
    alice = results_of("alice")
    assert line(figure_of("alice"))[4000 + 12000 / 2] == pytest.approx(alice.get("decode_step", "baseline"))


def test_of_several_classes_the_generations_reach_from_the_shortest_to_the_longest() -> None:
    figure = figure_of("bob")
    contexts = sorted(line(figure))
    assert (contexts[0], contexts[-1]) == (601, 4000 + 400 - 1)
    classes = ("clause_lookup", "case_search", "contract_review")
    there = results_of("bob", *(f"{c}.{key}" for c in classes for key in ("prompt_tokens=4398", "output_tokens=2")))
    option = results_of("bob").plain("advised_option")[("1",)]
    assert line(figure)[4399] == pytest.approx(there.get("decode_step", "baseline"))
    assert line(figure, 1)[4399] == pytest.approx(there.get("decode_step", str(option)))


def test_the_title_says_how_much_longer_the_last_step_takes() -> None:
    steps = list(line(figure_of("alice")).values())
    growth = round((steps[-1] / steps[0] - 1) * 100)
    assert growth > 1
    assert figure_of("alice").title == (
        f"A step takes {growth}\u202f% longer at the end of the generation than at its start"
    )
    short = figure_of("alice", "chapter.output_tokens=20")
    assert short.title == "A step takes as long at the end of the generation as at its start"


def test_lines_are_the_baseline_and_what_is_recommended_first_with_their_ends_in_words() -> None:
    figure, reader = figure_of("alice"), ResultsReader(results_of("alice"))
    titles = [reader.title("option", o) for o in (reader.baseline, *reader.advised[:1])]
    assert [row["name"] for row in figure.data["lines"]] == titles
    assert [row["role"] for row in figure.data["lines"]] == ["base", "best"]
    for place, row in enumerate(figure.data["lines"]):
        steps = list(line(figure, place).values())
        assert (row["first"], row["last"]) == (f"{steps[0]:#.3g}\u202fms", f"{steps[-1]:#.3g}\u202fms")
        assert f"{row['name']} from {row['first']} to {row['last']}" in figure.alt
    assert "4,001 to 15,999\u202ftokens" in figure.alt
    assert "target for time per output token: 50\u202fms" in figure.alt


def test_long_steps_are_drawn_in_the_unit_of_their_texts() -> None:
    figure = figure_of("alice", "baseline.accelerator=T4", "baseline.batch=1", "tpot_target=2 s")
    unit = figure.subtitle.split(", ")[1]
    assert unit == "ms"
    assert figure.data["marks"][0]["value"] == pytest.approx(2000)


def test_the_axis_begins_at_zero_and_holds_the_target() -> None:
    spec = fill(figure_of("bob"))
    params = {p["name"]: p["value"] for p in spec["params"]}
    assert params["y_min"] == 0
    assert params["y_max"] > 60
    assert datasets(figure_of("bob"))["rules"] == [{"y": 60.0}]


def test_a_target_far_above_is_named_and_does_not_press_the_lines_down() -> None:
    figure = figure_of("alice", "tpot_target=2 s")
    data = datasets(figure)
    assert data["rules"] == []
    assert any(t["text"].endswith("2\u202fs, beyond this axis ↑") for t in data["texts"])


def test_without_a_target_there_is_no_rule() -> None:
    figure = figure_of("alice", "tpot_target=absent")
    assert figure.data["marks"] == ()
    assert datasets(figure)["rules"] == []


def test_under_continuous_batching_it_says_that_prefill_comes_on_top() -> None:
    assert "prefill of other requests" in figure_of("expert_server").subtitle
    assert "prefill" not in figure_of("alice").subtitle


def test_under_a_rate_it_says_of_how_many_sequences_the_step_is() -> None:
    count = results_of("expert_server").get("decode_sequences", "baseline")
    assert f"; {count:.0f}\u202fsequences at once;" in figure_of("expert_server").subtitle
    assert "at once" not in figure_of("bob").subtitle


def test_there_is_none_without_a_decode_step_or_with_a_single_one() -> None:
    assert generation_figure(ResultsReader(results_of("llm_viewer_operators"))) is None
    assert generation_figure(ResultsReader(results_of("alice", "chapter.output_tokens=1"))) is None
    assert generation_figure(ResultsReader(results_of("alice", "chapter.output_tokens=2"))) is None


@pytest.mark.parametrize("spec", ["alice", "bob", "expert_server", "procurement", "novelists", "alice_at_home"])
def test_its_texts_stand_clear(spec: str) -> None:
    figure = figure_of(spec)
    check_texts(datasets(figure)["texts"], figure_frame(fill(figure)))


values = st.floats(0.01, 1000)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=2), st.none() | st.floats(0.001, 10000))
def test_any_lines_get_names_and_texts_that_stand_clear(ends: list[tuple[float, float]], target: float | None) -> None:
    figure = drawn(ends, target)
    data = datasets(figure)
    check_texts(data["texts"], figure_frame(fill(figure)))
    words = [t["text"] for t in data["texts"]]
    assert all(f"Line {i}" in words for i in range(len(ends)))


def drawn(ends: list[tuple[float, float]], target: float | None) -> Figure:
    roles = ("base", "best")
    lines = [
        {"name": f"Line {i}", "role": roles[i], "first": f"{a:.3g} ms", "last": f"{b:.3g} ms"}
        for i, (a, b) in enumerate(ends)
    ]
    points: list[dict[str, Any]] = [
        {"line": i, "x": 1000 + 100 * at, "y": a + (b - a) * at / 10}
        for i, (a, b) in enumerate(ends)
        for at in range(11)
    ]
    marks = () if target is None else ({"value": target, "text": f"target {target:.3g} ms"},)
    return Figure("generation", "", "alt", {"lines": tuple(lines), "points": tuple(points), "marks": marks})


def test_the_same_lines_are_drawn_to_the_same_bytes() -> None:
    assert same_bytes_twice(figure_of("alice"))
