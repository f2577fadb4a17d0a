"""Shared by verbs: the option for a user's library, and writing bytes to a file or to stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reportgen.errors import OutputError

__all__ = ["Library", "Specs", "print_paths", "put"]

Specs = Annotated[list[Path], typer.Argument(metavar="SPEC", help="Scenario files.", show_default=False)]
Library = Annotated[
    list[Path],
    typer.Option(
        "--library",
        metavar="DIR",
        envvar="REPORTGEN_LIBRARY",
        show_default=False,
        help="A folder with your own catalogues and YAML files; may be given several times.",
    ),
]


def print_paths(paths: list[Path]) -> None:
    """Print the written files, one per line."""
    for path in paths:
        typer.echo(str(path))


def put(content: bytes, out: Path | None, *, say: bool = True) -> None:
    """Write bytes to a file atomically, or unchanged to stdout, whatever the terminal's encoding."""
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
