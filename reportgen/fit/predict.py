"""Predicting measurements: every case at once, as samples of one book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.evaluate import Evaluator
from reportgen.errors import EvaluationError
from reportgen.fit.configuration import OPTION, configure, measured_book, samples
from reportgen.fit.measurements import Unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.book import Book
    from reportgen.engine.values import Array
    from reportgen.fit.configuration import Case
    from reportgen.fit.measurements import Measurement

__all__ = ["PREDICTED", "Prediction", "predict", "quantities_of"]

MOST_SEQUENCES = 2048.0
"""No engine schedules more sequences at once unless it is told to; TensorRT-LLM's default max_batch_size."""

PREDICTED = {
    "ttft_ms": ("ttft", "ideal_ttft"),
    "tpot_ms": ("token_time", "ideal_token_time"),
    "e2e_ms": ("request_latency", "ideal_request_latency"),
    "output_tokens_per_s": ("request_latency", "ideal_request_latency"),
    "gpu_peak_mem_GB": ("memory_needed", ""),
    "weights_GiB": ("stored_weights", ""),
    "kv_cache_GiB": ("kv_capacity", ""),
    "kv_max_tokens": ("kv_capacity_tokens", ""),
    "activation_peak_GiB": ("activation_reserve", ""),
}
"""For each metric the quantity that predicts it and, for times, its ideal."""

_SCALE = {"e2e_ms": 1e3, "weights_GiB": 2.0**-30, "activation_peak_GiB": 2.0**-30}


@dataclass(frozen=True, slots=True)
class Prediction:
    """A measurement beside its prediction, both in the unit of its metric; `ideal` only for times and throughput."""

    measurement: Measurement
    predicted: float
    ideal: float | None

    @property
    def error(self) -> float:
        """Predicted over measured, less one."""
        return self.predicted / self.measurement.value - 1


def predict(measurements: Sequence[Measurement], book: Book | None = None) -> tuple[list[Prediction], list[Unread]]:
    """Predict what can be predicted, in the order given; the rest with the reason."""
    book = book or measured_book()
    cases: list[Case] = []
    unread: list[Unread] = []
    for measurement in measurements:
        made = configure(book, measurement)
        if isinstance(made, Unread):
            unread.append(made)
        else:
            cases.append(made)
    made_, failed = _predicted(book, cases)
    return sorted(made_, key=lambda p: p.measurement.row), sorted(unread + failed, key=lambda u: u.row)


def _predicted(book: Book, cases: Sequence[Case]) -> tuple[list[Prediction], list[Unread]]:
    """All at once; where that fails, the half that fails is looked for."""
    if not cases:
        return [], []
    try:
        found = quantities_of(book, cases)
    except EvaluationError as error:
        if len(cases) == 1:
            return [], [Unread(cases[0].measurement.row, error.problems[0].message)]
        half = len(cases) // 2
        parts = [_predicted(book, part) for part in (cases[:half], cases[half:])]
        return [p for part, _ in parts for p in part], [u for _, part in parts for u in part]
    predictions: list[Prediction] = []
    unread: list[Unread] = []
    for i, case in enumerate(cases):
        m = case.measurement
        name, ideal_name = PREDICTED[m.metric]
        value, ideal = found[name][i], found[ideal_name][i] if ideal_name else None
        if m.metric == "output_tokens_per_s":
            sent = found["batch"][i] * case.output * case.replicas
            value, ideal = sent / value, sent / ideal
        value *= _SCALE.get(m.metric, 1.0)
        ideal = None if ideal is None else float(ideal * _SCALE.get(m.metric, 1.0))
        if np.isfinite(value) and value > 0:
            predictions.append(Prediction(m, float(value), ideal))
        else:
            unread.append(Unread(m.row, f"'{name}' has no value for this configuration"))
    return predictions, unread


def quantities_of(book: Book, cases: Sequence[Case]) -> dict[str, Array]:
    """What predicts the metrics of the cases, and the batch, as one array each; NaN where absent."""
    batches = fitting_batches(book, cases)
    evaluator = Evaluator(book, samples(book, cases, batches))
    names = {n for case in cases for n in PREDICTED[case.measurement.metric] if n}
    return {"batch": batches, **{name: value_of(evaluator, name, len(cases)) for name in names}}


def fitting_batches(book: Book, cases: Sequence[Case]) -> Array:
    """The batch of each case: as measured, but under continuous batching no more than the memory holds at once."""
    asked = np.array([float(case.inputs["batch"]) for case in cases])
    continuous = np.array([bool(case.inputs["continuous_batching"]) for case in cases])
    if not continuous.any():
        return asked
    full = np.array([case.full for case in cases])
    evaluator = Evaluator(book, samples(book, cases))
    room = value_of(evaluator, "largest_concurrency", len(cases))
    room = np.where(np.isfinite(room), np.maximum(room, 1.0), asked)
    held = np.where(continuous, np.minimum(asked, room), asked)
    return np.asarray(np.where(full, np.minimum(room, MOST_SEQUENCES), held))


def value_of(evaluator: Evaluator, name: str, count: int) -> Array:
    """A quantity of the one option, per sample; NaN where absent."""
    value = evaluator.value(name)
    quantity = evaluator.book.quantities[name]
    place = tuple(
        evaluator.book.dimensions[d].index(OPTION) if size > 1 else 0
        for d, size in zip(quantity.per, value.data.shape, strict=False)
    )
    data = np.broadcast_to(value.data, (*value.data.shape[:-1], count))[place].astype(float)
    if value.absent is not None:
        data = np.where(np.broadcast_to(value.absent, (*value.absent.shape[:-1], count))[place], np.nan, data)
    return np.asarray(data)
