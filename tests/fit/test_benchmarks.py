"""Result files of vllm bench serve and llama-bench: what becomes of them, and what is refused."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as examples
from hypothesis import strategies as st

from reportgen.errors import SpecError
from reportgen.fit import benchmarks
from reportgen.fit.accuracy import accuracy
from reportgen.fit.benchmarks import Defaults, read_measurements
from reportgen.fit.measurements import Measurement, Unread

DATA = Path(__file__).parent / "data"
H100, RTX = Defaults(accelerator="H100"), Defaults(model="Qwen2.5-7B", accelerator="RTX 4080")
VLLM = json.loads((DATA / "vllm.json").read_text())
LLAMA = json.loads((DATA / "llama_bench.json").read_text())


def read(tmp_path: Path, content: Any, defaults: Defaults = H100) -> tuple[list[Measurement], list[Unread]]:
    path = tmp_path / "result"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_measurements(path, defaults)


def only(tmp_path: Path, content: Any, defaults: Defaults = H100) -> Measurement:
    (made, *_), _ = read(tmp_path, content, defaults)
    return made


def why(tmp_path: Path, content: Any, defaults: Defaults = H100) -> str:
    made, unread = read(tmp_path, content, defaults)
    assert made == []
    return "; ".join(u.why for u in unread)


# --- vllm bench serve ------------------------------------------------------------------------------------------------


def test_a_result_of_vllm_gives_three_measurements() -> None:
    made, unread = read_measurements(DATA / "vllm.json", Defaults(accelerator="H100", devices=2, tp=2, kv_cache="fp8"))
    assert unread == []
    assert [(m.row, m.metric, m.value, m.stage) for m in made] == [
        (1, "ttft_ms", 78.25, "prefill"), (2, "tpot_ms", 8.13, "decode"), (3, "output_tokens_per_s", 1780.5, "serving"),
    ]  # fmt: skip
    first = made[0]
    assert (first.model, first.accelerator, first.engine) == ("Llama-3.1-8B", "H100", "vLLM")
    assert (first.load, first.batch, first.prompt, first.output) == ("closed_loop", 16.0, 1024.0, 128.0)
    assert (first.devices, first.tp, first.weights, first.kv_cache) == (2, 2, "bf16", "fp8")
    assert first.source == "vllm bench serve 20251104-091500"


def test_appended_results_are_numbered_on() -> None:
    made, unread = read_measurements(DATA / "vllm_appended.jsonl", H100)
    assert [m.row for m in made] == [1, 2, 3, 4, 5, 6, 8, 9]
    assert [m.load for m in made] == ["closed_loop"] * 3 + ["server"] * 3 + ["offline"] * 2
    assert [m.batch for m in made[2:4]] == [1.0, pytest.approx(510 / 128 * (30.9 + 127 * 9.27) / 1e3, rel=1e-5)]
    (late,) = unread
    assert (late.row, late.why[:36]) == (7, "all requests were sent at once, so t")


def test_what_the_file_says_goes_before_what_is_given(tmp_path: Path) -> None:
    defaults = Defaults(model="Qwen3-8B", accelerator="H200", engine="vLLM", tp=8, weights="fp8", activations="fp8")
    made = only(tmp_path, VLLM | {"backend": "sglang", "tp": "4", "gpu": "NVIDIA H100 80GB HBM3"}, defaults)
    assert (made.model, made.accelerator, made.engine, made.tp) == ("Llama-3.1-8B", "H100-SXM-80GB", "SGLang", 4)
    assert (made.weights, made.activations) == ("fp8", "fp8")
    assert only(tmp_path, VLLM | {"model_id": "/data/tuned"}, defaults).model == "Qwen3-8B"
    assert only(tmp_path, VLLM | {"model_id": "/data/Llama-3.1-70B-Instruct/"}, defaults).model == "Llama-3.1-70B"


def test_weights_are_as_the_model_is_published_unless_its_name_says_otherwise(tmp_path: Path) -> None:
    assert only(tmp_path, VLLM | {"model_id": "openai/gpt-oss-20b"}).weights == "mxfp4"
    deepseek = only(tmp_path, VLLM | {"model_id": "deepseek-ai/DeepSeek-V3"})
    assert (deepseek.weights, deepseek.activations) == ("fp8", "fp8")
    quantized = VLLM | {"model_id": "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8"}
    assert "says that weights are quantized: give --weights" in why(tmp_path, quantized)
    assert only(tmp_path, quantized, Defaults(accelerator="H100", weights="fp8")).weights == "fp8"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"completed": 0}, "no request was completed"),
        ({"completed": "many"}, "completed is not a number: 'many'"),
        ({"completed": True}, "completed is not a number: 'True'"),
        ({"total_input_tokens": [1]}, "total_input_tokens is not a number: 'a list'"),
        ({"spec_decode_acceptance_rate": 61.5}, "speculative decoding was on"),
        ({"median_ttft_ms": float("nan"), "median_tpot_ms": 0, "output_throughput": -1}, "median_ttft_ms is not a num"),
        ({"median_ttft_ms": 10**400, "median_tpot_ms": 0, "output_throughput": 0}, "median_ttft_ms is not a number"),
        ({"request_rate": "fast"}, "request_rate is not a number: 'fast'"),
    ],
)
def test_a_result_that_cannot_be_used_says_why(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    assert words in why(tmp_path, VLLM | change)


def test_a_result_without_figures_says_so(tmp_path: Path) -> None:
    bare = {"completed": 3, "total_input_tokens": 30, "model_id": "Llama-3.1-8B"}
    assert why(tmp_path, bare).startswith("there is none of median_ttft_ms, ")


def test_numbers_written_as_text_are_read(tmp_path: Path) -> None:
    made = only(tmp_path, {k: str(v) if isinstance(v, int | float) else v for k, v in VLLM.items()})
    assert (made.value, made.batch) == (78.25, 16.0)


# --- llama-bench -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["llama_bench.json", "llama_bench.jsonl", "llama_bench.csv"])
def test_each_row_of_llama_bench_is_a_measurement(name: str) -> None:
    made, unread = read_measurements(DATA / name)
    assert [(m.row, m.metric, m.value, m.prompt, m.output) for m in made] == [
        (1, "ttft_ms", 72.13564, 512.0, 0.0),
        (2, "tpot_ms", pytest.approx(8.41225, rel=1e-6), 0.0, 128.0),
        (4, "tpot_ms", 9.375, 4096.0, 128.0),
        (5, "e2e_ms", 1150.0, 512.0, 129.0),
    ]
    first = made[0]
    assert (first.model, first.accelerator, first.engine) == ("Qwen2.5-7B", "RTX-4080", "llama.cpp")
    assert (first.weights, first.activations, first.kv_cache) == ("q4_k_m", "fp16", "fp16")
    assert (first.load, first.batch, first.devices, first.settings) == ("single_stream", 1.0, 1, {"ubatch": 512.0})
    assert unread == [Unread(3, "the prompt follows 4096 tokens already cached, which a measurement cannot express")]


def test_tables_in_markdown_are_read() -> None:
    made, unread = read_measurements(DATA / "llama_bench.md", RTX)
    assert [(m.row, m.metric, m.prompt, m.output, m.weights) for m in made] == [
        (1, "ttft_ms", 512.0, 0.0, "q4_k_m"),
        (2, "tpot_ms", 0.0, 128.0, "q4_k_m"),
        (4, "tpot_ms", 512.0, 128.0, "q4_k_m"),
    ]
    assert made[1].value == pytest.approx(1e3 / 120.6)
    assert [u.row for u in unread] == [3]


@pytest.mark.parametrize(
    ("described", "weights"),
    [
        ("llama 8B Q4_K - Medium", "q4_k_m"), ("llama 8B Q5_K - Medium", "q5_k_m"), ("llama 8B Q6_K", "q6_k"),
        ("llama 8B Q8_0", "q8_0"), ("llama 8B F16", "fp16"), ("llama 8B BF16", "bf16"), ("llama 8B all F32", "fp32"),
        ("gpt-oss 20B MXFP4 MoE", "mxfp4"), ("llama 7B mostly Q4_0", "q4_0"),
        ("qwen2 7B Q4_K - Small (guessed)", "q4_k_s"), ("llama 8B", ""),
    ],
)  # fmt: skip
def test_the_precision_is_that_of_the_description(tmp_path: Path, described: str, weights: str) -> None:
    assert only(tmp_path, LLAMA[0] | {"model_type": described}).weights == weights


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_gpu_layers": 0}, "the model ran on the host"),
        ({"backends": "CPU", "gpu_info": ""}, "the model ran on the host"),
        ({"n_gpu_layers": 20}, "only 20 of 28 layers ran on the accelerator"),
        ({"n_cpu_moe": 4}, "experts or the KV cache were kept on the host"),
        ({"no_kv_offload": True}, "experts or the KV cache were kept on the host"),
        ({"type_v": "q8_0"}, "keys are cached as f16 and values as q8_0"),
        ({"gpu_info": "Tesla T4, NVIDIA L4"}, "several kinds of accelerators"),
        ({"n_prompt": 0}, "no tokens, or no time, above zero"),
        ({"avg_ns": 0, "avg_ts": 0.0}, "no tokens, or no time, above zero"),
        ({"n_prompt": "x\u001b[2J"}, "n_prompt is not a number: 'x [2J'"),
    ],
)
def test_a_row_of_llama_bench_that_cannot_be_used_says_why(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    assert words in why(tmp_path, [LLAMA[0] | change])


def test_devices_are_those_that_worked(tmp_path: Path) -> None:
    two = LLAMA[0] | {"gpu_info": "NVIDIA L4, NVIDIA L4", "type_k": "q8_0", "type_v": "q8_0"}
    assert (only(tmp_path, two).devices, only(tmp_path, two).kv_cache) == (2, "q8_0")
    assert only(tmp_path, two | {"devices": "CUDA0"}).devices == 1
    assert only(tmp_path, two | {"split_mode": "none"}).devices == 1


# --- files -----------------------------------------------------------------------------------------------------------


def test_our_table_is_read_and_its_blanks_are_filled(tmp_path: Path) -> None:
    rows = "Llama-2-7B,T4,tpot_ms,30,,", "Llama-2-7B,L4,tpot_ms,30,SGLang,1", "x,T4,no,1,,"
    text = "\n".join(["model,gpu,metric,value,engine,tp", *rows])
    made, unread = read(tmp_path, text, Defaults(engine="vLLM", tp=2, accelerator="H100"))
    assert [(m.engine, m.tp, m.accelerator) for m in made] == [("vLLM", 2, "T4"), ("SGLang", 1, "L4")]
    assert unread == [Unread(3, "the metric 'no' is not known")]


def test_every_kind_can_be_predicted() -> None:
    for name, defaults in (("vllm.json", H100), ("llama_bench.csv", Defaults()), ("llama_bench.md", RTX)):
        made, unread = read_measurements(DATA / name, defaults)
        found = accuracy(made, unread)
        assert len(found.predictions) == len(made)


def test_what_neither_file_nor_user_says_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read(tmp_path, {k: v for k, v in VLLM.items() if k != "model_id"}, Defaults())
    assert "which model was measured\n  give it with --model" in str(caught.value)
    assert "on which accelerator it was measured\n  give it with --accelerator" in str(caught.value)
    with pytest.raises(SpecError, match="unknown accelerator 'H10'"):
        read(tmp_path, VLLM, Defaults(accelerator="H10"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no measurements of a known kind"),
        ("a,b\n1,2\n", "no measurements of a known kind"),
        ("[1, 2]", "no measurements of a known kind"),
        ('{"results": []}', "no measurements of a known kind"),
        ('{"completed": 1,\n "total_input_tokens": }', "result:2:24: this is not JSON: expecting value"),
        ('{"completed": 1, "completed": 2}', "duplicate key 'completed' in one result"),
        ("[" * 100_000, "nested too deep|not JSON"),
        ('{"a":' * 100_000, "nested too deep|not JSON"),
        ("n_prompt,n_gen,n_gen\n1,2,3\n", "duplicate column 'n_gen'"),
        ('n_prompt,n_gen\n"' + "x" * 200_000, "the table cannot be read"),
        ("model,metric,value\n", "the column 'gpu' is missing"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read(tmp_path, text)


def test_too_many_results_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmarks, "MAX_RECORDS", 2)
    for content in ([LLAMA[0]] * 3, "n_prompt,n_gen\n1,0\n1,0\n1,0\n"):
        with pytest.raises(SpecError, match="more than 2 results"):
            read(tmp_path, content)


def test_what_is_no_result_among_results_is_said(tmp_path: Path) -> None:
    _, unread = read(tmp_path, [LLAMA[0], 7, {}])
    why = "this is not a result of vllm bench serve or llama-bench"
    assert unread == [Unread(2, why), Unread(3, why)]


ANY = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2),
    st.just({"a": 1}), st.sampled_from(["inf", "nan", "1e999", "0x10", "٣", "-1", "12"]),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@examples(st.data())
def test_no_values_cause_a_traceback(tmp_path: Path, data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([VLLM, *LLAMA]))
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(base)), ANY, max_size=6))
    defaults = data.draw(st.sampled_from([Defaults(), RTX]))
    with contextlib.suppress(SpecError):
        made, unread = read(tmp_path, [base | changes], defaults)
        assert all(m.value > 0 for m in made)
        assert all(u.why for u in unread)
        assert sorted(r.row for r in [*made, *unread]) == list(range(1, len(made) + len(unread) + 1))
        accuracy(made, unread)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@examples(st.sampled_from(sorted(p.name for p in DATA.iterdir())), st.data())
def test_no_damage_causes_a_traceback(tmp_path: Path, name: str, data: st.DataObject) -> None:
    raw = (DATA / name).read_bytes()
    at = data.draw(st.integers(0, len(raw)))
    path = tmp_path / "damaged"
    path.write_bytes(raw[:at] + data.draw(st.binary(max_size=6)) + raw[at + data.draw(st.integers(0, 40)) :])
    with contextlib.suppress(SpecError):
        read_measurements(path, RTX)
