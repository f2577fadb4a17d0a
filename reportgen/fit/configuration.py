"""Turn the configurations of measurements into inputs of a book, one sample per measurement."""

from __future__ import annotations

import functools
import re
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

__all__ = ["Books", "Case", "configure", "is_before", "measured_book", "runs_of", "samples"]

OPTION, REQUEST = "baseline", "measured"
_BOTH = ("fp8", "fp4")
"""Formats whose checkpoints quantise activations like weights, unless the file says otherwise."""
_LLAMA_CPP = "llama_cpp"
_GGUF = {"mxfp4": "mxfp4_gguf"}
"""Formats that llama.cpp implements differently."""
_VINTAGES = {"vllm": ("0.13", "vllm_0_12"), _LLAMA_CPP: ("2025", "llama_cpp_2024")}
"""The first version (or year) that an engine's catalogue row describes, and the row for all earlier ones."""
_SCENARIO = f"""\
schema: 1
title: What was measured
requests: {{{REQUEST}: {{prompt_tokens: 1024, output_tokens: 128}}}}
levers: none
options: {{{OPTION}: {{model: Llama-3.1-8B, accelerator: H100-SXM-80GB}}}}
"""
_RATE = "request_rate=1"
_EVERY_KIND = ("DeepSeek-V3", "gpt-oss-20b")
"""Models that together need every file of operators, so that the book supports all models."""
_NEEDS_PROMPT = {"e2e_ms", "output_tokens_per_s"}
_NEEDS_OUTPUT = {"e2e_ms", "output_tokens_per_s"}
_STATIC = {"static_batch", "startup"}
_FULL = {"saturated", "slo_server", "offline"}
"""Loads under which as many requests run as the engine allows."""
_UNSTEADY = {"burst"}
"""Loads without a steady state: all requests are sent at once and only once."""
_YEAR_OF_VINTAGES = 2026
"""Engines of earlier years schedule synchronously, between the steps."""
_REQUESTS = 10.0
"""Requests per client if a file does not say: the usual number of InferenceX and genai-perf."""
_MANY = 100000.0
"""The number of clients that stands for a server kept full: more than it has slots."""


@dataclass(frozen=True, slots=True)
class Case:
    """A measurement that can be predicted, and the inputs that describe its configuration.

    `inputs` holds numbers, flags and members' names by quantity, None for absent; `settings` are those of the scenario.
    `rate` is the rate of random arrivals, 0 if clients wait for their answers.
    """

    measurement: Measurement
    inputs: dict[str, float | bool | str | None]
    settings: dict[str, float]
    prompt: float
    output: float
    replicas: float
    rate: float

    @property
    def run(self) -> tuple[object, ...]:
        """A key that identifies the run: cases with the same key are figures of one run."""
        return (*self.inputs.values(), *sorted(self.settings.items()), self.prompt, self.output, self.rate)

    @property
    def group(self) -> int:
        """The number of devices that share a layer."""
        return int(max(float(self.inputs[name] or 1) for name in ("tensor_parallel", "expert_parallel")))


@functools.cache
def measured_book(overlays: tuple[str, ...] = (), rate: bool = False) -> Book:
    """Return a book of one option that accepts every model, accelerator and engine, with or without an arrival rate.

    Raises:
        SpecError: a user's library or calibration is wrong.
    """
    document = parse_document(_SCENARIO.encode(), "measurements")
    mentions = (*_EVERY_KIND, _RATE) if rate else _EVERY_KIND
    return build_book(validate(ScenarioSpec, document), "measurements", mentions=mentions, overlays=overlays)


class Books:
    """The books that predict measurements: with clients that wait for answers, or with arrivals at a rate.

    The second takes more to compute and is built on first use.
    """

    def __init__(self, overlays: tuple[str, ...] = ()) -> None:
        self.overlays = overlays

    @property
    def closed(self) -> Book:
        """The book for static batches and waiting clients."""
        return self.at(False)

    def at(self, rate: bool) -> Book:
        """Return the book for arrivals at a rate, or the one for waiting clients."""
        return measured_book(self.overlays, rate)


def configure(book: Book, measurement: Measurement) -> Case | Unread:
    """Return the inputs of a measurement's configuration, or why it cannot be evaluated."""
    configured = _Configured(book, measurement)
    case = configured.case()
    return Unread(measurement.row, "; ".join(configured.faults)) if configured.faults else case


