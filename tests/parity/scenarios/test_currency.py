"""A workbook in euros against the engine: as built, and with another rate, price or wage typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.domain.test_currency import case_in
from tests.parity.workbooks import check_recalculation

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
    check_recalculation(office, case_in(tmp_path), EDITS)
