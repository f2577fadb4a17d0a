"""The command `reportgen`: its verbs, its version, and the only place where an error becomes an exit code."""

from __future__ import annotations

import gc
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reportgen import __version__
from reportgen.cli import commands
from reportgen.errors import ReportgenError

__all__ = ["app", "main"]


class _Verbs(TyperGroup):
    """Reports an expected error as one message; a bug keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except ReportgenError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reportgen {__version__}")
        raise typer.Exit


@app.callback(epilog="reportgen VERB --help shows examples. Exit codes: 0 done, 1 no output, 2 a mistake in the input.")
def reportgen(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Turn a scenario file into a live Excel workbook and a PDF report on running large language models."""


for verb in commands.VERBS:
    name = verb.__name__.replace("_workbook", "").replace("_", "-")
    app.command(name, short_help=str(verb.__doc__).partition("\n")[0])(verb)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(200_000)  # short runs with many long-lived objects: collecting takes a fifth of the time
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # with another encoding, printing an en dash must not raise an error
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="reportgen")
