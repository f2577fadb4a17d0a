"""The options of the dashboard and the charts: the baseline and the recommended one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.render.excel.plan.trees import equal
from reportgen.render.excel.sheets.styles import Look

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.render.excel.sheets.data import ChartData

__all__ = ["BASELINE", "RECOMMENDED", "ShownOptions", "shown_options"]

BASELINE, RECOMMENDED = "baseline", "recommended"
"""The words for the two options wherever their role is shown."""

_OPTION = "option"
_BASELINE_OPTION = "baseline_option"


@dataclass(frozen=True, slots=True)
class ShownOptions:
    """The two options, by handles of the cells with their rows in the table of options: an edit may change which."""

    baseline: tree.Ref
    recommended: tree.Ref
    has_baseline: bool
    """Whether the two may differ: where nothing exists yet, the first is the recommended option as well."""

    @property
    def roles(self) -> tuple[str, str]:
        """Return the words for the two, the second empty if they are always one."""
        return (BASELINE, RECOMMENDED) if self.has_baseline else (RECOMMENDED, "")

    @property
    def pair(self) -> tuple[tree.Ref, tree.Ref]:
        """Return the baseline and the recommended option."""
        return self.baseline, self.recommended

    @property
    def are_one(self) -> tree.Node:
        """Return whether the baseline is the recommended option."""
        return equal(self.recommended, self.baseline)


def shown_options(data: ChartData, book: Book) -> ShownOptions:
    """Return the baseline and the recommended option; a block holds their rows in the table of options."""
    block = data.block("Options that are shown", [("Which", ""), ("Option", ""), ("Row", "")])
    rows = []
    first = "Baseline" if book.has_baseline else "Recommended"
    for label, name in ((first, _BASELINE_OPTION), ("Recommended", book.roles.recommended)):
        row = block.next_row()
        block.put(row, 0, label, Look("key"))
        option = block.show(row, 1, tree.Ref(name), Look())
        rows.append(block.show_row(row, 2, option, _OPTION, Look("plain", "0")))
    return ShownOptions(rows[0], rows[1], book.has_baseline)
