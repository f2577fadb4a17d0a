"""The result of a search: the best configuration of each candidate, and cost against latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT, column
from reportgen.report.settings import chosen_settings
from reportgen.report.view import Cell, Column, Figure, Paragraph, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.studies import Found, Searched
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Block, Value

__all__ = ["candidate_blocks", "front_figure"]

_AXES = 3
"""Quantities that the figure needs: cost, latency, capacity."""
_NAMED = 10  # the most options with a label in the chart
_ROLES = {
    "best": "recommended",
    "base": "baseline",
    "front": "on the Pareto front",
    "plain": "other options that meet every target",
    "tried": "front of all configurations that were searched",
}


def candidate_blocks(reader: ResultsReader) -> list[Block | None]:
    """Return the table of candidates; empty if there was no search."""
    searched = reader.book.studies.searched
    if searched is None or not searched.found:
        return []
    return [Paragraph(_holds(searched)), _table(reader, searched)]


def _holds(searched: Searched) -> str:
    """Say how much was searched, and for which inputs the result holds."""
    tried = column([float(searched.tried)]).texts[0]
    return f"{tried} configurations were tried. The result holds for: {searched.holds_for.rstrip('.')}."


def _table(reader: ResultsReader, searched: Searched) -> Table:
    candidates, known = searched.found, set(reader.book.dimensions["option"].names)
    nearest = _nearest(reader, candidates)
    columns = [Column("Candidate")]
    cells = [[_candidate(reader, f, nearest) for f in candidates]]
    for head, texts in chosen_settings(reader, [f.cells for f in candidates]):
        columns.append(head)
        cells.append([Cell(text) for text in texts])
    for name in dict.fromkeys((reader.roles.devices, reader.objective)):
        if reader.has(name):
            values = [reader.number(name, f.option) if f.option in known else None for f in candidates]
            written = column(values, reader.quantity(name).type.unit)
            columns.append(Column(reader.quantity(name).title, written.unit, "number"))
            cells.append([Cell(text) for text in written.texts])
    columns.append(Column(reader.quantity(reader.roles.feasible).title, kind="status"))
    columns.append(Column("Feasible of tried", kind="number"))
    cells.append([Cell("yes", status="met") if f.feasible else Cell("no", status="missed") for f in candidates])
    cells.append([Cell(" of ".join(column([float(n)]).texts[0] for n in (f.feasible, f.tried))) for f in candidates])
    if not all(f.feasible for f in candidates):
        columns.append(Column(reader.quantity(reader.roles.excess).title, kind="number"))
        cells.append(
            [Cell(ABSENT if f.feasible or f.option not in known else _excess(reader, f.option)) for f in candidates]
        )
    rows = tuple(
        Row(tuple(entries[i] for entries in cells), highlight=reader.recommends(f.option))
        for i, f in enumerate(candidates)
    )
    out = [f.option for f in candidates if not f.feasible and f.option in known]
    note = " ".join(f"{reader.title('option', o)}: {reader.words('verdict', o)}." for o in out)
    return Table("The best configuration of each candidate", tuple(columns), rows, note=note)


def _candidate(reader: ResultsReader, candidate: Found, nearest: Found | None) -> Cell:
    names = reader.book.dimensions["option"].names
    tag = "recommended" if reader.recommends(candidate.option) else "nearest" if candidate is nearest else ""
    return Cell(reader.title("option", candidate.option) if candidate.option in names else candidate.option, tag=tag)


def _excess(reader: ResultsReader, option: str) -> str:
    """Return by how much an option exceeds the limit that it misses most."""
    excess = reader.roles.excess
    return str(reader.amount(excess, option)) if reader.number(excess, option) is not None else ABSENT


def _nearest(reader: ResultsReader, candidates: Sequence[Found]) -> Found | None:
    """Return the candidate that misses least if none meets every target, or None."""
    if any(f.feasible for f in candidates):
        return None
    names = reader.book.dimensions["option"].names
    measured = [f for f in candidates if f.option in names and reader.number(reader.roles.excess, f.option) is not None]
    return min(measured, key=lambda f: _miss(reader, f.option), default=None)


def _miss(reader: ResultsReader, option: str) -> tuple[float, float]:
    return reader.number(reader.roles.missed, option) or 0.0, reader.number(reader.roles.excess, option) or 0.0


def front_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of cost against latency: options that meet every target and, faintly, the search's front."""
    axes = reader.book.report.front
    if len(axes) < _AXES or not reader.has(reader.roles.front):
        return None
    money, time, most = (reader.quantity(name) for name in axes)
    shown = [o for o in reader.options if reader.value(reader.roles.feasible, o) is True]
    shown = [o for o in shown if all(reader.number(n, o) is not None for n in axes)]
    if len(shown) < 2:
        return None
    searched = reader.book.studies.searched
    tried = [(p.request_latency, p.yearly_cost, p.capacity_rate) for p in searched.front] if searched else []
    tried = [(x, y, area) for x, y, area in tried if y is not None]
    rows = [(reader.number(time.name, o), reader.number(money.name, o)) for o in shown]
    latency = column([x for x, _ in rows] + [x for x, _, _ in tried], time.type.unit)
    cost = column([y for _, y in rows], money.type.unit)
    points: list[dict[str, Value]] = [
        {"label": "", "x": x * latency.factor, "y": y * cost.factor, "area": area, "role": "tried"}
        for x, y, area in tried
        if y is not None
    ]
    named = _named(reader, shown)
    for option, (x, y) in zip(shown, rows, strict=True):
        point: dict[str, Value] = {"x": (x or 0.0) * latency.factor, "y": (y or 0.0) * cost.factor}
        label = reader.title("option", option) if option in named else ""
        area = reader.number(most.name, option)
        points.append({"label": label, **point, "area": area, "role": _role(reader, option)})
    text = "; ".join(
        f"{reader.title('option', o)} {reader.formatted(money.name, o)} at {reader.formatted(time.name, o)}"
        for o in named
    )
    return Figure(
        chart="front",
        title=f"{money.title} against {time.title.lower()}",
        subtitle=f"{cost.unit}; lower and further left is better; area: {most.title.lower()}",
        alt=f"{len(shown)} options that meet every target. {text}.",
        data={"points": tuple(points)},
        texts={"x_title": f"{time.title}, {latency.unit} →", **_ROLES},
    )


def _named(reader: ResultsReader, shown: Sequence[str]) -> list[str]:
    """Return the options to label: the baseline, recommended ones, then those on the front."""
    first = [*reader.pair, *reader.advised, *(o for o in shown if reader.value(reader.roles.front, o) is True)]
    return [o for o in dict.fromkeys(first) if o in shown][:_NAMED]


def _role(reader: ResultsReader, option: str) -> str:
    if reader.recommends(option):
        return "best"
    if option == reader.baseline:
        return "base"
    return "front" if reader.value(reader.roles.front, option) is True else "plain"
