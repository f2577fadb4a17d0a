"""Columns of the settings that differ between options; similar settings, such as the precisions, share a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT, as_given
from reportgen.report.view import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reportgen.engine.results import Plain
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Kind

__all__ = ["chosen_settings", "option_settings"]


def option_settings(reader: ResultsReader) -> tuple[list[tuple[Column, list[str]]], list[str]]:
    """Return the columns of settings that differ, and those that are the same for all options, in words."""
    told: list[tuple[Column, list[str]]] = []
    same: list[str] = []
    for names in _merged(reader, reader.book.report.option_columns):
        title = _title(reader, names)
        silent = [names != [reader.roles.model] and reader.pays_api(o) for o in reader.options]
        texts = [
            ABSENT if api else _distinct([_bare(reader, n, o) for n in names])
            for o, api in zip(reader.options, silent, strict=True)
        ]
        said = [o for o, api in zip(reader.options, silent, strict=True) if not api]
        if said and len(set(texts) - {ABSENT}) == 1:
            same.append(f"{title}: {_distinct([reader.formatted(n, said[0]) for n in names])}")
        else:
            told.append((Column(title, kind=_kind(reader, names)), texts))
    return told, same


def chosen_settings(reader: ResultsReader, rows: Sequence[Mapping[str, Plain]]) -> list[tuple[Column, list[str]]]:
    """Return columns of the cells that a search chose, in the order in which the report lists settings."""
    given = dict.fromkeys(name for row in rows for name in row if reader.has(name))
    order = [n for n in reader.book.report.option_columns if n in given]
    columns: list[tuple[Column, list[str]]] = []
    for names in _merged(reader, dict.fromkeys([*order, *given])):
        texts = [_distinct([_written(reader, n, row.get(n)) for n in names]) for row in rows]
        columns.append((Column(_title(reader, names), kind=_kind(reader, names)), texts))
    return columns


def _merged(reader: ResultsReader, names: Iterable[str]) -> Iterable[list[str]]:
    """Yield the inputs among quantities, grouped if their values are members of the same dimension."""
    merged: dict[str, list[str]] = {}
    for name in names:
        if reader.quantity(name).input:
            merged.setdefault(reader.quantity(name).type.dimension or name, []).append(name)
    return merged.values()


def _title(reader: ResultsReader, names: Sequence[str]) -> str:
    return " / ".join(reader.quantity(n).title for n in names)


def _kind(reader: ResultsReader, names: Sequence[str]) -> Kind:
    return "number" if reader.quantity(names[0]).type.kind == "number" else "text"


def _bare(reader: ResultsReader, name: str, option: str) -> str:
    """Return a setting without its unit, because the title of a count names it."""
    if reader.quantity(name).type.kind != "number":
        return reader.formatted(name, option)
    return reader.amount(name, option).text


def _written(reader: ResultsReader, name: str, value: Plain) -> str:
    """Format a value as an option's cell, even if no option has it yet."""
    type_ = reader.quantity(name).type
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return reader.title(type_.dimension, value) if type_.dimension else value
    return as_given(float(value), type_.unit).text


def _distinct(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)
