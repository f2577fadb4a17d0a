"""Apply the colours of a theme to the stylesheet and the charts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.render.charts.plots import palette

if TYPE_CHECKING:
    from reportgen.report.design import Design
    from reportgen.spec.theme import Theme

__all__ = ["recoloured", "stylesheet"]

_PAPERS = {"a4": "A4", "letter": "Letter"}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_TINTS = {"#9fc5e0": (0, 0.62), "#5f95ba": (0, 0.35), "#b37400": (3, -0.22)}
"""Shades in our charts: the index of their base colour, and the share of white (negative: black) mixed in."""

_GREYS = {"#16202c": "ink", "#5b6675": "grey"}


def stylesheet(design: Design) -> str:
    """Return the design's additions to the stylesheet: page size, colours and font."""
    theme = design.theme
    lines = [f"@page {{ size: {_PAPERS[design.paper]}; }}"]
    variables = [f"--{role}: {colour};" for role, colour in theme.colours.items()]
    if theme.font:
        variables.append(f'--font: "{theme.font}", Inter, sans-serif;')
    if variables:
        lines.append(f":root {{ {' '.join(variables)} }}")
    return "\n".join(lines)


def recoloured(svg: str, theme: Theme) -> str:
    """Return a chart in the colours of a theme."""
    if not theme.charts and not theme.colours:
        return svg
    ours = [colour.lower() for colour in palette()]
    new = dict(zip(ours, (*theme.charts, *ours[len(theme.charts) :]), strict=False))
    new |= {tint: _mixed(new[ours[place]], share) for tint, (place, share) in _TINTS.items()}
    new |= {grey: theme.colours[role] for grey, role in _GREYS.items() if role in theme.colours}
    return _COLOUR.sub(lambda match: new.get(match[0].lower(), match[0]), svg)


def _mixed(colour: str, share: float) -> str:
    """Mix a colour with white, or with black if the share is negative."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    target = 255 if share > 0 else 0
    return "#" + "".join(f"{round(part + (target - part) * abs(share)):02x}" for part in parts)
