"""Reductions over a dimension: one record each holds what it reads, what it gives, and its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REDUCTIONS", "Reduction"]


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduction of a named quantity: what it reads, what it gives, and its forms.

    `excel` is over the column `{x}` with everything else left out beforehand, `array` over an array expression `{a}`
    of the rows that count (texts, so absent values, are skipped by both).
    """

    name: str
    signature: str
    says: str
    reads: str
    gives: str
    excel: str
    latex: str
    empty: bool


REDUCTIONS: Mapping[str, Reduction] = {
    r.name: r
    for r in (
        Reduction("sum", "sum(x, over=d)", "sum over the members of d", "number", "number", "SUM({a})", r"\sum", False),
        Reduction(
            "mean",
            "mean(x, over=d)",
            "arithmetic mean",
            "number",
            "number",
            "AVERAGE({a})",
            r"\operatorname{mean}",
            True,
        ),
        Reduction("min", "min(x, over=d)", "smallest", "number", "number", "MIN({a})", r"\min", True),
        Reduction("max", "max(x, over=d)", "largest", "number", "number", "MAX({a})", r"\max", True),
        Reduction("count", "count(flag, over=d)", "how many hold", "flag", "count", "SUM({a})", r"\#", False),
        Reduction(
            "argmin",
            "argmin(x, over=d)",
            "member with the smallest value; the first of equals",
            "number",
            "member",
            "MIN({a})",
            r"\arg\min",
            True,
        ),
        Reduction(
            "argmax",
            "argmax(x, over=d)",
            "member with the largest value; the first of equals",
            "number",
            "member",
            "MAX({a})",
            r"\arg\max",
            True,
        ),
        Reduction(
            "rank",
            "rank(x, over=d)",
            "place in ascending order, 1 for the smallest; the first of equals first",
            "number",
            "same",
            "",
            r"\operatorname{rank}",
            True,
        ),
        Reduction(
            "find",
            "find(x, value, over=d)",
            "first member of d at which x has the value",
            "number",
            "member",
            "",
            r"\operatorname{find}",
            True,
        ),
    )
}
"""Reductions; `min` and `max` without `over=` are functions of their arguments."""
