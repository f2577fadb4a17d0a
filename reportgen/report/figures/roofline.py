"""The stages of the baseline on the roofline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import amount
from reportgen.report.reading import STAGES
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import Facts
    from reportgen.report.view import Value

__all__ = ["roofline_figure"]

_ROOFS = 3
_TERA = 1e12


def roofline_figure(facts: Facts) -> Figure | None:
    """Return the figure of the baseline's stages under the roofs of its and the other compared accelerators."""
    drawn = facts.figures.roofline
    if not facts.has(drawn.intensity, drawn.performance, drawn.rate, drawn.bandwidth):
        return None
    roofs = [_roof(facts, option) for option in _roof_options(facts)]
    option, points, texts = facts.baseline, list[dict[str, "Value"]](), list[str]()
    for stage in STAGES:
        x = facts.number(drawn.intensity, option, stage)
        y = facts.number(drawn.performance, option, stage)
        if x and y:
            title = facts.title("stage", stage)
            performance = amount(y, facts.quantity(drawn.performance).type.unit)
            points.append({"label": f"{title}, {performance}", "x": x, "y": y / _TERA, "group": title, "strong": True})
            texts.append(f"{title} at {amount(x)} FLOP per byte and {performance}")
    names = ", ".join(str(roof["name"]) for roof in roofs)
    return Figure(
        chart="roofline",
        title="Attainable performance against arithmetic intensity",
        subtitle=f"TFLOP/s; points: baseline; shaded: limited by the memory bandwidth of {roofs[0]['name']}",
        alt=f"Roofline of {names}. {'; '.join(texts)}.",
        data={"roofs": tuple(roofs), "points": tuple(points)},
        texts={"x_title": "Arithmetic intensity, FLOP per byte →"},
    )


def _roof_options(facts: Facts) -> list[str]:
    """Return one option for each accelerator: the baseline first, then recommended ones."""
    chosen: dict[str, str] = {}
    for option in (*facts.pair, *facts.advised, *facts.options):
        chosen.setdefault(facts.words("accelerator", option), option)
    return list(chosen.values())[:_ROOFS]


def _roof(facts: Facts, option: str) -> dict[str, Value]:
    drawn = facts.figures.roofline
    rate, bandwidth = facts.number(drawn.rate, option), facts.number(drawn.bandwidth, option)
    assert rate is not None
    assert bandwidth is not None
    roof: dict[str, Value] = {
        "name": facts.title("accelerator", facts.words("accelerator", option)),
        "note": f"{facts.shown(drawn.rate, option)} · {facts.shown(drawn.bandwidth, option)}",
        "peak": rate / _TERA,
        "bandwidth": bandwidth / _TERA,
    }
    if option == facts.baseline and facts.has(drawn.ridge):
        roof["ridge"] = f"ridge: {facts.shown(drawn.ridge, option)}"
    return roof
