"""Find the best option while some inputs are scaled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.rows.trials import DRIVER, ends, trial_name
from reportgen.engine.reduce import reduce_values
from reportgen.engine.results import Results
from reportgen.engine.sweep import Sampler
from reportgen.engine.values import Value
from reportgen.lang import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.rows.trials import End
    from reportgen.engine.evaluate import Evaluator
    from reportgen.engine.sweep import Block, Samples
    from reportgen.engine.values import Array
    from reportgen.spec.model import DriverSpec

__all__ = ["Contest"]

Scaling = dict[tuple[str, str], "Array"]
"""The factors that scale inputs of options, one per sample: by column and option.

An option without an entry follows the option that it is based on.
"""


@dataclass(frozen=True)
class Contest:
    """The options that are ranked, and the results of the whole book."""

    results: Results
    options: tuple[str, ...]

    @classmethod
    def of(cls, results: Results) -> Contest:
        """Return a contest of all options that are compared, so without sensitivity cases."""
        book = results.book
        return cls(results, tuple(o for o in book.dimensions["option"].names if results.get(book.roles.compared, o)))

    @cached_property
    def _alone(self) -> Results:
        """The results of the ranked options only, with the inputs that still exist."""
        part = self.results.book.only(self.options)
        return Results(part, {cell: value for cell, value in self.results.inputs.items() if cell[0] in part.quantities})

    @property
    def _judged(self) -> tuple[str, str]:
        return "objective_cost", self._alone.book.roles.feasible

    @cached_property
    def _sampler(self) -> Sampler:
        return Sampler(self._alone.book, self._judged, self._alone.inputs)

    @cached_property
    def drivers(self) -> Mapping[str, DriverSpec]:
        """The declarations of the inputs that are scaled."""
        from reportgen.book.library.library import library

        book = self.results.book
        declared = {n: driver for loaded in library(book.overlays).files for n, driver in loaded.spec.drivers.items()}
        return {name: declared[name] for name in book.dimensions[DRIVER].names}

    def best(self, scaling: Scaling, count: int) -> Array:
        """Return the position of the best feasible option for each sample, -1 if there is none."""
        part = self._alone
        samples: Samples = {(c, (o,)): self.own(c, o) * factors for (c, o), factors in scaling.items()}
        if not samples:
            return self._first(part.evaluator, count)
        blocks = self._sampler.blocks(samples)
        return np.concatenate([self._first(block, at.stop - at.start) for at, block in blocks])

    def _first(self, values: Evaluator | Block, count: int) -> Array:
        part = self._alone
        cost, feasible = (values.value(name) for name in self._judged)
        shape = (part.book.size("option"), count)
        rows = [part.book.dimensions["option"].index(name) for name in self.options]

        def ranked(values: Array) -> Array:
            return np.broadcast_to(values, shape)[rows]

        absent = None if cost.absent is None else ranked(cost.absent)
        first = reduce_values("argmin", Value(ranked(cost.data), absent), ranked(feasible.data), (0,), None)
        return first.data

    def own(self, column: str, option: str) -> float:
        """Return an option's own value in a column that is scaled."""
        value = self.results.get(column, option)
        return float(value) if isinstance(value, float) else 1.0

    def ends(self, driver: str, option: str) -> tuple[float, float]:
        """Return the factors at the ends of a driver, for an option."""
        low, high = (self._end(driver, option, end) for end in ends(self.results.book.roles))
        return low, high

    def _end(self, driver: str, option: str, end: End) -> float:
        """Evaluate the formula of an end for another option than its sensitivity case."""
        written = self.results.book.quantities[ends(self.results.book.roles)[end].factor].cells[driver,]
        trial = tree.Member("option", trial_name(driver, end))
        value = self.results.evaluator.node(tree.replaced(written, trial, tree.Member("option", option)), ())
        known = value.absent is None or not value.absent.any()
        return float(value.data.reshape(-1)[0]) if known else 1.0

    def group(self, driver: DriverSpec, option: str) -> str:
        """Return the group of options that share this input: those with the same accelerator, an API alone, or all."""
        api = self.results.book.roles.api
        if driver.alone and api in self.results.book.quantities and self.results.get(api, option):
            return option
        return str(self.results.get("accelerator", option)) if driver.alone else ""
