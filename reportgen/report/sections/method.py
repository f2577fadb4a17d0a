"""The method in formulas, printed from the trees that were evaluated; each symbol is explained once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.lang.latex import to_latex, upright
from reportgen.report.numbers import unit_words
from reportgen.report.view import Formula, Paragraph, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.book.book import Quantity
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Block

__all__ = ["method_blocks"]

# How a screen reader says parts of a formula.
_SPOKEN = (("**", " to the power of "), ("*", " times "), ("/", " divided by "), ("_", " "), ("over=", "over "))


def method_blocks(reader: ResultsReader) -> Iterator[Block]:
    """Yield the sentences and formulas of the method section."""
    if reader.book.report.method_text:
        yield Paragraph(reader.book.report.method_text)
    explained: set[str] = set()
    for step in reader.book.report.method:
        if step.says:
            yield Paragraph(step.says)
        quantity = reader.quantity(step.quantity)
        if quantity.formula is not None:
            yield _formula(reader, quantity, quantity.formula, explained)


def _formula(reader: ResultsReader, quantity: Quantity, node: tree.Node, explained: set[str]) -> Formula:
    def symbol(name: str) -> str:
        return reader.quantity(name).symbol

    shown = _where_known(node)
    latex = f"{quantity.symbol or upright(quantity.name)} = {to_latex(shown, symbol)}"
    named = dict.fromkeys([quantity.name, *(n.name for n in tree.walk(shown) if isinstance(n, tree.Ref))])
    where = [_symbol(q) for n in named if n not in explained and not _plain(q := reader.quantity(n))]
    explained.update(named)
    return Formula(latex, f"{quantity.title} equals {_spoken(quantity.written)}", tuple(where))


def _where_known(node: tree.Node) -> tree.Node:
    """Return a formula without its guard against absent inputs."""
    while isinstance(node, tree.Call) and node.function == "if" and node.args[2] == tree.Literal(None):
        if not _asks_known(node.args[0]):
            break
        node = node.args[1]
    return node


def _asks_known(condition: tree.Node) -> bool:
    """Return whether a condition only tests whether values are known."""
    if not isinstance(condition, tree.Call):
        return condition == tree.Literal(False)
    if condition.function in ("and", "if"):
        return all(_asks_known(part) for part in condition.args)
    return condition.function == "known"


def _plain(quantity: Quantity) -> bool:
    """Return whether a quantity needs no explanation: not a number, or without unit and written like its title."""
    if quantity.type.kind != "number":
        return True
    words = quantity.name.replace("_", " ")
    return not quantity.symbol and quantity.title.lower() == words and not quantity.type.unit.label


def _symbol(quantity: Quantity) -> Symbol:
    unit = unit_words(quantity.type.unit) if quantity.type.kind == "number" else ""
    meaning = quantity.title[:1].lower() + quantity.title[1:] if quantity.title[1:2].islower() else quantity.title
    return Symbol(quantity.symbol or upright(quantity.name), quantity.name.replace("_", " "), meaning, unit)


def _spoken(written: str) -> str:
    for sign, words in _SPOKEN:
        written = written.replace(sign, words)
    return re.sub(r"\s+", " ", written)
