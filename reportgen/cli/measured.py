"""The verbs that compare predictions with measurements."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from reportgen.cli.output import Library, put
from reportgen.errors import Problem, SpecError

__all__ = ["accuracy", "calibrate"]

Measurements = Annotated[
    Path,
    typer.Argument(
        metavar="MEASUREMENTS", help="A table, or result files of vllm bench serve or llama-bench.", show_default=False
    ),
]


def _said(flag: str, what: str) -> Any:
    return typer.Option(flag, metavar="NAME", help=f"{what}, if the file does not say.", show_default=False)


Model = Annotated[str, _said("--model", "The model")]
Accelerator = Annotated[str, _said("--accelerator", "The accelerator")]
Engine = Annotated[str, _said("--engine", "The engine")]
Weights = Annotated[str, _said("--weights", "Precision of the weights")]
Activations = Annotated[str, _said("--activations", "Precision of the activations")]
Cache = Annotated[str, _said("--kv-cache", "Precision of the KV cache")]
Devices = Annotated[int | None, typer.Option("--devices", min=1, help="Devices, if the file does not say.")]
Tensor = Annotated[int | None, typer.Option("--tp", min=1, help="Tensor parallel, if the file does not say.")]


class Form(StrEnum):
    """The output format of `accuracy`."""

    table = "table"
    json = "json"


def accuracy(
    measurements: Measurements,
    form: Annotated[Form, typer.Option("--format", help="Groups for people, or every row as JSON.")] = Form.table,
    by: Annotated[
        str, typer.Option("--by", metavar="GROUPING", help="metric, load, engine, accelerator, precision, tp, or all.")
    ] = "load",
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.svg", help="Draw predicted against measured into an SVG file."),
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option("--calibration", metavar="FILE", help="A file of factors that calibrate wrote.")
    ] = None,
    model: Model = "",
    accelerator: Accelerator = "",
    engine: Engine = "",
    devices: Devices = None,
    tp: Tensor = None,
    weights: Weights = "",
    activations: Activations = "",
    kv_cache: Cache = "",
    library: Library = [],  # noqa: B006
) -> None:
    """Compare predictions with measurements: errors by group, rows that cannot be evaluated, and why.

    The table has the columns model, gpu, metric and value and, if known, engine, gpu_count, tp, pp,
    precision_weights, precision_activations, precision_kv, batch_or_concurrency, input_tokens, output_tokens, load
    and notes. Metrics are ttft_ms, tpot_ms, e2e_ms, output_tokens_per_s, gpu_peak_mem_GB, weights_GiB, kv_cache_GiB,
    kv_max_tokens and activation_peak_GiB.

    \b
    Examples:
      reportgen accuracy measured.csv
      reportgen accuracy measured.csv --by accelerator --plot accuracy.svg
      reportgen accuracy measured.csv --format json > accuracy.json
      reportgen accuracy vllm-result.json --accelerator H100-SXM-80GB --weights fp8 --activations fp8
    """  # noqa: D301
    from reportgen import api
    from reportgen.cli.show import show_accuracy
    from reportgen.fit.accuracy import GROUPINGS
    from reportgen.fit.records import Defaults

    if by != "all" and by not in GROUPINGS:
        raise SpecError([Problem(f"unknown grouping '{by}'", None, f"allowed: {', '.join([*GROUPINGS, 'all'])}")])
    if plot is not None and plot.suffix.lower() != ".svg":
        raise SpecError([Problem(f"{plot} is not an SVG file", None, "give --plot a name that ends in .svg")])
    defaults = Defaults(model, accelerator, engine, devices, tp, weights, activations, kv_cache)
    result = api.accuracy(measurements, calibration, defaults=defaults, library=library)
    if plot is not None:
        from reportgen.render.charts.scatter import scatter_svg

        put(scatter_svg(result.points()).encode(), plot, say=form is Form.table)
    if form is Form.json:
        put((json.dumps(result.as_json(), allow_nan=False, indent=1) + "\n").encode(), None)
    else:
        show_accuracy(result, by)


def calibrate(
    measurements: Measurements,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The calibration to write.")] = Path(
        "calibration.yaml"
    ),
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The title of the calibration.")] = "",
    source: Annotated[
        str,
        typer.Option(
            "--source", metavar="TEXT", help="The source to state for the factors; the file's name by default."
        ),
    ] = "",
    model: Model = "",
    accelerator: Accelerator = "",
    engine: Engine = "",
    devices: Devices = None,
    tp: Tensor = None,
    weights: Weights = "",
    activations: Activations = "",
    kv_cache: Cache = "",
    library: Library = [],  # noqa: B006
) -> None:
    """Fit the efficiency factors to measurements and write them as a file that a scenario names with calibration:.

    Prints the errors of the fit by group, and those with each model left out in turn. Measurements that do not
    support a fit are refused.

    \b
    Examples:
      reportgen calibrate measured.csv
      reportgen calibrate measured.csv -o ours.yaml --title "Our cluster, November"
    """  # noqa: D301
    from reportgen import api
    from reportgen.cli.show import show_calibration
    from reportgen.fit.records import Defaults

    def progress(text: str) -> None:
        if sys.stderr.isatty():
            typer.echo(text, err=True)

    defaults = Defaults(model, accelerator, engine, devices, tp, weights, activations, kv_cache)
    calibration, text = api.calibrate(measurements, title, source, progress, defaults=defaults, library=library)
    put(text.encode(), out)
    show_calibration(calibration)
