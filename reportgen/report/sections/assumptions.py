"""What the figures are based on: the workload, the assumptions, and the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import column
from reportgen.report.reading import STAGES
from reportgen.report.view import Assumption, Cell, Column, Row, Source, Table

if TYPE_CHECKING:
    from collections.abc import Set

    from reportgen.book.book import Member, Quantity
    from reportgen.report.reading import ResultsReader

__all__ = ["assumptions", "sources", "workload_table"]

_FOR_SOME = ("cost", "energy")
"""Topics whose inputs matter only in some scenarios."""


def workload_table(reader: ResultsReader) -> Table | None:
    """Return the table of request classes with their inputs."""
    classes = reader.book.dimensions["request"].names
    names = [q.name for q in reader.book.tables().get(("request",), []) if q.input and q.type.kind == "number"]
    if not classes or not names:
        return None
    columns = [Column("Requests")]
    cells = [[Cell(reader.title("request", c)) for c in classes]]
    for name in names:
        quantity = reader.quantity(name)
        written = column(reader.numbers(name, [(c,) for c in classes]), quantity.type.unit)
        given = [reader.amount(name, c) for c in classes]
        # Users set these numbers: keep their digits, unless the column changes the prefix.
        texts = [a.text for a in given] if written.factor == 1.0 else written.texts
        columns.append(Column(quantity.title, written.unit, "number"))
        cells.append([Cell(text) for text in texts])
    rows = tuple(Row(tuple(c[i] for c in cells)) for i in range(len(classes)))
    return Table("The workload", tuple(columns), rows)


def assumptions(reader: ResultsReader, used: Set[str]) -> tuple[Assumption, ...]:
    """Return the listed inputs (those of cost and energy only if used), then those that the scenario sets."""
    given = [n for n in reader.book.scenario.inputs if reader.has(n) and n not in reader.book.report.assumptions]
    listed = [n for n in reader.book.report.assumptions if n in used or reader.quantity(n).topic not in _FOR_SOME]
    result: list[Assumption] = []
    for name in (*listed, *given):
        quantity = reader.quantity(name)
        reason = "scenario" if name in reader.book.scenario.inputs else quantity.source or quantity.description
        result += _assumed(reader, quantity, reason)
    return tuple(result)


def _assumed(reader: ResultsReader, quantity: Quantity, reason: str) -> list[Assumption]:
    """Return one line if all members have the same value, otherwise one each; of options, only the baseline's."""
    values = reader.results.plain(quantity.name)
    shown = {"option": {reader.baseline}, "stage": set(STAGES)}
    values = {
        key: value for key, value in values.items()
        if all(member in shown.get(d, {member}) for d, member in zip(quantity.per, key, strict=True))
    }  # fmt: skip
    if len(set(values.values())) == 1:
        return [_line(reader, quantity, next(iter(values)), quantity.title, reason)]
    return [
        _line(reader, quantity, key, f"{quantity.title}, {_key_title(reader, quantity, key)}", reason) for key in values
    ]


def _key_title(reader: ResultsReader, quantity: Quantity, key: tuple[str, ...]) -> str:
    return ", ".join(reader.title(d, m) for d, m in zip(quantity.per, key, strict=True) if d != "option")


def _line(reader: ResultsReader, quantity: Quantity, key: tuple[str, ...], name: str, reason: str) -> Assumption:
    if quantity.type.kind != "number":
        return Assumption(name, reader.formatted(quantity.name, *key), reason=reason)
    written = reader.amount(quantity.name, *key)
    return Assumption(name, written.text, written.unit, reason)


def sources(reader: ResultsReader, used: Set[str]) -> tuple[Source, ...]:
    """Return the sources of the catalogue members in use, then those of other quantities that were used."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for dimension, names in _used(reader).items():
        for member in reader.book.dimensions[dimension].members:
            if member.name in names and member.source:
                _grouped(groups, member)
    of_members = [
        Source(f"{', '.join(names)}: {source}{f' ({quality})' if quality else ''}", retrieved=date)
        for (source, date, quality), names in groups.items()
    ]
    listed = set(reader.book.report.assumptions)
    quoted = [q for q in reader.book.quantities.values() if q.source and q.name not in listed and q.name in used]
    return (*of_members, *(Source(f"{q.title}: {q.source}") for q in quoted))


def _grouped(groups: dict[tuple[str, str, str], list[str]], member: Member) -> None:
    """Collect members with the same source on one line."""
    groups.setdefault((member.source, member.retrieved, member.quality), []).append(member.title or member.name)


def _used(reader: ResultsReader) -> dict[str, set[str]]:
    """Return the members of each dimension that the shown options, or the scenario as a whole, refer to."""
    used: dict[str, set[str]] = {}
    for quantity in reader.book.tables().get(("option",), []):
        if quantity.type.dimension and quantity.type.dimension != "option":
            values = (reader.words(quantity.name, o) for o in reader.options)
            used.setdefault(quantity.type.dimension, set()).update(v for v in values if v)
    for quantity in reader.book.tables().get((), []):
        if quantity.type.dimension and quantity.type.dimension != "option" and (word := reader.words(quantity.name)):
            used.setdefault(quantity.type.dimension, set()).add(word)
    return used
