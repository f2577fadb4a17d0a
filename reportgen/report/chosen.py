"""Decide what every output is about: baseline, recommended option, shown options, and their targets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.book import Book
    from reportgen.engine.results import Plain, Results

__all__ = ["Chosen", "Goal", "chosen", "key_figures"]

_OWN_FIGURES = 4  # the most quantities of the scenario that join the key figures


@dataclass(frozen=True, slots=True)
class Goal:
    """The target or limit of a figure, for one option.

    `target` is the quantity, `value` its number in its own unit, `met` whether the figure meets it, or None if no flag
    is declared.
    """

    target: str
    value: float
    met: bool | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The answer that workbook, report, page and command line share.

    `recommended` is the baseline if no option is better; `advised` are the options that recommendations are about, best
    first; `options` are the compared ones, `ranked` the same from best to worst, infeasible ones last; `figures` are
    the key figures; `goals` holds the targets and limits by option and figure. Where nothing exists yet, `baseline` is
    the recommended option, and `has_baseline` is false.
    """

    baseline: str
    has_baseline: bool
    recommended: str
    advised: tuple[str, ...]
    options: tuple[str, ...]
    ranked: tuple[str, ...]
    figures: tuple[str, ...]
    goals: Mapping[tuple[str, str], Goal]

    @property
    def pair(self) -> tuple[str, ...]:
        """The baseline and, if it differs, the recommended option."""
        return tuple(dict.fromkeys((self.baseline, self.recommended)))

    def role(self, option: str) -> str:
        """Return "baseline", "recommended" or an empty text."""
        if option == self.baseline and self.has_baseline:
            return "baseline"
        return "recommended" if option == self.recommended else ""


def chosen(results: Results) -> Chosen:
    """Return what the outputs of these results are about."""
    book = results.book
    names = book.dimensions["option"].names
    places = results.plain(book.roles.place) if book.roles.place in book.quantities else {}
    compared = results.plain(book.roles.compared) if book.roles.compared in book.quantities else {}
    advised = results.plain(book.roles.advised).values() if book.roles.advised in book.quantities else ()
    recommended = str(results.get(book.roles.recommended))
    baseline = book.baseline if book.has_baseline else recommended
    options = tuple(n for n in names if n == baseline or compared.get((n,)) is not False)
    return Chosen(
        baseline=baseline,
        has_baseline=book.has_baseline,
        recommended=recommended,
        advised=tuple(str(option) for option in advised if option is not None),
        options=options,
        ranked=tuple(sorted(options, key=lambda option: _place(places.get((option,))))),
        figures=key_figures(book),
        goals={
            (o, f): goal for o in names for f in book.relations.limits if (goal := _goal(results, o, f)) is not None
        },
    )


def _place(place: Plain) -> float:
    """Return a rank as a number; options without a rank come last."""
    return place if isinstance(place, float) else math.inf


def key_figures(book: Book) -> tuple[str, ...]:
    """Return the report's key figures, then some of the scenario's; each has a single value or one per option."""
    listed = [n for n in book.report.key_figures if book.quantities[n].per in ((), ("option",))]
    own = [n for n in book.scenario.quantities if n in book.quantities and n not in listed]
    own = [n for n in own if book.quantities[n].per == ("option",) and book.quantities[n].type.kind == "number"]
    return (*listed, *own[:_OWN_FIGURES])


def _goal(results: Results, option: str, figure: str) -> Goal | None:
    """Return the target of a figure, or None if it is not set."""
    quantities, limit = results.book.quantities, results.book.relations.limits[figure]
    value = results.get(limit.target, *((option,) if quantities[limit.target].per else ()))
    if not isinstance(value, float):
        return None
    met = results.get(limit.met, option) if limit.met else None
    return Goal(limit.target, value, met if isinstance(met, bool) else None)
