"""The accounting `reportgen` against figures worked by hand, and against what physics demands of any accounting.

The arithmetic stands in the tests: shapes are those of the published configurations, rates those of the data sheets.
"""

from __future__ import annotations

import functools
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.book.build import build_book
from reportgen.engine.evaluate import Evaluator
from reportgen.engine.evaluation import evaluate
from reportgen.engine.results import Results
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book

STAGES = ("prefill", "decode", "decode_first", "decode_last")

# Llama-2-7B: 32 layers, hidden 4096, 32 heads of 128, FFN 11008, vocabulary 32000; embedding and head apart.
LLAMA_2_7B = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11008 + 2 * 4096) + 4096 + 2 * 32000 * 4096
# Llama-3.1-8B: the same width, 8 KV heads, FFN 14336, vocabulary 128256.
LLAMA_3_1_8B = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096) + 4096 + 2 * 128256 * 4096
# Llama-3.1-70B: 80 layers, hidden 8192, 64 heads of 128, 8 KV heads, FFN 28672.
LLAMA_3_1_70B = 80 * (2 * 8192 * 8192 + 2 * 8192 * 1024 + 3 * 8192 * 28672 + 2 * 8192) + 8192 + 2 * 128256 * 8192
# Falcon-7B: 32 layers, hidden 4544, 71 heads of 64, one KV head, plain FFN 18176, vocabulary 65024, tied.
FALCON_7B = 32 * (2 * 4544 * 4544 + 2 * 4544 * 64 + 2 * 4544 * 18176 + 2 * 4544) + 4544 + 65024 * 4544


@functools.cache
def book_of(scenario: str = "{}") -> Book:
    """Llama-2-7B on an A100 with one class of requests, but for what `scenario` has in JSON."""
    document = Document("case", "")
    document.data = {
        "schema": 1, "title": "Case", "objective": {"minimise": "request_latency"}, "levers": "none",
        "requests": {"only": {"prompt_tokens": 1000, "output_tokens": 101}},
        "options": {"baseline": {"model": "Llama-2-7B", "accelerator": "A100-SXM-80GB", "decode_ends": True,
                                 "continuous_batching": False}},
        **json.loads(scenario),
    }  # fmt: skip
    return build_book(validate(ScenarioSpec, document), "case")


def case(prompt: float = 1000, output: float = 101, more: dict[str, Any] | None = None, **option: Any) -> Results:
    """The results of one option on one class of requests, or on those in `more`."""
    book = book_of(json.dumps(more or {}))
    inputs = {(name, ("baseline",)): value for name, value in option.items()}
    if book.dimensions["request"].names == ("only",):
        inputs |= {("prompt_tokens", ("only",)): prompt, ("output_tokens", ("only",)): output}
    return Results(book, inputs)


def number(results: Results, name: str, *members: str) -> float:
    """A value that is there."""
    value = results.get(name, *members)
    assert isinstance(value, float)
    return value


def of(results: Results, name: str, operator: str, stage: str = "decode") -> float:
    """A figure of one layer's operator."""
    return number(results, name, "baseline", stage, operator)


# --- weights and KV cache ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("Llama-2-7B", LLAMA_2_7B),
        ("Llama-3.1-8B", LLAMA_3_1_8B),
        ("Llama-3.1-70B", LLAMA_3_1_70B),
        ("Falcon-7B", FALCON_7B),
    ],
)
def test_weights_are_two_bytes_for_each_parameter_of_the_configuration(model: str, parameters: int) -> None:
    results = case(model=model, accelerator="B300-SXM")
    assert number(results, "parameters", model) == pytest.approx(parameters / 1e9, rel=1e-12)
    assert number(results, "stored_weights", "baseline") == pytest.approx(2 * parameters, rel=1e-12)


def test_computed_parameters_are_the_published_ones() -> None:
    results = case()
    published = results.plain("published_parameters")
    computed = {key: value for key, value in results.plain("parameters").items() if published[key] is not None}
    assert len(computed) == results.book.size("model")
    far = {key: value for key, value in computed.items() if value != pytest.approx(published[key], rel=0.01)}
    assert far == {}


