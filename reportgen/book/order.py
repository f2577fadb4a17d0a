"""Derive the order of computation from what reads what; a cycle is reported as a path."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

__all__ = ["Cycle", "order"]


class Cycle(Exception):  # noqa: N818 - it carries a path, and is turned into a problem
    """Quantities that depend on each other; `path` begins and ends with the same name."""

    def __init__(self, path: list[str]) -> None:
        self.path = path
        super().__init__(" -> ".join(path))


def order(reads: Mapping[str, Set[str]]) -> list[str]:
    """Return the names so that each follows everything it reads; the order is stable.

    Raises:
        Cycle: some names depend on each other.
    """
    sorter = TopologicalSorter({name: sorted(needed & reads.keys()) for name, needed in reads.items()})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        path = [str(name) for name in reversed(error.args[1])]
        least = path.index(min(path[:-1]))
        turned = path[least:-1] + path[:least]
        raise Cycle([*turned, turned[0]]) from None
