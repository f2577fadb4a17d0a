"""Locate texts in nested data, for error messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["texts", "where"]


def where(data: object, part: str) -> list[tuple[str, str]]:
    """Return the path and the whole text of each string that contains `part`.

    >>> where({"title": "a → b", "rows": ["c"]}, "→")
    [('title', 'a → b')]
    """
    return [(path, text) for path, text in texts(data) if part in text]


def texts(data: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each string in nested data with its path."""
    if isinstance(data, str):
        yield path or "text", data
    elif dataclasses.is_dataclass(data) and not isinstance(data, type):
        for field in dataclasses.fields(data):
            yield from texts(getattr(data, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from texts(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, Sequence) and not isinstance(data, bytes):
        for number, value in enumerate(data, start=1):
            yield from texts(value, f"{path}[{number}]")
