"""Which quantities the printed figures depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.engine.explain import derivation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.engine.explain import Step
    from reportgen.report.reading import Facts

__all__ = ["used_quantities"]


def used_quantities(facts: Facts) -> frozenset[str]:
    """Return the names of all quantities from which the shown figures were computed."""
    return frozenset(name for root, option in _figures(facts) for name in _names(_derived(facts, root, option)))


def _figures(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the shown figures: all of the baseline, the objective of recommended options, and both ways of paying."""
    drawn = facts.figures.cost
    compared = (facts.objective, *facts.book.report.cost_basis)
    names = [*facts.chosen.figures, *compared]
    shown = [n for n in dict.fromkeys(names) if facts.has(n) and facts.quantity(n).per == ("option",)]
    yield from ((name, facts.baseline) for name in shown)
    for option in facts.pair[1:]:
        yield from ((name, option) for name in shown if name in compared)
    if facts.has(drawn.bought, drawn.total):
        for bought in (True, False):
            first = next((o for o in facts.options if facts.value(drawn.bought, o) is bought), None)
            if first is not None:
                yield drawn.total, first


def _derived(facts: Facts, name: str, option: str) -> Step:
    return derivation(facts.results, name, (option,))


def _names(step: Step) -> Iterator[str]:
    yield step.quantity
    for part in step.inputs:
        yield from _names(part)