@pytest.mark.parametrize(
    ("model", "layers", "kv_heads", "head_dim"),
    [
        ("Llama-2-7B", 32, 32, 128),
        ("Llama-3.1-8B", 32, 8, 128),
        ("Llama-3.1-70B", 80, 8, 128),
        ("Falcon-7B", 32, 1, 64),
    ],
)
@pytest.mark.parametrize(("precision", "width"), [("bf16", 2), ("int8", 1)])
def test_kv_cache_per_token(model: str, layers: int, kv_heads: int, head_dim: int, precision: str, width: int) -> None:
    per_token = 2 * layers * kv_heads * head_dim * width
    results = case(model=model, accelerator="B300-SXM", prompt=1000, output=200, batch=3, kv_cache_precision=precision)
    assert number(results, "kv_bytes_per_token", "baseline") == per_token
    # 1000 tokens take 63 blocks of 16, 1200 take 75
    assert number(results, "memory_consumption_kv_cache", "baseline", "prefill") == 3 * 1008 * per_token
    assert number(results, "memory_consumption_kv_cache", "baseline", "decode") == 3 * 1200 * per_token


@pytest.mark.parametrize(
    ("precision", "bits"), [("int4", 4 + (16 + 4) / 128), ("int8", 8), ("fp4", 4 + 8 / 16), ("fp16", 16)]
)
def test_only_linear_layers_are_quantized(precision: str, bits: float) -> None:
    linear = 32 * (4 * 4096 * 4096 + 3 * 4096 * 11008)
    results = case(weight_precision=precision)
    assert number(results, "stored_weights", "baseline") == pytest.approx(
        linear * bits / 8 + 2 * (LLAMA_2_7B - linear), rel=1e-12
    )
    assert of(results, "load_weight", "up_proj") == pytest.approx(4096 * 11008 * bits / 8, rel=1e-12)
    assert of(results, "load_weight", "lm_head") == 2 * 4096 * 32000


# --- operations --------------------------------------------------------------------------------------------------


def test_prefill_operations_of_llama_2_7b() -> None:
    results = case(prompt=2048, batch=2)
    tokens, scores = 2 * 2048, 2 * 32 * 2048 * 2049 // 2
    assert of(results, "ops", "q_proj", "prefill") == 2 * tokens * 4096 * 4096
    assert of(results, "ops", "down_proj", "prefill") == 2 * tokens * 11008 * 4096
    assert of(results, "ops", "fused_attention", "prefill") == scores * (2 * 2 * 128 + 5)
    assert of(results, "ops", "lm_head", "prefill") == 2 * 2 * 4096 * 32000  # the last position only


def test_a_kernel_without_fusion_computes_what_the_mask_hides() -> None:
    results = case(prompt=2048, flash_attention=False)
    assert of(results, "ops", "qk_matmul", "prefill") == 2 * 32 * 2048**2 * 128
    assert of(results, "ops", "sv_matmul", "prefill") == 2 * 32 * 2048**2 * 128
    assert of(results, "ops", "softmax", "prefill") == 5 * 32 * 2048**2
    assert of(results, "store_act", "qk_matmul", "prefill") == 32 * 2048**2 * 2


def test_decode_operations_of_llama_3_1_70b() -> None:
    results = case(model="Llama-3.1-70B", accelerator="B300-SXM", prompt=1000, output=101, batch=4)
    context = 1000 + 101 / 2
    layer = 2 * 4 * (2 * 8192 * 8192 + 2 * 8192 * 1024 + 3 * 8192 * 28672)
    attention = 4 * 64 * context * (4 * 128 + 5)
    norms, adds, activation = 2 * 7 * 4 * 8192, 2 * 4 * 8192, 2 * 4 * 28672
    rope = 3 * 4 * (8192 + 1024)
    head = 2 * 4 * 8192 * 128256 + 7 * 4 * 8192  # and the norm before it
    assert number(results, "total_ops", "baseline", "decode") == pytest.approx(
        80 * (layer + attention + rope + norms + adds + activation) + head, rel=1e-12
    )


@given(prompt=st.integers(1, 20000))
@settings(max_examples=10)
def test_causal_scores_of_a_prompt_are_the_sum_over_its_positions(prompt: int) -> None:
    book = book_of()
    data = Evaluator(book, {("prompt_tokens", ("only",)): float(prompt)}).value("causal_scores").data
    assert data[0, book.dimensions["stage"].index("prefill"), 0] == 32 * sum(range(1, prompt + 1))


