"""What a report shows, as plain frozen data: texts are finished and formatted, numbers are only there to be drawn."""

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

# Not from the calendar module, whose names follow the machine's locale.
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
    """One sentence of the recommendation; `lead` is its bold beginning, `place` its number in the order of merit."""

    text: str
    lead: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Recommendations that take the same to follow them, such as those that can be done now."""

    label: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The decision in one box: a headline with what it brings, further ones in groups, and a closing note.

    `aspects` say of the headline why, at what risk and what comes next; `group` says what it takes. `warning` is what
    a reader must know before anything else, such as an overload.
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
    """One large number with its label above and its target or comparison below."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    status: Status = "none"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `lead` is its bold beginning."""

    kind: ClassVar[str] = "paragraph"
    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its specification is `templates/charts/<chart>.vl.json`, `data` are the named tables it draws.

    `texts` are the words of the chart itself (axis titles with their units); the columns that each chart reads
    stand at the functions of `roofline.py`, `options.py` and `stacks.py`.
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
    """A column's heading; `kind` decides alignment and drawing of its cells."""

    title: str
    unit: str = ""
    kind: Kind = "text"

    @property
    def align(self) -> str:
        """Numbers to the right, everything else to the left."""
        return "right" if self.kind == "number" else "left"


@dataclass(frozen=True, slots=True)
class Cell:
    """A formatted value. `bar` (0 to 1) is the drawn share in a bar column, `tag` a small label after the text.

    `name` is what formulas call it, in small type after the text, and `level` indents both.
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
    """A table with its message as title; a long one to look things up in is set in `fine` type."""

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
    """A sign of a formula, explained. `alt` is how it is read aloud."""

    latex: str
    alt: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A typeset equation. `alt` is how it is read aloud."""

    kind: ClassVar[str] = "formula"
    latex: str
    alt: str
    where: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation in full: its place, what it takes, what to do and what that brings, and what to know of it."""

    place: str
    group: str
    headline: str
    detail: str
    aspects: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Agenda:
    """Recommendations one below the other, the best first."""

    kind: ClassVar[str] = "agenda"
    items: tuple[Advice, ...]


Block: TypeAlias = Paragraph | Figure | Table | Formula | Agenda


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the report: its title is the message that its blocks prove."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something the figures rest on, with the reason for it."""

    name: str
    value: str
    unit: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from. The address is printed, and linked only where it is a web address."""

    text: str
    address: str = ""
    retrieved: str = ""

    @property
    def link(self) -> str:
        """The address where a reader may safely follow it, otherwise nothing."""
        return self.address if self.address.startswith("https://") else ""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that travels inside the PDF."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Footer:
    """What identifies the report on every page."""

    scenario_hash: str
    version: str
    library_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a report shows. All texts are plain text: markup in them is printed, not obeyed."""

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
    """Which option the key figures are of."""
    sections: tuple[Section, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    assumptions_title: str = "What the figures assume"
    assumptions_message: str = "Inputs that were not measured here, and why they are as they are"
    glossary: Table | None = None
    appendices: tuple[Section, ...] = ()
    sources: tuple[Source, ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    language: str = "en"
    design: Design = PLAIN_DESIGN
    contents_first: bool = False
    """Whether the contents stand before the first section, whose figure is too large for the first page."""

    @property
    def date_text(self) -> str:
        """The date as it is read, whatever the machine's locale."""
        return f"{self.date.day} {_MONTHS[self.date.month - 1]} {self.date.year}" if self.date else ""

    @property
    def assumptions_table(self) -> Table:
        """The assumptions as a table like any other."""
        columns = (Column("Assumption"), Column("Value", kind="number"), Column("Unit"), Column("Basis"))
        rows = tuple(Row((Cell(a.name), Cell(a.value), Cell(a.unit), Cell(a.basis))) for a in self.assumptions)
        return Table(self.assumptions_message, columns, rows)
