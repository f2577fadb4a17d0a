"""Robustness: at which value of an input another option becomes the best, and how often each is the best by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.studies import Robustness
from reportgen.study.chances import shares
from reportgen.study.contest import Contest
from reportgen.study.switches import switches

if TYPE_CHECKING:
    from reportgen.engine.results import Results

__all__ = ["robustness"]


def robustness(results: Results, samples: int | None = None, seed: int | None = None) -> Robustness | None:
    """How firmly the best option stands; None where the scenario asks for no sensitivity, or no option is feasible.

    `samples` and `seed` replace the scenario's.
    """
    wanted = results.book.scenario.sensitivity
    if wanted is None:
        return None
    contest = Contest.of(results)
    best = int(contest.best({}, 1)[0])
    if best < 0:
        return None
    count = wanted.samples if samples is None else samples
    start = wanted.seed if seed is None else seed
    won, none = shares(contest, count, start)
    return Robustness(contest.options[best], count, start, won, none, switches(contest, best), _holds_for(results))


def _holds_for(results: Results) -> str:
    """What the values were computed for."""
    book, changed = results.book, len(results.inputs)
    also = f", {changed} input{'s' if changed > 1 else ''} changed" if changed else ""
    return f"the inputs as built ({book.name}, scenario {book.scenario_hash}{also})"
