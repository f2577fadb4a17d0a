"""The blocks of report sections, by the names that outlines use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.report.figures.batch import batch_figure
from reportgen.report.figures.generation import generation_figure
from reportgen.report.figures.layer import layer_figures
from reportgen.report.figures.load import load_figure, load_table
from reportgen.report.figures.memory import memory_figure
from reportgen.report.figures.options import options_figure
from reportgen.report.figures.roofline import roofline_figure
from reportgen.report.figures.time import time_figure
from reportgen.report.sections.assumptions import workload_table
from reportgen.report.sections.cost import cost_blocks, has_costs, parts_figure
from reportgen.report.sections.decision import further_advice
from reportgen.report.sections.levers_left_out import left_out_table
from reportgen.report.sections.method import method_blocks
from reportgen.report.sections.next_steps import next_steps
from reportgen.report.sections.robustness import robustness_tables
from reportgen.report.sections.search import candidate_blocks, front_figure
from reportgen.report.sections.sensitivity import driver_blocks
from reportgen.report.sections.tables import operator_tables, options_table
from reportgen.report.view import Paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reportgen.report.reading import Facts
    from reportgen.report.view import Block

__all__ = ["BLOCKS", "BriefSize"]

_FEW = 6  # options in the figure of costs


@dataclass(frozen=True, slots=True)
class BriefSize:
    """How much a two-page report holds: options in table and figure, figures on the second page, sources."""

    options: int
    figures: int
    sources: int


def _said(*texts: str) -> list[Block | None]:
    text = " ".join(filter(None, texts))
    return [Paragraph(text) if text else None]


def _words(facts: Facts, block: str, *members: str) -> list[Block | None]:
    """Return the texts that the library names for a block, as a paragraph."""
    return _said(*(facts.words(name, *members) for name in facts.book.report.words.get(block, ())))


def _described(facts: Facts) -> str:
    """Return the scenario's description, if the subtitle says something else."""
    return facts.book.scenario.description if facts.words(facts.roles.subtitle) else ""


def _counting(facts: Facts) -> list[Block | None]:
    """Return the workload in a sentence, the accounting, and a pointer to the full report."""
    counted = f"Counted by the accounting “{facts.book.accounting}”."
    rest = "The scenario is attached: reportgen makes the full report and the live workbook from it."
    return _said(_described(facts), counted, rest)


def _cost(facts: Facts) -> list[Block | None]:
    if not has_costs(facts):
        return []
    return cost_blocks(facts, parts_figure(facts) or options_figure(facts, _FEW))


def _measured(facts: Facts) -> list[Block | None]:
    options = facts.book.dimensions["option"].names
    return [block for option in options for block in _words(facts, "measured", option)]


BLOCKS: dict[str, Callable[[Facts, BriefSize | None], Iterable[Block | None]]] = {
    "advice": lambda facts, _: further_advice(facts),
    "basis": lambda facts, _: _counting(facts),
    "batch": lambda facts, _: [batch_figure(facts)],
    "candidates": lambda facts, _: candidate_blocks(facts),
    "cost": lambda facts, _: _cost(facts),
    "cost_parts": lambda facts, _: [parts_figure(facts)],
    "front": lambda facts, _: [front_figure(facts)],
    "generation": lambda facts, _: [generation_figure(facts)],
    "interaction": lambda facts, _: _words(facts, "interaction"),
    "layer": lambda facts, _: layer_figures(facts),
    "levers": lambda facts, _: [left_out_table(facts)],
    "load": lambda facts, _: [load_figure(facts)],
    "load_table": lambda facts, _: [load_table(facts)],
    "measured": lambda facts, _: _measured(facts),
    "memory": lambda facts, size: (
        [memory_figure(facts)] if size is None else [memory_figure(facts, size.options)] if size.figures > 1 else []
    ),
    "memory_words": lambda facts, _: _words(facts, "memory_words"),
    "method": lambda facts, _: method_blocks(facts),
    "next_steps": lambda facts, _: next_steps(facts),
    "operators": lambda facts, _: operator_tables(facts),
    "options": lambda facts, _: [options_figure(facts)],
    "options_table": lambda facts, size: [options_table(facts, size.options if size is not None else None)],
    "robustness": lambda facts, _: robustness_tables(facts),
    "roofline": lambda facts, _: [roofline_figure(facts)],
    "roofline_words": lambda facts, _: _words(facts, "roofline_words"),
    "sensitivity": lambda facts, _: driver_blocks(facts),
    "time": lambda facts, size: [time_figure(facts)] if size is None or size.figures > 0 else [],
    "workload": lambda facts, _: [*_said(_described(facts)), workload_table(facts)],
}
"""For each name, a function from results and the available room (None: unlimited) to blocks."""
