"""The schema of the workbook: the sheet of each table, and which of its rows do not apply."""

from __future__ import annotations

from pydantic import Field

from reportgen.spec.part import Name, Part

__all__ = ["TableSpec", "WorkbookSpec"]


class TableSpec(Part):
    """The table of all quantities with one index set."""

    per: list[str] = Field(description="The index set: the dimensions in their order", min_length=1)
    sheet: str = Field(description="The title of its sheet", min_length=1, max_length=31)
    title: str = Field(default="", description="Its heading; without one it is named after its dimension or sheet")
    verdicts: bool = Field(default=False, description="Whether good and bad verdicts have a colour")


class WorkbookSpec(Part):
    """The sheets of the workbook; a table that is not listed gets its own sheet or is among the lists."""

    tables: list[TableSpec] = Field(default=[], description="Where tables stand, and what they are called")
    muted: dict[Name, bool | float] = Field(
        default={}, description="Quantities and a value: rows that have it do not apply, and are grey"
    )
