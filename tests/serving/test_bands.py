"""Bands: never tighter where less is known, around their value, and what a verdict makes of them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest

from tests.serving.servers import Figures, book_of, inputs_of

CLIENTS = {"one client": 1.0, "8 clients": 8.0, "64 clients": 64.0, "65 clients": 65.0, "at a rate": None}
ENDS = ("ttft", "tpot", "rate")
SEEN = list(product([True, False], repeat=2))  # the model, the device


@cache
def cells(load: str, devices: float, static: bool = False) -> Figures:
    """A server by what was measured: the model or not, the device or not, its family or not, as samples."""
    book = book_of(1)
    server = {
        "model": "Llama-3.1-8B", "accelerator": "H100-SXM-80GB", "engine": "vllm", "tensor_parallel": devices,
        "max_num_seqs": np.nan, "classes": [(1.0, 1000.0, 200.0)],
    }  # fmt: skip
    seen = np.array([(*s, stack) for s in SEEN for stack in (True, False)])
    inputs = inputs_of(book, [server], len(seen))
    inputs |= {
        ("request_rate", ()): np.full(len(seen), 2.0),
        ("continuous_batching", ("baseline",)): np.full(len(seen), not static),
        ("measured_model", ("Llama-3.1-8B",)): seen[:, 0],
        **{(name, ("H100-SXM-80GB",)): seen[:, 1] for name in ("measured_device", "served_device")},
        **{(name, ("hopper",)): seen[:, 2] for name in ("measured_family", "served_family")},
    }
    if CLIENTS[load] is not None:
        inputs["concurrency", ("baseline",)] = np.full(len(seen), CLIENTS[load])
    return Figures(book, inputs, 1, len(seen))


LOADS = [(load, devices, False) for load in CLIENTS for devices in (1.0, 2.0)] + [
    ("one client", d, True) for d in (1.0, 2.0)
]


def ratios(found: Figures, of: str) -> np.ndarray:
    """Low and high end over the value: by model, device and family seen or not."""
    return np.stack([np.log(found(f"{of}_ratio_{end}")[0]) for end in ("low", "high")]).reshape(2, 2, 2, 2)


@pytest.mark.parametrize(("load", "devices", "static"), LOADS)
@pytest.mark.parametrize("of", ENDS)
def test_a_band_is_never_tighter_where_less_is_known(of, load, devices, static):
    low, high = ratios(cells(load, devices, static), of)
    assert (low < 0).all()
    assert (high > 0).all()
    for axis in range(3):  # index 0 is seen, 1 is not
        assert (np.diff(low, axis=axis) <= 0).all()
        assert (np.diff(high, axis=axis) >= 0).all()
    known, unknown = (low[0, 0, 0], high[0, 0, 0]), (low[1, 1, 1], high[1, 1, 1])
    assert unknown[0] < known[0]
    assert unknown[1] > known[1]


@pytest.mark.parametrize("of", ENDS)
def test_a_band_is_never_tighter_at_a_higher_load(of):
    bands = [ratios(cells(load, 1.0), of) for load in ("8 clients", "64 clients", "65 clients")]
    for (low, high), (lower, higher) in pairwise(bands):
        assert (lower <= low).all()
        assert (higher >= high).all()


def test_a_family_without_measurements_is_worse_on_the_bad_side_only():
    for of, bad in (("ttft", 1), ("tpot", 1), ("rate", 0)):
        band = ratios(cells("8 clients", 1.0), of)
        assert (band[1 - bad, ..., 0] == band[1 - bad, ..., 1]).all()
        assert (np.abs(band[bad, ..., 1]) > np.abs(band[bad, ..., 0])).all()


@pytest.mark.parametrize(("load", "devices", "static"), LOADS)
def test_values_lie_within_their_bands(load, devices, static):
    found = cells(load, devices, static)
    for name, value in (
        ("ttft", "ttft"), ("tpot", "token_time"), ("request_latency", "request_latency"),
        ("throughput", "throughput"), ("queries_per_second", "queries_per_second"),
    ):  # fmt: skip
        assert (found(f"{name}_low") < found(value)).all(), name
        assert (found(f"{name}_high") > found(value)).all(), name


def test_what_holds_is_feasible():
    book = book_of(1)
    server = {
        "model": "Llama-3.1-8B", "accelerator": "H100-SXM-80GB", "engine": "vllm", "tensor_parallel": 1.0,
        "max_num_seqs": np.nan, "classes": [(1.0, 1000.0, 200.0)],
    }  # fmt: skip
    grid = np.array(list(product(np.geomspace(10, 1000, 12), np.geomspace(3, 100, 12), [1.0, 10.0, 30.0])))
    inputs = inputs_of(book, [server], len(grid))
    inputs |= {(name, ()): grid[:, i] for i, name in enumerate(("ttft_target", "tpot_target", "request_rate"))}
    found = Figures(book, inputs, 1, len(grid))
    holds, feasible = found("holds")[0] > 0, found("feasible")[0] > 0
    assert feasible[holds].all()
    assert 0 < holds.sum() < feasible.sum() < len(grid)
    words = found.evaluator.value("verdict").data.reshape(-1)
    assert all(("even at p90" in text) == bool(held) for text, held in zip(words, holds, strict=True))
    assert all(
        ("but not at p90" in text) == (met and not held) for text, met, held in zip(words, feasible, holds, strict=True)
    )
