"""Many design points: chunks change nothing, absent numbers are NaN, the samples' axis comes first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reportgen.book.build import load_book
from reportgen.engine.results import Results
from reportgen.engine.sweep import sweep

BOOK = load_book(Path(__file__).parents[2] / "specs" / "alice.yaml")
BATCH, OUTPUT = ("batch", ("baseline",)), ("output_tokens", ("chapter",))
CONTINUOUS = "continuous_batching", ("baseline",)
NAMES = ["ops", "tpot", "throughput", "parameters", "mean_output_tokens"]


@pytest.mark.parametrize("chunk", [2, 3, 5, 100])
def test_a_sweep_is_the_evaluations_one_by_one(chunk: int) -> None:
    batch, output = np.array([1.0, 2.0, 64.0, 8.0, 3000.0]), np.array([1.0, 100.0, 5000.0, 2.0, 30.0])
    continuous = np.array([True, False, True, True, False])
    found = sweep(BOOK, {BATCH: batch, OUTPUT: output, CONTINUOUS: continuous}, NAMES, chunk)
    assert list(found) == NAMES
    for i in range(5):
        inputs = {BATCH: float(batch[i]), OUTPUT: float(output[i]), CONTINUOUS: bool(continuous[i])}
        alone = Results(BOOK, inputs)
        for name in NAMES:
            quantity = BOOK.quantities[name]
            assert found[name].shape == (5, *(BOOK.size(d) for d in quantity.per))
            plain = [np.nan if value is None else value for value in alone.plain(name).values()]
            assert np.allclose(found[name][i].ravel(), plain, rtol=1e-12, atol=0, equal_nan=True), name
    assert np.isnan(found["tpot"][0]).all()  # one token of output
    assert np.isnan(found["throughput"][4]).any()  # too large a static batch


def test_samples_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        sweep(BOOK, {BATCH: np.ones(2), OUTPUT: np.ones(3)}, ["ops"])


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="'fits' is not a number"):
        sweep(BOOK, {BATCH: np.ones(2)}, ["fits"])
