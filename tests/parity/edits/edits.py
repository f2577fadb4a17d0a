"""Random edits of inputs: within and beyond their ranges, and values that make near-ties on purpose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from reportgen.book.ranges import fault

if TYPE_CHECKING:
    from reportgen.book.book import Quantity
    from reportgen.engine.results import Results
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["Edit", "Target", "edits", "slack", "targets"]

Plain = float | str | bool | None
_TIES = {
    "tpot_target": "token_time", "ttft_target": "ttft", "latency_target": "request_latency", "budget": "yearly_cost",
    "memory_capacity_target": "memory_needed", "device_limit": "device_count",
}  # fmt: skip
"""Inputs that are compared with a result; a value at it, or next to it, decides by the last digits."""


@dataclass(frozen=True, slots=True)
class Target:
    """An input cell: its quantity and members."""

    quantity: str
    cell: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((*self.cell, self.quantity))


@dataclass(frozen=True, slots=True)
class Edit:
    """A value typed into an input."""

    target: Target
    value: Plain
    tie: float | None = None
    """By how much, in parts of it, the value is off the result that it is compared with, where it was made from one."""

    @property
    def is_near_tie(self) -> bool:
        """Whether the value decides by its last digits."""
        return self.tie is not None and abs(self.tie) < 1e-12

    def __str__(self) -> str:
        return f"{self.target}={self.value!r}"


def slack(made: list[Edit]) -> float:
    """What may be left of the difference between a near-tie's value and the result: rounding of the larger."""
    return max((1e-12 * max(1.0, abs(float(e.value or 0))) for e in made if e.tie is not None), default=0.0)


def targets(writer: Writer) -> list[Target]:
    """Every input of a workbook that results can depend on."""
    book, found = writer.plan.book, list[Target]()
    for quantity in book.quantities.values():
        if not quantity.input:
            continue
        cells = [()] if not quantity.by else list(quantity.cells)
        found += [Target(quantity.name, cell) for cell in cells]
    chosen = [q for q in book.quantities.values() if q.type.kind == "member" and q.input]
    used = {str(value) for quantity in chosen for value in _members(writer, quantity)}
    catalogue = ("accelerator", "model", "price", "precision", "accelerator_family", "engine", "scheme")
    return [
        t for t in found
        if not t.cell or book.quantities[t.quantity].by[0] not in catalogue or t.cell[0] in used
    ]  # fmt: skip


def _members(writer: Writer, quantity: Quantity) -> list[object]:
    values: Any = writer.plan.results.plain(quantity.name)
    return list(values.values())


def edits(results: Results, among: list[Target]) -> st.SearchStrategy[list[Edit]]:
    """One edit, and now and then up to three at once, each of another cell."""
    one = st.sampled_from(among).flatmap(lambda target: _edit(results, target))
    ties = [t for t in among if t.quantity in _TIES and _TIES[t.quantity] in results.book.quantities]
    if ties:
        one = st.one_of(one, one, one, st.sampled_from(ties).flatmap(lambda target: _tie(results, target)))
    return st.lists(one, min_size=1, max_size=3, unique_by=lambda edit: edit.target)


def _edit(results: Results, target: Target) -> st.SearchStrategy[Edit]:
    quantity = results.book.quantities[target.quantity]
    within = _within(results, quantity)
    beyond = _beyond(quantity)
    chosen = st.integers(0, 6).flatmap(lambda die: within if die else beyond)
    return chosen.map(lambda value: Edit(target, value))


def _within(results: Results, quantity: Quantity) -> st.SearchStrategy[Plain]:
    kind = quantity.type.kind
    if kind == "flag":
        made: st.SearchStrategy[Plain] = st.booleans()
    elif kind == "member":
        made = st.sampled_from(results.book.dimensions[quantity.type.dimension].names)
    elif kind == "text":
        made = st.sampled_from(["a", "Ours", "x y"])
    else:
        made = _numbers(quantity)
    return st.one_of(made, made, made, st.none()) if quantity.type.absent else made


def _numbers(quantity: Quantity) -> st.SearchStrategy[Plain]:
    """Numbers of all sizes within the range, and its bounds."""
    low = quantity.minimum if quantity.minimum is not None else 0.0
    high = quantity.maximum if quantity.maximum is not None else 1e6
    bottom = max(low, high * 1e-9, 1e-9) if high > 0 else low
    sizes = st.floats(math.log10(bottom), math.log10(max(high, bottom * 1.0001))).map(lambda e: 10.0**e)
    bounds = st.sampled_from([low, high])
    made = st.one_of(sizes, sizes, bounds).map(lambda x: min(max(float(f"{x:.12g}"), low), high))
    if quantity.whole:
        made = made.map(lambda x: float(round(x)))
    return made.filter(lambda x: not fault(quantity, x))


def _beyond(quantity: Quantity) -> st.SearchStrategy[Plain]:
    """Values that the input does not take."""
    values: list[Plain] = ["nonsense"] if quantity.type.kind != "text" else [1.5]
    if quantity.type.kind == "number":
        if quantity.minimum is not None:
            values.append(quantity.minimum - 1)
        if quantity.maximum is not None:
            values.append(quantity.maximum * 2 + 1)
        if quantity.whole:
            values.append((quantity.minimum or 0) + 0.5)
    if not quantity.type.absent and quantity.type.kind != "text":
        values.append(None)
    return st.sampled_from(values)


def _tie(results: Results, target: Target) -> st.SearchStrategy[Edit]:
    """The value of the result that the input is compared with, to the last digit or next to it."""
    found: Any = results.plain(_TIES[target.quantity])
    quantity = results.book.quantities[target.quantity]
    values = [v for v in found.values() if isinstance(v, float) and not fault(quantity, v)] or [1.0]
    near = st.sampled_from([0.0, 0.0, 1e-15, -1e-15, 3e-15, -1e-13, 1e-12, 1e-9, -1e-9])
    made = st.tuples(st.sampled_from(values), near).map(lambda pair: Edit(target, pair[0] * (1 + pair[1]), pair[1]))
    return made.filter(lambda edit: not fault(quantity, edit.value))
