"""Predictions against real measurements: rows that others published, kept in `tests/reference/measurements.csv`."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli.app import app
from reportgen.fit.configuration import configure, measured_book
from reportgen.fit.measurements import METRICS, Measurement, Unread, read_table
from reportgen.fit.predict import predict

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


@pytest.mark.parametrize(
    ("engine", "metric", "median", "p90"),
    [
        ("TensorRT-LLM", "ttft_ms", 0.12, 0.25),
        ("llama.cpp", "tpot_ms", 0.08, 0.20),
        ("llama.cpp", "ttft_ms", 0.12, 0.25),
    ],
)
def test_single_streams_and_static_batches(engine: str, metric: str, median: float, p90: float) -> None:
    made = errors(
        lambda p: (
            p.measurement.engine == engine
            and p.measurement.metric == metric
            and p.measurement.load in ("static_batch", "single_stream")
            and (p.measurement.metric == "tpot_ms" or (p.measurement.prompt or 0) >= 512)
        )
    )
    assert np.median(made) <= median
    assert np.quantile(made, 0.9) <= p90


def test_servers_at_low_concurrency() -> None:
    made = errors(lambda p: p.measurement.load == "closed_loop" and (p.measurement.batch or 0) <= 8)
    assert np.median(made) <= 0.25


def test_weights_and_kv_cache_as_vllm_reports_them() -> None:
    assert np.max(errors(lambda p: p.measurement.metric == "weights_GiB")) <= 0.03
    assert np.max(errors(lambda p: p.measurement.metric == "kv_cache_GiB")) <= 0.10


def test_no_static_or_single_timing_beats_the_ideal() -> None:
    timings = [p for p in found().predictions if p.measurement.load in ("static_batch", "single_stream")]
    beaten = [p for p in timings if p.ideal is not None and p.measurement.value < p.ideal]
    assert len(timings) >= 100
    assert beaten == []


def test_every_row_is_predicted_or_says_why() -> None:
    rows = [p.measurement.row for p in found().predictions] + [u.row for u in found().unevaluated]
    assert sorted(rows) == list(range(1, len(MEASURED.read_text().splitlines())))
    assert {u.why for u in found().unevaluated} <= {
        "input_tokens is missing", "input_tokens is missing; output_tokens is missing",
    }  # fmt: skip


def test_json_is_the_stable_contract() -> None:
    result = CliRunner().invoke(app, ["accuracy", str(MEASURED), "--format", "json"])
    assert result.exit_code == 0
    made = json.loads(result.stdout)
    assert set(made) == {"rows", "unevaluated", "groups"}
    assert all(
        set(row) == {"row", "stage", "metric", "load", "tp", "measured", "predicted", "ideal"} for row in made["rows"]
    )
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
        ({"weights": "fp8"}, {"activation_precision": "bf16", "kv_cache_precision": "bf16"}),
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
    assert (result.exit_code, "there is no grouping 'colour'" in result.stderr) == (2, True)
    result = runner.invoke(app, ["accuracy", str(tmp_path / "none.csv")])
    assert result.exit_code == 2
    assert read_table(MEASURED)[1] == []
