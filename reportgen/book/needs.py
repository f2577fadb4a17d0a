"""Needs: which files of the library take part in a scenario's book, and which members only the others could serve."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from reportgen.book.collect import Row
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import LibrarySpec, ScenarioSpec

__all__ = ["Play", "faults", "play"]

_QUOTED = re.compile(r"""["']([^"']+)["']""")
_NOTHING = ("", "0", "false", "null", "absent")


@dataclass(frozen=True, slots=True)
class Play:
    """What takes part: the files, and what the others would have brought."""

    files: tuple[Loaded[LibrarySpec], ...]
    left_out: tuple[Loaded[LibrarySpec], ...]
    members: Mapping[str, frozenset[str]]
    """Members of a dimension that a file which is left out would have to serve."""

    def why(self, quantity: str) -> str:
        """Why a quantity of the library is not there; empty where another reason must be given."""
        for loaded in self.left_out:
            if quantity in loaded.spec.quantities:
                (dimension, cell), *_ = loaded.spec.needs.items()
                return f"'{quantity}' comes with {loaded.document.file}, where a row of {dimension} in use has '{cell}'"
        return ""


def play(
    files: Collection[Loaded[LibrarySpec]],
    known: Callable[[str], Mapping[str, Row]],
    scenario: Loaded[ScenarioSpec],
    own: Callable[[str], Mapping[str, Mapping[str, Any]]],
    mentions: Collection[str],
) -> Play:
    """Decide which files take part: those whose need is met, and those whose own dimension gets rows in the scenario.

    Args:
        files: the library's files of the scenario's accounting.
        known: for a dimension the library's rows.
        scenario: the scenario; whatever its texts name is in play.
        own: for a dimension the scenario's own rows.
        mentions: further texts that name members, or changes such as `baseline.model=Mixtral-8x7B`.
    """
    changes = [text.rpartition("=") for text in mentions]
    named = [text for address, _, value in changes for text in (address.rpartition(".")[0], value)]
    said = {text.strip().casefold() for text in (*_texts(scenario.document.data), *named)}
    changed = {a.rpartition(".")[2].strip() for a, _, value in changes if value.strip().casefold() not in _NOTHING}
    taking, left_out, members = [], [], dict[str, frozenset[str]]()
    always = [loaded.spec for loaded in files if not loaded.spec.needs and not loaded.document.label]
    common = {name for spec in always for name in spec.dimensions}
    for loaded in files:
        for dimension, cell in loaded.spec.needs.items():
            having = {name: row for name, row in known(dimension).items() if _has(row, cell)}
            if (
                not scenario.spec.dimensions.keys() & loaded.spec.dimensions.keys() - common
                and cell not in changed
                and not any(_is_given(row.get(cell)) for row in own(dimension).values())
                and not any(_is_named(name, row, said) for name, row in having.items())
            ):
                left_out.append(loaded)
                members[dimension] = members.get(dimension, frozenset()) | having.keys()
                break
        else:
            taking.append(loaded)
    return Play(tuple(taking), tuple(left_out), members)


def faults(files: Collection[Loaded[LibrarySpec]]) -> Iterator[Problem]:
    """Needs that name no dimension, or no quantity with a value per member of it."""
    dimensions = {name for loaded in files for name in loaded.spec.dimensions}
    quantities = {name: quantity for loaded in files for name, quantity in loaded.spec.quantities.items()}
    for loaded in files:
        for dimension, cell in loaded.spec.needs.items():
            span = loaded.document.span(("needs", dimension), key=True)
            if dimension not in dimensions:
                yield Problem(f"unknown dimension '{dimension}'", span, nearest(dimension, dimensions))
            elif cell not in quantities or dimension not in quantities[cell].per:
                cells = [name for name, quantity in quantities.items() if dimension in quantity.per]
                span = loaded.document.span(("needs", dimension))
                yield Problem(f"'{cell}' is not a quantity of {dimension} rows", span, nearest(cell, cells))


def _texts(data: Any) -> Iterator[str]:
    """Every key and text of a document, and what stands in quotes inside a text."""
    if isinstance(data, dict):
        yield from data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _texts(value)
    elif isinstance(data, str):
        yield data
        yield from _QUOTED.findall(data)


def _has(row: Row, cell: str) -> bool:
    return cell in row.cells and _is_given(row.cells[cell].value)


def _is_given(value: Any) -> bool:
    """Whether a cell holds something: not zero, not false, not blank."""
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _is_named(name: str, row: Row, said: Collection[str]) -> bool:
    return any(text.casefold() in said for text in (name, *row.aliases()))
