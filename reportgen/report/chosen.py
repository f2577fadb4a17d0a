"""What every output is about: the baseline, the option that is recommended, the options shown, and their targets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.book import Book
    from reportgen.engine.results import Plain, Results

__all__ = ["RECOMMENDED", "Chosen", "Goal", "chosen", "key_figures"]

RECOMMENDED = "recommended_option"
"""The quantity that every accounting has: the option that outputs speak of."""

_OWN_FIGURES = 4  # of a scenario's own quantities, which join the key figures


@dataclass(frozen=True, slots=True)
class Goal:
    """The target or limit of a figure, as it is for one option.

    `target` is the quantity, `value` its number in its own unit, `met` whether the figure keeps to it; None where
    nothing says so.
    """

    target: str
    value: float
    met: bool | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One answer for workbook, report, page and command line.

    `recommended` is the baseline where nothing is better; `advised` are the options that recommendations are about, the
    best first; `options` are those that are compared, `ranked` the same from the best to the worst, those that are not
    feasible after the others; `figures` are the key figures. `goals` are by option and figure,
    for figures that have a target or limit there.
    """

    baseline: str
    recommended: str
    advised: tuple[str, ...]
    options: tuple[str, ...]
    ranked: tuple[str, ...]
    figures: tuple[str, ...]
    goals: Mapping[tuple[str, str], Goal]

    @property
    def pair(self) -> tuple[str, ...]:
        """The baseline, and the option recommended where it is another."""
        return tuple(dict.fromkeys((self.baseline, self.recommended)))

    def role(self, option: str) -> str:
        """What an option is: recommended, baseline, or nothing special."""
        if option == self.baseline:
            return "baseline"
        return "recommended" if option == self.recommended else ""


def chosen(results: Results) -> Chosen:
    """What the outputs of these results are about."""
    book = results.book
    names = book.dimensions["option"].names
    places = results.plain("shown_place") if "shown_place" in book.quantities else {}
    compared = results.plain("compared") if "compared" in book.quantities else {}
    advised = results.plain("advised_option").values() if "advised_option" in book.quantities else ()
    options = tuple(n for n in names if n == book.baseline or compared.get((n,)) is not False)
    return Chosen(
        baseline=book.baseline,
        recommended=str(results.get(RECOMMENDED)),
        advised=tuple(str(option) for option in advised if option is not None),
        options=options,
        ranked=tuple(sorted(options, key=lambda option: _place(places.get((option,))))),
        figures=key_figures(book),
        goals={
            (o, f): goal for o in names for f in book.relations.limits if (goal := _goal(results, o, f)) is not None
        },
    )


def _place(place: Plain) -> float:
    """A place, or one behind all others."""
    return place if isinstance(place, float) else math.inf


def key_figures(book: Book) -> tuple[str, ...]:
    """Those that the report lists, then some of the scenario's own; each is one value per option, or one for all."""
    listed = [n for n in book.report.key_figures if book.quantities[n].per in ((), ("option",))]
    own = [n for n in book.scenario.quantities if n in book.quantities and n not in listed]
    own = [n for n in own if book.quantities[n].per == ("option",) and book.quantities[n].type.kind == "number"]
    return (*listed, *own[:_OWN_FIGURES])


def _goal(results: Results, option: str, figure: str) -> Goal | None:
    """The target of a figure; none where it is not set."""
    quantities, limit = results.book.quantities, results.book.relations.limits[figure]
    value = results.get(limit.target, *((option,) if quantities[limit.target].per else ()))
    if not isinstance(value, float):
        return None
    met = results.get(limit.met, option) if limit.met else None
    return Goal(limit.target, value, met if isinstance(met, bool) else None)
