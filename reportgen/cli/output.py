"""Output of verbs: bytes to a file, whole, or to stdout as they are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from reportgen.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["print_paths", "put"]


def print_paths(paths: list[Path]) -> None:
    """One written file per line."""
    for path in paths:
        typer.echo(str(path))


def put(content: bytes, out: Path | None, *, say: bool = True) -> None:
    """Write bytes to a file, whole, or to stdout as they are, whatever the terminal's encoding."""
    if out is not None:
        from reportgen.render.files import Staged

        if out.is_dir():
            raise OutputError(f"{out} cannot be written: it is a folder")
        with Staged() as staged:
            staged.add(out, content)
            written = staged.commit()
        if say:
            print_paths(written)
        return
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(content.decode())
    else:
        sys.stdout.flush()
        stream.write(content)
        stream.flush()
