"""Results of studies: values with the inputs that they hold for, and a live line that says when they are outdated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.render.excel.plan.trees import choice, more
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["search_line", "studies_page"]

_TEXT, _TITLE, _NOTE = Look(), Look("heading"), Look("note")


def search_line(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Write whether the search result still holds; return the next row."""
    searched = writer.plan.book.studies.searched
    wanted = writer.plan.book.studies.search
    if searched is None and (wanted is None or not wanted.done):
        return row
    fresh = "The rows are those that the scenario keeps from a search."
    stale = "Inputs were changed since these rows were searched; a new search may find better: reportgen search."
    if searched is not None:
        fresh = f"Rows as searched for: {searched.holds_for}." if searched.current else stale
    writer.put(sheet, row, 1, "Searched options", Look("key"))
    writer.show(sheet, row, 2, choice(more(writer.live.changed), stale, fresh), Look("plain", wrap=True))
    sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=6)
    sheet.row_dimensions[row].height = 14 * -(-len(fresh) // 90)
    words = writer.plan.book.roles.larger_batch
    if words in writer.plan.scalars:
        writer.put(sheet, row + 1, 1, "Room for larger batches", Look("key"))
        writer.show(sheet, row + 1, 2, writer.live.checked(tree.Ref(words)), _TEXT)
        row += 1
    return row + 1


def studies_page(writer: Writer, sheet: Worksheet) -> None:
    """Write Monte Carlo and switching values, the front of the search, and the levers that were left out."""
    row = _robustness(writer, sheet, 1)
    row = _front(writer, sheet, row)
    _left_out(writer, sheet, row)
    if sheet["A1"].value is not None:
        for letter, width in zip("ABCDEFG", (44, 18, 16, 22, 56, 18, 18), strict=True):
            sheet.column_dimensions[letter].width = width


def _robustness(writer: Writer, sheet: Worksheet, row: int) -> int:
    robust = writer.plan.results.robustness
    if robust is None:
        return row
    titles = {m.name: m.title or m.name for m in writer.plan.book.dimensions["option"].members}
    writer.put(sheet, row, 1, "How robust the choice of the best option is", _TITLE)
    text = f"Values, not formulas: computed for {robust.holds_for}; {robust.samples:,} samples, seed {robust.seed}."
    fresh = "They hold for the current inputs."
    stale = "Inputs were changed since, so these values are stale. Build again to update them."
    _note(writer, sheet, row + 1, text)
    writer.show(sheet, row + 2, 1, choice(more(writer.live.changed), stale, fresh), Look("key"))
    row = _heads(writer, sheet, row + 4, "Option", "Is the best in, %")
    for option, share in robust.shares.items():
        writer.put(sheet, row, 1, titles.get(option, option), _TEXT)
        writer.put(sheet, row, 2, share * 100, Look("plain", "0.0"))
        row += 1
    writer.put(sheet, row, 1, "None is feasible", _TEXT)
    writer.put(sheet, row, 2, robust.none_feasible * 100, Look("plain", "0.0"))
    row = _heads(writer, sheet, row + 2, "Input", "Given", "Unit", "Best option changes at", "To", texts=(2, 4))
    for switch in robust.switches:
        to = titles.get(switch.option, "no option is feasible") if switch.value is not None else "stays the best"
        writer.put(sheet, row, 1, switch.title, _TEXT)
        writer.put(sheet, row, 2, switch.given, Look("plain", "General"))
        writer.put(sheet, row, 3, switch.unit or "factor", _TEXT)
        writer.put(
            sheet,
            row,
            4,
            switch.value if switch.value is not None else "not within x 0.1 to x 10",
            Look("plain", "0.00"),
        )
        writer.put(sheet, row, 5, to, _TEXT)
        row += 1
    return row + 2


def _front(writer: Writer, sheet: Worksheet, row: int) -> int:
    searched = writer.plan.book.studies.searched
    if searched is None or not searched.front:
        return row
    writer.put(sheet, row, 1, "Front of all configurations that were searched", _TITLE)
    text = f"Values, not formulas: {searched.tried:,} configurations, for {searched.holds_for}."
    _note(writer, sheet, row + 1, text)
    columns = list(searched.front[0].cells)
    axes = [writer.plan.book.quantities[name] for name in writer.plan.book.report.front]
    heads = ("Candidate", *(", ".join(filter(None, (a.title, a.type.unit.label))) for a in axes), "Configuration")
    row = _heads(writer, sheet, row + 3, *heads, texts=(4,))
    for point in searched.front:
        words = ", ".join(f"{c.replace('_', ' ')} {_shown(point.cells[c])}" for c in columns)
        cells = (point.option, point.yearly_cost, point.request_latency, point.capacity_rate, words)
        for i, (value, form) in enumerate(zip(cells, ("General", "#,##0", "0.00", "0.0", "General"), strict=True)):
            writer.put(sheet, row, 1 + i, value, Look("plain", form, wrap=i == len(cells) - 1))
        sheet.row_dimensions[row].height = 14 * -(-len(words) // 52)
        row += 1
    return row + 2


def _left_out(writer: Writer, sheet: Worksheet, row: int) -> None:
    screened = writer.plan.book.studies.screened
    if not screened:
        return
    writer.put(sheet, row, 1, "Levers that were tried and have no row", _TITLE)
    writer.put(sheet, row + 1, 1, "Values, not formulas: for the inputs as built.", _NOTE)
    row = _heads(writer, sheet, row + 3, "Lever", "Improvement, %", "Why", texts=(2,))
    for lever in screened:
        writer.put(sheet, row, 1, lever.title, _TEXT)
        writer.put(sheet, row, 2, lever.improvement, Look("plain", "0.0"))
        writer.put(sheet, row, 3, lever.why, Look("plain", wrap=True))
        sheet.merge_cells(start_row=row, start_column=3, end_row=row, end_column=5)
        sheet.row_dimensions[row].height = 14 * -(-len(lever.why) // 90) + 2
        row += 1


def _note(writer: Writer, sheet: Worksheet, row: int, text: str) -> None:
    """Write a sentence across the width of the table, on as many lines as it needs."""
    writer.put(sheet, row, 1, text, Look("note", wrap=True))
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=5)
    sheet.row_dimensions[row].height = 14 * -(-len(text) // 125)


def _heads(writer: Writer, sheet: Worksheet, row: int, *heads: str, texts: tuple[int, ...] = ()) -> int:
    """Write a row of headers; `texts` are the indices of text columns, all others hold numbers."""
    for i, head in enumerate(heads):
        writer.put(sheet, row, 1 + i, head, Look("head", side="left" if i in texts else "right" if i else ""))
    return row + 1


def _shown(value: float | bool | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
