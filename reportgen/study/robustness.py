"""Robustness of the decision: the input values at which it changes, and how often each option is the best by chance."""

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
    """Return how robust the best option is; None if the scenario asks for no sensitivity or no option is feasible.

    `samples` and `seed` override the scenario's.
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
    """Describe the inputs that the values hold for."""
    book, changed = results.book, len(results.inputs)
    also = f", {changed} input{'s' if changed > 1 else ''} changed" if changed else ""
    return f"the inputs as built ({book.name}, scenario {book.scenario_hash}{also})"
