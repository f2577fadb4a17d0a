"""Predictions against real measurements: rows that others published, kept in `tests/reference/measurements.csv`."""

from __future__ import annotations

import csv
import functools
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.book.library.library import FITTED
from reportgen.cli.app import app
from reportgen.fit.configuration import configure, measured_book
from reportgen.fit.measurements import METRICS, PERCENTILES, Measurement, Unread, read_table
from reportgen.fit.predict import predict
from reportgen.resources import library_dir
from reportgen.spec.load import load_library_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.fit.accuracy import Accuracy
    from reportgen.fit.predict import Prediction

MEASURED = Path(__file__).parents[1] / "reference" / "measurements.csv"
LLAMA = Measurement(
    1, "Llama-3.1-8B", "H100-SXM-80GB", "tpot_ms", 7.0, "decode", "static_batch", prompt=128, output=128
)


@functools.cache
def found() -> Accuracy:
    return api.accuracy(MEASURED)


def errors(chosen: Callable[[Prediction], bool]) -> Any:
    made = np.array([abs(p.error) for p in found().predictions if chosen(p)])
    assert len(made) >= 4
    return made


def is_served(p: Prediction) -> bool:
    m = p.measurement
    return m.load not in ("static_batch", "single_stream", "startup") and (m.batch or 2) > 1


def is_static(p: Prediction) -> bool:
    return p.measurement.load in ("static_batch", "single_stream")


def is_mean_ttft(p: Prediction) -> bool:
    """Times to first token of servers whose clients are known to have asked so often."""
    return is_served(p) and p.measurement.metric == "ttft_ms" and "requests_per_client" in p.measurement.settings


def is_prefill(p: Prediction) -> bool:
    return is_static(p) and p.measurement.metric == "ttft_ms" and (p.measurement.prompt or 0) >= 512


def is_decode(p: Prediction) -> bool:
    return is_static(p) and p.measurement.metric == "tpot_ms"


KINDS: dict[str, Callable[[Prediction], bool]] = {
    "TPOT under load": lambda p: is_served(p) and p.measurement.metric == "tpot_ms",
    "throughput": lambda p: is_served(p) and p.measurement.metric == "output_tokens_per_s",
    "TTFT to 64 clients": lambda p: is_mean_ttft(p) and (p.measurement.batch or 0) <= 64,
    "TTFT above 64 clients": lambda p: is_mean_ttft(p) and (p.measurement.batch or 0) > 64,
    "low concurrency": lambda p: p.measurement.load == "closed_loop" and (p.measurement.batch or 0) <= 8,
    "static decode": is_decode,
    "static prefill": is_prefill,
    "llama.cpp, decode": lambda p: is_decode(p) and p.measurement.engine == "llama.cpp",
    "llama.cpp, prefill": lambda p: is_prefill(p) and p.measurement.engine == "llama.cpp",
    "TensorRT-LLM, prefill": lambda p: is_prefill(p) and p.measurement.engine == "TensorRT-LLM",
}
MEDIAN, P90 = 0.5, 0.9


@pytest.mark.parametrize(
    ("kind", "share", "gate", "reached"),
    [
        ("TPOT under load", MEDIAN, 0.15, None),
        ("TPOT under load", P90, 0.45, None),
        ("throughput", MEDIAN, 0.12, None),
        ("throughput", P90, 0.40, 0.55),
        ("TTFT to 64 clients", MEDIAN, 0.25, None),
        ("TTFT above 64 clients", MEDIAN, 0.45, None),
        ("low concurrency", MEDIAN, 0.25, None),
        ("static decode", MEDIAN, 0.08, 0.09),
        ("static decode", P90, 0.20, 0.26),
        ("static prefill", MEDIAN, 0.12, None),
        ("static prefill", P90, 0.25, None),
        ("llama.cpp, decode", MEDIAN, 0.08, 0.09),
        ("llama.cpp, decode", P90, 0.20, 0.26),
        ("llama.cpp, prefill", MEDIAN, 0.12, None),
        ("llama.cpp, prefill", P90, 0.25, None),
        ("TensorRT-LLM, prefill", MEDIAN, 0.12, None),
        ("TensorRT-LLM, prefill", P90, 0.25, None),
    ],
)
def test_errors_are_within_the_gates(kind: str, share: float, gate: float, reached: float | None) -> None:
    """A gate that is missed shows as an expected failure, is no worse than `reached`, and may not be met unsaid."""
    found_error = float(np.quantile(errors(KINDS[kind]), share))
    if reached is None:
        assert found_error <= gate
    else:
        assert gate < found_error <= reached
        pytest.xfail(f"{found_error:.1%}, where {gate:.0%} is asked")


