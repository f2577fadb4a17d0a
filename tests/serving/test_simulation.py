"""The simulation of a server obeys what queueing theory proves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.simulation import CubicStep, LinearStep, simulate, simulate_static
from benchmarks.simulation_load import ClosedLoop, Lengths, Listed, Poisson, RequestClass

STEP = LinearStep(0.014, 2e-5, 3e-8, 3.6e-5)
CHAT = [RequestClass(Lengths(512, scv=0.9), Lengths(64, scv=0.9))]


def fixed(prompt: int, output: int) -> list[RequestClass]:
    return [RequestClass(Lengths(prompt), Lengths(output))]


def test_one_request_alone_takes_its_own_prefill_and_its_steps():
    run = simulate(STEP, fixed(1000, 5), Listed([1.0]))
    assert run.ttft[0] == pytest.approx(STEP(0, 0, 1000))
    assert run.end[0] - run.first[0] == pytest.approx(sum(STEP(1, 1000 + made, 0) for made in range(4)))


def test_a_long_prompt_is_read_in_chunks_of_the_token_budget():
    run = simulate(STEP, fixed(1000, 1), Listed([0.0]), token_budget=300)
    assert run.ttft[0] == pytest.approx(4 * STEP.base + 1000 * STEP.per_prompt_token)


@pytest.mark.parametrize("load", [0.3, 0.7])
@pytest.mark.parametrize("scv", [0.0, 0.5])
def test_prompts_read_one_by_one_wait_as_pollaczek_and_khinchine_say(load, scv):
    # without decoding and with a step for each prompt the server is an M/G/1 queue
    service = 0.1
    step = LinearStep(0.0, per_prompt_token=service / 1000)
    classes = [RequestClass(Lengths(1000, scv), Lengths(1))]
    arrivals = Poisson(load / service, 40_000)
    run = simulate(step, classes, arrivals, max_num_seqs=1, token_budget=10**6, seed=3)
    wait = load * service * (1 + scv) / (2 * (1 - load))
    assert np.mean(run.ttft - service * run.prompt / 1000) == pytest.approx(wait, rel=0.06)
    assert run.summary()["utilisation"] == pytest.approx(load, rel=0.03)


def test_requests_and_time_are_conserved():
    run = simulate(STEP, CHAT, Poisson(10, 500), max_num_seqs=16, seed=2)
    assert not np.isnan(run.end).any()
    assert (run.first > run.arrival).all()
    assert (run.end >= run.first).all()
    figures = run.summary()
    assert figures["tokens_per_second"] * run.finish == pytest.approx(run.output.sum())
    # every request holds the server for at least its own steps
    assert (run.tpot[run.output > 1] >= STEP.base).all()


def test_requests_in_the_system_are_their_rate_times_their_time():
    run = simulate(STEP, CHAT, Poisson(8, 4000), seed=4)
    figures = run.summary(warm_up=0.1, cool_down=0.1)
    assert figures["in_system"] == pytest.approx(figures["requests_per_second"] * figures["e2e_mean"], rel=0.02)


def test_never_more_requests_run_than_there_are_slots():
    run = simulate(STEP, CHAT, Poisson(30, 800), max_num_seqs=8, seed=5)
    change = np.concatenate([np.ones(len(run.first)), -np.ones(len(run.end))])
    order = np.lexsort((change, np.concatenate([run.first, run.end])))
    assert np.cumsum(change[order]).max() == 8


def test_a_token_budget_bounds_every_step():
    read = []

    def step(running: int, context: float, tokens: int) -> float:
        read.append(running + tokens)
        return STEP(running, context, tokens)

    simulate(step, CHAT, Poisson(12, 300), token_budget=700)
    assert max(read) == 700


@pytest.mark.parametrize("clients", [4, 32])
def test_clients_in_a_closed_loop_get_the_throughput_of_their_slots(clients):
    step = LinearStep(0.02)
    run = simulate(step, fixed(100, 50), ClosedLoop(clients, 10), max_num_seqs=16)
    served = min(clients, 16)
    assert run.summary()["tokens_per_second"] == pytest.approx(served / step.base)
    # the clients that have no slot wait for it, in rounds
    ttft = run.summary(warm_up=0.3, cool_down=0.3)["ttft_mean"]
    assert ttft - step.base == pytest.approx((clients / served - 1) * 50 * step.base)


def test_a_client_thinks_before_its_next_request():
    run = simulate(STEP, fixed(100, 10), ClosedLoop(1, 3, think=2.0))
    assert run.arrival[1:] == pytest.approx(run.end[:-1] + 2.0)


def test_a_full_kv_cache_preempts_and_still_answers_every_request():
    classes = fixed(100, 200)
    peak = 0.0

    def step(running: int, context: float, tokens: int) -> float:
        nonlocal peak
        peak = max(peak, context)
        return STEP(running, context, tokens)

    run = simulate(step, classes, Listed([0.0] * 50), kv_tokens=2000)
    assert run.preemptions > 0
    assert not np.isnan(run.end).any()
    assert peak <= 2000
    assert simulate(STEP, classes, Listed([0.0] * 50)).preemptions == 0
    with pytest.raises(ValueError, match="300 tokens never fits 250 KV tokens"):
        simulate(STEP, classes, Listed([0.0]), kv_tokens=250)


def test_requests_that_lose_patience_leave_what_can_be_served():
    step = LinearStep(0.01)
    rate = 2 * 4 / (50 * step.base)  # twice what four slots can serve
    run = simulate(step, fixed(100, 50), Poisson(rate, 6000), max_num_seqs=4, patience=3.0)
    figures = run.summary(warm_up=0.2, ttft_limit=3.0 + step.base)
    assert figures["failed"] == pytest.approx(0.5, abs=0.03)
    assert figures["ttft_p99"] < 3.0 + 2 * step.base


def test_classes_come_in_their_shares_with_figures_of_their_own():
    classes = [
        RequestClass(Lengths(100), Lengths(10), 0.75, "short"),
        RequestClass(Lengths(4000), Lengths(20), 0.25, "long"),
    ]
    run = simulate(STEP, classes, Poisson(2, 2000))
    figures = run.by_class()
    assert figures["long"]["requests"] / 2000 == pytest.approx(0.25, abs=0.04)
    assert figures["long"]["ttft_mean"] > 2 * figures["short"]["ttft_mean"]
    whole = sum(figures[name]["ttft_mean"] * figures[name]["requests"] for name in figures) / 2000
    assert run.summary()["ttft_mean"] == pytest.approx(whole)


@pytest.mark.parametrize(
    ("lengths", "mean", "scv"),
    [(Lengths(1000), 1000, 0), (Lengths(1000, 0.9), 1000, 0.9), (Lengths(1000, low=0.8), 900, 0.0041)],
)
def test_lengths_have_the_moments_they_are_given(lengths, mean, scv):
    drawn = lengths.draw(np.random.default_rng(1), 200_000)
    assert drawn.mean() == pytest.approx(mean, rel=0.01)
    assert drawn.var() / drawn.mean() ** 2 == pytest.approx(scv, rel=0.06)


def test_a_static_batch_waits_for_its_longest_request():
    mix = [RequestClass(Lengths(1), Lengths(64), 0.5), RequestClass(Lengths(1), Lengths(1024), 0.5)]
    step = LinearStep(0.01)
    run = simulate_static(step, mix, Listed([0.0] * 8000), batch=8, seed=6)
    longest = 1024 - (1024 - 64) * 0.5**8
    assert run.summary()["tokens_per_second"] == pytest.approx(8 * 544 / longest / step.base, rel=0.03)


def test_a_static_batch_starts_when_full_or_when_its_oldest_request_has_waited():
    run = simulate_static(STEP, fixed(10, 2), Listed([0.0, 1.0, 9.0]), batch=2)
    assert run.ttft[0] == pytest.approx(1 + STEP(0, 0, 20))
    run = simulate_static(STEP, fixed(10, 2), Listed([0.0, 1.0, 9.0]), batch=3, max_wait=0.5)
    alone = STEP(0, 0, 10)
    assert run.ttft == pytest.approx([0.5 + alone, 0.5 + alone, alone])  # nothing more can follow the last


@pytest.mark.parametrize("step", [STEP, CubicStep(0.018, 1.2e-4, 1.5e-8, 0.004, 8e-5)])
def test_the_same_seed_gives_the_same_run(step):
    first, second = (simulate(step, CHAT, Poisson(5, 200), seed=9) for _ in range(2))
    assert np.array_equal(first.end, second.end)
    assert not np.array_equal(first.end, simulate(step, CHAT, Poisson(5, 200), seed=10).end)
    assert math.isfinite(first.summary()["ttft_p99"])
