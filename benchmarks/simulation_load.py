"""The requests of a simulation: their lengths and classes, and how they arrive.

Arrivals are a Poisson process, clients in a closed loop, or a list of times.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.simulation_results import Run

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Lengths:
    """Token counts: fixed, lognormal of a squared coefficient of variation, or uniform from `low` of nominal to it."""

    nominal: int
    scv: float = 0.0
    low: float = 1.0

    def draw(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Integer token counts of at least 1."""
        if self.scv > 0:
            sigma2 = math.log1p(self.scv)
            drawn = random.lognormal(math.log(self.nominal) - sigma2 / 2, math.sqrt(sigma2), count)
            return np.maximum(1, np.rint(drawn)).astype(int)
        return random.integers(max(1, math.ceil(self.low * self.nominal)), self.nominal + 1, count)


@dataclass(frozen=True)
class RequestClass:
    """Requests of one kind, and their share of all requests."""

    prompt: Lengths
    output: Lengths
    share: float = 1.0
    name: str = "all"


@dataclass(frozen=True)
class Poisson:
    """Requests that arrive at random, `rate` a second."""

    rate: float
    requests: int


@dataclass(frozen=True)
class ClosedLoop:
    """Clients that each send their next request `think` seconds after the answer; they share one list of requests."""

    clients: int
    requests_each: int
    think: float = 0.0


@dataclass(frozen=True)
class Listed:
    """Requests that arrive at given times; a backlog is a list of zeros."""

    times: Sequence[float]


Arrivals = Poisson | ClosedLoop | Listed


@dataclass
class Workload:
    """The requests of a run, those still to arrive in order of time, and what becomes of them."""

    run: Run
    pending: list[tuple[float, int]]
    unsent: deque[int] = field(default_factory=deque)
    think: float = 0.0
    left: int = 0

    def arrived(self, now: float, waiting: deque[int]) -> None:
        """Move the requests that have arrived by `now` to the end of the queue."""
        pending = self.pending
        while pending and pending[0][0] <= now:
            time, request = heapq.heappop(pending)
            self.run.arrival[request] = time
            waiting.append(request)

    def ended(self, request: int, now: float) -> None:
        """Note the end of a request, and let its client send the next."""
        self.run.end[request] = now
        self.left -= 1
        if self.unsent:
            heapq.heappush(self.pending, (now + self.think, self.unsent.popleft()))


def workload(classes: Sequence[RequestClass], arrivals: Arrivals, seed: int) -> Workload:
    """Draw the requests of a run."""
    random = np.random.default_rng(seed)
    times: Sequence[float] | np.ndarray
    if isinstance(arrivals, Poisson):
        times = np.cumsum(random.exponential(1 / arrivals.rate, arrivals.requests))
    elif isinstance(arrivals, ClosedLoop):
        times = [0.0] * arrivals.clients
    else:
        times = sorted(arrivals.times)
    count = arrivals.clients * arrivals.requests_each if isinstance(arrivals, ClosedLoop) else len(times)
    shares = np.array([c.share for c in classes], float)
    kind = random.choice(len(classes), count, p=shares / shares.sum())
    prompts = np.choose(kind, [c.prompt.draw(random, count) for c in classes])
    outputs = np.choose(kind, [c.output.draw(random, count) for c in classes])
    run = Run.empty(prompts, outputs, kind, tuple(c.name for c in classes))
    pending = [(float(time), request) for request, time in enumerate(times[:count])]
    think = arrivals.think if isinstance(arrivals, ClosedLoop) else 0.0
    return Workload(run, pending, deque(range(len(pending), count)), think, count)