# --- traffic -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flash", [True, False])
@pytest.mark.parametrize(("model", "kv_heads"), [("Llama-2-7B", 32), ("Llama-3.1-8B", 8)])
def test_decode_reads_keys_and_values_once_per_kv_head(model: str, kv_heads: int, flash: bool) -> None:
    results = case(model=model, prompt=4000, output=201, batch=3, flash_attention=flash)
    once = 3 * (4000 + 201 / 2) * kv_heads * 2 * 128 * 2
    assert number(results, "total_load_kv_cache", "baseline", "decode") == 32 * once
    assert number(results, "total_store_kv_cache", "baseline", "decode") == 32 * 3 * kv_heads * 2 * 128 * 2


def test_fused_attention_moves_queries_outputs_keys_and_values_but_no_scores() -> None:
    results = case(model="Llama-3.1-8B", prompt=4096, batch=2)
    moved = 2 * (32 * 4096 * (128 + 128) * 2 + 8 * 4096 * (128 + 128) * 2)
    assert of(results, "memory_access", "fused_attention", "prefill") == moved


def test_the_residual_reads_two_operands_and_the_activation_is_as_wide_as_the_ffn() -> None:
    results = case(batch=5)
    assert of(results, "load_act", "attn_add") == 2 * 5 * 4096 * 2
    assert of(results, "store_act", "mlp_add") == 5 * 4096 * 2
    assert of(results, "load_act", "mlp_act") == 2 * 5 * 11008 * 2
    assert of(results, "store_act", "mlp_act") == 5 * 11008 * 2


def test_a_plain_ffn_has_two_matrices_and_one_operand() -> None:
    results = case(model="Falcon-7B", batch=5)
    assert number(results, "repeats", "baseline", "gate_proj") == 0
    assert of(results, "load_act", "mlp_act") == 5 * 18176 * 2
    ffn = 32 * 2 * 4544 * 18176 * 2
    attention = 32 * (2 * 4544 * 4544 + 2 * 4544 * 64) * 2
    head = 65024 * 4544 * 2  # read by every step, though stored once with the embedding
    assert number(results, "total_load_weight", "baseline", "decode") == ffn + attention + head
    rows = [row["operator"] for row in results.rows(("option", "stage", "operator")) if row["stage"] == "decode"]
    assert "gate_proj" not in rows
    assert "up_proj" in rows


@pytest.mark.parametrize("stage", ["prefill", "decode"])
@pytest.mark.parametrize(
    ("model", "hidden", "intermediate", "gated"),
    [("Llama-2-7B", 4096, 11008, True), ("Falcon-7B", 4544, 18176, False)],
)
def test_kernel_fusion_saves_the_named_traffic_and_no_operation(
    model: str, hidden: int, intermediate: int, gated: bool, stage: str
) -> None:
    plain, fused = (case(model=model, batch=2, kernel_fusion=on) for on in (False, True))
    tokens = 2 * (1000 if stage == "prefill" else 1)
    qkv = 2 * hidden  # K and V no longer read the input again
    # a sum is not read again by the norm after it, twice a layer; where attention stands beside the FFN, both sums
    # are fused into one norm, and the first is neither written nor read
    norms = 2 * hidden if gated else 3 * hidden
    # gate and up: their input once instead of twice, their outputs neither written nor read, but for the product
    ffn = hidden + 4 * intermediate if gated else 2 * intermediate
    saved = 32 * tokens * (qkv + norms + ffn) * 2
    before, after = (number(r, "total_memory_access", "baseline", stage) for r in (plain, fused))
    assert before - after == pytest.approx(saved, rel=1e-9)
    assert number(fused, "total_ops", "baseline", stage) == pytest.approx(
        number(plain, "total_ops", "baseline", stage), rel=1e-12
    )


# --- rates -------------------------------------------------------------------------------------------------------


def test_w4a16_computes_in_16_bit_and_reads_four_bits_with_their_scales() -> None:
    assert number(case(weight_precision="int4"), "peak_compute", "baseline", "q_proj") == 312e12
    assert of(case(weight_precision="int4"), "load_weight", "q_proj") == 4096 * 4096 * 4.15625 / 8


def test_w8a8_computes_at_the_int8_rate_but_for_head_and_attention_on_a_16_bit_cache() -> None:
    results = case(weight_precision="int8", activation_precision="int8")
    peaks = {op: number(results, "peak_compute", "baseline", op) for op in ("up_proj", "fused_attention", "lm_head")}
    assert peaks == {"up_proj": 624e12, "fused_attention": 312e12, "lm_head": 312e12}


