"""The scatter plot of predictions against measurements, as a separate SVG file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.render.charts.draw import draw
from reportgen.resources import chart_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["scatter_svg"]


def scatter_svg(points: Sequence[dict[str, Any]]) -> str:
    """Draw points of `metric`, `group`, `measured` and `predicted`, with a panel for each metric."""
    spec = chart_spec("accuracy")
    ends: list[dict[str, Any]] = []
    for metric in dict.fromkeys(point["metric"] for point in points):
        values = [p[which] for p in points if p["metric"] == metric for which in ("measured", "predicted")]
        ends += [{"metric": metric, "end": min(values)}, {"metric": metric, "end": max(values)}]
    spec["datasets"] = {"points": [*points, *ends]}
    spec["padding"] = 12
    return draw(spec, background="#ffffff")
