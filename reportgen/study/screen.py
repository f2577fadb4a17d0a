"""Try every lever on the baseline and keep only those worth a row."""

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
_SEEN = 0.05  # smaller changes are printed as 0.0
_PAIR = 1.0  # per cent that a combination must gain over the better of its parts


def screen(book: Book, keep: Iterable[str] = ()) -> Book:
    """Return the book with the levers that improve the objective, and the reason for leaving out each other lever.

    A scenario that names its levers keeps them all. `keep` are texts that name rows to keep, such as `weights_int8` or
    `weights_int8.batch=4`.
    """
    levers = _levers(book, keep)
    if book.scenario.levers != "all" or not levers:
        return book
    tried = _Screening(book, levers)
    rest = [name for name in book.dimensions["option"].names if name not in tried.dropped]
    screened_book = book.only(rest)
    gone = [name for name in levers if name not in screened_book.dimensions["option"].names]
    screened = tuple(Screened(name, tried.title(name), tried.improvement(name), tried.dropped[name]) for name in gone)
    return replace(screened_book, studies=replace(screened_book.studies, screened=screened)) if gone else book


def _levers(book: Book, keep: Iterable[str]) -> list[str]:
    """Return the rows that are levers of the library and may be left out."""
    if book.roles.improvement not in book.quantities:
        return []
    search, scenario = book.scenario.search, book.scenario
    own = {*scenario.options, *scenario.measured, *(search.candidates if search else ()), *trials_of(book)}
    for text in keep:
        for address in (text, text.partition("=")[0].rpartition(".")[0]):
            own.add(book.member_of("option", address) or "")
    names = (name for name in book.dimensions["option"].names if name not in own)
    return [name for name in names if not name.startswith(SPARE)]


class _Screening:
    """The effects of the levers, and the reasons for those that are left out."""

    def __init__(self, book: Book, levers: list[str]) -> None:
        self.book, self.roles = book, book.roles
        self.results = Results(book.only((book.baseline, *levers)))
        self.dropped = {name: why for name in levers if (why := self._useless(name))}
        ranked = sorted((name for name in levers if name not in self.dropped), key=self._place)
        for name in ranked:
            if part := self._as_good(name, ranked):
                self.dropped[name] = f"brings no more than “{self.title(part)}” alone"
        for name in [name for name in ranked if name not in self.dropped][_MOST:]:
            self.dropped[name] = f"others bring more{self._said(name)}"

    def title(self, name: str) -> str:
        """Return the title of a lever."""
        return str(self.results.get("option_title", name))

    def improvement(self, name: str) -> float | None:
        """Return by how many per cent the lever improves the objective; None if it does not run."""
        return self._number(self.roles.improvement, name) if self.results.get(self.roles.runs, name) else None

    def _number(self, quantity: str, name: str) -> float | None:
        value = self.results.get(quantity, name)
        return value if isinstance(value, float) else None

    def _feasible(self, name: str) -> bool:
        return self.results.get(self.roles.feasible, name) is True

    def _place(self, name: str) -> tuple[bool, float]:
        """Return the sort key: levers that meet every target first, then by improvement of the objective."""
        change = self.improvement(name)
        return not self._feasible(name), -change if change is not None else float("inf")

    def _useless(self, name: str) -> str:
        """Return why a lever needs no row, or an empty text if it may keep one."""
        if not self.results.get(self.roles.changed, name):
            return "changes nothing here"
        if not self.results.get(self.roles.runs, name):
            return f"does not run: {self.results.get('verdict', name)}"
        change, aim = self.improvement(name), self.results.get("objective_name")
        if self._rescues(name):
            return ""
        if change is None:
            return f"its effect on {aim} is not known"
        if change <= -_LEAST:
            verb = "lowers" if self.book.scenario.objective.maximise else "raises"
            return f"{verb} {aim} by {-change:.1f} %"
        if change < _LEAST:
            return f"changes {aim} by only {abs(change):.1f} %" if abs(change) >= _SEEN else f"leaves {aim} as it is"
        return ""

    def _rescues(self, name: str) -> bool:
        """Return whether the base is infeasible and the lever makes it feasible or comes closer to that."""
        base = str(self.results.get("based_on", name))
        if self._feasible(base):
            return False
        if self._number("objective_value", base) is None and self._number("objective_value", name) is not None:
            return True
        near, nearest = (self._number(self.roles.distance, option) for option in (name, base))
        return self._feasible(name) or (near is not None and nearest is not None and near < nearest)

    def _as_good(self, whole: str, others: list[str]) -> str:
        """Return a lever that makes only some of these changes and brings as much, or an empty text."""
        mine, cost = self._cells(whole), self._number("objective_cost", whole)
        for part in others:
            less = self._number("objective_cost", part)
            if part == whole or not self._cells(part).items() < mine.items() or cost is None or less is None:
                continue
            if self._feasible(part) >= self._feasible(whole) and less - cost < _PAIR / 100 * abs(less):
                return part
        return ""

    def _cells(self, name: str) -> Mapping[str, str]:
        """Return the cells that a lever changes, by column."""
        columns = [c for c in self.book.overridden.get(name, ()) if c in self.book.quantities]
        return {c: self.book.quantities[c].written_cells.get((name,), "") for c in columns}

    def _said(self, name: str) -> str:
        change = self.improvement(name)
        return "" if change is None else f": {change:+.1f} % here"
