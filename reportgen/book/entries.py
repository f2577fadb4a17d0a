"""What was written, with its place: values, and rows of members while they are collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.errors import Span
    from reportgen.spec.document import Document

__all__ = ["Entry", "Origin", "Row"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something was written."""

    document: Document
    path: tuple[str | int, ...]

    def span(self, *, key: bool = False) -> Span:
        """Its place."""
        return self.document.span(self.path, key=key)

    def at(self, *more: str | int) -> Origin:
        """The place of a part of it."""
        return Origin(self.document, (*self.path, *more))


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as written, with its place."""

    value: Any
    origin: Origin


@dataclass(slots=True)
class Row:
    """A member's row while it is collected; a later file may add or replace cells."""

    origin: Origin
    meta: dict[str, str] = field(default_factory=dict)
    cells: dict[str, Entry] = field(default_factory=dict)
    inputs: tuple[Entry, ...] | None = None
    """What an operator takes in; None where nothing is said of it."""

    def aliases(self) -> tuple[str, ...]:
        """Other names of the member."""
        return tuple(a.strip() for a in self.meta.get("aliases", "").split(";") if a.strip())
