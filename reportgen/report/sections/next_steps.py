"""Next steps: every recommendation with its reason, risk and next step, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.sections.decision import advice_of
from reportgen.report.view import Agenda, Paragraph

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Block

__all__ = ["next_steps"]

_LAST = (
    "Measure the option that you choose before you rely on it. Enter the results in the scenario under measured:, and "
    "the report compares them with the predictions."
)


def next_steps(reader: ResultsReader) -> list[Block | None]:
    """Return the recommendations in full, or what to do if there are none."""
    if not reader.has(reader.roles.advice):
        return []
    items = advice_of(reader)
    if items:
        return [Agenda(items), Paragraph(_LAST)]
    text = reader.words(reader.roles.decision)
    return [Paragraph(text), Paragraph(_LAST)] if text else []
