"""Prefill and decode in pools of their own: what each takes, the queue, the transfer, and what is refused.

Sources: Mooncake, "vLLM V1 support benchmark" (kvcache-ai.github.io); H. Sakasegawa, "An approximation formula" (1977).
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from reportgen.book.build import build_book
from reportgen.engine.results import Results
from reportgen.errors import SpecError
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book

SPEC = """schema: 1
title: Pools
requests: {{chat: {{prompt_tokens: 8000, output_tokens: 300{more}}}}}
options:
  baseline:
    model: Llama-3.1-70B
    accelerator: H100-SXM-80GB
    tensor_parallel: 4
    engine: vllm
    weight_precision: fp8
    activation_precision: fp8
    replicas: 4
  apart: {{replicas: 1, prefill_replicas: 3}}
  pairs: {{tensor_parallel: 2, replicas: 8}}
  narrow: {{replicas: 1, prefill_replicas: 6, prefill_pool: pairs}}
inputs: {{{inputs}}}
levers: none
"""


@functools.cache
def book(inputs: str = "request_rate: 3", more: str = "") -> Book:
    document = parse_document(SPEC.format(inputs=inputs, more=more).encode(), "pools.yaml")
    return build_book(validate(ScenarioSpec, document), "pools")


def at(made: Book | None = None, *, rate: float | None = None, **apart: Any) -> Results:
    """The scenario, with other cells of the option whose pools are apart."""
    given: dict[tuple[str, tuple[str, ...]], Any] = {(name, ("apart",)): value for name, value in apart.items()}
    return Results(made or book(), given if rate is None else {**given, ("request_rate", ()): rate})


def number(results: Results, name: str, *members: str) -> float:
    value = results.get(name, *(members or ("apart",)))
    assert isinstance(value, float), (name, value)
    return value


def test_decode_steps_are_free_of_prefills() -> None:
    results = at()
    assert number(results, "tpot") == pytest.approx(number(results, "inter_token_latency"))
    assert number(results, "tpot", "baseline") > 1.2 * number(results, "inter_token_latency", "baseline")
    assert number(results, "tpot_p99") == pytest.approx(number(results, "tpot"), rel=0.02)


def test_the_first_token_by_hand() -> None:
    results = at()
    single, rate = number(results, "single_prefill"), 3.0
    use = rate * single / 3
    wait = use ** (math.sqrt(8) - 1) / (3 * (1 - use)) * single / 2  # all prompts alike
    assert number(results, "loaded_prefill_use") == pytest.approx(100 * use, rel=1e-3)
    assert number(results, "loaded_prefill_wait") == pytest.approx(wait, rel=1e-2)
    token = 2 * 80 * 2 * 128 * 2  # two of eight KV heads on each of four devices, two bytes
    transfer = 8000 * token / (0.71 * 50e9)
    assert number(results, "transfer_time") == pytest.approx(1000 * transfer)
    running, step = number(results, "loaded_running"), number(results, "loaded_step")
    mean = wait + single + transfer + (1 - math.exp(-running)) * step / 2 + step
    assert number(results, "loaded_first") == pytest.approx(mean, rel=1e-3)
    assert number(results, "ttft") / 1000 == pytest.approx(mean + number(results, "loaded_overhead"), rel=1e-2)


def test_one_prefill_replica_is_a_queue_of_one_server() -> None:
    results = at(rate=0.8, prefill_replicas=1)
    single = number(results, "single_prefill")
    use = 0.8 * single
    assert number(results, "loaded_prefill_wait") == pytest.approx(use * single / 2 / (1 - use), rel=1e-2)


def test_the_smaller_pool_is_the_limit() -> None:
    few, many = at(prefill_replicas=1), at(prefill_replicas=40)
    assert number(few, "pool_rate") == pytest.approx(1 / number(few, "single_prefill"))
    assert number(many, "pool_rate") == pytest.approx(number(many, "full_rate"))
    assert few.get("overloaded", "apart") is True
    assert "overloaded" in str(few.get("verdict", "apart"))
    rates = [number(at(prefill_replicas=n), "target_rate") for n in (1, 2, 3, 6, 40)]
    assert rates == sorted(rates)
    times = [number(at(rate=r), "ttft") for r in (0.1, 1, 2, 3, 4, 5)]
    assert times == sorted(times)


def test_each_attention_group_of_the_pool_takes_a_prompt() -> None:
    text = SPEC.format(inputs="request_rate: 3", more="").replace("Llama-3.1-70B", "DeepSeek-V3")
    document = parse_document(text.replace("tensor_parallel: 4", "expert_parallel: 16").encode(), "groups.yaml")
    results = Results(build_book(validate(ScenarioSpec, document), "groups"))
    assert number(results, "prefill_places") == 3 * 16
    assert number(results, "prefill_most") == pytest.approx(3 * 16 / number(results, "pool_single"))
    assert number(at(), "prefill_places") == 3


def test_both_pools_count_and_grow_alike() -> None:
    results = at()
    assert number(results, "devices") == 4 + 3 * 4
    assert number(results, "devices", "narrow") == 4 + 6 * 2
    assert number(results, "devices", "baseline") == 16
    peak = Results(book("peak_rate: 20"))
    decode, prefill = number(peak, "deployed_replicas"), number(peak, "prefill_deployed")
    assert decode > 1
    assert prefill == math.ceil(3 * decode)
    assert number(peak, "devices") == 4 * (decode + prefill)


def test_the_pool_may_have_another_layout() -> None:
    results = at()
    assert number(results, "pool_single", "narrow") == number(results, "single_prefill", "pairs")
    assert number(results, "transfer_time", "narrow") == pytest.approx(2 * number(results, "transfer_time"))


def test_a_transfer_takes_as_long_as_measured() -> None:
    # 32,768 tokens of Qwen3-8B, 4.5 GiB, over eight cards of 25 GB/s each: 31.65 ms.
    results = Results(
        book(),
        {("model", ("apart",)): "Qwen3-8B", ("tensor_parallel", ("apart",)): 1.0, ("transfer_rate", ("apart",)): 142.0}
        | {("prompt_tokens", ("chat",)): 32768.0},
    )
    assert number(results, "transfer_bytes") == pytest.approx(4.5 * 2**30)
    assert number(results, "transfer_time") == pytest.approx(31.65, rel=0.1)


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        ({"continuous_batching": False}, "not possible: a static batch has no prefill pool"),
        ({"concurrency": 8.0}, "not modelled: a prefill pool with a fixed number of clients; give a request rate"),
        (
            {"model": "Qwen3-32B", "prefill_pool": "pairs"},
            "not possible: the prefill pool runs Llama-3.1-70B, the decode pool",
        ),
        (
            {"kv_cache_precision": "fp8", "prefill_pool": "pairs"},
            "not possible: the pools keep the KV cache in different",
        ),
        ({"accelerator": "H200-SXM-141GB", "prefill_pool": "pairs"}, "not modelled: pools on different accelerators"),
    ],
)
def test_what_makes_no_sense_is_said(cells: dict[str, Any], verdict: str) -> None:
    results = at(None, **cells)
    assert str(results.get("verdict", "apart")).startswith(verdict)
    assert results.get("feasible", "apart") is False


def test_a_prefill_pool_that_does_not_run_is_said() -> None:
    results = Results(book(), {("tensor_parallel", ("pairs",)): 3.0})
    assert str(results.get("verdict", "narrow")).startswith("the prefill pool: not possible: 3 devices do not divide")


def test_sessions_with_pools_are_refused() -> None:
    results = Results(book(more=", turns: 4, turn_input: 100"))
    assert results.get("verdict", "apart") == "not modelled: a prefill pool with sessions of several calls"
    assert "not modelled" not in str(results.get("verdict", "baseline"))


def test_without_a_rate_there_are_no_pools() -> None:
    with pytest.raises(SpecError, match=r"'prefill_replicas' comes with .* where the scenario gives request_rate"):
        book("ttft_target: 2 s")


def test_formulas_of_the_load_read_what_pools_put_in_their_place() -> None:
    """A formula that is new in the library must not read the first token or the limit of a server that does both."""
    replaced = re.compile(r"\b(loaded_mean|curve_mean|full_rate)\b")
    load = (
        "loaded_",
        "curve_",
        "ttft",
        "server_ttft",
        "computed_",
        "pooled_at",
        "stable_rate",
        "load_",
        "replica_capacity",
        "arrival_share",
        "output_",
    )
    own = ("loaded_first", "curve_first")
    for made in (book(), book(more="}, brief: {prompt_tokens: 500, output_tokens: 100")):
        readers = [q for q in made.quantities.values() if q.name.startswith(load) and q.name not in own]
        assert [q.name for q in readers if replaced.search(q.written)] == []


def test_two_classes_with_pools() -> None:
    more = "}, brief: {share: 2, prompt_tokens: 500, output_tokens: 100"
    made = book("request_rate: 3, ttft_target: 900 ms", more)
    results = Results(made)
    assert number(results, "request_ttft", "apart", "brief") < number(results, "request_ttft", "apart", "chat")
    shares = [number(at(made, prefill_replicas=n), "ttft_share") for n in (1, 2, 3, 8)]
    assert shares == sorted(shares)
