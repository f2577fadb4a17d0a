"""The verbs with their arguments and help; heavy modules are imported when a verb runs."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.building import build
from reportgen.cli.decisions import search, sensitivity
from reportgen.cli.measured import accuracy, calibrate
from reportgen.cli.output import Library, Specs, print_paths, put
from reportgen.cli.studies import compare, sweep
from reportgen.cli.workbooks import diff, extract, import_workbook, lint, opened, say_left_out
from reportgen.errors import Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.engine.results import Results

__all__ = ["VERBS"]


class Format(StrEnum):
    """The output format of `evaluate`."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"


class Listing(StrEnum):
    """The output format of `catalog`."""

    table = "table"
    json = "json"


class Derivation(StrEnum):
    """The output format of `explain`."""

    tree = "tree"
    json = "json"


class RowForm(StrEnum):
    """The output format of `import-model`."""

    csv = "csv"
    yaml = "yaml"


class Catalogue(StrEnum):
    """The catalogues that can be listed."""

    models = "models"
    accelerators = "accelerators"
    prices = "prices"


class Schema(StrEnum):
    """The kinds of files with a schema."""

    scenario = "scenario"
    library = "library"


Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="A scenario file.", show_default=False)]
Changes = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Change an input, as in baseline.batch=8; may be given several times."
    ),
]


def check(
    specs: Specs,
    library: Library = [],  # noqa: B006
) -> None:
    """Check scenarios: read and compute everything once, and write nothing.

    Every mistake is shown with its file, line and column. The exit code is 2 if there is any.

    \b
    Examples:
      reportgen check specs/alice.yaml
      reportgen check specs/*.yaml
      reportgen check specs/*.yaml --library our-library
    """  # noqa: D301
    from reportgen import api

    for path, book in zip(specs, api.check_all(specs, library, say_left_out), strict=True):
        options = len(book.dimensions["option"].members)
        plural = "" if options == 1 else "s"
        typer.echo(f"{path}: correct ({options} option{plural}, {len(book.quantities)} quantities)")


def evaluate(
    spec: Spec,
    changes: Changes = [],  # noqa: B006 - Typer copies it
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    table: Annotated[
        str, typer.Option("--table", metavar="NAME", help="One table, such as option_stage; scalars for single values.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write into a file.", show_default=False)
    ] = None,
    library: Library = [],  # noqa: B006
) -> None:
    """Compute a scenario, optionally with changed inputs, and print the results.

    JSON holds everything with full precision; CSV and Parquet hold one table (option, unless --table names another).

    \b
    Examples:
      reportgen evaluate specs/alice.yaml
      reportgen evaluate specs/alice.yaml --set baseline.batch=4 --set "tpot_target=40 ms"
      reportgen evaluate specs/bob.yaml --format json
      reportgen evaluate specs/bob.yaml --format csv --table option_stage_operator -o operators.csv
    """  # noqa: D301
    from reportgen import api
    from reportgen.render import text

    if form is Format.parquet and out is None:
        raise SpecError([Problem("Parquet cannot be printed: name a file with -o", None)])
    results = api.evaluate(opened(spec, library), changes, library)
    if form is Format.table:
        _print_tables(results, table, out)
    elif form is Format.json:
        if table:
            raise SpecError([Problem("JSON holds all tables; --table goes with table, csv and parquet", None)])
        put(text.json_text(results).encode(), out)
    elif form is Format.csv:
        put(text.csv_text(results, table or "option").encode(), out)
    else:
        put(text.parquet_bytes(results, table or "option"), out)


def explain(
    spec: Spec,
    quantity: Annotated[
        str, typer.Argument(metavar="QUANTITY", help="The quantity's name, such as tpot.", show_default=False)
    ],
    at: Annotated[
        list[str],
        typer.Option("--at", "--option", metavar="MEMBER", help="The row to derive: an option, a stage, an operator."),
    ] = [],  # noqa: B006
    changes: Changes = [],  # noqa: B006
    depth: Annotated[
        int | None,
        typer.Option("--depth", min=0, metavar="N", help="Show at most this many levels.", show_default=False),
    ] = None,
    form: Annotated[
        Derivation, typer.Option("--format", help="How to print; JSON holds the derivation alone.")
    ] = Derivation.tree,
    library: Library = [],  # noqa: B006
) -> None:
    """Show where a number comes from: its formula, its values, and everything that one value is computed from.

    The value of the first row is derived, or of the row named by --at. Of a sum, the largest part is followed.
    Each branch ends with who gave the value: a source, the scenario, a default of the library, a constant, or --set.

    \b
    Examples:
      reportgen explain specs/alice.yaml tpot
      reportgen explain specs/alice.yaml ops --at h100 --at decode --at q_proj --depth 2
      reportgen explain specs/alice.yaml request_latency --option h100 --format json
    """  # noqa: D301
    from reportgen import api
    from reportgen.cli.show import show_explanation
    from reportgen.engine.explain import explain as explain_results

    results = api.evaluate(opened(spec, library), changes, library, at)
    explanation = explain_results(results, quantity, at, depth)
    if form is Derivation.json:
        text = json.dumps(explanation.derivation.as_json(), allow_nan=False, ensure_ascii=False, indent=1)
        put(f"{text}\n".encode(), None)
    else:
        show_explanation(results, explanation)


class Template(StrEnum):
    """The scenarios to start from."""

    full = "full"
    writer = "writer"
    chat = "chat"
    buy = "buy"
    home = "home"
    measured = "measured"


