"""Lay out stacked bars: the time of operators, or memory by use against the capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.charts.plots import (
    FIGURE_WIDTH,
    INK,
    PAPER,
    TEXT,
    Datum,
    Plan,
    Record,
    legend,
    names_width,
    number,
    palette,
    rows,
    text,
    ticks,
    top_margin,
    widest,
)
from reportgen.render.charts.text_width import fit, text_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.report.view import Figure, Value

__all__ = ["stacks"]


def stacks(figure: Figure) -> Plan:
    """Return the plan of stacked bars.

    Reads `bars` (name, note: right of the bar, mark: position of a black mark, strong) and `parts` (bar, group, value,
    text); `texts` may hold `x_title` and `x_suffix`. Groups have the order in which they first appear, in every bar.
    """
    bars, parts = rows(figure, "bars"), rows(figure, "parts")
    reach = [max(sum(number(p, "value") for p in _of(bar, parts)), number(bar, "mark")) for bar in bars]
    high = max(reach, default=0.0) or 1.0
    left, right = names_width(bars) + 14, widest(bars, "note") + 16
    width = FIGURE_WIDTH - left - right
    step = 30.0 if len(bars) <= 4 else 20.0
    groups = list(dict.fromkeys(text(part, "group") for part in parts))
    colours = dict(zip(groups, _series(len(groups)), strict=True))
    keys = [(group, "square", colour, colour) for group, colour in colours.items()]
    title, suffix = figure.texts.get("x_title", ""), figure.texts.get("x_suffix", "")
    return Plan(
        width,
        step * len(bars),
        {"left": left, "right": right, "top": top_margin(keys, left), "bottom": 34 if title else 20},
        {"x_max": high, "x_ticks": ticks(high), "x_title": title, "x_suffix": suffix, "mark_size": step - 4},
        {
            "parts": [
                {**part, "row": i, "py": step * (i + 0.5)}
                for i, bar in enumerate(bars)
                for part in _parts(_of(bar, parts), bar.get("mark"), colours, width / high)
            ],
            "bars": [
                _bar(bar, i, left - 14, step, end * width / high)
                for i, (bar, end) in enumerate(zip(bars, reach, strict=True))
            ],
            "legend": legend(keys, left=left),
        },
    )


def _of(bar: Record, parts: Sequence[Record]) -> list[Record]:
    """Return the parts of one bar."""
    return [part for part in parts if part.get("bar") == bar.get("name")]


def _bar(bar: Record, index: int, names: float, step: float, end: float) -> Datum:
    """Return a bar's name, its note at the far right, and its mark."""
    return {
        "row": index,  # the index, because two shortened names may be equal
        "name": fit(text(bar, "name"), names, TEXT, "semibold"),
        "mark": bar.get("mark"),
        "note": text(bar, "note"),
        "tx": end + 7,
        "py": step * (index + 0.5),
        "weight": 600 if bar.get("strong") else 400,
    }


def _parts(parts: Sequence[Record], mark: Value, colours: Mapping[str, str], scale: float) -> list[Datum]:
    """Return the pieces of one bar from left to right; a piece too narrow for its text has none."""
    order = {group: place for place, group in enumerate(colours)}
    placed: list[Datum] = []
    start = 0.0
    for part in sorted(parts, key=lambda p: order[text(p, "group")]):
        end = start + number(part, "value")
        low, high = _clear(start, end, mark)
        fits = text_width(text(part, "text"), TEXT, "semibold") * 1.06 + 8 <= (high - low) * scale
        colour = colours[text(part, "group")]
        placed.append(
            {
                "group": text(part, "group"),
                "start": start,
                "end": end,
                "middle": (low + high) / 2,
                "text": text(part, "text") if fits else "",
                "fill": colour,
                "ink": _readable(colour),
            }
        )
        start = end
    return placed


def _clear(start: float, end: float, mark: Value) -> tuple[float, float]:
    """Return where a piece's text may stand: the larger side of a mark that crosses the piece."""
    if not isinstance(mark, float | int) or not start < mark < end:
        return start, end
    return (start, mark) if mark - start >= end - mark else (mark, end)


def _series(count: int) -> list[str]:
    """Return colours for `count` series; beyond the palette they are greys, which a report should not need."""
    colours = [*palette("ordinal"), "#5b6675", "#8a94a3", "#b7bfca", "#d8dde4"]
    return [colours[i % len(colours)] for i in range(count)]


def _readable(fill: str) -> str:
    """Return dark or white text, whichever has more contrast with the fill (by WCAG)."""
    paper, ink, ground = _luminance(PAPER), _luminance(INK), _luminance(fill)
    return PAPER if (paper + 0.05) / (ground + 0.05) > (ground + 0.05) / (ink + 0.05) else INK


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
