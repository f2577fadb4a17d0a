"""From results to files: the report as a PDF and as an HTML page."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from reportgen.render.document.page import render_html
from reportgen.render.document.pdf import EmbeddedFile, render_pdf
from reportgen.report.design import PLAIN_DESIGN, Design
from reportgen.report.outline import briefs_of, report_of
from reportgen.report.view import AttachedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.engine.results import Results
    from reportgen.report.view import Report

__all__ = ["html_text", "pdf_bytes"]

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIKELY = {"a4": 2, "letter": 4}
"""The room that most scenarios need on a paper: it is tried first, for each trial is a layout."""


def pdf_bytes(
    results: Results, workbook: bytes | Callable[[], bytes] | None = None, design: Design = PLAIN_DESIGN
) -> bytes:
    """The report as a PDF that carries the scenario it was made from, and the workbook; a brief one the scenario alone.

    A workbook that is still being made is given as a function.

    Raises:
        DocumentUnavailable: this system cannot make PDFs.
        DocumentError: something would be missing from the page, or a template of the user's failed.
    """
    files = _files(results, workbook if design.form == "full" else None)
    attached = tuple(AttachedFile(file.name, file.description) for file in files)
    versions = [dataclasses.replace(report, attachments=attached) for report in _versions(results, design)]
    likely = 0 if design.form == "full" else LIKELY[design.paper]
    return render_pdf(versions, files, likely=likely)


def html_text(results: Results, design: Design = PLAIN_DESIGN) -> str:
    """The report as one HTML page."""
    report = report_of(results, design)
    if design.templates is None:
        return render_html(report)
    from reportgen.render.document.child import html_in_child

    return html_in_child(report)


def _versions(results: Results, design: Design) -> list[Report]:
    """A report, or for two pages one that holds less and less: the first that keeps to them is taken."""
    if design.form == "full":
        return [report_of(results, design)]
    return list(briefs_of(results, design))


def _files(results: Results, workbook: bytes | Callable[[], bytes] | None) -> list[EmbeddedFile]:
    name = results.book.name
    scenario = EmbeddedFile(
        f"{name}.yaml",
        results.book.text.encode(),
        "the scenario from which workbook and report were made",
        "Source",
        "application/yaml",
    )
    if workbook is None:
        return [scenario]
    live = "the live workbook: every number of this report as a formula"
    return [EmbeddedFile(f"{name}.xlsx", workbook, live, "Alternative", _SHEET), scenario]
