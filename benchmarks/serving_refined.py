"""Closed forms under Poisson arrivals that follow the simulation further than those of `serving_forms`.

What differs, each with its reason:

- *Running requests.* The Newton steps start at one substitution from all slots, not at 1: with experts the step rises
  so steeply at first that a start at 1 finds no room and calls a server overloaded that is not. While a prompt is read
  nothing departs, so that an arrival raises the running requests by 1/(1 - rho) and not by 1: this `surge` multiplies
  their variance. Steps with more requests last longer, so that their mean over time is higher by surge*s/a.
- *Waiting for a slot.* Below its slots the server is a birth and death process, in which each further request raises
  the odds by the ratio of arrivals to departures. The ratio is 1 at the mean b and u' at all slots, so that
  p(S) = p(b) * u'^((S - b)/2/surge); beyond, it is u. A request that waits does so for 1/(rate limit - rate).
- *Percentiles.* No request is faster than its own prefill: the gamma is one of the wait alone, and each class adds its
  own prefill. Percentiles of a mix come from the sum of the shares of its classes, by bisection.
- *TPOT percentiles.* The mean time per token of a request varies with the prompts read meanwhile and with the requests
  that run beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.serving_forms import NORMAL, closed_loop, gamma_cdf, gamma_quantile, normal_cdf

if TYPE_CHECKING:
    from benchmarks.serving_forms import Case

BISECTIONS = 40


def closed_form(case: Case) -> dict[str, float]:
    """TTFT and TPOT of a case; a closed loop is the one of `serving_forms`."""
    return closed_loop(case) if case.rate is None else poisson(case)


def running_requests(case: Case, rate: float, steps: int = 4) -> float:
    """The mean of running requests at a rate below capacity."""
    rest, slots = case.output - 1, case.slots
    running = min(slots, rate * rest * case.step(slots) / (1 - rate * case.prefill))
    for _ in range(steps):
        slope = case.slope(running)
        room = 1 - rate * case.prefill - rate * rest * slope
        base = case.step(running) - running * slope
        running = min(slots, rate * rest * base / room) if room > 0 else slots
    return running


def capacity(case: Case) -> float:
    """The largest rate: every slot spends one step on its prompt and the others on tokens."""
    work = (case.output - 1) * case.step(case.slots) + case.step(0)
    return case.slots / (work + (case.slots + 1) * case.prefill)


def slot_wait(case: Case, use: float, running: float, deviation: float, surge: float) -> tuple[float, float]:
    """The share of requests that wait for a slot, and how long those wait in the mean."""
    assert case.rate is not None
    rho = case.rate * case.prefill
    room = case.slots - running * case.output / (case.output - 1) - rho  # requests hold a slot while they are read
    ratio = max(1e-9, (use - rho) / (1 - rho))
    beyond = ratio ** (room / 2 / surge) / (deviation * math.sqrt(2 * math.pi)) / (1 - use)
    share = beyond / (normal_cdf(room / deviation) + beyond)
    scv = ((use - rho) ** 2 * case.scv_output + rho**2 * case.scv_prompt) / use**2
    return share, (1 + scv) / 2 / (capacity(case) - case.rate)


def wait_below(value: float, wait: tuple[float, float], slot: tuple[float, float]) -> float:
    """The share of requests whose wait for steps and slots is below a value.

    Those that wait for a slot do so exponentially; the wait for steps then counts with its mean.
    """
    share, mean = slot
    waited = 1 - math.exp(-max(0.0, value - wait[0]) / mean)
    return (1 - share) * gamma_cdf(value, *wait) + share * waited


@dataclass(frozen=True)
class _Load:
    """What arrivals meet at a rate below capacity."""

    running: float
    step: float
    slope: float
    rho: float
    surge: float
    wait: tuple[float, float]  # mean and variance
    slot: tuple[float, float]  # share of requests and mean of theirs
    own: tuple[tuple[float, float], ...]  # share and prefill alone of each class

    def below(self, value: float) -> float:
        """The share of requests with a TTFT below a value."""
        return sum(share * wait_below(value - alone, self.wait, self.slot) for share, alone in self.own)


def _load(case: Case, use: float) -> _Load:
    """The steps and waits at a rate below capacity."""
    assert case.rate is not None
    running = running_requests(case, case.rate)
    step, slope, rho = case.step(running), case.slope(running), case.rate * case.prefill
    held = rho / (1 - rho)  # departures that the prompt of an arrival holds up
    surge = (1 + 1 + 2 * held + held**2 * (1 + case.scv_prompt)) / 2
    deviation = math.sqrt(running * step / (step - running * slope) * surge)
    wait = _step_wait(case, step, step / (1 - rho), rho, 1 - math.exp(-running))
    own = tuple((share, max(1.0, prompt / case.token_budget) * step + part) for share, prompt, part in case.parts)
    return _Load(running, step, slope, rho, surge, wait, slot_wait(case, use, running, deviation, surge), own)


def poisson(case: Case) -> dict[str, float]:
    """A server with Poisson arrivals: figures named as those of `serving_forms.poisson`, and percentiles of TPOT."""
    assert case.rate is not None
    use = case.rate / capacity(case)
    if use >= 1:
        return {"utilisation": use, "running": case.slots, "overloaded": 1.0}
    load = _load(case, use)
    step, base = load.step, load.step - load.running * load.slope
    longer = 1 + load.surge * load.slope / base
    tpot = step / (1 - load.rho) * longer
    mean = sum(share * alone for share, alone in load.own) + load.wait[0] + load.slot[0] * load.slot[1]
    figures = {"utilisation": use, "overloaded": 0.0, "running": load.running * longer, "tpot_mean": tpot}
    figures["ttft_mean"] = mean + case.own_overhead

    prompts = case.rate * case.prefill**2 * (1 + case.scv_prompt)
    of_prompts = step * prompts * (1 + case.scv_output) / (case.output - 1) / (1 - load.rho) ** 3
    of_running = (load.slope / (1 - load.rho)) ** 2 * load.running * step / base * load.surge
    for p in NORMAL:
        figures[f"tpot_p{p}"] = step + gamma_quantile(tpot - step, of_prompts + of_running, p)
        low = min(alone for _, alone in load.own)
        high = max(alone for _, alone in load.own) + 30 * (load.wait[0] + load.slot[1])
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if load.below(middle) < p / 100 else (low, middle)
        figures[f"ttft_p{p}"] = high + case.own_overhead
    return figures


def share_within(case: Case, limit: float) -> float:
    """The share of requests whose TTFT is at most a limit."""
    assert case.rate is not None
    use = case.rate / capacity(case)
    return _load(case, use).below(limit - case.own_overhead) if use < 1 else 0.0


def _step_wait(case: Case, step: float, tpot: float, rho: float, busy: float) -> tuple[float, float]:
    """Mean and variance of the wait for the step in progress and for the prompts of others."""
    assert case.rate is not None
    rate, prefill, spread = case.rate, case.prefill, 1 + case.scv_prompt
    variance = rate * tpot * prefill**2 * spread / (1 - rho**2)
    seen = tpot + variance / tpot
    service = prefill + case.prompt / case.token_budget * step
    load = min(0.97, rate * service)
    budget_wait = load * service * spread / (2 * (1 - load))
    mean = max(busy * seen * (0.5 + rho), busy * step / 2 + budget_wait)
    own = busy * (seen**2 / 12 + (0.5 + rho) ** 2 * variance + rate * seen * prefill**2 * spread)
    return mean, own + budget_wait**2 * (2 / load - 1)
