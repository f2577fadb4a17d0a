"""The verbs that evaluate many configurations, or compare several scenarios."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportgen.cli.output import Library, print_paths, put
from reportgen.cli.workbooks import opened, say_left_out
from reportgen.errors import OutputError, Problem, Span, SpecError

if TYPE_CHECKING:
    from typing import BinaryIO

    from reportgen.study.sweep import Sweep

__all__ = ["compare", "sweep"]


class Points(StrEnum):
    """The output format of `sweep`."""

    parquet = "parquet"
    csv = "csv"


class Form(StrEnum):
    """The output format of `compare`."""

    table = "table"
    json = "json"
    csv = "csv"


_EXAMPLES = 3


def sweep(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="A scenario file.", show_default=False)],
    vary: Annotated[
        list[str],
        typer.Option("--vary", metavar="NAME=VALUES", help="An input and its values; may be given several times."),
    ] = [],  # noqa: B006 - Typer copies it
    show: Annotated[
        list[str], typer.Option("--show", metavar="QUANTITIES", help="What to compute; names separated by commas.")
    ] = [],  # noqa: B006
    option: Annotated[
        list[str], typer.Option("--option", metavar="NAME", help="An option to write; may be given several times.")
    ] = [],  # noqa: B006
    changes: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="Change an input for all combinations.")
    ] = [],  # noqa: B006
    form: Annotated[
        Points | None,
        typer.Option("--format", help="How to write; by default, as the file's name ends.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write into a file.", show_default=False)
    ] = None,
    library: Library = [],  # noqa: B006
) -> None:
    """Evaluate all combinations of values of inputs: one row for each combination and option.

    VALUES are values as --set takes them, separated by commas, and ranges of numbers with their unit at the end: 1..64
    (whole numbers), 0.5..2/0.5 (step), 1..64*2 (factor). Columns are the inputs under their full names, the option,
    the quantities of --show (default: key figures, objective, feasible), and problem: why a row has no results.

    \b
    Examples:
      reportgen sweep specs/alice.yaml --vary baseline.batch=1..64*2 --option baseline
      reportgen sweep specs/alice.yaml --vary baseline.accelerator=L4,L40S,H100-SXM-80GB --show tpot,verdict
      reportgen sweep specs/alice.yaml --vary baseline.batch=1..64 --vary "ttft_target=0.5..2/0.5 s" -o points.parquet
    """  # noqa: D301
    from reportgen import api

    chosen = _form(form, out, spec)
    shown = [name.strip() for names in show for name in names.split(",") if name.strip()]
    swept = api.sweep(opened(spec, library), vary, shown, option, changes, library)
    invalid = _Invalid(swept)
    if out is None:
        sys.stdout.flush()
        _write(swept, chosen, sys.stdout.buffer, invalid)
        sys.stdout.buffer.flush()
    else:
        from reportgen.render.files import Staged

        with Staged() as staged:
            with staged.open(out) as file:
                _write(swept, chosen, file, invalid)
            print_paths(staged.commit())
    invalid.say()


def _form(form: Points | None, out: Path | None, spec: Path) -> Points:
    """Return the output format; refuse what cannot be written before anything is computed."""
    if out is None:
        if form is Points.parquet:
            raise SpecError([Problem("Parquet cannot be printed: name a file with -o", None)])
        return Points.csv
    if out.is_dir():
        raise OutputError(f"{out} cannot be written: it is a folder")
    if out.exists() and spec.exists() and out.samefile(spec):
        raise SpecError([Problem("this is the scenario itself, which cannot be overwritten", Span(str(spec)))])
    if form is None and out.suffix.lower() not in (".csv", ".parquet"):
        hint = "end it with .parquet or .csv, or add --format"
        raise SpecError([Problem(f"the name of {out} does not say its format", None, hint)])
    return form or Points(out.suffix.lower()[1:])


def _write(sweep: Sweep, form: Points, file: BinaryIO, invalid: _Invalid) -> None:
    from reportgen.cli.show_studies import bar
    from reportgen.render.text.batches import write_csv, write_parquet

    write = write_parquet if form is Points.parquet else write_csv
    with bar(sweep.rows) as advance:
        write((invalid.seen(advance(batch)) for batch in sweep.batches()), sweep.schema(), file)


class _Invalid:
    """Counts the rows without results while they are written, and reports the number at the end."""

    def __init__(self, found: Sweep) -> None:
        self._found, self._count, self._examples = found, 0, list[str]()

    def seen(self, batch: Any) -> Any:
        from reportgen.study.sweep import PROBLEM

        problems = batch.column(PROBLEM)
        count = len(problems) - problems.null_count
        self._count += count
        if count and len(self._examples) < _EXAMPLES:
            rows = batch.filter(problems.is_valid()).slice(0, _EXAMPLES - len(self._examples)).to_pylist()
            places = [*(axis.address for axis in self._found.axes), *(["option"] if self._found.options else [])]
            self._examples += [f"{', '.join(f'{n}={r[n]}' for n in places)}: {r[PROBLEM]}" for r in rows]
        return batch

    def say(self) -> None:
        if self._count:
            message = f"{self._count:,} of {self._found.rows:,} rows without results; the column problem says why"
            typer.echo(message, err=True)
            for example in self._examples:
                typer.echo(f"  {example}", err=True)


def compare(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC", help="Scenario files.", show_default=False)],
    form: Annotated[Form, typer.Option("--format", help="How to print.")] = Form.table,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write into a file.", show_default=False)
    ] = None,
    library: Library = [],  # noqa: B006
) -> None:
    """Compare scenarios: the baseline and the recommended option of each, with key figures and verdict.

    The rows are the key figures and objectives of all scenarios; a figure that one lacks is a dash. CSV has
    one line for each figure, JSON everything with full precision.

    \b
    Examples:
      reportgen compare specs/alice.yaml specs/bob.yaml
      reportgen compare specs/*.yaml --format csv -o comparison.csv
    """  # noqa: D301
    from reportgen import api

    if form is Form.table and out is not None:
        raise SpecError([Problem("-o goes with json and csv", None, "add --format json")])
    comparison = api.compare(specs, library, say_left_out)
    if form is Form.table:
        from reportgen.cli.show_studies import show_comparison

        show_comparison(comparison)
    elif form is Form.json:
        put((json.dumps(comparison.as_json(), allow_nan=False, ensure_ascii=False, indent=1) + "\n").encode(), out)
    else:
        from reportgen.render.text import csv_of

        put(csv_of(list(comparison.rows())).encode(), out)
