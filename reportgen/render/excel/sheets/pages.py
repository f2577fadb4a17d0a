"""The sheets without tables of the book: the scalar inputs, Sources, and Scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.workbook.defined_name import DefinedName

from reportgen.book.ranges import allowed
from reportgen.ooxml.addresses import reference
from reportgen.render.excel.plan.checks import in_order, is_changed, order_problem, scalar_problem
from reportgen.render.excel.plan.live import CHANGED, PROBLEM
from reportgen.render.excel.sheets.fitting import fit_rows
from reportgen.render.excel.sheets.numbers import NumberLook, number_look, scale
from reportgen.render.excel.sheets.styles import Look, side
from reportgen.version import __version__

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Member, Quantity
    from reportgen.render.excel.plan.layout import Scalar
    from reportgen.render.excel.sheets.tables import Writer

__all__ = [
    "CHANGED",
    "FLAGS",
    "PROBLEM",
    "SCALAR_HEADS",
    "Area",
    "define",
    "derived_page",
    "inputs_page",
    "scenario_page",
    "sources_page",
]

FLAGS = 6
"""The column on the sheet of the scenario's figures that lists TRUE and FALSE for drop-downs, from row 2."""

SCALAR_HEADS = {
    "Input": "", "Name": "", "Value": "right", "Unit": "left", "Needs": "left", "As built": "right",
    "Changed": "center", "Problem": "left", "Description and source": "",
}  # fmt: skip
"""The headers of the list of scalar inputs, and which of its columns hold texts."""
_WIDTHS = (38, 24, 16, 12, 48, 16, 9, 16, 62)
_TOPICS = {
    "": "Of this scenario", "workload": "Workload", "targets": "Targets", "option": "Levers", "serving": "Serving",
    "cost": "Costs", "price": "Prices", "energy": "Energy", "memory": "Memory", "parallelism": "Several devices",
    "measured": "Measurements", "decision": "Recommendations", "sensitivity": "Sensitivity",
    "efficiency": "Efficiency, fitted to measurements",
}  # fmt: skip
"""The titles of the inputs' topics, most frequently changed first."""

_MOST = 32_000
"""The most characters of a line of the scenario in one cell."""
_TEXT, _UNIT, _HEAD, _TITLE = Look(), Look(side="left"), Look("head"), Look("heading")


@dataclass(frozen=True, slots=True)
class Area:
    """The cells that report problems of scalar inputs, problems of row order, and changed inputs."""

    problems: tuple[str, ...]
    changes: str


def define(writer: Writer, sheet: Worksheet, name: str, row: int, column: int) -> None:
    """Define a name for a cell."""
    workbook = sheet.parent
    assert workbook is not None
    text = reference(sheet.title, sheet.cell(row, column).coordinate, fixed=True)
    workbook.defined_names[name] = DefinedName(name, attr_text=text)


def scalar(writer: Writer, sheet: Worksheet, row: int, column: int, item: Scalar) -> None:
    """Write a scalar and name its cell after it."""
    form, where = _numbers(item).form, side(item.kind)
    if item.cell.formula is None:
        look = Look("input", form if item.kind == "number" else "General", side=where)
        writer.put(sheet, row, column, item.cell.value, look)
    else:
        look = Look("plain", form, item.kind == "text", side=where)
        writer.formula(sheet, row, column, item.cell.formula, item.cell.value, look, array=item.cell.array)
    define(writer, sheet, item.name, row, column)
    if _numbers(item).rules:
        scale(sheet, {_numbers(item).rules: [sheet.cell(row, column).coordinate]})


def _numbers(item: Scalar) -> NumberLook:
    whole = item.quantity is not None and item.quantity.whole
    return number_look(item.kind, item.unit, [item.cell.value], whole=whole)


