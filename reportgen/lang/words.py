"""Print a tree as plain text: as the formula a person writes, which reads back to the same tree.

With titles in place of names, print it as a sentence for readers who do not know the names.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.lang.reductions import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["to_prose", "to_words"]

# Python's binding levels, loosest first; an operand that binds less tightly than its place requires is bracketed.
_IF, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(10)
_FORMS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "if": ("{1} if {0} else {2}", _IF, (_OR, _OR, _IF)),
    "or": ("{0} or {1}", _OR, (_OR, _AND)),
    "and": ("{0} and {1}", _AND, (_AND, _NOT)),
    "not": ("not {0}", _NOT, (_NOT,)),
    **{sign: (f"{{0}} {sign} {{1}}", _COMPARE, (_SUM, _SUM)) for sign in ("==", "!=", "<", "<=", ">", ">=")},
    **{sign: (f"{{0}} {sign} {{1}}", _SUM, (_SUM, _PRODUCT)) for sign in "+-"},
    **{sign: (f"{{0}} {sign} {{1}}", _PRODUCT, (_PRODUCT, _SIGN)) for sign in "*/"},
    "neg": ("-{0}", _SIGN, (_SIGN,)),
    "**": ("{0} ** {1}", _POWER, (_ATOM, _SIGN)),
}
_PROSE = {
    **_FORMS,
    **{sign: (f"{{0}} {shown} {{1}}", _COMPARE, (_SUM, _SUM))
       for sign, shown in (("==", "="), ("!=", "≠"), ("<=", "≤"), (">=", "≥"))},
    "*": ("{0} × {1}", _PRODUCT, (_PRODUCT, _SIGN)),
    "/": ("{0} ÷ {1}", _PRODUCT, (_PRODUCT, _SIGN)),
    "**": ("{0} ^ {1}", _POWER, (_ATOM, _SIGN)),
    "known": ("{0} is known", _COMPARE, (_SUM,)),
    "max": ("larger of", _ATOM, ()), "min": ("smaller of", _ATOM, ()), "floor": ("whole part of", _ATOM, ()),
    "ceil": ("next whole number of", _ATOM, ()),
}  # fmt: skip


def to_words(node: tree.Node) -> str:
    """Return a tree as plain text, without unit conversions and without selections that the reader infers.

    >>> to_words(tree.Call("-", (tree.Name("a"), tree.Call("-", (tree.Name("b"), tree.Literal(1.0))))))
    'a - (b - 1)'
    """
    return _Printer().print(node)[0]


def to_prose(node: tree.Node, title: Callable[[str], str]) -> str:
    """Return a tree as a sentence; `title` maps the name of a quantity to its title.

    >>> half = tree.Call("/", (tree.Ref("macs"), tree.Literal(2.0)))
    >>> to_prose(tree.Call("max", (half, tree.Literal(1.0))), {"macs": "multiply-adds"}.__getitem__)
    'larger of (multiply-adds ÷ 2, 1)'
    """
    return _Prose(title).print(node)[0]


class _Printer:
    """Prints trees as formulas; the methods return the text of one kind of node."""

    forms = _FORMS

    def print(self, node: tree.Node) -> tuple[str, int]:
        """Return the text and how tightly it binds."""
        match node:
            case tree.Literal():
                return self.literal(node.value)
            case tree.Name():
                return self.name(node.name) + _keys([self.key(key) for key in node.keys]), _ATOM
            case tree.Member():
                return _quoted(node.name), _ATOM
            case tree.Key():
                return node.dimension, _ATOM
            case tree.Ref():
                chosen = [s for d, s in node.select if not (isinstance(s, tree.Ref) and s.name == d and not s.select)]
                return self.name(node.name) + _keys([self.key(s) for s in chosen]), _ATOM
            case tree.Convert():
                return self.print(node.node)
            case tree.Call():
                return self.call(node)
            case tree.Reduce():
                return self.reduce(node), _ATOM
            case tree.Text():
                return self.text(node), _ATOM

    def at_least(self, node: tree.Node, level: int) -> str:
        """Return the text, in brackets if it binds less tightly than its place requires."""
        text, binding = self.print(node)
        return text if binding >= level else f"({text})"

    def name(self, name: str) -> str:
        """A quantity."""
        return name

    def literal(self, value: float | str | bool | None) -> tuple[str, int]:
        """A literal and how tightly it binds."""
        if value is None:
            return "absent", _ATOM
        if isinstance(value, str):
            return _quoted(_escaped(value)), _ATOM
        if isinstance(value, bool):
            return str(value), _ATOM
        text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        return text, _SIGN if text.startswith("-") else _ATOM

    def call(self, node: tree.Call) -> tuple[str, int]:
        """A call and how tightly it binds."""
        template, level, wanted = self.forms.get(node.function, (node.function, _ATOM, ()))
        if not wanted:
            return f"{template}({', '.join(self.print(a)[0] for a in node.args)})", level
        return template.format(*map(self.at_least, node.args, wanted)), level

    def reduce(self, node: tree.Reduce) -> str:
        """A reduction."""
        parts = [self.print(node.of)[0]]
        if node.at is not None:
            parts.append(self.print(node.at)[0])
        parts.append(f"over={node.over[0] if len(node.over) == 1 else '[' + ', '.join(node.over) + ']'}")
        if node.where is not None:
            parts.append(f"where={self.print(node.where)[0]}")
        return f"{node.function}({', '.join(parts)})"

    def text(self, node: tree.Text) -> str:
        """A text with embedded values."""
        return _quoted("".join(_escaped(p) if isinstance(p, str) else self.field(p) for p in node.parts))

    def key(self, key: tree.Name | tree.Literal | tree.Member | tree.Ref) -> str:
        """A key in square brackets."""
        bare = isinstance(key, tree.Member) and key.name.isidentifier() and key.name.isascii()
        return key.name if isinstance(key, tree.Member) and bare else self.print(key)[0]

    def field(self, field: tree.Field) -> str:
        """A value inside a text."""
        text = self.print(field.node)[0]
        if field.decimals is not None:
            return f"{{{text}:.{field.decimals}{'%' if field.percent else 'f'}}}"
        return f"{{{text}:}}" if ":" in text else f"{{{text}}}"


class _Prose(_Printer):
    """Prints trees as sentences."""

    forms = _PROSE

    def __init__(self, title: Callable[[str], str]) -> None:
        self.title = title

    def name(self, name: str) -> str:
        """The title of a quantity."""
        return self.title(name)

    def literal(self, value: float | str | bool | None) -> tuple[str, int]:
        """A literal; an absent value is printed as a dash, as in the report."""
        if value is None:
            return "–", _ATOM
        if isinstance(value, bool):
            return ("yes" if value else "no"), _ATOM
        return (f"“{value}”", _ATOM) if isinstance(value, str) else super().literal(value)

    def call(self, node: tree.Call) -> tuple[str, int]:
        """A call and how tightly it binds, with spaces as between words."""
        text, level = super().call(node)
        form = self.forms.get(node.function)
        return (text.replace("(", " (", 1) if form is not None and not form[2] else text), level

    def reduce(self, node: tree.Reduce) -> str:
        """A reduction in words."""
        parts = [self.print(node.of)[0], " and ".join(node.over).replace("_", " ")]
        parts.append(self.print(node.at)[0] if node.at is not None else "")
        where = f", where {self.print(node.where)[0]}" if node.where is not None else ""
        return REDUCTIONS[node.function].words.format(*parts) + where

    def text(self, node: tree.Text) -> str:
        """A text with the titles of its embedded values."""
        return f"“{''.join(p if isinstance(p, str) else f'[{self.print(p.node)[0]}]' for p in node.parts)}”"


def _keys(keys: list[str]) -> str:
    return f"[{', '.join(keys)}]" if keys else ""


def _escaped(text: str) -> str:
    """Double the braces, because a single one begins a value."""
    return text.replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    """Quote a text; one with both kinds of quotes becomes adjacent literals, which are read as one."""
    if "'" not in text or '"' not in text:
        return f'"{text}"' if "'" in text else f"'{text}'"
    pieces = ["".join(run) for _, run in itertools.groupby(text, key="'".__eq__)]
    return " ".join(f'"{piece}"' if "'" in piece else f"'{piece}'" for piece in pieces)
