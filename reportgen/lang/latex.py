"""Print a checked tree as LaTeX, for the method section."""

from __future__ import annotations

from collections.abc import Callable

from reportgen.lang import tree
from reportgen.lang.functions import ATOM, FUNCTIONS, LOOSE
from reportgen.lang.reductions import REDUCTIONS

__all__ = ["escaped", "to_latex", "upright"]

Symbol = Callable[[str], str]
"""Maps the name of a quantity to its LaTeX symbol, or to an empty text if it has none."""


def to_latex(node: tree.Node, symbol: Symbol) -> str:
    """Return a tree as LaTeX, without unit conversions, because units are stated next to the formula.

    Args:
        node: A checked tree.
        symbol: Maps the name of a quantity to its symbol; a name without a symbol is set upright.
    """
    return _Printer(symbol).print(node)[0]


def upright(name: str) -> str:
    """Return a name in upright type, its words separated by spaces."""
    return r"\mathrm{" + name.replace("_", r"\ ") + "}"


def escaped(text: str) -> str:
    """Escape plain text for use inside a formula."""
    kept = "".join(f"\\{c}" if c in "#$%&_{}" else " " if c in "\\~^" else c for c in text)
    return r"\text{" + (kept or "–") + "}"


class _Printer:
    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol

    def print(self, node: tree.Node) -> tuple[str, int]:
        """Return the LaTeX and how tightly it binds."""
        match node:
            case tree.Literal():
                return _literal(node), ATOM
            case tree.Member() | tree.Key():
                return escaped(node.name if isinstance(node, tree.Member) else node.dimension), ATOM
            case tree.Ref():
                return self._ref(node), ATOM
            case tree.Convert():
                return self.print(node.node)
            case tree.Call("if"):
                return self._choice(node)
            case tree.Call():
                form = FUNCTIONS[node.function].latex
                args = [self.at_least(argument, form.wanted(i)) for i, argument in enumerate(node.args)]
                if "{*}" in form.template:
                    return form.template.replace("{*}", ",\\ ".join(args)), form.level
                return form.template.format(*args), form.level
            case tree.Reduce():
                return self._reduce(node), ATOM - 1
            case tree.Text():
                return escaped("".join(p if isinstance(p, str) else "..." for p in node.parts)), ATOM
        raise TypeError(node)

    def at_least(self, node: tree.Node, level: int) -> str:
        """Return the LaTeX, in brackets if it binds less tightly than its place requires."""
        text, binding = self.print(node)
        return text if binding >= level else rf"\left({text}\right)"

    def _choice(self, node: tree.Call) -> tuple[str, int]:
        """Return a choice with one line per condition; one made from `and` or `or` is printed as that."""
        condition, then, otherwise = node.args
        if _is(otherwise, truth=False):
            return self.print(tree.Call("and", (condition, then)))
        if _is(then, truth=True):
            return self.print(tree.Call("or", (condition, otherwise)))
        lines: list[str] = []
        rest: tree.Node = node
        while isinstance(rest, tree.Call) and rest.function == "if":
            condition, then, rest = rest.args
            lines.append(rf"{self.at_least(then, LOOSE)} & \text{{if }} {self.at_least(condition, LOOSE)}")
        lines.append(rf"{self.at_least(rest, LOOSE)} & \text{{otherwise}}")
        rows = r" \\ ".join(lines)
        return rf"\begin{{cases}} {rows} \end{{cases}}", ATOM

    def _ref(self, node: tree.Ref) -> str:
        text = self.symbol(node.name) or upright(node.name)
        chosen = [s for d, s in node.select if not (isinstance(s, tree.Ref) and s.name == d)]
        if not chosen:
            return text
        marks = ",\\ ".join(
            escaped(s.name.replace("_", " ")) if isinstance(s, tree.Member) else self._ref(s) for s in chosen
        )
        return f"{{{text}}}_{{{marks}}}" if "_" not in text else f"{text}\\left[{marks}\\right]"

    def _reduce(self, node: tree.Reduce) -> str:
        over = ",\\ ".join(escaped(d.replace("_", " ")) for d in node.over)
        body = self.at_least(node.of, LOOSE)
        if node.where is not None:
            over += rf",\ {self.at_least(node.where, LOOSE)}"
        sign = REDUCTIONS[node.function].latex
        if node.at is not None:
            body = rf"{body} = {self.at_least(node.at, LOOSE)}"
        return f"{sign}_{{{over}}} {body}"


def _is(node: tree.Node, *, truth: bool) -> bool:
    """Return whether a tree is the literal true (or false); the numbers 1 and 0 are not."""
    return isinstance(node, tree.Literal) and node.value is truth


def _literal(node: tree.Literal) -> str:
    if node.value is None:
        return escaped("absent")
    if isinstance(node.value, bool | str):
        return escaped(str(node.value).lower() if isinstance(node.value, bool) else node.value)
    whole = node.value == int(node.value) and abs(node.value) < 1e15
    return str(int(node.value)) if whole else f"{node.value:g}"
