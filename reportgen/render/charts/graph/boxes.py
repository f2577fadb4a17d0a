"""Place the rows of a layer on the figure, with the lines between rows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reportgen.render.charts.graph.nodes import Box, height_of, is_flat, wanted_width
from reportgen.render.charts.graph.routing import routes
from reportgen.report.figures.layer_flow import LAYER, OUTPUT
from reportgen.report.figures.layered import aligned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.render.charts.graph.routing import Points
    from reportgen.render.charts.plots import Record
    from reportgen.report.figures.layer_flow import Edge
    from reportgen.report.figures.layered import Rows

__all__ = ["END", "Layer"]

END = (88.0, 15.0)  # pixels, width and height of the layer's input and output
_USUAL, _THIN = 150.0, 6.0  # pixels: widths of a node, and of a line that passes between nodes
_GAP, _FRAME = 6.0, 5.0  # pixels: between nodes of a row, and at both ends of it
_LANE = 8.0  # pixels: between lines that go around


class Layer:
    """The layer of a stage, `width` pixels wide."""

    def __init__(self, rows: Rows, nodes: Mapping[str, Record], left: float, width: float) -> None:
        self.rows, self.nodes = rows, nodes
        self._level = {name: i for i, row in enumerate(rows.rows) for name in row}
        lanes = [self._lanes(edges) for edges in (rows.left, rows.right)]
        counts = [max(lane_of.values(), default=-1) + 1 for lane_of in lanes]
        low, high = left + _FRAME + counts[0] * _LANE, left + width - _FRAME - counts[1] * _LANE
        self._width = {n: w for row in rows.rows for n, w in self._widths(row, high - low).items()}
        self._x = aligned(rows, self._width, _GAP, low, high)
        for edges, start, offset in ((lanes[0], low + 1, -_LANE), (lanes[1], high - 1, _LANE)):
            for edge, lane in edges.items():  # the shortest are closest to the nodes
                self._x |= dict.fromkeys(rows.paths[edge][1:-1], start + (lane + 1) * offset)
        self.flat = {name for row in rows.rows for name in row if all(self._is_flat(other) for other in row)}
        self._spaces = [routes(segments, self._x, self._width) for segments in self._segments()]
        self.at: dict[str, Box] = {}

    def _lanes(self, edges: Sequence[Edge]) -> dict[Edge, int]:
        """Return a lane for each edge that goes around, shortest innermost; edges that do not overlap share lanes."""
        spans = {edge: sorted(self._level[end] for end in edge) for edge in edges}
        lanes: dict[Edge, int] = {}
        for edge in sorted(edges, key=lambda e: spans[e][1] - spans[e][0]):
            low, high = spans[edge]
            taken = {lane for other, lane in lanes.items() if spans[other][0] < high and low < spans[other][1]}
            lanes[edge] = next(lane for lane in itertools.count() if lane not in taken)
        return lanes

    def _widths(self, row: Sequence[str], space: float) -> dict[str, float]:
        """Return equal widths for all nodes of a row, wide enough for their texts if there is room."""
        real = [name for name in row if name in self.nodes]
        taken = _THIN * (len(row) - len(real)) + _GAP * (len(row) - 1)
        wanted = max(_USUAL, *(wanted_width(self.nodes[name]) for name in real))
        each = min(wanted, (space - taken) / len(real))
        return {n: _THIN if n not in self.nodes else END[0] if n in (LAYER, OUTPUT) else each for n in row}

    def _is_flat(self, name: str) -> bool:
        return name not in self.nodes or is_flat(self.nodes[name], self._width[name])

    def _segments(self) -> list[list[Edge]]:
        """Return the segments of the edges, grouped by the row where they start."""
        by_row: list[dict[Edge, None]] = [{} for _ in self.rows.rows[1:]]
        for path in self.rows.paths.values():
            for i, segment in enumerate(itertools.pairwise(path), start=self._level[path[0]]):
                by_row[i][segment] = None
        return [list(segments) for segments in by_row]

    def place(self, y: float) -> None:
        """Place the rows below each other, starting at `y`."""
        for row, space in itertools.zip_longest(self.rows.rows, self._spaces):
            real = [name for name in row if name in self.nodes]
            height = max(self._height(name) for name in real)
            for name in real:
                self.at[name] = Box(self._x[name] - self._width[name] / 2, y, self._width[name], height)
            y += height + (space.height if space else 0.0)

    def _height(self, name: str) -> float:
        return END[1] if name in (LAYER, OUTPUT) else height_of(self.nodes[name], self._width[name], name in self.flat)

    def lines(self) -> dict[Edge, Points]:
        """Return the points of each edge, from its source to its target."""
        feet = [max(self.at[name].bottom for name in row if name in self.nodes) for row in self.rows.rows]
        result: dict[Edge, Points] = {}
        for edge, path in self.rows.paths.items():
            first = self._level[path[0]]
            line = list[tuple[float, float]]()
            for i, segment in enumerate(itertools.pairwise(path), start=first):
                line = [*line[:-1], *self._spaces[i].between(segment, feet[i])]
            result[edge] = line if path[0] == edge[0] else line[::-1]
        return result
