"""Read the axes of a sweep: `baseline.batch=1,2,4` or `baseline.batch=1..64*2` gives an input and its values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reportgen.book.changes import Change, find_input, read_value
from reportgen.book.ranges import address
from reportgen.errors import Problem, Span, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.book.book import Book, Quantity

__all__ = ["LONGEST", "Axis", "mentions", "read_axes"]

LONGEST = 100_000
"""The most values of a range."""

_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})\s*(?:([/*])\s*({_NUMBER}))?\s*([A-Za-zµ%].*)?")
_PIECE = re.compile(r'\s*(?:"([^"]*)"\s*|([^,]*))(?:,|$)')
_WRITTEN = "a range is written 1..64, 0.1..0.9/0.1 (step) or 1..64*2 (factor), with its unit at the end"
_HINT = "as in baseline.batch=1,2,4 or baseline.batch=1..64*2"


@dataclass(frozen=True, slots=True)
class Axis:
    """An input and the values that it takes in turn."""

    quantity: Quantity
    cell: tuple[str, ...]
    values: tuple[Change, ...]

    @property
    def address(self) -> str:
        """The full address of the input, as `--set` takes it."""
        return address(self.quantity.name, self.cell)


def mentions(texts: Iterable[str]) -> list[str]:
    """Return axes as single changes, as far as they can be read without a book."""
    changes = []
    for text in texts:
        name, _, values = text.partition("=")
        changes += [f"{name}={piece}" for piece, _ in _pieces(values)]
    return changes


def read_axes(book: Book, texts: Iterable[str], taken: Iterable[tuple[str, tuple[str, ...]]] = ()) -> tuple[Axis, ...]:
    """Read axes; `taken` are inputs that are already set.

    Raises:
        SpecError: with every mistake found; values are checked, and mistakes worded, as for `--set`.
    """
    problems: list[Problem] = []
    axes, seen = list[Axis](), set(taken)
    for text in texts:
        name, equals, _ = text.partition("=")
        span = Span("--vary", 1, 1, text, max(1, len(name)))
        if not equals:
            problems.append(Problem("an axis is written NAME=VALUES", span, _HINT))
            continue
        target = find_input(book, name.strip(), span, problems)
        if target is None:
            continue
        if (target[0].name, target[1]) in seen:
            problems.append(Problem(f"'{address(target[0].name, target[1])}' has been given before", span))
            continue
        seen.add((target[0].name, target[1]))
        values = _values(book, *target, text, len(name) + 1, problems)
        axes.append(Axis(*target, tuple(dict.fromkeys(values))))
    if problems:
        raise SpecError(problems)
    return tuple(axes)


def _values(
    book: Book, quantity: Quantity, cell: tuple[str, ...], text: str, start: int, problems: list[Problem]
) -> Iterator[Change]:
    """Yield the values of an axis as written; mistakes are added to `problems`."""
    for piece, offset in _pieces(text[start:]):
        span = Span("--vary", 1, start + offset + 1, text, max(1, len(piece)))
        if not piece:
            problems.append(Problem("a value is missing", span, "null leaves an input absent"))
        elif quantity.type.kind == "number" and ".." in piece:
            yield from _range(book, quantity, cell, piece, span, problems)
        elif read := read_value(book, quantity, cell, piece, span, problems):
            yield read[0]


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Yield the pieces between commas, with their offsets; commas inside double quotes do not separate."""
    offset = 0
    while offset <= len(text):
        match = _PIECE.match(text, offset)
        if match is None:  # text after a closing quote: take the whole piece as it is
            end = text.find(",", offset)
            end = len(text) if end < 0 else end
            yield text[offset:end].strip(), offset
            offset = end + 1
            continue
        group = 1 if match[1] is not None else 2
        yield match[group].strip(), match.start(group)
        offset = match.end() if match[0].endswith(",") else len(text) + 1


def _range(
    book: Book, quantity: Quantity, cell: tuple[str, ...], piece: str, span: Span, problems: list[Problem]
) -> Iterator[Change]:
    """Yield the values of a range; its first mistake is added to `problems`."""
    match = _RANGE.fullmatch(piece)
    fault = _WRITTEN if match is None else _fault(match)
    if match is None or fault:
        problems.append(Problem(f"'{piece}' is not a range", span, fault))
        return
    unit = match[5] or ""
    for number in _numbers(match):
        mistakes: list[Problem] = []
        read = read_value(book, quantity, cell, f"{number} {unit}".strip(), span, mistakes)
        if read is None:
            problems += mistakes[:1]
            return
        yield read[0]


def _fault(match: re.Match[str]) -> str:
    """Return why a range has no values or too many, or an empty text."""
    first, last, step = (Decimal(match[i] or 1) for i in (1, 2, 4))
    if last < first:
        return "it runs from the smaller number to the larger one"
    if match[3] == "*":
        if first <= 0 or step <= 1:
            return "with a factor, it begins above 0 and the factor is larger than 1"
        count = ((last / first).ln() / step.ln()) + 1
    else:
        if not match[3] and (first % 1 or last % 1):
            return f"a range of fractions needs a step, as in {match[1]}..{match[2]}/0.1"
        if step <= 0:
            return "its step is larger than 0"
        count = (last - first) / step + 1
    return f"it has more than {LONGEST:,} values" if count > LONGEST else ""


def _numbers(match: re.Match[str]) -> Iterator[Decimal]:
    """Yield the values as Decimal, so that 0.1..0.3/0.1 ends with 0.3 exactly."""
    number, last, step = (Decimal(match[i] or 1) for i in (1, 2, 4))
    for _ in range(LONGEST):
        if number > last:
            return
        yield number
        following = number * step if match[3] == "*" else number + step
        if following == number:  # the step is too small for the precision of Decimal
            return
        number = following
