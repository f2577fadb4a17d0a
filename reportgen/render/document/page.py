"""Fills the HTML template with a report: sandboxed, every text escaped, an unknown name is an error."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reportgen.render.document.chart import render_chart
from reportgen.render.document.columns import column_layout
from reportgen.render.document.formula import render_formula
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from reportgen.render.document.view import Figure, Report

__all__ = ["render_html"]


def render_html(report: Report) -> str:
    """The report as one HTML page that needs no other file."""
    template = _environment().get_template("report.html.j2")
    # Our own stylesheet is the only text that is put in as it is; nothing of the report gets into it.
    css = Markup((templates_dir() / "report.css").read_text("utf-8"))  # noqa: S704
    return template.render(report=report, css=css)


@functools.cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    tools: dict[str, Any] = {"chart": _chart, "formula": _formula, "column_layout": column_layout}
    environment.globals.update(tools)
    environment.filters["bound"] = _bound
    return environment


def _bound(text: str) -> str:
    """The text with a short last word tied to the one before it, so that it never stands alone on a line."""
    head, space, last = text.rpartition(" ")
    return f"{head}\N{NO-BREAK SPACE}{last}" if space and len(last) <= 4 else text


def _chart(figure: Figure, name: str) -> Markup:
    return Markup(render_chart(figure, name))  # noqa: S704  made by us: texts in it are escaped by Vega


def _formula(latex: str, alt: str, inline: bool = False) -> Markup:
    return Markup(render_formula(latex, alt, inline=inline))  # noqa: S704  paths and an escaped title
