"""Which quantities the printed figures depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.engine.explain import derivation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.engine.explain import Step
    from reportgen.report.reading import ResultsReader

__all__ = ["used_quantities"]


def used_quantities(reader: ResultsReader) -> frozenset[str]:
    """Return the names of all quantities from which the shown figures were computed."""
    return frozenset(name for root, option in _figures(reader) for name in _names(_derived(reader, root, option)))


def _figures(reader: ResultsReader) -> Iterator[tuple[str, str]]:
    """Yield the shown figures: all of the baseline, the objective of recommended options, and both ways of paying."""
    drawn = reader.figures.cost
    compared = (reader.objective, *reader.book.report.cost_basis)
    names = [*reader.chosen.figures, *compared]
    shown = [n for n in dict.fromkeys(names) if reader.has(n) and reader.quantity(n).per == ("option",)]
    yield from ((name, reader.baseline) for name in shown)
    for option in reader.pair[1:]:
        yield from ((name, option) for name in shown if name in compared)
    if reader.has(drawn.bought, drawn.total):
        for bought in (True, False):
            first = next((o for o in reader.options if reader.value(drawn.bought, o) is bought), None)
            if first is not None:
                yield drawn.total, first


def _derived(reader: ResultsReader, name: str, option: str) -> Step:
    return derivation(reader.results, name, (option,))


def _names(step: Step) -> Iterator[str]:
    yield step.quantity
    for part in step.inputs:
        yield from _names(part)
