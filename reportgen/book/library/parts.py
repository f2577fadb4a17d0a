"""The parts of a library: YAML files and catalogues, in order of precedence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reportgen.lang.units import Units
from reportgen.spec.declared.workbook import WorkbookSpec
from reportgen.spec.load import Loaded

if TYPE_CHECKING:
    from reportgen.spec.declared.figures import FiguresSpec
    from reportgen.spec.declared.frame import FrameSpec
    from reportgen.spec.document import Document
    from reportgen.spec.model import LibrarySpec

__all__ = ["Library", "Table"]


@dataclass(frozen=True, slots=True)
class Table:
    """A catalogue: the rows of a dimension."""

    dimension: str
    document: Document


@dataclass(frozen=True, eq=False)
class Library:
    """Everything that was read, in order of precedence: a later part adds to the earlier ones or overrides them."""

    parts: tuple[Loaded[LibrarySpec] | Table, ...]
    hash: str
    """A short hash of all files; it identifies the formulas and figures behind an output."""

    @property
    def files(self) -> tuple[Loaded[LibrarySpec], ...]:
        """The YAML files."""
        return tuple(part for part in self.parts if isinstance(part, Loaded))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The catalogues."""
        return tuple(part for part in self.parts if isinstance(part, Table))

    @cached_property
    def units(self) -> Units:
        """The units that its quantities, and those of scenarios, may have."""
        return Units({word: plural for loaded in self.files for word, plural in loaded.spec.counts.items()})

    @property
    def accountings(self) -> list[str]:
        """The accountings that it declares."""
        return sorted({name for loaded in self.files for name in loaded.spec.accounting})

    @property
    def frame(self) -> FrameSpec:
        """The frame of every scenario, from the last file that declares one."""
        return [loaded.spec.frame for loaded in self.files if loaded.spec.frame is not None][-1]

    @property
    def figures(self) -> FiguresSpec:
        """What the figures draw, as declared by the last file that does so."""
        return [loaded.spec.figures for loaded in self.files if loaded.spec.figures is not None][-1]

    @property
    def workbook(self) -> WorkbookSpec:
        """What the workbook shows where; a later file moves the tables that it names."""
        declared = [loaded.spec.workbook for loaded in self.files]
        tables = {tuple(table.per): table for workbook in declared for table in workbook.tables}
        muted = {name: value for workbook in declared for name, value in workbook.muted.items()}
        return WorkbookSpec(tables=list(tables.values()), muted=muted)
