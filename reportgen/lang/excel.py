"""Print a checked tree as an Excel formula, with brackets by Excel's own precedence."""

from __future__ import annotations

from collections.abc import Callable

from reportgen.lang import tree
from reportgen.lang.functions import ATOM, COMPARE, CONCAT, FUNCTIONS, LOOSE, PRODUCT

__all__ = ["MAX_FORMULA", "number", "quoted", "to_excel"]

MAX_FORMULA = 8192
"""The most characters that Excel accepts in one formula."""
_MAX_TEXT = 255

Refer = Callable[["tree.Ref | tree.Key | tree.Member"], str]
_Printed = tuple[str, int]


def to_excel(node: tree.Node, refer: Refer, reduce: Callable[[tree.Reduce], str] | None = None) -> str:
    """Return the text of the formula, without the leading equals sign.

    Args:
        node: A checked tree.
        refer: The text for a reference, a key or a member.
        reduce: The text for a reduction; its ranges belong to the workbook's layout.
    """
    return _Printer(refer, reduce).print(node)[0]


class _Printer:
    def __init__(self, refer: Refer, reduce: Callable[[tree.Reduce], str] | None) -> None:
        self.refer, self.reduce = refer, reduce

    def print(self, node: tree.Node) -> _Printed:
        """Return the text and how tightly it binds."""
        match node:
            case tree.Literal():
                return _literal(node)
            case tree.Ref() | tree.Key() | tree.Member():
                return self.refer(node), ATOM
            case tree.Convert():
                return self._convert(node)
            case tree.Call():
                return self._call(node)
            case tree.Text():
                return self._text(node)
            case tree.Reduce() if self.reduce is not None:
                return self.reduce(node), ATOM
        raise TypeError(node)

    def at_least(self, node: tree.Node, level: int) -> str:
        """Return the text, in brackets if it binds less tightly than its place requires.

        IronCalc loses the brackets around a comparison that is compared.
        """
        text, binding = self.print(node)
        if binding >= level:
            return text
        return f"IF({text},TRUE,FALSE)" if binding == COMPARE else f"({text})"

    def _call(self, node: tree.Call) -> _Printed:
        form = FUNCTIONS[node.function].excel
        args = [self.at_least(argument, form.wanted(i)) for i, argument in enumerate(node.args)]
        return form.template.replace("{*}", ",".join(args)) if "{*}" in form.template else form.template.format(
            *args
        ), form.level

    def _convert(self, node: tree.Convert) -> _Printed:
        text = self.at_least(node.node, PRODUCT)
        if node.factor.numerator != 1:
            text += f"*{number(float(node.factor.numerator))}"
        if node.factor.denominator != 1:
            text += f"/{number(float(node.factor.denominator))}"
        return text, PRODUCT

    def _text(self, node: tree.Text) -> _Printed:
        parts = [quoted(p) if isinstance(p, str) else self._field(p) for p in node.parts]
        return "&".join(parts) or '""', CONCAT if len(parts) > 1 else ATOM

    def _field(self, field: tree.Field) -> str:
        if field.decimals is None:
            return self.at_least(field.node, CONCAT + 1)
        # FIXED alone rounds differently: LibreOffice prints 1.005 as 1.00, IronCalc prints -0.1 as -0,
        # and 1.005*100 is slightly below 100.5
        text, decimals = self.at_least(field.node, LOOSE), field.decimals
        if field.percent:
            return f'FIXED(ROUND({text},{decimals + 2})*100,{decimals},TRUE)&"%"'
        return f"FIXED(ROUND({text},{decimals}),{decimals},TRUE)"


def _literal(node: tree.Literal) -> _Printed:
    if node.value is None:
        return '""', ATOM
    if isinstance(node.value, bool):
        return "TRUE" if node.value else "FALSE", ATOM
    if isinstance(node.value, str):
        text = quoted(node.value)
        return text, CONCAT if len(node.value) > _MAX_TEXT else ATOM
    text = number(node.value)
    return text, LOOSE if text.startswith("-") else ATOM


def number(value: float) -> str:
    """Return a number in a formula's notation, with all its digits.

    >>> number(2.0), number(0.1), number(1e20)
    ('2', '0.1', '1E+20')
    """
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value).upper()


def quoted(text: str) -> str:
    """Return a text literal; texts longer than Excel allows in one literal are joined from pieces."""
    pieces = [text[i : i + _MAX_TEXT] for i in range(0, len(text), _MAX_TEXT)] or [""]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)
