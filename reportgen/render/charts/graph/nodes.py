"""Draw the nodes of a layer: a box whose colour and shape show what limits the operator, with its texts and its bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.render.charts.plots import INK, PAPER, Datum, Record, number, palette, text
from reportgen.render.charts.text_width import fit, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.render.charts.text_width import Weight

__all__ = [
    "FINE",
    "GREY",
    "LOOKS",
    "Box",
    "cylinder",
    "height_of",
    "is_flat",
    "outline",
    "said",
    "wanted_width",
    "write",
]

TITLE, FINE = 9.0, 8.4  # pixels; 8.4 are 6.3 pt in print
GREY = "#5b6675"
_SLACK = 1.02  # allowance for kerning, which the table of widths omits
_PAD = 5.0  # pixels: left and right of a node's texts
_TOP, _LINE, _FOOT = 4.0, 10.6, 3.0  # pixels: paddings and line height of a node, from top to bottom
_BAR, _THIN_BAR = 4.0, 2.5  # pixels: height of the bar next to the share, and below a flat node's texts
_LID = 3.0  # pixels: height of a cylinder's round ends
_SHORTEST = 1.0  # pixels: the shortest bar; shorter ones look like specks

# Index in the palette, corner radius, and dashes of the outline.
LOOKS: dict[str, tuple[int, float, list[float]]] = {
    "compute": (0, 0.0, []),
    "memory": (3, 9.0, []),
    "communication": (2, 3.0, [4.0, 2.0]),
}


@dataclass(frozen=True, slots=True)
class Box:
    """The rectangle of a node, in pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The horizontal centre."""
        return self.left + self.width / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    def datum(self) -> Datum:
        """Return its position as the specification reads it."""
        return {"px": self.left, "px2": self.left + self.width, "py": self.top, "py2": self.bottom}


def _look(node: Record) -> tuple[str, float, list[float]]:
    """Return colour, corner radius and dashes of an operator; one without a known limit looks plain."""
    place, radius, dash = LOOKS.get(text(node, "look"), (-1, 0.0, []))
    return (palette()[place] if place >= 0 else GREY), radius, dash


def _width(words: str, size: float, weight: Weight = "regular") -> float:
    return text_width(words, size, weight) * _SLACK


def _times(node: Record) -> float:
    """Return the width of the number of repeats, to the right of the title."""
    return _width(text(node, "times"), FINE) + 4 if text(node, "times") else 0.0


def _numbers(node: Record) -> float:
    """Return the width of the numbers below the title."""
    share = text(node, "share_text")
    return _width(text(node, "note"), FINE) + (_width(share, FINE, "semibold") + 8 if share else 0.0)


def wanted_width(node: Record) -> float:
    """Return the width at which title and numbers need one line each."""
    return max(_width(text(node, "title"), TITLE, "semibold") + _times(node), _numbers(node)) + 2 * _PAD + 0.1


def is_flat(node: Record, width: float) -> bool:
    """Return whether a node's numbers fit next to each other, so that its bar is below them."""
    return _numbers(node) <= width - 2 * _PAD


def height_of(node: Record, width: float, flat: bool) -> float:
    """The height that a node needs for its texts."""
    lines = len(_title(node, width)) + len(_note(node, width))
    if text(node, "look") == "cache":
        return _TOP + _LINE * lines + _FOOT + 2 * _LID
    return _TOP + _LINE * (lines if flat else lines + 1) + (_THIN_BAR + 1 if flat else 0.0) + _FOOT


def _title(node: Record, width: float) -> list[str]:
    return _lines(text(node, "title"), width - 2 * _PAD, TITLE, "semibold", _times(node))


def _note(node: Record, width: float) -> list[str]:
    return _lines(text(node, "note"), width - 2 * _PAD, FINE)


def _lines(words: str, width: float, size: float, weight: Weight = "regular", taken: float = 0.0) -> list[str]:
    """Wrap a text to at most two lines and shorten what does not fit; `taken` is occupied on the first line."""
    head, rest = list[str](), words.split(" ")
    while rest and _width(" ".join([*head, rest[0]]), size, weight) <= width - taken:
        head.append(rest.pop(0))
    lines = [" ".join(head).removesuffix(" ·"), " ".join(rest)] if head else [words]
    return [fit(line, (width - (0.0 if i else taken)) / _SLACK, size, weight) for i, line in enumerate(lines) if line]


def outline(node: Record, box: Box) -> Datum:
    """Return the box of a node."""
    colour, radius, dash = _look(node)
    return {**box.datum(), "fill": colour, "stroke": colour, "radius": radius, "dash": dash}


def cylinder(box: Box) -> list[Datum]:
    """Return the outline of the cache: a body with a round lid."""
    x0, x1, y0, y1 = box.left, box.left + box.width, box.top + _LID, box.bottom - _LID
    arc = f"A{box.width / 2:.2f},{_LID:.2f} 0 0"
    body = f"M{x0:.2f},{y0:.2f} {arc} 1 {x1:.2f},{y0:.2f} V{y1:.2f} {arc} 1 {x0:.2f},{y1:.2f} Z"
    lid = f"M{x0:.2f},{y0:.2f} {arc} 0 {x1:.2f},{y0:.2f}"
    return [{"path": body, "fill": PAPER}, {"path": lid, "fill": None}]


def write(node: Record, box: Box, flat: bool, longest: float) -> Iterable[tuple[str, Datum]]:
    """Yield the texts and the bar of a node, each with its table; `longest` is the share of a full bar."""
    left, right = box.left + _PAD, box.left + box.width - _PAD
    y = box.top + _TOP + _LINE / 2 + (2 * _LID - 2 if text(node, "look") == "cache" else 0.0)
    if text(node, "times"):
        yield "texts", said(text(node, "times"), right, y, ink=GREY, align="right")
    for line in _title(node, box.width):
        yield "texts", said(line, left, y, TITLE, 600)
        y += _LINE
    for line in _note(node, box.width):
        yield "texts", said(line, left, y)
        y += _LINE
    share = text(node, "share_text")
    if not share:
        return
    y = y - _LINE if flat else y
    yield "texts", said(share, right, y, weight=600, align="right")
    end = right if flat else right - _width(share, FINE, "semibold") - 5
    length = (end - left) * number(node, "share") / longest
    if length >= _SHORTEST:
        top = box.bottom - _FOOT - _THIN_BAR if flat else y - _BAR / 2
        bar = Box(left, top, length, _THIN_BAR if flat else _BAR)
        yield "bars", {**bar.datum(), "fill": _look(node)[0]}


def said(
    words: str, x: float, y: float, size: float = FINE, weight: int = 400, ink: str = INK, align: str = "left"
) -> Datum:
    """Return a line of text."""
    return {"text": words, "px": x, "py": y, "size": size, "weight": weight, "ink": ink, "align": align}
