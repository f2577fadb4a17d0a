"""The verbs that choose: the best configuration of each candidate, and how robust the choice is."""

from __future__ import annotations

import dataclasses
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reportgen.cli.output import Library, put
from reportgen.cli.workbooks import opened
from reportgen.errors import Problem, SpecError

if TYPE_CHECKING:
    from reportgen.engine.results import Results

__all__ = ["search", "sensitivity"]


class Form(StrEnum):
    """The output format."""

    table = "table"
    json = "json"


Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="A scenario file.", show_default=False)]


def search(
    spec: Spec,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Write the scenario with the results.", show_default=False),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print.")] = Form.table,
    library: Library = [],  # noqa: B006 - Typer copies it
) -> None:
    """Try every combination for every candidate, and show the best of each, or why none is feasible.

    The scenario states the candidates and what varies under search:. build and evaluate search by themselves; with -o,
    the result is kept in a scenario, which is then not searched again.

    \b
    Examples:
      reportgen search specs/procurement.yaml
      reportgen search specs/procurement.yaml -o decided.yaml
      reportgen search specs/novelists.yaml --format json
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from reportgen import api
    from reportgen.cli.show_decisions import show_search

    results = api.search(opened(spec, library), library)
    searched = results.book.studies.searched
    assert searched is not None
    if out is not None:
        from reportgen.spec.write import with_found

        if out.exists() and out.samefile(spec):
            hint = "name another file"
            raise SpecError([Problem(f"{out} is the scenario itself, which cannot be overwritten", None, hint)])
        found = {row.option: row.cells for row in searched.found}
        put(with_found(results.book.text, found, searched.holds_for).encode(), out)
    elif form is Form.json:
        put(_json(_searched(results)), None)
    else:
        show_search(results)


def sensitivity(
    spec: Spec,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples", min=100, max=1_000_000, metavar="N", help="Instead of the scenario's.", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, metavar="N", help="Instead of the scenario's.", show_default=False),
    ] = None,
    changes: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="Change an input; may be given several times.")
    ] = [],  # noqa: B006
    form: Annotated[Form, typer.Option("--format", help="How to print.")] = Form.table,
    library: Library = [],  # noqa: B006
) -> None:
    """Scale the inputs of the best option, and show the values at which another option becomes the best.

    Three parts: the objective at the ends of each input; the value of each input at which the decision changes; and
    the share of random samples in which each option is the best.

    \b
    Examples:
      reportgen sensitivity specs/procurement.yaml
      reportgen sensitivity specs/procurement.yaml --samples 100000 --seed 7 --format json
    """  # noqa: D301
    from reportgen import api
    from reportgen.cli.show_decisions import show_sensitivity

    results = api.sensitivity(opened(spec, library), samples, seed, changes, library)
    if form is Form.json:
        put(_json(_sensitivity(results)), None)
    else:
        show_sensitivity(results)


def _searched(results: Results) -> dict[str, Any]:
    studies = results.book.studies
    assert studies.searched is not None
    book, data = results.book, dataclasses.asdict(studies.searched)
    roles = book.roles
    figures = dict.fromkeys(
        (roles.devices, roles.replica_devices, "objective_value", *book.report.key_figures, roles.excess)
    )
    names = [n for n in figures if n in book.quantities and book.quantities[n].per == ("option",)]
    for row in data["found"]:
        option, count = row["option"], row.pop("feasible")
        row |= {"feasible": results.get(roles.feasible, option), "feasible_of_tried": count}
        row |= {"verdict": results.get(roles.verdict, option), "values": {n: results.get(n, option) for n in names}}
    del data["current"]
    units = {n: book.quantities[n].type.unit.label or "1" for n in names}
    head = {"schema": 1, "scenario": book.name, "units": units, "best": results.get(roles.best)}
    return head | data | {"levers_left_out": [dataclasses.asdict(s) for s in studies.screened]}


def _sensitivity(results: Results) -> dict[str, Any]:
    robust = results.robustness
    return {
        "tornado": list(results.rows(("driver",))),
        "robustness": dataclasses.asdict(robust) if robust is not None else None,
    }


def _json(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()
