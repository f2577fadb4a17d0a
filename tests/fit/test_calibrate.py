"""Calibration: factors that are known are found again, what data cannot support is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli.app import app
from reportgen.errors import SpecError
from reportgen.fit.calibrate import LEAST_ROWS, calibrate
from reportgen.fit.measurements import Measurement
from reportgen.fit.predict import predict

if TYPE_CHECKING:
    from pathlib import Path

MODELS = ("Llama-3.1-8B", "Llama-2-13B", "Llama-3.1-70B", "Qwen2.5-32B")


def rows(**scale: float) -> list[Measurement]:
    """Timings as the library predicts them on an H20, times a factor by metric: a device that nobody measured."""
    asked = [
        Measurement(i + 1, model, "H20-96GB", metric, 1.0, "", "static_batch", "vLLM", prompt=prompt, output=128.0,
                    batch=batch, weights="fp8", activations="fp8")
        for i, (model, metric, prompt, batch) in enumerate(
            (model, metric, prompt, batch)
            for model in MODELS for metric in ("ttft_ms", "tpot_ms") for prompt in (512.0, 4096.0)
            for batch in (1.0, 16.0)
        )
    ]  # fmt: skip
    predictions, unread = predict(asked)
    assert unread == []
    return [
        Measurement(**{**_fields(p.measurement), "value": p.predicted * scale.get(p.measurement.metric, 1.0)})
        for p in predictions
    ]


def _fields(row: Measurement) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def test_what_is_predicted_already_leaves_the_factors() -> None:
    fit = calibrate(rows())
    assert np.max(np.abs(fit.errors)) < 1e-3
    moved = {cell: abs(value / fit.before[cell] - 1) for cell, value in fit.factors.items()}
    assert max(moved.values()) < 0.02


def test_a_slower_device_is_found() -> None:
    fit = calibrate(rows(tpot_ms=1.3, ttft_ms=1.3))
    assert np.median(np.abs(fit.errors)) < 0.03
    assert fit.factors["bandwidth_factor", ("H20-96GB",)] < 0.95
    assert fit.factors["rate_factor", ("H20-96GB",)] < 0.98
    assert np.isfinite(fit.left_out).all()  # four models, each left out once
    assert np.isnan(fit.elsewhere).all()  # one accelerator: there is no other to learn from


@pytest.mark.parametrize("count", [0, 3, LEAST_ROWS - 1])
def test_too_few_rows_are_refused(count: int) -> None:
    with pytest.raises(SpecError, match="do not support a fit"):
        calibrate(rows()[:count])


def test_one_configuration_many_times_is_refused() -> None:
    with pytest.raises(SpecError, match="20 timings of 1 configurations"):
        calibrate([rows()[0]] * 20)


def test_a_calibration_file_serves_a_scenario(tmp_path: Path) -> None:
    table = tmp_path / "measured.csv"
    names = ("model", "gpu", "metric", "value", "engine", "precision_weights", "precision_activations", "input_tokens",
             "output_tokens", "batch_or_concurrency")  # fmt: skip
    lines = [",".join(names)]
    lines += [
        f"{m.model},{m.accelerator},{m.metric},{m.value!r},vLLM,fp8,fp8,{m.prompt},{m.output},{m.batch}"
        for m in rows(tpot_ms=1.5, ttft_ms=1.5)
    ]
    table.write_text("\n".join(lines) + "\n")
    out = tmp_path / "ours.yaml"
    result = CliRunner().invoke(app, ["calibrate", str(table), "-o", str(out), "--title", "Our cluster"])
    assert result.exit_code == 0, result.stderr
    assert out.read_bytes() == out.read_bytes()
    scenario = """
schema: 1
title: A case
requests: {one: {prompt_tokens: 4096, output_tokens: 128}}
levers: none
options:
  baseline: {model: Llama-3.1-8B, accelerator: H20-96GB, engine: vllm, weight_precision: fp8, activation_precision: fp8}
"""
    (tmp_path / "plain.yaml").write_text(scenario)
    (tmp_path / "fitted.yaml").write_text(scenario + "calibration: ours.yaml\n")
    plain, fitted = (api.evaluate(tmp_path / name).get("tpot", "baseline") for name in ("plain.yaml", "fitted.yaml"))
    assert isinstance(plain, float)
    assert isinstance(fitted, float)
    assert 1.35 * plain < fitted < 1.6 * plain
    compared = api.accuracy(table, out)
    assert np.median([abs(p.error) for p in compared.predictions]) < 0.1


def test_the_same_measurements_give_the_same_text(tmp_path: Path) -> None:
    fit = rows(tpot_ms=1.2)
    from reportgen.fit.configuration import measured_book
    from reportgen.fit.write import calibration_text

    texts = [calibration_text(calibrate(fit), measured_book(), "a test") for _ in range(2)]
    assert texts[0] == texts[1]
    assert "source: a test" in texts[0] or "source: 'a test" in texts[0]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("/etc/passwd", "a calibration must be in the scenario's folder"),
        ("../ours.yaml", "a calibration must be in the scenario's folder"),
        ("none.yaml", "file 'none.yaml' not found in the scenario's folder"),
        ("notes.txt", "a calibration is a YAML file in the scenario's folder"),
        ("bad.yaml", "unknown key 'factors'"),
    ],
)
def test_a_calibration_that_cannot_be_used(tmp_path: Path, named: str, message: str) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "bad.yaml").write_text("schema: 1\nfactors: {}\n")
    (tmp_path / "case.yaml").write_text(
        "schema: 1\ntitle: A case\nrequests: {one: {prompt_tokens: 10, output_tokens: 10}}\n"
        f"options: {{baseline: {{model: Llama-3.1-8B, accelerator: L4}}}}\ncalibration: {named}\n"
    )
    with pytest.raises(SpecError, match=message):
        api.check(tmp_path / "case.yaml")