@pytest.mark.parametrize(
    ("metrics", "low", "reached"),
    [("tpot_ms", 0.75, None), ("ttft_ms", 0.75, None), ("output_tokens_per_s", 0.75, 0.69)],
)
def test_about_four_of_five_measurements_under_load_lie_in_their_bands(
    metrics: str, low: float, reached: float | None
) -> None:
    made = [p for p in found().predictions if is_served(p) and p.measurement.metric == metrics]
    assert all(p.low is not None and p.high is not None and p.low < p.predicted < p.high for p in made)
    covered = np.mean([(p.low or 0) <= p.measurement.value <= (p.high or 0) for p in made])
    if reached is None:
        assert low <= covered <= 0.9
    else:
        assert reached <= covered < low
        pytest.xfail(f"{covered:.0%} lie in the bands, where {low:.0%} should")


def test_the_book_holds_every_fitted_factor() -> None:
    """Declared defaults and fitted factors may name the same cell; the fit then corrects the default."""
    fitted = load_library_file(library_dir() / FITTED, FITTED).spec
    book, checked = measured_book(), 0
    for table in fitted.dimensions.values():
        for member, row in table.rows.items():
            for name, value in row.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    assert book.quantities[name].cells[member,].value == value, (name, member)  # type: ignore[attr-defined]
                    checked += 1
    assert checked > 200


def has_tower(p: Prediction) -> bool:
    """Models whose checkpoints hold a vision tower besides, which is not counted."""
    return p.measurement.model.startswith("Gemma-3-")


def is_card(p: Prediction) -> bool:
    """Cards of 16 and 32 GB, on which a GiB of activations is much."""
    return p.measurement.accelerator.startswith("RTX-")


def test_weights_as_vllm_reports_them() -> None:
    assert np.max(errors(lambda p: p.measurement.metric == "weights_GiB" and not has_tower(p))) <= 0.03
    towers = [p for p in found().predictions if p.measurement.metric == "weights_GiB" and has_tower(p)]
    left = [(p.measurement.value - p.predicted) * (p.measurement.tp or 1) for p in towers]
    assert len(left) >= 4
    assert all(0 < gib < 2 for gib in left)


def test_the_kv_cache_as_vllm_reports_it() -> None:
    assert np.max(errors(lambda p: p.measurement.metric == "kv_cache_GiB" and not is_card(p))) <= 0.10
    cards = [p for p in found().predictions if p.measurement.metric == "kv_cache_GiB" and is_card(p)]
    off = [abs(p.predicted - p.measurement.value) for p in cards]
    assert len(off) >= 8
    assert max(off) < 2.7
    assert max(gib for gib, p in zip(off, cards, strict=True) if not has_tower(p)) < 2


def test_no_static_or_single_timing_beats_the_ideal() -> None:
    timings = [p for p in found().predictions if p.measurement.load in ("static_batch", "single_stream")]
    beaten = [p for p in timings if p.ideal is not None and p.measurement.value < p.ideal]
    assert len(timings) >= 100
    assert beaten == []


def test_every_row_is_predicted_or_says_why() -> None:
    rows = [p.measurement.row for p in found().predictions] + [u.row for u in found().unevaluated]
    with MEASURED.open(encoding="utf-8", newline="") as text:
        table = list(csv.DictReader(text))
    assert len(table) == 5386
    more = [sum(bool(row[n]) for n in PERCENTILES) for row in table]
    assert Counter(rows) == {row: 1 + extra for row, extra in enumerate(more, 1)}
    assert {u.why for u in found().unevaluated} <= {
        "input_tokens is missing", "input_tokens is missing; output_tokens is missing",
        "unknown model 'GLM-4.7' (did you mean 'GLM-5'?)",
    }  # fmt: skip
    assert len(found().unevaluated) == 112


def test_json_is_the_stable_contract() -> None:
    result = CliRunner().invoke(app, ["accuracy", str(MEASURED), "--format", "json"])
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    assert set(made) == {"rows", "unevaluated", "groups"}
    assert all(
        set(row) == {"row", "stage", "metric", "load", "tp", "measured", "predicted", "ideal", "low", "high"}
        for row in made["rows"]
    )
    assert all(row["low"] < row["predicted"] < row["high"] for row in made["rows"] if row["low"] is not None)
    banded = {row["metric"] for row in made["rows"] if row["low"] is not None}
    assert banded == {
        "ttft_ms", "ttft_p50_ms", "ttft_p95_ms", "ttft_p99_ms", "tpot_ms", "itl_ms", "output_tokens_per_s",
    }  # fmt: skip
    assert all(row["metric"] in METRICS and row["predicted"] > 0 for row in made["rows"])
    assert all(set(row) == {"row", "why"} for row in made["unevaluated"])
    assert {"metric", "load", "engine", "accelerator", "precision", "tp"} == {group["by"] for group in made["groups"]}


def test_groups_hold_the_errors_of_their_rows() -> None:
    group = next(g for g in found().groups if g.by == "load" and g.name == "tpot_ms, single_stream")
    rows = [
        p for p in found().predictions if (p.measurement.metric, p.measurement.load) == ("tpot_ms", "single_stream")
    ]
    each = [p.predicted / p.measurement.value - 1 for p in rows]
    assert group.rows == len(rows)
    assert group.median == pytest.approx(np.median(np.abs(each)))
    assert group.bias == pytest.approx(np.median(each))


