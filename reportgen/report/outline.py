"""From results to the report: every word and number in it is the engine's, or a heading."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, TypeAlias

from reportgen.report.design import PLAIN_DESIGN, Design
from reportgen.report.figures.batch import batch_figure
from reportgen.report.figures.generation import generation_figure
from reportgen.report.figures.layer import layer_figures
from reportgen.report.figures.load import load_figure, load_table
from reportgen.report.figures.memory import memory_figure
from reportgen.report.figures.options import options_figure
from reportgen.report.figures.roofline import roofline_figure
from reportgen.report.figures.time import time_figure
from reportgen.report.reading import Facts
from reportgen.report.sections.assumptions import assumptions, sources, workload_table
from reportgen.report.sections.cost import cost_blocks, has_costs, parts_figure
from reportgen.report.sections.decision import figures_of, further_advice, key_figures, recommendation
from reportgen.report.sections.derivation import headline_section
from reportgen.report.sections.glossary import glossary_table
from reportgen.report.sections.inputs_used import rested_on
from reportgen.report.sections.levers_tried import tried_table
from reportgen.report.sections.method import method_blocks
from reportgen.report.sections.next_steps import next_steps
from reportgen.report.sections.robustness import robustness_tables
from reportgen.report.sections.search import candidate_blocks, front_figure
from reportgen.report.sections.sensitivity import driver_blocks
from reportgen.report.sections.tables import operator_tables, options_table
from reportgen.report.view import Footer, Paragraph, Report, Section
from reportgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.engine.results import Results
    from reportgen.report.view import Block

__all__ = ["briefs_of", "report_of"]

_KICKER = "LLM inference sizing"
_FEW = 6  # options in the figure of the first page


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """How much goes into two pages: options in table and figure, figures on the second page, sources."""

    options: int
    figures: int
    sources: int


ROOMS = (Room(8, 2, 8), Room(6, 2, 5), Room(6, 1, 4), Room(4, 1, 3), Room(4, 0, 2), Room(2, 0, 0))
"""From what fits where there is little to say to what fits whatever texts a scenario has."""
_Part: TypeAlias = "tuple[str, str, list[Block | None]]"
"""The quantity that says a section's finding, its heading where there is none, and its blocks."""


def report_of(results: Results, design: Design = PLAIN_DESIGN) -> Report:
    """What the report of these results shows; parts whose quantities the book lacks are left out."""
    if design.form == "brief":
        return next(briefs_of(results, design))
    facts = Facts(results)
    used = rested_on(facts)
    made = dataclasses.replace(
        _head(facts, design),
        sections=tuple(_sections(facts)),
        assumptions=assumptions(facts, used),
        appendices=tuple(_appendices(facts)),
        sources=sources(facts, used),
        contents_first=has_costs(facts) or design.paper == "letter",
    )
    return dataclasses.replace(made, glossary=glossary_table(facts, made))


def briefs_of(results: Results, design: Design) -> Iterator[Report]:
    """The two pages, longest first: decision, key figures, the evidence that matters most, and what it rests on."""
    facts = Facts(results)
    head, cited = _head(facts, design), sources(facts, rested_on(facts))
    for room in ROOMS:
        sections = tuple(Section(facts.words(said) or heading, blocks) for said, heading, blocks in _brief(facts, room))
        yield dataclasses.replace(head, sections=sections, sources=cited[: room.sources])


def _head(facts: Facts, design: Design) -> Report:
    """What the first page of both forms begins with."""
    book = facts.book
    title = facts.words("report_title")
    return Report(
        title=title or book.scenario.title,
        subtitle=facts.words("report_subtitle") or book.scenario.description,
        kicker=book.scenario.title if title else _KICKER,
        scenario=book.name,
        date=dt.date.fromisoformat(book.scenario.date) if book.scenario.date else None,
        accounting=book.accounting,
        recommendation=recommendation(facts),
        footer=Footer(book.scenario_hash, __version__, book.library_hash),
        status_line=book.scenario.author,
        key_figures=key_figures(facts),
        figures_of=figures_of(facts),
        design=design,
    )


