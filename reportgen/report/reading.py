"""Read results for the report: titles instead of names, formatted texts instead of values."""

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
    from reportgen.spec.declared.figures import FiguresSpec
    from reportgen.spec.declared.roles import RolesSpec

__all__ = ["STAGES", "ResultsReader"]

STAGES = ("prefill", "decode")


class ResultsReader:
    """Convenient access to results; a quantity that the book lacks reads as None or an empty text."""

    def __init__(self, results: Results) -> None:
        self.results = results

    @property
    def book(self) -> Book:
        """The evaluated book."""
        return self.results.book

    @property
    def roles(self) -> RolesSpec:
        """The quantities that the report reads by their role."""
        return self.results.book.roles

    @property
    def figures(self) -> FiguresSpec:
        """The quantities that each figure draws."""
        return self.results.book.figures

    @property
    def baseline(self) -> str:
        """The option that all others are compared with; where nothing exists yet, the recommended one."""
        return self.chosen.baseline

    @property
    def explained(self) -> str:
        """The option whose limits, times and memory are shown."""
        return self.words(self.roles.explained) or self.baseline

    def has(self, *names: str) -> bool:
        """Return whether the book has all these quantities."""
        return all(name in self.book.quantities for name in names)

    def quantity(self, name: str) -> Quantity:
        """Return a quantity that exists."""
        return self.book.quantities[name]

    def value(self, name: str, *members: str) -> Plain:
        """Return one value, or None."""
        return self.results.plain(name).get(members) if self.has(name) else None

    def number(self, name: str, *members: str) -> float | None:
        """Return one number, or None."""
        value = self.value(name, *members)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def words(self, name: str, *members: str) -> str:
        """Return one text or the name of a member, or an empty text."""
        value = self.value(name, *members)
        return value if isinstance(value, str) else ""

    def title(self, dimension: str, member: str) -> str:
        """Return the title of a member."""
        named = self.book.dimensions[dimension].members[self.book.dimensions[dimension].index(member)]
        return named.title or named.name

    def amount(self, name: str, *members: str) -> Amount:
        """Return one formatted number; an input keeps its digits."""
        quantity = self.quantity(name)
        write = as_given if quantity.input else amount
        return write(self.number(name, *members), quantity.type.unit)

    def formatted(self, name: str, *members: str) -> str:
        """Return any value as formatted text."""
        quantity, value = self.quantity(name), self.value(name, *members)
        if value is None:
            return ABSENT
        if quantity.type.kind == "number":
            return str(self.amount(name, *members))
        if quantity.type.kind == "member":
            return self.title(quantity.type.dimension, str(value))
        return ("yes" if value else "no") if isinstance(value, bool) else str(value)

    def target(self, name: str, option: str) -> str:
        """Return the quantity that is the target or limit of a figure, or an empty text."""
        goal = self.chosen.goals.get((option, name))
        return goal.target if goal is not None else ""

    def limit(self, name: str, option: str) -> Amount:
        """Return the formatted target or limit of a figure."""
        target = self.target(name, option)
        return self.amount(target, *((option,) if self.quantity(target).per else ()))

    def met(self, name: str, option: str) -> bool | None:
        """Return whether a figure meets its target; None if it has none or no flag is declared."""
        goal = self.chosen.goals.get((option, name))
        return goal.met if goal is not None else None

    @cached_property
    def chosen(self) -> Chosen:
        """What the report is about."""
        return chosen(self.results)

    @property
    def options(self) -> tuple[str, ...]:
        """The compared options, including the baseline."""
        return self.chosen.options

    @property
    def advised(self) -> tuple[str, ...]:
        """The options that recommendations are about, best first."""
        return self.chosen.advised

    @property
    def recommended(self) -> str:
        """The recommended option, or the baseline if no option is better."""
        return self.chosen.recommended

    @property
    def pair(self) -> tuple[str, ...]:
        """The baseline and, if it differs, the recommended option."""
        return self.chosen.pair

    @property
    def pair_on_devices(self) -> tuple[str, ...]:
        """The baseline and the recommended option, without one that pays an API."""
        return tuple(option for option in self.pair if not self.pays_api(option))

    def pays_api(self, option: str) -> bool:
        """Return whether an option pays an API, so that nothing is known of its devices."""
        return self.value(self.roles.api, option) is True

    def role(self, option: str) -> str:
        """Return "baseline", "recommended" or an empty text."""
        return self.chosen.role(option)

    def recommends(self, option: str) -> bool:
        """Return whether an option is recommended and is not the baseline."""
        return self.role(option) == "recommended"

    def role_words(self, option: str) -> str:
        """Return the role of an option as words that follow its name."""
        if option == self.baseline and self.chosen.has_baseline:
            return "the baseline"
        if not self.chosen.has_baseline:
            return "recommended"
        return "recommended first" if option in self.advised else "preferred to the baseline"

    @property
    def objective(self) -> str:
        """The quantity that the scenario optimises."""
        return self.book.objective.aim

    def numbers(self, name: str, keys: Sequence[tuple[str, ...]]) -> list[float | None]:
        """Return the numbers of several cells."""
        return [self.number(name, *key) for key in keys]
