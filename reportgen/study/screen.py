"""Screening: every lever is tried on the baseline, and only what is worth looking at gets a row of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.book.rows.options import SPARE
from reportgen.book.studies import Screened
from reportgen.engine.results import Results
from reportgen.study.trials import trials_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.book.book import Book

__all__ = ["screen"]

_MOST = 10
_LEAST = 0.5  # per cent of the objective
_SEEN = 0.05  # what is less is printed as 0.0
_PAIR = 1.0  # per cent that a pair must bring beyond the better of its parts


def screen(book: Book, keep: Iterable[str] = ()) -> Book:
    """The book with the levers that change the objective, and a note on each of the others.

    A scenario that names its levers keeps them all. `keep` are texts from outside that name rows to be kept, such as
    `weights_int8` or `weights_int8.batch=4`.
    """
    levers = _levers(book, keep)
    if book.scenario.levers != "all" or not levers:
        return book
    tried = _Tried(book, levers)
    rest = [name for name in book.dimensions["option"].names if name not in tried.dropped]
    made = book.only(rest)
    gone = [name for name in levers if name not in made.dimensions["option"].names]
    screened = tuple(Screened(name, tried.title(name), tried.improvement(name), tried.dropped[name]) for name in gone)
    return replace(made, studies=replace(made.studies, screened=screened)) if gone else book


def _levers(book: Book, keep: Iterable[str]) -> list[str]:
    """The rows that are levers of the library and may be left out."""
    if "improvement" not in book.quantities:
        return []
    search, scenario = book.scenario.search, book.scenario
    own = {*scenario.options, *scenario.measured, *(search.candidates if search else ()), *trials_of(book)}
    for text in keep:
        for said in (text, text.partition("=")[0].rpartition(".")[0]):
            own.add(book.member_of("option", said) or "")
    names = (name for name in book.dimensions["option"].names if name not in own)
    return [name for name in names if not name.startswith(SPARE)]


class _Tried:
    """What the levers do, and why those that are left out are."""

    def __init__(self, book: Book, levers: list[str]) -> None:
        self.book = book
        self.results = Results(book.only((book.baseline, *levers)))
        self.dropped = {name: why for name in levers if (why := self._useless(name))}
        ranked = sorted((name for name in levers if name not in self.dropped), key=self._place)
        for name in ranked:
            if part := self._as_good(name, ranked):
                self.dropped[name] = f"brings no more than “{self.title(part)}” alone"
        for name in [name for name in ranked if name not in self.dropped][_MOST:]:
            self.dropped[name] = f"others bring more{self._said(name)}"

    def title(self, name: str) -> str:
        """What people call a lever."""
        return str(self.results.get("option_title", name))

    def improvement(self, name: str) -> float | None:
        """By how much it betters the objective, in per cent; unknown where it does not run."""
        return self._number("improvement", name) if self.results.get("runs", name) else None

    def _number(self, quantity: str, name: str) -> float | None:
        value = self.results.get(quantity, name)
        return value if isinstance(value, float) else None

    def _feasible(self, name: str) -> bool:
        return self.results.get("feasible", name) is True

    def _place(self, name: str) -> tuple[bool, float]:
        """What meets every target comes first, then what betters the objective most."""
        change = self.improvement(name)
        return not self._feasible(name), -change if change is not None else float("inf")

    def _useless(self, name: str) -> str:
        """Why a lever needs no row; empty where it may."""
        if not self.results.get("changes_something", name):
            return "changes nothing here"
        if not self.results.get("runs", name):
            return f"does not run: {self.results.get('verdict', name)}"
        change, aim = self.improvement(name), self.results.get("objective_name")
        if self._rescues(name):
            return ""
        if change is None:
            return f"what it does to {aim} is not known"
        if change <= -_LEAST:
            return f"makes {aim} {-change:.1f} % worse"
        if change < _LEAST:
            return f"changes {aim} by {abs(change):.1f} % only" if abs(change) >= _SEEN else f"leaves {aim} as it is"
        return ""

    def _rescues(self, name: str) -> bool:
        """Whether it makes something possible, or comes nearer to it, that its base is not."""
        base = str(self.results.get("based_on", name))
        if self._feasible(base):
            return False
        if self._number("objective_value", base) is None and self._number("objective_value", name) is not None:
            return True
        near, nearest = self._number("distance", name), self._number("distance", base)
        return self._feasible(name) or (near is not None and nearest is not None and near < nearest)

    def _as_good(self, whole: str, others: list[str]) -> str:
        """A lever that does a part of what this one does, and brings as much."""
        mine, cost = self._cells(whole), self._number("objective_cost", whole)
        for part in others:
            less = self._number("objective_cost", part)
            if part == whole or not self._cells(part).items() < mine.items() or cost is None or less is None:
                continue
            if self._feasible(part) >= self._feasible(whole) and less - cost < _PAIR / 100 * abs(less):
                return part
        return ""

    def _cells(self, name: str) -> Mapping[str, str]:
        """What a lever says, by column."""
        columns = [c for c in self.book.overridden.get(name, ()) if c in self.book.quantities]
        return {c: self.book.quantities[c].written_cells.get((name,), "") for c in columns}

    def _said(self, name: str) -> str:
        change = self.improvement(name)
        return "" if change is None else f": {change:+.1f} % here"
