"""Experts, latents, windows, several devices and serving against figures worked by hand.

The arithmetic stands in the tests: shapes are those of the published configurations, rates those of the data sheets,
closed forms are held against sums over every token.
"""

from __future__ import annotations

import csv
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.book.build import build_book
from reportgen.engine.evaluate import Evaluator
from reportgen.engine.results import Results
from reportgen.errors import SpecError
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

H100 = {"accelerator": "H100-SXM-80GB"}


OWN = {"layers": 2, "hidden_size": 512, "heads": 4, "kv_heads": 2, "head_dim": 128, "intermediate_size": 1024,
       "vocab_size": 1000}  # fmt: skip
EVERY_KIND = ("DeepSeek-V3", "gpt-oss-20b")


@functools.cache
def _book(text: str) -> Any:
    document = Document("case", "")
    document.data = {"schema": 1, "title": "Case", "levers": "none", **json.loads(text)}
    return build_book(validate(ScenarioSpec, document), "case", EVERY_KIND)


def case(prompt: float = 1000, output: float = 101, inputs: dict[str, Any] | None = None, **option: Any) -> Results:
    """One option on one class of requests, in static batches; facts of a model of one's own are given as `own`."""
    own = option.pop("own", None)
    book = _book(
        json.dumps(
            {
                "requests": {"only": {"prompt_tokens": 1000, "output_tokens": 101}},
                "options": {"baseline": {"model": "Llama-2-7B", **H100, "continuous_batching": False}},
                "models": {"own": OWN},
            }
        )
    )
    given: dict[tuple[str, tuple[str, ...]], Any] = {
        ("prompt_tokens", ("only",)): float(prompt), ("output_tokens", ("only",)): float(output),
    }  # fmt: skip
    given |= {(name, ("baseline",)): value for name, value in option.items()}
    given |= {(name, ()): value for name, value in (inputs or {}).items()}
    if own:
        given |= {("model", ("baseline",)): "own", **{(name, ("own",)): value for name, value in own.items()}}
    return Results(book, given)


def at_rate(name: str, rate: float, prompt: float, output: float) -> Results:
    """A server of Llama-2-7B at a request rate or a peak rate, with a fifth of head-room."""
    book = _book(
        json.dumps(
            {
                "requests": {"only": {"prompt_tokens": prompt, "output_tokens": output}},
                "options": {"baseline": {"model": "Llama-2-7B", **H100}},
                "inputs": {name: rate, "headroom": 20},
            }
        )
    )
    return Results(book, {})


def number(results: Results, name: str, *members: str) -> float:
    """A value that is there."""
    value = results.get(name, *members)
    assert isinstance(value, float), (name, members, value)
    return value


def of(results: Results, name: str, operator: str, stage: str = "decode") -> float:
    """A figure of one layer's operator."""
    return number(results, name, "baseline", stage, operator)


# --- models -----------------------------------------------------------------------------------------------------


def _published() -> list[tuple[str, float, float]]:
    with (Path(__file__).parents[1] / "reference" / "models.csv").open(newline="") as file:
        return [
            (row["name"], float(row["params_total_B_published"]), float(row["params_active_B_published"]))
            for row in csv.DictReader(file)
        ]


@functools.cache
def _parameters() -> tuple[dict[str, int], Any, Any, Any]:
    document = {
        "requests": {"only": {"prompt_tokens": 1, "output_tokens": 1}},
        "options": {
            name: {"model": model, **H100}
            for name, model in (("baseline", "DeepSeek-V3"), ("b", "gpt-oss-20b"), ("c", "Mixtral-8x7B"))
        },
    }
    book = _book(json.dumps(document))
    evaluator = Evaluator(book)
    place = {name: i for i, name in enumerate(book.dimensions["model"].names)}
    embedding = evaluator.value("embedding_parameters").data[:, 0] / 1e9
    return place, evaluator.value("parameters").data[:, 0], evaluator.value("active_parameters").data[:, 0], embedding


