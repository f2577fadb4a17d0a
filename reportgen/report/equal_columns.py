"""Tables without the columns that tell no rows apart; a line below says what all rows have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT, joined
from reportgen.report.view import Row

if TYPE_CHECKING:
    from reportgen.report.view import Table

__all__ = ["without_equal_columns"]


def without_equal_columns(table: Table) -> Table:
    """Return the table without columns of equal cells, except the first; its note says their value."""
    if len(table.rows) < 2:
        return table
    columns = range(len(table.columns))
    equal = [i for i in columns if i > 0 and len({row.cells[i].text for row in table.rows}) == 1]
    kept = [i for i in columns if i not in equal]
    said = [
        f"{table.columns[i].title} {joined(table.rows[0].cells[i].text, table.columns[i].unit)}"
        for i in equal
        if table.rows[0].cells[i].text != ABSENT
    ]
    common = f"All: {'; '.join(said)}." if said else ""
    return replace(
        table,
        columns=tuple(table.columns[i] for i in kept),
        rows=tuple(Row(tuple(r.cells[i] for i in kept), r.highlight, r.muted) for r in table.rows),
        note=" ".join(filter(None, (common, table.note))),
    )
