"""The options that are not recommended, each with the reason in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader

__all__ = ["rejected_table"]

_ROWS = 10  # the most options; the table of all options has the others


def rejected_table(reader: ResultsReader) -> Table | None:
    """Return the other options, best first, with the reason why each is not recommended, or None."""
    name = reader.roles.rejected
    others = [option for option in reader.chosen.ranked if option != reader.recommended]
    if not others or not reader.has(name):
        return None
    kept = set([*(o for o in others if o == reader.baseline), *(o for o in others if o != reader.baseline)][:_ROWS])
    shown = [o for o in others if o in kept]
    rows = tuple(Row((Cell(reader.title("option", o), tag=reader.role(o)), Cell(reader.words(name, o)))) for o in shown)
    more = len(others) - len(shown)
    note = f"{more} more are in the appendix and in the workbook." if more else ""
    recommended = reader.title("option", reader.recommended)
    title = f"Why not another option than “{recommended}”"
    return Table(title, (Column("Option"), Column(reader.quantity(name).title)), rows, note=note, fine=True)
