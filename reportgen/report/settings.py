"""Columns of the settings that differ between options; similar settings, such as the precisions, share a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT, as_given
from reportgen.report.view import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reportgen.engine.results import Plain
    from reportgen.report.reading import Facts
    from reportgen.report.view import Kind

__all__ = ["chosen_settings", "option_settings"]


def option_settings(facts: Facts) -> tuple[list[tuple[Column, list[str]]], list[str]]:
    """Return the columns of settings that differ, and those that are the same for all options, in words."""
    told: list[tuple[Column, list[str]]] = []
    same: list[str] = []
    for names in _merged(facts, facts.book.report.option_columns):
        title = _title(facts, names)
        texts = [_distinct([_bare(facts, n, o) for n in names]) for o in facts.options]
        if len(set(texts)) == 1:
            same.append(f"{title}: {_distinct([facts.shown(n, facts.baseline) for n in names])}")
        else:
            told.append((Column(title, kind=_kind(facts, names)), texts))
    return told, same


def chosen_settings(facts: Facts, rows: Sequence[Mapping[str, Plain]]) -> list[tuple[Column, list[str]]]:
    """Return columns of the cells that a search chose, in the order in which the report lists settings."""
    given = dict.fromkeys(name for row in rows for name in row if facts.has(name))
    order = [n for n in facts.book.report.option_columns if n in given]
    columns: list[tuple[Column, list[str]]] = []
    for names in _merged(facts, dict.fromkeys([*order, *given])):
        texts = [_distinct([_written(facts, n, row.get(n)) for n in names]) for row in rows]
        columns.append((Column(_title(facts, names), kind=_kind(facts, names)), texts))
    return columns


def _merged(facts: Facts, names: Iterable[str]) -> Iterable[list[str]]:
    """Yield the inputs among quantities, grouped if their values are members of the same dimension."""
    merged: dict[str, list[str]] = {}
    for name in names:
        if facts.quantity(name).input:
            merged.setdefault(facts.quantity(name).type.dimension or name, []).append(name)
    return merged.values()


def _title(facts: Facts, names: Sequence[str]) -> str:
    return " / ".join(facts.quantity(n).title for n in names)


def _kind(facts: Facts, names: Sequence[str]) -> Kind:
    return "number" if facts.quantity(names[0]).type.kind == "number" else "text"


def _bare(facts: Facts, name: str, option: str) -> str:
    """Return a setting without its unit, because the title of a count names it."""
    if facts.quantity(name).type.kind != "number":
        return facts.shown(name, option)
    return facts.amount(name, option).text


def _written(facts: Facts, name: str, value: Plain) -> str:
    """Format a value as an option's cell, even if no option has it yet."""
    type_ = facts.quantity(name).type
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return facts.title(type_.dimension, value) if type_.dimension else value
    return as_given(float(value), type_.unit).text


def _distinct(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)
