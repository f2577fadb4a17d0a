"""Read changes such as `baseline.batch=8` and check them against the inputs' ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.entries import Entry, Origin
from reportgen.book.quantities.cells import LEFT_OUT, UNIT, read_cell
from reportgen.book.ranges import fault, problem_text
from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.lang import tree
from reportgen.spec.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.book.book import Book, Quantity

__all__ = ["Change", "addresses", "find_input", "read_changes", "read_value"]

Change = float | bool | str | None


def addresses(book: Book) -> list[str]:
    """Return every address that can be set: `ttft_target`, `baseline.batch`, `int8.precision_bits`."""
    result = []
    for quantity in book.quantities.values():
        if quantity.input:
            result += [".".join((*cell, quantity.name)) for cell in quantity.cells] if quantity.by else [quantity.name]
    return result


def read_changes(book: Book, changes: Iterable[str]) -> dict[tuple[str, tuple[str, ...]], Change]:
    """Read changes such as `["ttft_target=500 ms", "baseline.batch=8"]`.

    Raises:
        SpecError: with every mistake found; a value out of range is reported in the sentence that the workbook shows.
    """
    problems: list[Problem] = []
    values: dict[tuple[str, tuple[str, ...]], Change] = {}
    for text in changes:
        address, equals, value = text.partition("=")
        span = Span("--set", 1, 1, text, max(1, len(address)))
        if not equals:
            problems.append(Problem("a change is written NAME=VALUE", span))
            continue
        target = find_input(book, address.strip(), span, problems)
        if target is None:
            continue
        quantity, cell = target
        span = Span("--set", 1, len(address) + 2, text, max(1, len(value.strip())))
        read = read_value(book, quantity, cell, value.strip(), span, problems)
        if read is not None:
            values[quantity.name, cell] = read[0]
    if problems:
        raise SpecError(problems)
    return values


def find_input(
    book: Book, address: str, span: Span, problems: list[Problem]
) -> tuple[Quantity, tuple[str, ...]] | None:
    """Return the quantity and cell at an address; members may be omitted if there is only one."""
    members, _, name = address.rpartition(".")
    quantity = book.quantities.get(name)
    if quantity is None or not quantity.input:
        allowed = [q.name for q in book.quantities.values() if q.input]
        hint = nearest(name, allowed)
        what = f"'{name}' is computed, not an input" if quantity else f"unknown input '{name}'"
        problems.append(Problem(what, span, hint))
        return None
    if not quantity.by:
        if members:
            problems.append(Problem(f"'{name}' has one value; write {name}=...", span))
            return None
        return quantity, ()
    given = _split(book, quantity, members)
    if given is None:
        cells = [".".join(c) for c in quantity.cells]
        hint = nearest(members, cells) if members else f"write it as {cells[0]}.{name}=..."
        problems.append(
            Problem(
                f"'{members}' is not a row with '{name}'" if members else f"'{name}' has a value per {quantity.by[0]}",
                span,
                hint,
            )
        )
        return None
    return quantity, given


def _split(book: Book, quantity: Quantity, members: str) -> tuple[str, ...] | None:
    """Return the cell whose members, joined by dots, are the text, by name or alias; names may contain dots."""
    if not members:
        single = all(book.size(d) == 1 for d in quantity.by)
        return tuple(book.dimensions[d].names[0] for d in quantity.by) if single else None
    if len(quantity.by) == 1:
        member = book.member_of(quantity.by[0], members)
        return (member,) if member is not None else None
    for cell in quantity.cells:
        if ".".join(cell).casefold() == members.casefold():
            return cell
    first, _, rest = members.rpartition(".")
    outer, inner = book.member_of(quantity.by[0], first), book.member_of(quantity.by[1], rest)
    return (outer, inner) if outer is not None and inner is not None else None


def read_value(
    book: Book, quantity: Quantity, cell: tuple[str, ...], value: str, span: Span, problems: list[Problem]
) -> tuple[Change] | None:
    """Return the value of a text in a one-tuple, or None after reporting a mistake at `span`."""
    document = Document(span.file, span.text)
    plain = _plain(value, quantity)
    mistakes: list[Problem] = []
    written = read_cell(
        Entry(plain, Origin(document, ())), quantity.name, quantity.type, formula=False,
        dimensions=book.dimensions, units=book.units, report=mistakes.append,
    )  # fmt: skip
    if written is None:
        hint = mistakes[0].hint if mistakes else ""
        messages = [p.message for p in mistakes if p.kind in (UNIT, LEFT_OUT)]
        message = messages[0] if messages else f"{problem_text(quantity, cell)}, not {value or 'nothing'}"
        problems.append(Problem(message, span, hint))
        return None
    result = written.node.name if isinstance(written.node, tree.Member) else written.node.value  # type: ignore[union-attr]
    if fault(quantity, result):
        problems.append(Problem(f"{problem_text(quantity, cell)}, not {value or 'nothing'}", span))
        return None
    return (result,)


def _plain(value: str, quantity: Quantity) -> object:
    if not value:
        return quantity.blank
    if value in ("null", "absent"):
        return None
    if quantity.type.kind == "flag":
        return {"true": True, "false": False}.get(value.lower(), value)
    if quantity.type.kind == "number":
        try:
            return float(value)
        except ValueError:
            return value
    return value
