"""Inputs: what each operator takes in, for the picture of the layer; names are checked, and that nothing goes round."""

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
    """The inputs of all operators: for each a tuple of choices, of which the first that runs is meant.

    An operator may name any other of the library, whether or not it is part of this book.
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
        found = tuple(names[name.casefold()] for name in wanted if name.casefold() in names)
        for name in wanted:
            if name.casefold() not in names:
                collection.fail(f"unknown operator '{name}'", entry.origin.span(), nearest(name, names.values()))
        if found:
            yield found


def _check_cycle(collection: Collection, rows: Mapping[str, Row], inputs: Inputs, scenario: Document) -> None:
    try:
        order({name: {other for choice in choices for other in choice} for name, choices in inputs.items()})
    except Cycle as cycle:
        entries = [entry for name in cycle.path for entry in rows[name].inputs or ()]
        # The library alone has no cycle: whoever wrote the scenario wants to see their own line.
        entries.sort(key=lambda entry: entry.origin.document is not scenario)
        collection.fail(f"these operators need each other: {cycle}", entries[0].origin.span())
