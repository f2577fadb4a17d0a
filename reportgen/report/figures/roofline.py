"""The stages of the explained option on the roofline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import amount
from reportgen.report.reading import STAGES
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["roofline_figure"]

_ROOFS = 3
_TERA = 1e12


def roofline_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of the explained option's stages under the roofs of its and the other compared accelerators."""
    drawn = reader.figures.roofline
    if not reader.has(drawn.intensity, drawn.performance, drawn.rate, drawn.bandwidth):
        return None
    if reader.pays_api(reader.explained):
        return None
    roofs = [_roof(reader, option) for option in _roof_options(reader)]
    option, points, texts = reader.explained, list[dict[str, "Value"]](), list[str]()
    for stage in STAGES:
        x = reader.number(drawn.intensity, option, stage)
        y = reader.number(drawn.performance, option, stage)
        if x and y:
            name = reader.title("stage", stage)
            performance = amount(y, reader.quantity(drawn.performance).type.unit)
            points.append({"label": f"{name}, {performance}", "x": x, "y": y / _TERA, "group": name, "strong": True})
            texts.append(f"{name} at {amount(x)} FLOP per byte and {performance}")
    title, names = reader.title("option", option), ", ".join(str(roof["name"]) for roof in roofs)
    return Figure(
        chart="roofline",
        title="Attainable performance against arithmetic intensity",
        subtitle=f"TFLOP/s; points: {title}; shaded: limited by the memory bandwidth of {roofs[0]['name']}",
        alt=f"Roofline of {names}. {'; '.join(texts)}.",
        data={"roofs": tuple(roofs), "points": tuple(points)},
        texts={"x_title": "Arithmetic intensity, FLOP per byte →"},
    )


def _roof_options(reader: ResultsReader) -> list[str]:
    """Return one option for each accelerator: the explained one first."""
    chosen: dict[str, str] = {}
    for option in (reader.explained, *reader.pair, *reader.advised, *reader.options):
        if not reader.pays_api(option):
            chosen.setdefault(reader.words("accelerator", option), option)
    return list(chosen.values())[:_ROOFS]


def _roof(reader: ResultsReader, option: str) -> dict[str, Value]:
    drawn = reader.figures.roofline
    rate, bandwidth = reader.number(drawn.rate, option), reader.number(drawn.bandwidth, option)
    assert rate is not None
    assert bandwidth is not None
    roof: dict[str, Value] = {
        "name": reader.title("accelerator", reader.words("accelerator", option)),
        "note": f"{reader.formatted(drawn.rate, option)} · {reader.formatted(drawn.bandwidth, option)}",
        "peak": rate / _TERA,
        "bandwidth": bandwidth / _TERA,
    }
    if option == reader.explained and reader.has(drawn.ridge):
        roof["ridge"] = f"ridge: {reader.formatted(drawn.ridge, option)}"
    return roof
