"""Return catalogues as plain values: a row per member, users' rows laid over the package's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.book.collected.collect import known_rows
from reportgen.book.entries import Entry, Row
from reportgen.spec.model import ROW_KEYS

if TYPE_CHECKING:
    from reportgen.book.library.parts import Library

__all__ = ["catalogue"]

_FIRST = ("title", "description", "aliases")


def catalogue(known: Library, dimension: str) -> list[dict[str, Any]]:
    """Return the rows of a dimension, each with its name, without unknown values."""
    return [{"name": name, **_plain(row)} for name, row in known_rows(known, dimension).items()]


def _plain(row: Row) -> dict[str, Any]:
    """Return the row's descriptive keys, its figures, then their source."""
    meta = {key: row.meta[key] for key in ROW_KEYS if row.meta.get(key)}
    cells = {name: _value(entry) for name, entry in row.cells.items() if entry.value is not None}
    return {key: meta.pop(key) for key in _FIRST if key in meta} | cells | meta


def _value(entry: Entry) -> Any:
    if not isinstance(entry.value, dict):
        return entry.value
    return {key: value.value if isinstance(value, Entry) else value for key, value in entry.value.items()}
