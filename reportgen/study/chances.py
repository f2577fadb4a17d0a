"""Monte Carlo over uncertain inputs: the share of random samples in which each option is the best."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reportgen.engine.values import Array
    from reportgen.spec.model import DriverSpec
    from reportgen.study.contest import Contest

__all__ = ["shares"]

_CHUNK = 2500
_P90 = NormalDist().inv_cdf(0.9)

Ends = tuple[float, float]


def shares(contest: Contest, count: int, seed: int) -> tuple[dict[str, float], float]:
    """Return the share of samples in which each option is the best, and the share in which none is feasible.

    Each driver declares its distribution. An accelerator's input is drawn once per accelerator, and per pair of ends if
    its options have different evidence; options that share both share the samples.
    """
    drawn = _drawn(contest, count, seed)
    tally = np.zeros(len(contest.options) + 1)
    for begin in range(0, count, _CHUNK):
        part = {cell: factors[begin : begin + _CHUNK] for cell, factors in drawn.items()}
        winners = contest.best(part, min(_CHUNK, count - begin))
        tally += np.bincount(winners + 1, minlength=len(tally))
    won = {option: float(n / count) for option, n in zip(contest.options, tally[1:], strict=True) if n}
    return dict(sorted(won.items(), key=lambda item: -item[1])), float(tally[0] / count)


def _drawn(contest: Contest, count: int, seed: int) -> dict[tuple[str, str], Array]:
    random = np.random.Generator(np.random.PCG64(seed))
    drawn: dict[tuple[str, str], Array] = {}
    for name, driver in contest.drivers.items():
        if driver.chance == "none":
            continue
        once: dict[tuple[str, Ends], Array] = {}
        for option in contest.options:
            ends = contest.ends(name, option)
            shared = contest.group(driver, option), ends
            if shared not in once:
                once[shared] = _draw(random, driver, ends, count)
            drawn[driver.column, option] = once[shared]
    return drawn


def _draw(random: np.random.Generator, driver: DriverSpec, ends: Ends, count: int) -> Array:
    """Draw factors between the ends, or with the ends as their 10th and 90th percentile."""
    low, high = min(ends), max(ends)
    if driver.chance == "uniform":
        return random.uniform(low, high, count)
    middle, spread = (np.log(low) + np.log(high)) / 2, (np.log(high) - np.log(low)) / (2 * _P90)
    return np.exp(random.normal(middle, spread, count))
