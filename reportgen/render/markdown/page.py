"""The report as one Markdown text: blocks one below the other, charts linked by file name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from reportgen.render.markdown.marks import cell, plain
from reportgen.report.view import Advice, Agenda, Figure, Formula, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.report.view import Block, Cell, Column, KeyFigure, Recommendation, Report, Section, Source

__all__ = ["charts", "markdown"]

_MARKS = {"met": "✓ ", "missed": "✗ ", "none": ""}


def charts(report: Report) -> Iterator[Figure]:
    """Yield the figures of a report in order."""
    for section in report.all_sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))


def markdown(report: Report, pictures: Mapping[int, str]) -> str:
    """Return the text; `pictures` maps the index of a figure in `charts` to its file."""
    return "\n\n".join(_Page(pictures).parts(report)) + "\n"


class _Page:
    def __init__(self, pictures: Mapping[int, str]) -> None:
        self.pictures, self.drawn = pictures, 0

    def parts(self, report: Report) -> Iterator[str]:
        """Yield all parts in the order of the printed report."""
        yield f"# {plain(report.title)}"
        if report.subtitle:
            yield plain(report.subtitle)
        about = [
            f"Scenario **{plain(report.scenario)}**",
            report.date_text,
            f"counting convention: {plain(report.accounting)}",
        ]
        yield " · ".join(part for part in (*about, plain(report.status_line)) if part)
        yield from _decision(report.recommendation)
        if report.key_figures:
            yield from _figures(report.key_figures, report.figures_of)
        for number, section in enumerate(report.sections, start=1):
            yield from self.section(section, f"{number}. ")
        for section in report.appendices:
            yield from self.section(section)
        if report.assumptions:
            yield f"## {plain(report.assumptions_title)}"
            if report.accounting_note:
                yield plain(report.accounting_note)
            yield from _table(report.assumptions_table)
        if report.glossary is not None:
            yield f"## {plain(report.glossary.title)}"
            yield _rows(report.glossary)
        if report.sources:
            yield "## Sources"
            yield "\n".join(f"{number}. {_source(source)}" for number, source in enumerate(report.sources, start=1))
        footer = report.footer
        library = f", library {footer.library_hash}" if footer.library_hash else ""
        yield f"*reportgen {footer.version}, scenario {footer.scenario_hash}{library}*"

    def section(self, section: Section, number: str = "") -> Iterator[str]:
        """Yield a heading and its blocks."""
        title = plain(section.title)
        yield f"## {number}{title}"
        for block in section.blocks:
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[str]:
        """Yield the lines of one block."""
        match block:
            case Paragraph():
                yield f"**{plain(block.lead)}** {plain(block.text)}" if block.lead else plain(block.text)
            case Table():
                yield from _table(block)
            case Figure():
                yield f"**{plain(block.title)}**" + (f"  \n{plain(block.subtitle)}" if block.subtitle else "")
                yield f"![{plain(block.alt)}]({quote(self.pictures[self.drawn])})"
                self.drawn += 1
                if block.source:
                    yield plain(block.source)
            case Formula():
                yield f"$$\n{block.latex}\n$$"
                if block.where:
                    yield "where " + ", ".join(
                        f"${s.latex}$ {plain(s.meaning)}" + (f" ({plain(s.unit)})" if s.unit else "")
                        for s in block.where
                    )
            case Agenda():
                yield "\n".join(line for advice in block.items for line in _advice(advice))


def _decision(decision: Recommendation) -> Iterator[str]:
    """Yield the box with the decision, as a quotation."""
    if not decision.headline:
        return
    lines = [f"**Load:** {plain(decision.warning)}"] if decision.warning else []
    what = f"{decision.label} · {decision.group}" if decision.group else decision.label
    lines.append(f"**{plain(what)}:** {plain(decision.headline)} {plain(decision.detail)}".rstrip())
    lines += [f"**{plain(aspect.lead)}** {plain(aspect.text)}" for aspect in decision.aspects]
    yield "\n>\n".join(f"> {line}" for line in lines)
    for group in decision.groups:
        if group.label:
            yield f"**{plain(group.label)}**"
        yield "\n".join(f"- {_step(step.place, step.lead, step.text)}" for step in group.steps)
    if decision.note:
        yield plain(decision.note)


def _step(place: str, lead: str, text: str) -> str:
    bold = f"**{plain(lead)}**" if lead else ""
    return " ".join(part for part in (f"({place})" if place else "", bold, plain(text)) if part)


def _advice(advice: Advice) -> Iterator[str]:
    group = f" *({plain(advice.group)})*" if advice.group else ""
    yield f"{advice.place}. **{plain(advice.headline)}** {plain(advice.detail)}{group}"
    for aspect in advice.aspects:
        yield f"   - **{plain(aspect.lead)}** {plain(aspect.text)}"


def _figures(figures: tuple[KeyFigure, ...], whose: str) -> Iterator[str]:
    if whose:
        yield f"**Key figures of {plain(whose)}**"
    lines = ["| Key figure | Value | Target, range |", "|---|---:|---|"]
    for figure in figures:
        value = f"{figure.value} {figure.unit}".rstrip()
        lines.append(f"| {cell(figure.label)} | {cell(value)} | {_MARKS[figure.status]}{cell(figure.note)} |")
    yield "\n".join(lines)


def _table(table: Table) -> Iterator[str]:
    yield f"**{plain(table.title)}**" + (f"  \n{plain(table.subtitle)}" if table.subtitle else "")
    yield _rows(table)
    if table.note:
        yield plain(table.note)


def _rows(table: Table) -> str:
    lines = [
        "| " + " | ".join(_head(column) for column in table.columns) + " |",
        "|" + "|".join("---:" if column.align == "right" else "---" for column in table.columns) + "|",
    ]
    for row in table.rows:
        cells = [_cell(content) for content in row.cells]
        if row.highlight:
            cells[0] = f"**{cells[0]}**"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _head(column: Column) -> str:
    return cell(f"{column.title}, {column.unit}" if column.unit else column.title)


def _cell(content: Cell) -> str:
    name = f" `{content.name}`" if content.name else ""
    tag = f" ({plain(content.tag)})" if content.tag else ""
    return f"{_MARKS[content.status]}{cell(content.text, content.level)}{name}{tag}"


def _source(source: Source) -> str:
    address = f", <{source.link}>" if source.link else f", {plain(source.address)}" if source.address else ""
    retrieved = f", retrieved {plain(source.retrieved)}" if source.retrieved else ""
    return f"{plain(source.text)}{address}{retrieved}."
