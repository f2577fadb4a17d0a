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
from reportgen.report.figures.payments import payments_figure
from reportgen.report.figures.roofline import roofline_figure
from reportgen.report.figures.time import time_figure
from reportgen.report.sections.assumptions import workload_table
from reportgen.report.sections.cost import cost_blocks, has_costs, parts_figure, token_table
from reportgen.report.sections.derivation import headline_blocks
from reportgen.report.sections.levers_left_out import left_out_table
from reportgen.report.sections.method import method_blocks
from reportgen.report.sections.next_steps import further_steps, next_steps
from reportgen.report.sections.rejected import rejected_table
from reportgen.report.sections.robustness import robustness_tables
from reportgen.report.sections.search import candidate_blocks, front_figure
from reportgen.report.sections.sensitivity import driver_blocks
from reportgen.report.sections.tables import operator_tables, options_table
from reportgen.report.view import Paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reportgen.report.reading import ResultsReader
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


def _words(reader: ResultsReader, block: str, *members: str) -> list[Block | None]:
    """Return the texts that the library names for a block, as a paragraph."""
    return _said(*(reader.words(name, *members) for name in reader.book.report.words.get(block, ())))


def _described(reader: ResultsReader) -> str:
    """Return the scenario's description, if the subtitle says something else."""
    return reader.book.scenario.description if reader.words(reader.roles.subtitle) else ""


def _counting(reader: ResultsReader) -> list[Block | None]:
    """Return the workload in a sentence, the counting convention, and a pointer to the full report."""
    counted = f"Counting convention: {reader.book.accounting}."
    rest = "The scenario is attached: reportgen makes the full report and the live workbook from it."
    return _said(_described(reader), counted, rest)


def _cost(reader: ResultsReader) -> list[Block | None]:
    if not has_costs(reader):
        return []
    return cost_blocks(reader, parts_figure(reader) or options_figure(reader, _FEW))


def _measured(reader: ResultsReader) -> list[Block | None]:
    options = reader.book.dimensions["option"].names
    return [block for option in options for block in _words(reader, "measured", option)]


BLOCKS: dict[str, Callable[[ResultsReader, BriefSize | None], Iterable[Block | None]]] = {
    "advice": lambda reader, _: further_steps(reader),
    "basis": lambda reader, _: _counting(reader),
    "batch": lambda reader, _: [batch_figure(reader)],
    "candidates": lambda reader, _: candidate_blocks(reader),
    "cost": lambda reader, _: _cost(reader),
    "cost_parts": lambda reader, _: [parts_figure(reader)],
    "derivation": lambda reader, _: headline_blocks(reader),
    "front": lambda reader, _: [front_figure(reader)],
    "generation": lambda reader, _: [generation_figure(reader)],
    "interaction": lambda reader, _: _words(reader, "interaction"),
    "layer": lambda reader, _: layer_figures(reader),
    "levers": lambda reader, _: [left_out_table(reader)],
    "load": lambda reader, _: [load_figure(reader)],
    "load_table": lambda reader, _: [load_table(reader)],
    "measured": lambda reader, _: _measured(reader),
    "memory": lambda reader, size: (
        [memory_figure(reader)] if size is None else [memory_figure(reader, size.options)] if size.figures > 1 else []
    ),
    "memory_words": lambda reader, _: _words(reader, "memory_words"),
    "method": lambda reader, _: method_blocks(reader),
    "next_steps": lambda reader, _: next_steps(reader),
    "operators": lambda reader, _: operator_tables(reader),
    "options": lambda reader, _: [options_figure(reader)],
    "options_table": lambda reader, size: [options_table(reader, size.options if size is not None else None)],
    "payments": lambda reader, _: [payments_figure(reader)],
    "rejected": lambda reader, _: [rejected_table(reader)],
    "robustness": lambda reader, _: robustness_tables(reader),
    "roofline": lambda reader, _: [roofline_figure(reader)],
    "roofline_words": lambda reader, _: _words(reader, "roofline_words"),
    "sensitivity": lambda reader, _: driver_blocks(reader),
    "time": lambda reader, size: [time_figure(reader)] if size is None or size.figures > 0 else [],
    "token_table": lambda reader, _: [token_table(reader)],
    "workload": lambda reader, _: [*_said(_described(reader)), workload_table(reader)],
}
"""For each name, a function from results and the available room (None: unlimited) to blocks."""
