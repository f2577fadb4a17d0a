"""Views of the options by topic (memory, cost): live references to the table of options, each with a chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from textwrap import wrap
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from reportgen.render.excel.charts.stacks import Stack, stack_chart
from reportgen.render.excel.sheets.numbers import number_look, scale
from reportgen.render.excel.sheets.styles import Look, side
from reportgen.render.excel.sheets.verdicts import colour, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Quantity
    from reportgen.engine.results import Plain
    from reportgen.render.excel.plan.plan import Plan
    from reportgen.render.excel.sheets.shown import Shown
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["FIRST", "cost_view", "memory_view", "option_rows", "option_view", "plain_column"]

_STAGES = ("prefill", "decode")
_HEADING = Look("heading")
FIRST = 5
"""The row of the first option."""

_GIGABYTE = 1e9


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its header, and for a row of the options' table (1-based) a formula and its value."""

    name: str
    title: str
    unit: str
    kind: str
    formula: Callable[[int], str]
    value: Callable[[str], Plain]


def memory_view(writer: Writer, sheet: Worksheet, data: Worksheet, column: int, shown: tuple[Shown, Shown]) -> None:
    """Add the view of device memory: the parts, their sum, the capacity, and what depends on them."""
    plan = writer.plan
    quantities = plan.book.quantities
    if not {"memory_needed", "memory_limit", "memory_consumption"} <= set(quantities):
        return
    parts = [_stage_part(plan, quantities[n]) for n in plan.book.relations.parts.get("memory_consumption", ())]
    if "buffer_memory" in quantities:
        parts.append(_gigabytes(plan, quantities["buffer_memory"]))
    whole = [plain_column(plan, quantities[n]) for n in ("memory_needed", "memory_limit")]
    rest = _rest(plan, "memory", {c.name for c in (*parts, *whole)})
    title = "Memory of a device: what fills it, and what it holds"
    note = "Of each option at its fullest pass, prefill or the end of decode; activations are those of one chunk."
    option_view(writer, sheet, (title, note), [*parts, *whole, *rest], shown)
    stack = Stack("memory", whole[0].unit, len(parts), whole[1].title, len(parts) + 1)
    stack_chart(writer, sheet, data, column, stack, option_rows(plan), FIRST)


def cost_view(writer: Writer, sheet: Worksheet, data: Worksheet, column: int, shown: tuple[Shown, Shown]) -> None:
    """Add the view of costs: by part, in total, and per token, request and user."""
    plan = writer.plan
    quantities = plan.book.quantities
    if "yearly_cost" not in quantities:
        return
    parts = [plain_column(plan, quantities[n]) for n in plan.book.relations.parts.get("yearly_cost", ())]
    whole = plain_column(plan, quantities["yearly_cost"])
    limit = _scalar(plan, "budget")
    rest = _rest(plan, "cost", {c.name for c in (*parts, whole)})
    note = "None where no price is known, or the option cannot run."
    columns = [*parts, whole, *([limit] if limit else []), *rest]
    option_view(writer, sheet, ("Cost of the options", note), columns, shown)
    if parts:
        mark = (limit.title, len(parts) + 1) if limit else ("", 0)
        stack = Stack("costs", whole.unit, len(parts), *mark)
        stack_chart(writer, sheet, data, column, stack, option_rows(plan), FIRST)


# --- columns ---------------------------------------------------------------------------------------------------------


def _rest(plan: Plan, topic: str, taken: set[str]) -> list[_Column]:
    """Return further columns of a topic: quantities with a better direction, and verdicts at the end.

    Columns of the report come first, then the library's order.
    """
    first = plan.book.report.option_columns
    good = verdicts(plan.book)
    chosen = [q for q in _in_order(plan) if q.topic == topic and q.name not in taken]
    chosen = [q for q in chosen if q.better or q.name in good]
    place = {name: i for i, name in enumerate(first)}
    chosen.sort(key=lambda q: (q.type.kind != "number", q.type.kind == "text", place.get(q.name, len(place))))
    return [plain_column(plan, q) for q in chosen]


def _in_order(plan: Plan) -> list[Quantity]:
    """Return the computed quantities per option in the library's order, file by file."""
    mine = [q for q in plan.book.quantities.values() if q.per == ("option",) and not q.input and q.formula is not None]
    return sorted(mine, key=lambda q: [(PurePath(s.file).name, s.line) for s in q.spans.values()])


def plain_column(plan: Plan, quantity: Quantity) -> _Column:
    """Return the column of a quantity, flags in words."""
    table = plan.tables["option",]
    flag = quantity.type.kind == "flag"

    def formula(row: int) -> str:
        cell = f"INDEX({table.whole(quantity.name)},{row})"
        words = f'IF({cell},"yes","no")'
        return (f'IF({cell}="","",{words})' if quantity.type.absent else words) if flag else cell

    def value(option: str) -> Plain:
        found = plan.results.get(quantity.name, option)
        return ("yes" if found else "no") if flag and found is not None else found

    unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
    return _Column(quantity.name, quantity.title, unit, quantity.type.kind, formula, value)


def _gigabytes(plan: Plan, quantity: Quantity) -> _Column:
    """Return the column of an option's quantity, converted from bytes to gigabytes."""
    factor = _GIGABYTE / float(quantity.type.unit.scale)
    whole = plan.tables["option",].whole(quantity.name)

    def value(option: str) -> Plain:
        found = plan.results.get(quantity.name, option)
        return found / factor if isinstance(found, float) else found

    return _Column(quantity.name, quantity.title, "GB", "number", lambda row: f"INDEX({whole},{row})/{factor!r}", value)