@pytest.mark.parametrize(("model", "total", "active"), _published())
def test_parameters_are_those_published(model: str, total: float, active: float) -> None:
    place, computed, computed_active, embedding = _parameters()
    assert computed[place[model]] == pytest.approx(total, rel=0.01)
    # Publishers count the active parameters with embedding and head, with one of them, or with neither, and round.
    counted = [computed_active[place[model]] - share * embedding[place[model]] for share in (0, 0.5, 1)]
    assert min(abs(c / active - 1) for c in counted) < (0.01 if active == total else 0.08)


# --- mixture of experts -----------------------------------------------------------------------------------------

MIXTRAL = {"model": "Mixtral-8x7B"}


def test_one_token_touches_its_own_experts() -> None:
    # 2 of 8 experts, 14336 wide: gate and up are 2 x 4096 x 14336 weights of 2 bytes each.
    results = case(**MIXTRAL)
    assert number(results, "touched_experts", "baseline", "decode") == pytest.approx(2, rel=1e-12)
    assert of(results, "load_weight", "expert_gate_up") == pytest.approx(2 * 2 * 4096 * 14336 * 2)
    assert of(results, "macs", "expert_gate_up") == pytest.approx(2 * 2 * 4096 * 14336)
    assert of(results, "macs", "expert_down") == pytest.approx(2 * 14336 * 4096)
    assert of(results, "macs", "router") == pytest.approx(4096 * 8)


def test_a_batch_touches_the_expected_number_of_experts() -> None:
    # 128 experts, 8 chosen, 16 tokens: 128 (1 - (120/128)^16) = 82.4
    results = case(model="Qwen3-235B-A22B", batch=16)
    expected = 128 * (1 - (120 / 128) ** 16)
    assert number(results, "touched_experts", "baseline", "decode") == pytest.approx(expected, rel=1e-12)
    assert of(results, "macs", "expert_down") == pytest.approx(16 * 8 * 1536 * 4096)


def test_all_experts_equal_a_dense_layer() -> None:
    # Two experts of 5504, both chosen, without what routing adds, are one FFN of 11008.
    dense = {"layers": 4, "hidden_size": 4096, "heads": 32, "kv_heads": 32, "head_dim": 128, "intermediate_size": 11008,
             "vocab_size": 32000}  # fmt: skip
    mixed = {**dense, "intermediate_size": 0, "moe_layers": 4, "experts": 2, "active_experts": 2, "expert_size": 5504}
    one, two = case(own=dense, batch=8), case(own=mixed, batch=8)
    for stage in ("prefill", "decode"):
        for name in ("macs", "load_weight"):
            plain = sum(of(one, name, o, stage) for o in ("gate_proj", "up_proj", "down_proj"))
            routed = sum(of(two, name, o, stage) for o in ("expert_gate_up", "expert_down"))
            assert routed == pytest.approx(plain, rel=1e-12), (name, stage)
    router = 4 * 4096 * 2 * 2
    assert number(two, "stored_weights", "baseline") - router == pytest.approx(
        number(one, "stored_weights", "baseline")
    )


def test_dense_layers_and_shared_experts_of_deepseek() -> None:
    results = case(model="DeepSeek-V3")
    assert number(results, "repeats", "baseline", "gate_proj") == 3
    assert number(results, "repeats", "baseline", "expert_down") == 58
    assert of(results, "macs", "shared_down") == 2048 * 7168
    assert of(results, "load_weight", "shared_gate_up") == 2 * 2048 * 7168 * 2


# --- latent attention -------------------------------------------------------------------------------------------


def test_the_latent_cache_is_576_wide() -> None:
    # 512 + 64 elements of 2 bytes in each of 61 layers, once, whatever the number of heads.
    results = case(model="DeepSeek-V3")
    assert number(results, "kv_bytes_per_token", "baseline") == (512 + 64) * 2 * 61
    context = 1000 + 101 / 2
    assert of(results, "load_kv_cache", "mla_attention") == pytest.approx(context * 576 * 2)
    shared = case(model="DeepSeek-V3", tensor_parallel=8)
    assert number(shared, "kv_bytes_per_token", "baseline") == (512 + 64) * 2 * 61


