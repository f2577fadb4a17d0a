"""From an evaluated book to the view of its report: what is shown, in which order; every number is the engine's."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import reportgen
from reportgen.lang.latex import to_latex, upright
from reportgen.lang.tree import references
from reportgen.render.document import EmbeddedFile, render_html, render_pdf
from reportgen.render.document.figures import memory_figure, options_figure, roofline_figure, time_figure
from reportgen.render.document.numbers import NONE, plain
from reportgen.render.document.tables import has, options_table, stage_table, text_of, word_of
from reportgen.render.document.view import (
    Assumption,
    AttachedFile,
    Footer,
    Formula,
    KeyFigure,
    Paragraph,
    Recommendation,
    Report,
    Section,
    Source,
    Step,
    Symbol,
)

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.engine.results import Results
    from reportgen.render.document.view import Block, Status

__all__ = ["html_text", "pdf_bytes", "report_of"]

_KEY_FIGURES = 4
_STEPS = 4
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def pdf_bytes(results: Results, workbook: bytes | None = None) -> bytes:
    """The report as PDF, with the workbook and the scenario attached; the same bytes for the same arguments.

    Raises:
        DocumentUnavailable: a system library is missing; says what mends it.
        DocumentError: the report cannot be typeset faithfully, such as a character that no font has.
    """
    name = results.book.name
    files = [EmbeddedFile(f"{name}.yaml", results.book.text.encode(), "The scenario", "Source", "application/yaml")]
    if workbook is not None:
        files.insert(0, EmbeddedFile(f"{name}.xlsx", workbook, "The live workbook", "Alternative", _WORKBOOK))
    return render_pdf(report_of(results, attached=workbook is not None), files)


def html_text(results: Results) -> str:
    """The report as one HTML file."""
    return render_html(report_of(results, attached=False))


def report_of(results: Results, *, attached: bool = True) -> Report:
    """The view of a report."""
    book, scenario = results.book, results.book.scenario
    listed = _listed(results)
    files = (
        AttachedFile(f"{book.name}.xlsx", "the live workbook: every number of this report as a formula"),
        AttachedFile(f"{book.name}.yaml", "the scenario from which report and workbook were made"),
    )
    return Report(
        title=text_of(results, "report_title") or scenario.title,
        subtitle=text_of(results, "report_subtitle") or scenario.description,
        kicker="Report · LLM inference sizing",
        scenario=scenario.title,
        date=_date(scenario.date),
        status_line=scenario.author,
        accounting=book.accounting,
        accounting_note=book.report.method_text,
        recommendation=_recommendation(results),
        key_figures=_key_figures(results),
        sections=_sections(results, listed),
        assumptions=_assumptions(results),
        sources=_sources(results),
        attachments=files if attached else (),
        footer=Footer(book.scenario_hash, reportgen.__version__),
    )


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _listed(results: Results) -> list[str]:
    """The options to print: those that differ from what they are based on, and the baseline."""
    options = [m.name for m in results.book.dimensions["option"].members]
    if not has(results, "changes_something"):
        return options
    return [o for o in options if o == results.book.baseline or results.get("changes_something", o)]


def _recommendation(results: Results) -> Recommendation:
    """The best recommendation, the next ones, and the verdict on the baseline, as the rules word them."""
    baseline = results.get("option_title", results.book.baseline)
    if not has(results, "advised_text"):
        return Recommendation(str(baseline), (Step(results.book.scenario.description or NONE),), label="Design point")
    texts = [str(t) for t in results.plain("advised_text").values() if t]
    verdict = (Step(text_of(results, "verdict_words"), "Today:"),) if has(results, "verdict_words") else ()
    if not texts:
        return Recommendation(text_of(results, "report_title"), verdict)
    steps = tuple(Step(text, "Or:" if i else "Next best:") for i, text in enumerate(texts[1:_STEPS]))
    return Recommendation(texts[0], (*steps, *verdict))


def _key_figures(results: Results) -> tuple[KeyFigure, ...]:
    book = results.book
    figures = []
    for name in book.report.key_figures[:_KEY_FIGURES]:
        quantity, value = book.quantities[name], results.get(name, book.baseline)
        shown = plain(value, quantity.type.unit) if isinstance(value, float) else plain(None)
        note, status = _against(results, name, quantity, value)
        figures.append(KeyFigure(quantity.title, shown.text, shown.unit, note, status))
    return tuple(figures)


def _against(results: Results, name: str, quantity: Quantity, value: object) -> tuple[str, Status]:
    """What a key figure is held against: its target, its limit, or the ideal."""
    book = results.book
    pairs = ((f"{name}_target", "target ≤"), ("latency_target" if name == "request_latency" else "", "target ≤"))
    for target, words in pairs:
        if has(results, target) and isinstance(aim := results.get(target), float) and isinstance(value, float):
            return (
                f"{words} {plain(aim, book.quantities[target].type.unit).joined()}",
                "met" if value <= aim else "missed",
            )
    if name == "memory_needed" and has(results, "memory_limit"):
        limit = results.get("memory_limit", book.baseline)
        if isinstance(limit, float) and isinstance(value, float):
            return f"of {plain(limit, quantity.type.unit).joined()} usable", "met" if value <= limit else "missed"
    ideal = f"ideal_{name}"
    if has(results, ideal) and isinstance(best := results.get(ideal, book.baseline), float):
        return f"ideal {plain(best, quantity.type.unit).joined()}", "none"
    return "baseline", "none"


def _sections(results: Results, listed: list[str]) -> tuple[Section, ...]:
    """Evidence first to last; a part whose quantities the accounting lacks is left out."""
    made = [
        _section(
            results, "roofline_finding", "The roofline", [_words(results, "roofline_words"), roofline_figure(results)]
        ),
    ]
    if len(listed) > 1:
        blocks = [options_figure(results, listed), options_table(results, listed)]
        made.append(_section(results, "options_finding", "Options compared", blocks))
    stages = [s for s in ("prefill", "decode") if s in results.book.dimensions["stage"].names]
    tables = [stage_table(results, s) for s in stages]
    made.append(_section(results, "time_finding", "Where the time goes", [time_figure(results), *tables]))
    made.append(_section(results, "memory_finding", "Memory", [memory_figure(results, listed)]))
    made.append(_method(results))
    return tuple(s for s in made if s is not None)


def _words(results: Results, name: str) -> Paragraph | None:
    text = text_of(results, name)
    return Paragraph(text) if text else None


def _section(results: Results, finding: str, title: str, blocks: list[Block | None]) -> Section | None:
    kept = tuple(b for b in blocks if b is not None)
    return Section(text_of(results, finding) or title, kept) if kept else None


def _method(results: Results) -> Section:
    """The formulas of the report, typeset from the very trees that were evaluated."""
    book = results.book
    blocks: list[Block] = [Paragraph(book.report.method_text)] if book.report.method_text else []
    for part in book.report.method:
        quantity = book.quantities[part.quantity]
        if quantity.formula is None:
            continue
        if part.says:
            blocks.append(Paragraph(part.says))
        left = quantity.symbol or upright(quantity.name)
        latex = f"{left} = {to_latex(quantity.formula, lambda n: book.quantities[n].symbol)}"
        where = tuple(_symbol(book.quantities[n]) for n in sorted(references(quantity.formula)))
        own = Symbol(left, quantity.name, quantity.title.lower(), quantity.type.unit.label)
        blocks.append(Formula(latex, f"{quantity.name} = {quantity.written}", (own, *where)))
    return Section("How the figures come about", tuple(blocks))


def _symbol(quantity: Quantity) -> Symbol:
    unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
    return Symbol(quantity.symbol or upright(quantity.name), quantity.name, quantity.title.lower(), unit)


def _assumptions(results: Results) -> tuple[Assumption, ...]:
    """Inputs and means that the figures rest on, with where they come from."""
    book = results.book
    made = []
    for name in book.report.assumptions:
        quantity = book.quantities[name]
        for members, value in results.plain(name).items():
            shown = plain(value, quantity.type.unit) if isinstance(value, float) else None
            title = quantity.title + (f", {_member_title(results, quantity, members)}" if members else "")
            text = shown.text if shown else word_of(results, quantity, value)
            basis = ". ".join(t.rstrip(".") for t in (quantity.description, quantity.source) if t)
            made.append(Assumption(title, text, shown.unit if shown else "", basis or "scenario file"))
    return tuple(made)


def _member_title(results: Results, quantity: Quantity, members: tuple[str, ...]) -> str:
    titles = []
    for dimension, member in zip(quantity.per, members, strict=True):
        found = {m.name: m.title for m in results.book.dimensions[dimension].members}
        titles.append((found[member] or member).lower())
    return ", ".join(titles)


def _sources(results: Results) -> tuple[Source, ...]:
    """The catalogue rows that the options use, then sources of quantities; each once."""
    book = results.book
    made: dict[str, Source] = {}
    for quantity in book.quantities.values():
        dimension = book.dimensions.get(quantity.type.dimension)
        if dimension is None or quantity.per != ("option",):
            continue
        used = set(results.plain(quantity.name).values())
        for member in dimension.members:
            if member.name in used and member.source:
                quality = f" ({member.quality} source)" if member.quality else ""
                text = f"{member.title or member.name}: {member.source}{quality}"
                made.setdefault(text, Source(text, "", member.retrieved))
    for quantity in book.quantities.values():
        if quantity.source and not quantity.source.startswith("Not "):
            text = f"{quantity.title}: {quantity.source}"
            made.setdefault(text, Source(text, "", ""))
    return tuple(made.values())
