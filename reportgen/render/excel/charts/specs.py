"""Read the report's chart specifications, whose titles, axes and colours native charts share."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reportgen import resources

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Axis", "ChartSpec", "chart_spec", "line_colour", "palette"]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its title, empty if it comes from the data, and whether it is logarithmic."""

    title: str = ""
    log: bool = False


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """The parts of a specification that do not depend on data; `alt` is its description."""

    title: str
    alt: str
    x: Axis
    y: Axis


@functools.cache
def chart_spec(name: str) -> ChartSpec:
    """Return the specification of a chart of the report, by its file name."""
    spec = resources.chart_spec(name)
    return ChartSpec(spec["usermeta"]["title"], spec["description"], _axis(spec, "x"), _axis(spec, "y"))


@functools.cache
def palette(kind: Literal["category", "ordinal"] = "category") -> tuple[str, ...]:
    """Return the report's colours of series, without the leading `#`."""
    return tuple(colour.lstrip("#") for colour in _style()["range"][kind])


@functools.cache
def line_colour(which: Literal["gridColor", "domainColor", "labelColor", "titleColor"]) -> str:
    """Return the colour of a part of the axes."""
    return str(_style()["axis"][which]).lstrip("#")


@functools.cache
def _style() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((resources.templates_dir() / "charts" / "style.json").read_text("utf-8"))
    return read


def _axis(spec: dict[str, Any], channel: str) -> Axis:
    """Return the first axis of a channel; if its title comes from data, the specification's own title is used."""
    for encoding in _encodings(spec, channel):
        if encoding.get("axis"):
            title = encoding["axis"].get("title")
            if not isinstance(title, str):
                title = spec["usermeta"].get(f"{channel}_title", "")
            return Axis(title, (encoding.get("scale") or {}).get("type") == "log")
    return Axis()


def _encodings(spec: dict[str, Any], channel: str) -> Iterator[dict[str, Any]]:
    for layer in spec.get("layer", [spec]):
        encoding = layer.get("encoding", {}).get(channel)
        if encoding is not None:
            yield encoding
