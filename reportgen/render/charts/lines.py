"""Shared parts of line charts: styles by role, lines in pixels, texts next to a rule."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reportgen.render.charts.labels import Box, Segment
from reportgen.render.charts.plots import INK, TEXT, Datum, Record, text
from reportgen.render.charts.text_width import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.render.charts.text_width import Weight

__all__ = ["Way", "freest", "look", "segments", "size_of", "word"]

Way = list[tuple[float, float]]
"""The points of a line, in pixels."""

_SLACK = 1.04  # allowance for kerning, which the table of widths omits

# Colour, dashes, and shape of points; the colours are those of the options in other charts.
_LOOKS: dict[str, tuple[str, list[float], str]] = {
    "best": ("#0072B2", [], "circle"),
    "base": ("#5b6675", [5.0, 3.0], "square"),
    "rest": ("#D55E00", [2.0, 2.0], "diamond"),
}


def look(line: Record) -> Datum:
    """Return colour, dashes and shape of a line, by its role."""
    colour, dash, shape = _LOOKS[text(line, "role")]
    return {"ink": colour, "dash": dash, "shape": shape}


def segments(ways: Iterable[Way]) -> list[Segment]:
    """Return the straight segments of lines."""
    return [Segment(*a, *b) for way in ways for a, b in itertools.pairwise(way)]


def size_of(words: str, weight: Weight = "semibold") -> tuple[float, float]:
    """Return width and height of a line of text."""
    return text_width(words, TEXT, weight) * _SLACK, TEXT * 1.25


def word(words: str, x: float, y: float, ink: str = INK, weight: int = 600) -> Datum:
    """Return a text that begins at a point."""
    return {"text": words, "px": x, "py": y, "ink": ink, "weight": weight}


def freest(places: Iterable[Box], lines: Sequence[Segment], taken: Sequence[Box]) -> Box:
    """Return the first place that covers nothing, or the one that covers least; a box counts more than a line."""
    return min(places, key=lambda box: sum(box.overlap(o) for o in taken) * 10 + sum(s.crossing(box) for s in lines))
