"""A table of quantities chosen by a scenario, with a row per member."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reportgen.report.numbers import column
from reportgen.report.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.reading import ResultsReader

__all__ = ["own_table"]


def own_table(reader: ResultsReader, title: str, names: Sequence[str]) -> Table:
    """Return a table of quantities with one index set, without uncompared options and rows that do not apply."""
    per = reader.quantity(names[0]).per
    members = [reader.options if d == "option" else reader.book.dimensions[d].names for d in per]
    keys = [key for key in itertools.product(*members) if reader.results.applies(per, key)]
    columns = [Column(_capital(reader.book.dimensions[d].title)) for d in per]
    cells = [[_member(reader, d, key[i]) for key in keys] for i, d in enumerate(per)]
    for name in names:
        quantity = reader.quantity(name)
        if quantity.type.kind == "number":
            written = column(reader.numbers(name, keys), quantity.type.unit)
            columns.append(Column(quantity.title, written.unit, "number"))
            cells.append([Cell(text) for text in written.texts])
        else:
            columns.append(Column(quantity.title))
            cells.append([Cell(reader.formatted(name, *key)) for key in keys])
    option = per.index("option") if "option" in per else None
    rows = tuple(
        Row(
            tuple(values[i] for values in cells),
            highlight=option is not None and reader.recommends(key[option]),
        )
        for i, key in enumerate(keys)
    )
    return Table(title, tuple(columns), rows)


def _member(reader: ResultsReader, dimension: str, member: str) -> Cell:
    tag = reader.role(member) if dimension == "option" else ""
    return Cell(reader.title(dimension, member), tag=tag)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
