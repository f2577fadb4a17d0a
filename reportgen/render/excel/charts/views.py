"""Views of the options by memory and by cost, each with a chart of the parts of a sum."""

from __future__ import annotations

from fractions import Fraction
from pathlib import PurePath
from typing import TYPE_CHECKING

from reportgen.render.excel.charts.option_view import Column, option_view, plain_column
from reportgen.render.excel.charts.stacks import Stack, stack_chart
from reportgen.render.excel.plan.trees import scaled
from reportgen.render.excel.sheets.verdicts import verdicts

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Book, Quantity
    from reportgen.lang import tree
    from reportgen.render.excel.sheets.data import ChartData
    from reportgen.render.excel.sheets.shown_options import ShownOptions
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["cost_view", "memory_view"]

_OPTION = ("option",)
_GIGABYTE = 10**9


def memory_view(writer: Writer, sheet: Worksheet, data: ChartData, shown: ShownOptions) -> None:
    """Add the view of device memory: the parts, their sum, the capacity, and what depends on them."""
    plan = writer.plan
    quantities = plan.book.quantities
    drawn = plan.book.figures.memory
    if not {drawn.needed, drawn.limit, drawn.used, drawn.fullest} <= set(quantities):
        return
    parts = [_gigabytes(writer, quantities[n]) for n in plan.book.relations.parts.get(drawn.used, ())]
    if drawn.buffers in quantities:
        parts.append(_gigabytes(writer, quantities[drawn.buffers]))
    whole, limit = (plain_column(writer, quantities[n]) for n in (drawn.needed, drawn.limit))
    rest = _rest(writer, "memory", {c.name for c in (*parts, whole, limit)})
    title = "Memory of a device: what fills it, and what it holds"
    note = "Of each option at its fullest pass, prefill or the end of decode; activations are those of one chunk."
    view = option_view(writer, sheet, (title, note), [*parts, whole, limit, *rest], shown)
    stack_chart(data, view, Stack("memory", whole.unit, tuple(c.name for c in parts), limit.name))


def cost_view(writer: Writer, sheet: Worksheet, data: ChartData, shown: ShownOptions) -> None:
    """Add the view of costs: by part, in total, and per token, request and user."""
    plan = writer.plan
    quantities = plan.book.quantities
    drawn = plan.book.figures.cost
    if drawn.total not in quantities:
        return
    parts = [plain_column(writer, quantities[n]) for n in plan.book.relations.parts.get(drawn.total, ())]
    whole = plain_column(writer, quantities[drawn.total])
    limits = [plain_column(writer, quantities[drawn.budget])] if drawn.budget in plan.scalars else []
    rest = _rest(writer, "cost", {c.name for c in (*parts, whole)})
    note = "None where no price is known, or the option cannot run."
    view = option_view(writer, sheet, ("Cost of the options", note), [*parts, whole, *limits, *rest], shown)
    if parts:
        limit = limits[0].name if limits else ""
        stack_chart(data, view, Stack("costs", whole.unit, tuple(c.name for c in parts), limit))


# --- columns ---------------------------------------------------------------------------------------------------------


def _rest(writer: Writer, topic: str, taken: set[str]) -> list[Column]:
    """Return further columns of a topic: quantities with a better direction, and verdicts at the end.

    Columns of the report come first, then the library's order.
    """
    book = writer.plan.book
    good = verdicts(book)
    chosen = [q for q in _in_order(book) if q.topic == topic and q.name not in taken]
    chosen = [q for q in chosen if q.better or q.name in good]
    place = {name: i for i, name in enumerate(book.report.option_columns)}
    chosen.sort(key=lambda q: (q.type.kind != "number", q.type.kind == "text", place.get(q.name, len(place))))
    return [plain_column(writer, q) for q in chosen]


def _in_order(book: Book) -> list[Quantity]:
    """Return the computed quantities per option in the library's order, file by file."""
    mine = [q for q in book.quantities.values() if q.per == _OPTION and not q.input and q.formula is not None]
    return sorted(mine, key=lambda q: [(PurePath(s.file).name, s.line) for s in q.spans.values()])


def _gigabytes(writer: Writer, quantity: Quantity) -> Column:
    """Return the column of a part of the memory in gigabytes, in the pass that needs most memory."""
    factor, fullest = Fraction(quantity.type.unit.scale) / _GIGABYTE, writer.plan.book.figures.memory.fullest

    def shows(option: tree.Member) -> tree.Node:
        return scaled(writer.live.of(quantity.name, option, writer.live.of(fullest, option)), factor)

    return Column(quantity.name, quantity.title, "GB", "number", shows)
