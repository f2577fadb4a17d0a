"""The differences between a workbook as built and as edited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.errors import Problem
    from reportgen.intake.workbook.translate.formula import Token

__all__ = ["Added", "Comparison", "Formula", "Input", "Override", "Plain"]

Plain = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Input:
    """A changed input: the quantity, its cell, and its place."""

    quantity: str
    cell: tuple[str, ...]
    where: str
    old: Plain
    new: Plain

    @property
    def address(self) -> str:
        """Its address for `--set`."""
        return ".".join((*self.cell, self.quantity))


@dataclass(frozen=True, slots=True)
class Added:
    """A new member of a dimension, with the inputs in its row: by quantity, or quantity and second member."""

    dimension: str
    name: str
    where: str
    cells: dict[tuple[str, ...], Plain]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """A rewritten formula: its place in the plan (table or nothing, column, row), and its tokens."""

    table: tuple[str, ...]
    column: str
    row: int
    where: str
    old: str
    new: str
    tokens: tuple[Token, ...] | None
    """None if it cannot be read."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A changed cell that no scenario can hold; `why` describes it."""

    where: str
    why: str
    old: str
    new: str


@dataclass
class Comparison:
    """All differences; `problems` are those that prevent a scenario."""

    inputs: list[Input] = field(default_factory=list)
    added: list[Added] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