@pytest.mark.parametrize("precision", ["int8", "fp8", "fp4", "int4"])
def test_a_format_that_the_device_lacks_computes_in_16_bit(precision: str) -> None:
    device = {"accelerators": {"plain": {"memory_bandwidth": 1000, "peak_16bit": 100, "memory_nominal": 80}}}
    results = case(accelerator="plain", weight_precision=precision, activation_precision=precision, more=device)
    assert number(results, "peak_compute", "baseline", "up_proj") == 100e12


def test_times_of_an_operator_are_the_longer_of_computing_and_moving() -> None:
    results = case(prompt=2048)  # an A100: 312 TFLOP/s, 2039 GB/s
    linear = 4096 * 4096
    assert of(results, "ideal_inference_time", "q_proj", "decode") == pytest.approx((linear + 2 * 4096) * 2 / 2039e9)
    assert of(results, "ideal_inference_time", "q_proj", "prefill") == pytest.approx(2 * 2048 * linear / 312e12)
    compute, memory = (number(results, f"{kind}_efficiency", "baseline", "gemm") for kind in ("compute", "memory"))
    assert of(results, "inference_time", "q_proj", "decode") == pytest.approx((linear + 2 * 4096) * 2 / 2039e9 / memory)
    assert of(results, "inference_time", "q_proj", "prefill") == pytest.approx(2 * 2048 * linear / 312e12 / compute)
    assert results.get("bound", "baseline", "decode", "q_proj") == "memory"
    assert results.get("bound", "baseline", "prefill", "q_proj") == "compute"


def test_decode_of_llama_2_7b_takes_the_time_to_read_its_weights_and_cache() -> None:
    results = case(prompt=1000, output=101)
    read = (LLAMA_2_7B - 32000 * 4096) * 2 + (1000 + 101 / 2) * 512 * 1024
    assert number(results, "ideal_tpot", "baseline") == pytest.approx(read / 2039e9 * 1e3, rel=0.006)  # activations


# --- capacity ----------------------------------------------------------------------------------------------------


def test_what_does_not_fit_has_no_throughput() -> None:
    results = case(model="Llama-3.1-70B", accelerator="H100-SXM-80GB")
    assert results.get("fits", "baseline") is False
    assert results.get("throughput", "baseline") is None
    assert results.get("queries_per_second", "baseline") is None
    assert results.get("largest_batch", "baseline") == 0


def test_memory_that_nobody_knows_fits_nothing() -> None:
    device = {"accelerators": {"unknown": {"memory_bandwidth": 1000, "peak_16bit": 100}}}
    results = case(accelerator="unknown", more=device)
    assert results.get("fits", "baseline") is False
    assert results.get("largest_batch", "baseline") is None
    assert results.get("throughput", "baseline") is None


def test_memory_is_weights_cache_and_the_largest_operators_activations() -> None:
    runtime = 0.5 * 2**30
    prefill = 1008 * 512 * 1024 + 1000 * (2 * 11008 + 11008) * 2  # 63 blocks; activations of the FFN's activation
    decode = 1104 * 512 * 1024 + (4096 + 32000) * 2  # 69 blocks; activations of the head
    assert prefill > decode
    results = case(prompt=1000, output=101, kernel_fusion=False)
    assert number(results, "memory_needed", "baseline") == pytest.approx(
        (2 * LLAMA_2_7B + runtime + prefill) / 1e9, rel=1e-12
    )
    limit = number(results, "memory_limit", "baseline") * 1e9
    assert limit == pytest.approx(0.9 * 81920 * 2**20, rel=1e-12)  # of what the driver reports, not of 80 GB
    longer = 5008 * 512 * 1024 + (4096 + 32000) * 2
    results = case(prompt=1000, output=4000, kernel_fusion=False)
    assert number(results, "memory_needed", "baseline") == pytest.approx(
        (2 * LLAMA_2_7B + runtime + longer) / 1e9, rel=1e-12
    )


@pytest.mark.parametrize("flash", [True, False])
@pytest.mark.parametrize("accelerator", ["A100-SXM-80GB", "H200-SXM-141GB", "RTX-A6000", "MI355X"])
@pytest.mark.parametrize(("prompt", "output"), [(1000, 101), (1234, 1), (100, 4000)])
def test_the_largest_batch_fits_and_the_next_does_not(accelerator: str, prompt: int, output: int, flash: bool) -> None:
    results = case(prompt, output, model="Llama-3.1-8B", accelerator=accelerator, flash_attention=flash)
    largest = number(results, "largest_batch", "baseline")
    assert largest >= 2
    batches = np.array([largest, largest + 1])
    inputs = {**results.inputs, ("batch", ("baseline",)): batches}
    assert Evaluator(results.book, inputs).value("fits").data.tolist() == [[True, False]]


