"""The options ranked by the objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import column, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import Facts
    from reportgen.report.view import Value

__all__ = ["options_figure"]

_BARS = 20  # the most bars; the table lists all options
_ROLES = {"best": "recommended", "base": "baseline", "plain": "feasible", "missed": "not feasible"}


def options_figure(facts: Facts, most: int = _BARS) -> Figure | None:
    """Return the figure of the options by objective, best first: the best `most`, and the baseline."""
    name = facts.objective
    if len(facts.options) < 2 or not facts.has(name):
        return None
    quantity, options, target = facts.quantity(name), facts.chosen.ranked, _aimed(facts, name)
    kept = [o for i, o in enumerate(options) if i < most or o == facts.baseline]
    values = facts.numbers(name, [(o,) for o in kept])
    written = column(values, quantity.type.unit)
    bars = tuple(
        {
            "name": facts.title("option", option),
            "value": None if value is None else value * written.factor,  # in the unit of its text, like the axis
            "text": text,
            "role": _role(facts, option),
        }
        for option, value, text in zip(kept, values, written.texts, strict=True)
    )
    marks: tuple[dict[str, Value], ...] = ()
    if target is not None:
        marks = ({"value": target * written.factor, "text": f"target {facts.limit(name, facts.baseline)}"},)
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


def _aimed(facts: Facts, name: str) -> float | None:
    """Return the target of the objective, if it is the same for all options."""
    target = facts.target(name, facts.baseline)
    return facts.number(target) if target and not facts.quantity(target).per else None


def _role(facts: Facts, option: str) -> str:
    if facts.recommends(option):
        return "best"
    if facts.value(facts.roles.feasible, option) is False:
        return "missed"
    return "base" if option == facts.baseline else "plain"
