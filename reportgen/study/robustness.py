"""Robustness: at which value of an input another option becomes the best, and how often each is the best by chance."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.studies import Robustness, Switch
from reportgen.book.trials import BEST
from reportgen.engine.results import Results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.evaluate import Inputs
    from reportgen.engine.values import Array
    from reportgen.spec.model import DriverSpec

__all__ = ["WIDEST", "robustness"]

WIDEST = 10.0
"""Switching values are sought from a tenth to ten times the value that is given."""

_GRID = 81
_FINER = 33
_ROUNDS = 4
"""Rounds of finer steps: each takes the step that changes something and divides it by 32."""

_CORE = ("prompt_factor", "output_factor")
"""Columns that every operator depends on."""

_CHUNK = 2500
_P90 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True)
class _Ranked:
    """The options that compete, and an evaluation that keeps what no stretched input touches."""

    results: Results
    options: tuple[str, ...]

    @property
    def book(self) -> Book:
        """The book with these options."""
        return self.results.book

    def best(self, inputs: Inputs, count: int) -> Array:
        """For each sample the position of the best feasible option, -1 where none is."""
        evaluator = self.results.evaluator.with_inputs(inputs)
        cost, feasible = evaluator.value("objective_cost"), evaluator.value("feasible")
        known = np.ones(1, dtype=bool) if cost.absent is None else ~cost.absent
        shape = (self.book.size("option"), count)
        rows = [self.book.dimensions["option"].index(name) for name in self.options]
        open_ = np.broadcast_to(feasible.data & known, shape)[rows]
        value = np.where(open_, np.broadcast_to(cost.data, shape)[rows], np.inf)
        return np.where(open_.any(axis=0), value.argmin(axis=0), -1)


def robustness(results: Results, samples: int | None = None, seed: int | None = None) -> Robustness | None:
    """How firmly the best option stands; None where the scenario asks for no sensitivity, or no option is feasible.

    `samples` and `seed` replace the scenario's.
    """
    wanted, book = results.book.scenario.sensitivity, results.book
    if wanted is None:
        return None
    ranked = [o for o in book.dimensions["option"].names if results.get("compared", o)]
    part = book.only(ranked)
    inputs = {at: value for at, value in results.inputs.items() if at[0] in part.quantities}
    competing = _Ranked(Results(part, inputs), tuple(o for o in part.dimensions["option"].names if o in ranked))
    best = int(competing.best({}, 1)[0])
    if best < 0:
        return None
    drivers = _drivers(results)
    count, start = samples or wanted.samples, wanted.seed if seed is None else seed
    shares, none = _shares(competing, results, drivers, count, start)
    looked_at = wanted.option if wanted.option != BEST else competing.options[best]
    switches = _switches(competing, results, drivers, best)
    return Robustness(looked_at, count, start, shares, none, switches, _holds_for(results))


def _drivers(results: Results) -> dict[str, DriverSpec]:
    """What is stretched, as the library declares it."""
    from reportgen.book.library import library

    declared = {
        name: driver for loaded in library(results.book.overlays).files for name, driver in loaded.spec.drivers.items()
    }
    return {name: declared[name] for name in results.book.dimensions["driver"].names if name in declared}


def _ends(results: Results, driver: str) -> tuple[float, float]:
    low, high = results.get("low_factor", driver), results.get("high_factor", driver)
    assert isinstance(low, float)
    assert isinstance(high, float)
    return low, high


# --- Monte Carlo -------------------------------------------------------------------------------------------------


def _shares(
    competing: _Ranked, results: Results, drivers: Mapping[str, DriverSpec], count: int, seed: int
) -> tuple[dict[str, float], float]:
    """The part of the samples in which each option is the best, and in which none is feasible.

    Prices and loads are uniform between their ends, speeds log-normal with the ends as 10th and 90th percentile.
    What belongs to an accelerator is drawn once for each, and is the same for all of its options.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    draws: dict[tuple[str, tuple[str, ...]], Array] = {}
    for name, driver in drivers.items():
        if driver.column in _CORE:
            continue  # the workload is what it is; speeds, load and prices are not known
        groups: dict[str, Array] = {}
        for option in competing.options:
            group = str(results.get("accelerator", option)) if driver.alone else ""
            if group not in groups:
                groups[group] = _draw(random, results, name, driver, option, count)
            draws[driver.column, (option,)] = groups[group]
    tally = np.zeros(len(competing.options) + 1)
    for begin in range(0, count, _CHUNK):
        part = {at: values[begin : begin + _CHUNK] for at, values in draws.items()}
        found = competing.best(part, min(_CHUNK, count - begin))
        tally += np.bincount(found + 1, minlength=len(tally))
    shares = {option: float(n / count) for option, n in zip(competing.options, tally[1:], strict=True) if n}
    return dict(sorted(shares.items(), key=lambda item: -item[1])), float(tally[0] / count)