def test_absorbed_decode_flops() -> None:
    # 2 [h q + q H (nope + r) + h (c + r) + c H (nope + v) + H v h] + 2 H ctx (2 c + r) per token and layer
    h, q, c, r, nope, v, heads, context = 7168, 1536, 512, 64, 128, 128, 128, 1050.5
    results = case(model="DeepSeek-V3")
    names = ("q_a_proj", "q_b_proj", "kv_a_proj", "kv_b_proj", "o_proj")
    linear = h * q + q * heads * (nope + r) + h * (c + r) + c * heads * (nope + v) + heads * v * h
    assert sum(of(results, "macs", n) for n in names) == pytest.approx(linear, rel=1e-12)
    assert of(results, "macs", "mla_attention") == pytest.approx(heads * context * (2 * c + r), rel=1e-12)


def test_prefill_is_not_absorbed() -> None:
    # The expansion runs over all 1000 tokens; scores have 192 and 128 wide heads.
    results = case(model="DeepSeek-V3")
    assert of(results, "macs", "kv_b_proj", "prefill") == pytest.approx(1000 * 512 * 128 * (128 + 128))
    assert of(results, "macs", "mla_attention", "prefill") == pytest.approx(128 * 1000 * 1001 / 2 * (192 + 128))


def test_queries_without_a_latent() -> None:
    results = case(model="DeepSeek-V2-Lite")
    assert number(results, "repeats", "baseline", "q_proj") == 27
    assert number(results, "repeats", "baseline", "q_a_proj") == 0
    assert of(results, "macs", "q_proj") == 2048 * 16 * 192


# --- windows ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 3000), st.integers(1, 3000))
@settings(max_examples=40)
def test_sliding_scores_are_the_sum_over_the_prompt(prompt: int, window: int) -> None:
    own = {"window_size": window, "windowed_layers": 1}
    results = case(prompt=max(2, prompt), own=own)
    total = sum(min(i, window) for i in range(1, max(2, prompt) + 1))
    assert of(results, "macs", "local_attention", "prefill") == pytest.approx(2 * 4 * total * 128, rel=1e-12)


@given(st.integers(1, 2000), st.integers(2, 2000), st.integers(1, 3000))
@settings(max_examples=40)
def test_windowed_decode_is_the_mean_over_the_steps(prompt: int, output: int, window: int) -> None:
    own = {"window_size": window, "windowed_layers": 1}
    results = case(prompt=prompt, output=output, own=own)
    steps = [min(c, window) for c in range(prompt + 1, prompt + output)]
    assert number(results, "mean_windowed_tokens", "baseline") == pytest.approx(sum(steps) / len(steps), rel=1e-9)


def test_chunks_of_llama_4() -> None:
    # 20,000 tokens in chunks of 8192: two full triangles and one of 3616.
    results = case(prompt=20_000, model="Llama-4-Scout")
    scores = 2 * 8192 * 8193 / 2 + 3616 * 3617 / 2
    assert of(results, "macs", "local_attention", "prefill") == pytest.approx(2 * 40 * scores * 128)
    assert number(results, "repeats", "baseline", "local_attention") == 36


def test_a_window_bounds_the_cache() -> None:
    # gpt-oss-20b: 12 of 24 layers keep 128 tokens, 8 KV heads of 64, 2 bytes.
    results = case(prompt=1000, output=24, model="gpt-oss-20b")
    paged = 1024
    expected = 2 * 12 * 8 * 64 * 2 * paged + 2 * 12 * 8 * 64 * 2 * 128
    assert number(results, "memory_consumption_kv_cache", "baseline", "decode") == expected


# --- several devices --------------------------------------------------------------------------------------------


def test_one_device_equals_no_parallelism() -> None:
    results = case(batch=4)
    for operator in ("all_reduce", "logits_gather", "send_receive"):
        assert number(results, "repeats", "baseline", operator) == 0
    assert number(results, "devices", "baseline") == 1


