"""Decide which library files take part in a scenario's book, and which members need a file that does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from reportgen.book.entries import Row
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import LibrarySpec, ScenarioSpec

__all__ = ["Participation", "faults", "participation"]

_QUOTED = re.compile(r"""["']([^"']+)["']""")
_NOTHING = ("", "0", "false", "null", "absent")
_COMPARED = {
    "first": "the first one",
    "named": "the one named as baseline",
    "none": "each other, as with baseline: none",
}


@dataclass(frozen=True, slots=True)
class Participation:
    """The library files that take part, and what the others declare."""

    files: tuple[Loaded[LibrarySpec], ...]
    left_out: tuple[Loaded[LibrarySpec], ...]
    members: Mapping[str, frozenset[str]]
    """Members of a dimension that need a file which is left out."""

    def why(self, quantity: str) -> str:
        """Return why a quantity of the library is unavailable, or an empty text if no left-out file declares it."""
        having = [loaded for loaded in self.left_out if quantity in loaded.spec.quantities]
        if not having:
            return ""
        loaded = max(having, key=lambda having: having.spec.quantities[quantity].is_input)
        return f"'{quantity}' comes with {loaded.document.file}, {_condition(loaded.spec)}"


def participation(
    files: Collection[Loaded[LibrarySpec]],
    known: Callable[[str], Mapping[str, Row]],
    scenario: Loaded[ScenarioSpec],
    own: Callable[[str], Mapping[str, Mapping[str, Any]]],
    mentions: Collection[str],
) -> Participation:
    """Decide which files take part: those whose conditions are met.

    A file that needs a cell in some row also takes part if the scenario adds rows to a dimension which only such files
    declare. None takes part whose dimension no other file that takes part declares.

    Args:
        files: the library's files of the scenario's accounting.
        known: returns the library's rows of a dimension.
        scenario: the scenario; every member that its texts name is in use.
        own: returns the scenario's own rows of a dimension.
        mentions: further texts that name members, or changes such as `baseline.model=Mixtral-8x7B`.
    """
    changes = [text.rpartition("=") for text in mentions]
    named = [text for address, _, value in changes for text in (address.rpartition(".")[0], value)]
    mentioned = {text.strip().casefold() for text in (*_texts(scenario.document.data), *named)}
    changed = {a.rpartition(".")[2].strip() for a, _, value in changes if value.strip().casefold() not in _NOTHING}
    taking, left_out, members = [], [], dict[str, frozenset[str]]()
    always = [f.spec for f in files if not f.spec.needs and not f.spec.lacks and not f.document.label]
    common = {name for spec in always for name in spec.dimensions}
    given = {name for name, value in scenario.spec.inputs.items() if value is not None} | changed
    for loaded in files:
        if (
            not _inputs_fit(loaded.spec, given)
            or not _rows_fit(loaded.spec, own)
            or scenario.spec.compares not in (loaded.spec.where_baseline or [scenario.spec.compares])
        ):
            left_out.append(loaded)
            continue
        for dimension, cell in loaded.spec.needs.items():
            having = {name: row for name, row in known(dimension).items() if _has(row, cell)}
            if (
                not scenario.spec.dimensions.keys() & loaded.spec.dimensions.keys() - common
                and cell not in changed
                and not any(_has_value(row.get(cell)) for row in own(dimension).values())
                and not any(_is_named(name, row, mentioned) for name, row in having.items())
            ):
                left_out.append(loaded)
                members[dimension] = members.get(dimension, frozenset()) | having.keys()
                break
        else:
            taking.append(loaded)
    there = {name for loaded in taking for name in loaded.spec.dimensions}
    taking, alone = _parted(taking, lambda spec: spec.needs.keys() <= there)
    met = [loaded.spec.needs for loaded in taking if loaded.spec.needs]
    taking, lacking = _parted(taking, lambda spec: not spec.lacks or spec.lacks not in met)
    return Participation(tuple(taking), (*left_out, *alone, *lacking), members)


def _parted(
    files: Collection[Loaded[LibrarySpec]], holds: Callable[[LibrarySpec], bool]
) -> tuple[list[Loaded[LibrarySpec]], list[Loaded[LibrarySpec]]]:
    """Split the files into those that satisfy a condition and the others."""
    return [f for f in files if holds(f.spec)], [f for f in files if not holds(f.spec)]


def _inputs_fit(spec: LibrarySpec, given: Collection[str]) -> bool:
    """Return whether the scenario gives the inputs that the file requires, and none that it excludes."""
    wanted, refused = set(spec.where_given), set(spec.where_missing)
    return bool(not wanted or wanted & set(given)) and not refused & set(given)


def _rows_fit(spec: LibrarySpec, own: Callable[[str], Mapping[str, Mapping[str, Any]]]) -> bool:
    """Return whether the scenario has as many rows of the dimensions as the file requires."""
    return all(len(own(d)) > 1 for d in spec.where_several) and all(len(own(d)) <= 1 for d in spec.where_single)


def _condition(spec: LibrarySpec) -> str:
    """Return when a file takes part, as the end of a sentence."""
    if spec.where_given and spec.where_missing:
        return f"where the scenario gives {' or '.join(spec.where_given)}, and no {' and no '.join(spec.where_missing)}"
    if spec.where_given:
        return f"where the scenario gives {' or '.join(spec.where_given)}"
    if spec.where_missing:
        return f"where the scenario gives no {' and no '.join(spec.where_missing)}"
    if spec.where_baseline:
        return "where options are compared with " + " or ".join(_COMPARED[kind] for kind in spec.where_baseline)
    if spec.where_several:
        return f"where the scenario has several rows of {' and '.join(spec.where_several)}"
    if spec.where_single:
        return f"where the scenario has one row of {' and '.join(spec.where_single)}"
    (dimension, cell), *_ = (spec.needs or spec.lacks).items()
    return f"where {'a' if spec.needs else 'no'} row of {dimension} in use has '{cell}'"


def faults(files: Collection[Loaded[LibrarySpec]]) -> Iterator[Problem]:
    """Yield conditions that name an unknown dimension, input or quantity."""
    dimensions = {name for loaded in files for name in loaded.spec.dimensions}
    quantities = {name: quantity for loaded in files for name, quantity in loaded.spec.quantities.items()}
    declared = [item for loaded in files for item in loaded.spec.quantities.items()]
    inputs = {name for name, quantity in declared if quantity.is_input and quantity.optional and not quantity.per}
    inputs |= {loaded.spec.frame.money.reported for loaded in files if loaded.spec.frame}
    for loaded in files:
        for key in ("where_given", "where_missing"):
            for i, name in enumerate(getattr(loaded.spec, key)):
                if name not in inputs:
                    span = loaded.document.span((key, i))
                    yield Problem(f"'{name}' is not an optional input of the scenario", span, nearest(name, inputs))
        for key in ("where_several", "where_single"):
            for i, name in enumerate(getattr(loaded.spec, key)):
                if name not in dimensions:
                    span = loaded.document.span((key, i))
                    yield Problem(f"unknown dimension '{name}'", span, nearest(name, dimensions))
        conditions = [(key, *item) for key in ("needs", "lacks") for item in getattr(loaded.spec, key).items()]
        for key, dimension, cell in conditions:
            span = loaded.document.span((key, dimension), key=True)
            if dimension not in dimensions:
                yield Problem(f"unknown dimension '{dimension}'", span, nearest(dimension, dimensions))
            elif cell not in quantities or dimension not in quantities[cell].per:
                cells = [name for name, quantity in quantities.items() if dimension in quantity.per]
                span = loaded.document.span((key, dimension))
                yield Problem(f"'{cell}' is not a quantity of {dimension} rows", span, nearest(cell, cells))


def _texts(data: Any) -> Iterator[str]:
    """Yield every key and text of a document, and the quoted parts of each text."""
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
    return cell in row.cells and _has_value(row.cells[cell].value)


def _has_value(value: Any) -> bool:
    """Return whether a cell has a value other than zero, false or blank."""
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _is_named(name: str, row: Row, mentioned: Collection[str]) -> bool:
    return any(text.casefold() in mentioned for text in (name, *row.aliases()))
