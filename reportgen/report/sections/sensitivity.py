"""How the objective depends on its inputs: a tornado, and sentences on ends that miss a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.rows.trials import ends
from reportgen.lang.units import ONE
from reportgen.report.numbers import as_given, column, joined
from reportgen.report.view import Figure, Paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Block, Value
    from reportgen.spec.declared.roles import EndSpec

__all__ = ["driver_blocks"]

_SAID = 4  # the most inputs whose missed targets are described
_DIGITS = 3  # the digits of a factor


def driver_blocks(reader: ResultsReader) -> list[Block | None]:
    """Return the tornado and the sentences on ends at which the option fails; empty if no input is scaled."""
    drawn = reader.figures.sensitivity
    drivers = _ranked(reader)
    if not drivers:
        return []
    failed = [d for d in drivers if any(reader.value(end.feasible, d) is False for end in ends(reader.roles).values())]
    text = " ".join(reader.words(drawn.words, d) for d in failed[:_SAID])
    return [_figure(reader, drivers), Paragraph(text) if text else None]


def _ranked(reader: ResultsReader) -> list[str]:
    """Return the drivers by their effect on the objective, largest first, then those without a value at an end."""
    drawn = reader.figures.sensitivity
    if "driver" not in reader.book.dimensions or not reader.has(drawn.rank, drawn.given):
        return []
    names = reader.book.dimensions["driver"].names
    moving = [d for d in names if reader.number(drawn.swing, d) != 0]
    return sorted(moving, key=lambda d: reader.number(drawn.rank, d) or len(names) + 1)


def _figure(reader: ResultsReader, drivers: Sequence[str]) -> Figure | None:
    """Return the figure with a bar from end to end for each driver, around the given objective."""
    drawn = reader.figures.sensitivity
    quantity = reader.quantity(reader.objective)
    given = next((v for d in drivers if (v := reader.number(drawn.given, d)) is not None), None)
    if given is None:
        return None
    values = [reader.number(end.value, d) for d in drivers for end in ends(reader.roles).values()]
    written = column([given, *values], quantity.type.unit)
    rows: list[dict[str, Value]] = []
    for place, driver in enumerate(drivers):
        row: dict[str, Value] = {"name": reader.title("driver", driver)}
        for offset, (end, read) in enumerate(ends(reader.roles).items()):
            value = values[2 * place + offset]
            row[end] = None if value is None else value * written.factor
            row[f"{end}_text"] = _end(reader, driver, read)
        rows.append(row)
    option = reader.words(drawn.option) or reader.baseline
    subtitle = f"{written.unit}, of “{reader.title('option', option)}”"
    base = f"as given: {joined(written.texts[0], written.unit)}"
    text = " ".join(reader.words(drawn.words, d) for d in drivers)
    return Figure(
        chart="tornado",
        title=f"{quantity.title} when one input is scaled at a time",
        subtitle=subtitle,
        alt=f"{quantity.title} {base}. {text}",
        data={"drivers": tuple(rows), "base": ({"value": given * written.factor, "text": base},)},
        texts={"x_title": f"{quantity.title}, {written.unit} →", "low": "at the low end", "high": "at the high end"},
    )


def _end(reader: ResultsReader, driver: str, end: EndSpec) -> str:
    """Return the factor of a driver at an end, and whether the option fails there."""
    factor = reader.number(end.factor, driver)
    text = f"× {as_given(None if factor is None else round(factor, _DIGITS), ONE)}"
    if reader.number(end.value, driver) is None:
        return f"{text}, no value"
    return f"{text}, misses a target" if reader.value(end.feasible, driver) is False else text
