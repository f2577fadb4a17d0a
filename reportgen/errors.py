"""Errors that users can mend, rendered with place, source line, cause and hint."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EvaluationError", "OutputError", "Problem", "ReportgenError", "Span", "SpecError", "closest", "nearest"]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 1-based line and column, the text of the line, and the number of marked characters."""

    file: str
    line: int = 0
    column: int = 0
    text: str = ""
    length: int = 1

    def header(self) -> str:
        """Return `file:line:column`, the form that editors recognise."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def marked(self) -> str:
        """The marked text, without surrounding quotes."""
        return self.text[self.column - 1 : self.column - 1 + self.length].strip().strip("\"'")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in what the user wrote."""

    message: str
    span: Span | None = None
    hint: str = ""
    kind: str = ""
    """The kind of mistake, for code that handles some kinds specially; code never parses the message."""
    key: tuple[str, int, int] = field(init=False, repr=False, default=("", 0, 0))

    def __post_init__(self) -> None:
        if self.span is not None:
            object.__setattr__(self, "key", (self.span.file, self.span.line, self.span.column))

    def render(self) -> str:
        """Return the message with its place, the source line, and a caret under the marked text."""
        lines = [f"{self.span.header()}: {self.message}" if self.span else self.message]
        if self.span and self.span.text:
            lines += _excerpt(self.span)
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


_WIDTH = 110


def _excerpt(span: Span) -> list[str]:
    """Return the line of the span and a caret line; a long line is cut around the marked text."""
    text, start = span.text.replace("\t", " "), span.column - 1
    shift = max(0, start - _WIDTH // 2) if len(text) > _WIDTH else 0
    shown = text[shift : shift + _WIDTH]
    gutter = f"{span.line:>5} | "
    caret = "^" * max(1, min(span.length, len(shown) - (start - shift)))
    return [gutter + shown, " " * (len(gutter) - 2) + "| " + " " * (start - shift) + caret]


class ReportgenError(Exception):
    """Base class of all errors that are shown as one message, without a traceback."""

    exit_code = 2


class SpecError(ReportgenError):
    """All mistakes found in what the user wrote."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(sorted(problems, key=lambda p: p.key)))
        super().__init__("\n".join(problem.render() for problem in self.problems))


class EvaluationError(ReportgenError):
    """A computation gave no finite number; `quantity` and `key` say which one."""

    def __init__(self, problem: Problem, quantity: str = "", key: tuple[str, ...] = ()) -> None:
        self.problems, self.quantity, self.key = (problem,), quantity, key
        super().__init__(problem.render())


class OutputError(ReportgenError):
    """An output cannot be made on this system; the hint says how to fix that."""

    exit_code = 1


def closest(name: str, allowed: Iterable[str]) -> str:
    """Return the allowed name closest to a misspelt one, or an empty text if none is close.

    >>> closest("batchh", ["batch", "model"])
    'batch'
    """
    matches = _close(name, sorted(set(allowed)), 1)
    return matches[0] if matches else ""


def _close(name: str, names: list[str], most: int) -> list[str]:
    lower = {n.lower(): n for n in reversed(names)}
    return [lower[n] for n in difflib.get_close_matches(name.lower(), list(lower), n=most, cutoff=0.6)]


def nearest(name: str, allowed: Iterable[str], *, most: int = 3) -> str:
    """Return a hint with the closest allowed names, or with all of them if there are few.

    >>> nearest("batchh", ["batch", "model"])
    "did you mean 'batch'?"
    """
    names = sorted(set(allowed))
    close = _close(name, names, most)
    if not close and len(name) >= 3:
        close = [n for n in names if name.lower() in n.lower()][:most]
    if close:
        return "did you mean " + " or ".join(f"'{n}'" for n in close) + "?"
    if names and len(names) <= 12:
        return "allowed: " + ", ".join(names)
    return ""
