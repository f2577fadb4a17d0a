"""Switching values: the value of an input, closest to the given one, at which another option becomes the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.studies import Switch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.engine.values import Array
    from reportgen.spec.model import DriverSpec
    from reportgen.study.contest import Contest

__all__ = ["WIDEST", "switches"]

WIDEST = 10.0
"""Switching values are sought from a tenth to ten times the given value."""

_GRID = 81
_FINER = 33
_ROUNDS = 4
"""Rounds of refinement: each divides the step with the change by 32."""


@dataclass
class _Search:
    """A search along one driver in one direction; the best option changes between `near` and `far`."""

    driver: DriverSpec
    sign: float
    touched: tuple[str, ...]
    near: float = 0.0
    far: float = float(np.log(WIDEST))
    winner: int = -1
    changed: bool = False

    def grid(self, points: int) -> Array:
        """Return factors from the near to the far end."""
        return np.exp(self.sign * np.linspace(self.near, self.far, points))

    def narrow(self, winners: Array, best: int) -> None:
        """Keep the first step of the grid at which another option is the best."""
        steps = np.linspace(self.near, self.far, len(winners))
        changed = np.nonzero(winners != best)[0]
        self.changed = bool(len(changed))
        if self.changed:
            first = int(changed[0])
            self.near, self.far, self.winner = float(steps[max(0, first - 1)]), float(steps[first]), int(winners[first])


def switches(contest: Contest, best: int) -> tuple[Switch, ...]:
    """Return for each input the closest value at which the option at position `best` is no longer the best.

    An accelerator's input is scaled for all options on the best option's accelerator, any other for all options. A
    change that reverts within one step (3 %) of the first grid may be missed.
    """
    searches = [
        _Search(driver, sign, _touched(contest, driver, best))
        for driver in contest.drivers.values()
        for sign in (1.0, -1.0)
    ]
    for points in (_GRID, *[_FINER] * _ROUNDS):
        open_ = [s for s in searches if s.changed or points == _GRID]
        for slow in (True, False):  # slow ones affect every operator
            some = [s for s in open_ if s.driver.wide is slow]
            if some:
                winners = contest.best(_blocks(contest, some, points), points * len(some))
                for search, part in zip(some, np.split(winners, len(some)), strict=True):
                    search.narrow(part, best)
    pairs = zip(contest.drivers.values(), searches[::2], searches[1::2], strict=True)
    return tuple(_switch(contest, driver, best, both) for driver, *both in pairs)


def _touched(contest: Contest, driver: DriverSpec, best: int) -> tuple[str, ...]:
    group = contest.group(driver, contest.options[best])
    return tuple(option for option in contest.options if contest.group(driver, option) == group)


def _blocks(contest: Contest, searches: Sequence[_Search], points: int) -> dict[tuple[str, str], Array]:
    """Return the samples of several searches in adjacent blocks; each block scales only its own input.

    Unaffected options get factors of one, because without an entry they inherit those of their base.
    """
    count, columns = points * len(searches), {search.driver.column for search in searches}
    scaling = {(column, option): np.ones(count) for column in columns for option in contest.options}
    for i, search in enumerate(searches):
        factors = search.grid(points)
        for option in search.touched:
            scaling[search.driver.column, option][i * points : (i + 1) * points] = factors
    return scaling


def _switch(contest: Contest, driver: DriverSpec, best: int, searches: Iterable[_Search]) -> Switch:
    title, unit, given = _named(contest, driver, contest.options[best])
    low, high = given / WIDEST, given * WIDEST
    changing = [s for s in searches if s.changed]
    if not changing:
        return Switch(title, unit, given, None, "", low, high)
    nearest = min(changing, key=lambda s: s.far)
    option = contest.options[nearest.winner] if nearest.winner >= 0 else ""
    return Switch(title, unit, given, given * float(np.exp(nearest.sign * nearest.far)), option, low, high)


def _named(contest: Contest, driver: DriverSpec, best: str) -> tuple[str, str, float]:
    """Return the title, unit and value of the scaled input; without a unit of its own, a factor of 1."""
    results = contest.results
    title = f"{driver.title} ({contest.group(driver, best)})" if driver.alone else driver.title
    for scaled in driver.input:
        quantity = results.book.quantities.get(scaled.quantity)
        if quantity is None or (scaled.where and not results.get(scaled.where, best)):
            continue
        value = results.get(quantity.name, best) if quantity.per else results.get(quantity.name)
        if isinstance(value, float) and value:
            return title, quantity.type.unit.label, value
    return title, "", 1.0
