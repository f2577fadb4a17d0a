"""Verbs on workbooks that people have edited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.api.shared import folders

if TYPE_CHECKING:
    from reportgen.api.shared import Folders
    from reportgen.intake.workbook.bring_back import Edited
    from reportgen.ooxml.lint import Finding

__all__ = ["import_workbook", "is_workbook", "lint"]

LONGEST = 60.0
"""Seconds that the linter may take."""


def is_workbook(path: str | Path) -> bool:
    """Whether a file is a workbook, not a scenario, as its name says."""
    return Path(path).suffix.casefold() in (".xlsx", ".xlsm", ".xls", ".ods")


def import_workbook(path: str | Path, library: Folders = (), scenario: str = "") -> Edited:
    """What was changed in a workbook against its build, and the scenario that says the same (`text`).

    `scenario` says which is meant where several share the workbook. Nothing is executed or fetched, and formulas are
    not recalculated: inputs are taken as they stand.

    Raises:
        SpecError: it is no workbook of ours, damaged, holds what could do harm, or inputs out of their range.
    """
    from reportgen.intake.workbook.bring_back import read_edited
    from reportgen.study.prepare import chosen

    return read_edited(Path(path), chosen, folders(library), scenario)


def lint(path: str | Path) -> list[Finding]:
    """What programs would stumble over in a workbook; nothing where there is nothing.

    Raises:
        SpecError: it is no workbook, its main part is damaged, or it is too large or takes too long.
    """
    from reportgen.errors import Problem, Span, SpecError
    from reportgen.ooxml.lint import NotLinted, lint_parts
    from reportgen.ooxml.untrusted import read_parts

    try:
        return lint_parts(read_parts(Path(path)), LONGEST)
    except NotLinted as error:
        raise SpecError([Problem(str(error), Span(str(path)))]) from None
