"""Read results of `vllm bench serve`: time to first token, time per token and throughput."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from reportgen.fit.measurements import METRICS, Measurement, Unread
from reportgen.fit.records import catalogue_row, chosen, known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reportgen.fit.records import Defaults, Record

__all__ = ["from_vllm", "is_vllm"]

_KEYS = {
    "ttft_ms": ("median_ttft_ms", "mean_ttft_ms"),
    "tpot_ms": ("median_tpot_ms", "mean_tpot_ms"),
    "output_tokens_per_s": ("output_throughput",),
}
"""The keys of each metric, most robust to outliers first."""
_ENGINES = {"sglang": "SGLang", "tensorrt-llm": "TensorRT-LLM", "llama.cpp": "llama.cpp"}
_QUANTIZED = re.compile(r"(?<![a-z0-9])(fp8|w8a8|int8|w4a16|int4|awq|gptq|nvfp4|mxfp4|fp4)(?![0-9])", re.IGNORECASE)


def is_vllm(cells: Mapping[str, Any]) -> bool:
    """Return whether the cells are a result of `vllm bench serve`."""
    return "completed" in cells and "total_input_tokens" in cells


def from_vllm(record: Record, row: int, defaults: Defaults) -> list[Measurement | Unread]:
    """Return the measurements of one result; the first has the number `row`."""
    done = record.number("completed")
    sent, received = record.number("total_input_tokens"), record.number("total_output_tokens")
    named = record.text("model_id")
    model = chosen("model", (named, named.rstrip("/").rpartition("/")[2]), defaults.model)
    weights, activations = _precision(named, model, defaults)
    load, batch = _load(record, done or 0.0)
    tp = record.count("tp", "tensor_parallel_size") or defaults.tp
    if "spec_decode_acceptance_rate" in record.cells:
        record.faults.append("speculative decoding was on, which a measurement cannot express")
    if not weights:
        record.faults.append(f"the name '{named}' says that weights are quantized: give --weights and --activations")
    if not done:
        record.faults.append("no request was completed")
    if record.faults or not done:
        return [Unread(row, "; ".join(record.faults))]
    measurements: list[Measurement | Unread] = []
    for metric, keys in _KEYS.items():
        value = record.number(*keys)
        if value is None and not record.faults:
            continue
        why = record.faults.pop() if record.faults else _useless(metric, value or 0.0, load)
        here = row + len(measurements)
        measurements.append(Unread(here, why) if why else Measurement(
            here, model, chosen("accelerator", (record.text("accelerator", "gpu"),), defaults.accelerator), metric,
            value or 0.0, METRICS[metric], load, _ENGINES.get(record.text("backend"), defaults.engine or "vLLM"),
            defaults.devices, tp, record.count("pp", "pipeline_parallel_size"), weights, activations, defaults.kv_cache,
            batch, (sent or 0.0) / done, None if received is None else received / done,
            f"vllm bench serve {record.text('date')}".rstrip(),
        ))  # fmt: skip
    return measurements or [Unread(row, f"there is none of {', '.join(k for keys in _KEYS.values() for k in keys)}")]


def _useless(metric: str, value: float, load: str) -> str:
    """Return why a figure cannot be compared with a prediction, or an empty text."""
    if value <= 0:
        return f"{metric} is not above zero"
    if metric == "ttft_ms" and load == "offline":
        return "all requests were sent at once, so that their time to first token is waiting: set --max-concurrency"
    return ""


def _load(record: Record, done: float) -> tuple[str, float | None]:
    """Return the load, and the average number of concurrent requests."""
    limit, rate = record.number("max_concurrency"), record.cells.get("request_rate")
    if rate is None or str(rate).strip().lower() in ("inf", "infinity"):
        return ("closed_loop", min(limit, done)) if limit else ("offline", done)
    record.number("request_rate")
    waiting = _under_way(record)
    if limit:
        return "closed_loop", min(limit, waiting or math.inf)
    return "server", waiting


def _under_way(record: Record) -> float | None:
    """Return the average number of concurrent requests, by Little's law: arrivals per second times latency."""
    keys = "request_throughput", "mean_ttft_ms", "mean_tpot_ms", "total_output_tokens", "completed"
    rate, ttft, tpot, tokens, done = map(record.number, keys)
    if not (rate and ttft and tokens and done):
        return None
    return max(1.0, rate * (ttft + (tpot or 0.0) * max(0.0, tokens / done - 1)) / 1e3)


def _precision(named: str, model: str, defaults: Defaults) -> tuple[str, str]:
    """Return the precision of weights and activations: as given, or as published; empty if the user must state it."""
    if defaults.weights:
        return defaults.weights, defaults.activations
    native = str(catalogue_row("model", known("model", model)).get("native_precision", "")) or "bf16"
    if native == "bf16" and _QUANTIZED.search(named):
        return "", ""
    return native, defaults.activations or ("fp8" if native == "fp8" else "")
