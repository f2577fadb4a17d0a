"""Draw a chart: a Vega-Lite specification and the report's data become an SVG element, offline."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from markupsafe import escape

from reportgen.render.charts.colours import recoloured
from reportgen.render.charts.graph.layer import layer
from reportgen.render.charts.layouts.batch import batches
from reportgen.render.charts.layouts.front import front
from reportgen.render.charts.layouts.generation import generation
from reportgen.render.charts.layouts.load import load
from reportgen.render.charts.layouts.options import options
from reportgen.render.charts.layouts.roofline import roofline
from reportgen.render.charts.layouts.stacks import stacks
from reportgen.render.charts.layouts.tornado import tornado
from reportgen.render.errors import DocumentError
from reportgen.resources import chart_spec, templates_dir
from reportgen.spec.theme import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reportgen.render.charts.plots import Plan
    from reportgen.report.view import Figure
    from reportgen.spec.theme import Theme

__all__ = ["draw", "draw_all", "fill", "keep", "render_chart", "spec_text"]

Spec: TypeAlias = dict[str, Any]

# The layout of each chart, under the name of its specification.
PLANS: dict[str, Callable[[Figure], Plan]] = {
    "roofline": roofline,
    "options": options,
    "time": stacks,
    "memory": stacks,
    "costs": stacks,
    "front": front,
    "tornado": tornado,
    "layer": layer,
    "generation": generation,
    "payments": generation,
    "batch": batches,
    "load": load,
}


def render_chart(figure: Figure, name: str, theme: Theme = PLAIN) -> str:
    """Return a chart as an SVG element for a page.

    Args:
        figure: the chart's data, texts and alternative text.
        name: unique on the page; the prefix of ids inside the picture.
        theme: the colours.

    Raises:
        DocumentError: the chart does not exist, or has no alternative text.
    """
    if not figure.alt.strip():
        message = f"figure {figure.title!r} has no alternative text"
        raise DocumentError(message)
    if not re.fullmatch(r"[A-Za-z][\w-]*", name):
        message = f"the name {name!r} of a chart has signs that no name has"
        raise DocumentError(message)
    return _named(recoloured(_svg(spec_text(figure)), theme), name, figure.alt)


def spec_text(figure: Figure) -> str:
    """Return the complete specification of a figure, as the renderer gets it."""
    return json.dumps(fill(figure), sort_keys=True)


def draw_all(figures: Iterable[Figure]) -> dict[str, str]:
    """Draw figures for a process that must not draw; return the pictures by specification."""
    return {text: _svg(text) for text in map(spec_text, figures)}


def keep(drawn: Mapping[str, str]) -> None:
    """Use pictures drawn elsewhere; from then on, this process draws nothing."""
    global _kept
    _kept = drawn


def fill(figure: Figure) -> Spec:
    """Return the chart's Vega-Lite specification with its data, size and placed labels."""
    if figure.chart not in PLANS:
        message = f"figure {figure.title!r} asks for the chart {figure.chart!r}; known are {', '.join(sorted(PLANS))}"
        raise DocumentError(message)
    plan = PLANS[figure.chart](figure)
    spec: Spec = chart_spec(figure.chart)
    spec["params"] = [{**entry, "value": plan.params.get(entry["name"])} for entry in spec.get("params", [])]
    spec["datasets"] = plan.datasets
    # With autosize none, the plot has exactly our size: the renderer's text measurements move nothing.
    spec |= {"width": plan.width, "height": plan.height, "padding": plan.padding, "autosize": {"type": "none"}}
    spec["config"] = _style()
    return spec


def draw(spec: Spec, background: str | None = None) -> str:
    """Draw a specification in the report's style as SVG."""
    return _svg(json.dumps(spec | {"config": _style() | {"background": background}}, sort_keys=True))


@functools.cache
def _style() -> Spec:
    style: Spec = json.loads((templates_dir() / "charts" / "style.json").read_text("utf-8"))
    return style


_kept: Mapping[str, str] | None = None


@functools.lru_cache(maxsize=128)
def _svg(spec: str) -> str:
    if _kept is not None:
        if spec not in _kept:
            raise DocumentError("a figure of the report was not drawn before its page")
        return _kept[spec]
    # One JavaScript engine per process, started on the first chart; it is not thread-safe.
    import vl_convert

    return vl_convert.vegalite_to_svg(spec, allowed_base_urls=[], show_warnings=False)


def _named(svg: str, name: str, alt: str) -> str:
    """Return the picture with unique ids and its alternative text as title.

    The renderer numbers ids by a global counter: left as they are, the bytes depend on what was drawn before, and two
    charts on a page can share an id.
    """
    numbers = {old: f"{name}-{number}" for number, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg)))}
    svg = re.sub(r'\bid="([^"]+)"', lambda match: f'id="{numbers[match[1]]}"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda match: f"url(#{numbers.get(match[1], match[1])})", svg)
    svg = re.sub(r'(xlink:href|href)="#([^"]+)"', lambda match: f'{match[1]}="#{numbers.get(match[2], match[2])}"', svg)
    head, body = svg.split(">", 1)
    return f"{head}><title>{escape(alt)}</title>{body}"
