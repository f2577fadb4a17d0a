"""A view of the options by one topic: live references to the table of options, which charts draw."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from openpyxl.chart import Reference
from openpyxl.utils import get_column_letter

from reportgen.lang import tree
from reportgen.render.excel.plan.trees import choice, equal, in_words
from reportgen.render.excel.sheets.numbers import number_look, scale
from reportgen.render.excel.sheets.shown_options import BASELINE, RECOMMENDED
from reportgen.render.excel.sheets.styles import Look, side
from reportgen.render.excel.sheets.verdicts import colour, verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Quantity
    from reportgen.render.excel.plan.plan import Plan
    from reportgen.render.excel.sheets.shown_options import ShownOptions
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["Column", "View", "option_members", "option_view", "plain_column"]

_HEADING = Look("heading")
_FIRST, _LEFT = 5, 3
"""The row of the first option, and the first column after titles and roles."""

_OPTION = "option"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, and its value for an option, as a tree."""

    name: str
    title: str
    unit: str
    kind: str
    shows: Callable[[tree.Member], tree.Node]


@dataclass(frozen=True, slots=True)
class View:
    """The place of a view: its sheet, its columns with the handles of their cells, and its last row."""

    sheet: Worksheet
    columns: tuple[Column, ...]
    handles: Mapping[str, Sequence[tree.Ref]]
    last: int

    def column(self, name: str) -> Column:
        """Return a column by name."""
        return next(c for c in self.columns if c.name == name)

    def options(self) -> Reference:
        """Return the cells with the titles of the options."""
        return Reference(self.sheet, min_col=1, min_row=_FIRST, max_row=self.last)

    def head(self, name: str) -> Reference:
        """Return the cell with the title of a column."""
        return Reference(self.sheet, min_col=self._place(name), min_row=_FIRST - 2)

    def cells(self, name: str) -> Reference:
        """Return the cells of a column below its header."""
        return Reference(self.sheet, min_col=self._place(name), min_row=_FIRST, max_row=self.last)

    def _place(self, name: str) -> int:
        return _LEFT + self.columns.index(self.column(name))


def plain_column(writer: Writer, quantity: Quantity) -> Column:
    """Return the column of a quantity, flags in words."""
    kind = quantity.type.kind

    def shows(option: tree.Member) -> tree.Node:
        value = writer.live.of(quantity.name, option)
        return in_words(value, "yes", "no", may_be_absent=quantity.type.absent) if kind == "flag" else value

    return Column(quantity.name, quantity.title, quantity.type.unit.label if kind == "number" else "", kind, shows)


def option_members(plan: Plan) -> list[tree.Member]:
    """Return the shown options; trials and batch sizes are left out."""
    trial = plan.book.roles.trial
    trials = plan.results.plain(trial) if trial in plan.book.quantities else {}
    return [tree.Member(_OPTION, name) for name in plan.book.dimensions[_OPTION].names if not trials.get((name,))]


def option_view(
    writer: Writer, sheet: Worksheet, words: tuple[str, str], columns: list[Column], shown: ShownOptions
) -> View:
    """Write a row for each option: its title, its role, and the columns."""
    plan, live = writer.plan, writer.live
    writer.put(sheet, 1, 1, words[0], _HEADING)
    writer.put(sheet, 2, 1, words[1], Look("note"))
    heads = [("Option", "", ""), ("Which", "", "left"), *((c.title, c.unit, side(c.kind)) for c in columns)]
    for i, (head, unit, where) in enumerate(heads, start=1):
        writer.put(sheet, _FIRST - 2, i, head, Look("head", side=where))
        writer.put(sheet, _FIRST - 1, i, unit or None, Look("unit", side=where))
    options = option_members(plan)
    last = _FIRST + len(options) - 1
    numbers = {
        c.name: number_look(c.kind, c.unit, [live.value(c.shows(option)) for option in options]) for c in columns
    }
    for i, column in enumerate(columns, start=_LEFT):
        letter = get_column_letter(i)
        scale(sheet, {numbers[column.name].rules: [f"{letter}{_FIRST}:{letter}{last}"]})
    handles: dict[str, list[tree.Ref]] = {column.name: [] for column in columns}
    for here, option in enumerate(options, start=_FIRST):
        writer.show(sheet, here, 1, live.of("option_title", option), Look("key"))
        role = BASELINE if option.name == plan.book.baseline and plan.book.has_baseline else ""
        row = tree.Literal(float(plan.book.dimensions[_OPTION].index(option.name) + 1))
        writer.show(sheet, here, 2, choice(equal(shown.recommended, row), RECOMMENDED, role), Look())
        for i, column in enumerate(columns, start=_LEFT):
            look = Look("plain", numbers[column.name].form, side=side(column.kind))
            handles[column.name].append(writer.show(sheet, here, i, column.shows(option), look))
    view = View(sheet, tuple(columns), handles, last)
    _widths(writer, view, options)
    _colours(view, verdicts(plan.book))
    sheet.freeze_panes = f"C{_FIRST}"
    sheet.auto_filter.ref = f"A{_FIRST - 1}:{get_column_letter(_LEFT + len(columns) - 1)}{last}"
    return view


def _widths(writer: Writer, view: View, options: list[tree.Member]) -> None:
    live, sheet = writer.live, view.sheet
    titles = [str(live.value(live.of("option_title", option))) for option in options]
    sheet.column_dimensions["A"].width = min(40, max(18, *(len(t) * 1.05 + 2 for t in titles)))
    sheet.column_dimensions["B"].width = 14
    lines = 1
    for i, column in enumerate(view.columns, start=_LEFT):
        texts = [str(live.value(column.shows(option))) for option in options] if column.kind == "text" else []
        words = max(len(word) for word in column.title.split())
        width = max(12, words + 3, min(48, max(map(len, texts), default=0) + 2))
        sheet.column_dimensions[get_column_letter(i)].width = width
        lines = max(lines, len(wrap(column.title, int(width) - 1)))
    sheet.row_dimensions[_FIRST - 2].height = 13.5 * lines + 4


def _colours(view: View, good: dict[str, str]) -> None:
    """Colour the verdicts by their value, and the recommended option."""
    letters = {c.name: get_column_letter(i) for i, c in enumerate(view.columns, start=_LEFT)}

    def says(letter: str, word: str) -> tree.Node:
        return equal(tree.Ref(f"${letter}{_FIRST}"), tree.Literal(word))

    for name, own in letters.items():
        flag = letters.get(good.get(name, ""))
        if flag is not None:
            colour(view.sheet, f"{own}{_FIRST}:{own}{view.last}", says(flag, "yes"), says(flag, "no"))
    colour(view.sheet, f"A{_FIRST}:B{view.last}", says("B", RECOMMENDED), tree.Literal(False))
