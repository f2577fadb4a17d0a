"""Which columns are verdicts, by the book's requirements, and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle

from reportgen.lang import tree
from reportgen.render.excel.plan.trees import both, equal, known, rule
from reportgen.render.excel.sheets.styles import FILLS

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from reportgen.book.book import Book, Quantity
    from reportgen.render.excel.sheets.tables import Placed

__all__ = ["colour", "colour_verdicts", "verdicts"]


def verdicts(book: Book) -> dict[str, str]:
    """Return each quantity that is a verdict, with the flag that says whether it is a good one.

    Verdicts are what requirements test and the texts they show, and quantities that only repeat a verdict.
    """
    roles = book.roles
    whole = {
        roles.feasible: roles.feasible, roles.runs: roles.runs, roles.verdict: roles.feasible, roles.met: roles.met,
    }  # fmt: skip
    flags = {name: flag for name, flag in whole.items() if name in book.quantities and flag in book.quantities}
    met, says = book.quantities.get(roles.met), book.quantities.get(roles.says)
    for key, node in met.cells.items() if met is not None else ():
        if isinstance(node, tree.Ref):
            flags[node.name] = node.name
            text = says.cells.get(key) if says is not None else None
            for name in _texts(book, text):
                flags[name] = node.name
    for quantity in book.quantities.values():
        if isinstance(quantity.formula, tree.Ref) and quantity.formula.name in flags and quantity.type.kind == "flag":
            flags[quantity.name] = quantity.name
    return flags


def _texts(book: Book, node: tree.Node | None) -> list[str]:
    """Return the quantity that a text consists of, if the text is nothing else."""
    read = [n.name for n in tree.walk(node) if isinstance(n, tree.Ref)] if node is not None else []
    return read if len(read) == 1 and book.quantities[read[0]].type.kind == "text" else []


def colour_verdicts(sheet: Worksheet, placed: Placed, book: Book) -> None:
    """Colour the main verdicts of a table: whether it fits, whether it is feasible, and both in words.

    Those of each requirement are not coloured: LibreOffice 7.4 fails to print when colours depend on many columns.
    """
    if not placed.table.keys:
        return
    fits, feasible = book.roles.fits, book.roles.feasible
    main = {
        fits,
        feasible,
        *(n for n, q in book.quantities.items() if _repeated(q) in (fits, feasible, book.roles.runs)),
    }
    for name, flag in verdicts(book).items():
        if name in placed.letters and flag in placed.letters and flag in main:
            own = placed.letters[name]
            area = f"{own}{placed.row}:{own}{placed.last}"
            cell = tree.Ref(f"${placed.letters[flag]}{placed.row}")
            # LibreOffice treats a truth value from another table as a number
            yes, no = (equal(cell, tree.Literal(truth)) for truth in (True, False))
            colour(sheet, area, yes, both(known(cell), no))


def _repeated(quantity: Quantity) -> str:
    """Return the quantity that another only repeats, as for another option; empty if it does more."""
    return quantity.formula.name if isinstance(quantity.formula, tree.Ref) else ""


def colour(sheet: Worksheet, area: str, good: tree.Node, bad: tree.Node) -> None:
    """Colour cells by two conditions, for good and bad, that are relative to the first cell."""
    for condition, fill in ((good, "good"), (bad, "bad")):
        look = DifferentialStyle(fill=PatternFill("solid", bgColor=FILLS[fill]), font=Font(bold=fill == "bad"))
        sheet.conditional_formatting.add(area, Rule(type="expression", formula=[rule(condition)], dxf=look))
