"""Reads results for the document: titles instead of names, finished texts instead of values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.report.chosen import chosen
from reportgen.report.numbers import ABSENT, Amount, amount, as_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.book import Book, Quantity
    from reportgen.engine.results import Plain, Results
    from reportgen.report.chosen import Chosen

__all__ = ["STAGES", "Facts"]

STAGES = ("prefill", "decode")


class Facts:
    """What a report wants to know of results. A quantity that the book lacks is absent, or an empty text."""

    def __init__(self, results: Results) -> None:
        self.results = results

    @property
    def book(self) -> Book:
        """The scenario made whole."""
        return self.results.book

    @property
    def baseline(self) -> str:
        """The option that the others are compared with."""
        return self.book.baseline

    def has(self, *names: str) -> bool:
        """Whether the book has all these quantities."""
        return all(name in self.book.quantities for name in names)

    def quantity(self, name: str) -> Quantity:
        """A quantity that is known to be there."""
        return self.book.quantities[name]

    def value(self, name: str, *members: str) -> Plain:
        """One value; absent where there is none."""
        return self.results.plain(name).get(members) if self.has(name) else None

    def number(self, name: str, *members: str) -> float | None:
        """One number."""
        value = self.value(name, *members)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def words(self, name: str, *members: str) -> str:
        """One text, or the name of a member."""
        value = self.value(name, *members)
        return value if isinstance(value, str) else ""

    def title(self, dimension: str, member: str) -> str:
        """What people call a member."""
        found = self.book.dimensions[dimension].members[self.book.dimensions[dimension].index(member)]
        return found.title or found.name

    def amount(self, name: str, *members: str) -> Amount:
        """One number as it is written; a figure that somebody set keeps its digits."""
        quantity = self.quantity(name)
        write = as_given if quantity.input else amount
        return write(self.number(name, *members), quantity.type.unit)

    def shown(self, name: str, *members: str) -> str:
        """Any value as it is written."""
        quantity, value = self.quantity(name), self.value(name, *members)
        if value is None:
            return ABSENT
        if quantity.type.kind == "number":
            return str(self.amount(name, *members))
        if quantity.type.kind == "member":
            return self.title(quantity.type.dimension, str(value))
        return ("yes" if value else "no") if isinstance(value, bool) else str(value)

    def target(self, name: str, option: str) -> str:
        """The quantity that is the target or the limit of a figure, empty where none is set."""
        goal = self.chosen.goals.get((option, name))
        return goal.target if goal is not None else ""

    def limit(self, name: str, option: str) -> Amount:
        """The target or limit of a figure as it is written."""
        target = self.target(name, option)
        return self.amount(target, *((option,) if self.quantity(target).per else ()))

    def met(self, name: str, option: str) -> bool | None:
        """Whether a figure keeps its target; None where it has none, or where nothing says so."""
        goal = self.chosen.goals.get((option, name))
        return goal.met if goal is not None else None

    @cached_property
    def chosen(self) -> Chosen:
        """What the report is about."""
        return chosen(self.results)

    @property
    def options(self) -> tuple[str, ...]:
        """The options to be shown: those that differ from what they are based on, and the baseline."""
        return self.chosen.options

    @property
    def advised(self) -> tuple[str, ...]:
        """The options that recommendations are about, the best first."""
        return self.chosen.advised

    @property
    def recommended(self) -> str:
        """The option that is spoken of: the one recommended, or the baseline."""
        return self.chosen.recommended

    @property
    def pair(self) -> tuple[str, ...]:
        """The baseline, and the option recommended where it is another."""
        return self.chosen.pair

    def role(self, option: str) -> str:
        """What an option is: recommended, baseline, or nothing special."""
        return self.chosen.role(option)

    def recommends(self, option: str) -> bool:
        """Whether an option is recommended, and not the baseline."""
        return self.role(option) == "recommended"

    def role_words(self, option: str) -> str:
        """The same after its name."""
        if option == self.baseline:
            return "the baseline"
        return "recommended first" if option in self.advised else "preferred to the baseline"

    @property
    def objective(self) -> str:
        """The quantity that the scenario optimises."""
        return self.book.objective.aim

    def numbers(self, name: str, keys: Sequence[tuple[str, ...]]) -> list[float | None]:
        """The numbers of several cells."""
        return [self.number(name, *key) for key in keys]