def _sections(facts: Facts) -> Iterable[Section]:
    """The report's parts in order, money first; each is titled with its finding where one is declared."""
    roofline: _Part = ("roofline_finding", "Roofline", [_roofline_text(facts), roofline_figure(facts)])
    found = [*candidate_blocks(facts), front_figure(facts)]
    options: _Part = ("options_finding", "Options", [*found, options_figure(facts), *_options(facts)])
    firm: _Part = (
        "sensitivity_finding",
        "How firm the decision is",
        [*driver_blocks(facts), *robustness_tables(facts)],
    )
    load, more = _loaded(facts)
    first = [roofline, options, load, firm]
    if has_costs(facts):
        made_of = parts_figure(facts) or options_figure(facts, _FEW)
        first = [("cost_finding", "Cost", cost_blocks(facts, made_of)), options, load, firm, roofline]
    time: list[Block | None] = [time_figure(facts), *operator_tables(facts), *layer_figures(facts)]
    parts: tuple[_Part, ...] = (
        *first,
        ("time_finding", "Where the time goes", time),
        ("memory_finding", "Memory", [_paragraph(facts.words("memory_words")), memory_figure(facts)]),
        more,
        ("", "What to do next", next_steps(facts)),
        ("", "How the figures come about", [*_workload(facts), *method_blocks(facts)]),
    )
    for finding, heading, blocks in parts:
        kept = tuple(block for block in blocks if block is not None)
        if kept:
            yield Section(facts.words(finding) or heading, kept)


def _loaded(facts: Facts) -> tuple[_Part, _Part]:
    """What a request rate brings, and what more requests at once and longer contexts do.

    Without a rate the first is empty, and the second says what requests wait.
    """
    over_rate, waits = load_figure(facts), load_table(facts)
    together: list[Block | None] = [waits if over_rate is None else None, batch_figure(facts)]
    heading = "More requests at once, longer contexts" if any(together) else "Longer contexts"
    load: list[Block | None] = [over_rate, waits] if over_rate is not None else []
    return ("", "Under load", load), ("", heading, [*together, generation_figure(facts)])


def _brief(facts: Facts, room: Room) -> Iterable[tuple[str, str, tuple[Block, ...]]]:
    """The parts of the two pages: what the decision rests on, the options, where time and memory go."""
    money = parts_figure(facts) if has_costs(facts) else None
    evidence: list[tuple[str, str, list[Block | None]]] = [
        ("cost_finding", "Cost", [money])
        if money is not None
        else ("roofline_finding", "Roofline", [_roofline_text(facts), roofline_figure(facts)]),
        ("options_finding", "Options", [options_table(facts, room.options)]),
        ("time_finding", "Where the time goes", [time_figure(facts) if room.figures > 0 else None]),
        ("memory_finding", "Memory", [memory_figure(facts, room.options) if room.figures > 1 else None]),
        ("", "What this rests on", [_paragraph(_rests_on(facts))]),
    ]
    for finding, heading, blocks in evidence:
        kept = tuple(block for block in blocks if block is not None)
        if kept:
            yield finding, heading, kept


def _rests_on(facts: Facts) -> str:
    """The workload in a sentence, how it was counted, and where the rest stands."""
    said = [facts.book.scenario.description if facts.words("report_subtitle") else ""]
    said.append(f"Counted by the accounting “{facts.book.accounting}”.")
    said.append("The scenario is attached: reportgen makes the full report and the live workbook from it.")
    return " ".join(text for text in said if text)


def _appendices(facts: Facts) -> Iterable[Section]:
    """What is looked up: every operator, and how the headline number comes about."""
    operators = operator_tables(facts, whole=True)
    if operators:
        yield Section("All operators", tuple(operators))
    headline = headline_section(facts)
    if headline is not None:
        yield headline


def _options(facts: Facts) -> list[Block | None]:
    """The options in a table and in words: how they compare, what else is advised and was tried."""
    measured = [_paragraph(facts.words("measured_words", option)) for option in facts.book.dimensions["option"].names]
    interaction = _paragraph(facts.words("kv_interaction"))
    compared = options_table(facts)
    return [compared, *measured, *further_advice(facts), interaction, tried_table(facts)]


def _roofline_text(facts: Facts) -> Paragraph | None:
    return _paragraph(" ".join(filter(None, (facts.words("roofline_points"), facts.words("roofline_ridge")))))


def _workload(facts: Facts) -> list[Block | None]:
    """What is asked of the system, which everything else rests on."""
    described = facts.book.scenario.description if facts.words("report_subtitle") else ""
    return [_paragraph(described), workload_table(facts)]


def _paragraph(text: str) -> Paragraph | None:
    return Paragraph(text) if text else None
