"""Sessions of several calls: lengths by hand, the least recently used cache against a simulation, host memory.

Sources: vLLM blog, "Serving agentic workloads at scale with vLLM x Mooncake" (2026-05-06); H. Che, Y. Tung and Z. Wang,
"Hierarchical Web caching systems", IEEE JSAC 20 (2002).
"""

from __future__ import annotations

import functools
import heapq
import itertools
import math
import random
import re
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.book.build import build_book
from reportgen.engine.results import Results
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book

SERVER = "{model: Llama-3.1-8B, accelerator: H100-SXM-80GB, engine: vllm}"
SESSION = "prompt_tokens: 3000, output_tokens: 200, turns: 8, turn_input: 100, think_time: 30"


@functools.cache
def book(requests: str = f"{{talk: {{{SESSION}}}}}", inputs: str = "{request_rate: 2}") -> Book:
    text = f"schema: 1\ntitle: Sessions\nrequests: {requests}\noptions: {{baseline: {SERVER}}}\ninputs: {inputs}\n"
    return build_book(validate(ScenarioSpec, parse_document(f"{text}levers: none\n".encode(), "s.yaml")), "sessions")


def at(
    made: Book, inputs: dict[str, float] | None = None, talk: dict[str, float] | None = None, **option: Any
) -> Results:
    """The book with other inputs, cells of the class and cells of the option."""
    given: dict[tuple[str, tuple[str, ...]], Any] = {(name, ()): value for name, value in (inputs or {}).items()}
    given |= {(name, ("talk",)): value for name, value in (talk or {}).items()}
    return Results(made, given | {(name, ("baseline",)): value for name, value in option.items()})


def number(results: Results, name: str, *members: str) -> float:
    value = results.get(name, *(members or ("baseline",)))
    assert isinstance(value, float), (name, value)
    return value


# --- lengths ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "kept", "shared"), [(1, None, 0), (4, None, 0), (4, 50, 0), (5, 200, 40), (2, 0, 25)]
)
def test_lengths_of_calls_by_hand(turns: int, kept: float | None, shared: float) -> None:
    first, answer, new = 3000.0, 200.0, 100.0
    growth = new + (answer if kept is None else kept)
    again = new + (kept if kept is not None and kept < answer else 0)
    prompts = [first + i * growth for i in range(turns)]
    prefix = first * shared / 100
    found = [first - prefix, *[again] * (turns - 1)]
    missed = [prompt - prefix for prompt in prompts]
    results = at(book(), talk={"turns": float(turns), "kept_output": kept}, prefix_hit=shared)
    assert number(results, "call_prompt", "talk") == pytest.approx(sum(prompts) / turns)
    assert results.get("mean_prompt_tokens") == pytest.approx(sum(prompts) / turns)
    assert number(results, "request_length", "talk") == pytest.approx(prompts[-1] + answer)
    assert number(results, "kept_tokens") == pytest.approx(sum(found) / turns)
    assert number(results, "missed_tokens") == pytest.approx(sum(missed) / turns)
    assert number(results, "kept_squares") == pytest.approx(sum(n * n for n in found) / turns)
    assert number(results, "missed_squares") == pytest.approx(sum(n * n for n in missed) / turns)
    waiting = [prompt + answer - prefix for prompt in prompts[:-1]]
    assert number(results, "waiting_tokens") == pytest.approx(sum(waiting) / turns)
    assert number(results, "cache_demand") == pytest.approx(30 * sum(waiting) / turns, rel=1e-3, abs=1)
    assert number(results, "ended_demand") == pytest.approx(
        (prompts[-1] + answer - prefix) / turns * (30 if turns > 1 else 0.001), rel=1e-3
    )


def test_a_session_of_one_call_is_a_request() -> None:
    plain = book("{talk: {prompt_tokens: 3000, output_tokens: 200}}")
    assert "turns" not in plain.quantities
    alone = at(book(), talk={"turns": 1.0})
    for name in ("ttft", "ttft_p95", "tpot", "target_rate", "load_share", "request_latency"):
        assert number(alone, name) == pytest.approx(number(at(plain), name), rel=2e-3), name