def inputs_page(writer: Writer, sheet: Worksheet, row: int) -> tuple[str, str]:
    """Write the list of scalar inputs by topic; return the ranges with their problems and changes."""
    writer.put(sheet, row, 1, "Inputs of the scenario", _TITLE)
    for i, (head, where) in enumerate(SCALAR_HEADS.items()):
        writer.put(sheet, row + 1, 1 + i, head, Look("head", side=where))
    first = current = row + 2
    for topic, scalars in _by_topic(writer).items():
        writer.put(sheet, current, 1, topic, Look("group"))
        sheet.row_dimensions[current].height = 22
        current += 1
        for item, quantity in scalars:
            _input_row(writer, sheet, current, item, quantity)
            current += 1
    for letter, width in zip("ABCDEFGHI", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    last = max(first, current - 1)
    writer.mark_changed(sheet, f"C{first}:C{last}", f"$F{first}")
    problems, changes = (reference(sheet.title, f"{letter}{first}:{letter}{last}", fixed=True) for letter in "HG")
    return problems, changes


def _by_topic(writer: Writer) -> dict[str, list[tuple[Scalar, Quantity]]]:
    """Return the scalar inputs by the titles of their topics, most frequently changed first."""
    topics: dict[str, list[tuple[Scalar, Quantity]]] = {}
    for item in writer.plan.scalars.values():
        if item.quantity is not None and item.cell.input:
            topics.setdefault(item.quantity.topic, []).append((item, item.quantity))
    titles = {topic: _TOPICS.get(topic, topic.replace("_", " ").capitalize()) for topic in topics}
    order = list(_TOPICS)
    ranked = sorted(topics, key=lambda t: order.index(t) if t in order else len(order))
    return {titles[topic]: topics[topic] for topic in ranked}


def _input_row(writer: Writer, sheet: Worksheet, row: int, item: Scalar, quantity: Quantity) -> None:
    """Write a scalar input: its title and requirements, its value and the built one, its problem, and its source."""
    writer.put(sheet, row, 1, item.title, Look("key", wrap=True))
    writer.put(sheet, row, 2, item.name, Look("look-up"))
    scalar(writer, sheet, row, 3, item)
    writer.validate(sheet, [f"C{row}"], quantity)
    writer.put(sheet, row, 4, item.unit or None, _UNIT)
    requirement = allowed(quantity) + (", or empty" if quantity.type.absent else "")
    writer.put(sheet, row, 5, requirement, Look("look-up", wrap=True, side="left"))
    writer.put(sheet, row, 6, item.cell.value, Look("look-up", _numbers(item).form, side="right"))
    writer.formula(sheet, row, 7, is_changed(f"C{row}", f"F{row}"), 0.0, Look("look-up", "0", side="center"))
    writer.formula(sheet, row, 8, scalar_problem(writer.plan, quantity), "", Look("plain", wrap=True))
    words = ". ".join(t.rstrip(".") for t in (quantity.description, quantity.source) if t)
    writer.put(sheet, row, 9, words or None, Look("note", wrap=True))
    texts = ((item.title, 0, 1.0), (requirement, 4, 1.1), (words, 8, 1.3))  # notes are in smaller type
    lines = max(-(-len(text) // int(_WIDTHS[column] * part)) for text, column, part in texts)
    sheet.row_dimensions[row].height = 14 * max(1, lines) + 2


def derived_page(writer: Writer, sheet: Worksheet, row: int) -> str:
    """Write the figures of the whole scenario, and a check of row order; return the cells of that check."""
    writer.put(sheet, row, 1, "Figures of the whole scenario", _TITLE)
    for i, (head, where) in enumerate((("Quantity", ""), ("Value", "right"), ("Unit", "left"), ("Name", ""))):
        writer.put(sheet, row + 1, 1 + i, head, Look("head", side=where))
    current = row + 2
    for item in writer.plan.scalars.values():
        if item.cell.input:
            continue
        writer.put(sheet, current, 1, item.title, Look("key", wrap=True))
        scalar(writer, sheet, current, 2, item)
        writer.put(sheet, current, 3, item.unit or None, _UNIT)
        writer.put(sheet, current, 4, item.name, Look("look-up"))
        current += 1
    writer.put(sheet, row, FLAGS, "Flags", _TITLE)
    for i, flag in enumerate((True, False), start=1):
        writer.put(sheet, row + i, FLAGS, flag, Look("plain", side="left"))
    last, first = current, current + 2
    writer.put(sheet, current + 1, 1, "Order of the rows", _TITLE)
    for placed in writer.placed.values():
        if in_order(placed.table):
            writer.put(sheet, current + 2, 1, f"Sheet {placed.sheet}, table {placed.table.name}", Look("key"))
            writer.formula(
                sheet, current + 2, 2, order_problem(placed.table, placed.sheet), "", Look("plain", wrap=True)
            )
            current += 1
    for letter, least in zip("ABD", (50, 48, 36), strict=True):
        sheet.column_dimensions[letter].width = max(sheet.column_dimensions[letter].width, least)
    fit_rows(writer, sheet, "AB", range(row + 2, last))
    return reference(sheet.title, f"B{first}:B{max(first, current + 1)}", fixed=True)


def sources_page(writer: Writer, sheet: Worksheet) -> None:
    """Write the sources: rows that the options use, then the rest of the catalogue, then quantities."""
    heads = ("What", "Name", "Used", "Source", "Retrieved", "Quality", "Notes")
    for i, head in enumerate(heads):
        writer.put(sheet, 1, 1 + i, head, _HEAD)
    book, row = writer.plan.book, 2
    for dimension in book.dimensions.values():
        members = [m for m in dimension.members if m.source or m.retrieved]
        used = _used(writer, dimension.name)
        for member in sorted(members, key=lambda m: m.name not in used):
            _source_row(writer, sheet, row, dimension.title, member, used)
            row += 1
    for quantity in book.quantities.values():
        if quantity.source:
            for i, value in enumerate(("quantity", quantity.name, "yes", quantity.source)):
                writer.put(sheet, row, 1 + i, value, Look("plain", wrap=True))
            row += 1
    for letter, width in zip("ABCDEFG", (16, 26, 8, 80, 12, 12, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:G{row - 1}"


def _used(writer: Writer, dimension: str) -> set[str]:
    book = writer.plan.book
    choosers = [q for q in book.quantities.values() if q.type.dimension == dimension and q.per == ("option",)]
    return {str(v) for q in choosers for v in writer.plan.results.plain(q.name).values()}


def _source_row(writer: Writer, sheet: Worksheet, row: int, kind: str, member: Member, used: set[str]) -> None:
    mark = "yes" if member.name in used else ""
    values = (kind, member.name, mark, member.source, member.retrieved, member.quality, member.notes)
    for i, value in enumerate(values):
        writer.put(sheet, row, 1 + i, value or None, Look("plain", wrap=True))


def scenario_page(writer: Writer, sheet: Worksheet) -> None:
    """Write the scenario's text as built, line by line, with version and hashes."""
    book = writer.plan.book
    facts = (
        ("Scenario", book.name), ("Accounting", book.accounting), ("Made with", f"reportgen {__version__}"),
        ("Library", book.library_hash), ("Scenario text", book.scenario_hash),
    )  # fmt: skip
    for i, (label, value) in enumerate(facts):
        writer.put(sheet, 1 + i, 1, label, Look("key"))
        writer.put(sheet, 1 + i, 2, value, _TEXT)
    first = len(facts) + 2
    writer.put(sheet, first, 2, "The scenario as built", _TITLE)
    for i, line in enumerate(book.text.removesuffix("\n").split("\n")):
        writer.put(sheet, first + 1 + i, 1, float(i + 1), Look("note", "0"))
        for start in range(0, max(1, len(line)), _MOST):  # longer lines do not fit a cell
            writer.put(sheet, first + 1 + i, 2 + start // _MOST, line[start : start + _MOST] or None, Look("bare"))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 120
