"""The preflight linter: documented rules on what makes Excel, LibreOffice and others stumble over a workbook."""

from __future__ import annotations

import math

from reportgen.ooxml.lint import cells, charts, formulas, names, parts, sheets, tables
from reportgen.ooxml.lint.rules import RULES, Finding
from reportgen.ooxml.lint.subject import NotLinted, Subject
from reportgen.ooxml.package import read_parts

__all__ = ["RULES", "Finding", "NotLinted", "lint", "lint_parts"]

_OF_BOOK = (names.findings, tables.findings, sheets.findings, formulas.findings, cells.findings, charts.findings)
_OF_SHEETS = (sheets.of_sheets, tables.of_sheets, formulas.of_sheets, cells.of_sheets)


def lint(package: bytes) -> list[Finding]:
    """Return the findings in a workbook.

    Raises:
        NotLinted: the bytes are not a readable package.
    """
    import zipfile

    try:
        return lint_parts(read_parts(package))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise NotLinted(f"this is not a workbook: {error}") from None


def lint_parts(given: dict[str, bytes], seconds: float = math.inf) -> list[Finding]:
    """Return the findings in the parts of a workbook, ordered by rule.

    Only XML parts are read; of other parts only the name is checked.

    Raises:
        NotLinted: the parts hold no readable workbook, or linting takes longer than `seconds`.
    """
    subject = Subject(given, seconds)
    result = [finding for findings in _OF_BOOK for finding in findings(subject)]
    checks = [of_sheets(subject) for of_sheets in _OF_SHEETS]
    for sheet in subject.sheets():
        for check in checks:
            result += check(sheet)
    result += parts.findings(subject)  # last, because it knows the parts that the other rules have read
    order = list(RULES)
    return sorted(dict.fromkeys(result), key=lambda f: (order.index(f.rule), f.where))