def test_the_traces_of_coding_agents_are_found_in_the_cache_as_measured() -> None:
    # 33 calls from 12 to 84 thousand tokens, 131 prompt tokens per output token: 94.2 % were found.
    step = {"prompt_tokens": 12000.0, "output_tokens": 350.0, "turns": 33.0, "turn_input": 1892.0, "think_time": 5.2}
    results = at(book(), {"request_rate": 0.2}, step)
    assert number(results, "call_prompt", "talk") / 350 == pytest.approx(131, rel=0.06)
    assert number(results, "found_share") == pytest.approx(94.2, abs=1.5)


# --- the cache --------------------------------------------------------------------------------------------------


def least_recently_used(rate: float, turns: int, pause: float, room: float, seed: int) -> float:
    """The share of later turns that find their session, in a cache of so many tokens; each turn ends at once."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    length = [3000 + 300 * i + 200 for i in range(turns)]
    cache: OrderedDict[int, float] = OrderedDict()
    events: list[tuple[float, int, int]] = [(0.0, 0, 0)]
    held, hits, later, sessions = 0.0, 0, 0, 0
    while later < 40000:
        now, session, turn = heapq.heappop(events)
        if turn == 0:
            sessions += 1
            heapq.heappush(events, (now + chance.expovariate(rate / turns), sessions, 0))
        elif sessions > 2000 / turns:
            later += 1
            hits += session in cache
        held += length[turn] - cache.pop(session, 0.0)
        cache[session] = length[turn]
        while held > room:
            held -= cache.popitem(last=False)[1]
        if turn + 1 < turns:
            heapq.heappush(events, (now + chance.expovariate(1 / pause), session, turn + 1))
    return hits / later


@pytest.mark.parametrize("turns", [2, 4, 8, 30])
@pytest.mark.parametrize("fill", [0.1, 0.3, 0.6, 0.9, 1.3, 2])
def test_turns_found_as_in_a_simulated_cache(turns: int, fill: float) -> None:
    """`fill` is the room over what keeping every session takes."""
    rate, pause = 5.0, 60.0
    seen = at(book(), {"request_rate": rate}, {"turns": float(turns), "think_time": pause})
    room = fill * number(seen, "cache_demand") * rate
    # The form, where the prefill that the cache saves does not change the rate.
    demand, ended = number(seen, "cache_demand"), number(seen, "ended_demand")
    age = max(room / rate / (demand + ended), (room / rate - demand) / ended)
    for _ in range(3):
        age += (room / rate - demand * (1 - math.exp(-age)) - ended * age) / (demand * math.exp(-age) + ended)
    simulated = least_recently_used(rate, turns, pause, room, seed=turns)
    assert 1 - math.exp(-age) == pytest.approx(simulated, abs=0.03)


def test_the_share_found_solves_the_balance_of_the_cache() -> None:
    for rate in (0.5, 2, 4, 6):
        results = at(book(), {"request_rate": rate})
        kept, served = number(results, "loaded_kept") / 100, number(results, "loaded_rate")
        room = number(results, "loaded_room")
        age = number(results, "loaded_age_3")
        held = served * (number(results, "cache_demand") * kept + number(results, "ended_demand") * age)
        assert held <= room * 1.001
        assert held == pytest.approx(room, rel=0.05) or age == 30 or kept > 0.98


def test_the_running_requests_follow_from_the_rate_with_the_share_found() -> None:
    for rate in (0.5, 2, 4):
        results = at(book(), {"request_rate": rate})
        assert number(results, "loaded_rate") == pytest.approx(min(rate, 0.98 * number(results, "best_rate")), rel=0.03)


def found(**more: Any) -> float:
    return number(at(book(), **more), "found_share")


def test_what_is_found_grows_with_turns_and_cache_and_falls_with_pauses_and_rate() -> None:
    def falls(values: list[float]) -> bool:
        return all(a >= b - 1e-9 for a, b in itertools.pairwise(values)) and values[0] > values[-1]

    assert falls([-found(inputs={"request_rate": 0.5}, talk={"turns": float(n)}) for n in (1, 2, 4, 8, 16, 32)])
    assert falls([found(talk={"think_time": float(z)}) for z in (0, 5, 30, 120, 600, 3600)])
    assert falls([found(inputs={"request_rate": r}) for r in (0.2, 1, 2, 4)])
    assert falls([found(inputs={"memory_share": m}, talk={"think_time": 120.0}) for m in (95, 70, 50, 30)])
    assert found(session_cache=False) == pytest.approx(0, abs=1e-9)
    assert found(session_cache=False, prefix_hit=50) == pytest.approx(100 * 1500 / 4050)


def test_a_static_batch_keeps_no_sessions() -> None:
    results = at(book(), continuous_batching=False, batch=2)
    assert number(results, "found_share") == pytest.approx(0, abs=1e-9)
    assert number(results, "query_tokens", "baseline", "prefill") == pytest.approx(4050)


def test_targets_and_capacity_follow_the_cache() -> None:
    rates = [number(at(book(), talk={"think_time": float(z)}), "target_rate") for z in (1, 30, 120, 600)]
    assert rates == sorted(rates, reverse=True)
    without = number(at(book(), session_cache=False), "target_rate")
    assert rates[-1] == pytest.approx(without, rel=0.15)
    assert rates[0] > 1.5 * without


def test_more_running_requests_than_the_cache_can_bear_answer_fewer() -> None:
    results = at(book(), talk={"think_time": 120.0})
    rates = [number(results, "curve_rate", "baseline", p) for p in results.book.dimensions["load_curve"].names]
    assert max(rates) == pytest.approx(number(results, "curve_best"))
    assert number(results, "best_rate") >= number(results, "full_rate")
    assert number(results, "target_rate") <= number(results, "best_rate")


def test_two_classes_weigh_by_their_calls() -> None:
    two = book(f"{{talk: {{share: 1, {SESSION}}}, once: {{share: 3, prompt_tokens: 500, output_tokens: 50}}}}")
    results = at(two)
    talk = (3000 + 7 * 100) / 8
    assert number(results, "kept_tokens") == pytest.approx(talk / 4 + 500 * 3 / 4)
    assert results.get("pause_per_call") == pytest.approx(30 * 7 / 8 / 4)
    assert number(results, "waiting_sessions") == pytest.approx(number(results, "loaded_rate") * 30 * 7 / 8 / 4)


# --- host memory ------------------------------------------------------------------------------------------------


def test_host_memory_by_hand() -> None:
    results = at(book(), kv_offload=100)
    token = number(results, "kv_bytes_per_token")
    assert token == 2 * 32 * 8 * 128 * 2
    assert number(results, "host_tokens") == math.floor(100e9 / token)
    assert number(results, "host_rate") == pytest.approx(50, rel=0.01)  # GB/s, as measured on an H100 with PCIe 5
    earlier = sum(3000 + 300 * i - 100 for i in range(1, 8)) / 8
    assert number(results, "read_tokens") == pytest.approx(earlier)
    assert number(results, "read_time") == pytest.approx(earlier * token / (0.78 * 64e9))


def test_host_memory_finds_more_and_costs_the_time_of_reading() -> None:
    slow = {"think_time": 300.0}
    plain, host = at(book(), talk=slow), at(book(), talk=slow, kv_offload=400)
    assert number(host, "found_share") > number(plain, "found_share") + 20
    assert number(host, "target_rate") > number(plain, "target_rate")
    assert number(host, "loaded_read_time") > 0
    assert number(host, "loaded_receive") > number(plain, "loaded_receive")
    creeping = at(book(), talk=slow, kv_offload=400, kv_offload_rate=2)
    assert number(creeping, "ttft") > number(host, "ttft")
    shares = [number(at(book(), talk=slow, kv_offload=gb), "found_share") for gb in (0, 20, 50, 100, 400, 2000)]
    assert shares == sorted(shares)


def test_reading_back_takes_less_than_prefilling_as_measured() -> None:
    # vLLM blog, 2026-01-08: TTFT 2 to 22 times shorter from host memory than recomputed, Llama-3.1-8B on an H100.
    for prompt in (4000.0, 16000.0, 60000.0):
        results = at(book(), talk={"prompt_tokens": prompt, "turns": 2.0, "turn_input": 20.0})
        read = prompt * number(results, "kv_bytes_per_token") / 50e9
        assert 2 <= number(results, "missed_single") / read <= 40


# --- thinking ---------------------------------------------------------------------------------------------------


def test_the_first_visible_token_comes_after_the_thinking() -> None:
    made = book(
        "{easy: {share: 3, prompt_tokens: 500, output_tokens: 400, thinking_tokens: 300},"
        " hard: {share: 1, prompt_tokens: 500, output_tokens: 9000, thinking_tokens: 9500}}",
        "{request_rate: 0.1, visible_ttft_target: 20 s}",
    )
    results = at(made)
    thinking = (3 * 300 + 8999) / 4
    assert results.get("mean_thinking") == pytest.approx(thinking)
    token, first = number(results, "token_time") / 1000, number(results, "ttft") / 1000
    assert number(results, "visible_ttft") == pytest.approx(first + thinking * token)
    assert number(results, "decode_context") == pytest.approx(
        500 + (3 * 400**2 + 9000**2) / (3 * 400 + 9000) / 2
    )  # long outputs fill the cache
    assert results.get("is_met", "baseline", "visible_ttft") is (number(results, "visible_ttft") <= 20)
    assert results.get("is_met", "baseline", "visible_ttft") is True
    late = at(made, {"visible_ttft_target": 5})
    assert "misses the target for the first visible token" in str(late.get("verdict", "baseline"))


def test_the_largest_rate_keeps_the_target_for_the_first_visible_token() -> None:
    made = book(
        "{talk: {prompt_tokens: 500, output_tokens: 3000, thinking_tokens: 2500}}",
        "{request_rate: 0.5, visible_ttft_target: 30 s}",
    )
    rates = [number(at(made, {"visible_ttft_target": t}), "target_rate") for t in (20, 25, 30, 40, 1000)]
    assert rates == sorted(rates)
    assert 0 < rates[1] < rates[-1]
    most = at(made, {"visible_ttft_target": 30, "request_rate": rates[2]})
    assert number(most, "visible_ttft") == pytest.approx(30, rel=0.03)
    assert most.get("holds", "baseline") is False
    assert at(made, {"visible_ttft_target": 1000}).get("holds", "baseline") is True


def test_long_outputs_fill_slots_take_their_time_and_may_leave_the_context() -> None:
    made = book("{talk: {prompt_tokens: 1000, output_tokens: 20000, thinking_tokens: 18000}}", "{request_rate: 0.2}")
    results = at(made, {"latency_target": 60})
    assert number(results, "decode_context") == pytest.approx(1000 + 20000 / 2)
    capacity = number(results, "kv_capacity_tokens")
    assert number(results, "slots") == math.floor(capacity / 11000) < 1024
    token = number(results, "token_time") / 1000
    assert number(results, "request_latency") == pytest.approx(number(results, "ttft") / 1000 + 19999 * token)
    assert results.get("meets_latency", "baseline") is False
    assert number(results, "request_latency") - number(results, "visible_ttft") == pytest.approx(1999 * token)
    beyond = at(made, talk={"output_tokens": 140000.0})
    assert str(beyond.get("verdict", "baseline")).startswith("exceeds the model's context limit: 141000 tokens")


def test_more_calls_in_time_where_more_are_found() -> None:
    made = book(f"{{talk: {{{SESSION}}}}}", "{request_rate: 1, ttft_target: 150 ms}")
    shares = [number(at(made, talk={"think_time": float(z)}), "ttft_share") for z in (1, 60, 120, 240, 960)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1] + 5


def test_formulas_of_the_load_read_what_sessions_put_in_their_place() -> None:
    """A formula that is new in the library must not read the prefill of a call that is always found."""
    replaced = re.compile(r"\b(marginal_prefill|prompt_share_of_budget|prompt_passes|request_overhead|full_rate)\b")
    made = book(f"{{talk: {{{SESSION}}}}}").quantities.values()
    own = ("loaded_marginal", "curve_marginal", "loaded_receive", "curve_receive", "full_marginal")
    load = (
        "loaded_",
        "curve_",
        "running_",
        "full_rate",
        "ttft_variation",
        "tpot_variance",
        "stable_rate",
        "load_",
        "replica_capacity",
    )
    assert [q.name for q in made if q.name.startswith(load) and q.name not in own and replaced.search(q.written)] == []


def test_scenarios_without_sessions_and_thinking_have_none_of_it() -> None:
    from reportgen.book.build import load_book

    for path in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml")):
        text = path.read_text()
        names = load_book(path).quantities
        assert ("turns" in names) == ("turns:" in text), path
        assert ("thinking_tokens" in names) == ("thinking_tokens:" in text), path
        assert ("curve_kept" in names) == ("turns:" in text and "_rate:" in text), path
