"""Helpers: what a workbook's formula cells must show after an edit, by the engine, and where an input stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.book.changes import read_changes
from reportgen.engine.results import evaluate
from reportgen.render.excel.cell_values import ErrorValue
from reportgen.render.excel.layout import slug
from reportgen.render.excel.workbook import assemble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.results import Results
    from reportgen.render.excel.tables import Writer
    from tests.parity.office import Document

TOLERANCE = 1e-9


def expected(book: Book, *changes: str) -> tuple[Any, Writer]:
    """The workbook and writer of a book with changed inputs."""
    return assemble(evaluate(book, read_changes(book, changes)))


def place(workbook: Any, writer: Writer, name: str, cell: tuple[str, ...]) -> tuple[str, str]:
    """Sheet and address of an input, by the contract of addresses: defined names, and columns of tables."""
    quantity = writer.plan.book.quantities[name]
    if not quantity.by:
        sheet, address = workbook.defined_names[name].attr_text.rsplit("!", 1)
    elif len(quantity.by) == 2:
        placed = writer.placed[quantity.by[:1]]
        sheet, address = placed.cell(f"{name}_{slug(cell[1])}", placed.table.keys.index(cell[:1])).rsplit("!", 1)
    else:
        placed = writer.placed[quantity.per]
        sheet, address = placed.cell(name, placed.table.keys.index(cell)).rsplit("!", 1)
    return sheet.strip("'"), address.replace("$", "")


def formula_cells(workbook: Any) -> dict[tuple[str, str], str]:
    """Every formula cell with its text."""
    found = {}
    for sheet in workbook:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    found[sheet.title, cell.coordinate] = getattr(cell.value, "text", cell.value)
    return found


def counts_changes(sheet: str, text: str) -> bool:
    """Whether a formula compares with values as built, which an evaluation with other inputs cannot know."""
    return (
        "_as_built" in text
        or (sheet == "Inputs" and text.startswith("=IF(C"))
        or "t_option[changed]" in text
        or "changed_inputs" in text
    )


def differs(ours: object, theirs: object, slack: float = 0.0) -> bool:
    """Whether the engine's value and the spreadsheet's are not the same, beyond what a slack allows."""
    if isinstance(ours, ErrorValue):
        return not isinstance(theirs, dict)
    if ours in (None, "") or theirs in (None, ""):
        return (ours in (None, "")) != (theirs in (None, ""))
    if isinstance(ours, bool):
        ours = float(ours)
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return abs(ours - theirs) > TOLERANCE * max(abs(ours), abs(theirs)) + slack
    return ours != theirs


def differences(
    formulas: dict[tuple[str, str], str], writer: Writer, cells: dict[str, dict[str, Any]], *, edited: bool
) -> list[str]:
    """Where the spreadsheet shows something else than the engine."""
    found = []
    for (sheet, address), text in formulas.items():
        if edited and (counts_changes(sheet, text) or (sheet == "Summary" and "$G$" in text)):
            continue
        values = writer.values[sheet]
        if address not in values:
            continue  # typed over by the edit itself
        theirs = cells.get(sheet, {}).get(address)
        if differs(values[address], theirs):
            found.append(f"{sheet}!{address}: engine {values[address]!r}, spreadsheet {theirs!r}: {text[:120]}")
    return found


def unlike(
    workbook: Any, writer: Writer, results: Results, cells: dict[str, dict[str, Any]], slack: float = 0.0
) -> Iterator[str]:
    """Results that a spreadsheet shows otherwise than the engine, table by table, and those with one value."""
    for placed in writer.placed.values():
        sheet = cells[placed.sheet]
        for column in placed.columns:
            if column.group != "result" or column.quantity is None:
                continue
            values: Any = results.plain(column.quantity.name)
            letter = placed.letters[column.name]
            for row, key in enumerate(placed.table.keys, start=placed.row):
                if differs(values[key], sheet.get(f"{letter}{row}"), slack):
                    where = f"{placed.sheet}!{letter}{row} ({column.name} of {', '.join(key)})"
                    yield f"{where}: engine {values[key]!r}, shown {sheet.get(f'{letter}{row}')!r}"
    for name, scalar in writer.plan.scalars.items():
        if scalar.cell.input or name not in writer.plan.book.quantities:
            continue
        sheet_name, address = workbook.defined_names[name].attr_text.rsplit("!", 1)
        shown = cells[sheet_name.strip("'")].get(address.replace("$", ""))
        value: Any = results.plain(name)[()]
        if differs(value, shown, slack):
            yield f"{name}: engine {value!r}, shown {shown!r}"


def after_edits(
    document: Document, made: tuple[Book, Any, Writer], edits: Sequence[str], *, every: int = 5
) -> Iterator[str]:
    """Where an open workbook differs after each edit alone: in any result, and in any formula cell after each n-th."""
    book, workbook, writer = made
    formulas = formula_cells(workbook)
    for i, edit in enumerate(edits):
        changes = read_changes(book, [edit])
        (((quantity, cell), value),) = changes.items()
        sheet, address = place(workbook, writer, quantity, cell)
        held = workbook[sheet][address]
        document.set(sheet, address, value)
        cells = document.cells()
        if held.data_type == "f":  # inherited from the option that it is based on
            document.set_formula(sheet, address, str(held.value).replace(",", ";"))
        else:
            document.set(sheet, address, held.value)
        found = list(unlike(workbook, writer, evaluate(book, changes), cells))
        if i % every == 0:
            found += differences(formulas, expected(book, edit)[1], cells, edited=True)
        yield from (f"{edit}: {text}" for text in found)
