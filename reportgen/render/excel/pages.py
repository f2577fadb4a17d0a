"""The sheets that are no tables: Summary, the scalar inputs, Sources and Scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.defined_name import DefinedName

import reportgen
from reportgen.book.ranges import needs
from reportgen.render.excel.checks import scalar_problem
from reportgen.render.excel.styles import FILLS, Look, number_format

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Member
    from reportgen.render.excel.layout import Scalar
    from reportgen.render.excel.tables import Writer

__all__ = [
    "CHANGED",
    "PROBLEM",
    "derived_page",
    "inputs_page",
    "scenario_page",
    "sources_page",
    "summary_page",
]

PROBLEM, CHANGED = "first_problem", "changed_inputs"
_TEXT, _NOTE, _HEAD, _TITLE = Look(), Look("note"), Look("head"), Look("heading")


def define(writer: Writer, sheet: Worksheet, name: str, row: int, column: int) -> None:
    """Give a cell its name in the workbook."""
    cell = sheet.cell(row, column).coordinate
    letters, digits = cell.rstrip("0123456789"), cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    workbook = sheet.parent
    assert workbook is not None
    workbook.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!${letters}${digits}")


def scalar(writer: Writer, sheet: Worksheet, row: int, column: int, made: Scalar) -> None:
    """The cell of a scalar, named after it."""
    form = number_format(made.kind, made.unit)
    if made.cell.formula is None:
        writer.put(sheet, row, column, made.cell.value, Look("input", form if made.kind == "number" else "General"))
    else:
        writer.formula(
            sheet, row, column, made.cell.formula, made.cell.value, Look("plain", form), array=made.cell.array
        )
    define(writer, sheet, made.name, row, column)


def inputs_page(writer: Writer, sheet: Worksheet, row: int) -> tuple[int, int]:
    """The scalar inputs as a list; returns the first and last row of their problems."""
    writer.put(sheet, row, 1, "Inputs of the scenario", _TITLE)
    heads = ("Input", "Name", "Value", "Unit", "Needs", "As built", "Changed", "Problem", "Description and source")
    for i, head in enumerate(heads):
        writer.put(sheet, row + 1, 1 + i, head, _HEAD)
    first = at = row + 2
    for made in writer.plan.scalars.values():
        quantity = made.quantity
        if quantity is None or not made.cell.input:
            continue
        writer.put(sheet, at, 1, made.title, Look("key"))
        writer.put(sheet, at, 2, made.name, Look("look-up"))
        scalar(writer, sheet, at, 3, made)
        writer.validate(sheet, [f"C{at}"], quantity)
        writer.put(sheet, at, 4, made.unit or None, _TEXT)
        writer.put(
            sheet, at, 5, needs(quantity) + (", or empty" if quantity.type.absent else ""), Look("look-up", wrap=True)
        )
        writer.put(sheet, at, 6, made.cell.value, Look("look-up", number_format(made.kind, made.unit)))
        writer.formula(sheet, at, 7, f"IF(C{at}=F{at},0,1)", 0.0, Look("look-up", "0"))
        writer.formula(sheet, at, 8, scalar_problem(writer.plan, quantity), "", Look("plain", wrap=True))
        words = ". ".join(t.rstrip(".") for t in (quantity.description, quantity.source) if t)
        writer.put(sheet, at, 9, words or None, Look("note", wrap=True))
        sheet.row_dimensions[at].height = 14 * max(1, -(-len(words) // 66), -(-len(needs(quantity)) // 32))
        at += 1
    for letter, width in zip("ABCDEFGHI", (40, 24, 18, 16, 44, 16, 16, 34, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    return first, max(first, at - 1)


def summary_page(
    writer: Writer, sheet: Worksheet, problems: tuple[int, int], further: Callable[[Writer, Worksheet, int], int]
) -> None:
    """The dashboard: the state of the inputs, the baseline's key figures, and recommendations.

    `further` writes lines below the state and returns the next row.
    """
    book = writer.plan.book
    writer.put(sheet, 1, 1, book.scenario.title, Look("big", "General"))
    parts = [book.scenario.description]
    writer.put(sheet, 2, 1, " ".join(p for p in parts if p) or None, _NOTE)
    made = [
        book.scenario.author,
        book.scenario.date or "",
        f"accounting {book.accounting}",
        f"reportgen {reportgen.__version__}",
    ]
    writer.put(sheet, 3, 1, " · ".join(m for m in made if m), _NOTE)
    row = further(writer, sheet, _state(writer, sheet, 5, problems))
    row = _key_figures(writer, sheet, row + 1)
    _advice(writer, sheet, row + 1)
    for letter, width in zip("ABCDEF", (34, 24, 12, 14, 14, 34), strict=True):
        sheet.column_dimensions[letter].width = width


def _state(writer: Writer, sheet: Worksheet, row: int, problems: tuple[int, int]) -> int:
    """Whether the inputs are sound, and how many were changed since the build."""
    first, last = problems
    areas = [f"'Inputs'!$H${first}:$H${last}"]
    areas += [p.range("problem") for p in writer.placed.values() if "problem" in p.letters]
    text = '"all inputs are within their ranges"'
    for area in reversed(areas):
        text = f'IF(COUNTIF({area},"?*")>0,INDEX({area},MATCH("?*",{area},0)),{text})'
    bad = "+".join(f'COUNTIF({area},"?*")' for area in areas)
    writer.put(sheet, row, 1, "State of the inputs", Look("key"))
    writer.formula(sheet, row, 2, text, "all inputs are within their ranges", _TEXT)
    writer.put(sheet, row + 1, 1, "Inputs with a problem", Look("key"))
    writer.formula(sheet, row + 1, 2, bad, 0.0, Look("plain", "0"))
    define(writer, sheet, PROBLEM, row + 1, 2)
    changed = [f"SUM('Inputs'!$G${first}:$G${last})"]
    changed += [f"SUM({p.range('changed')})" for p in writer.placed.values() if "changed" in p.letters]
    writer.put(sheet, row + 2, 1, "Inputs changed since the build", Look("key"))
    writer.formula(sheet, row + 2, 2, "+".join(changed), 0.0, Look("plain", "0"))
    define(writer, sheet, CHANGED, row + 2, 2)
    alarm = DifferentialStyle(fill=PatternFill("solid", bgColor=FILLS["bad"]), font=Font(bold=True))
    rule = Rule(type="expression", formula=[f"$B${row + 1}>0"], dxf=alarm)
    sheet.conditional_formatting.add(f"A{row}:B{row + 1}", rule)
    return row + 3


def _key_figures(writer: Writer, sheet: Worksheet, row: int) -> int:
    """The baseline's key figures, each with its target where the scenario has one."""
    book = writer.plan.book
    writer.put(sheet, row, 1, f"Baseline: {book.dimensions['option'].members[0].title or book.baseline}", _TITLE)
    for i, head in enumerate(("Key figure", "Value", "Unit", "Low (p10)", "High (p90)", "Target")):
        writer.put(sheet, row + 1, 1 + i, head, _HEAD)
    at = row + 2
    for name in [*book.report.key_figures, *[n for n in ("verdict", "fit_verdict") if n in book.quantities]]:
        quantity, value = book.quantities[name], writer.plan.results.get(name, book.baseline)
        number = quantity.type.kind == "number"
        unit = quantity.type.unit.label if number else ""
        form = number_format(quantity.type.kind, unit)
        writer.put(sheet, at, 1, quantity.title, Look("key"))
        text = f'IF({PROBLEM}>0,"check inputs",INDEX({writer.plan.tables["option",].whole(name)},1))'
        writer.formula(sheet, at, 2, text, value, Look("figure" if number else "plain", form))
        writer.put(sheet, at, 3, unit or None, _TEXT)
        target = f"{name}_target"
        if target in book.quantities:
            shown = writer.plan.results.get(target)
            writer.formula(sheet, at, 6, f'IF({target}="","",{target})', shown, Look("look-up", form))
        for column, end in ((4, f"{name}_low"), (5, f"{name}_high")):
            if end in book.quantities:
                cell = f"INDEX({writer.plan.tables['option',].whole(end)},1)"
                text = f'IF({PROBLEM}>0,"check inputs",{cell})'
                writer.formula(
                    sheet, at, column, text, writer.plan.results.get(end, book.baseline), Look("plain", form)
                )
        at += 1
    return at


