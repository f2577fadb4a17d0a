"""Compare several scenarios: the baseline and the recommended option of each, by their key figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, Span, SpecError
from reportgen.report.chosen import chosen, key_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from reportgen.engine.results import Results

__all__ = ["Compared", "Comparison", "Figure", "Side", "compare", "short_names"]

Plain = float | str | bool | None

_VERDICT = "verdict"
"""A quantity that some accountings lack."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity in one unit; the same quantity may have another unit in another scenario."""

    name: str
    unit: str
    title: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Side:
    """One option of a scenario with its figures."""

    option: str
    title: str
    verdict: str | None
    values: Mapping[Figure, Plain]


@dataclass(frozen=True, slots=True)
class Compared:
    """A scenario: what it optimises, its baseline, and its recommended option, if any."""

    name: str
    title: str
    accounting: str
    objective: str
    baseline: Side
    recommended: Side | None

    def sides(self) -> dict[str, Side]:
        """Return the shown options by role."""
        return {"baseline": self.baseline} | ({"recommended": self.recommended} if self.recommended else {})


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenarios in the given order, and the figures that at least one of them has."""

    scenarios: tuple[Compared, ...]
    figures: tuple[Figure, ...]

    def rows(self) -> Iterator[dict[str, Plain]]:
        """Yield a row for each figure of each shown option, and one for its verdict."""
        for scenario in self.scenarios:
            for role, side in scenario.sides().items():
                head = {"scenario": scenario.name, "title": scenario.title, "role": role, "option": side.option}
                for figure, value in side.values.items():
                    yield {**head, "quantity": figure.name, "unit": figure.unit, "value": value}
                if side.verdict is not None:
                    yield {**head, "quantity": _VERDICT, "unit": "", "value": side.verdict}

    def as_json(self) -> dict[str, Any]:
        """Return the data of `compare --format json`."""
        return {
            "schema": 1,
            "figures": [{"quantity": f.name, "title": f.title, "unit": f.unit} for f in self.figures],
            "scenarios": [
                {
                    "scenario": s.name, "title": s.title, "accounting": s.accounting, "objective": s.objective,
                    "units": {figure.name: figure.unit for figure in s.baseline.values},
                    "baseline": _side_json(s.baseline),
                    "recommended": None if s.recommended is None else _side_json(s.recommended),
                }
                for s in self.scenarios
            ],
        }  # fmt: skip


def _side_json(side: Side) -> dict[str, Any]:
    values = {figure.name: value for figure, value in side.values.items()}
    return {"option": side.option, "title": side.title, "verdict": side.verdict, "values": values}


def compare(results: Sequence[Results], names: Sequence[str]) -> Comparison:
    """Compare evaluated scenarios under the given names."""
    compared = tuple(_compared(result, name) for result, name in zip(results, names, strict=True))
    figures = dict.fromkeys(figure for scenario in compared for figure in scenario.baseline.values)
    return Comparison(compared, tuple(figures))


def _compared(results: Results, name: str) -> Compared:
    book = results.book
    answer = chosen(results)
    return Compared(
        name, book.scenario.title, book.accounting, f"{book.objective.verb} {book.objective.aim}",
        _side(results, answer.baseline),
        _side(results, answer.recommended) if answer.recommended != answer.baseline else None,
    )  # fmt: skip


def _side(results: Results, option: str) -> Side:
    book, values = results.book, dict[Figure, Plain]()
    for name in (*key_figures(book), book.objective.aim):
        quantity = book.quantities[name]
        if quantity.per in ((), ("option",)):
            unit = (quantity.type.unit.label or "1") if quantity.type.kind == "number" else ""
            values[Figure(name, unit, quantity.title)] = results.get(name, *((option,) if quantity.per else ()))
    verdict = results.get(book.roles.verdict, option) if book.roles.verdict in book.quantities else None
    title = results.get("option_title", option) if "option_title" in book.quantities else option
    return Side(option, str(title), None if verdict is None else str(verdict), values)


def short_names(paths: Sequence[Path]) -> list[str]:
    """Return short, distinct names of files: the stem, preceded by as many folders as needed.

    Raises:
        SpecError: a file is named twice.

    >>> from pathlib import Path
    >>> short_names([Path("a/x.yaml"), Path("b/x.yaml"), Path("b/y.yaml")])
    ['a/x', 'b/x', 'y']
    """
    whole = [path.resolve() for path in paths]
    twice = [path for i, path in enumerate(paths) if whole[i] in whole[:i]]
    if twice:
        raise SpecError(Problem("the scenario is named twice", Span(str(path))) for path in twice)
    stems = [path.with_suffix("").parts for path in whole]
    if len(set(stems)) < len(stems):  # x.yaml and x.yml
        stems = [path.parts for path in whole]
    return [_shortest(parts, [p for p in stems if p != parts]) for parts in stems]


def _shortest(parts: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    """Return the shortest end of a path that no other path shares."""
    count = next((n for n in range(1, len(parts)) if all(o[-n:] != parts[-n:] for o in others)), len(parts))
    return "/".join(parts[-count:])