class _Configured:
    def __init__(self, book: Book, measurement: Measurement) -> None:
        self.book, self.m, self.faults = book, measurement, list[str]()

    def case(self) -> Case:
        m = self.m
        model = self._member("model", m.model)
        accelerator = self._member("accelerator", m.accelerator)
        engine = self._engine()
        weights = self._published(model, self._precision("weights", m.weights, "bf16"))
        if engine.startswith(_LLAMA_CPP):
            weights = _GGUF.get(weights, weights)
        weight_only = self._narrow(weights) and weights not in _BOTH
        activations = self._precision("activations", m.activations, "bf16" if weight_only else weights)
        kv_cache = self._precision("KV cache", m.kv_cache, activations)
        tp, ep, pp = self._parallel(model, engine)
        self._lengths()
        replicas = max(1.0, (m.devices or 0) / (max(tp, ep) * pp))
        static = m.load in _STATIC or (m.load == "single_stream" and engine.startswith(_LLAMA_CPP))
        clients = self._clients(replicas)
        inputs: dict[str, float | bool | str | None] = {
            "model": model, "accelerator": accelerator, "weight_precision": weights,
            "activation_precision": activations, "kv_cache_precision": kv_cache, "engine": engine,
            "tensor_parallel": float(tp), "expert_parallel": float(ep), "pipeline_parallel": float(pp),
            "batch": max(1.0, m.batch or 1.0) if static else 1.0, "continuous_batching": not static,
            "concurrency": None if static else clients, "max_num_seqs": self._limit(replicas),
            "chunk_tokens": m.settings.get("ubatch", 0.0) if static else 0.0,
        }  # fmt: skip
        known = {"gpu_memory_utilization": "memory_share", "requests_per_client": "requests_per_client"}
        settings = {known[k]: v for k, v in m.settings.items() if k in known}
        if m.load == "closed_loop":
            settings.setdefault("requests_per_client", _REQUESTS)
        drawn = (1 + m.settings.get("range_ratio", 1.0)) / 2
        prompt, output = max(1.0, drawn * (m.prompt or 1.0)), max(1.0, drawn * (m.output or 1.0))
        return Case(m, inputs, settings, prompt, output, replicas, self._rate() / replicas if clients is None else 0.0)

    def _clients(self, replicas: float) -> float | None:
        """Return the clients of one replica: None for arrivals at a rate, `_MANY` if the file does not say."""
        if self._rate():
            return None
        if self.m.load in _UNSTEADY:
            self.faults.append("all requests arrive at once, so there is no steady state")
        if self.m.batch is None and self.m.load != "single_stream":
            return _MANY
        return max(1.0, (self.m.batch or 1.0) / replicas)

    def _limit(self, replicas: float) -> float | None:
        """Return the most sequences that one replica may run: as noted, or as many as kept the server full."""
        if "max_num_seqs" in self.m.settings:
            return self.m.settings["max_num_seqs"]
        full = self.m.load in _FULL and self.m.batch is not None
        return max(1.0, round((self.m.batch or 1.0) / replicas)) if full else None

    def _rate(self) -> float:
        return self.m.request_rate if self.m.load == "open_loop" and self.m.request_rate else 0.0

    def _member(self, dimension: str, text: str) -> str:
        member = self.book.member_of(dimension, text)
        if member is None:
            hint = nearest(text, self.book.dimensions[dimension].names, most=1)
            self.faults.append(f"unknown {dimension} '{text[:60]}'" + (f" ({hint})" if hint else ""))
        return member or self.book.dimensions[dimension].names[0]

    def _precision(self, what: str, text: str, default: str) -> str:
        if not text or text.lower() in ("nan", "none", "auto"):
            return default
        precision = self.book.member_of("precision", text.removeprefix("gguf-"))
        if precision is None:
            self.faults.append(f"unknown precision of {what} '{text[:40]}'")
        return precision or default

    def _published(self, model: str, weights: str) -> str:
        """Return a model's published format if only its experts have that format and the file states the same width."""
        native = str(getattr(self.book.quantities["native_precision"].cells[model,], "name", ""))
        partly = native and getattr(self.book.quantities["experts_only"].cells[native,], "value", False)
        return native if partly and self._bits(weights) == self._bits(native) else weights

    def _bits(self, precision: str) -> float:
        return float(getattr(self.book.quantities["precision_bits"].cells[precision,], "value", 16.0))

    def _narrow(self, precision: str) -> bool:
        return self._bits(precision) < 16

    def _engine(self) -> str:
        text = self.m.engine
        under_load = text if self.m.load in _STATIC else f"{text} server"
        engine = self.book.member_of("engine", under_load) or self.book.member_of("engine", text) or "any"
        first, older = _VINTAGES.get(engine, ("", ""))
        return older if first and is_before(self.m.engine_version, first) else engine

    def _parallel(self, model: str, engine: str) -> tuple[int, int, int]:
        """Return the tensor, expert and pipeline parallelism; by default all devices of a stage share each layer."""
        m = self.m
        if engine.startswith(_LLAMA_CPP):
            return 1, 1, 1  # it assigns layers to devices, which work one at a time
        experts = getattr(self.book.quantities["experts"].cells[model,], "value", 0.0)
        pp = m.pp or 1
        devices = m.devices or (m.tp or 1) * pp
        groups = int(m.settings.get("attn_dp", 1))
        if m.tp is None and experts:
            return 1, max(1, devices // pp), pp
        tp = m.tp or max(1, devices // pp)
        if groups > 1 and experts:
            return tp, tp * groups, pp
        return tp, int(m.settings.get("moe_ep", 1)) if experts else 1, pp

    def _lengths(self) -> None:
        m = self.m
        if (m.metric in _NEEDS_PROMPT or m.metric.startswith("ttft")) and not m.prompt:
            self.faults.append("input_tokens is missing")
        if m.metric in _NEEDS_OUTPUT and not m.output:
            self.faults.append("output_tokens is missing")
        if m.metric == "tpot_ms" and m.prompt is None and m.output is None:
            self.faults.append("neither input_tokens nor output_tokens is known")


def is_before(version: str, first: str) -> bool:
    """Return whether an engine's version, or the year in its text, precedes `first`; False if unknown.

    >>> is_before("0.11-era", "0.13"), is_before("0.18.0", "0.13"), is_before("Mar-2025", "0.13"), is_before("", "0.13")
    (True, False, True, False)
    """
    numbers = re.search(r"(?<![0-9.])v?([0-9]+)\.([0-9]+)", version)
    year = re.search(r"\b(20[0-9]{2})\b", version)
    if "." in first and numbers:
        return (int(numbers[1]), int(numbers[2])) < tuple(map(int, first.split(".")))
    return year is not None and int(year[1]) < int(first if "." not in first else _YEAR_OF_VINTAGES)


def runs_of(cases: Sequence[Case]) -> tuple[list[Case], Array]:
    """Return one case of each run, and for every case the index of its run."""
    index_of: dict[tuple[object, ...], int] = {}
    first: list[Case] = []
    index = np.empty(len(cases), dtype=int)
    for i, case in enumerate(cases):
        if case.run not in index_of:
            index_of[case.run] = len(first)
            first.append(case)
        index[i] = index_of[case.run]
    return first, index


def samples(book: Book, cases: Sequence[Case]) -> Samples:
    """Return the inputs of all cases, an array per input."""
    arrays: Samples = {}
    for name in cases[0].inputs:
        kind = book.quantities[name].type
        values = [case.inputs[name] for case in cases]
        if kind.kind == "member":
            values = [book.dimensions[kind.dimension].index(str(v)) for v in values]
        arrays[name, (OPTION,)] = _masked(values)
    arrays["prompt_tokens", (REQUEST,)] = np.array([case.prompt for case in cases])
    arrays["output_tokens", (REQUEST,)] = np.array([case.output for case in cases])
    if "arrival_rate" in book.quantities:
        arrays["request_rate", ()] = np.array([case.rate for case in cases])
    for name in sorted({n for case in cases for n in case.settings}):
        default = getattr(book.quantities[name].formula, "value", None)
        scale = 100.0 if book.quantities[name].type.unit.label == "%" else 1.0
        arrays[name, ()] = _masked(
            [case.settings[name] * scale if name in case.settings else default for case in cases]
        )
    return arrays


def _masked(values: Sequence[object]) -> Array:
    """Return values as an array, masked where there is none."""
    absent = [v is None for v in values]
    if not any(absent):
        return np.array(values)
    return np.ma.MaskedArray([0.0 if v is None else v for v in values], absent)
