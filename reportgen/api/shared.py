"""What the verbs share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["Folders", "folders", "json_bytes", "silent"]

Folders = str | Path | Iterable[str | Path]
"""A folder with a library of one's own, or several, the later ones over the earlier."""


def folders(library: Folders) -> tuple[str, ...]:
    """The folders' names."""
    return (str(library),) if isinstance(library, str | Path) else tuple(str(folder) for folder in library)


def silent(_: object) -> None:
    """Nobody wants to know."""


def json_bytes(data: object) -> bytes:
    """Plain data as a JSON file."""
    import json

    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()
