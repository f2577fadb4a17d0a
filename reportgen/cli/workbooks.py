"""The verbs on edited workbooks: convert them to a scenario, list the changes, and lint them."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.output import Library, print_paths, put
from reportgen.errors import Problem, Span, SpecError

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.intake.workbook.bring_back import Edited

__all__ = ["diff", "extract", "import_workbook", "lint", "opened", "say_left_out"]

Workbook = Annotated[Path, typer.Argument(metavar="WORKBOOK", help="A workbook that build wrote.", show_default=False)]


Scenario = Annotated[
    str, typer.Option("--scenario", metavar="NAME", help="Which scenario to take, if several share a workbook.")
]


class Listing(StrEnum):
    """The output format of changes or findings."""

    table = "table"
    json = "json"


def import_workbook(
    workbook: Workbook,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The scenario to write.", show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    scenario: Scenario = "",
    library: Library = [],  # noqa: B006 - Typer copies it
) -> None:
    """Convert an edited workbook back to a scenario.

    It includes changed inputs, options, prices, added rows, and formulas rewritten alike in every row; the rest of the
    file stays as written. Changes that no scenario can hold are listed and left out. Nothing is executed.

    \b
    Examples:
      reportgen import edited.xlsx -o edited.yaml
      reportgen import edited.xlsx > edited.yaml
    """  # noqa: D301
    from reportgen import api
    from reportgen.api.workbooks import is_workbook

    if out is not None and is_workbook(out):
        raise SpecError([Problem("a scenario is a .yaml file", Span(str(out)), "choose another name with -o")])
    if out is not None and out.exists() and not out.is_dir() and not force:
        raise SpecError([Problem("the file exists already", Span(str(out)), "write over it with --force")])
    edited = api.import_workbook(workbook, library, scenario)
    put(edited.text.encode(), out)
    say_left_out(edited)


def diff(
    workbook: Workbook,
    form: Annotated[Listing, typer.Option("--format", help="How to print.")] = Listing.table,
    scenario: Scenario = "",
    library: Library = [],  # noqa: B006
) -> None:
    """Show the changes in a workbook since it was built.

    Shows inputs with their old and new values, formulas that were rewritten or overwritten by values, added rows, and
    what was removed. The exit code is 1 if there is any change.

    \b
    Examples:
      reportgen diff edited.xlsx
      reportgen diff edited.xlsx --format json
    """  # noqa: D301
    from reportgen import api
    from reportgen.cli.show_workbooks import as_json, show_changes

    edited = api.import_workbook(workbook, library, scenario)
    if form is Listing.json:
        put((json.dumps(as_json(edited), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode(), None)
    else:
        show_changes(edited)
    if edited.changed:
        raise typer.Exit(1)


def lint(
    workbook: Annotated[
        Path, typer.Argument(metavar="WORKBOOK", help="A workbook from any program.", show_default=False)
    ],
    form: Annotated[Listing, typer.Option("--format", help="How to print.")] = Listing.table,
) -> None:
    """Find problems that Excel, LibreOffice or other programs have with a workbook.

    Every workbook is linted before it is written. The exit code is 1 if there is a finding.

    \b
    Examples:
      reportgen lint out/alice.xlsx
      reportgen lint edited.xlsx --format json
    """  # noqa: D301
    from reportgen import api

    findings = api.lint(workbook)
    if form is Listing.json:
        rows = [{"rule": f.rule, "where": f.where, "text": f.text} for f in findings]
        put((json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode(), None)
    else:
        for finding in findings:
            typer.echo(f"{workbook}: {finding.where}: {finding.text} ({finding.rule})")
        typer.echo(f"{workbook}: {len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
    if findings:
        raise typer.Exit(1)


def opened(spec: Path, library: list[Path]) -> Path | Book:
    """Return a scenario file, or the book of an edited workbook after reporting what no scenario can hold."""
    from reportgen import api
    from reportgen.api.workbooks import is_workbook

    if not is_workbook(spec):
        return spec
    edited = api.import_workbook(spec, library)
    say_left_out(edited)
    return edited.book


def extract(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A PDF that build wrote.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder to write into.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Extract the scenario from a report, and the workbook from a full report, to rebuild everything from a PDF.

    \b
    Examples:
      reportgen extract report.pdf -o from-report
      reportgen build from-report/alice.yaml
    """  # noqa: D301
    from reportgen import api

    print_paths(api.extract(report, out, force=force))


_MOST = 20
"""The most cells listed one by one."""


def say_left_out(edited: Edited) -> None:
    """Report on stderr what a scenario cannot hold."""
    left = [f"{o.where}: {o.why}" for o in edited.overrides]
    left += [f"{what} is missing" for what in edited.comparison.removed]
    if not left:
        return
    typer.echo(f"{len(left)} change{'' if len(left) == 1 else 's'} could not be taken into the scenario:", err=True)
    for line in left[:_MOST]:
        typer.echo(f"  {line}", err=True)
    if len(left) > _MOST:
        typer.echo(f"  and {len(left) - _MOST} more, which reportgen diff lists", err=True)
