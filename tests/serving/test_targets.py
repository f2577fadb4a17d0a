"""The largest rate within the targets, the replicas for a peak, and what a scenario without a rate leaves out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import assemble
from reportgen.study.prepare import prepared_book
from tests.parity.workbooks import formula_cells
from tests.serving.servers import Figures, book_of, drawn, inputs_of

SPECS = Path(__file__).parents[2] / "specs"


def largest(book, inputs, count: int, full: np.ndarray) -> np.ndarray:
    """The largest rate that meets the targets below the usable share, by bisection on the engine."""
    low, high = np.zeros(count), full.copy()
    for _ in range(16):
        middle = (low + high) / 2
        found = Figures(book, inputs | {("request_rate", ()): middle}, count)
        met = (found("meets_ttft") > 0) & (found("meets_tpot") > 0) & (found("load_share") <= 90)
        low, high = np.where(met[:, 0], middle, low), np.where(met[:, 0], high, middle)
    return low


@pytest.mark.parametrize("classes", [1, 3])
def test_the_largest_rate_within_the_targets_is_that_of_a_bisection(classes):
    """Exact at the loads of the curve; between them on a straight line, which is at most a little too low."""
    book, count = book_of(classes), 150
    made = drawn(book, count, 1)
    inputs = inputs_of(book, made)
    found = Figures(book, inputs, count)
    inputs["ttft_target", ()] = 1e3 * (5 * found("single_prefill")[:, 0] + 0.3)
    inputs["tpot_target", ()] = 1e3 * np.where(np.arange(count) % 2, 0.8, 3) * found("full_step")[:, 0]
    full = found("full_rate")[:, 0]
    rate = Figures(book, inputs | {("request_rate", ()): 0.5 * full}, count)("target_rate")[:, 0]
    exact = largest(book, inputs, count, full)
    asked = (found("valid")[:, 0] > 0) & (found("slots")[:, 0] >= 48) & (exact > 0.01 * full)
    errors = rate[asked] / exact[asked] - 1
    assert len(errors) > 50
    assert errors.max() < 0.03
    assert abs(np.median(errors)) < 0.01
    assert np.quantile(errors, 0.1) > -0.05
    assert errors.min() > -0.15


def test_replicas_for_a_peak_leave_the_head_room_free():
    book = prepared_book(SPECS / "expert_server.yaml")
    results = evaluate(book, {("peak_rate", ()): 60.0})
    for option in ("baseline", "qwen"):
        rate = results.get("sizing_rate", option)
        needed = results.get("replicas_needed", option)
        assert needed == math.ceil(60 / (rate * 0.8))
        assert rate == results.get("target_rate", option)


def test_without_a_rate_there_is_no_curve_of_loads():
    book = prepared_book(SPECS / "alice.yaml")
    assert "load_curve" not in book.dimensions
    assert not [name for name in book.quantities if name.startswith(("curve_", "running_0", "arrival_"))]
    rated = prepared_book(SPECS / "alice.yaml", mentions=["request_rate=1"])
    assert rated.size("load_curve") == 17
    cells = [len(formula_cells(assemble(evaluate(made))[0])) for made in (book, rated)]
    assert cells[0] < 0.9 * cells[1]


def test_percentiles_class_by_class_take_part_with_several_classes_only():
    assert "class_part" not in prepared_book(SPECS / "alice.yaml").quantities
    assert "class_part" in prepared_book(SPECS / "bob.yaml").quantities
