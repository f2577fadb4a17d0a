"""How numbers are written: formats that hold for every value, and rules for very large and small ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from reportgen.render.excel.sheets.numbers import number_look
from tests.workbooks import read

if TYPE_CHECKING:
    from openpyxl import Workbook


@pytest.fixture(scope="module")
def workbook() -> Workbook:
    made: Workbook = read("bob")
    return made


def test_no_format_leaves_a_bare_point_or_depends_on_a_condition(workbook: Workbook) -> None:
    """Excel writes 1 as `1.` under `0.##`, and LibreOffice -5 as 5 in a section behind a condition."""
    used = {cell.number_format for sheet in workbook for row in sheet.iter_rows() for cell in row}
    assert len(used) > 5
    for form in used:
        plain = re.sub(r'"[^"]*"', "", form)
        assert not re.search(r"\.#", plain), form
        assert "[" not in plain, form


@pytest.mark.parametrize(
    ("unit", "values", "form"),
    [
        ("GB", [80.0, 141.0], "General"),
        ("GB", [23.2, -14.0], "#,##0.00;-#,##0.00;0"),
        ("B", [0.5, 1e12], "#,##0.000;-#,##0.000;0"),
        ("", [0.25], "0.0000;-0.0000;0"),
        ("USD", [1.15], "#,##0.00;-#,##0.00;0"),
        ("EUR/year", [1.15], "#,##0.00;-#,##0.00;0"),
    ],
)
def test_what_a_column_shows_decides_its_format(unit: str, values: list[float], form: str) -> None:
    assert number_look("number", unit, values).form == form


def test_large_quantities_get_the_prefix_of_their_size(workbook: Workbook) -> None:
    sheet = workbook["Operators"]
    heads = {cell.value: cell.column_letter for cell in sheet[4]}
    rules = [
        rule
        for area in sheet.conditional_formatting
        for rule in area.rules
        if re.search(rf"\b{heads['ops']}5:", str(area.sqref)) and rule.dxf.numFmt is not None
    ]
    assert [rule.dxf.numFmt.formatCode for rule in rules] == ['#,##0.00,,,,"T"', '0.00,,,"G"', '0.00,,"M"', "#,##0"]
