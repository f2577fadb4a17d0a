"""The schema of a report: key figures, columns, sections and their outline."""

from __future__ import annotations

from pydantic import Field

from reportgen.spec.part import Name, Part

__all__ = ["BLOCKS", "OUTLINES", "PER", "FormulaSpec", "ReportSpec", "SectionSpec"]

BLOCKS = (
    "advice", "basis", "batch", "candidates", "cost", "cost_parts", "derivation", "front", "generation", "interaction",
    "layer", "levers", "load", "load_table", "measured", "memory", "memory_words", "method", "next_steps", "operators",
    "options", "options_table", "payments", "rejected", "robustness", "roofline", "roofline_words", "sensitivity",
    "time", "token_table", "workload",
)  # fmt: skip
"""The blocks that a section of the report may consist of."""


OUTLINES = ("outline", "appendix_outline", "brief_outline")
"""The lists of sections; all other lists of a report name quantities."""

PER = {
    **dict.fromkeys(("cost_columns", "token_columns", "cost_basis", "front"), ("option",)),
    **dict.fromkeys(("cost_words", "cost_limits", "search_inputs"), ()),
}
"""The index set that the quantities of a list must have."""


class FormulaSpec(Part):
    """A formula in the method section, with the sentence before it."""

    quantity: str = Field(description="The quantity whose formula is shown")
    says: str = Field(default="", description="The sentence before it")


class SectionSpec(Part):
    """A section of the report: its heading and its content."""

    title: str = Field(description="Its heading, if it has no finding", max_length=120)
    finding: str = Field(default="", description="The quantity, a text, that gives its heading")
    blocks: list[str] = Field(default=[], description="Texts, tables and figures in their order; each is shown once")
    table: list[str] = Field(default=[], description="Quantities with one index set, as a table")
    only_with: str = Field(default="", description="The block without which the section is left out")
    unless: str = Field(default="", description="The block that, if shown before, leaves the section out")
    alone: dict[str, str] = Field(default={}, description="Its heading if only one block is left, by block")


class ReportSpec(Part):
    """What reports show, by name of the quantity; names that an accounting lacks are left out."""

    key_figures: list[str] = Field(default=[], description="Quantities per option shown large, for the baseline")
    option_columns: list[str] = Field(default=[], description="Quantities per option in the table of options")
    load_columns: list[str] = Field(default=[], description="Quantities per option in the table of servers under load")
    cost_columns: list[str] = Field(default=[], description="Quantities per option in the table of what options cost")
    token_columns: list[str] = Field(default=[], description="Quantities per option in the table of what a token costs")
    cost_words: list[str] = Field(default=[], description="Texts that say what the decision costs, in their order")
    cost_limits: list[str] = Field(default=[], description="Texts that say what the costs leave out")
    cost_basis: list[str] = Field(
        default=[], description="Quantities per option that the section on cost reads, in addition to its tables"
    )
    words: dict[str, list[str]] = Field(default={}, description="Texts of the blocks that are a paragraph, by block")
    search_inputs: list[str] = Field(default=[], description="Inputs that a search is said to hold for")
    front: list[str] = Field(
        default=[],
        description="Three quantities per option: a cost and a latency, both to be small, and the capacity",
        max_length=3,
    )
    stage_columns: list[str] = Field(default=[], description="Quantities per option and stage that are shown")
    operator_columns: list[str] = Field(default=[], description="Quantities per operator that are shown")
    method: list[FormulaSpec] = Field(default=[], description="The formulas of the method section, in order")
    method_text: str = Field(default="", description="A paragraph at the head of the method section")
    assumptions: list[str] = Field(default=[], description="Inputs listed as assumptions")
    glossary: dict[str, str] = Field(default={}, description="Terms that a report explains if it uses them")
    sections: dict[Name, SectionSpec] = Field(default={}, description="Sections by name")
    outline: list[str] = Field(default=[], description="Sections in their order; others come after")
    appendix_outline: list[str] = Field(default=[], description="Sections of the appendix, in their order")
    brief_outline: list[str] = Field(default=[], description="Sections of the two pages, in their order")
