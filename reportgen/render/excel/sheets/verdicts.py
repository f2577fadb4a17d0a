"""Which columns say that something is as it must be, by the requirements of the book, and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle

from reportgen.lang import tree
from reportgen.render.excel.sheets.styles import FILLS

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Book
    from reportgen.render.excel.sheets.tables import Placed

__all__ = ["colour", "colour_verdicts", "verdicts"]

_WHOLE = {"feasible": "feasible", "runs": "runs", "verdict": "feasible", "is_met": "is_met"}

_SHOWN = ("fits", "feasible")


def verdicts(book: Book) -> dict[str, str]:
    """Each quantity that is a verdict, with the flag that says whether it is a good one.

    Verdicts are what the requirements look at and what they say, and quantities that only repeat a verdict.
    """
    found = {name: flag for name, flag in _WHOLE.items() if name in book.quantities and flag in book.quantities}
    met, says = book.quantities.get("is_met"), book.quantities.get("says")
    for key, node in met.cells.items() if met is not None else ():
        if isinstance(node, tree.Ref):
            found[node.name] = node.name
            said = says.cells.get(key) if says is not None else None
            for name in _texts(book, said):
                found[name] = node.name
    for quantity in book.quantities.values():
        if isinstance(quantity.formula, tree.Ref) and quantity.formula.name in found and quantity.type.kind == "flag":
            found[quantity.name] = quantity.name
    return found


def _texts(book: Book, node: tree.Node | None) -> list[str]:
    """The text that a sentence consists of, where it is one and nothing else."""
    read = [n.name for n in tree.walk(node) if isinstance(n, tree.Ref)] if node is not None else []
    return read if len(read) == 1 and book.quantities[read[0]].type.kind == "text" else []


def colour_verdicts(sheet: Worksheet, placed: Placed, book: Book) -> None:
    """Colour the verdicts of a table that people look at: whether it fits, whether it is feasible, and both in words.

    Not those of each requirement: where LibreOffice 7.4 computes many columns for their colours it fails to print.
    """
    if not placed.table.keys:
        return
    for name, flag in verdicts(book).items():
        if name in placed.letters and flag in placed.letters and flag.rpartition("_")[2] in _SHOWN:
            own = placed.letters[name]
            area = f"{own}{placed.row}:{own}{placed.last}"
            cell = f"${placed.letters[flag]}{placed.row}"
            # LibreOffice takes truth that comes from another table for a number
            colour(sheet, area, f"{cell}=TRUE", f'AND({cell}<>"",{cell}=FALSE)')


def colour(sheet: Worksheet, area: str, good: str, bad: str) -> None:
    """Colour cells where a formula holds for the first of them, and where another does."""
    for formula, fill in ((good, "good"), (bad, "bad")):
        look = DifferentialStyle(fill=PatternFill("solid", bgColor=FILLS[fill]), font=Font(bold=fill == "bad"))
        sheet.conditional_formatting.add(area, Rule(type="expression", formula=[formula], dxf=look))
