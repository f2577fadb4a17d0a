"""Closed loops and static batches: Little's law, the longest of a batch, and continuous batching never the slower."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.serving_forms import static_batch
from tests.serving.servers import FEW, Figures, book_of, first_wrong, inputs_of, servers

BOTH = "baseline: {continuous_batching: false}, served: {continuous_batching: true}"


def clients_of(made, clients, classes=2):
    """The servers with as many clients each, without a rate."""
    book = book_of(classes, rate=False)
    inputs = inputs_of(book, made) | {("concurrency", ("baseline",)): np.array(clients, dtype=float)}
    return Figures(book, inputs, len(made))


@given(servers(book_of(2, rate=False)), st.integers(0, 99))
@FEW
def test_clients_obey_littles_law(made, seed):
    clients = np.random.default_rng(seed).integers(1, 3000, len(made))
    found = clients_of(made, clients)
    count = np.array(clients)[:, None]
    assert found("closed_rate") * found("request_latency") == pytest.approx(count)
    # those without a slot wait for as long as the others take to make room for them
    slots = found("slots")
    expected = np.maximum(0, count / slots - 1) * found("cycle_time")
    assert found("surplus_wait") == pytest.approx(expected)
    assert (found("loaded_running") <= np.minimum(count, slots) * (1 + 1e-9)).all()


@given(servers(book_of(1, rate=False)))
@FEW
def test_one_client_alone_waits_for_nobody(made):
    made = [
        server | {"classes": [(1.0, server["classes"][0][1], max(2.0, server["classes"][0][2]))]} for server in made
    ]
    found = clients_of(made, [1] * len(made), classes=1)
    for p in (50, 90, 95, 99):
        assert found(f"ttft_p{p}") == pytest.approx(found("ttft"), rel=2e-3)
        assert found(f"tpot_p{p}") == pytest.approx(found("tpot"), rel=1e-6)
    assert found("tpot") == pytest.approx(1e3 * found("loaded_step"))
    assert found("ttft") == pytest.approx(1e3 * (found("single_prefill") + found("loaded_overhead")), rel=2e-3)


@given(servers(book_of(2, rate=True, options=BOTH), 150), st.integers(0, 99), st.booleans())
@FEW
def test_continuous_batching_is_never_slower_than_static_batches(made, seed, alike):
    for server in made:  # prompts of a few tokens cost one by one what they do not in a batch, above all over devices
        server["tensor_parallel"] = min(2.0, server["tensor_parallel"])
    if alike:  # classes with outputs of the same length have no stragglers
        made = [s | {"classes": [s["classes"][0], (*s["classes"][1][:2], s["classes"][0][2])]} for s in made]
    book = book_of(2, rate=True, options=BOTH)
    batch = np.random.default_rng(seed).integers(1, 65, len(made)).astype(float)
    inputs = inputs_of(book, made)
    for option in ("baseline", "served"):
        inputs |= {("batch", (option,)): batch, ("concurrency", (option,)): batch}
    found = Figures(book, inputs, len(made))
    with_slots = found("slots", "served")[:, 0] >= batch
    for static, served in (("closed_rate", "closed_rate"), ("closed_rate", "full_rate")):
        ratio = (found(served, "served") / found(static, "baseline"))[:, 0]
        ratio += 0.05 * (found("slots", "served")[:, 0] < 2) * (served == "full_rate")  # rough with a single slot
        assert first_wrong(made, (ratio > 1 - 1e-9) | ~with_slots) is None, served
    both = (found("queries_per_second", "served") / found("queries_per_second", "baseline"))[:, 0]
    assert first_wrong(made, ~(both < 1 - 1e-9) | ~with_slots) is None  # NaN where it cannot run


MIXTURES = [
    [(0.4, 64), (0.35, 256), (0.2, 1024), (0.05, 4096)],
    [(0.4, 64), (0.35, 256), (0.2, 256), (0.05, 4096)],
    [(0.5, 100), (0.3, 100), (0.2, 100), (0.0, 4096)],
]


@pytest.mark.parametrize("mixture", MIXTURES)
@pytest.mark.parametrize("batch", [1, 4, 16, 64])
def test_the_longest_output_of_a_batch_is_that_of_as_many_draws(mixture, batch):
    book = book_of(4, rate=False)
    server = {
        "model": "Llama-3.1-8B", "accelerator": "H100-SXM-80GB", "engine": "any", "tensor_parallel": 1.0,
        "max_num_seqs": np.nan, "classes": [(share, 1000.0, float(output)) for share, output in mixture],
    }  # fmt: skip
    inputs = inputs_of(book, [server]) | {("batch", ("baseline",)): float(batch)}
    found = Figures(book, inputs, 1)
    draws = np.random.default_rng(1).choice([o for _, o in mixture], (20_000, batch), p=[s for s, _ in mixture])
    assert found("longest_output")[0, 0] == pytest.approx(static_batch(mixture, batch))
    assert found("longest_output")[0, 0] == pytest.approx(draws.max(axis=1).mean(), rel=0.03)
    if mixture is MIXTURES[0] and batch == 16:
        assert found("longest_output")[0, 0] == pytest.approx(2736, rel=0.006)
        assert found("output_length")[0, 0] == pytest.approx(525, rel=0.001)
