"""What goes wrong through no fault of the program, and how it is said: place, text, what was found, what is allowed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EvaluationError", "OutputError", "Problem", "ReportgenError", "Span", "SpecError", "closest", "nearest"]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: 1-based line and column, the line itself, and how many characters are meant."""

    file: str
    line: int = 0
    column: int = 0
    text: str = ""
    length: int = 1

    def header(self) -> str:
        """`file:line:column`, as editors read it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def marked(self) -> str:
        """What is meant, as it stands there, without quotes around it."""
        return self.text[self.column - 1 : self.column - 1 + self.length].strip().strip("\"'")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a user."""

    message: str
    span: Span | None = None
    hint: str = ""
    kind: str = ""
    """What it is about, where the program treats such mistakes apart; the message is for people alone."""
    key: tuple[str, int, int] = field(init=False, repr=False, default=("", 0, 0))

    def __post_init__(self) -> None:
        if self.span is not None:
            object.__setattr__(self, "key", (self.span.file, self.span.line, self.span.column))

    def render(self) -> str:
        """The message with its place, the line and a caret under what is meant."""
        lines = [f"{self.span.header()}: {self.message}" if self.span else self.message]
        if self.span and self.span.text:
            lines += _excerpt(self.span)
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


_WIDTH = 110


def _excerpt(span: Span) -> list[str]:
    """The line of the span and a caret line, cut around the place where the line is long."""
    text, start = span.text.replace("\t", " "), span.column - 1
    shift = max(0, start - _WIDTH // 2) if len(text) > _WIDTH else 0
    shown = text[shift : shift + _WIDTH]
    gutter = f"{span.line:>5} | "
    caret = "^" * max(1, min(span.length, len(shown) - (start - shift)))
    return [gutter + shown, " " * (len(gutter) - 2) + "| " + " " * (start - shift) + caret]


class ReportgenError(Exception):
    """Base of all errors that are shown as one message, without a traceback."""

    exit_code = 2


class SpecError(ReportgenError):
    """Everything found wrong in what the user wrote, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(sorted(problems, key=lambda p: p.key)))
        super().__init__("\n".join(problem.render() for problem in self.problems))


class EvaluationError(ReportgenError):
    """A computation gave no finite number: names the quantity and the row, and has them as plain names, too."""

    def __init__(self, problem: Problem, quantity: str = "", key: tuple[str, ...] = ()) -> None:
        self.problems, self.quantity, self.key = (problem,), quantity, key
        super().__init__(problem.render())


class OutputError(ReportgenError):
    """An output could not be made on this system; says what mends it."""

    exit_code = 1


def closest(name: str, allowed: Iterable[str]) -> str:
    """The one name that is meant by a misspelt one; empty where none is near.

    >>> closest("batchh", ["batch", "model"])
    'batch'
    """
    found = _close(name, sorted(set(allowed)), 1)
    return found[0] if found else ""


def _close(name: str, names: list[str], most: int) -> list[str]:
    lower = {n.lower(): n for n in reversed(names)}
    return [lower[n] for n in difflib.get_close_matches(name.lower(), list(lower), n=most, cutoff=0.6)]


def nearest(name: str, allowed: Iterable[str], *, most: int = 3) -> str:
    """A hint that names the closest of the allowed names, or all of them where they are few.

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
