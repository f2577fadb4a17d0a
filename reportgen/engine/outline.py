"""A derivation on few lines: its upper levels in tree order, each value once, as they fit a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.engine.explain import ABOVE, NOT_FOLLOWED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.engine.explain import Step

__all__ = ["CUT", "Line", "Outline", "outline"]

CUT = "not shown further"

_PARTS = 3  # of a sum over many rows, the largest are shown

_Cell = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a derivation, `level` steps below the first; its note says why nothing follows.

    With `more`, the line stands for so many smaller parts of a sum, of which `step` is the first.
    """

    level: int
    step: Step
    note: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """The lines in tree order; `whole` says that nothing was left out for want of room."""

    lines: tuple[Line, ...]
    whole: bool


def outline(top: Step, rows: int) -> Outline:
    """The derivation below a value on so many rows at most; where they do not suffice, the deepest levels are cut.

    An option's value that is its base's takes one line, of a sum over many rows the largest parts are shown, and what
    conditions and zeros are computed from gives way to the rest.
    """
    outliner = _Outliner(top)
    whole = outliner.choose(top, rows)
    return Outline(tuple(outliner.lines(top, 0)), whole)


class _Outliner:
    def __init__(self, top: Step) -> None:
        self.steps: dict[_Cell, Step] = {}
        """Each value where it is derived; elsewhere in the tree it stands without its inputs."""
        self.shown: set[_Cell] = set()
        """The values below which their inputs are shown."""
        self.seen: set[_Cell] = set()
        self._collect(top)

    def _collect(self, step: Step) -> None:
        if step.inputs or _cell(step) not in self.steps:
            self.steps[_cell(step)] = _inherited(step)
        for below in step.inputs:
            self._collect(below)

    def choose(self, top: Step, rows: int) -> bool:
        """Level by level, say below which values their inputs are shown, as long as there is room.

        What conditions and zeros are computed from comes after all other numbers.
        """
        count, whole, forced = 1, True, False
        level, later = [top], list["Step"]()
        while (level or later) and whole:
            if not level:
                level, later, forced = later, [], True
            below: list[Step] = []
            for step in level:
                lines = self._below(step)
                if _cell(step) in self.shown or not lines:
                    continue
                if not forced and (isinstance(step.value, bool) or not step.value):
                    later.append(step)
                elif count + len(lines) > rows:
                    whole = False
                else:
                    self.shown.add(_cell(step))
                    count += len(lines)
                    below += [line.step for line in lines if not line.more]
            level, forced = below, False
        return whole

    def lines(self, step: Step, level: int) -> Iterator[Line]:
        """A value and those below it, each derived where it stands first."""
        cell, derived = _cell(step), self.steps[_cell(step)]
        if cell in self.seen:
            yield Line(level, derived, ABOVE)
            return
        self.seen.add(cell)
        below = self._below(step)
        note = NOT_FOLLOWED if step.note == NOT_FOLLOWED else "" if derived.inputs else derived.note
        yield Line(level, derived, note if cell in self.shown or not below else CUT)
        if cell in self.shown:
            for line in below:
                if line.more:
                    yield replace(line, level=level + 1)
                else:
                    yield from self.lines(line.step, level + 1)

    def _below(self, step: Step) -> list[Line]:
        """What stands directly below a value; the smaller parts of a sum on one line."""
        inputs = self.steps[_cell(step)].inputs
        small = [s for s in inputs if s.note == NOT_FOLLOWED][_PARTS - 1 :]
        if len(small) < 2:
            return [Line(0, s) for s in inputs]
        return [Line(0, s, more=len(small) if s is small[0] else 0) for s in inputs if s not in small[1:]]


def _cell(step: Step) -> _Cell:
    return step.quantity, step.key


def _inherited(step: Step) -> Step:
    """A value that is another option's, with who gave that one."""
    if len(step.inputs) != 1 or step.inputs[0].quantity != step.quantity or step.formula != step.inputs[0].address:
        return step
    base = _inherited(step.inputs[0])
    if base.inputs:
        return step
    return replace(step, source=base.source, retrieved=base.retrieved, note=base.note, inputs=())
