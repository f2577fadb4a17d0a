"""Shared parts of all chart layouts: reading rows, round ticks, colours, and the key."""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from reportgen.render.charts.text_width import text_width
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.report.view import Figure, Value

__all__ = [
    "FIGURE_WIDTH",
    "INK",
    "NAMES",
    "PAPER",
    "TEXT",
    "Datum",
    "Plan",
    "Record",
    "legend",
    "names_width",
    "number",
    "palette",
    "rows",
    "text",
    "ticks",
    "top_margin",
    "widest",
]

FIGURE_WIDTH = 672.0  # pixels: width of the page's text
TEXT = 9.6  # pixels: size of all text in charts
NAMES = 240.0  # pixels: the most for names at the left
PAPER, INK = "#ffffff", "#16202c"

# Allowance for kerning and tabular digits, which the table of widths omits.
_SLACK = 1.06

Datum: TypeAlias = dict[str, Any]
Record: TypeAlias = "Mapping[str, Value]"
Key: TypeAlias = tuple[str, str, str, str]

_LEGEND = 15.0  # pixels: height of a line of keys


@dataclass(frozen=True, slots=True)
class Plan:
    """What a specification needs: its size, its parameters and its named data."""

    width: float
    height: float
    padding: Mapping[str, float]
    params: Mapping[str, Any] = field(default_factory=dict)
    datasets: Mapping[str, Sequence[Datum]] = field(default_factory=dict)


@functools.cache
def palette(kind: str = "category") -> tuple[str, ...]:
    """Return the colours of lines (category) or of parts of a whole (ordinal), safe for colour-blind readers."""
    style = json.loads((templates_dir() / "charts" / "style.json").read_text("utf-8"))
    return tuple(style["range"][kind])


def rows(figure: Figure, name: str) -> tuple[Record, ...]:
    """Return a named table of the figure's data, or an empty one."""
    return figure.data.get(name, ())


def text(row: Record, key: str) -> str:
    """Return a text of a row, or an empty text."""
    value = row.get(key)
    return "" if value is None else str(value)


def number(row: Record, key: str) -> float:
    """Return a number of a row, or zero."""
    value = row.get(key)
    return 0.0 if value is None else float(value)


def widest(table: Sequence[Record], key: str, size: float = TEXT) -> float:
    """Return the width of the longest text of a column."""
    return max((text_width(text(row, key), size, "semibold") for row in table), default=0.0) * _SLACK


def names_width(table: Sequence[Record]) -> float:
    """Return the width for names at the left of bars; longer names are shortened."""
    return min(NAMES, widest(table, "name"))


def ticks(high: float, most: int = 5) -> list[float]:
    """Return round values from zero to at most `high`.

    >>> ticks(320)
    [0.0, 100.0, 200.0, 300.0]
    """
    if not high > 0:
        return [0.0]
    power = 10.0 ** math.floor(math.log10(high / most))
    step = next(power * k for k in (1, 2, 2.5, 5, 10, 20) if high / (power * k) <= most)
    return [step * i for i in range(math.floor(high / step + 1e-9) + 1)]


def legend(entries: Sequence[Key], y: float = -14.0, left: float = 0.0) -> list[Datum]:
    """Return the key above the plot, its last line at `y`; each entry is placed after the width of the one before it.

    Entries are (text, shape, fill, outline); `left` is the space left of the plot, which the key cannot use.
    """
    placed: list[Datum] = []
    lines = _lines(entries, FIGURE_WIDTH - left)
    for number, line in enumerate(lines, start=1):
        x, line_y = 4.0, y - _LEGEND * (len(lines) - number)
        for words, shape, fill, stroke in line:
            look = {"text": words, "shape": shape, "fill": fill, "stroke": stroke}
            placed.append({"px": x, "tx": x + 9, "py": line_y, **look})
            x += _key_width(words)
    return placed


def top_margin(keys: Sequence[Key], left: float = 0.0) -> float:
    """Return the room above the plot, including the key."""
    return 26.0 + _LEGEND * (len(_lines(keys, FIGURE_WIDTH - left)) - 1) if keys else 6.0


def _lines(entries: Sequence[Key], width: float) -> list[list[Key]]:
    """Break the entries of the key into lines that fit the width."""
    lines: list[list[Key]] = []
    x = math.inf
    for entry in entries:
        if x + _key_width(entry[0]) - 22 > width:
            lines.append([])
            x = 4.0
        lines[-1].append(entry)
        x += _key_width(entry[0])
    return lines


def _key_width(words: str) -> float:
    return 9 + text_width(words, TEXT) * _SLACK + 22
