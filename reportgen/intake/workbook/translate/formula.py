"""Parse Excel formulas: into tokens in which references are replaced by their meaning, and into trees."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from reportgen.ooxml.addresses import CELLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Node", "Token", "Unreadable", "normal", "parse", "tokens"]

Token: TypeAlias = tuple[str, object]
"""Kind and content: number, text, logical, error, ref, call, sign."""

Node: TypeAlias = tuple[object, ...]
"""A tree: `("number", 2.0)`, `("ref", meaning)`, `("call", "MIN", ...)`, `("+", a, b)`, `("neg", a)`."""


class Unreadable(Exception):  # noqa: N818 - not an error of ours: the formula is then told as it is
    """A formula contains something that our language cannot express; the message says what."""


_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<text>"(?:[^"]|"")*")
  | (?P<error>\#(?:N/A|[A-Z0-9/]+[!?]))
  | (?P<ref>
        (?:(?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)?
        {CELLS} (?![\w(.\[])
      | [A-Za-z_]\w*\[ (?: [^\[\]'] | '. | \[ (?: [^\[\]'] | '. )* \] )* \]
    )
  | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
  | (?P<call>[A-Za-z_][\w.]*)\(
  | (?P<name>[A-Za-z_\\][\w.]*)
  | (?P<sign><>|<=|>=|[-+*/^&=<>%(),;@])
    """,
    re.VERBOSE,
)
_LOGICAL = {"TRUE": True, "FALSE": False}


def tokens(text: str, meaning: Callable[[str], object]) -> tuple[Token, ...]:
    """Return the tokens of a formula without the leading `=`.

    Args:
        text: the formula as stored in the file.
        meaning: maps a reference or name to its meaning; equal meanings are the same cells.

    Raises:
        Unreadable: something in it does not exist in our formulas.
    """
    return tuple((kind, meaning(str(part))) if kind == "ref" else (kind, part) for kind, part in _split(text))


@lru_cache(maxsize=1_000)  # the formula of a built column is in each of its rows
def _split(text: str) -> tuple[Token, ...]:
    """Return the tokens of a formula, with references as written."""
    result: list[Token] = []
    start = 0
    while start < len(text):
        match = _TOKEN.match(text, start)
        if match is None:
            what = "a link to another workbook" if text[start] == "[" else f"'{text[start : start + 20]}'"
            raise Unreadable(what)
        start = match.end()
        kind, part = match.lastgroup, match[0]
        if kind == "space" or part == "@":
            continue
        if kind == "number":
            result.append(("number", float(part)))
        elif kind == "text":
            result.append(("text", part[1:-1].replace('""', '"')))
        elif kind == "call":
            result.append(("call", match["call"].upper().removeprefix("_XLFN.").removeprefix("_XLWS.")))
        elif kind in ("ref", "name"):
            logical = _LOGICAL.get(part.upper()) if kind == "name" else None
            result.append(("ref", part) if logical is None else ("logical", logical))
        else:
            result.append((str(kind), part))
    return tuple(_joined(result))


def _joined(raw: list[Token]) -> Iterator[Token]:
    """Replace `TRUE()` by TRUE, and argument separators by commas."""
    skip = 0
    for i, (kind, part) in enumerate(raw):
        if skip:
            skip -= 1
        elif kind == "call" and part in _LOGICAL and raw[i + 1 : i + 2] == [("sign", ")")]:
            skip = 1
            yield "logical", _LOGICAL[str(part)]
        else:
            yield kind, "," if (kind, part) == ("sign", ";") else part


_BINARY = {
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">="), 1),
    "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5,
}  # fmt: skip
MAX_DEPTH = 200


@lru_cache(maxsize=50_000)
def parse(stream: tuple[Token, ...]) -> Node:
    """Return the tree of a formula's tokens; brackets leave no trace.

    Raises:
        Unreadable: the tokens are not a valid formula.
    """
    reader = _Reader(stream)
    node = reader.expression(0, 0)
    if reader.position != len(stream):
        raise Unreadable(f"'{reader.here()}'")
    return node