def new(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; - writes to standard output.")
    ] = Path("scenario.yaml"),
    template: Annotated[
        Template,
        typer.Option(
            "--template",
            "-t",
            help="Where to start: full explains every key; writer, one long text; chat, many users; buy, offers; "
            "home, your own machine; measured, a server that runs.",
        ),
    ] = Template.full,
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="A model of the catalogue.")] = "",
    accelerator: Annotated[
        str, typer.Option("--accelerator", metavar="NAME", help="An accelerator of the catalogue.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    library: Library = [],  # noqa: B006
) -> None:
    """Write a commented scenario to start from; build accepts it unchanged.

    The JSON Schema for editors is written to the same folder as scenario.schema.json, unless it exists.

    \b
    Examples:
      reportgen new
      reportgen new team.yaml --template chat
      reportgen new mine.yaml --model Qwen2.5-32B --accelerator MI300X
      reportgen new - --template buy > offers.yaml
    """  # noqa: D301
    from reportgen import api

    if str(file) == "-":
        put(api.new_text(template.value, model, accelerator, library=library).encode(), None)
        return
    print_paths(api.new(file, model, accelerator, template=template.value, force=force, library=library))


def schema(
    which: Annotated[Schema, typer.Argument(help="Which files the schema is for.")] = Schema.scenario,
    library: Library = [],  # noqa: B006
) -> None:
    """Print the JSON Schema of scenario files, for editors and other programs.

    \b
    Examples:
      reportgen schema > scenario.schema.json
      reportgen schema library
    """  # noqa: D301
    from reportgen import api

    put((json.dumps(api.schema(which.value, library), ensure_ascii=False, indent=2) + "\n").encode(), None)


def catalog(
    which: Annotated[Catalogue, typer.Argument(help="What to list.", show_default=False)],
    form: Annotated[Listing, typer.Option("--format", help="How to print.")] = Listing.table,
    library: Library = [],  # noqa: B006
) -> None:
    """List the models, accelerators or prices that scenarios can name.

    The table shows the columns that most rows have; JSON has everything, with aliases, sources and notes.

    \b
    Examples:
      reportgen catalog accelerators
      reportgen catalog prices
      reportgen catalog models --format json
    """  # noqa: D301
    from reportgen import api
    from reportgen.cli.show import show_catalogue

    rows = api.catalog(which.value, library)
    if form is Listing.json:
        put((json.dumps(rows, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode(), None)
    else:
        show_catalogue(rows, [str(folder) for folder in library])


def import_model(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A config.json, or the folder that contains it.", show_default=False)
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The model's name in the catalogue.")] = "",
    form: Annotated[
        RowForm, typer.Option("--format", help="A catalogue's row, or models: of a scenario.")
    ] = RowForm.csv,
    retrieved: Annotated[
        str, typer.Option("--retrieved", metavar="YYYY-MM", help="The month in which the file was retrieved.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write into a file.", show_default=False)
    ] = None,
) -> None:
    """Convert a model's published configuration (Hugging Face's config.json) to a row of the catalogue.

    Nothing is fetched, and no code of the model is run. Without --name, the model is named after its folder.

    \b
    Examples:
      reportgen import-model models/Llama-3.1-8B
      reportgen import-model config.json --name Ours-8B --format yaml
      reportgen import-model config.json --name Ours-8B --retrieved 2026-11 -o models.csv
    """  # noqa: D301
    from reportgen import api
    from reportgen.intake.model.rows import csv_text, yaml_text

    row = api.import_model(path, name, retrieved)
    if out is not None and out.is_file() and out.samefile(path / "config.json" if path.is_dir() else path):
        raise SpecError(
            [Problem(f"{out} is the configuration itself, which cannot be overwritten", None, "name another file")]
        )
    put((csv_text(row) if form is RowForm.csv else yaml_text(row)).encode(), out)


def measure(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The calibration to write.")] = Path(
        "calibration.yaml"
    ),
    device: Annotated[
        int, typer.Option("--device", min=0, metavar="N", help="The device's number, as PyTorch counts.")
    ] = 0,
    accelerator: Annotated[
        str,
        typer.Option(
            "--accelerator", metavar="NAME", help="The device's name in the catalogue, if it cannot be detected."
        ),
    ] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Time fewer kernels, with fewer runs of each.")] = False,
    library: Library = [],  # noqa: B006
) -> None:
    """Time kernels on this machine's accelerator and write its efficiency factors as a calibration file.

    Linear layers, attention and element-wise kernels run in PyTorch, which must be installed here with a CUDA or ROCm
    device; the shares of the catalogue's peaks that they reach are written to a file that a scenario names under
    calibration:.

    \b
    Examples:
      reportgen measure
      reportgen measure -o ours.yaml --device 1
      reportgen measure --quick --accelerator H100-SXM-80GB
    """  # noqa: D301
    from reportgen import api

    def progress(text: str) -> None:
        if sys.stderr.isatty():
            typer.echo(text, err=True)

    measured, text = api.measure(device, accelerator, quick=quick, progress=progress, library=library)
    put(text.encode(), out)
    typer.echo(f"{measured.accelerator} ({measured.device}), {measured.software}")
    for factor in measured.factors:
        spread = f"{factor.low:.2f} to {factor.high:.2f} in {factor.kernels} kernels"
        typer.echo(f"  {factor.name:<20} {factor.value:.3f}  ({spread})")
    for note in measured.notes:
        typer.echo(f"left out: {note}", err=True)


VERBS: list[Callable[..., None]] = [
    build,
    check,
    evaluate,
    explain,
    search,
    sensitivity,
    sweep,
    compare,
    new,
    schema,
    catalog,
    import_workbook,
    diff,
    extract,
    lint,
    import_model,
    accuracy,
    calibrate,
    measure,
]


def _print_tables(results: Results, table: str, out: Path | None) -> None:
    from reportgen.cli.show import show_results

    if out is not None:
        raise SpecError([Problem("-o goes with json, csv and parquet", None, "add --format json")])
    show_results(results, table)
