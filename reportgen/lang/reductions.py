"""Reductions over a dimension: one record each says what it reads, what it gives, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REDUCTIONS", "Reduction"]


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduction of a named quantity.

    Attributes:
        name: the name in formulas.
        signature: how a formula calls it.
        says: what it does, in one phrase.
        reads: the kind of value it reads, numbers or flags.
        gives: what it gives: a number, a count, a member of the dimension, or a value per row.
        latex: the operator printed before the reduced quantity.
        words: the phrase, with the reduced quantity `{0}`, the dimension `{1}` and further arguments.
        empty: whether the result is absent if no row counts.
    """

    name: str
    signature: str
    says: str
    reads: str
    gives: str
    latex: str
    words: str
    empty: bool = True


_RECORDS = (
    Reduction(
        "sum", "sum(x, over=d)", "sum over the members of d", "number", "number", r"\sum",
        "sum of {0} over all {1}s", empty=False,
    ),
    Reduction(
        "mean", "mean(x, over=d)", "arithmetic mean", "number", "number", r"\operatorname{mean}",
        "mean of {0} over all {1}s",
    ),
    Reduction("min", "min(x, over=d)", "smallest", "number", "number", r"\min", "smallest {0} of all {1}s"),
    Reduction("max", "max(x, over=d)", "largest", "number", "number", r"\max", "largest {0} of all {1}s"),
    Reduction(
        "count", "count(flag, over=d)", "how many hold", "flag", "count", r"\#", "number of {1}s with {0}", empty=False
    ),
    Reduction(
        "argmin", "argmin(x, over=d)", "member with the smallest value; the first of equals", "number", "member",
        r"\arg\min", "{1} with the smallest {0}",
    ),
    Reduction(
        "argmax", "argmax(x, over=d)", "member with the largest value; the first of equals", "number", "member",
        r"\arg\max", "{1} with the largest {0}",
    ),
    Reduction(
        "rank", "rank(x, over=d)", "place in ascending order, 1 for the smallest; the first of equals first", "number",
        "same", r"\operatorname{rank}", "place by {0} among all {1}s",
    ),
    Reduction(
        "find", "find(x, value, over=d)", "first member of d at which x has the value", "number", "member",
        r"\operatorname{find}", "{1} whose {0} is {2}",
    ),
)  # fmt: skip

REDUCTIONS: Mapping[str, Reduction] = {record.name: record for record in _RECORDS}
"""All reductions by name; `min` and `max` without `over=` are ordinary functions of their arguments."""
