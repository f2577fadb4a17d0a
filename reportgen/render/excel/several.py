"""Write several scenarios into one workbook: a set of sheets for each, and an overview sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.worksheet.hyperlink import Hyperlink

from reportgen.ooxml.addresses import reference
from reportgen.render.excel.plan.layout import prefix_of
from reportgen.render.excel.sheets.styles import Look, Styles
from reportgen.render.excel.sheets.tables import Writer
from reportgen.render.excel.workbook import add_scenario, describe, empty_workbook, saved, sheet_title
from reportgen.report.chosen import chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl import Workbook

    from reportgen.engine.results import Results


__all__ = ["combined_bytes", "labels"]

_LABEL = 14
"""The most characters of a label: with the longest sheet name they make 31."""


def labels(names: Sequence[str]) -> list[str]:
    """Return short, distinct labels of scenarios that can begin the title of a sheet and a name.

    >>> labels(["alice", "a-very-long-name-indeed", "a-very-long-name-again"])
    ['alice', 'a_very_long_na', 'a_very_long_2']
    """
    result: list[str] = []
    for name in names:
        plain = prefix_of(name).strip("_")[:_LABEL] or "scenario"
        plain = plain if not plain[0].isdigit() else f"s{plain}"[:_LABEL]
        label, number = plain, 2
        while label.casefold() in (other.casefold() for other in result):
            label, number = f"{plain[: _LABEL - len(str(number)) - 1].rstrip('_')}_{number}", number + 1
        result.append(label)
    return result


def combined_bytes(every: Sequence[Results], references: str = "structured") -> bytes:
    """Return the workbook of several scenarios."""
    workbook, values, writers = empty_workbook(), {}, list[Writer]()
    names = labels([results.book.name for results in every])
    for results, label in zip(every, names, strict=True):
        writer = add_scenario(workbook, results, references, label)
        writers.append(writer)
        values.update(writer.values)
    describe(workbook, every[0].book.scenario)
    values |= _first_sheet(workbook, writers)
    dates = [results.book.scenario.date for results in every]
    return saved(workbook, values, max((date for date in dates if date), default=None))


def _first_sheet(workbook: Workbook, writers: Sequence[Writer]) -> dict[str, dict[str, float | str | bool]]:
    """Write the overview: a row for each scenario with its title, its recommendation, and a link."""
    styles = Styles(workbook)
    sheet = workbook.create_sheet("Scenarios", 0)
    writer = Writer(writers[0].plan, styles)
    writer.put(sheet, 1, 1, "Scenarios", Look("big", "General"))
    for i, head in enumerate(("Scenario", "Title", "Recommended", "State of the inputs", "Inputs changed")):
        writer.put(sheet, 3, 1 + i, head, Look("head"))
    for row, one in enumerate(writers, start=4):
        label, book = one.plan.label, one.plan.book
        title = sheet_title("Summary", label)
        cell = writer.put(sheet, row, 1, label, Look("link"))
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=reference(title, "A1"))
        writer.put(sheet, row, 2, book.scenario.title, Look("plain", wrap=True))
        recommended = chosen(one.plan.results).recommended
        writer.formula(sheet, row, 3, f"{prefix_of(label)}{book.roles.recommended}", recommended, Look())
        for column, state in enumerate(one.state, start=4):
            writer.formula(
                sheet, row, column, one.live.text(state), one.live.value(state), Look("plain", "0", wrap=True)
            )
    styles.close()
    for letter, width in zip("ABCDE", (18, 60, 24, 60, 16), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = "A4"
    return writer.values
