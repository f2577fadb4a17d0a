"""A workbook in euros against the engine: as built, and with another rate, price or wage typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import assemble
from reportgen.study.prepare import prepared_book
from tests.domain.test_currency import case_in
from tests.parity.workbooks import after_edits, differences, formula_cells
from tests.workbooks import file_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.engines.office import Office

pytestmark = pytest.mark.parity

EDITS = [
    "EUR.exchange_rate=1",
    "EUR.exchange_rate=3",
    "EUR.exchange_rate=",
    "EUR.rate_date=2026-11-22",
    "USD.exchange_rate=1.2",
    "CHF.exchange_rate=1.1",
    "dollars.hourly_price=1",
    "listed_power_price=0.4",
    "staff_salary=1000",
    "budget=100",
]


def test_a_workbook_in_euros_recalculates_as_the_engine_does(office: Office, tmp_path: Path) -> None:
    book = prepared_book(case_in(tmp_path))
    results = evaluate(book)
    workbook, writer = assemble(results)
    formulas, path = formula_cells(workbook), tmp_path / "case.xlsx"
    path.write_bytes(file_of(book, workbook, writer))
    with office.open(path) as document:
        document.recalculate()
        assert differences(formulas, writer, document.cells(), edited=False) == []
        assert list(after_edits(document, (book, workbook, writer), EDITS))[:20] == []
