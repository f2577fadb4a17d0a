"""A contest: the options that compete, evaluated with some of their inputs stretched, and which of them is the best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.rows.trials import DRIVER, trial_name
from reportgen.engine.reduce import reduce_values
from reportgen.engine.results import Results
from reportgen.engine.values import Value
from reportgen.lang import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.engine.evaluate import Inputs
    from reportgen.engine.values import Array
    from reportgen.spec.model import DriverSpec

__all__ = ["Contest"]

Stretched = dict[tuple[str, str], "Array"]
"""What the inputs of options are multiplied by, a factor per sample: by column and option.

An option that is left out follows the one that it is based on.
"""


@dataclass(frozen=True)
class Contest:
    """The options that are ranked, what is stretched, and the results of the whole book."""

    results: Results
    options: tuple[str, ...]

    @classmethod
    def of(cls, results: Results) -> Contest:
        """All options that are compared; trials are not."""
        return cls(results, tuple(o for o in results.book.dimensions["option"].names if results.get("compared", o)))

    @cached_property
    def _alone(self) -> Results:
        """The same without the other options; it keeps what no stretched input touches."""
        part = self.results.book.only(self.options)
        return Results(part, {at: value for at, value in self.results.inputs.items() if at[0] in part.quantities})

    @cached_property
    def drivers(self) -> Mapping[str, DriverSpec]:
        """What is stretched, as the library declares it."""
        from reportgen.book.library.library import library

        book = self.results.book
        declared = {n: driver for loaded in library(book.overlays).files for n, driver in loaded.spec.drivers.items()}
        return {name: declared[name] for name in book.dimensions[DRIVER].names}

    def best(self, stretched: Stretched, count: int) -> Array:
        """For each sample the position of the best feasible option, -1 where none is."""
        part = self._alone
        inputs: Inputs = {(c, (o,)): self.own(c, o) * factors for (c, o), factors in stretched.items()}
        evaluator = part.evaluator.with_inputs(inputs) if inputs else part.evaluator
        cost, feasible = evaluator.value("objective_cost"), evaluator.value("feasible")
        shape = (part.book.size("option"), count)
        rows = [part.book.dimensions["option"].index(name) for name in self.options]

        def ranked(values: Array) -> Array:
            return np.broadcast_to(values, shape)[rows]

        absent = None if cost.absent is None else ranked(cost.absent)
        first = reduce_values("argmin", Value(ranked(cost.data), absent), ranked(feasible.data), (0,), None)
        return first.data

    def own(self, column: str, option: str) -> float:
        """What an option itself has in a column that is stretched."""
        value = self.results.get(column, option)
        return float(value) if isinstance(value, float) else 1.0

    def ends(self, driver: str, option: str) -> tuple[float, float]:
        """The factors at the ends of a driver, for an option."""
        low, high = (self._end(driver, option, end) for end in ("low", "high"))
        return low, high

    def _end(self, driver: str, option: str, end: str) -> float:
        """The formula of the trial, read for another option."""
        written = self.results.book.quantities[f"{end}_factor"].cells[driver,]
        trial = tree.Member("option", trial_name(driver, end))
        value = self.results.evaluator.node(tree.replaced(written, trial, tree.Member("option", option)), ())
        known = value.absent is None or not value.absent.any()
        return float(value.data.reshape(-1)[0]) if known else 1.0

    def group(self, driver: DriverSpec, option: str) -> str:
        """Options of the same group share an input: the accelerator's, or one that all have."""
        return str(self.results.get("accelerator", option)) if driver.alone else ""
