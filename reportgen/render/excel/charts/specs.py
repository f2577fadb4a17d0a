"""Reads the report's chart specifications: what they say of titles, axes and colours holds for native charts, too."""

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
    """One axis: its title, empty where only the data has one, and whether it is logarithmic."""

    title: str = ""
    log: bool = False


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """What a specification says that does not depend on data; `alt` is its description."""

    title: str
    alt: str
    x: Axis
    y: Axis


@functools.cache
def chart_spec(name: str) -> ChartSpec:
    """The specification of a chart of the report, by the name of its file."""
    spec = resources.chart_spec(name)
    return ChartSpec(spec["usermeta"]["title"], spec["description"], _axis(spec, "x"), _axis(spec, "y"))


@functools.cache
def palette(kind: Literal["category", "ordinal"] = "category") -> tuple[str, ...]:
    """The report's colours for series, without the sign that begins them."""
    return tuple(colour.lstrip("#") for colour in _style()["range"][kind])


@functools.cache
def line_colour(which: Literal["gridColor", "domainColor", "labelColor", "titleColor"]) -> str:
    """The colour of a part of the axes."""
    return str(_style()["axis"][which]).lstrip("#")


@functools.cache
def _style() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((resources.templates_dir() / "charts" / "style.json").read_text("utf-8"))
    return read


def _axis(spec: dict[str, Any], channel: str) -> Axis:
    """The first axis that is described; its title is the specification's own where the axis takes one from data."""
    for encoding in _encodings(spec, channel):
        if encoding.get("axis"):
            title = encoding["axis"].get("title")
            if not isinstance(title, str):
                title = spec["usermeta"].get(f"{channel}_title", "")
            return Axis(title, (encoding.get("scale") or {}).get("type") == "log")
    return Axis()


def _encodings(spec: dict[str, Any], channel: str) -> Iterator[dict[str, Any]]:
    for layer in spec.get("layer", [spec]):
        found = layer.get("encoding", {}).get(channel)
        if found is not None:
            yield found
