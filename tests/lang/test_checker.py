"""Checking: which tree, unit and index set a formula gets, and what is said about the usual mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang import tree
from reportgen.lang.checker import Scope, check
from reportgen.lang.reader import Source, read_formula
from reportgen.lang.types import Type
from reportgen.lang.units import parse_unit

if TYPE_CHECKING:
    from reportgen.errors import Problem
    from reportgen.lang.types import Kind, Typed


def quantity(unit: str = "1", *per: str, kind: Kind = "number", optional: bool = False, of: str = "") -> Type:
    return Type("member" if of else kind, parse_unit(unit), frozenset(per), optional, of)


SCOPE = Scope(
    {
        "time": quantity("ms", "option"),
        "total_time": quantity("s"),
        "target": quantity("s", optional=True),
        "limit": quantity("ms", "option", optional=True),
        "ratio": quantity(),
        "share": quantity("%", "option"),
        "users": quantity("user"),
        "price": quantity("USD/h", "chip"),
        "fused": quantity("1", "option", kind="flag"),
        "fast": quantity("1", "option", "stage", kind="flag"),
        "label": quantity("1", "option", kind="text"),
        "model": quantity("1", "option", of="model"),
        "based_on": quantity("1", "option", of="option"),
        "second": quantity("1", "option", of="model", optional=True),
        "size": quantity("GB", "model"),
        "layers": quantity("1", "model"),
        "vocabulary": quantity("1", "model", optional=True),
        "memory": quantity("GiB", "chip"),
        "ops": quantity("FLOP", "option", "stage"),
        "scores": quantity("1", "option", "stage", optional=True),
    },
    {
        "option": ["base", "quick"],
        "model": ["small", "Big-7B"],
        "chip": ["H100", "TPU"],
        "stage": ["prefill", "decode"],
    },
)


def found(text: str, per: tuple[str, ...], wanted: Type | None) -> tuple[Typed | None, list[Problem]]:
    problems: list[Problem] = []
    source = Source.bare(text)
    node = read_formula(source, problems.append)
    assert node is not None, problems
    return check(node, source, SCOPE, per, wanted, problems.append), problems


def checked(text: str, *per: str, wanted: Type | None = None) -> Typed:
    typed, problems = found(text, per, wanted)
    assert typed is not None, problems
    assert problems == []
    return typed


def refused(text: str, *per: str, wanted: Type | None = None) -> Problem:
    typed, problems = found(text, per, wanted)
    assert typed is None
    (problem,) = problems
    return problem


def call(function: str, *args: tree.Node) -> tree.Call:
    return tree.Call(function, args)


def ref(name: str, **select: tree.Member | tree.Ref) -> tree.Ref:
    return tree.Ref(name, tuple(sorted(select.items())))


def member(dimension: str, name: str) -> tree.Member:
    return tree.Member(dimension, name)


def number(value: float) -> tree.Literal:
    return tree.Literal(float(value))


TIME, TOTAL, TARGET, LIMIT, FUSED = ref("time"), ref("total_time"), ref("target"), ref("limit"), ref("fused")
ABSENT, FALSE, TRUE = tree.Literal(None), tree.Literal(False), tree.Literal(True)
KNOWN = call("known", TARGET)
