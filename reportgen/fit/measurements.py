"""Read measurements from a CSV file with known columns: each row is a configuration, a metric and its value."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reportgen.errors import Problem, Span, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["COLUMNS", "MAX_BYTES", "METRICS", "REQUIRED", "Measurement", "Unread", "read_table"]

MAX_BYTES = 64_000_000
"""The largest file that is read."""

METRICS = {
    "ttft_ms": "prefill",
    "ttft_p50_ms": "prefill",
    "ttft_p90_ms": "prefill",
    "ttft_p95_ms": "prefill",
    "ttft_p99_ms": "prefill",
    "tpot_ms": "decode",
    "itl_ms": "decode",
    "e2e_ms": "request",
    "output_tokens_per_s": "serving",
    "gpu_power_w": "power",
    "gpu_peak_mem_GB": "memory",
    "weights_GiB": "memory",
    "kv_cache_GiB": "memory",
    "kv_max_tokens": "memory",
    "activation_peak_GiB": "memory",
}
"""The metrics that can be predicted, and the default stage of each."""

REQUIRED = ("model", "gpu", "metric", "value")
COLUMNS = (
    "engine", "engine_version", "model", "gpu", "gpu_count", "tp", "pp", "precision_weights",
    "precision_activations", "precision_kv", "batch_or_concurrency", "input_tokens", "output_tokens", "metric",
    "value", "notes", "stage", "load", "source", "tier", "request_rate", "ttft_p50", "ttft_p95", "ttft_p99",
)  # fmt: skip
"""The columns that are read; others are ignored."""

PERCENTILES = ("ttft_p50", "ttft_p95", "ttft_p99")
"""Columns with further figures of the same run, in ms."""

_STATISTIC = re.compile(r"\bstatistic=([a-z]+[0-9]*)")
_SETTING = re.compile(r"\b([a-z][a-z_]*)=([0-9]+(?:\.[0-9]+)?)")
_UBATCH = re.compile(r"\bubatch ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measured figure and its configuration; None for what the file does not state.

    `row` counts data rows from 1. Times are in ms, memory in the unit of the metric's name. `settings` holds the
    name=value pairs of the notes, such as gpu_memory_utilization.
    """

    row: int
    model: str
    accelerator: str
    metric: str
    value: float
    stage: str
    load: str
    engine: str = ""
    devices: int | None = None
    tp: int | None = None
    pp: int | None = None
    weights: str = ""
    activations: str = ""
    kv_cache: str = ""
    batch: float | None = None
    prompt: float | None = None
    output: float | None = None
    source: str = ""
    engine_version: str = ""
    request_rate: float | None = None
    statistic: str = ""
    tier: str = ""
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that cannot be evaluated, and why."""

    row: int
    why: str


def read_table(path: Path) -> tuple[list[Measurement], list[Unread]]:
    """Read a CSV file of measurements; return unusable rows with the reason.

    Raises:
        SpecError: the file is not a readable table, or lacks a column that every row needs.
    """
    text = read_text(path)
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="\0", strict=False)
    names = [n.strip() for n in reader.fieldnames or []]
    first = text.split("\n", 1)[0][:400]
    if "\0" in text:
        raise SpecError([Problem("the file is not text", Span(str(path)))])
    missing = [n for n in REQUIRED if n not in names]
    if missing:
        problems = [
            Problem(f"the column '{n}' is missing", Span(str(path), 1, 1, first), nearest(n, names)) for n in missing
        ]
        raise SpecError(problems)
    doubled = sorted({n for n in names if names.count(n) > 1 and n in COLUMNS})
    if doubled:
        raise SpecError([Problem(f"duplicate column '{n}'", Span(str(path), 1, 1, first)) for n in doubled])
    reader.fieldnames = names
    read: list[Measurement] = []
    unread: list[Unread] = []
    try:
        for row, cells in enumerate(reader, 1):
            for measurement in _measurements(
                row, {k: (v or "").strip() for k, v in cells.items() if isinstance(v, str | None)}
            ):
                (read if isinstance(measurement, Measurement) else unread).append(measurement)  # type: ignore[arg-type]
    except csv.Error as error:
        raise SpecError([Problem(f"the table cannot be read: {error}", Span(str(path), reader.line_num))]) from None
    return read, unread


def read_text(path: Path) -> str:
    """Return the text of a file, if it is not too large.

    Raises:
        SpecError: the file cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError([Problem(f"the file is larger than {MAX_BYTES / 1e6:.0f} MB", Span(str(path)))])
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError([Problem("the file is not UTF-8 text", Span(str(path)))]) from None
    except OSError as error:
        raise SpecError([Problem(f"cannot be read: {error.strerror}", Span(str(path)))]) from None


def _measurements(row: int, cells: dict[str, str]) -> Iterator[Measurement | Unread]:
    """Yield the figure of a row, and those of its percentile columns."""
    first = _measurement(row, cells)
    yield first
    for name in PERCENTILES:
        if cells.get(name) and f"{name}_ms" not in (cells.get("metric"), getattr(first, "metric", "")):
            more = _measurement(row, {**cells, "metric": f"{name}_ms", "value": cells[name], "stage": ""})
            if isinstance(more, Measurement):
                yield dataclasses.replace(more, statistic="")


def _measurement(row: int, cells: dict[str, str]) -> Measurement | Unread:
    faults: list[str] = []

    def number(name: str, *, whole: bool = False) -> float | None:
        text = cells.get(name, "")
        if not text or text.lower() in ("nan", "none", "null", "n/a", "-"):
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < 0 or (whole and value != int(value)) or value > 1e15:
            faults.append(f"{name} is not a {'whole ' if whole else ''}number: '{text[:40]}'")
            return None
        return value

    def count(name: str) -> int | None:
        value = number(name, whole=True)
        return int(value) if value else None

    notes = cells.get("notes", "")
    statistic = m.group(1) if (m := _STATISTIC.search(notes[:2000])) else ""
    metric = _metric(cells.get("metric", ""), statistic)
    value = number("value")
    if metric not in METRICS:
        faults.append(f"the metric '{metric[:40]}' is not known")
    elif value is None or value <= 0:
        faults.append("there is no value above zero")
    measurement = Measurement(
        row, cells.get("model", ""), cells.get("gpu", ""), metric, value or 0.0,
        cells.get("stage", "") or METRICS.get(metric, ""), cells.get("load", "") or "static_batch",
        cells.get("engine", ""), count("gpu_count"), count("tp"), count("pp"), cells.get("precision_weights", ""),
        cells.get("precision_activations", ""), cells.get("precision_kv", ""), number("batch_or_concurrency"),
        number("input_tokens"), number("output_tokens"), cells.get("source", ""), cells.get("engine_version", ""),
        number("request_rate"), statistic, cells.get("tier", ""), settings(notes),
    )  # fmt: skip
    return Unread(row, "; ".join(faults)) if faults else measurement


def _metric(metric: str, statistic: str) -> str:
    """Return the metric, with the percentile that the notes state for a TTFT."""
    named = metric.replace("_ms", f"_{statistic}_ms")
    return named if metric == "ttft_ms" and named in METRICS else metric


def settings(notes: str) -> dict[str, float]:
    """Return the name=value pairs of the notes.

    >>> settings("per GPU; gpu_memory_utilization=0.95 (ubatch 512)")
    {'gpu_memory_utilization': 0.95, 'ubatch': 512.0}
    """
    result = {m.group(1): float(m.group(2)) for m in _SETTING.finditer(notes[:2000])}
    if match := _UBATCH.search(notes[:2000]):
        result["ubatch"] = float(match.group(1))
    return result
