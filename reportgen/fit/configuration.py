"""Configurations: what a measurement says becomes inputs of a book, one sample per measurement."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.build import build_book
from reportgen.errors import nearest
from reportgen.fit.measurements import Unread
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.book import Book
    from reportgen.engine.values import Array
    from reportgen.fit.measurements import Measurement

    Samples = dict[tuple[str, tuple[str, ...]], Array]

__all__ = ["Case", "configure", "measured_book", "samples"]

OPTION, REQUEST = "baseline", "measured"
_SCENARIO = f"""\
schema: 1
title: What was measured
requests: {{{REQUEST}: {{prompt_tokens: 1024, output_tokens: 128}}}}
levers: none
options: {{{OPTION}: {{model: Llama-3.1-8B, accelerator: H100-SXM-80GB, kernel_fusion: true}}}}
"""
_EVERY_KIND = ("DeepSeek-V3", "gpt-oss-20b")
"""Models that between them need every file of operators, so that no model is left out."""
_NEEDS_PROMPT = {"ttft_ms", "e2e_ms", "output_tokens_per_s"}
_NEEDS_OUTPUT = {"e2e_ms", "output_tokens_per_s"}
_CONTINUOUS = {"closed_loop", "saturated", "slo_server", "server", "offline"}
_FULL = {"saturated", "slo_server", "offline"}
"""Loads under which the engine runs as many sequences as the memory holds, where the file does not say how many."""


@dataclass(frozen=True, slots=True)
class Case:
    """A measurement that can be predicted, and the inputs that stand for its configuration.

    `inputs` holds numbers, flags and members' names by quantity; `settings` are those of the scenario.
    `full` says that the batch is to be as large as the memory allows.
    """

    measurement: Measurement
    inputs: dict[str, float | bool | str]
    settings: dict[str, float]
    prompt: float
    output: float
    replicas: float
    full: bool

    @property
    def group(self) -> int:
        """How many devices share a layer."""
        return int(max(float(self.inputs["tensor_parallel"]), float(self.inputs["expert_parallel"])))


@functools.cache
def measured_book(overlays: tuple[str, ...] = ()) -> Book:
    """A book of one option in which every model, accelerator and engine can be put.

    Raises:
        SpecError: a library or calibration laid over ours is wrong.
    """
    document = parse_document(_SCENARIO.encode(), "measurements")
    return build_book(validate(ScenarioSpec, document), "measurements", mentions=_EVERY_KIND, overlays=overlays)


def configure(book: Book, measurement: Measurement) -> Case | Unread:
    """The inputs of a measurement's configuration, or why it cannot be evaluated."""
    made = _Configured(book, measurement)
    case = made.case()
    return Unread(measurement.row, "; ".join(made.faults)) if made.faults else case


class _Configured:
    def __init__(self, book: Book, measurement: Measurement) -> None:
        self.book, self.m, self.faults = book, measurement, list[str]()

    def case(self) -> Case:
        m = self.m
        model = self._member("model", m.model)
        accelerator = self._member("accelerator", m.accelerator)
        weights = self._precision("weights", m.weights, "bf16")
        activations = self._precision("activations", m.activations, "bf16" if self._narrow(weights) else weights)
        kv_cache = self._precision("KV cache", m.kv_cache, activations)
        engine = self._engine()
        tp, ep, pp = self._parallel(model, engine)
        full = m.batch is None and m.load in _FULL
        self._lengths()
        inputs: dict[str, float | bool | str] = {
            "model": model, "accelerator": accelerator, "weight_precision": weights,
            "activation_precision": activations, "kv_cache_precision": kv_cache, "engine": engine,
            "tensor_parallel": float(tp), "expert_parallel": float(ep), "pipeline_parallel": float(pp),
            "batch": max(1.0, m.batch or 1.0), "continuous_batching": m.load in _CONTINUOUS,
            "chunk_tokens": m.settings.get("ubatch", 0.0),
        }  # fmt: skip
        known = {"gpu_memory_utilization": "memory_share", "max_num_seqs": "scheduled_sequences"}
        settings = {known[k]: v for k, v in m.settings.items() if k in known}
        replicas = max(1.0, (m.devices or 0) / (max(tp, ep) * pp))
        return Case(m, inputs, settings, max(1.0, m.prompt or 1.0), max(1.0, m.output or 1.0), replicas, full)

    def _member(self, dimension: str, text: str) -> str:
        found = self.book.member_of(dimension, text)
        if found is None:
            hint = nearest(text, self.book.dimensions[dimension].names, most=1)
            self.faults.append(f"unknown {dimension} '{text[:60]}'" + (f" ({hint})" if hint else ""))
        return found or self.book.dimensions[dimension].names[0]

    def _precision(self, what: str, text: str, default: str) -> str:
        if not text or text.lower() in ("nan", "none", "auto"):
            return default
        found = self.book.member_of("precision", text.removeprefix("gguf-"))
        if found is None:
            self.faults.append(f"unknown precision of {what} '{text[:40]}'")
        return found or default

    def _narrow(self, precision: str) -> bool:
        cell = self.book.quantities["precision_bits"].cells[precision,]
        return getattr(cell, "value", 16.0) < 16

    def _engine(self) -> str:
        text = self.m.engine
        under_load = text if self.m.load == "static_batch" else f"{text} server"
        return self.book.member_of("engine", under_load) or self.book.member_of("engine", text) or "any"

    def _parallel(self, model: str, engine: str) -> tuple[int, int, int]:
        """Tensor, expert and pipeline parallel; a file that names devices only means that all share each layer."""
        m = self.m
        if engine == "llama_cpp":
            return 1, 1, 1  # it splits layers between devices, one working at a time
        experts = getattr(self.book.quantities["experts"].cells[model,], "value", 0.0)
        pp = m.pp or 1
        devices = m.devices or (m.tp or 1) * pp
        groups = int(m.settings.get("attn_dp", 1))
        if m.tp is None and experts:
            return 1, max(1, devices // pp), pp
        tp = m.tp or max(1, devices // pp)
        if groups > 1 and experts:
            return tp, tp * groups, pp
        return tp, min(tp, int(m.settings.get("moe_ep", 1))) if experts else 1, pp

    def _lengths(self) -> None:
        m = self.m
        if m.metric in _NEEDS_PROMPT and not m.prompt:
            self.faults.append("input_tokens is missing")
        if m.metric in _NEEDS_OUTPUT and not m.output:
            self.faults.append("output_tokens is missing")
        if m.metric == "tpot_ms" and m.prompt is None and m.output is None:
            self.faults.append("neither input_tokens nor output_tokens is known")


def samples(book: Book, cases: Sequence[Case], batches: Array | None = None) -> Samples:
    """The inputs of all cases, an array for each input; `batches` replaces the batches."""
    made: Samples = {}
    for name in cases[0].inputs:
        kind = book.quantities[name].type
        values = [case.inputs[name] for case in cases]
        if kind.kind == "member":
            values = [book.dimensions[kind.dimension].index(str(v)) for v in values]
        made[name, (OPTION,)] = np.array(values)
    if batches is not None:
        made["batch", (OPTION,)] = batches
    made["prompt_tokens", (REQUEST,)] = np.array([case.prompt for case in cases])
    made["output_tokens", (REQUEST,)] = np.array([case.output for case in cases])
    for name in sorted({n for case in cases for n in case.settings}):
        default = getattr(book.quantities[name].formula, "value", 0.0)
        scale = 100.0 if book.quantities[name].type.unit.label == "%" else 1.0
        made[name, ()] = np.array([case.settings[name] * scale if name in case.settings else default for case in cases])
    return made
