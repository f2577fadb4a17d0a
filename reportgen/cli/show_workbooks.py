"""The changes in a workbook, as tables for people and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from reportgen.cli.show import number, stdout_console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.intake.workbook.bring_back import Edited

__all__ = ["as_json", "show_changes"]

_WIDE = 60


def as_json(edited: Edited) -> dict[str, Any]:
    """Return the changes as plain data."""
    comparison = edited.comparison
    return {
        "scenario": edited.name,
        "inputs": [{"input": i.address, "where": i.where, "old": i.old, "new": i.new} for i in comparison.inputs],
        "rows_added": [
            {"dimension": a.dimension, "name": a.name, "where": a.where,
             "cells": {".".join(key): value for key, value in a.cells.items()}}
            for a in comparison.added
        ],
        "formulas_rewritten": [
            {"quantity": r.title, "where": r.where, "old": r.old, "new": r.new} for r in edited.rewrites
        ],
        "overrides": [{"where": o.where, "why": o.why, "old": o.old, "new": o.new} for o in edited.overrides],
        "removed": comparison.removed,
    }  # fmt: skip


def show_changes(edited: Edited) -> None:
    """Print the changes, group by group."""
    console, comparison = stdout_console(), edited.comparison
    if not edited.changed:
        console.print(Text("Nothing was changed since the workbook was built."))
        return
    inputs = [(i.address, i.where, *_apart(i.old, i.new)) for i in comparison.inputs]
    _print("Inputs", ("input", "cell", "old", "new"), inputs)
    rows = [(f"{a.dimension} {a.name}", a.where, f"{len(a.cells)} values") for a in comparison.added]
    _print("Rows that were added", ("row", "place", "holds"), rows)
    formulas = [(r.title, r.where, r.old, r.new) for r in edited.rewrites]
    _print("Formulas that were rewritten", ("quantity", "first cell", "old", "new"), formulas)
    others = [(o.where, o.why, _short(o.old), _short(o.new)) for o in edited.overrides]
    _print("Other cells, which no scenario can express", ("cell", "what", "old", "new"), others)
    _print("What is missing", ("what",), [(what,) for what in comparison.removed])


def _print(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stdout_console().print(table)


def _value(value: float | str | bool | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, float) else value


def _apart(old: float | str | bool | None, new: float | str | bool | None) -> tuple[str, str]:
    """Format two values so that they differ visibly: with all digits if the first five are equal."""
    if isinstance(old, float) and isinstance(new, float) and abs(new - old) < 1e-4 * abs(old):
        return repr(old), repr(new)
    return _value(old), _value(new)


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"