def test_tensor_parallel_divides_heads_and_ffn() -> None:
    one, four = case(model="Llama-3.1-70B", batch=8), case(model="Llama-3.1-70B", batch=8, tensor_parallel=4)
    for operator in ("q_proj", "k_proj", "o_proj", "gate_proj", "down_proj", "lm_head"):
        assert of(one, "macs", operator) == pytest.approx(4 * of(four, "macs", operator), rel=1e-12)
        assert of(one, "load_weight", operator) == pytest.approx(4 * of(four, "load_weight", operator), rel=1e-12)
    # Two all-reduces a layer, each of 8 x 8192 elements of 2 bytes; the ideal takes that over 450 GB/s.
    assert number(four, "repeats", "baseline", "all_reduce") == 160
    assert of(four, "message_bytes", "all_reduce") == 8 * 8192 * 2
    assert of(four, "ideal_inference_time", "all_reduce") == pytest.approx(8 * 8192 * 2 / 450e9)


def test_all_reduce_takes_the_quicker_way() -> None:
    # Small messages go directly, n - 1 at once; large ones around a ring, 2 (n - 1) / n and twice the latency.
    results = case(model="Llama-3.1-70B", batch=1, tensor_parallel=8, prompt=8000)
    link, reached = 450e9, number(results, "link_efficiency")
    latency = number(results, "link_latency") * number(results, "message_latency", "any") * 1e-6
    small, large = 8192 * 2, 8000 * 8192 * 2
    direct = latency + 7 * small / link / reached
    ring = 2 * latency + 2 * 7 / 8 * large / link / reached
    assert of(results, "message_time", "all_reduce", "decode") == pytest.approx(direct)
    assert of(results, "message_time", "all_reduce", "prefill") == pytest.approx(ring)


def test_kv_heads_are_replicated() -> None:
    # 8 KV heads on 16 devices: each keeps one.
    results = case(model="Llama-3.1-70B", tensor_parallel=16)
    assert number(results, "rank_kv_heads", "baseline") == 1
    assert number(results, "kv_bytes_per_token", "baseline") == 2 * 80 * 128 * 2


def test_links_by_distance() -> None:
    def link(accelerator: str, devices: int) -> float:
        results = case(model="Llama-3.1-70B", accelerator=accelerator, tensor_parallel=devices)
        return number(results, "group_link", "baseline") / 1e9

    assert link("H100-SXM-80GB", 8) == pytest.approx(450)
    assert link("H100-SXM-80GB", 16) == pytest.approx(450)  # within each of two nodes
    assert link("H100-NVL-94GB", 2) == pytest.approx(300)  # the bridge
    assert link("H100-NVL-94GB", 4) == pytest.approx(64)  # PCIe 5 beyond two
    assert link("L40S", 2) == pytest.approx(32)
    assert link("MI300X", 8) == pytest.approx(448)  # a mesh of seven links of 64
    assert link("MI300X", 2) == pytest.approx(64)


def test_pipeline_splits_layers_and_batch() -> None:
    one, two = case(model="Llama-3.1-70B", batch=8), case(model="Llama-3.1-70B", batch=8, pipeline_parallel=2)
    assert number(two, "micro_batch", "baseline", "decode") == 4
    assert number(two, "repeats", "baseline", "send_receive") == 1
    layers = (number(one, "rank_layer_parameters", "baseline"), number(two, "rank_layer_parameters", "baseline"))
    assert layers[0] == 2 * layers[1]


