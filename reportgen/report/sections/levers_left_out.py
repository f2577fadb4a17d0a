"""Levers that were tried but left out: the reasons, and their effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import column, joined
from reportgen.report.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from reportgen.book.studies import Screened
    from reportgen.report.reading import ResultsReader

__all__ = ["left_out_table"]


def left_out_table(reader: ResultsReader) -> Table | None:
    """Return the levers that were left out, grouped by reason, or None."""
    left = reader.book.studies.screened
    if not left:
        return None
    reasons: dict[str, list[str]] = {}
    for lever in left:
        reasons.setdefault(lever.why, []).append(_said(lever))
    name = reader.roles.improvement
    effect = reader.quantity(name).title if reader.has(name) else "Improvement"
    columns = (Column("Why it was left out"), Column(f"Levers, with their {effect[:1].lower()}{effect[1:]}"))
    rows = tuple(Row((Cell(why), Cell(", ".join(levers)))) for why, levers in reasons.items())
    return Table("Also tried", columns, rows)


def _said(lever: Screened) -> str:
    """Return a lever with the change of the objective in whole per cent; a gain has a plus."""
    if lever.improvement is None:
        return lever.title
    rounded = round(lever.improvement) + 0.0
    text = joined(column([rounded]).texts[0], "%")
    return f"{lever.title} ({'+' if rounded > 0 else ''}{text})"
