"""The verb that writes workbooks and reports, with the options for their look."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.output import Library, Specs, print_paths
from reportgen.cli.workbooks import say_left_out
from reportgen.errors import Problem, SpecError

__all__ = ["build"]


class References(StrEnum):
    """How the formulas of a workbook refer to cells of tables."""

    structured = "structured"
    a1 = "a1"


class Form(StrEnum):
    """The length of a report."""

    full = "full"
    brief = "brief"


class Paper(StrEnum):
    """The page size."""

    a4 = "a4"
    letter = "letter"


Out = Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder to write into.")]
Formats = Annotated[
    str,
    typer.Option("--format", metavar="FORMATS", help="Any of xlsx, pdf, html, md, json, csv, separated by commas."),
]
Naming = Annotated[
    References, typer.Option("--references", help="How formulas refer to cells; a1 for Google Sheets and Numbers.")
]
Together = Annotated[
    str, typer.Option("--together", metavar="NAME", help="One workbook of this name, with sheets for each scenario.")
]
Length = Annotated[Form, typer.Option("--report", help="The whole report, or two pages.")]
PaperSize = Annotated[Paper | None, typer.Option("--paper", help="The size of the report's pages.", show_default="a4")]
ThemeFile = Annotated[
    Path | None,
    typer.Option("--theme", metavar="FILE", help="A theme: logo, colours, fonts (YAML).", show_default=False),
]
Templates = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Templates that replace the built-in ones.", show_default=False),
]
Fonts = Annotated[
    list[Path], typer.Option("--fonts", metavar="DIR", help="Fonts for other scripts; may be given several times.")
]

Appendix = Annotated[
    bool, typer.Option("--appendix/--no-appendix", help="Whether details, method and sources follow the report's body.")
]


def build(
    specs: Specs,
    out: Out = Path("out"),
    formats: Formats = "xlsx,pdf",
    references: Naming = References.structured,
    together: Together = "",
    report: Length = Form.full,
    paper: PaperSize = None,
    theme: ThemeFile = None,
    templates: Templates = None,
    appendix: Appendix = True,
    fonts: Fonts = [],  # noqa: B006 - Typer copies it
    library: Library = [],  # noqa: B006
) -> None:
    """Write the workbook and the report of each scenario, named after its file.

    An edited workbook (.xlsx) is first converted to a scenario, as by import. All scenarios are checked before anything
    is written. Writes are atomic: a failed build leaves existing files untouched.

    \b
    Examples:
      reportgen build specs/alice.yaml
      reportgen build specs/*.yaml -o reports --format xlsx,json
      reportgen build specs/bob.yaml --format xlsx --references a1
      reportgen build specs/bob.yaml --format pdf --report brief --paper letter --theme house.yaml
      reportgen build specs/alice.yaml specs/bob.yaml --format xlsx --together both
      reportgen build edited.xlsx --format pdf
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from reportgen import api
    from reportgen.cli.show import progress

    wanted = _formats(formats)
    design = api.design(report.value, paper.value if paper else "", theme, templates, fonts, appendix)
    try:
        with progress() as say:
            written = api.build(
                specs, out, wanted, say, parallel=True, library=library, references=references.value,
                edited=say_left_out, together=together.removesuffix(".xlsx"), design=design,
            )  # fmt: skip
    except api.PartlyBuilt as error:
        print_paths(error.written)
        raise
    print_paths(written)


def _formats(listed: str) -> list[str]:
    """Return the formats named in a list with commas."""
    from reportgen.api import FORMATS

    wanted = [name.strip().lower() for name in listed.split(",") if name.strip()]
    if not wanted:
        raise SpecError([Problem("--format names no format", None, "formats: " + ", ".join(FORMATS))])
    return wanted
