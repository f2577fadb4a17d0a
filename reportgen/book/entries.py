"""What was written, with its place: values, and members' rows while they are collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportgen.errors import Span
    from reportgen.spec.document import Document

__all__ = ["Entry", "Origin", "Row"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The place where something was written."""

    document: Document
    path: tuple[str | int, ...]

    def span(self, *, key: bool = False) -> Span:
        """Return its span, or the span of its key."""
        return self.document.span(self.path, key=key)

    def at(self, *more: str | int) -> Origin:
        """Return the place of a part of it."""
        return Origin(self.document, (*self.path, *more))


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as written and its place."""

    value: Any
    origin: Origin


@dataclass(slots=True)
class Row:
    """A member's row while it is collected; later files may add or replace cells."""

    origin: Origin
    meta: dict[str, str] = field(default_factory=dict)
    cells: dict[str, Entry] = field(default_factory=dict)
    inputs: tuple[Entry, ...] | None = None
    """The inputs of an operator; None if the row does not declare any."""

    def aliases(self) -> tuple[str, ...]:
        """Return the member's other names."""
        return tuple(a.strip() for a in self.meta.get("aliases", "").split(";") if a.strip())
