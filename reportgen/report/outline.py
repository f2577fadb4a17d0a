"""Build the report from results: every word and number in it comes from the engine or is a heading."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

from reportgen.report.blocks import BLOCKS, BriefSize
from reportgen.report.design import PLAIN_DESIGN, Design
from reportgen.report.reading import ResultsReader
from reportgen.report.sections.assumptions import assumptions, sources
from reportgen.report.sections.decision import figures_of, key_figures, recommendation
from reportgen.report.sections.glossary import glossary_table
from reportgen.report.sections.inputs_used import used_quantities
from reportgen.report.sections.own import own_table
from reportgen.report.view import Footer, Report, Section
from reportgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.engine.results import Results
    from reportgen.report.view import Block

__all__ = ["briefs_of", "report_of"]

_KICKER = "LLM inference sizing"


BRIEF_SIZES = (
    BriefSize(8, 2, 8),
    BriefSize(6, 2, 5),
    BriefSize(6, 1, 4),
    BriefSize(4, 1, 3),
    BriefSize(4, 0, 2),
    BriefSize(2, 0, 0),
)
"""The contents of a two-page report to try in turn, from generous to certain to fit."""


def report_of(results: Results, design: Design = PLAIN_DESIGN) -> Report:
    """Return the report of these results; parts whose quantities the book lacks are left out."""
    if design.form == "brief":
        return next(briefs_of(results, design))
    reader = ResultsReader(results)
    blocks = set[str]()
    report = dataclasses.replace(_head(reader, design), sections=tuple(_sections(reader, _outline(reader), blocks)))
    if not design.appendix:
        return report
    used = used_quantities(reader)
    report = dataclasses.replace(
        report,
        appendices=tuple(_sections(reader, reader.book.report.appendix_outline, blocks)),
        assumptions=assumptions(reader, used),
        sources=sources(reader, used),
    )
    return dataclasses.replace(report, glossary=glossary_table(reader, report))


def briefs_of(results: Results, design: Design) -> Iterator[Report]:
    """Yield two-page reports, longest first: decision, key figures, the main evidence, and what it is based on."""
    reader = ResultsReader(results)
    head, cited = _head(reader, design), sources(reader, used_quantities(reader))
    for size in BRIEF_SIZES:
        sections = tuple(_sections(reader, reader.book.report.brief_outline, set(), size))
        yield dataclasses.replace(head, sections=sections, sources=cited[: size.sources])


def _head(reader: ResultsReader, design: Design) -> Report:
    """Return the first page's content, common to both forms."""
    book = reader.book
    title = reader.words(book.roles.title)
    return Report(
        title=title or book.scenario.title,
        subtitle=reader.words(book.roles.subtitle) or book.scenario.description,
        kicker=book.scenario.title if title else _KICKER,
        scenario=book.name,
        date=dt.date.fromisoformat(book.scenario.date) if book.scenario.date else None,
        accounting=book.accounting,
        recommendation=recommendation(reader),
        footer=Footer(book.scenario_hash, __version__, book.library_hash),
        status_line=book.scenario.author,
        key_figures=key_figures(reader),
        figures_of=figures_of(reader),
        design=design,
    )


def _outline(reader: ResultsReader) -> list[str]:
    """Return the sections of the body in order; a scenario's own sections that no outline lists come last."""
    report = reader.book.report
    own = reader.book.scenario.report.sections
    listed = {*report.outline, *report.appendix_outline, *report.brief_outline}
    return [*report.outline, *(name for name in own if name not in listed)]


def _sections(
    reader: ResultsReader, names: Iterable[str], used: set[str], size: BriefSize | None = None
) -> Iterator[Section]:
    """Yield the sections, each titled with its finding, if it has one; blocks in `used` are not shown again."""
    for name in names:
        spec = reader.book.report.sections[name]
        if spec.unless in used:
            continue
        shown_blocks = {block: _blocks(reader, block, size) for block in spec.blocks if block not in used}
        shown_blocks = {block: made for block, made in shown_blocks.items() if made}
        if spec.only_with and spec.only_with not in shown_blocks:
            continue
        used |= shown_blocks.keys()
        blocks = [block for made in shown_blocks.values() for block in made]
        if table := [quantity for quantity in spec.table if reader.has(quantity)]:
            blocks.append(own_table(reader, spec.title, table))
        if blocks:
            alone = spec.alone.get(next(iter(shown_blocks), ""), "") if len(shown_blocks) == 1 else ""
            yield Section(reader.words(spec.finding) or alone or spec.title, tuple(blocks))


def _blocks(reader: ResultsReader, name: str, size: BriefSize | None) -> list[Block]:
    return [block for block in BLOCKS[name](reader, size) if block is not None]
