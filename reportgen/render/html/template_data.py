"""The data of templates: the report as plain records, with pictures drawn and tables measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from reportgen.render.charts.draw import render_chart
from reportgen.render.html.columns import column_layout
from reportgen.render.html.formula import render_formula
from reportgen.render.html.plain import Record, record
from reportgen.report.view import Figure, Formula, Table

if TYPE_CHECKING:
    from reportgen.report.design import Design
    from reportgen.report.view import Block, Report, Section
    from reportgen.spec.theme import Theme

__all__ = ["template_data"]


def template_data(report: Report) -> Record:
    """Return the report with everything that templates show, so that they need no calls.

    Figures and formulas have a `picture`, tables a `layout`. The design is reduced to words and the logo.

    Raises:
        DocumentError: a figure or formula cannot be drawn, or has no alternative text.
    """
    theme = report.design.theme
    return record(
        report,
        "report",
        date=report.date.isoformat() if report.date else "",
        design=_design(report.design),
        sections=[_section(part, str(number), theme) for number, part in enumerate(report.sections, 1)],
        appendices=[_section(part, f"appendix-{number}", theme) for number, part in enumerate(report.appendices, 1)],
        assumptions_table=_table(report.assumptions_table),
        glossary=_table(report.glossary) if report.glossary else None,
    )


def _design(design: Design) -> Record:
    """Return the design without its folders."""
    theme = design.theme
    words = Record({"name": theme.name, "logo": theme.logo, "footer": theme.footer}, "theme")
    return Record({"form": design.form, "paper": design.paper, "theme": words}, "design")


def _section(section: Section, place: str, theme: Theme) -> Record:
    blocks = [_block(block, f"c-{place}-{number}", theme) for number, block in enumerate(section.blocks, 1)]
    return record(section, f"section {place}", blocks=blocks)


def _block(block: Block, name: str, theme: Theme) -> Record:
    """Return a block as a record; `name` is unique in the report and the prefix of ids within a picture."""
    if isinstance(block, Figure):
        picture = Markup(render_chart(block, name, theme))  # noqa: S704  texts in it are escaped by Vega
        return record(block, name, picture=picture)
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Formula):
        symbols = [record(s, name, picture=_typeset(s.latex, s.alt, inline=True)) for s in block.where]
        return record(block, name, picture=_typeset(block.latex, block.alt), where=symbols)
    return record(block, name)


def _table(table: Table) -> Record:
    return record(table, f"table {table.title!r}", layout=column_layout(table))


def _typeset(latex: str, alt: str, *, inline: bool = False) -> Markup:
    return Markup(render_formula(latex, alt, inline=inline))  # noqa: S704  paths and an escaped title
