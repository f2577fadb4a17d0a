"""How a report looks: its form, paper, theme, templates and fonts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from reportgen.spec.theme import PLAIN, Theme

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMS", "PAPERS", "PLAIN_DESIGN", "Design", "Form", "Paper"]

Form: TypeAlias = Literal["full", "brief"]
Paper: TypeAlias = Literal["a4", "letter"]
FORMS: tuple[Form, ...] = ("full", "brief")
PAPERS: tuple[Paper, ...] = ("a4", "letter")


@dataclass(frozen=True, slots=True)
class Design:
    """The choices about a report's look.

    Attributes:
        form: the full report, or two pages.
        paper: A4 or US Letter.
        theme: logo, colours and font.
        templates: a folder whose files replace ours of the same name; they run in a separate process.
        fonts: folders with further fonts, for scripts that the shipped ones lack.
        appendix: whether details, method and sources follow the body of a full report.
    """

    form: Form = "full"
    paper: Paper = "a4"
    theme: Theme = PLAIN
    templates: Path | None = None
    fonts: tuple[Path, ...] = ()
    appendix: bool = True

    @property
    def font_folders(self) -> tuple[Path, ...]:
        """All folders with fonts other than ours."""
        return (*((self.theme.folder,) if self.theme.folder else ()), *self.fonts)


PLAIN_DESIGN = Design()
"""The default look of a report."""
