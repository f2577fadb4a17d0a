"""Turn a caller's choices about the look of reports (form, paper, theme file, folders) into a design."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.errors import Problem, Span, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.report.design import Design

__all__ = ["design"]


def design(
    form: str = "full",
    paper: str = "",
    theme: str | Path | None = None,
    templates: str | Path | None = None,
    fonts: Iterable[str | Path] = (),
    appendix: bool = True,
) -> Design:
    """Return the look of a report.

    Args:
        form: `full`, or `brief` for two pages.
        paper: `a4` or `letter`; by default the theme's, or else A4.
        theme: a theme file.
        templates: a folder whose templates and stylesheet replace ours of the same name.
        fonts: folders with fonts for scripts that the shipped ones lack.
        appendix: whether details, method and sources follow the body of a full report.

    Raises:
        SpecError: with every mistake found.
    """
    from reportgen.render.html.page import template_names
    from reportgen.report.design import FORMS, PAPERS, Design
    from reportgen.spec.theme import PLAIN, load_theme

    problems: list[Problem] = []
    chosen_form = next((f for f in FORMS if f == form), FORMS[0])
    if form != chosen_form:
        problems.append(Problem(f"unknown report '{form}'", None, nearest(form, FORMS)))
    look = PLAIN
    try:
        look = load_theme(Path(theme)) if theme is not None else PLAIN
    except SpecError as error:
        problems += error.problems
    wanted = paper or look.paper or PAPERS[0]
    chosen_paper = next((p for p in PAPERS if p == wanted), PAPERS[0])
    if wanted != chosen_paper:
        problems.append(Problem(f"unknown paper '{paper}'", None, nearest(paper, PAPERS)))
    folder = Path(templates) if templates is not None else None
    if folder is not None:
        problems += _template_problems(folder, template_names())
    folders = tuple(Path(f) for f in fonts)
    problems += [Problem("there is no such folder of fonts", Span(str(f))) for f in folders if not f.is_dir()]
    if problems:
        raise SpecError(problems)
    return Design(chosen_form, chosen_paper, look, folder.resolve() if folder else None, folders, appendix)


def _template_problems(folder: Path, known: list[str]) -> list[Problem]:
    """Return what is wrong with a folder of templates: it does not exist, or contains no known template."""
    if not folder.is_dir():
        return [Problem("there is no such folder of templates", Span(str(folder)))]
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")}
    if not files & set(known):
        hint = f"use the names of the built-in templates: {', '.join(known)}"
        return [Problem("the folder holds no template of a report", Span(str(folder)), hint)]
    return []