# --- a generation ------------------------------------------------------------------------------------------------


def steps_of(book: Book, prompt: int, output: int, inputs: dict[Any, Any]) -> np.ndarray[Any, Any]:
    """The time of every decode step, one by one, at contexts prompt + 1 ... prompt + output - 1."""
    prompts = np.arange(prompt, prompt + output - 1, dtype=float)
    times = Evaluator(book, {**inputs, ("prompt_tokens", ("only",)): prompts}).value("total_inference_time").data
    return times[0, book.dimensions["stage"].index("decode_first")]


@pytest.mark.parametrize("model", ["Llama-2-7B", "Llama-3.1-8B", "Falcon-7B"])
@pytest.mark.parametrize(("prompt", "output", "batch"), [(1000, 2, 1), (10, 3000, 1), (5000, 777, 16)])
def test_decode_at_the_mean_context_is_the_generation_step_by_step(
    model: str, prompt: int, output: int, batch: int
) -> None:
    # Without a server, whose host adds its own.
    results = case(prompt, output, model=model, accelerator="H100-SXM-80GB", batch=batch, engine="tensorrt_llm")
    bounds = [results.plain("bound")["baseline", stage, op] for stage in STAGES for op in ("fused_attention", "q_proj")]
    assert set(bounds[2:]) == {"memory"}  # no operator of a decode step changes its bound
    steps = steps_of(results.book, prompt, output, results.inputs)
    assert len(steps) == output - 1
    ttft, latency = number(results, "ttft", "baseline") / 1e3, number(results, "request_latency", "baseline")
    assert latency - ttft == pytest.approx(steps.sum(), rel=1e-9)


@given(
    prompt=st.integers(1, 5000),
    output=st.integers(2, 500),
    batch=st.integers(1, 512),
    bandwidth=st.floats(10, 20000),
    flash=st.booleans(),
)
@settings(max_examples=40)
def test_a_generation_lies_between_its_first_and_its_last_step(
    prompt: int, output: int, batch: int, bandwidth: float, flash: bool
) -> None:
    book = book_of()
    inputs = {
        ("model", ("baseline",)): "Falcon-7B",
        ("batch", ("baseline",)): float(batch),
        ("memory_bandwidth", ("A100-SXM-80GB",)): bandwidth,
        ("flash_attention", ("baseline",)): flash,
    }
    asked = {**inputs, ("prompt_tokens", ("only",)): float(prompt), ("output_tokens", ("only",)): float(output)}
    times = Evaluator(book, asked).value("total_inference_time").data[0, :, 0]
    decode, first, last = (times[book.dimensions["stage"].index(s)] for s in STAGES[1:])
    steps = steps_of(book, prompt, output, inputs)
    assert steps[0] == pytest.approx(first, rel=1e-12)
    assert steps[-1] == pytest.approx(last, rel=1e-12)
    assert first * (1 - 1e-12) <= decode <= last * (1 + 1e-12)
    assert decode <= steps.mean() * (1 + 1e-12)  # times are convex in the context


def test_one_token_of_output_has_no_time_per_output_token() -> None:
    results = case(output=1)
    assert results.get("tpot", "baseline") is None
    assert number(results, "request_latency", "baseline") == number(results, "ttft", "baseline") / 1e3


def test_latency_is_first_token_and_the_others() -> None:
    results = case(output=101, batch=8)
    ttft, tpot = number(results, "ttft", "baseline") / 1e3, number(results, "tpot", "baseline") / 1e3
    assert number(results, "request_latency", "baseline") == pytest.approx(ttft + 100 * tpot, rel=1e-12)
    batch = ttft + 100 * tpot + number(results, "batch_gap", "baseline")  # until the next one begins
    assert number(results, "throughput", "baseline") == pytest.approx(8 * 101 / batch, rel=1e-12)
    assert number(results, "queries_per_second", "baseline") == pytest.approx(8 / batch, rel=1e-12)


# --- classes of requests -----------------------------------------------------------------------------------------

