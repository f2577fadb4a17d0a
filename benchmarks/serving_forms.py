"""Closed forms of a server under load, written in plain Python and apart from the library: an oracle for it.

`closed_form(case)` returns means and percentiles of TTFT and TPOT, in seconds, with the quantities on the way. It takes
Poisson arrivals when a case has a rate, and else a closed loop of clients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NORMAL = {50: 0.0, 90: 1.2816, 95: 1.6449, 99: 2.3263}
NEWTON_STEPS = 4
CLOSED_STEPS = 5


@dataclass(frozen=True)
class Case:
    """A server and its load.

    `step` gives the seconds of a step that decodes b requests at their mean context and reads no prompt; `slope` is its
    derivative. `prefill` is what a mean prompt adds to the steps that read it. `scv_prompt` and `scv_output` are
    squared coefficients of variation; `classes` gives the share, prompt and prefill of each class of requests, for
    forms that add classes up. `burst` is 1/G for a benchmark of G requests per client, 0 for a steady load.
    """

    step: Callable[[float], float]
    slope: Callable[[float], float]
    prefill: float
    prompt: float
    output: float
    slots: float
    rate: float | None = None
    clients: int | None = None
    token_budget: float = 8192
    scv_prompt: float = 0.0
    scv_output: float = 0.0
    burst: float = 0.0
    own_overhead: float = 0.0
    per_client: float = 0.0
    classes: tuple[tuple[float, float, float], ...] = ()

    @property
    def parts(self) -> tuple[tuple[float, float, float], ...]:
        """The classes, or one of them for all requests."""
        return self.classes or ((1.0, self.prompt, self.prefill),)


def closed_form(case: Case) -> dict[str, float]:
    """TTFT and TPOT of a case, by its kind of load."""
    return closed_loop(case) if case.rate is None else poisson(case)


def static_batch(lengths: list[tuple[float, int]], batch: int) -> float:
    """The mean of the longest output among `batch` draws from (share, output)."""
    longest, below = 0.0, 0.0
    for share, output in sorted(lengths, key=lambda x: x[1]):
        longest += output * ((below + share) ** batch - below**batch)
        below += share
    return longest


def linear_running(case: Case, rate: float) -> float:
    """The mean of running requests at a rate, by Newton steps on b = rate * N1 * t(b) / (1 - rate * prefill)."""
    running, rest = 1.0, case.output - 1
    for _ in range(NEWTON_STEPS):
        slope = case.slope(running)
        base = case.step(running) - running * slope
        room = 1 - rate * case.prefill - rate * rest * slope
        if room <= 0:
            return math.inf
        running = rate * rest * base / room
    return running


def capacity(case: Case) -> float:
    """The largest rate that a server with all slots running can keep up with."""
    return case.slots / ((case.output - 1) * case.step(case.slots) + case.slots * case.prefill)


def gamma_quantile(mean: float, variance: float, percentile: int) -> float:
    """A quantile of a gamma distribution of given moments, after Wilson and Hilferty."""
    if variance <= 0:
        return mean
    q = mean**2 / variance
    return mean * max(0.0, 1 - 1 / (9 * q) + NORMAL[percentile] / (3 * math.sqrt(q))) ** 3


def gamma_cdf(value: float, mean: float, variance: float) -> float:
    """The share of a gamma distribution of given moments below a value, after Wilson and Hilferty."""
    if value <= 0 or variance <= 0 or mean <= 0:
        return float(value >= mean)
    q = mean**2 / variance
    return normal_cdf(3 * math.sqrt(q) * ((value / mean) ** (1 / 3) - 1 + 1 / (9 * q)))


def normal_cdf(z: float) -> float:
    """The share of a standard normal distribution below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


@dataclass(frozen=True)
class _Wait:
    """What Poisson arrivals meet: the time to first token without a wait for slots, and that wait."""

    mean: float
    variance: float
    waiting: float
    slot_wait: float
    own: float  # of the mean: a step and the own prompt
    own_variance: float


