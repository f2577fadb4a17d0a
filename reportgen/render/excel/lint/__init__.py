"""The preflight linter: what Excel, LibreOffice and others would stumble over in a workbook, by documented rules."""

from __future__ import annotations

from reportgen.render.excel.lint.cells import findings as cells
from reportgen.render.excel.lint.charts import findings as charts
from reportgen.render.excel.lint.formulas import findings as formulas
from reportgen.render.excel.lint.names import findings as names
from reportgen.render.excel.lint.parts import findings as parts
from reportgen.render.excel.lint.rules import RULES, Finding
from reportgen.render.excel.lint.sheets import findings as sheets
from reportgen.render.excel.lint.subject import Subject
from reportgen.render.excel.lint.tables import findings as tables
from reportgen.render.excel.package import read_parts

__all__ = ["RULES", "Finding", "lint", "lint_parts"]

_GROUPS = (parts, names, tables, sheets, formulas, cells, charts)


def lint(package: bytes) -> list[Finding]:
    """The findings in a workbook.

    Raises:
        ValueError: it is no package that can be read.
    """
    import zipfile

    try:
        return lint_parts(read_parts(package))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"this is not a workbook: {error}") from None


def lint_parts(given: dict[str, bytes]) -> list[Finding]:
    """The findings in the parts of a workbook, by rule; errors as in `lint`."""
    subject = Subject(given)
    found = [finding for group in _GROUPS for finding in group(subject)]
    order = list(RULES)
    return sorted(dict.fromkeys(found), key=lambda f: (order.index(f.rule), f.where))
