"""The content of a report as frozen data: texts are formatted, numbers are only for drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from reportgen.report.design import PLAIN_DESIGN, Design

if TYPE_CHECKING:
    import datetime as dt

__all__ = [
    "Advice",
    "Agenda",
    "Assumption",
    "AttachedFile",
    "Block",
    "Cell",
    "Column",
    "Figure",
    "Footer",
    "Formula",
    "Group",
    "KeyFigure",
    "Paragraph",
    "Recommendation",
    "Report",
    "Row",
    "Section",
    "Source",
    "Status",
    "Step",
    "Symbol",
    "Table",
]

Status: TypeAlias = Literal["met", "missed", "none"]
Kind: TypeAlias = Literal["text", "number", "bar", "status"]
Value: TypeAlias = str | float | bool | None
Data: TypeAlias = Mapping[str, tuple[Mapping[str, Value], ...]]

# The calendar module's names depend on the locale.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A sentence of the recommendation; `lead` is its bold beginning, `place` its rank."""

    text: str
    lead: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Recommendations that take the same effort, such as those that can be done now."""

    label: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The decision in one box: a headline with its effect, further recommendations in groups, and a closing note.

    `aspects` give the headline's reason, risk and next step; `group` its effort. `warning` is what a reader must know
    first, such as an overload.
    """

    headline: str
    groups: tuple[Group, ...] = ()
    label: str = "Recommendation"
    detail: str = ""
    note: str = ""
    group: str = ""
    aspects: tuple[Step, ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A large number with its label above and its target or comparison below."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    status: Status = "none"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `lead` is its bold beginning."""

    kind: ClassVar[str] = "paragraph"
    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its specification is `templates/charts/<chart>.vl.json`, `data` are the named tables it draws.

    `texts` are the words of the chart itself (axis titles with their units); each module of `report/figures` documents
    the columns of its chart.
    """

    kind: ClassVar[str] = "figure"
    chart: str
    title: str
    alt: str
    data: Data
    subtitle: str = ""
    source: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `kind` decides the alignment and drawing of its cells."""

    title: str
    unit: str = ""
    kind: Kind = "text"

    @property
    def align(self) -> str:
        """Right for numbers, left for everything else."""
        return "right" if self.kind == "number" else "left"


@dataclass(frozen=True, slots=True)
class Cell:
    """A formatted value. `bar` (0 to 1) is the length of the bar, `tag` a small label after the text.

    `name` is the name in formulas, in small type after the text; `level` indents both.
    """

    text: str
    bar: float | None = None
    status: Status = "none"
    tag: str = ""
    accent: bool = False
    level: int = 0
    name: str = ""

    @property
    def share(self) -> str:
        """The bar's length as a CSS number."""
        return f"{min(max(self.bar or 0.0, 0.0), 1.0):.4f}"


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; the first is the row's heading."""

    cells: tuple[Cell, ...]
    highlight: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its message as title; long reference tables use `fine` type."""

    kind: ClassVar[str] = "table"
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    subtitle: str = ""
    note: str = ""
    fine: bool = False

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row.cells) != len(self.columns):
                message = f"table {self.title!r}, row {number}: {len(row.cells)} cells for {len(self.columns)} columns"
                raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol of a formula with its explanation. `alt` is its spoken form."""

    latex: str
    alt: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A typeset equation. `alt` is its spoken form."""

    kind: ClassVar[str] = "formula"
    latex: str
    alt: str
    where: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation in full: its rank, its effort, what to do with which effect, and its aspects."""

    place: str
    group: str
    headline: str
    detail: str
    aspects: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Agenda:
    """Recommendations in a list, best first."""

    kind: ClassVar[str] = "agenda"
    items: tuple[Advice, ...]


Block: TypeAlias = Paragraph | Figure | Table | Formula | Agenda


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the report: its title is the message that its blocks support."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """An assumption behind the figures, with the reason for it."""

    name: str
    value: str
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of facts. The address is printed, and linked only if it is a web address."""

    text: str
    address: str = ""
    retrieved: str = ""

    @property
    def link(self) -> str:
        """The address if it is safe to follow, otherwise an empty text."""
        return self.address if self.address.startswith("https://") else ""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file embedded in the PDF."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Footer:
    """The identification of the report on every page."""

    scenario_hash: str
    version: str
    library_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The content of a report. All texts are plain text: markup in them is printed literally."""

    title: str
    subtitle: str
    kicker: str
    scenario: str
    accounting: str
    recommendation: Recommendation
    footer: Footer
    date: dt.date | None = None
    accounting_note: str = ""
    status_line: str = ""
    key_figures: tuple[KeyFigure, ...] = ()
    figures_of: str = ""
    """The option that the key figures belong to, in words."""
    sections: tuple[Section, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    assumptions_title: str = "What the figures assume"
    assumptions_message: str = "Inputs that were not measured here, and their basis"
    glossary: Table | None = None
    appendices: tuple[Section, ...] = ()
    sources: tuple[Source, ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    language: str = "en"
    design: Design = PLAIN_DESIGN

    @property
    def all_sections(self) -> tuple[Section, ...]:
        """The sections of body and appendix."""
        return (*self.sections, *self.appendices)

    @property
    def date_text(self) -> str:
        """The date in words, independent of the locale."""
        return f"{self.date.day} {_MONTHS[self.date.month - 1]} {self.date.year}" if self.date else ""

    @property
    def assumptions_table(self) -> Table:
        """The assumptions as a table."""
        columns = (Column("Assumption"), Column("Value", kind="number"), Column("Unit"), Column("Basis"))
        rows = tuple(Row((Cell(a.name), Cell(a.value), Cell(a.unit), Cell(a.reason))) for a in self.assumptions)
        return Table(self.assumptions_message, columns, rows)
