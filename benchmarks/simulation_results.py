"""What a simulated run comes to: latencies with their percentiles, throughput, running requests and utilisation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

PERCENTILES = (50, 90, 95, 99)


@dataclass
class Run:
    """Every request of a run: lengths in tokens, times in seconds; NaN where a request left without an answer."""

    prompt: np.ndarray
    output: np.ndarray
    kind: np.ndarray
    names: tuple[str, ...]
    arrival: np.ndarray
    first: np.ndarray
    end: np.ndarray
    idle: list[tuple[float, float]] = field(default_factory=list)
    preemptions: int = 0

    @classmethod
    def empty(cls, prompt: np.ndarray, output: np.ndarray, kind: np.ndarray, names: tuple[str, ...]) -> Run:
        """A run of which nothing has happened yet."""
        arrival, first, end = (np.full(len(prompt), math.nan) for _ in range(3))
        return cls(prompt, output, kind, names, arrival, first, end)

    @property
    def ttft(self) -> np.ndarray:
        """The time to first token of every request."""
        wait: np.ndarray = self.first - self.arrival
        return wait

    @property
    def tpot(self) -> np.ndarray:
        """The mean time per output token after the first; NaN for answers of one token."""
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: np.ndarray = (self.end - self.first) / (self.output - 1)
        return np.where(self.output > 1, mean, math.nan)

    @property
    def finish(self) -> float:
        """When the last request ended."""
        return float(np.nanmax(self.end))

    def summary(
        self,
        *,
        warm_up: float = 0.0,
        cool_down: float = 0.0,
        ttft_limit: float = math.inf,
        tpot_limit: float = math.inf,
    ) -> dict[str, float]:
        """The figures of a run without the shares of requests that warm_up and cool_down leave out at its ends.

        `failed` is the share of requests that were not answered or exceeded a limit. `running` and `utilisation` are
        means over time, from the first arrival counted to the last.
        """
        order = np.argsort(self.arrival, kind="stable")
        kept = order[int(warm_up * len(order)) : len(order) - int(cool_down * len(order))]
        whole = warm_up == cool_down == 0
        window = (0.0, self.finish) if whole else (self.arrival[kept[0]], self.arrival[kept[-1]])
        return {
            **_latencies(self, kept, ttft_limit, tpot_limit),
            **_rates(self, *window),
        }

    def by_class(
        self,
        *,
        warm_up: float = 0.0,
        cool_down: float = 0.0,
        ttft_limit: float = math.inf,
        tpot_limit: float = math.inf,
    ) -> dict[str, dict[str, float]]:
        """The latencies of each class of requests."""
        order = np.argsort(self.arrival, kind="stable")
        kept = order[int(warm_up * len(order)) : len(order) - int(cool_down * len(order))]
        return {
            name: _latencies(self, kept[self.kind[kept] == number], ttft_limit, tpot_limit)
            for number, name in enumerate(self.names)
        }


def _latencies(run: Run, kept: np.ndarray, ttft_limit: float, tpot_limit: float) -> dict[str, float]:
    """Means, percentiles and the share that failed, over some requests."""
    figures = {"requests": float(len(kept))}
    for name, values in (("ttft", run.ttft[kept]), ("tpot", run.tpot[kept]), ("e2e", (run.end - run.arrival)[kept])):
        values = values[~np.isnan(values)]
        figures[f"{name}_mean"] = float(values.mean()) if len(values) else math.nan
        for p in PERCENTILES:
            figures[f"{name}_p{p}"] = float(np.percentile(values, p)) if len(values) else math.nan
    met = (run.ttft[kept] <= ttft_limit) & ~(run.tpot[kept] > tpot_limit)
    figures["failed"] = float(1 - met.mean()) if len(kept) else math.nan
    return figures


def _rates(run: Run, start: float, stop: float) -> dict[str, float]:
    """Throughput, running requests and utilisation between two times."""
    span = stop - start

    def overlap(begin: np.ndarray, end: np.ndarray) -> float:
        return float(np.nansum(np.maximum(0, np.minimum(end, stop) - np.maximum(begin, start))) / span)

    ended = (run.end > start) & (run.end <= stop)
    idle = np.array(run.idle, float).reshape(-1, 2)
    return {
        "requests_per_second": float(ended.sum() / span),
        "tokens_per_second": float(run.output[ended].sum() / span),
        "running": overlap(run.first, run.end),
        "in_system": overlap(run.arrival, run.end),
        "utilisation": 1 - overlap(idle[:, 0], idle[:, 1]),
    }
