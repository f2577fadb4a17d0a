"""How the objective depends on its inputs: a tornado, and sentences on ends that miss a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.rows.trials import ends
from reportgen.lang.units import ONE
from reportgen.report.numbers import as_given, column, joined
from reportgen.report.view import Figure, Paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.reading import Facts
    from reportgen.report.view import Block, Value
    from reportgen.spec.declared.roles import EndSpec

__all__ = ["driver_blocks"]

_SAID = 4  # the most inputs whose missed targets are described
_DIGITS = 3  # the digits of a factor


def driver_blocks(facts: Facts) -> list[Block | None]:
    """Return the tornado and the sentences on ends at which the option fails; empty if no input is scaled."""
    drawn = facts.figures.sensitivity
    drivers = _ranked(facts)
    if not drivers:
        return []
    failed = [d for d in drivers if any(facts.value(end.feasible, d) is False for end in ends(facts.roles).values())]
    text = " ".join(facts.words(drawn.words, d) for d in failed[:_SAID])
    return [_figure(facts, drivers), Paragraph(text) if text else None]


def _ranked(facts: Facts) -> list[str]:
    """Return the drivers by their effect on the objective, largest first, then those without a value at an end."""
    drawn = facts.figures.sensitivity
    if "driver" not in facts.book.dimensions or not facts.has(drawn.rank, drawn.given):
        return []
    names = facts.book.dimensions["driver"].names
    moving = [d for d in names if facts.number(drawn.swing, d) != 0]
    return sorted(moving, key=lambda d: facts.number(drawn.rank, d) or len(names) + 1)


def _figure(facts: Facts, drivers: Sequence[str]) -> Figure | None:
    """Return the figure with a bar from end to end for each driver, around the given objective."""
    drawn = facts.figures.sensitivity
    quantity = facts.quantity(facts.objective)
    given = next((v for d in drivers if (v := facts.number(drawn.given, d)) is not None), None)
    if given is None:
        return None
    values = [facts.number(end.value, d) for d in drivers for end in ends(facts.roles).values()]
    written = column([given, *values], quantity.type.unit)
    rows: list[dict[str, Value]] = []
    for place, driver in enumerate(drivers):
        row: dict[str, Value] = {"name": facts.title("driver", driver)}
        for offset, (end, read) in enumerate(ends(facts.roles).items()):
            value = values[2 * place + offset]
            row[end] = None if value is None else value * written.factor
            row[f"{end}_text"] = _end(facts, driver, read)
        rows.append(row)
    option = facts.words(drawn.option) or facts.baseline
    subtitle = f"{written.unit}, of “{facts.title('option', option)}”"
    base = f"as given: {joined(written.texts[0], written.unit)}"
    text = " ".join(facts.words(drawn.words, d) for d in drivers)
    return Figure(
        chart="tornado",
        title=f"{quantity.title} when one input is stretched at a time",
        subtitle=subtitle,
        alt=f"{quantity.title} {base}. {text}",
        data={"drivers": tuple(rows), "base": ({"value": given * written.factor, "text": base},)},
        texts={"x_title": f"{quantity.title}, {written.unit} →", "low": "at the low end", "high": "at the high end"},
    )


def _end(facts: Facts, driver: str, end: EndSpec) -> str:
    """Return the factor of a driver at an end, and whether the option fails there."""
    factor = facts.number(end.factor, driver)
    text = f"× {as_given(None if factor is None else round(factor, _DIGITS), ONE)}"
    if facts.number(end.value, driver) is None:
        return f"{text}, no value"
    return f"{text}, misses a target" if facts.value(end.feasible, driver) is False else text