def test_experts_spread_over_devices() -> None:
    results = case(model="DeepSeek-V3", batch=64, expert_parallel=8)
    assert number(results, "attention_groups", "baseline") == 8
    assert number(results, "micro_batch", "baseline", "decode") == 8
    touched = 256 * (1 - (1 - 8 / 256) ** 64)
    assert number(results, "expert_passes", "baseline", "decode") == pytest.approx(touched / 8)
    # 8 tokens of a device, 8 experts each, 7168 wide, 2 bytes out and 2 back, 7 of 8 to others
    assert of(results, "message_bytes", "all_to_all") == pytest.approx(8 * 8 * 7168 * 4 * 7 / 8)
    assert number(results, "repeats", "baseline", "all_to_all") == 58


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"model": "Llama-3.1-70B", "tensor_parallel": 3}, "3 devices do not divide 64 query and 8 KV heads"),
        ({"model": "Mixtral-8x7B", "expert_parallel": 3}, "3 devices do not divide 8 experts"),
        ({"pipeline_parallel": 33}, "more pipeline stages than layers"),
        (
            {"accelerator": "A100-SXM-80GB", "weight_precision": "fp8", "activation_precision": "fp8"},
            "A100-SXM-80GB has no known FP8 rate",
        ),
    ],
)
def test_what_cannot_run_says_so(option: dict[str, Any], words: str) -> None:
    results = case(**option)
    assert words in str(results.get("verdict", "baseline"))
    assert results.get("feasible", "baseline") is False
    assert results.get("throughput", "baseline") is None


# --- precision --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "bits"),
    [("int4", 4 + 20 / 128), ("mxfp4", 4 + 8 / 32), ("fp4", 4 + 8 / 16), ("q4_k_m", 4.8944), ("q6_k", 6.5633)],
)
def test_bits_per_weight_as_stored(precision: str, bits: float) -> None:
    results = case(weight_precision=precision)
    assert of(results, "load_weight", "q_proj") == pytest.approx(4096 * 4096 * bits / 8)


def test_narrow_weights_compute_in_16_bit() -> None:
    results = case(weight_precision="int4")
    assert number(results, "peak_compute", "baseline", "q_proj") == pytest.approx(989.4e12)
    both = case(weight_precision="fp8", activation_precision="fp8")
    assert number(both, "peak_compute", "baseline", "q_proj") == pytest.approx(1978.9e12)
    assert number(both, "peak_compute", "baseline", "lm_head") == pytest.approx(989.4e12)


def test_mxfp4_quantizes_experts_alone() -> None:
    results = case(model="gpt-oss-20b", weight_precision="mxfp4")
    assert of(results, "load_weight", "q_proj") == 2880 * 4096 * 2
    assert of(results, "load_weight", "expert_down") == pytest.approx(4 * 2880 * 2880 * 4.25 / 8)
    # vLLM 0.11.0 on an H100: "Model loading took 13.47 GiB"
    assert number(results, "stored_weights", "baseline") / 2**30 == pytest.approx(13.47, rel=0.01)


# --- serving ----------------------------------------------------------------------------------------------------


def test_a_cached_prefix_is_not_prefilled_again() -> None:
    results = case(prompt=1000, prefix_hit=75)
    assert number(results, "query_tokens", "baseline", "prefill") == 250
    # 250 queries see the 750 before them and their own triangle
    assert of(results, "macs", "fused_attention", "prefill") == pytest.approx(
        2 * 32 * (250 * 750 + 250 * 251 / 2) * 128
    )
    assert of(results, "macs", "q_proj", "prefill") == 250 * 4096 * 4096


@given(st.integers(1, 4000), st.integers(1, 1000), st.integers(0, 90))
@settings(max_examples=40)
def test_chunked_prefill_reads_what_stands_before(prompt: int, chunk: int, hit: int) -> None:
    results = case(prompt=prompt, chunk_tokens=chunk, prefix_hit=hit)
    new = prompt * (1 - hit / 100)
    cached, reads, done, passes = prompt - new, 0.0, 0.0, 0
    while done < new - 1e-9:
        step = min(chunk, new - done)
        reads, done, passes = reads + cached + done + step, done + step, passes + 1
    full = passes * cached + chunk * passes * (passes - 1) / 2 + new
    assert reads == pytest.approx(full, rel=1e-9)
    assert number(results, "kv_tokens_read", "baseline", "prefill") == pytest.approx(reads, rel=1e-9)
    assert of(results, "load_weight", "q_proj", "prefill") == pytest.approx(passes * 4096 * 4096 * 2)


