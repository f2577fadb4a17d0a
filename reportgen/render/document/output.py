"""Whole documents: the report as a PDF and as an HTML page, in a process of its own where templates are a user's."""

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


def render_pdf(
    report: Report | Sequence[Report],
    files: Sequence[EmbeddedFile] = (),
    fonts: Sequence[Path] = (),
    *,
    likely: int = 0,
) -> bytes:
    """The report as a PDF, the same bytes for the same input.

    Args:
        report: what to show. Of several, each shorter than the one before, one that keeps to two pages is taken.
        files: what to attach, for instance the workbook and the scenario.
        fonts: folders of further fonts, for scripts that the shipped ones lack.
        likely: which of several to lay out first; longer ones follow while much of the last page stays empty,
            shorter ones where it does not fit.

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
    """The report as one HTML page."""
    report = report_of(results, design)
    if design.templates is None:
        return render_html(report)
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
