"""Helpers: what a workbook's formula cells must show after an edit, by the engine, and where an input stands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reportgen.book.changes import read_changes
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.plan.layout import slug
from reportgen.render.excel.workbook import assemble
from reportgen.study.prepare import prepared_book
from tests.parity.engines.ironcalc_oracle import Model
from tests.workbooks import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reportgen.book.book import Book
    from reportgen.engine.results import Results
    from reportgen.render.excel.sheets.tables import Writer
    from tests.parity.engines.office import Document, Office

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


def put_back(program: Document | Model, workbook: Any, sheet: str, address: str) -> None:
    """Type into a cell what it was built with: a value, or the formula by which it is inherited."""
    held = workbook[sheet][address]
    if held.data_type != "f":
        program.set(sheet, address, held.value)
    elif isinstance(program, Model):
        program.set_formula(sheet, address, str(held.value))
    else:
        program.set_formula(sheet, address, str(held.value).replace(",", ";"))


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
        values = writer.values[sheet]
        if address not in values:
            continue  # typed over by the edit itself
        ours, theirs = values[address], cells.get(sheet, {}).get(address)
        if ours == theirs or not differs(ours, theirs):
            continue
        if not (edited and (counts_changes(sheet, text) or (sheet == "Summary" and "$G$" in text))):
            found.append(f"{sheet}!{address}: engine {ours!r}, spreadsheet {theirs!r}: {text[:120]}")
    return found


@lru_cache(maxsize=4)
def result_columns(writer: Writer) -> list[tuple[str, str, str, list[str], list[tuple[str, ...]]]]:
    """Sheet, column's name, quantity, addresses and keys of every column of results."""
    return [
        (placed.sheet, column.name, column.quantity.name, addresses, placed.table.keys)
        for placed in writer.placed.values()
        for column in placed.columns
        if column.group == "result" and column.quantity is not None
        for addresses in [[f"{placed.letters[column.name]}{placed.row + i}" for i in range(len(placed.table.keys))]]
    ]


def unlike(
    workbook: Any, writer: Writer, results: Results, cells: dict[str, dict[str, Any]], slack: float = 0.0
) -> Iterator[str]:
    """Results that a spreadsheet shows otherwise than the engine, table by table, and those with one value."""
    for sheet, column, quantity, addresses, keys in result_columns(writer):
        ours: list[Any] = list(map(results.plain(quantity).__getitem__, keys))
        theirs = list(map(cells[sheet].get, addresses))
        if ours == theirs:
            continue
        for value, shown, address, key in zip(ours, theirs, addresses, keys, strict=True):
            if value != shown and differs(value, shown, slack):
                yield f"{sheet}!{address} ({column} of {', '.join(key)}): engine {value!r}, shown {shown!r}"
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
        document.set(sheet, address, value)
        cells = document.cells()
        put_back(document, workbook, sheet, address)
        found = list(unlike(workbook, writer, evaluate(book, changes), cells))
        if i % every == 0:
            found += differences(formulas, expected(book, edit)[1], cells, edited=True)
        yield from (f"{edit}: {text}" for text in found)


def check_recalculation(office: Office, spec: Path, edits: Sequence[str]) -> None:
    """Assert that a scenario's workbook shows the engine's values, as built and after each edit alone."""
    book = prepared_book(spec)
    workbook, writer = assemble(evaluate(book))
    formulas, path = formula_cells(workbook), spec.with_suffix(".xlsx")
    path.write_bytes(file_of(book, workbook, writer))
    with office.open(path) as document:
        document.recalculate()
        assert differences(formulas, writer, document.cells(), edited=False) == []
        assert list(after_edits(document, (book, workbook, writer), edits))[:20] == []
