"""Arrange the operators of a layer in rows between its input and its output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.figures.layer_flow import CACHE, LAYER, OUTPUT
from reportgen.report.figures.layered import in_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.report.figures.layer_flow import Edge
    from reportgen.report.figures.layered import Rows

__all__ = ["BESIDE", "MOST", "layer_rows"]

BESIDE, MOST = 3, 6
"""The most operators in a row if both stages share a figure, and if each has its own."""


def layer_rows(within: Iterable[str], edges: Iterable[Edge], most: int) -> Rows:
    """Return the operators of a layer, and the cache if it is accessed, in rows of at most `most`."""
    kept = {LAYER, *within, OUTPUT, CACHE}
    inner = [(source, target) for source, target in edges if {source, target} <= kept and source != OUTPUT]
    cache = [CACHE] if any(CACHE in edge for edge in inner) else []
    return in_rows([LAYER, *within, *cache, OUTPUT], inner, most, (LAYER, OUTPUT), (CACHE,))
