"""Measure the accuracy of predictions, row by row and by group."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.fit.predict import predict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.fit.configuration import Books
    from reportgen.fit.measurements import Measurement, Unread
    from reportgen.fit.predict import Prediction

__all__ = ["GROUPINGS", "Accuracy", "Group", "accuracy", "groups_of"]

GROUPINGS: dict[str, Callable[[Prediction], str]] = {
    "metric": lambda p: p.measurement.metric,
    "load": lambda p: f"{p.measurement.metric}, {p.measurement.load}",
    "engine": lambda p: f"{p.measurement.metric}, {p.measurement.engine or 'unknown engine'}",
    "accelerator": lambda p: f"{p.measurement.metric}, {p.measurement.accelerator}",
    "precision": lambda p: f"{p.measurement.metric}, {p.measurement.weights or 'unknown precision'}",
    "tp": lambda p: f"{p.measurement.metric}, TP {p.measurement.tp or 'unknown'}",
}
"""How predictions are grouped; each group has a single metric, because only errors of one metric are comparable."""


@dataclass(frozen=True, slots=True)
class Group:
    """The errors of one group, as predicted over measured, minus one.

    `median` and `p90` are of the absolute error, `bias` is the signed median; `low` and `high` are the 10th and 90th
    percentile of measured over predicted; `beaten` counts measurements better than the ideal.
    """

    by: str
    name: str
    rows: int
    median: float
    p90: float
    bias: float
    low: float
    high: float
    beaten: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All predictions, the rows that cannot be evaluated, and the errors by group."""

    predictions: Sequence[Prediction]
    unevaluated: Sequence[Unread]
    groups: Sequence[Group]

    def points(self) -> list[dict[str, Any]]:
        """Return the points of the scatter plot."""
        return [
            {
                "metric": p.measurement.metric, "group": p.measurement.engine or "unknown",
                "measured": p.measurement.value, "predicted": p.predicted,
            }
            for p in self.predictions
        ]  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return plain values under `rows`, `unevaluated` and `groups`."""
        return {
            "rows": [
                {
                    "row": p.measurement.row, "stage": p.measurement.stage, "metric": p.measurement.metric,
                    "load": p.measurement.load, "tp": p.measurement.tp, "measured": p.measurement.value,
                    "predicted": p.predicted, "ideal": p.ideal, "low": p.low, "high": p.high,
                }
                for p in self.predictions
            ],
            "unevaluated": [{"row": u.row, "why": u.why} for u in self.unevaluated],
            "groups": [asdict(group) for group in self.groups],
        }  # fmt: skip


def accuracy(
    measurements: Sequence[Measurement], unread: Sequence[Unread] = (), books: Books | None = None
) -> Accuracy:
    """Predict every measurement and compare; `unread` are rows that could not be read."""
    predictions, failed = predict(measurements, books)
    return Accuracy(predictions, sorted([*unread, *failed], key=lambda u: u.row), groups_of(predictions))


def groups_of(predictions: Sequence[Prediction]) -> list[Group]:
    """Return the errors by each grouping, groups sorted by name."""
    groups: list[Group] = []
    for by, name_of in GROUPINGS.items():
        members: dict[str, list[Prediction]] = {}
        for prediction in predictions:
            members.setdefault(name_of(prediction), []).append(prediction)
        groups += [_group(by, name, members[name]) for name in sorted(members)]
    return groups


def _group(by: str, name: str, predictions: Sequence[Prediction]) -> Group:
    errors = np.array([p.error for p in predictions])
    low, high = np.quantile(1 / (1 + errors), [0.1, 0.9])
    return Group(
        by, name, len(errors), float(np.median(np.abs(errors))), float(np.quantile(np.abs(errors), 0.9)),
        float(np.median(errors)), float(low), float(high), sum(map(beaten, predictions)),
    )  # fmt: skip


def beaten(prediction: Prediction) -> bool:
    """Return whether the measurement is better than the ideal, which is impossible: the row must contain an error."""
    if prediction.ideal is None:
        return False
    more_is_better = prediction.measurement.metric == "output_tokens_per_s"
    measured = prediction.measurement.value
    return measured > prediction.ideal if more_is_better else measured < prediction.ideal
