"""The options ranked by the objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import column, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["options_figure"]

_BARS = 20  # the most bars; the table lists all options
_ROLES = {"best": "recommended", "base": "baseline", "plain": "feasible", "missed": "not feasible"}


def options_figure(reader: ResultsReader, most: int = _BARS) -> Figure | None:
    """Return the figure of the options by objective, best first: the best `most`, and the baseline."""
    name = reader.objective
    if len(reader.options) < 2 or not reader.has(name):
        return None
    quantity, options, target = reader.quantity(name), reader.chosen.ranked, _aimed(reader, name)
    kept = [o for i, o in enumerate(options) if i < most or o == reader.baseline]
    values = reader.numbers(name, [(o,) for o in kept])
    written = column(values, quantity.type.unit)
    bars = tuple(
        {
            "name": reader.title("option", option),
            "value": None if value is None else value * written.factor,  # in the unit of its text, like the axis
            "text": text,
            "role": _role(reader, option),
        }
        for option, value, text in zip(kept, values, written.texts, strict=True)
    )
    marks: tuple[dict[str, Value], ...] = ()
    if target is not None:
        marks = ({"value": target * written.factor, "text": f"target {reader.limit(name, reader.baseline)}"},)
    some = f"the best {len(kept)} of {len(options)} options" if len(kept) < len(options) else ""
    return Figure(
        chart="options",
        title=f"{quantity.title} of the options",
        subtitle=", ".join(filter(None, (written.unit, some))),
        alt=f"{len(bars)} options by {quantity.title}: "
        + "; ".join(f"{bar['name']} {joined(str(bar['text']), written.unit)}" for bar in bars)
        + ".",
        data={"bars": bars, "marks": marks},
        texts={"x_title": f"{quantity.title}{f', {written.unit}' if written.unit else ''} →", **_ROLES},
    )


def _aimed(reader: ResultsReader, name: str) -> float | None:
    """Return the target of the objective, if it is the same for all options."""
    target = reader.target(name, reader.baseline)
    return reader.number(target) if target and not reader.quantity(target).per else None


def _role(reader: ResultsReader, option: str) -> str:
    if reader.recommends(option):
        return "best"
    if reader.value(reader.roles.feasible, option) is False:
        return "missed"
    return "base" if option == reader.baseline else "plain"
