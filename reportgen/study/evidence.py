"""Enter the result of random samples into a book, so that its sentences can say how sure the conclusion is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.book.names import within
from reportgen.book.rows.trials import DRIVER
from reportgen.engine.results import Results
from reportgen.lang import tree
from reportgen.study.robustness import robustness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.book import Book
    from reportgen.book.studies import Robustness, Switch

__all__ = ["entered", "with_evidence"]

_DIGITS = 8


def with_evidence(book: Book) -> Book:
    """Return the book with the shares of samples and the switching values as constants, and the study itself.

    A book without sensitivity cases, or without a feasible option, is returned unchanged.
    """
    if book.scenario.sensitivity is None or book.roles.evidence.option not in book.quantities:
        return book
    results = Results(book)
    robust = robustness(results)
    return book if robust is None else entered(book, robust, str(results.get(book.roles.recommended)))


def entered(book: Book, robust: Robustness, recommended: str) -> Book:
    """Return the book with what was sampled while an option was recommended."""
    constants = _constants(book, robust, recommended)
    return replace(_with_constants(book, constants), studies=replace(book.studies, robustness=robust))


def _constants(book: Book, robust: Robustness, recommended: str) -> Mapping[str, Mapping[tuple[str, ...], tree.Node]]:
    """Return the cells of each quantity of the evidence; one with a single value has the empty key.

    Switching values are about the best option, so they are left out if another one is recommended.
    """
    named, drivers = book.roles.evidence, book.dimensions[DRIVER].names
    switches = dict(zip(drivers, robust.switches, strict=True))
    ratios = {n: _ratio(s) if robust.option == recommended else None for n, s in switches.items()}
    titles = {m.name: m.title or m.name for m in book.dimensions["option"].members}
    return {
        named.option: {(): tree.Member("option", recommended)},
        named.samples: {(): tree.Literal(f"{robust.samples:,}")},
        named.none: {(): _number(100 * robust.none_feasible)},
        named.share: {(option,): _number(100 * robust.shares.get(option, 0.0)) for option in titles},
        named.name: {(name,): tree.Literal(within(switch.title)) for name, switch in switches.items()},
        named.ratio: {(name,): _number(ratio) for name, ratio in ratios.items()},
        named.to: {(name,): tree.Literal(titles.get(switch.option, "")) for name, switch in switches.items()},
    }


def _number(value: float | None) -> tree.Node:
    """Return a constant with few digits, which every spreadsheet program stores as they are."""
    return tree.Literal(None if value is None else float(f"{value:.{_DIGITS}g}"))


def _ratio(switch: Switch) -> float | None:
    """Return the factor on the given value at which the decision changes."""
    return None if switch.value is None or not switch.given else switch.value / switch.given


def _with_constants(book: Book, constants: Mapping[str, Mapping[tuple[str, ...], tree.Node]]) -> Book:
    """Return the book with these constants in its quantities."""
    quantities = dict(book.quantities)
    for name, cells in constants.items():
        quantity = quantities[name]
        if quantity.by:
            quantities[name] = replace(quantity, cells={**quantity.cells, **cells})
        else:
            quantities[name] = replace(quantity, formula=cells[()])
    return replace(book, quantities=quantities)