def _advice(writer: Writer, sheet: Worksheet, row: int) -> int:
    """The recommendations, best first, as the rules word them."""
    book = writer.plan.book
    if "advised_text" not in book.quantities:
        return row - 1
    writer.put(sheet, row, 1, "Recommendations", _TITLE)
    place = writer.plan.tables["place",]
    values = writer.plan.results.plain("advised_text")
    for i, key in enumerate(place.keys):
        at = row + 1 + i
        writer.put(sheet, at, 1, f"{i + 1}", Look("key", wrap=True))
        text = f'IF({PROBLEM}>0,"check inputs",INDEX({place.whole("advised_text")},{i + 1}))'
        writer.formula(sheet, at, 2, text, values[key], Look("plain", wrap=True))
        sheet.merge_cells(start_row=at, start_column=2, end_row=at, end_column=6)
        sheet.row_dimensions[at].height = 42
    at = row + 1 + len(place.keys)
    for title, name in (("Why", "advised_why"), ("Risk", "advised_risk"), ("Next", "advised_next")):
        writer.put(sheet, at, 1, f"{title} (of the first)", Look("key"))
        said = f'IF({PROBLEM}>0,"",INDEX({place.whole(name)},1))'
        writer.formula(sheet, at, 2, said, writer.plan.results.plain(name)[place.keys[0]], Look("plain", wrap=True))
        sheet.merge_cells(start_row=at, start_column=2, end_row=at, end_column=6)
        sheet.row_dimensions[at].height = 28
        at += 1
    return at


