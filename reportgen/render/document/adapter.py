"""From results to the report: every word and number in it is the engine's, or a heading."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, TypeAlias

import reportgen
from reportgen.render.document import basis, figures, tables
from reportgen.render.document.candidates import candidate_blocks, front_figure
from reportgen.render.document.drivers import driver_blocks
from reportgen.render.document.facts import Facts
from reportgen.render.document.headline import headline_section
from reportgen.render.document.method import method_blocks
from reportgen.render.document.money import cost_blocks, has_costs, parts_figure
from reportgen.render.document.page import render_html
from reportgen.render.document.pdf import EmbeddedFile, render_pdf
from reportgen.render.document.rests import rested_on
from reportgen.render.document.robust import robustness_tables
from reportgen.render.document.story import further_advice, key_figures, recommendation
from reportgen.render.document.tried import tried_table
from reportgen.render.document.view import AttachedFile, Footer, Paragraph, Report, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reportgen.engine.results import Results
    from reportgen.render.document.view import Block

__all__ = ["html_text", "pdf_bytes", "report_of"]

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KICKER = "LLM inference sizing"
_FEW = 6  # options in the figure of the first page
_Part: TypeAlias = "tuple[str, str, list[Block | None]]"
"""The quantity that says a section's finding, its heading where there is none, and its blocks."""


def pdf_bytes(results: Results, workbook: bytes | Callable[[], bytes] | None = None) -> bytes:
    """The report as a PDF that carries the workbook and the scenario it was made from.

    A workbook that is still being made is given as a function.

    Raises:
        DocumentUnavailable: this system cannot make PDFs.
        DocumentError: something would be missing from the page.
    """
    report, files = report_of(results), _files(results, workbook)
    attached = tuple(AttachedFile(file.name, file.description) for file in files)
    return render_pdf(dataclasses.replace(report, attachments=attached), files)


def html_text(results: Results) -> str:
    """The report as one HTML page."""
    return render_html(report_of(results))


def report_of(results: Results) -> Report:
    """What the report of these results shows; parts whose quantities the book lacks are left out."""
    facts, book = Facts(results), results.book
    used = rested_on(facts)
    title = facts.words("report_title")
    return Report(
        title=title or book.scenario.title,
        subtitle=facts.words("report_subtitle") or book.scenario.description,
        kicker=book.scenario.title if title else _KICKER,
        scenario=book.name,
        date=dt.date.fromisoformat(book.scenario.date) if book.scenario.date else None,
        accounting=book.accounting,
        recommendation=recommendation(facts),
        footer=Footer(book.scenario_hash, reportgen.__version__, book.library_hash),
        status_line=book.scenario.author,
        key_figures=key_figures(facts),
        sections=tuple(_sections(facts)),
        assumptions=basis.assumptions(facts, used),
        appendix=headline_section(facts),
        sources=basis.sources(facts, used),
    )


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


def _sections(facts: Facts) -> Iterable[Section]:
    """The report's parts in order, money first; each is titled with its finding where one is declared."""
    roofline: _Part = ("roofline_finding", "Roofline", [_roofline_text(facts), figures.roofline_figure(facts)])
    found = [*candidate_blocks(facts), front_figure(facts)]
    options: _Part = ("options_finding", "Options", [*found, figures.options_figure(facts), *_options(facts)])
    firm: _Part = (
        "sensitivity_finding",
        "How firm the decision is",
        [*driver_blocks(facts), *robustness_tables(facts)],
    )
    first = [roofline, options, firm]
    if has_costs(facts):
        made_of = parts_figure(facts) or figures.options_figure(facts, _FEW)
        first = [("cost_finding", "Cost", cost_blocks(facts, made_of)), options, firm, roofline]
    parts: tuple[_Part, ...] = (
        *first,
        ("time_finding", "Where the time goes", [figures.time_figure(facts), *tables.operator_tables(facts)]),
        ("memory_finding", "Memory", [_paragraph(facts.words("memory_words")), figures.memory_figure(facts)]),
        ("", "How the figures come about", [*_workload(facts), *method_blocks(facts)]),
    )
    for finding, heading, blocks in parts:
        kept = tuple(block for block in blocks if block is not None)
        if kept:
            yield Section(facts.words(finding) or heading, kept)


def _options(facts: Facts) -> list[Block | None]:
    """The options in a table and in words: how they compare, what else is advised and was tried."""
    measured = [_paragraph(facts.words("measured_words", option)) for option in facts.book.dimensions["option"].names]
    interaction = _paragraph(facts.words("kv_interaction"))
    compared = tables.options_table(facts)
    return [compared, *measured, *further_advice(facts), interaction, tried_table(facts)]


def _roofline_text(facts: Facts) -> Paragraph | None:
    return _paragraph(" ".join(filter(None, (facts.words("roofline_points"), facts.words("roofline_ridge")))))


def _workload(facts: Facts) -> list[Block | None]:
    """What is asked of the system, which everything else rests on."""
    described = facts.book.scenario.description if facts.words("report_subtitle") else ""
    return [_paragraph(described), basis.workload_table(facts)]


def _paragraph(text: str) -> Paragraph | None:
    return Paragraph(text) if text else None
