"""The glossary: the terms that a report uses, and the quantities in its tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.report.numbers import unit_words
from reportgen.report.texts import texts
from reportgen.report.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.book.book import Quantity
    from reportgen.report.reading import ResultsReader

__all__ = ["glossary_table"]

_COLUMNS = (Column("Term"), Column("Unit"), Column("Meaning"))


def glossary_table(reader: ResultsReader, shown: object) -> Table | None:
    """Return the terms that occur in the report, then the quantities shown by their titles, alphabetically."""
    report_text = "\n".join(text for _, text in texts(shown))
    terms = reader.book.report.glossary
    rows: dict[str, tuple[str, str, str]] = {}
    for term, meaning in terms.items():
        if re.search(rf"\b{re.escape(term)}\b", report_text, re.IGNORECASE):
            rows[term.casefold()] = (term, "", meaning)
    for quantity in _titled(reader):
        key = quantity.title.casefold()
        if (quantity.description or key in rows) and quantity.title in report_text:
            unit = unit_words(quantity.type.unit) if quantity.type.kind == "number" else ""
            rows[key] = (quantity.title, unit, rows[key][2] if key in rows else quantity.description)
    if not rows:
        return None
    cells = [
        Row((Cell(term[:1].upper() + term[1:]), Cell(unit), Cell(_sentence(meaning))))
        for _, (term, unit, meaning) in sorted(rows.items())
    ]
    return Table("Terms and quantities of this report", _COLUMNS, tuple(cells), fine=True)


def _titled(reader: ResultsReader) -> Iterator[Quantity]:
    """Yield the quantities that reports show by their titles."""
    report = reader.book.report
    names = (*report.key_figures, *report.option_columns, *report.stage_columns, *report.operator_columns)
    passes = reader.book.relations.passes
    for name in dict.fromkeys((*names, *(passes.get(n, n) for n in report.operator_columns), reader.objective)):
        if reader.has(name):
            yield reader.quantity(name)
    for quantity in reader.book.quantities.values():
        if quantity.topic in ("cost", "energy", "targets", "memory", "serving") and not quantity.input:
            yield quantity


def _sentence(text: str) -> str:
    """Return a meaning that ends in a full stop."""
    return text if text.endswith((".", "?", "!")) else f"{text}."
