"""Try every combination for all candidates at once; keep the best feasible one of each, or the closest to feasible."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.names import within
from reportgen.book.studies import Found, Point, Searched
from reportgen.engine.results import Results
from reportgen.engine.sweep import Sampler
from reportgen.errors import Problem, SpecError
from reportgen.study.front import spread, unbeaten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.book.book import Book
    from reportgen.book.studies import Search
    from reportgen.engine.sweep import Block
    from reportgen.engine.values import Array
    from reportgen.spec.declared.roles import RolesSpec

__all__ = ["FOUND", "again", "search"]

FOUND = "the search"
"""The giver of cells that a search chose."""

_FRONT = 40
"""The most points of the front that are kept."""
_AXES = 3
"""Quantities that a front needs: cost, latency, capacity."""

_DIGITS = 12
"""Figures equal to this many digits count as equal; then fewer devices win, then the lower latency."""


_UNSAID = "inputs that the scenario does not state"


def search(book: Book) -> Book:
    """Return the book with the best combination in the cells of each candidate, and the result of the search.

    A book whose scenario already holds a result keeps it; a book without a search is returned unchanged.

    Raises:
        SpecError: the objective or a requirement compares options, so that no option can be judged alone.
    """
    wanted = book.studies.search
    if wanted is None:
        return book
    if wanted.done:
        return _told(book, _stated(book, wanted))
    tally = _tally(book, wanted)
    cells = {name: wanted.cells(combination) for name, combination in zip(wanted.candidates, tally.best, strict=True)}
    best = tuple(
        Found(name, cells[name], wanted.size, int(n)) for name, n in zip(wanted.candidates, tally.feasible, strict=True)
    )
    tried = wanted.size * len(wanted.candidates)
    searched = Searched(book.objective.aim, tried, _holds_for(book), best, tally.points())
    return _told(book.with_cells(cells, FOUND), searched)


def again(book: Book) -> Book:
    """Return the book as if its scenario held no result of a search."""
    wanted = book.studies.search
    return book if wanted is None else replace(book, studies=replace(book.studies, search=replace(wanted, done=False)))


def _told(book: Book, searched: Searched) -> Book:
    return replace(book, studies=replace(book.studies, searched=searched))


def _stated(book: Book, wanted: Search) -> Searched:
    """Return the result stated in the scenario: one configuration of each candidate."""
    results, stated = Results(book.only((book.baseline, *wanted.candidates))), list[Found]()
    for name in wanted.candidates:
        cells = {column: results.get(column, name) for column in wanted.columns}
        feasible = int(results.get(book.roles.feasible, name) is True)
        stated.append(Found(name, {column: v for column, v in cells.items() if v is not None}, 1, feasible))
    holds_for = book.scenario.search.found_for if book.scenario.search else ""
    current = holds_for in ("", _holds_for(book))
    return Searched(book.objective.aim, len(stated), holds_for or _UNSAID, tuple(stated), (), current=current)


# --- trying ----------------------------------------------------------------------------------------------------------


def _tally(book: Book, wanted: Search) -> _Tally:
    """Evaluate all combinations in chunks, keeping only the best and the front."""
    part = book.only((book.baseline, *wanted.candidates))
    axes = tuple(part.report.front) if len(part.report.front) == _AXES else ()
    roles = part.roles
    judged = ("objective_cost", roles.feasible, roles.missed, roles.excess, roles.replica_devices, roles.latency)
    names = list(dict.fromkeys((*judged, *axes)))
    if compared := sorted(part.comparisons().intersection(names)):
        hint = "seek the best by a figure that each option has by itself"
        raise SpecError([Problem(f"'{compared[0]}' compares options and cannot be searched by", None, hint)])
    options = part.dimensions["option"].names
    rows = np.array([options.index(name) for name in wanted.candidates])
    coded = {column: _coded(part, column, values) for column, values in wanted.columns.items()}
    samples: dict[tuple[str, tuple[str, ...]], Array] = {
        (column, (name,)): values for column, values in coded.items() for name in wanted.candidates
    }
    tally = _Tally(wanted, roles, axes)
    for piece, block in Sampler(part, names, strict=False).blocks(samples):
        tally.add({name: _wide(part, block, name, rows, piece) for name in names}, piece.start)
    return tally


def _coded(book: Book, column: str, values: Sequence[float | bool | str]) -> Array:
    """Return values as the engine represents them: members by index."""
    type_ = book.quantities[column].type
    if type_.kind == "member":
        places = {name: i for i, name in enumerate(book.dimensions[type_.dimension].names)}
        return np.array([places[str(value)] for value in values])
    return np.array(values, dtype={"flag": bool, "number": float}.get(type_.kind, object))


def _wide(book: Book, block: Block, name: str, rows: Array, piece: slice) -> Array:
    """Return a quantity over candidates and combinations; NaN where absent or not finite."""
    value = block.value(name)
    data = value.data.astype(float)
    data = np.where(np.isfinite(data), data, np.nan)
    if value.absent is not None:
        data = np.where(value.absent, np.nan, data)
    for quantity, bad in block.faults.items():
        data = np.where(_of_options(book, quantity, bad), np.nan, data)
    result: Array = np.broadcast_to(data, (book.size("option"), piece.stop - piece.start))[rows]
    return result


def _of_options(book: Book, name: str, bad: Array) -> Array:
    """Return where a quantity is not finite, over options and samples, whatever its index set."""
    per = book.quantities[name].per
    mask = np.asarray(bad.any(axis=tuple(i for i, d in enumerate(per) if d != "option")))
    return mask if mask.ndim == 2 else mask[None]


# --- ranking ---------------------------------------------------------------------------------------------------------


@dataclass
class _Tally:
    """The result so far: the best combination and the number of feasible ones per candidate, and the front of all."""

    search: Search
    roles: RolesSpec
    axes: tuple[str, ...] = ()
    """The quantities of the front: cost, latency and capacity, or none."""
    best: list[int] = field(default_factory=list)
    feasible: Array = field(default_factory=lambda: np.zeros(1))
    _keys: list[tuple[float, ...]] = field(default_factory=list)
    _front: Array = field(default_factory=lambda: np.empty((0, 5)))
    """Columns: cost, latency, negative capacity, row of the candidate, index of the combination."""

    def add(self, values: Mapping[str, Array], start: int) -> None:
        """Add combinations, as arrays over candidates and combinations; `start` is the index of the first."""
        keys = _keys(values, self.roles)
        places = np.lexsort(keys[::-1], axis=-1)[:, 0]
        firsts = [tuple(keys[:, row, column].tolist()) for row, column in enumerate(places)]
        self.best = self.best or [0] * len(firsts)
        self._keys = self._keys or [(np.inf,) * len(keys)] * len(firsts)
        for row, (key, column) in enumerate(zip(firsts, places, strict=True)):
            if key < self._keys[row]:
                self._keys[row], self.best[row] = key, start + int(column)
        good = values[self.roles.feasible] == 1
        self.feasible = self.feasible + good.sum(axis=1)
        if self.axes:
            cost, latency, capacity = (_rounded(values[name]) for name in self.axes)
            rows, column = np.nonzero(good & ~np.isnan(cost + latency + capacity))
            parts = cost[rows, column], latency[rows, column], -capacity[rows, column], rows, start + column
            new = np.stack(parts, axis=1)
            every = np.concatenate([self._front, new])
            self._front = every[unbeaten(every[:, :3])]

    def points(self) -> tuple[Point, ...]:
        """Return the front, cheapest first; if it has many points, a selection that shows its shape."""
        front = self._front[np.lexsort(self._front[:, 2::-1].T)]
        names, cells = self.search.candidates, self.search.cells
        return tuple(
            Point(names[int(row)], cells(int(combination)), float(cost), float(latency), float(-capacity))
            for cost, latency, capacity, row, combination in front[spread(front[:, :3], _FRONT)]
        )


def _keys(values: Mapping[str, Array], roles: RolesSpec) -> Array:
    """Return what ranks combinations, most important first; smaller is better.

    Feasible ones with an objective come first, ranked by it; then other feasible ones; then infeasible ones, by how
    many requirements they miss and the worst excess; last those that could not be computed. Ties go to fewer devices,
    then to the lower latency.
    """
    cost, excess = (_far(values[name]) for name in ("objective_cost", roles.excess))
    good, unknown = values[roles.feasible] == 1, np.isnan(values[roles.feasible])
    kind = np.where(unknown, 3, np.where(~good, 2, np.where(np.isinf(cost), 1, 0)))
    missed = np.where(kind == 2, _far(values[roles.missed]), 0.0)
    lead = np.where(kind == 0, cost, np.where(kind == 2, excess, 0.0))
    return np.stack(
        [kind.astype(float), missed, lead, _far(values[roles.replica_devices]), _far(values[roles.latency])]
    )


def _far(values: Array) -> Array:
    """Return values rounded, with infinity for NaN."""
    return np.where(np.isnan(values), np.inf, _rounded(values))


def _rounded(values: Array) -> Array:
    """Round to `_DIGITS` digits, so that noise breaks no ties."""
    sound = np.isfinite(values) & (values != 0)
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.abs(np.where(sound, values, 1.0)))))
    return np.where(sound, np.round(np.where(sound, values, 1.0) * scale) / scale, values)


# --- describing ------------------------------------------------------------------------------------------------------


def _holds_for(book: Book) -> str:
    """Describe the inputs that a search depends on, in one phrase."""
    results, verb = Results(book), "the highest" if book.objective.maximise else "the lowest"
    parts = [f"{verb} {results.get('objective_name')}"]
    for name in book.report.search_inputs:
        value = results.get(name)
        if isinstance(value, float):
            quantity, unit = book.quantities[name], book.quantities[name].type.unit
            parts.append(f"{within(quantity.title)} {value:,.10g} {unit.plural if value != 1 else unit.label}".strip())
    return "; ".join(parts)
