"""What has been paid by when: the recommended option and the cheapest one of each way to hold devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import digits, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["payments_figure"]

_MONTHS = 12  # of the year, the unit of the horizon
_LARGE = 100_000  # money from which thousands are shown


def payments_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of all payments since the start; None if nothing is bought, or nothing else is offered."""
    drawn = reader.figures.payments
    if not reader.has(drawn.upfront):
        return None
    options = _options(reader)
    starts = [reader.number(drawn.upfront, option) or 0.0 for option in options]
    years = reader.number(drawn.horizon) or 0.0
    if len(options) < 2 or not any(starts):
        return None
    ends = [start + (reader.number(drawn.running, o) or 0.0) * years for o, start in zip(options, starts, strict=True)]
    factor, unit = _scale(max(starts + ends), reader.quantity(drawn.upfront).type.unit.label)
    firsts, lasts = ([digits(value * factor) for value in values] for values in (starts, ends))
    lines = tuple(
        {"name": reader.title("option", option), "role": _role(reader, option), "first": first, "last": last}
        for option, first, last in zip(options, firsts, lasts, strict=True)
    )
    points: list[dict[str, Value]] = []
    for line, (start, end) in enumerate(zip(starts, ends, strict=True)):
        points.append({"line": line, "x": 0.0, "y": start * factor})
        points.append({"line": line, "x": years * _MONTHS, "y": end * factor})
    paid = "; ".join(f"{line['name']} {line['first']} at the start, {line['last']} in all" for line in lines)
    return Figure(
        chart="payments",
        title=reader.words(drawn.finding),
        subtitle=f"Paid since the start, {unit}, without interest and resale value",
        alt=f"Payments over {joined(f'{years * _MONTHS:.0f}', 'months')} in {unit}: {paid}.",
        data={"lines": lines, "points": tuple(points), "marks": ()},
        texts={"x_title": "Months →"},
    )


def _scale(most: float, unit: str) -> tuple[float, str]:
    """Return the factor and the unit in which money is shown."""
    return (1e-3, f"thousand {unit}") if most >= _LARGE else (1.0, unit)


def _options(reader: ResultsReader) -> list[str]:
    """Return the recommended option, and of each way to hold devices the cheapest feasible option."""
    drawn = reader.figures.payments
    cheapest: dict[str, str] = {}
    for option in (reader.recommended, *sorted(reader.options, key=lambda o: reader.number(drawn.total, o) or 0.0)):
        feasible = option == reader.recommended or reader.value(reader.roles.feasible, option)
        if feasible and reader.number(drawn.upfront, option) is not None:
            cheapest.setdefault(reader.words(drawn.kind, option), option)
    return list(cheapest.values())


def _role(reader: ResultsReader, option: str) -> str:
    """Return the style of an option's line."""
    if option == reader.recommended:
        return "best"
    return "base" if option == reader.baseline else "rest"
