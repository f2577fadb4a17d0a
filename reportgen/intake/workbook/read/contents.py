"""What a workbook holds as it was saved: sheets, tables, names, formulas that stand in no cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.intake.workbook.read.cells import EditedSheet

__all__ = ["Area", "EditedTable", "EditedWorkbook"]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a sheet; rows and columns from 1, both ends included."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class EditedTable:
    """A table and its columns.

    Its rectangle holds the row of heads and the data, not the totals. Where heads are switched off, it begins one row
    above the data all the same: at 0 where these begin at 1.
    """

    name: str
    area: Area
    columns: tuple[str, ...]
    heads: bool = True
    totals: bool = False


@dataclass(slots=True)
class EditedWorkbook:
    """A workbook as it was saved, by whatever program."""

    path: Path
    sheets: dict[str, EditedSheet] = field(default_factory=dict)
    tables: dict[str, EditedTable] = field(default_factory=dict)
    names: dict[str, Area] = field(default_factory=dict)
    rules: list[tuple[str, str]] = field(default_factory=list)
    """Formulas that stand in no cell: where, and what. Those of names, columns of tables, validation, conditions."""
