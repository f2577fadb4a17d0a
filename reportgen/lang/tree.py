"""The frozen nodes of a formula. A node knows nothing of its printed forms, its type or its place in a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

__all__ = [
    "Call",
    "Convert",
    "Field",
    "Key",
    "Literal",
    "Member",
    "Name",
    "Node",
    "Reduce",
    "Ref",
    "Text",
    "references",
    "replaced",
    "walk",
    "walk_outside",
]

Place = tuple[int, int]
"""Start and end offset in the formula's text."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false, or None for absent."""

    value: float | str | bool | None
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as written, with its keys in square brackets; the checker replaces it by a Ref or a Key."""

    name: str
    keys: tuple[Name | Literal, ...] = ()
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """One named member of a dimension."""

    dimension: str
    name: str
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Key:
    """The member of a dimension that the current row belongs to."""

    dimension: str
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ref:
    """A quantity; for each selected dimension, the selected member, fixed or given by another quantity."""

    name: str
    select: tuple[tuple[str, Member | Ref], ...] = ()
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function or operator of `functions.FUNCTIONS`."""

    function: str
    args: tuple[Node, ...]
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reduce:
    """A reduction of a named quantity, optionally where a flag holds; `at` is the value that `find` seeks."""

    function: str
    of: Name | Ref
    over: tuple[str, ...]
    where: Name | Ref | None = None
    at: Node | None = None
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Convert:
    """A unit conversion: the value multiplied by an exact factor."""

    node: Node
    factor: Fraction
    place: Place = field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A value inside a text, with fixed decimals, optionally as a percentage; None prints a text or member as is."""

    node: Node
    decimals: int | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text with embedded values."""

    parts: tuple[str | Field, ...]
    place: Place = field(default=(0, 0), compare=False, repr=False)


Node = Literal | Name | Member | Key | Ref | Call | Reduce | Convert | Text


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below a node, selectors included."""
    if isinstance(node, Call):
        return node.args
    if isinstance(node, Ref):
        return tuple(selector for _, selector in node.select)
    if isinstance(node, Reduce):
        return tuple(n for n in (node.of, node.where, node.at) if n is not None)
    if isinstance(node, Convert):
        return (node.node,)
    if isinstance(node, Text):
        return tuple(part.node for part in node.parts if isinstance(part, Field))
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all nodes below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def walk_outside(node: Node) -> Iterator[Node]:
    """Yield the node and all nodes below it that read the current row: everything but the operands of reductions."""
    yield node
    if not isinstance(node, Reduce):
        for child in children(node):
            yield from walk_outside(child)


def references(node: Node) -> frozenset[str]:
    """Return the names of the quantities that a checked formula reads."""
    return frozenset(n.name for n in walk(node) if isinstance(n, Ref))


def replaced(node: Node, old: Member, new: Member) -> Node:
    """Return the tree with one member replaced by another."""
    match node:
        case Member():
            return new if node == old else node
        case Call():
            return replace(node, args=tuple(replaced(a, old, new) for a in node.args))
        case Ref():
            return replace(node, select=tuple((d, _selector(replaced(s, old, new))) for d, s in node.select))
        case Convert():
            return replace(node, node=replaced(node.node, old, new))
        case Text():
            parts = (p if isinstance(p, str) else replace(p, node=replaced(p.node, old, new)) for p in node.parts)
            return replace(node, parts=tuple(parts))
    return node


def _selector(node: Node) -> Member | Ref:
    assert isinstance(node, Member | Ref)
    return node
