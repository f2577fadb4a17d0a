"""Next steps: every recommendation with its reason, risk and next step, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.sections.decision import advice_of
from reportgen.report.view import Agenda, Paragraph

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Advice, Block

__all__ = ["further_steps", "next_steps"]

_FIRST = 4  # the most recommendations in the body, which are those of its first page; others follow in the appendix
_LAST = (
    "Measure the option that you choose before you rely on it. Enter the results in the scenario under measured:, and "
    "the report compares them with the predictions."
)


def next_steps(reader: ResultsReader) -> list[Block | None]:
    """Return the first recommendations in full, or what to do if there are none."""
    items = _items(reader)
    if items:
        return [Paragraph(_LAST), Agenda(items[:_FIRST])]
    text = reader.words(reader.roles.decision)
    return [Paragraph(text), Paragraph(_LAST)] if text and reader.has(reader.roles.advice) else []


def further_steps(reader: ResultsReader) -> list[Block | None]:
    """Return the recommendations that the body leaves out, in full."""
    items = _items(reader)[_FIRST:]
    return [Paragraph("Also recommended:"), Agenda(items)] if items else []


def _items(reader: ResultsReader) -> tuple[Advice, ...]:
    return advice_of(reader) if reader.has(reader.roles.advice) else ()
