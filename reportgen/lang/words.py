"""The plain-text back end: a tree as the formula that a person would write, which reads back to the same tree."""

from __future__ import annotations

import itertools

from reportgen.lang import tree

__all__ = ["to_words"]

# Python's levels of binding, lowest first; an operand that binds less tightly than its place asks for is bracketed.
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


def to_words(node: tree.Node) -> str:
    """A tree as plain text; conversions of units are left out, as is a choice by the quantity named like a dimension.

    >>> to_words(tree.Call("-", (tree.Name("a"), tree.Call("-", (tree.Name("b"), tree.Literal(1.0))))))
    'a - (b - 1)'
    """
    return _print(node)[0]


def _print(node: tree.Node) -> tuple[str, int]:
    """The text and how tightly it binds."""
    match node:
        case tree.Literal():
            return _literal(node.value)
        case tree.Name():
            return node.name + _keys([_key(key) for key in node.keys]), _ATOM
        case tree.Member():
            return _quoted(node.name), _ATOM
        case tree.Key():
            return node.dimension, _ATOM
        case tree.Ref():
            chosen = [s for d, s in node.select if not (isinstance(s, tree.Ref) and s.name == d and not s.select)]
            return node.name + _keys([_key(s) for s in chosen]), _ATOM
        case tree.Convert():
            return _print(node.node)
        case tree.Call():
            return _call(node)
        case tree.Reduce():
            return _reduce(node), _ATOM
        case tree.Text():
            return _quoted("".join(_escaped(p) if isinstance(p, str) else _field(p) for p in node.parts)), _ATOM


def _at_least(node: tree.Node, level: int) -> str:
    text, found = _print(node)
    return text if found >= level else f"({text})"


def _literal(value: float | str | bool | None) -> tuple[str, int]:
    if value is None:
        return "absent", _ATOM
    if isinstance(value, str):
        return _quoted(_escaped(value)), _ATOM
    if isinstance(value, bool):
        return str(value), _ATOM
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return text, _SIGN if text.startswith("-") else _ATOM


def _call(node: tree.Call) -> tuple[str, int]:
    if node.function not in _FORMS:
        return f"{node.function}({', '.join(_print(a)[0] for a in node.args)})", _ATOM
    template, level, wanted = _FORMS[node.function]
    return template.format(*map(_at_least, node.args, wanted)), level


def _reduce(node: tree.Reduce) -> str:
    parts = [_print(node.of)[0]]
    if node.at is not None:
        parts.append(_print(node.at)[0])
    parts.append(f"over={node.over[0] if len(node.over) == 1 else '[' + ', '.join(node.over) + ']'}")
    if node.where is not None:
        parts.append(f"where={_print(node.where)[0]}")
    return f"{node.function}({', '.join(parts)})"


def _keys(keys: list[str]) -> str:
    return f"[{', '.join(keys)}]" if keys else ""


def _key(key: tree.Name | tree.Literal | tree.Member | tree.Ref) -> str:
    bare = isinstance(key, tree.Member) and key.name.isidentifier() and key.name.isascii()
    return key.name if isinstance(key, tree.Member) and bare else _print(key)[0]


def _field(field: tree.Field) -> str:
    text = _print(field.node)[0]
    if field.decimals is not None:
        return f"{{{text}:.{field.decimals}{'%' if field.percent else 'f'}}}"
    return f"{{{text}:}}" if ":" in text else f"{{{text}}}"


def _escaped(text: str) -> str:
    """Braces doubled, for a single one begins a value."""
    return text.replace("{", "{{").replace("}", "}}")


def _quoted(text: str) -> str:
    """A text in quotes; where it holds quotes of both kinds, in pieces side by side, which are read as one."""
    if "'" not in text or '"' not in text:
        return f'"{text}"' if "'" in text else f"'{text}'"
    pieces = ["".join(run) for _, run in itertools.groupby(text, key="'".__eq__)]
    return " ".join(f'"{piece}"' if "'" in piece else f"'{piece}'" for piece in pieces)
