"""The content of a saved workbook: sheets, tables, names, and formulas outside cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.intake.workbook.read.cells import EditedSheet

__all__ = ["Area", "EditedTable", "EditedWorkbook"]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a sheet; rows and columns are 1-based and inclusive."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class EditedTable:
    """A table and its columns.

    Its rectangle includes the header row and the data, but not the totals. If headers are switched off, it still begins
    one row above the data, which may be row 0.
    """

    name: str
    area: Area
    columns: tuple[str, ...]
    heads: bool = True
    totals: bool = False


@dataclass(slots=True)
class EditedWorkbook:
    """A workbook, as saved by any program."""

    path: Path
    sheets: dict[str, EditedSheet] = field(default_factory=dict)
    tables: dict[str, EditedTable] = field(default_factory=dict)
    names: dict[str, Area] = field(default_factory=dict)
    rules: list[tuple[str, str]] = field(default_factory=list)
    """Formulas outside cells (names, table columns, validations, conditional formats), each with its place."""
