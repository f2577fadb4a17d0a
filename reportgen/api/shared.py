"""Helpers that the verbs share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["Folders", "folders", "json_bytes", "silent"]

Folders = str | Path | Iterable[str | Path]
"""A folder with a user's library, or several, the later ones over the earlier."""


def folders(library: Folders) -> tuple[str, ...]:
    """Return the folders' names."""
    return (str(library),) if isinstance(library, str | Path) else tuple(str(folder) for folder in library)


def silent(_: object) -> None:
    """Ignore progress."""


def json_bytes(data: object) -> bytes:
    """Return plain data as the bytes of a JSON file."""
    import json

    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()