def _wait(case: Case, use: float, running: float) -> _Wait:
    """The time to first token at a rate below capacity, by its parts."""
    assert case.rate is not None
    rate, prefill, rest = case.rate, case.prefill, case.output - 1
    step, chunks, spread = case.step(running), max(1.0, case.prompt / case.token_budget), 1 + case.scv_prompt
    base = step - running * case.slope(running)
    rho = rate * prefill
    tpot = step / (1 - rho)
    busy = 1 - math.exp(-running)
    variance = rate * tpot * prefill**2 * spread / (1 - rho**2)  # of a step
    seen = tpot + variance / tpot  # the step that an arrival finds
    service = prefill + case.prompt / case.token_budget * step
    load = min(0.97, rate * service)
    budget_wait = load * service * spread / (2 * (1 - load))
    own = chunks * step + prefill
    mean = own + max(busy * seen * (0.5 + rho), busy * step / 2 + budget_wait)
    deviation = math.sqrt(running * step / base)
    return _Wait(
        mean,
        1.5 * busy * (seen**2 / 12 + (0.5 + rho) ** 2 * variance + rate * seen * prefill**2 * spread)
        + prefill**2 * case.scv_prompt
        + budget_wait**2 * (2 / load - 1),
        1 / (1 + math.exp(min(700.0, 1.702 * (case.slots - running) / deviation))),
        rest * tpot / case.slots / (1 - use) * (1 + case.scv_output) / 2,
        own,
        prefill**2 * case.scv_prompt,
    )


def poisson(case: Case) -> dict[str, float]:
    """A server with Poisson arrivals."""
    assert case.rate is not None
    use = case.rate / capacity(case)
    running = linear_running(case, case.rate)
    if use >= 1 or running == math.inf:
        return {"utilisation": use, "running": running, "overloaded": 1.0}
    tpot = case.step(running) / (1 - case.rate * case.prefill)
    wait = _wait(case, use, running)
    figures = {"utilisation": use, "running": running, "overloaded": 0.0, "tpot_mean": tpot}
    figures["ttft_mean"] = wait.mean + wait.waiting * wait.slot_wait + case.own_overhead
    for p in NORMAL:
        tail = wait.slot_wait * math.log(wait.waiting / (1 - p / 100)) if wait.waiting > 1 - p / 100 else 0.0
        figures[f"ttft_p{p}"] = gamma_quantile(wait.mean, wait.variance, p) + tail + case.own_overhead
    return figures


def share_within(case: Case, limit: float) -> float:
    """The share of requests whose TTFT is at most a limit: a gamma for each class, its own prefill in the mean."""
    assert case.rate is not None
    use, running = case.rate / capacity(case), linear_running(case, case.rate)
    if use >= 1 or running == math.inf:
        return 0.0
    wait, step = _wait(case, use, running), case.step(running)
    share = 0.0
    for weight, prompt, prefill in case.parts:
        mean = wait.mean - wait.own + max(1.0, prompt / case.token_budget) * step + prefill
        below = gamma_cdf(limit - case.own_overhead, mean, wait.variance - wait.own_variance)
        # the quantile adds a wait for slots to the slowest `waiting` of requests
        late = wait.waiting * math.exp(-max(0.0, limit - mean) / wait.slot_wait)
        share += weight * min(below, 1 - late)
    return share


def closed_loop(case: Case) -> dict[str, float]:
    """A server with clients that each send their next request as soon as the last is answered."""
    assert case.clients is not None
    admitted = min(case.clients, case.slots)
    chunks = max(1.0, case.prompt / case.token_budget)
    running, output = float(admitted), case.output
    for _ in range(CLOSED_STEPS):
        step = case.step(running)
        tpot = step + max(0.0, running - 1) * case.prefill / output
        ttft = case.step(0) + case.prefill + case.own_overhead + case.per_client * admitted
        if case.clients > 1:
            ttft += 2 * chunks * step
        running = admitted * output * tpot / (ttft + output * tpot)
    burst = case.burst * (admitted - 1) / 2 * (1.3 * case.prefill + 1.1 * case.prompt / case.token_budget * step)
    in_system = ttft + burst + output * tpot
    wait = (case.clients / case.slots - 1) * in_system if case.clients > case.slots else 0.0
    return {
        "running": running,
        "tpot_mean": tpot,
        "ttft_mean": ttft + burst + wait,
        "tokens_per_second": admitted * output / in_system,
    }
