"""A program: the formulas of some quantities as a flat list of array operations, with all references resolved.

A book is made into a program once, for the inputs that vary and the quantities that are wanted; a runner then executes
the steps for many samples at a time. The program itself is plain data and knows no array library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.engine.values import Array

__all__ = ["VIEWS", "Output", "Program", "Slot", "Step"]

Cell = tuple[str, tuple[str, ...]]
"""An input: the quantity, and the members that say which cell of it is meant."""

VIEWS = frozenset({"align", "at", "spread"})
"""Operations that only change the shape, without copying."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An array that a program names.

    Attributes:
        shape: the length of each axis, without the last one, which is that of the samples.
        kind: `f` for numbers, `b` for flags, `i` for members as codes, `O` for texts.
        constant: its values where they are the same for all samples; the last axis then has length 1.
    """

    shape: tuple[int, ...]
    kind: str
    constant: Array | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: the slots `out` are computed from the slots `args`.

    Attributes:
        op: the name of a function or reduction of the formula language, or one of the operations between them.
        args: slots that are read; None where an operation has an optional argument that is missing, as a mask.
        out: slots that are written: the values, and for some reductions the mask of what is absent.
        fixed: what is known beforehand, such as the axes of a reduction.
    """

    op: str
    args: tuple[int | None, ...]
    out: tuple[int, ...]
    fixed: Any = None


@dataclass(frozen=True, slots=True)
class Output:
    """The slots of a quantity's values and of its mask, and the number of steps that complete it."""

    data: int
    absent: int | None
    end: int


@dataclass(frozen=True)
class Program:
    """Slots and the steps that fill them; each step follows the ones it reads.

    Attributes:
        slots: every array, by its number.
        inputs: where the samples of each varying input go: its values, and its mask where some may be absent.
        steps: what is computed.
        outputs: the quantities that are computed, in order; those that are `wanted` among them.
        wanted: the quantities whose values are kept.
        assumed: slots assumed not to be negative, so that sums need no test for cancellation.
    """

    slots: tuple[Slot, ...]
    inputs: Mapping[Cell, tuple[int, int | None]]
    steps: tuple[Step, ...]
    outputs: Mapping[str, Output]
    wanted: tuple[str, ...]
    assumed: frozenset[int] = frozenset()
