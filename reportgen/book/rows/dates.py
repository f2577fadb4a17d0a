"""Dates as day numbers, of prices, exchange rates and the scenario, so that formulas can compute ages."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from reportgen.book.entries import Entry, Origin

if TYPE_CHECKING:
    from reportgen.book.collected.collect import Collection
    from reportgen.spec.declared.roles import RolesSpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec

__all__ = ["add_days", "day_number"]

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?!\d)")
_FIRST = datetime.date(1899, 12, 30)
"""The day with number 0 in spreadsheets."""


def day_number(text: str) -> int | None:
    """Return the first day that a date can mean, as spreadsheets count, or None if it does not begin with a year.

    >>> day_number("1900-01-01"), day_number("2026-05"), day_number("2026 (year only)"), day_number("spring")
    (2, 46143, 46023, None)
    """
    match = _DATE.match(text.strip())
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return (datetime.date(year, month, day) - _FIRST).days
    except ValueError:
        return None


def add_days(collection: Collection, loaded: Loaded[ScenarioSpec], roles: RolesSpec) -> None:
    """Add the day of each price and of the scenario; a scenario with prices must have a date."""
    if roles.today not in collection.quantities:
        return
    for row in collection.rows.get("price", {}).values():
        given = row.cells.get(roles.price_date)
        if given is not None and roles.price_day not in row.cells:
            day = day_number(str(given.value))
            if day is not None:
                row.cells[roles.price_day] = Entry(day, given.origin)
    date = loaded.spec.date
    if date is None:
        span = loaded.document.span((), key=True)
        collection.fail("a scenario with prices needs a date", span, "add date: with the day that it describes")
    spec, _ = collection.quantities.pop(roles.today)
    known = spec.model_copy(update={"value": day_number(date or "") or 0})
    collection.quantities[roles.today] = (known, Origin(loaded.document, ("date",)))