def test_the_scatter_plot_is_an_svg_of_all_points(tmp_path: Path) -> None:
    plot = tmp_path / "accuracy.svg"
    result = CliRunner().invoke(app, ["accuracy", str(MEASURED), "--plot", str(plot), "--by", "metric"])
    assert result.exit_code == 0
    text = plot.read_text()
    assert text.startswith("<svg")
    assert all(metric in text for metric in {p.measurement.metric for p in found().predictions})


# --- configurations -----------------------------------------------------------------------------------------------


def with_(**changes: Any) -> Measurement:
    return Measurement(**{**{n: getattr(LLAMA, n) for n in LLAMA.__slots__}, **changes})


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ({"weights": "gguf-q4_k_m", "engine": "llama.cpp"}, {"weight_precision": "q4_k_m", "engine": "llama_cpp"}),
        ({"weights": "int4"}, {"activation_precision": "bf16", "kv_cache_precision": "bf16"}),
        ({"weights": "fp8"}, {"activation_precision": "fp8", "kv_cache_precision": "fp8"}),
        ({"weights": "fp8", "activations": "bf16"}, {"activation_precision": "bf16", "kv_cache_precision": "bf16"}),
        ({"weights": "fp8", "activations": "fp8"}, {"kv_cache_precision": "fp8"}),
        ({"weights": "UINT4"}, {"weight_precision": "int4"}),
        ({"model": "meta-llama/Llama-3.1-8B-Instruct", "accelerator": "NVIDIA A100-SXM4-80GB"},
         {"model": "Llama-3.1-8B", "accelerator": "A100-SXM-80GB"}),
        ({"tp": 4}, {"tensor_parallel": 4.0}),
        ({"devices": 8}, {"tensor_parallel": 8.0}),
        ({"model": "Mixtral-8x7B", "devices": 8}, {"tensor_parallel": 1.0, "expert_parallel": 8.0}),
        ({"model": "DeepSeek-V3", "tp": 2, "settings": {"attn_dp": 4.0}}, {"expert_parallel": 8.0}),
        ({"engine": "TensorRT-LLM"}, {"engine": "tensorrt_llm"}),
        ({"engine": "TensorRT-LLM", "load": "closed_loop"},
         {"engine": "tensorrt_llm_server", "continuous_batching": True}),
        ({"engine": "something new"}, {"engine": "any"}),
        ({"settings": {"ubatch": 512.0}}, {"chunk_tokens": 512.0}),
    ],
)  # fmt: skip
def test_a_row_becomes_an_option(changes: dict[str, Any], inputs: dict[str, Any]) -> None:
    case = configure(measured_book(), with_(**changes))
    assert not isinstance(case, Unread)
    assert {name: case.inputs[name] for name in inputs} == inputs


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"model": "Llama-9-1T"}, "unknown model 'Llama-9-1T'"),
        ({"accelerator": "Z999"}, "unknown accelerator 'Z999'"),
        ({"weights": "int3"}, "unknown precision of weights 'int3'"),
        ({"metric": "ttft_ms", "prompt": None}, "input_tokens is missing"),
        ({"prompt": None, "output": None}, "neither input_tokens nor output_tokens is known"),
    ],
)
def test_what_cannot_be_evaluated_says_why(changes: dict[str, Any], why: str) -> None:
    predictions, unread = predict([with_(**changes), LLAMA])
    assert [p.measurement.row for p in predictions] == [1]
    assert why in unread[0].why


def test_a_batch_is_no_larger_than_the_memory_holds() -> None:
    # 70B in FP8 on one H100 leaves room for a few thousand tokens only
    row = with_(model="Llama-3.1-70B", weights="fp8", activations="fp8", kv_cache="fp8", load="closed_loop",
                batch=500.0, prompt=2000.0, output=200.0)  # fmt: skip
    few, many = with_(batch=2.0), row
    predictions, _ = predict([few, many])
    assert predictions[1].predicted < 1000


def test_utilisation_in_the_notes_counts() -> None:
    base = with_(metric="kv_cache_GiB", value=50.0, engine="vLLM", load="startup")
    more = with_(metric="kv_cache_GiB", value=50.0, engine="vLLM", load="startup",
                 settings={"gpu_memory_utilization": 0.95})  # fmt: skip
    predictions, _ = predict([base, more])
    gained = predictions[1].predicted - predictions[0].predicted
    assert gained == pytest.approx(0.05 * 81559 / 1024, rel=1e-9)


def test_mistakes_on_the_command_line(tmp_path: Path) -> None:
    runner = CliRunner()
    empty = tmp_path / "empty.csv"
    empty.write_text("model,metric\n")
    result = runner.invoke(app, ["accuracy", str(empty)])
    assert (result.exit_code, "the column 'gpu' is missing" in result.stderr) == (2, True)
    result = runner.invoke(app, ["accuracy", str(MEASURED), "--by", "colour"])
    assert (result.exit_code, "unknown grouping 'colour'" in result.stderr) == (2, True)
    result = runner.invoke(app, ["accuracy", str(tmp_path / "none.csv")])
    assert result.exit_code == 2
    assert read_table(MEASURED)[1] == []
