"""Verbs on edited workbooks."""

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
"""The most seconds that the linter may take."""


def is_workbook(path: str | Path) -> bool:
    """Return whether a file is a workbook, not a scenario, by its name."""
    return Path(path).suffix.casefold() in (".xlsx", ".xlsm", ".xls", ".ods")


def import_workbook(path: str | Path, library: Folders = (), scenario: str = "") -> Edited:
    """Return the changes in a workbook against its build, and the scenario with the same changes (`text`).

    `scenario` says which to read if several share the workbook. Nothing is executed or fetched, and formulas are not
    recalculated: inputs are taken as they are.

    Raises:
        SpecError: it is not one of our workbooks, is damaged or harmful, or has inputs out of range.
    """
    from reportgen.intake.workbook.bring_back import read_edited
    from reportgen.study.prepare import chosen

    return read_edited(Path(path), chosen, folders(library), scenario)


def lint(path: str | Path) -> list[Finding]:
    """Return what programs stumble over in a workbook.

    Raises:
        SpecError: it is not a workbook, its main part is damaged, or it is too large or too slow to lint.
    """
    from reportgen.errors import Problem, Span, SpecError
    from reportgen.ooxml.lint import NotLinted, lint_parts
    from reportgen.ooxml.untrusted import read_parts

    try:
        return lint_parts(read_parts(Path(path)), LONGEST)
    except NotLinted as error:
        raise SpecError([Problem(str(error), Span(str(path)))]) from None
