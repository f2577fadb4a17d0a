"""Read the inputs of each operator, for the figure of the layer; check their names, and that there is no cycle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.book.collected.collect import known_rows
from reportgen.book.order import Cycle, order
from reportgen.errors import nearest
from reportgen.spec.model import INPUT_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.book.collected.collect import Collection
    from reportgen.book.entries import Entry, Row
    from reportgen.book.library.parts import Library
    from reportgen.spec.document import Document

__all__ = ["read_inputs"]

_OR = re.compile(r"\s+or\s+")
_OPERATOR = "operator"

Inputs = dict[str, tuple[tuple[str, ...], ...]]


def read_inputs(collection: Collection, known: Library, scenario: Document) -> Inputs:
    """Return the inputs of all operators, each a tuple of alternatives, of which the first that runs is used.

    An operator may name any other operator of the library, even one that is not part of this book.
    """
    rows = collection.rows.get(_OPERATOR, {})
    names = {name.casefold(): name for name in (*known_rows(known, _OPERATOR), *rows, *INPUT_WORDS)}
    names |= {alias: name for alias, name in collection.names.get(_OPERATOR, {}).items() if name in rows}
    inputs = {name: tuple(_choices(collection, row.inputs or (), names)) for name, row in rows.items()}
    _check_cycle(collection, rows, inputs, scenario)
    return inputs


def _choices(collection: Collection, entries: Iterable[Entry], names: Mapping[str, str]) -> Iterable[tuple[str, ...]]:
    for entry in entries:
        wanted = _OR.split(entry.value.strip())
        choices = tuple(names[name.casefold()] for name in wanted if name.casefold() in names)
        for name in wanted:
            if name.casefold() not in names:
                collection.fail(f"unknown operator '{name}'", entry.origin.span(), nearest(name, names.values()))
        if choices:
            yield choices


def _check_cycle(collection: Collection, rows: Mapping[str, Row], inputs: Inputs, scenario: Document) -> None:
    try:
        order({name: {other for choice in choices for other in choice} for name, choices in inputs.items()})
    except Cycle as cycle:
        entries = [entry for name in cycle.path for entry in rows[name].inputs or ()]
        # The library alone has no cycle, so the error points to the scenario's line.
        entries.sort(key=lambda entry: entry.origin.document is not scenario)
        collection.fail(f"these operators need each other: {cycle}", entries[0].origin.span())
