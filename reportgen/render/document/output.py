"""Write the report as a PDF or an HTML page, in a separate process if templates are a user's."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from reportgen.render.document.sandbox import html_in_child, pdf_in_child
from reportgen.render.html.page import render_html
from reportgen.render.pdf.layout import EmbeddedFile, render_here
from reportgen.render.pdf.system import preflight
from reportgen.report.design import PLAIN_DESIGN, Design
from reportgen.report.outline import briefs_of, report_of
from reportgen.report.view import AttachedFile, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reportgen.engine.results import Results

__all__ = ["html_text", "pdf_bytes", "render_pdf"]

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIKELY = {"a4": 2, "letter": 4}
"""The version of a two-page report that fits most scenarios on each paper; it is tried first to save layouts."""


def pdf_bytes(
    results: Results, workbook: bytes | Callable[[], bytes] | None = None, design: Design = PLAIN_DESIGN
) -> bytes:
    """Return the report as a PDF with the scenario attached and, for a full report, the workbook.

    `workbook` may be a function that waits for a workbook which is still being made.

    Raises:
        DocumentUnavailable: this system cannot make PDFs.
        DocumentError: something would be missing from the page, or a user's template failed.
    """
    files = _files(results, workbook if design.form == "full" else None)
    attached = tuple(AttachedFile(file.name, file.description) for file in files)
    versions = [dataclasses.replace(report, attachments=attached) for report in _versions(results, design)]
    likely = 0 if design.form == "full" else LIKELY[design.paper]
    return render_pdf(versions, files, likely=likely)


def render_pdf(
    report: Report | Sequence[Report],
    files: Sequence[EmbeddedFile] = (),
    fonts: Sequence[Path] = (),
    *,
    likely: int = 0,
) -> bytes:
    """Return the report as a PDF, the same bytes for the same input.

    Args:
        report: the report, or versions of it, each shorter than the one before; one that fits two pages is chosen.
        files: files to attach, for instance the workbook and the scenario.
        fonts: folders of further fonts, for scripts that the shipped ones lack.
        likely: the index of the version to lay out first; longer ones follow if much of the last page is empty, shorter
            ones if it does not fit.

    Raises:
        DocumentUnavailable: this system cannot make PDFs.
        DocumentError: something would be missing from the page: a character, an alternative text, a file.
    """
    preflight()
    versions = [report] if isinstance(report, Report) else report
    folders = (*versions[0].design.font_folders, *fonts)
    if versions[0].design.templates is not None:
        return pdf_in_child(versions, files, folders, likely)
    return render_here(versions, files, folders, likely)


def html_text(results: Results, design: Design = PLAIN_DESIGN) -> str:
    """Return the report as one HTML page."""
    report = report_of(results, design)
    if design.templates is None:
        return render_html(report)
    return html_in_child(report)


def _versions(results: Results, design: Design) -> list[Report]:
    """Return the report, or for two pages its versions with less and less content."""
    if design.form == "full":
        return [report_of(results, design)]
    return list(briefs_of(results, design))


def _files(results: Results, workbook: bytes | Callable[[], bytes] | None) -> list[EmbeddedFile]:
    name = results.book.name
    scenario = EmbeddedFile(
        f"{name}.yaml",
        results.book.text.encode(),
        "the scenario that workbook and report were made from",
        "Source",
        "application/yaml",
    )
    if workbook is None:
        return [scenario]
    live = "the live workbook: every number of this report as a formula"
    return [EmbeddedFile(f"{name}.xlsx", workbook, live, "Alternative", _SHEET), scenario]
