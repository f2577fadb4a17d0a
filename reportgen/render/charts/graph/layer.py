"""Lay out the figure of a layer: a panel per stage with nodes, lines, and the operators after the last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.charts.graph.boxes import Layer
from reportgen.render.charts.graph.nodes import (
    FINE,
    GREY,
    LOOKS,
    Box,
    cylinder,
    height_of,
    is_flat,
    outline,
    said,
    wanted_width,
    write,
)
from reportgen.render.charts.graph.routing import rounded, routes
from reportgen.render.charts.plots import FIGURE_WIDTH, Datum, Plan, Record, number, rows, text
from reportgen.render.charts.text_width import fit, text_width
from reportgen.report.figures.layer_flow import CACHE, LAYER, OUTPUT
from reportgen.report.figures.layer_rows import BESIDE, MOST, layer_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.render.charts.graph.routing import Points
    from reportgen.report.figures.layer_flow import Edge
    from reportgen.report.view import Figure

__all__ = ["layer"]

_HEAD, _HEADING = 11.0, 25.0  # pixels: height of a panel's title, and distance to its layer
_KEY, _KEYS = (22.0, 11.0), 22.0  # pixels: size of a key, and height of the line of keys
_BETWEEN, _ONWARD = 14.0, 16.0  # pixels: between panels, and between nodes after the last layer
_USUAL = 150.0  # pixels: width of a node
_TALLEST, _SHORT = 812.0, 92.0  # pixels: the tallest figure that fits a page, and one that fits below a title
_TIP = 2.5  # pixels: from the centre of an arrowhead to its tip


def layer(figure: Figure) -> Plan:
    """Return the plan of operators as nodes in a panel for each stage.

    Reads `panels` (name, title, note, times: how many layers there are), `nodes` (panel, name, title, note, times,
    share, share_text, look: compute, memory, communication, cache or end, after) and `edges` (panel, source, target);
    `texts` holds the words of the looks.
    """
    nodes = rows(figure, "nodes")
    plan = _drawn(figure, nodes)
    if plan.height <= _TALLEST:
        return plan
    return _drawn(figure, [{**node, "title": fit(text(node, "title"), _SHORT, FINE, "semibold")} for node in nodes])


def _drawn(figure: Figure, nodes: Sequence[Record]) -> Plan:
    """Return the plan with the panels next to each other, below their keys."""
    panels = rows(figure, "panels")
    edges = [(text(e, "panel"), (text(e, "source"), text(e, "target"))) for e in rows(figure, "edges")]
    longest = max((number(node, "share") for node in nodes), default=0.0) or 1.0
    drawing, width = _Drawing(longest), (FIGURE_WIDTH - _BETWEEN * (len(panels) - 1)) / len(panels)
    looks = {look: figure.texts.get(look, look) for look in LOOKS if any(text(n, "look") == look for n in nodes)}
    top = _KEYS if len(panels) > 1 else 0.0
    drawing.keys(looks, to_right=len(panels) == 1)
    for i, panel in enumerate(panels):
        name, left = text(panel, "name"), i * (width + _BETWEEN)
        drawing.heading(panel, left, top)
        mine = {text(node, "name"): node for node in nodes if text(node, "panel") == name}
        stage = _Stage(mine, [edge for of, edge in edges if of == name], left, width)
        stage.draw(drawing, top + _HEADING, text(panel, "times"), BESIDE if len(panels) > 1 else MOST)
    padding = dict.fromkeys(("left", "right", "top", "bottom"), 0.0)
    return Plan(FIGURE_WIDTH, drawing.bottom + 1, padding, {}, drawing.data)


class _Drawing:
    """The shapes drawn so far, by table; `bottom` is their lower edge."""

    def __init__(self, longest: float) -> None:
        tables = ("frames", "boxes", "bars", "cylinders", "lines", "tips", "texts")
        self.data: dict[str, list[Datum]] = {name: [] for name in tables}
        self.longest, self.bottom = longest, 0.0

    def heading(self, panel: Record, left: float, top: float) -> None:
        """Add a panel's title with its note."""
        start = left + text_width(text(panel, "title"), _HEAD, "semibold") + 8
        self.data["texts"].append(said(text(panel, "title"), left, top + _HEAD / 2, _HEAD, 600))
        self.data["texts"].append(said(text(panel, "note"), start, top + _HEAD / 2 + 0.4, 9.6, ink=GREY))

    def keys(self, words: Mapping[str, str], *, to_right: bool) -> None:
        """Add the meaning of colours and shapes, in a line at the top."""
        widths = [_KEY[0] + 6 + text_width(word, FINE) for word in words.values()]
        x = FIGURE_WIDTH - sum(widths) - 18 * (len(widths) - 1) - 1 if to_right else 1.0
        for (look, word), width in zip(words.items(), widths, strict=True):
            self.data["boxes"].append(outline({"look": look}, Box(x, 1.0, *_KEY)))
            self.data["texts"].append(said(word, x + _KEY[0] + 6, 1.0 + _KEY[1] / 2, ink=GREY))
            x += width + 18

    def node(self, node: Record, box: Box, *, flat: bool) -> None:
        """A node with its texts."""
        self.bottom = max(self.bottom, box.bottom)
        look = text(node, "look")
        if look == "end":
            self.data["boxes"].append(
                {**box.datum(), "fill": GREY, "stroke": GREY, "radius": box.height / 2, "dash": []}
            )
            word = said(text(node, "title"), box.middle, box.top + box.height / 2, weight=600, align="center")
            self.data["texts"].append(word)
            return
        if look == "cache":
            self.data["cylinders"] += cylinder(box)
        else:
            self.data["boxes"].append(outline(node, box))
        for table, datum in write(node, box, flat, self.longest):
            self.data[table].append(datum)

    def line(self, points: Points) -> None:
        """Add a line with an arrowhead at its end."""
        (x0, y0), (x, y) = points[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        angle = {(0, -1): 0, (1, 0): 90, (0, 1): 180, (-1, 0): 270}[dx, dy]
        end = (x - _TIP * dx, y - _TIP * dy)
        self.data["lines"].append({"path": rounded([*points[:-1], end])})
        self.data["tips"].append({"px": end[0], "py": end[1], "angle": angle})
        self.bottom = max(self.bottom, *(bottom for _, bottom in points))


@dataclass(frozen=True, slots=True)
class _Stage:
    """The content of a panel, and its place."""

    nodes: Mapping[str, Record]
    edges: Sequence[Edge]
    left: float
    width: float

    def draw(self, drawing: _Drawing, top: float, times: str, most: int) -> None:
        """Draw the layer from its input to its output, and the operators after the last layer."""
        after = [name for name, node in self.nodes.items() if node.get("after")]
        within = [name for name in self.nodes if name not in (*after, LAYER, CACHE, OUTPUT)]
        inner = Layer(layer_rows(within, self.edges, most), self.nodes, self.left, self.width)
        inner.place(top)
        low, high = (inner.at[end].top + inner.at[end].height / 2 for end in (LAYER, OUTPUT))
        frame = Box(self.left + 0.5, low, self.width - 1, high - low)
        drawing.data["frames"].append(frame.datum())
        if times:
            right = self.left + self.width - 6
            drawing.data["texts"].append(said(times, right, low + 9, weight=600, ink=GREY, align="right"))
        for name, box in inner.at.items():
            drawing.node(self.nodes[name], box, flat=name in inner.flat)
        for line in inner.lines().values():
            drawing.line(line)
        if after:
            self._after(drawing, _chained(after, self.edges), inner.at[OUTPUT])

    def _after(self, drawing: _Drawing, names: Sequence[str], output: Box) -> None:
        """Draw the operators after the last layer in a row, each connected to the next."""
        widest = (self.width - _ONWARD * (len(names) - 1) - 1) / len(names)
        each = min(max(_USUAL, *(wanted_width(self.nodes[name]) for name in names)), widest)
        flat = all(is_flat(self.nodes[name], each) for name in names)
        height = max(height_of(self.nodes[name], each, flat) for name in names)
        start = self.left + (self.width - each * len(names) - _ONWARD * (len(names) - 1)) / 2
        middles = {name: start + i * (each + _ONWARD) + each / 2 for i, name in enumerate(names)}
        segments = [(OUTPUT, name) for name in names if (OUTPUT, name) in self.edges]
        lines = routes(
            segments, {**middles, OUTPUT: output.middle}, {**dict.fromkeys(names, each), OUTPUT: output.width}
        )
        top = output.bottom + lines.height
        boxes = {name: Box(middle - each / 2, top, each, height) for name, middle in middles.items()}
        for name, box in boxes.items():
            drawing.node(self.nodes[name], box, flat=flat)
        for segment in segments:
            drawing.line(lines.between(segment, output.bottom))
        for source, target in self.edges:
            if source in boxes and target in boxes:
                drawing.line(_onward(boxes[source], boxes[target]))
        word = said("After the last layer", self.left, output.bottom + 4, weight=600, ink=GREY)
        drawing.data["texts"].append(word)


def _onward(source: Box, target: Box) -> Points:
    """Return the points of a line within a row: straight to the neighbour, or below the row to any other."""
    if 0 < target.left - source.left - source.width < 2 * _ONWARD:
        y = source.top + source.height / 2
        return [(source.left + source.width, y), (target.left, y)]
    foot = source.bottom + 8
    return [
        (source.middle, source.bottom),
        (source.middle, foot),
        (target.middle, foot),
        (target.middle, target.bottom),
    ]


def _chained(names: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    """Order names so that each directly follows its source where possible."""
    left, order = list(names), list[str]()
    while left:
        ready = [n for n in left if not any(source in left for source, target in edges if target == n)]
        order.append(next((n for n in ready if order and (order[-1], n) in edges), ready[0]))
        left.remove(order[-1])
    return order