CLASSES = {
    "short": {"share": 6, "prompt_tokens": 600, "output_tokens": 120},
    "middle": {"share": 3, "prompt_tokens": 1500, "output_tokens": 200},
    "long": {"share": 1, "prompt_tokens": 4000, "output_tokens": 400},
}


def test_classes_are_averaged_by_their_shares() -> None:
    results = case(model="Llama-3.1-8B", more={"requests": CLASSES}, batch=4)
    assert number(results, "mean_prompt_tokens") == pytest.approx(0.6 * 600 + 0.3 * 1500 + 0.1 * 4000)
    assert number(results, "mean_output_tokens") == pytest.approx(0.6 * 120 + 0.3 * 200 + 0.1 * 400)
    alike = case(model="Llama-3.1-8B", prompt=1210, output=172, batch=4)
    for name in ("ttft", "memory_needed"):
        assert number(results, name, "baseline") == pytest.approx(number(alike, name, "baseline"), rel=1e-12), name
    # A decode step meets long outputs more often: contexts weigh by the tokens that are made at them.
    outputs = 6 * 120 + 3 * 200 + 1 * 400
    prompt = (6 * 120 * 600 + 3 * 200 * 1500 + 1 * 400 * 4000) / outputs
    met = case(model="Llama-3.1-8B", prompt=prompt, output=(6 * 120**2 + 3 * 200**2 + 400**2) / outputs, batch=4)
    assert number(results, "tpot", "baseline") == pytest.approx(number(met, "tpot", "baseline"), rel=1e-12)
    latency = number(results, "ttft", "baseline") + 171 * number(results, "tpot", "baseline")
    assert number(results, "request_latency", "baseline") == pytest.approx(latency / 1e3, rel=1e-12)
    # A static batch ends with the longest of its requests.
    ended = number(results, "ttft", "baseline") + (number(results, "longest_output", "baseline") - 1) * number(
        results, "tpot", "baseline"
    )
    batch = ended / 1e3 + number(results, "batch_gap", "baseline")
    assert number(results, "throughput", "baseline") == pytest.approx(4 * 172 / batch, rel=1e-12)
    assert number(results, "throughput", "baseline") < number(alike, "throughput", "baseline")


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_first_token_of_a_workload_of_it_alone(name: str) -> None:
    results = case(model="Llama-3.1-8B", more={"requests": CLASSES}, batch=4)
    alone = case(model="Llama-3.1-8B", prompt=CLASSES[name]["prompt_tokens"], batch=4)
    assert number(results, "request_ttft", "baseline", name) == pytest.approx(
        number(alone, "ttft", "baseline"), rel=1e-12
    )


# --- what must always hold ---------------------------------------------------------------------------------------

SIZES = {
    ("batch", ("baseline",)): st.integers(1, 1000).map(float),
    ("prompt_tokens", ("only",)): st.integers(1, 100_000).map(float),
    ("output_tokens", ("only",)): st.integers(2, 10_000).map(float),
    ("memory_bandwidth", ("A100-SXM-80GB",)): st.floats(10, 50_000),
    ("peak_16bit", ("A100-SXM-80GB",)): st.floats(1, 10_000),
}
points = st.fixed_dictionaries(SIZES)
models = st.sampled_from(["Llama-2-7B", "Llama-3.1-8B", "Falcon-7B"])


@pytest.mark.parametrize(
    ("moved", "sign", "names"),
    [
        ("batch", 1, ["total_inference_time", "total_ops", "total_memory_access", "memory_needed"]),
        ("prompt_tokens", 1, ["total_inference_time", "total_ops", "total_memory_access", "memory_needed"]),
        ("output_tokens", 1, ["tpot", "request_latency", "memory_needed"]),
        ("memory_bandwidth", -1, ["total_inference_time", "ttft", "tpot", "request_latency"]),
        ("peak_16bit", -1, ["total_inference_time", "ttft", "tpot", "request_latency"]),
    ],
)
@given(point=points, model=models, flash=st.booleans(), fusion=st.booleans(), factor=st.floats(1, 20))
@settings(max_examples=15)
def test_times_and_sizes_move_in_one_direction(
    moved: str, sign: int, names: list[str], point: dict[Any, Any], model: str, flash: bool, fusion: bool, factor: float
) -> None:
    chosen = case(model=model, flash_attention=flash, kernel_fusion=fusion)
    at = next(key for key in SIZES if key[0] == moved)
    pair = np.array([point[at], point[at] * factor])
    evaluator = Evaluator(chosen.book, {**chosen.inputs, **point, at: pair})
    for name in names:
        values = evaluator.value(name).data
        less, more = values[..., 0], values[..., -1]
        assert (sign * (more - less) >= -1e-12 * np.abs(less)).all(), name