@pytest.mark.parametrize(("draft", "first", "later"), [(0, 70, 70), (1, 50, 50), (4, 70, 60), (8, 90, 90)])
def test_speculative_decoding(draft: int, first: float, later: float) -> None:
    results = case(
        model="Llama-3.1-8B", draft_tokens=draft, draft_model="Llama-3.2-1B",
        measured_acceptance=first, measured_decay=100 * later / first,
    )  # fmt: skip
    tokens = 1 + sum(first / 100 * (later / 100) ** i for i in range(draft))
    assert number(results, "tokens_per_step", "baseline") == pytest.approx(tokens)
    assert of(results, "macs", "q_proj") == (draft + 1) * 4096 * 4096
    device = number(results, "total_inference_time", "baseline", "decode")
    host = 1e-3 * number(results, "host_step", "any") + 1e-6 * number(results, "host_sequence", "any")
    step = (device**4 + host**4) ** (1 / 4) + draft * number(results, "draft_step", "baseline")
    assert number(results, "tpot", "baseline") == pytest.approx(1000 * step / tokens)


def test_continuous_batching_in_the_steady_state() -> None:
    # 16 at once, 100 steps each: while one decodes, each of the 15 others is prefilled once, but for those that wait.
    results = case(prompt=1000, output=101, batch=16, continuous_batching=True)
    running = number(results, "loaded_running", "baseline")
    step, prefill = (1000 * number(results, name, "baseline") for name in ("loaded_step", "marginal_prefill"))
    assert number(results, "tpot", "baseline") == pytest.approx(step + (running - 1) * prefill / 100)
    assert 15 < running <= 16
    assert number(results, "micro_batch", "baseline", "prefill") == 1


def test_steady_state_at_a_request_rate_keeps_littles_law() -> None:
    results = at_rate("request_rate", 2, prompt=500, output=201)
    running, step = number(results, "loaded_running", "baseline"), number(results, "loaded_step", "baseline")
    prefill = number(results, "marginal_prefill", "baseline")
    assert running == pytest.approx(2 * (200 * step + running * prefill), rel=1e-9)
    assert number(results, "loaded_rate", "baseline") == pytest.approx(2, rel=1e-9)


def test_too_high_a_rate_overloads() -> None:
    results = at_rate("request_rate", 1000, prompt=2000, output=500)
    assert results.get("overloaded", "baseline") is True
    most = number(results, "full_rate", "baseline")
    verdict = f"overloaded: 1000.00 requests a second reach each replica, which can answer {most:.2f}; "
    assert results.get("verdict", "baseline") == verdict + f"{100 * (1 - most / 1000):.0f} % fail"


def test_replicas_for_a_peak() -> None:
    results = at_rate("peak_rate", 10, prompt=1000, output=101)
    rate = number(results, "queries_per_second", "baseline")
    assert number(results, "replicas_needed", "baseline") == np.ceil(10 / (rate * 0.8))


def test_kv_capacity_is_what_is_left() -> None:
    # H100: 81559 MiB x 0.9 - weights - sampling of 1024 sequences - runtime, as vLLM 0.11.0 reported: 51.38 GiB
    results = case(model="Llama-3.1-8B", engine="vllm")
    assert number(results, "kv_capacity", "baseline") == pytest.approx(51.38, rel=0.02)


# --- monotone, and never below the ideal ---------------------------------------------------------------------------

OPTIONS = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["Llama-3.1-8B", "Mixtral-8x7B", "DeepSeek-V3", "gpt-oss-20b", "Gemma-2-9B"]),
        "accelerator": st.sampled_from(["H100-SXM-80GB", "MI300X", "RTX-4090", "A100-SXM-80GB", "L40S"]),
        "batch": st.sampled_from([1, 7, 64]),
        "tensor_parallel": st.sampled_from([1, 2, 4]),
        "weight_precision": st.sampled_from(["bf16", "fp8", "int4"]),
        "continuous_batching": st.booleans(),
    }
)


