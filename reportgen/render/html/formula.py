"""Typeset LaTeX as SVG: from the shipped pictures if possible, otherwise with ziamath."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING

from markupsafe import escape

from reportgen.render.errors import DocumentError
from reportgen.report.view import Formula
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reportgen.report.view import Report

__all__ = ["DISPLAY", "INLINE", "file_name", "pictures", "render_formula", "ship", "typeset"]

DISPLAY = 14.0  # pixels: size of a displayed equation
INLINE = 11.0  # pixels: size of a symbol within text
_INK = "#16202c"
_FENCE = re.compile(r"\\(left|right)(?![A-Za-z])")


def render_formula(latex: str, alt: str, *, inline: bool = False, shipped: Path | None = None) -> str:
    """Return a formula as an SVG element for a page, with `alt` as its title.

    Args:
        latex: the formula, without dollar signs.
        alt: its spoken form.
        inline: use the smaller size, aligned with the baseline of the text.
        shipped: the folder of prepared pictures; by default the package's.

    Raises:
        DocumentError: the LaTeX cannot be typeset.
    """
    if not alt.strip():
        message = f"the formula {latex!r} has no text that says how it is read aloud"
        raise DocumentError(message)
    size = INLINE if inline else DISPLAY
    picture = (shipped or templates_dir() / "formulas") / file_name(latex, size)
    svg = picture.read_text("ascii") if picture.is_file() else typeset(latex, size)
    return svg.replace(">", f' class="formula"><title>{escape(alt)}</title>', 1)


def pictures(report: Report) -> set[tuple[str, float]]:
    """Return the formulas of a report with their sizes, to prepare their pictures."""
    formulas = [block for section in report.all_sections for block in section.blocks if isinstance(block, Formula)]
    return {(f.latex, DISPLAY) for f in formulas} | {(s.latex, INLINE) for f in formulas for s in f.where}


def file_name(latex: str, size: float) -> str:
    """Return the file name of a prepared picture: a hash of everything that affects the picture."""
    key = f"{latex}\0{size}\0{_INK}"
    return hashlib.sha256(key.encode()).hexdigest()[:32] + ".svg"


def ship(formulas: Iterable[tuple[str, float]], folder: Path) -> None:
    """Write the pictures of formulas (LaTeX, size), which then need no typesetting."""
    folder.mkdir(parents=True, exist_ok=True)
    for latex, size in formulas:
        (folder / file_name(latex, size)).write_text(typeset(latex, size), "ascii")


@functools.lru_cache(maxsize=512)
def typeset(latex: str, size: float) -> str:
    """Return the bare SVG of a formula: plain paths without ids, so that a page can hold many."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    # Reusable symbols have ids, which collide between the formulas of a page.
    before, config.svg2 = config.svg2, False
    try:
        formula = Latex(_fenced(latex), size=size, color=_INK)
        width, height = formula.getsize()
        svg = str(formula.svg())
        descent = formula.getyofst()
    except Exception as error:  # ziamath raises any exception of its parser
        message = f"the formula {latex!r} cannot be typeset: {error}"
        raise DocumentError(message) from error
    finally:
        config.svg2 = before
    if width <= 0 or height <= 0:
        message = f"the formula {latex!r} typesets to nothing"
        raise DocumentError(message)
    # Print resolves no more than three decimals of a pixel; further digits only take space.
    body = re.sub(r"(\d+\.\d{2})\d+", r"\1", svg)
    return body.replace("<svg ", f'<svg style="vertical-align:{descent:.2f}px" ', 1) + "\n"


def _fenced(latex: str) -> str:
    r"""Give brackets around a sum a fixed size: ziamath stretches them without bound.

    >>> _fenced(r"\left(\sum x\right) + \left(y\right)")
    '\\Bigl(\\sum x\\Bigr) + \\left(y\\right)'
    """
    opened: list[re.Match[str]] = []
    sized: dict[int, str] = {}
    for match in _FENCE.finditer(latex):
        if match[1] == "left":
            opened.append(match)
        elif opened and "\\sum" in latex[(first := opened.pop()).end() : match.start()]:
            sized[first.start()], sized[match.start()] = "\\Bigl", "\\Bigr"
    return _FENCE.sub(lambda match: sized.get(match.start(), match[0]), latex)