def derived_page(writer: Writer, sheet: Worksheet, row: int) -> None:
    """Figures of the whole scenario that are computed, and constants."""
    writer.put(sheet, row, 1, "Figures of the whole scenario", _TITLE)
    for i, head in enumerate(("Quantity", "Value", "Unit", "Name")):
        writer.put(sheet, row + 1, 1 + i, head, _HEAD)
    at = row + 2
    for made in writer.plan.scalars.values():
        if made.cell.input:
            continue
        writer.put(sheet, at, 1, made.title, Look("key"))
        scalar(writer, sheet, at, 2, made)
        writer.put(sheet, at, 3, made.unit or None, _TEXT)
        writer.put(sheet, at, 4, made.name, Look("look-up"))
        at += 1


def sources_page(writer: Writer, sheet: Worksheet) -> None:
    """Where the figures come from: the rows that the options use, then the rest of the catalogue, then quantities."""
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
    """The scenario's text as built, line by line, with version and hashes."""
    book = writer.plan.book
    facts = (
        ("Scenario", book.name), ("Accounting", book.accounting), ("Made with", f"reportgen {reportgen.__version__}"),
        ("Library", book.library_hash), ("Scenario text", book.scenario_hash),
    )  # fmt: skip
    for i, (label, value) in enumerate(facts):
        writer.put(sheet, 1 + i, 1, label, Look("key"))
        writer.put(sheet, 1 + i, 2, value, _TEXT)
    first = len(facts) + 2
    writer.put(sheet, first, 2, "The scenario as built", _TITLE)
    for i, line in enumerate(book.text.splitlines()):
        writer.put(sheet, first + 1 + i, 1, float(i + 1), Look("note", "0"))
        writer.put(sheet, first + 1 + i, 2, line or None, Look("bare"))
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 120
