"""Fill the HTML template with a report: sandboxed, every text escaped, an unknown name is an error."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, FileSystemLoader, StrictUndefined, Template, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reportgen.render.charts.colours import stylesheet
from reportgen.render.html.plain import plain
from reportgen.render.html.template_data import template_data
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import Environment
    from jinja2.runtime import Context

    from reportgen.report.view import Report

__all__ = ["render_html", "template_names"]

_MOST = 1_000_000
"""The most characters of a user's template or stylesheet."""


def render_html(report: Report) -> str:
    """Return the report as one self-contained HTML page.

    Raises:
        jinja2.TemplateError: a user's template is wrong or does something forbidden.
    """
    folder = report.design.templates
    template = _environment(folder).get_template("report.html.j2")
    # Stylesheets are the only unescaped text; they contain nothing from the scenario.
    css = Markup(_stylesheet(folder))  # noqa: S704
    look = Markup(stylesheet(report.design))  # noqa: S704  made by us from colours and names that were checked
    return template.render(report=template_data(report), css=css, look=look)


def template_names() -> list[str]:
    """Return the files that a user may replace."""
    root = templates_dir()
    names = [*root.glob("*.j2"), *root.glob("partials/*.j2"), root / "report.css"]
    return sorted(path.relative_to(root).as_posix() for path in names)


def _stylesheet(folder: Path | None) -> str:
    own = _own(folder, "report.css") if folder is not None else None
    text = own or (templates_dir() / "report.css").read_text("utf-8")
    return text.replace("</", "<\\/")  # nothing in a stylesheet may end the element that holds it


class _Template(Template):
    """A template that gets only plain data, however it is rendered."""

    def new_context(
        self,
        vars: dict[str, Any] | None = None,
        shared: bool = False,
        locals: Mapping[str, Any] | None = None,
    ) -> Context:
        """Return the names that a template can use; shared ones come, already checked, from an including template."""
        given = vars if shared else {name: plain(value, name) for name, value in (vars or {}).items()}
        return super().new_context(given, shared, locals)


class _Environment(ImmutableSandboxedEnvironment):
    template_class = _Template


@functools.cache
def _environment(folder: Path | None) -> _Environment:
    environment = _Environment(
        loader=_Loader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # Reports are reproducible, so nothing random is allowed.
    del environment.globals["lipsum"], environment.filters["random"]
    environment.filters["bound"] = _bound
    return environment


class _Loader(BaseLoader):
    """Loads a user's templates before ours; `ours/NAME` is always ours, to include or extend."""

    def __init__(self, folder: Path | None) -> None:
        self.folder, self.ours = folder, FileSystemLoader(templates_dir())

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of a template."""
        name = template.removeprefix("ours/")
        text = _own(self.folder, name) if self.folder is not None and name == template else None
        if text is not None:
            return text, None, None
        try:
            return self.ours.get_source(environment, name)
        except TemplateNotFound:
            raise TemplateNotFound(template) from None


def _own(folder: Path, name: str) -> str | None:
    """Return a file of the user's folder, or None; links out of the folder are ignored."""
    if ".." in name.split("/") or name.startswith("/") or "\\" in name or "\0" in name:
        return None
    path = folder / name
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return None
    text = path.read_text("utf-8", "replace")
    return text if len(text) <= _MOST else None


def _bound(text: str) -> str:
    """Bind a short last word to the one before it, so that it never stands alone on a line."""
    head, space, last = text.rpartition(" ")
    return f"{head}\N{NO-BREAK SPACE}{last}" if space and len(last) <= 4 else text
