"""The data flow in a layer: the operators that run, and the results and caches that each of them reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reportgen.book.book import Member

__all__ = ["CACHE", "LAYER", "OUTPUT", "WORDS", "Edge", "Flow", "Traffic", "flow"]

LAYER, CACHE, OUTPUT = "layer", "cache", "output"
WORDS = (LAYER, CACHE, OUTPUT)

Edge: TypeAlias = tuple[str, str]
Inputs: TypeAlias = "Mapping[str, tuple[tuple[str, ...], ...]]"
"""The inputs of each operator, as groups of names: the first of a group that runs is used."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The operators that run, and those that access the KV cache; `blind` ones read only the cache."""

    runs: frozenset[str]
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    blind: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flow:
    """The operators of a layer and those after the last layer, in order, and the edges between them."""

    within: tuple[str, ...]
    after: tuple[str, ...]
    edges: tuple[Edge, ...]


def flow(members: Collection[Member], traffic: Traffic) -> Flow:
    """Return the edges between the operators that run.

    An operator reads those of its inputs that run. If none of them runs, it reads their inputs instead. Data written to
    the cache and read from it passes through the cache only. Results that no operator reads leave the layer.
    """
    inputs = {member.name: member.inputs for member in members}
    behind = _behind(inputs)
    ends = tuple((name,) for name in inputs if inputs[name] and name not in behind and not _taken(name, inputs, behind))
    running = [name for name in inputs if name in traffic.runs]
    edges = [edge for name in running for edge in _edges_to(name, inputs, traffic)]
    edges += [(source, OUTPUT) for source in _feeds(ends, inputs, traffic.runs) if source != CACHE]
    edges += [(name, CACHE) for name in running if name in traffic.writes]
    edges += [(CACHE, name) for name in running if name in traffic.reads]
    given, taken = {target for _, target in edges}, {source for source, _ in edges}
    edges += [(name, OUTPUT) for name in running if name in given - taken - behind]
    # Everything that operators after the last layer read is an output of the layer, and no edge leads back.
    edges = [(OUTPUT if target in behind and source not in behind else source, target) for source, target in edges]
    return Flow(
        tuple(name for name in running if name not in behind),
        tuple(name for name in running if name in behind),
        tuple(dict.fromkeys(edge for edge in edges if edge[0] not in behind or edge[1] in behind)),
    )


def _edges_to(name: str, inputs: Inputs, traffic: Traffic) -> Iterator[Edge]:
    """Yield the edges to an operator, except those from the cache."""
    if name in traffic.blind:
        return
    through_cache = traffic.writes if name in traffic.reads else frozenset[str]()
    for source in _feeds(inputs[name], inputs, traffic.runs):
        if source != CACHE and source not in through_cache:
            yield source, name


def _feeds(choices: tuple[tuple[str, ...], ...], inputs: Inputs, runs: frozenset[str]) -> list[str]:
    """Return the running operators and the special inputs that feed an operator with these inputs."""
    sources, missing = list[str](), list[str]()
    for choice in choices:
        taken = next((name for name in choice if name in runs or name in WORDS), None)
        if taken is not None:
            sources.append(taken)
        else:
            missing += [name for name in choice if name in inputs][:1]
    if not any(name in runs for name in sources):
        sources += [source for name in missing for source in _feeds(inputs[name], inputs, runs)]
    return list(dict.fromkeys(sources))


def _behind(inputs: Inputs) -> frozenset[str]:
    """Return the operators after the last layer: they read its output, or the result of such an operator."""
    behind = {OUTPUT}
    while True:
        more = {n for n, choices in inputs.items() if n not in behind and any(behind & set(c) for c in choices)}
        if not more:
            return frozenset(behind - {OUTPUT})
        behind |= more


def _taken(name: str, inputs: Inputs, behind: frozenset[str]) -> bool:
    """Return whether another operator of the layer reads a result."""
    return any(name in choice for other, choices in inputs.items() if other not in behind for choice in choices)