class _Reader:
    def __init__(self, stream: tuple[Token, ...]) -> None:
        self.tokens, self.position = stream, 0

    def here(self) -> str:
        """Return the current token as text."""
        return str(self.tokens[self.position][1]) if self.position < len(self.tokens) else "its end"

    def sign(self) -> str:
        """Return the current sign, or an empty text."""
        if self.position < len(self.tokens) and self.tokens[self.position][0] == "sign":
            return str(self.tokens[self.position][1])
        return ""

    def expression(self, least: int, depth: int) -> Node:
        """Parse an operand and the operators that bind at least this tightly; all operators are left-associative."""
        if depth > MAX_DEPTH:
            raise Unreadable("more levels than a workbook may have")
        left, chain = self.operand(depth), 0
        while (level := _BINARY.get(self.sign(), 0)) > least:
            symbol = self.sign()
            self.position += 1
            chain = self.longer(chain)
            left = (symbol, left, self.expression(level, depth + 1))
        return left

    def operand(self, depth: int) -> Node:
        """Parse a sign, a value, a call or brackets, with any per cent signs after it."""
        if self.sign() in ("-", "+"):
            symbol = self.sign()
            self.position += 1
            inner = self.expression(_BINARY["^"], depth + 1)  # a sign binds more tightly than a power
            return ("neg", inner) if symbol == "-" else inner
        node, chain = self.value(depth), 0
        while self.sign() == "%":
            self.position += 1
            chain = self.longer(chain)
            node = ("percent", node)
        return node

    def longer(self, chain: int) -> int:
        """Count one more link of a chain, because each is a level of the tree."""
        if chain >= MAX_DEPTH:
            raise Unreadable(f"more than {MAX_DEPTH} operations in a row")
        return chain + 1

    def value(self, depth: int) -> Node:
        """Parse a value, a call or brackets."""
        if self.position >= len(self.tokens):
            raise Unreadable("a formula that breaks off")
        kind, part = self.tokens[self.position]
        self.position += 1
        if kind == "call":
            given = self.arguments(depth)
            return ("^", *given) if part == "POWER" and len(given) == 2 else ("call", part, *given)
        if (kind, part) == ("sign", "("):
            node = self.expression(0, depth + 1)
            self.close()
            return node
        if kind == "sign":
            raise Unreadable(f"'{part}' where a value belongs")
        return (kind, part)

    def arguments(self, depth: int) -> list[Node]:
        """Parse the arguments of a call, up to its closing bracket."""
        if self.sign() == ")":
            self.position += 1
            return []
        arguments = [self.argument(depth)]
        while self.sign() == ",":
            self.position += 1
            self.longer(len(arguments))
            arguments.append(self.argument(depth))
        self.close()
        return arguments

    def argument(self, depth: int) -> Node:
        """Parse one argument, which may be empty."""
        return ("missing",) if self.sign() in (",", ")") else self.expression(0, depth + 1)

    def close(self) -> None:
        """Consume the closing bracket."""
        if self.sign() != ")":
            raise Unreadable(f"a bracket that is not closed before '{self.here()}'")
        self.position += 1


def normal(node: Node) -> Node:
    """Return the tree in a normal form: constants of a product collected in front, equivalent spellings unified.

    >>> normal(("*", ("/", ("ref", "a"), ("number", 4.0)), ("number", 2.0)))
    ('product', '0.5', ((1, ('ref', 'a')),))
    """
    if node[0] in ("*", "/", "number", "percent", "neg"):
        constant, parts = _factors(node, 1)
        return ("product", f"{constant:.12g}", tuple(parts)) if parts else ("number", f"{constant:.12g}")
    if node[0] == "ref":
        return node
    if node[:2] == ("call", "NOT") and isinstance(node[2], tuple) and node[2][0] == "<>" and ("text", "") in node[2]:
        return normal(("=", *node[2][1:]))
    if node[:2] in (("call", "AND"), ("call", "OR")):
        return ("call", node[1], *(normal(part) for part in _flat(node)))
    return tuple(normal(part) if isinstance(part, tuple) else part for part in node)


def _flat(node: Node) -> list[Node]:
    """Return the arguments of an AND or OR, including those of nested ones of the same kind."""
    parts: list[Node] = []
    for part in node[2:]:
        assert isinstance(part, tuple)
        parts += _flat(part) if part[:2] == node[:2] else [part]
    return parts


def _factors(node: Node, sign: int) -> tuple[float, list[tuple[int, Node]]]:
    """Return a product's constant, and its other factors, each with 1 or, for divisors, -1."""
    kind = node[0]
    if kind in ("*", "/"):
        left, right = node[1], node[2]
        assert isinstance(left, tuple)
        assert isinstance(right, tuple)
        (a, first), (b, second) = _factors(left, sign), _factors(right, sign if kind == "*" else -sign)
        return a * b, [*first, *second]
    if kind == "number":
        value = float(str(node[1]))
        return (value if sign == 1 else 1 / value if value else float("inf")), []
    inner = node[1]
    if kind in ("percent", "neg") and isinstance(inner, tuple):
        constant, parts = _factors(inner, sign)
        return constant * (-1.0 if kind == "neg" else 0.01**sign), parts
    return 1.0, [(sign, normal(node))]
