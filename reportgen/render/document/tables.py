"""The report's tables: options against targets, and the operators that take the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.document.numbers import NONE, THIN, plain, significant
from reportgen.render.document.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.engine.results import Plain, Results

__all__ = ["options_table", "stage_table", "text_of", "word_of"]

_TOP = 10
"""Rows of operators that are printed; all of them are in the workbook."""
_WIDE = 8
"""Columns of options that an A4 page takes beside the name."""


def has(results: Results, *names: str) -> bool:
    """Whether the book has all these quantities."""
    return all(name in results.book.quantities for name in names)


def text_of(results: Results, name: str) -> str:
    """A text quantity of the whole scenario; empty where the accounting has none."""
    return str(results.get(name) or "") if has(results, name) else ""


def word_of(results: Results, quantity: Quantity, value: Plain) -> str:
    """A value as text, without its unit."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        dimension = results.book.dimensions.get(quantity.type.dimension)
        titles = {m.name: m.title for m in dimension.members} if dimension else {}
        return titles.get(value) or value
    return significant(value)


def options_table(results: Results, listed: list[str]) -> Table:
    """The options with their key results, verdict and improvement; the one recommended first is marked."""
    book = results.book
    best = results.get("best_option") if has(results, "best_option") else None
    names = [n for n in book.report.option_columns if n not in ("fits", "verdict", "improvement")]
    names = [n for n in names if _varies(results, n, listed)][:_WIDE]
    columns = [Column("Option"), *(_column(book.quantities[n]) for n in names)]
    judged = has(results, "verdict", "feasible")
    columns += [Column("Verdict", kind="status")] if judged else []
    rows = []
    for option in listed:
        cells = [Cell(_title(results, option), tag="recommended" if option == best else "")]
        cells += [_cell(results, book.quantities[n], results.get(n, option)) for n in names]
        if judged:
            good = bool(results.get("feasible", option))
            cells.append(Cell(str(results.get("verdict", option)), status="met" if good else "missed"))
        rows.append(Row(tuple(cells), highlight=option == best))
    title = text_of(results, "options_finding") or "Options compared"
    return Table(title, tuple(columns), tuple(rows), note=_note(results, listed))


def _note(results: Results, listed: list[str]) -> str:
    left = [m.title or m.name for m in results.book.dimensions["option"].members if m.name not in listed]
    words = "All figures are for one deployment; the full table is in the attached workbook."
    return f"{words} Without effect here, so not listed: {', '.join(left)}." if left else words


def _varies(results: Results, name: str, listed: list[str]) -> bool:
    """Choices that are the same for every option need no column; results do."""
    quantity = results.book.quantities[name]
    return not quantity.input or len({results.get(name, o) for o in listed}) > 1


def _title(results: Results, option: str) -> str:
    return str(results.get("option_title", option))


def _column(quantity: Quantity) -> Column:
    number = quantity.type.kind == "number"
    return Column(quantity.title, quantity.type.unit.label if number else "", "number" if number else "text")


def _cell(results: Results, quantity: Quantity, value: Plain) -> Cell:
    return Cell(word_of(results, quantity, value))


def stage_table(results: Results, stage: str) -> Table:
    """The operators of one stage of the baseline, those that take longest first."""
    book, option = results.book, results.book.baseline
    rows = [r for r in results.rows(("option", "stage", "operator")) if r["option"] == option and r["stage"] == stage]
    time = "network_inference_time"
    rows.sort(key=lambda r: -float(r[time] or 0.0))
    total = sum(float(r[time] or 0.0) for r in rows) or 1.0
    most = float(rows[0][time] or 0.0) or 1.0
    ops, moved, spent = (_scale([float(r[n] or 0.0) for r in rows], u) for n, u in _MEASURES)
    columns = (
        Column("Operator"),
        Column("Runs", kind="number"),
        Column("Operations", ops[1], "number"),
        Column("Moved", moved[1], "number"),
        Column("Intensity", "FLOP/B", "number"),
        Column("Time", spent[1], "number"),
        Column("Share of the pass", kind="bar"),
        Column("Bound by"),
    )
    made = []
    for row in rows[:_TOP]:
        share = float(row[time] or 0.0)
        made.append(
            Row(
                (
                    Cell(str(results.get("operator_title", str(row["operator"])))),
                    Cell(significant(float(results.get("repeats", option, str(row["operator"])) or 0.0))),
                    Cell(significant(float(row["network_ops"] or 0.0) / ops[0])),
                    Cell(significant(float(row["network_memory_access"] or 0.0) / moved[0])),
                    Cell(word_of(results, book.quantities["arithmetic_intensity"], row["arithmetic_intensity"])),
                    Cell(significant(share / spent[0])),
                    Cell(f"{100 * share / total:.1f}{THIN}%", bar=share / most, accent=row["bound"] == "memory"),
                    Cell(str(row["bound"] or NONE)),
                )
            )
        )
    name = str(results.get("stage_title", stage))
    note = (
        f"{name} of the baseline, all layers; {len(made)} of {len(rows)} operators, all rows in the attached workbook."
    )
    spent_all = plain(total, book.quantities[time].type.unit).joined()
    return Table(f"{name}: {spent_all} in all operators", columns, tuple(made), note=note)


_MEASURES = (("network_ops", "FLOP"), ("network_memory_access", "B"), ("network_inference_time", "s"))


def _scale(values: list[float], unit: str) -> tuple[float, str]:
    """One scale for a column, from its largest value."""
    largest = max(values, default=0.0)
    steps = ((1.0, ""), (1e-3, "m"), (1e-6, "µ")) if unit == "s" else ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
    scale, prefix = next(((s, p) for s, p in steps if largest >= s), steps[-1])
    return scale, prefix + unit
