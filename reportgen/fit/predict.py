"""Predict measurements: all cases at once, as samples of one book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.evaluate import Evaluator
from reportgen.errors import EvaluationError
from reportgen.fit.configuration import OPTION, Books, configure, runs_of, samples
from reportgen.fit.measurements import Unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.book import Book
    from reportgen.engine.values import Array
    from reportgen.fit.configuration import Case
    from reportgen.fit.measurements import Measurement

__all__ = ["PREDICTED", "Prediction", "is_predicted", "predict", "quantities_of", "value_of"]

PREDICTED = {
    "ttft_ms": ("ttft", "ideal_ttft"),
    "ttft_p50_ms": ("ttft_p50", "ideal_ttft"),
    "ttft_p90_ms": ("ttft_p90", "ideal_ttft"),
    "ttft_p95_ms": ("ttft_p95", "ideal_ttft"),
    "ttft_p99_ms": ("ttft_p99", "ideal_ttft"),
    "tpot_ms": ("token_time", "ideal_token_time"),
    "itl_ms": ("inter_token_latency", "ideal_token_time"),
    "e2e_ms": ("request_latency", "ideal_request_latency"),
    "output_tokens_per_s": ("output_rate", "ideal_output_rate"),
    "gpu_power_w": ("device_draw", ""),
    "gpu_peak_mem_GB": ("memory_needed", ""),
    "weights_GiB": ("stored_weights", ""),
    "kv_cache_GiB": ("kv_capacity", ""),
    "kv_max_tokens": ("kv_capacity_tokens", ""),
    "activation_peak_GiB": ("activation_reserve", ""),
}
"""For each metric, the quantity that predicts it and, for times and throughput, its ideal."""

_BANDS = {"ttft": "ttft_ratio", "tpot": "tpot_ratio", "itl": "tpot_ratio", "output": "rate_ratio"}
"""For the first word of a metric, the quantity that says how far measurements of its kind are from predictions."""

_SCALE = {"e2e_ms": 1e3, "weights_GiB": 2.0**-30, "activation_peak_GiB": 2.0**-30}
_AS_STATED = {"tpot_ms": ("", "mean", "p50"), "itl_ms": ("", "mean", "p50"), "gpu_power_w": ("", "mean")}
"""The statistics of a metric that can be predicted; a metric that is missing here is predicted as stated."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A measurement and its prediction, in the unit of its metric; `ideal` only for times and throughput.

    Four of five such measurements should lie between `low` and `high`, if these are known.
    """

    measurement: Measurement
    predicted: float
    ideal: float | None
    low: float | None = None
    high: float | None = None

    @property
    def error(self) -> float:
        """Predicted over measured, minus one."""
        return self.predicted / self.measurement.value - 1


def predict(measurements: Sequence[Measurement], books: Books | None = None) -> tuple[list[Prediction], list[Unread]]:
    """Predict all possible measurements, in the given order; return the others with the reason."""
    books = books or Books()
    cases: list[Case] = []
    unread: list[Unread] = []
    for measurement in measurements:
        if not is_predicted(measurement):
            why = f"the statistic '{measurement.statistic}' of {measurement.metric} is not predicted"
            unread.append(Unread(measurement.row, why))
            continue
        configured = configure(books.closed, measurement)
        (unread if isinstance(configured, Unread) else cases).append(configured)  # type: ignore[arg-type]
    predictions: list[Prediction] = []
    for rate in (False, True):
        part, failed = _predicted(books.at(rate), [case for case in cases if bool(case.rate) is rate])
        predictions += part
        unread += failed
    return sorted(predictions, key=lambda p: p.measurement.row), sorted(unread, key=lambda u: u.row)


def _predicted(book: Book, cases: Sequence[Case]) -> tuple[list[Prediction], list[Unread]]:
    """Predict all cases at once; if that fails, split them to find the ones that fail."""
    if not cases:
        return [], []
    try:
        values = quantities_of(book, cases)
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
        value, ideal = values[name][i], values[ideal_name][i] if ideal_name else None
        scale = case.replicas if m.metric == "output_tokens_per_s" else _SCALE.get(m.metric, 1.0)
        value *= scale
        ideal = None if ideal is None else float(ideal * scale)
        if np.isfinite(value) and value > 0:
            ends = [value * values[name][i] for name in _band(m)]
            predictions.append(Prediction(m, float(value), ideal, *(float(end) for end in ends)))
        else:
            unread.append(Unread(m.row, f"'{name}' has no value for this configuration"))
    return predictions, unread


def is_predicted(measurement: Measurement) -> bool:
    """Return whether the statistic of a measurement can be predicted."""
    return measurement.statistic in _AS_STATED.get(measurement.metric, (measurement.statistic,))


def quantities_of(book: Book, cases: Sequence[Case]) -> dict[str, Array]:
    """Return the quantities that predict the metrics of the cases, one array each; NaN where absent."""
    runs, index = runs_of(cases)
    evaluator = Evaluator(book, samples(book, runs))
    measured = [case.measurement for case in cases]
    names = {n for m in measured for n in (*PREDICTED[m.metric], *_band(m)) if n}
    return {name: value_of(evaluator, name, len(runs))[index] for name in sorted(names)}


def _band(measurement: Measurement) -> tuple[str, ...]:
    """Return the quantities that hold the ends of a metric's band, relative to its prediction; empty if it has none."""
    name = _BANDS.get(measurement.metric.partition("_")[0], "")
    return (f"{name}_low", f"{name}_high") if name else ()


def value_of(evaluator: Evaluator, name: str, count: int) -> Array:
    """Return a quantity of the only option, per sample; NaN where absent."""
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
