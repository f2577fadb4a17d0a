"""Measure text in the shipped fonts, so that labels and columns can be placed before drawing."""

from __future__ import annotations

import functools
import json
from typing import Literal, TypeAlias

from reportgen.resources import templates_dir

__all__ = ["Weight", "fit", "longest_word", "text_width"]

Weight: TypeAlias = Literal["regular", "semibold", "bold"]

# A character outside the subset is refused later; until then it counts as one em wide.
_UNKNOWN = 1000


@functools.cache
def _widths(weight: Weight) -> dict[str, int]:
    tables: dict[str, dict[str, int]] = json.loads((templates_dir() / "fonts" / "widths.json").read_text("ascii"))
    return tables[weight]


def text_width(text: str, size: float, weight: Weight = "regular") -> float:
    """Return the width of a line of text, in the unit of `size`.

    >>> round(text_width("10 ms", 10), 1)
    27.2
    """
    widths = _widths(weight)
    return sum(widths.get(sign, _UNKNOWN) for sign in text) * size / 1000


def longest_word(text: str, size: float, weight: Weight = "regular") -> float:
    """Return the width of the longest word, below which the text cannot be wrapped."""
    return max((text_width(word, size, weight) for word in text.split()), default=0.0)


def fit(text: str, width: float, size: float, weight: Weight = "regular") -> str:
    """Return the text, shortened in its middle to fit `width`, because names often differ at their end."""
    if text_width(text, size, weight) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        head = text[: (kept + 1) // 2].rstrip()
        tail = text[len(text) - kept // 2 :].lstrip()
        short = f"{head}…{tail}"
        if text_width(short, size, weight) <= width:
            return short
    return "…"