@given(point=points, model=models, flash=st.booleans(), fusion=st.booleans())
@settings(max_examples=25)
def test_totals_are_operators_times_repeats(point: dict[Any, Any], model: str, flash: bool, fusion: bool) -> None:
    chosen = case(model=model, flash_attention=flash, kernel_fusion=fusion)
    results = Results(chosen.book, {**chosen.inputs, **point})
    columns = ("ops", "memory_access", "load_weight", "load_act", "store_act", "load_kv_cache", "store_kv_cache")
    sums = {(stage, c): 0.0 for stage in STAGES for c in (*columns, "inference_time")}
    repeats = results.plain("repeats")
    for row in results.rows(("option", "stage", "operator")):
        if row["stage"] in STAGES:
            for column in (*columns, "inference_time"):
                sums[row["stage"], column] += row[column] * repeats["baseline", row["operator"]]  # type: ignore[operator]
    for stage in STAGES:  # beside its operators a pass has an overhead per layer
        layers = number(results, "layers", model)
        sums[stage, "inference_time"] += layers * number(results, "layer_overhead", "baseline", stage) * 1e-6
    for (stage, column), total in sums.items():
        if column in ("load_act", "store_act"):
            continue  # only LLM-Viewer adds them up over the network
        assert number(results, f"total_{column}", "baseline", stage) == pytest.approx(total, rel=1e-12), column
    assert all(
        row["memory_access"] == pytest.approx(sum(row[c] for c in columns[2:]), rel=1e-12)  # type: ignore[misc]
        for row in results.rows(("option", "stage", "operator"))
    )


@given(
    point=points,
    compute=st.floats(0.001, 1),
    memory=st.floats(0.001, 1),
    overhead=st.floats(0, 1000),
    kind=st.sampled_from(["gemm", "attention", "elementwise"]),
)
@settings(max_examples=25)
def test_nothing_is_faster_than_the_ideal(
    point: dict[Any, Any], compute: float, memory: float, overhead: float, kind: str
) -> None:
    book = book_of()
    factors = [q for q in book.quantities.values() if q.topic == "efficiency" and q.input and q.type.kind == "number"]
    ones = {(q.name, cell): 1.0 for q in factors for cell in (q.cells if q.by else [()])}
    ones |= {at: 0.0 for at in ones if at[0] in ("decode_overhead", "prefill_overhead", "half_length")}
    slowed = {
        (f"{kind}_compute", ("ampere",)): compute,
        (f"{kind}_memory", ("ampere",)): memory,
        ("decode_overhead", ("ampere",)): overhead,
    }
    slowed = {at: value for at, value in slowed.items() if at in ones}
    ideal, expected = Evaluator(book, {**point, **ones}), Evaluator(book, {**point, **ones, **slowed})
    bound, time = (expected.value(f"total_{kind}inference_time").data for kind in ("ideal_", ""))
    assert (bound <= time * (1 + 1e-12)).all()
    assert np.allclose(bound, ideal.value("total_inference_time").data, rtol=1e-12)  # factors of 1 are the ideal
    decode = book.dimensions["stage"].index("decode")
    assert (time - bound)[0, decode, 0] >= 32 * overhead * 1e-6 * (1 - 1e-6) - 1e-9 * time[0, decode, 0]


def test_every_model_runs_on_every_accelerator() -> None:
    catalogue = book_of().dimensions
    pairs = [(m, a) for m in catalogue["model"].names for a in catalogue["accelerator"].names]
    options = {f"o{i}": {"model": m, "accelerator": a} for i, (m, a) in enumerate(pairs)}
    results = evaluate(book_of(json.dumps({"options": options})))
    assert len(pairs) >= 100
    for name in ("ttft", "tpot", "request_latency", "memory_needed", "memory_limit", "largest_batch"):
        values = [value for value in results.plain(name).values() if isinstance(value, float)]
        assert len(values) == len(pairs), name
        assert all(math.isfinite(value) and value >= 0 for value in values), name
    fits, throughput = results.plain("fits"), results.plain("throughput")
    assert all((throughput[key] is not None) == fits[key] for key in fits)
    assert {True, False} == set(fits.values())