def _draw(
    random: np.random.Generator, results: Results, name: str, driver: DriverSpec, option: str, count: int
) -> Array:
    if isinstance(driver.low, str):  # a band of measured over predicted, of the option's own kind of evidence
        evidence = str(results.get("evidence", option))
        quantity = "ttft_ratio" if driver.column == "prefill_factor" else "tpot_ratio"
        ends = [float(results.get(f"{quantity}_{end}", evidence) or 1) for end in ("low", "high")]
        middle, spread = (np.log(ends[0]) + np.log(ends[1])) / 2, (np.log(ends[1]) - np.log(ends[0])) / (2 * _P90)
        return np.exp(random.normal(middle, spread, count))
    low, high = _ends(results, name)
    return random.uniform(low, high, count)


# --- switching values --------------------------------------------------------------------------------------------


@dataclass
class _Search:
    """The search along one driver in one direction: between these steps the best option changes."""

    driver: DriverSpec
    sign: float
    touched: tuple[str, ...]
    near: float = 0.0
    far: float = float(np.log(WIDEST))
    winner: int = -1
    found: bool = False

    def grid(self, points: int) -> Array:
        """Factors from the near to the far end."""
        return np.exp(self.sign * np.linspace(self.near, self.far, points))

    def narrow(self, winners: Array, best: int) -> None:
        """Keep the first step of the grid at which another option is the best."""
        steps = np.linspace(self.near, self.far, len(winners))
        changed = np.nonzero(winners != best)[0]
        self.found = bool(len(changed))
        if self.found:
            first = int(changed[0])
            self.near, self.far, self.winner = float(steps[max(0, first - 1)]), float(steps[first]), int(winners[first])


def _switches(competing: _Ranked, results: Results, drivers: Mapping[str, DriverSpec], best: int) -> tuple[Switch, ...]:
    """For each input the value nearest to the given one at which another option becomes the best."""
    accelerator = results.get("accelerator", competing.options[best])
    same = tuple(o for o in competing.options if results.get("accelerator", o) == accelerator)
    searches = [
        _Search(driver, sign, same if driver.alone else competing.options)
        for driver in drivers.values()
        for sign in (1.0, -1.0)
    ]
    for points in (_GRID, *[_FINER] * _ROUNDS):
        open_ = [s for s in searches if s.found or points == _GRID]
        for slow in (True, False):  # a longer prompt changes every operator: those few apart from the many others
            some = [s for s in open_ if (s.driver.column in _CORE) is slow]
            if some:
                winners = competing.best(_blocks(some, points), points * len(some))
                for search, part in zip(some, np.split(winners, len(some)), strict=True):
                    search.narrow(part, best)
    pairs = zip(drivers.values(), searches[::2], searches[1::2], strict=True)
    return tuple(_switch(competing, results, driver, best, (up, down)) for driver, up, down in pairs)


def _blocks(searches: Sequence[_Search], points: int) -> dict[tuple[str, tuple[str, ...]], Array]:
    """The samples of several searches side by side: in the block of one only its own input is stretched."""
    count, inputs = points * len(searches), dict[tuple[str, tuple[str, ...]], "Array"]()
    for i, search in enumerate(searches):
        factors = search.grid(points)
        for option in search.touched:
            at = (search.driver.column, (option,))
            inputs.setdefault(at, np.ones(count))[i * points : (i + 1) * points] = factors
    return inputs


def _switch(
    competing: _Ranked, results: Results, driver: DriverSpec, best: int, searches: tuple[_Search, _Search]
) -> Switch:
    title, unit, given = _named(results, driver, competing.options[best])
    low, high = given / WIDEST, given * WIDEST
    found = [s for s in searches if s.found]
    if not found:
        return Switch(title, unit, given, None, "", low, high)
    nearest = min(found, key=lambda s: s.far)
    option = competing.options[nearest.winner] if nearest.winner >= 0 else ""
    return Switch(title, unit, given, given * float(np.exp(nearest.sign * nearest.far)), option, low, high)


def _named(results: Results, driver: DriverSpec, best: str) -> tuple[str, str, float]:
    """What is stretched, in its own unit where it has one."""
    title = f"{driver.title} ({results.get('accelerator', best)})" if driver.alone else driver.title
    names: Sequence[str] = [driver.input] if driver.input else []
    if driver.column == "price_factor":
        names = ["device_price"] if results.get("is_bought", best) else ["rent_hourly"]
    elif driver.column == "load_factor" and results.get("peak_rate") is None:
        names = ["request_rate"]
    for name in names:
        quantity = results.book.quantities[name]
        value = results.get(name, best) if quantity.per else results.get(name)
        if isinstance(value, float) and value:
            return title, quantity.type.unit.label, value
    return title, "", 1.0


def _holds_for(results: Results) -> str:
    """What the values were computed for."""
    book = results.book
    changed = f", {len(results.inputs)} inputs changed" if results.inputs else ""
    return f"the inputs as built ({book.name}, scenario {book.scenario_hash}{changed})"