@given(OPTIONS, st.sampled_from([64, 3000]))
@settings(max_examples=25)
def test_expected_is_never_below_ideal(option: dict[str, Any], prompt: int) -> None:
    results = case(prompt=prompt, **option)
    for stage in ("prefill", "decode"):
        ideal = number(results, "total_ideal_inference_time", "baseline", stage)
        assert number(results, "total_inference_time", "baseline", stage) >= ideal * (1 - 1e-9)


@given(OPTIONS, st.sampled_from([64, 3000]))
@settings(max_examples=25)
def test_more_work_takes_longer(option: dict[str, Any], prompt: int) -> None:
    base = case(prompt=prompt, **option)
    larger = case(prompt=prompt, **{**option, "batch": option["batch"] * 2})
    longer = case(prompt=prompt * 2, **option)
    for name in ("ideal_ttft", "ideal_token_time"):
        assert number(longer, name, "baseline") >= number(base, name, "baseline") * (1 - 1e-9)
    assert number(larger, "ideal_token_time", "baseline") >= number(base, "ideal_token_time", "baseline") * (1 - 1e-9)


@given(OPTIONS)
@settings(max_examples=20)
def test_operators_sum_to_totals(option: dict[str, Any]) -> None:
    results = case(**option)
    book = results.book
    for stage in ("prefill", "decode"):
        for total, part in (("total_ops", "ops"), ("total_memory_access", "memory_access")):
            parts = [
                number(results, part, "baseline", stage, o) * number(results, "repeats", "baseline", o)
                for o in book.dimensions["operator"].names
            ]
            assert number(results, total, "baseline", stage) == pytest.approx(sum(parts), rel=1e-12)


# --- own measurements ---------------------------------------------------------------------------------------------


def _measured(**row: Any) -> dict[str, Any]:
    return {
        "requests": {"only": {"prompt_tokens": 1000, "output_tokens": 101}},
        "options": {"baseline": {"model": "Llama-2-7B", **H100}, "other": {"accelerator": "L40S"}},
        "measured": {"ours": {"title": "Our server", "batch": 8, **row}},
    }


def test_a_measurement_is_shown_beside_the_prediction() -> None:
    results = Results(_book(json.dumps(_measured(tpot="31 ms"))), {})
    predicted = number(results, "tpot", "ours")
    assert number(results, "measured_tpot", "ours") == 31
    assert results.get("measured_words", "ours") == (
        f"Our server: 31.0 ms per token measured, {predicted:.1f} ms predicted."
    )
    assert number(results, "decode_correction", "baseline") == 1
    assert results.get("advice", "ours") == ""


def test_a_measurement_may_scale_the_predictions() -> None:
    plain = Results(_book(json.dumps(_measured(tpot="31 ms"))), {})
    scaled = Results(_book(json.dumps(_measured(tpot="31 ms", scale=True))), {})
    factor = 31 / number(plain, "tpot", "ours")
    assert number(scaled, "tpot", "ours") == pytest.approx(31)
    assert number(scaled, "tpot", "baseline") == pytest.approx(factor * number(plain, "tpot", "baseline"))
    assert number(scaled, "tpot", "other") == number(plain, "tpot", "other")  # another accelerator
    assert "scaled by it" in str(scaled.get("measured_words", "ours"))


def test_a_measurement_is_no_baseline() -> None:
    with pytest.raises(SpecError, match="the scenario has no options"):
        _book(json.dumps({**_measured(tpot="31 ms", model="Llama-2-7B", **H100), "options": {}}))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "'ours' measures nothing"),
        ({"tpot": "31 ms", "scale": "yes"}, "'scale' is true or false"),
        ({"tpot": "31 GB"}, "wrong unit"),
        ({"tpot": -1}, "needs a number"),
        ({"tpott": "31 ms"}, "measures nothing"),
    ],
)
def test_mistakes_in_a_measurement(row: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        _book(json.dumps(_measured(**row)))