def _stage_part(plan: Plan, quantity: Quantity) -> _Column:
    """Return the column of a part of the memory in the pass that needs most, in gigabytes."""
    table, size = plan.tables["option", "stage"], plan.book.size("stage")
    factor = _GIGABYTE / float(quantity.type.unit.scale)
    places = [plan.book.dimensions["stage"].index(stage) + 1 for stage in _STAGES]

    def formula(row: int) -> str:
        prefill, decode = ((row - 1) * size + place for place in places)
        whole, part = table.whole("memory_consumption"), table.whole(quantity.name)
        at = f"IF(INDEX({whole},{prefill})>=INDEX({whole},{decode}),{prefill},{decode})"
        return f"INDEX({part},{at})/{factor!r}"

    def value(option: str) -> Plain:
        needs = [plan.results.get("memory_consumption", option, stage) or 0.0 for stage in _STAGES]
        found = plan.results.get(quantity.name, option, _STAGES[0 if needs[0] >= needs[1] else 1])  # type: ignore[operator]
        return found / factor if isinstance(found, float) else found

    return _Column(quantity.name, quantity.title, "GB", "number", formula, value)


def _scalar(plan: Plan, name: str) -> _Column | None:
    """Return the column of a single value, the same for every option, or None."""
    if name not in plan.scalars:
        return None
    made = plan.scalars[name]
    return _Column(
        name, made.title, made.unit, made.kind,
        lambda _: f'IF({made.name}="","",{made.name})', lambda _: plan.results.get(name),
    )  # fmt: skip


# --- the sheet -------------------------------------------------------------------------------------------------------


def option_rows(plan: Plan) -> list[tuple[int, str]]:
    """Return the shown options, each with its 1-based row in the table of options; batch sizes are left out."""
    trials = plan.results.plain("is_trial") if "is_trial" in plan.book.quantities else {}
    return [(i, key[0]) for i, key in enumerate(plan.tables["option",].keys, start=1) if not trials.get(key)]


def option_view(
    writer: Writer, sheet: Worksheet, words: tuple[str, str], columns: list[_Column], shown: tuple[Shown, Shown]
) -> None:
    """Write a row for each option: its title, its role, and the columns."""
    plan, options = writer.plan, writer.plan.tables["option",]
    writer.put(sheet, 1, 1, words[0], _HEADING)
    writer.put(sheet, 2, 1, words[1], Look("note"))
    heads = [("Option", "", ""), ("Which", "", "left"), *((c.title, c.unit, side(c.kind)) for c in columns)]
    for i, (head, unit, where) in enumerate(heads, start=1):
        writer.put(sheet, FIRST - 2, i, head, Look("head", side=where))
        writer.put(sheet, FIRST - 1, i, unit or None, Look("unit", side=where))
    rows = option_rows(plan)
    numbers = {c.name: number_look(c.kind, c.unit, [c.value(option) for _, option in rows]) for c in columns}
    for i, column in enumerate(columns, start=3):
        letter = get_column_letter(i)
        scale(sheet, {numbers[column.name].rules: [f"{letter}{FIRST}:{letter}{FIRST + len(rows) - 1}"]})
    for at, (row, option) in enumerate(rows, start=FIRST):
        title = f"INDEX({options.whole('option_title')},{row})"
        writer.formula(sheet, at, 1, title, plan.results.get("option_title", option), Look("key"))
        text = f'IF({shown[1].row}={row},"recommended",{_quoted("baseline" if row == 1 else "")})'
        role = "recommended" if option == shown[1].option else "baseline" if row == 1 else ""
        writer.formula(sheet, at, 2, text, role, Look())
        for i, column in enumerate(columns, start=3):
            look = Look("plain", numbers[column.name].form, side=side(column.kind))
            writer.formula(sheet, at, i, column.formula(row), column.value(option), look)
    _widths(sheet, plan, columns, [option for _, option in rows])
    _colours(sheet, columns, verdicts(plan.book), FIRST + len(rows) - 1)
    sheet.freeze_panes = f"C{FIRST}"
    last = f"{get_column_letter(2 + len(columns))}{FIRST + len(rows) - 1}"
    sheet.auto_filter.ref = f"A{FIRST - 1}:{last}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _widths(sheet: Worksheet, plan: Plan, columns: list[_Column], options: list[str]) -> None:
    titles = [str(plan.results.get("option_title", option)) for option in options]
    sheet.column_dimensions["A"].width = min(40, max(18, *(len(t) * 1.05 + 2 for t in titles)))
    sheet.column_dimensions["B"].width = 14
    lines = 1
    for i, column in enumerate(columns, start=3):
        longest = max((len(str(column.value(o))) for o in options), default=0) if column.kind == "text" else 0
        words = max(len(word) for word in column.title.split())
        width = max(12, words + 3, min(48, longest + 2))
        sheet.column_dimensions[get_column_letter(i)].width = width
        lines = max(lines, len(wrap(column.title, int(width) - 1)))
    sheet.row_dimensions[FIRST - 2].height = 13.5 * lines + 4


def _colours(sheet: Worksheet, columns: list[_Column], good: dict[str, str], last: int) -> None:
    """Colour the verdicts by their value, and the recommended option."""
    letters = {c.name: get_column_letter(i) for i, c in enumerate(columns, start=3)}
    for column in columns:
        flag = letters.get(good.get(column.name, ""))
        if flag is not None:
            own = letters[column.name]
            cell = f"${flag}{FIRST}"
            colour(sheet, f"{own}{FIRST}:{own}{last}", f'{cell}="yes"', f'{cell}="no"')
    colour(sheet, f"A{FIRST}:B{last}", f'$B{FIRST}="recommended"', "FALSE")
