"""Charts, formulas and the placing of labels and columns."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.render.charts.draw import fill, render_chart
from reportgen.render.charts.labels import Box, Segment, place, spread
from reportgen.render.charts.plots import ticks
from reportgen.render.charts.text_width import fit, text_width
from reportgen.render.document import DocumentError
from reportgen.render.html.columns import column_layout
from reportgen.render.html.formula import DISPLAY, file_name, render_formula, ship
from reportgen.report.texts import where
from reportgen.report.view import Cell, Column, Figure, Report, Row, Table
from tests.render.document import sample

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = (sample.roofline, sample.options_chart, sample.time_chart, sample.memory_chart)
positions = st.lists(st.floats(0, 300), min_size=1, max_size=8)


@given(positions)
def test_spread_labels_keep_apart_and_inside(wanted: list[float]) -> None:
    placed = sorted(spread(wanted, 25, 0, 300))
    assert all(b - a >= 25 - 1e-6 for a, b in itertools.pairwise(placed))
    assert placed[0] >= -1e-6
    assert placed[-1] <= 300 + 1e-6


def test_labels_far_apart_stay_where_they_are() -> None:
    assert spread([10, 60, 200], 25, 0, 300) == [10, 60, 200]


@given(st.lists(st.tuples(st.floats(10, 390), st.floats(10, 190)), min_size=1, max_size=10))
def test_placed_labels_never_cover_each_other_or_leave_the_plot(points: list[tuple[float, float]]) -> None:
    frame = Box(0, 0, 400, 200)
    placed = [p.box for p in place(points, [(60.0, 12.0)] * len(points), [], frame) if p]
    for i, box in enumerate(placed):
        assert box.outside(frame) < 1e-6
        assert all(box.overlap(other) == 0 for other in placed[i + 1 :])


def test_a_segment_is_measured_inside_a_box() -> None:
    box = Box(0, 0, 10, 10)
    assert Segment(-5, 5, 15, 5).crossing(box) == pytest.approx(10)
    assert Segment(-5, 20, 15, 20).crossing(box) == 0
    assert Segment(5, -5, 5, 5).crossing(box) == pytest.approx(5)


@pytest.mark.parametrize("high", [0.003, 1, 7, 21.7, 100, 320, 1e9])
def test_ticks_are_round_few_and_within(high: float) -> None:
    found = ticks(high)
    assert 2 <= len(found) <= 6
    assert found[-1] <= high * (1 + 1e-9)


def test_long_names_are_shortened_in_the_middle() -> None:
    short = fit("Batch 32, weights to INT8, KV cache to INT8", 100, 10)
    assert short.startswith("Batch")
    assert "…" in short
    assert text_width(short, 10) <= 100


@pytest.mark.parametrize("make", FIGURES)
def test_each_chart_draws_its_texts_and_names_itself(make: Any) -> None:
    figure = make()
    svg = render_chart(figure, "c1")
    assert svg.count("<svg") == 1
    assert re.search(r"<svg[^>]*><title>[^<]+</title>", svg)
    for name in re.findall(r'\bid="([^"]+)"', svg):
        assert name.startswith("c1-")


@pytest.mark.parametrize("make", FIGURES)
def test_the_order_of_drawing_does_not_show(make: Any) -> None:
    first = render_chart(make(), "x")
    render_chart(sample.roofline(), "other")
    from reportgen.render.charts import draw as chart

    chart._svg.cache_clear()
    assert render_chart(make(), "x") == first


def test_coinciding_roofs_have_separate_names() -> None:
    names = fill(sample.roofline())["datasets"]["names"]
    heights = sorted(name["py"] for name in names)
    assert all(b - a >= 24 for a, b in itertools.pairwise(heights))


def test_a_chart_without_alternative_text_or_of_unknown_kind_is_refused() -> None:
    with pytest.raises(DocumentError, match="no alternative text"):
        render_chart(dataclasses.replace(sample.roofline(), alt=" "), "c")
    with pytest.raises(
        DocumentError,
        match="known are batch, costs, front, generation, layer, load, memory, options, payments, roofline",
    ):
        render_chart(Figure("pie", "Pie", "a pie", {}), "c")


def test_empty_charts_are_drawn_empty() -> None:
    for chart in ("options", "time", "memory"):
        assert "<svg" in render_chart(Figure(chart, "Nothing", "nothing", {}), "c")


def test_a_formula_has_its_text_and_no_ids() -> None:
    svg = render_formula(r"\frac{F}{P}", "F over P & more")
    assert "<title>F over P &amp; more</title>" in svg
    assert " id=" not in svg


def test_shipped_pictures_are_used_first(tmp_path: Path) -> None:
    (tmp_path / file_name("x", DISPLAY)).write_text("<svg></svg>", "ascii")
    assert render_formula("x", "x", shipped=tmp_path) == '<svg class="formula"><title>x</title></svg>'
    ship([("y", DISPLAY)], tmp_path)
    assert render_formula("y", "y", shipped=tmp_path) == render_formula("y", "y")


@pytest.mark.parametrize("latex", [r"\frac{a", ""])
def test_broken_formulas_are_refused(latex: str) -> None:
    with pytest.raises(DocumentError, match="formula"):
        render_formula(latex, "something")


def test_a_formula_without_text_is_refused() -> None:
    with pytest.raises(DocumentError, match="read aloud"):
        render_formula("x", "")


@pytest.mark.parametrize("name", ["short", "a name so long that it alone would fill the whole line of the page " * 2])
def test_columns_share_the_whole_width(name: str) -> None:
    columns = (Column("Name"), Column("Value", "ms", "number"), Column("Bar", kind="bar"), Column("Note"))
    rows = (Row((Cell(name, tag="best"), Cell("1,234.5"), Cell("12 %", bar=0.5), Cell("a note"))),)
    widths = [float(width.rstrip("%")) for width in column_layout(Table("t", columns, rows)).widths]
    assert sum(widths) == pytest.approx(100, abs=0.01)
    assert min(widths) > 5


def test_a_row_with_too_few_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="table 't', row 1: 1 cells for 2 columns"):
        Table("t", (Column("a"), Column("b")), (Row((Cell("1"),)),))


def test_where_names_the_path_of_a_text() -> None:
    report: Report = sample.sample()
    assert where(report, "640 FLOP per byte")[0][0] == "sections[1].blocks[1].text"


def test_the_date_is_written_out() -> None:
    assert sample.sample().date_text == "23 November 2026"
