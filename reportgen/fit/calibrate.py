"""Calibrate: fit the efficiency factors to measurements by robust least squares."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.evaluate import Evaluator
from reportgen.errors import Problem, SpecError
from reportgen.fit.configuration import configure, measured_book, runs_of, samples
from reportgen.fit.measurements import Unread
from reportgen.fit.predict import PREDICTED, is_predicted, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.values import Array
    from reportgen.fit.configuration import Case
    from reportgen.fit.measurements import Measurement

    Cell = tuple[str, tuple[str, ...]]

__all__ = ["LEAST_CONFIGURATIONS", "LEAST_ROWS", "Calibration", "calibrate"]

LEAST_ROWS, LEAST_CONFIGURATIONS = 8, 4
"""A fit needs at least this many timings, of this many different configurations."""
LEAST_PER_FACTOR = 2
"""A factor that fewer timings depend on keeps its value."""

_WEIGHT = {"static_batch": 1.0, "single_stream": 1.0}
_OTHER_LOAD = 0.3
"""The weight of timings under other loads: a loaded server is affected by much that the factors do not describe."""
_LARGE_GROUP = 30
"""All timings of one model on one device together weigh at most as much as this many timings."""

_STRENGTH = {"accelerator_family": 0.4, "accelerator": 0.5, "engine": 1.5, "scheme": 0.8, "": 0.5}
"""How strongly factors are pulled to their earlier values, per unit of the logarithm, by the dimension they belong to:
corrections of engines and schemes, which many devices share, more strongly than those of devices and families.
"""
_KNOWN = {
    "gemm_memory": 1.0, "gemm_compute": 1.0, "attention_compute": 1.0, "attention_memory": 1.0, "link_efficiency": 8.0,
}  # fmt: skip
"""Factors that timings of kernels and messages determine; timings of whole passes cannot separate them from each other
or from the overheads.
"""
_IMPLAUSIBLE = ("C",)
"""Tiers of measurements that are compared with predictions but excluded from the fit."""
_SOFT = 0.1
"""Relative errors above this weigh less and less (soft L1)."""
_FEW_CLIENTS = 4
"""With up to this many clients, all start within a prefill or two of each other, however often they send requests."""
_UNTOLD = 0.5
"""The weight of a time to first token if the file does not say how many requests each client sent."""
_STEP = 1e-3
_LARGEST = math.log(20.0)
"""The largest change of a factor, in the logarithm."""


@dataclass(frozen=True)
class Calibration:
    """Fitted factors by input cell, their earlier values, and how well predictions match the measurements.

    `errors` holds predicted over measured, minus one, per case. `left_out`, `elsewhere` and `unknown` hold the same
    after leaving the model, the accelerator, or the family of accelerators of the case out of the fit (NaN if there is
    no other). `evidence` names the kind of measurement of each case.
    """

    factors: Mapping[Cell, float]
    before: Mapping[Cell, float]
    rows: Mapping[Cell, int]
    cases: Sequence[Case]
    errors: Array
    left_out: Array
    elsewhere: Array
    unknown: Array
    evidence: Sequence[str]
    unread: Sequence[Unread]


def calibrate(
    measurements: Sequence[Measurement],
    unread: Sequence[Unread] = (),
    progress: Callable[[str], None] = lambda _: None,
    book: Book | None = None,
    guess: Book | None = None,
) -> Calibration:
    """Fit the factors to all timings among the measurements.

    The fit pulls the factors to those of `book`; with `guess`, the search starts from the factors of that book.

    Raises:
        SpecError: the measurements do not support a fit.
    """
    book = book or measured_book()
    cases: list[Case] = []
    unread = list(unread)
    for measurement in measurements:
        if not _speaks(measurement):
            continue
        configured = configure(book, measurement)
        (unread if isinstance(configured, Unread) else cases).append(configured)  # type: ignore[arg-type]
    _supported(cases, unread)
    problem = _Fit(book, cases)
    progress(f"fitting {len(problem.cells)} factors to {len(cases)} timings")
    best = problem.solve(guess)
    progress("leaving out each model")
    left_out = problem.left_out(best, [str(case.inputs["model"]) for case in cases])
    progress("leaving out each accelerator, then each family")
    accelerators = [str(case.inputs["accelerator"]) for case in cases]
    elsewhere = problem.left_out(best, accelerators)
    unknown = problem.left_out(best, [family_of(book, name) for name in accelerators])
    factors = dict(zip(problem.cells, np.exp(best).tolist(), strict=True))
    return Calibration(
        factors, dict(zip(problem.cells, np.exp(problem.start).tolist(), strict=True)), problem.rows, cases,
        np.expm1(problem.errors(best)), left_out, elsewhere, unknown, problem.evidence(), unread,
    )  # fmt: skip


def _speaks(m: Measurement) -> bool:
    """Return whether a measurement is used in the fit: times and throughput under known loads.

    How long requests wait for each other's prompts depends on how many requests each client sent. If a file omits that,
    its time to first token describes the benchmark rather than the server, except with few clients.
    """
    if PREDICTED[m.metric][1] == "" or not is_predicted(m) or m.request_rate or m.tier in _IMPLAUSIBLE:
        return False
    return _is_told(m) or (m.metric == "ttft_ms" and (m.batch or 1) <= _FEW_CLIENTS)


def _is_told(m: Measurement) -> bool:
    """Return whether a file states what a figure depends on: for a TTFT with several clients, the requests of each."""
    crowded = m.load == "closed_loop" and (m.batch or 1) > 1 and m.metric.startswith("ttft")
    return not crowded or "requests_per_client" in m.settings


def family_of(book: Book, accelerator: str) -> str:
    """Return the family of an accelerator."""
    cell = book.quantities["accelerator_family"].cells[accelerator,]
    return str(getattr(cell, "value", getattr(cell, "name", "")))


def _supported(cases: Sequence[Case], unread: Sequence[Unread]) -> None:
    distinct = {(tuple(sorted(case.inputs.items())), case.prompt, case.output) for case in cases}
    if len(cases) >= LEAST_ROWS and len(distinct) >= LEAST_CONFIGURATIONS:
        return
    message = (
        f"the measurements do not support a fit: {len(cases)} timings of {len(distinct)} configurations, "
        f"where at least {LEAST_ROWS} of {LEAST_CONFIGURATIONS} are needed"
    )
    problems = [Problem(message)]
    problems += [Problem(f"row {u.row} cannot be used: {u.why}") for u in unread[:20]]
    raise SpecError(problems)


class _Fit:
    """The least-squares problem: logarithms of factors against logarithms of predicted over measured."""

    def __init__(self, book: Book, cases: Sequence[Case]) -> None:
        self.book, self.cases = book, cases
        self.measured = np.array([_seconds(case) for case in cases])
        self.weights = _weights(cases)
        self.names = sorted({PREDICTED[case.measurement.metric][0] for case in cases})
        runs, self._run = runs_of(cases)
        self._runs = len(runs)
        self.base = Evaluator(book, samples(book, runs))
        self._which = [(n, np.array([PREDICTED[c.measurement.metric][0] == n for c in cases])) for n in self.names]
        self._replicas = np.array([case.replicas for case in cases])
        self._rate = np.array([case.measurement.metric == "output_tokens_per_s" for case in cases])
        for name in self.names:
            self.base.value(name)
        self.rows: dict[Cell, int] = {}
        self.cells = self._cells()
        self.start = np.array([math.log(_value(self.book, cell)) for cell in self.cells])
        self.strength = np.array([self._strength(name) for name, _ in self.cells])
        self._measured: tuple[Array, Array] | None = None

    def evidence(self) -> list[str]:
        """Return the kind of measurement of each case."""
        codes = value_of(self.base, "evidence", self._runs)[self._run]
        return [self.book.dimensions["evidence"].names[int(code)] for code in codes]

    def _bounds(self) -> tuple[Array, Array]:
        """Return the bounds of the factors: near their earlier values, and within the library's limits."""
        quantities = [self.book.quantities[name] for name, _ in self.cells]
        least = np.array([math.log(q.minimum) if q.minimum else -math.inf for q in quantities])
        most = np.array([math.log(q.maximum) if q.maximum else math.inf for q in quantities])
        low, high = np.maximum(self.start - _LARGEST, least), np.minimum(self.start + _LARGEST, most)
        return np.minimum(low, self.start - 1e-6), np.maximum(high, self.start + 1e-6)

    def _strength(self, name: str) -> float:
        lead = self.book.quantities[name].by[:1]
        return _KNOWN.get(name, _STRENGTH[lead[0] if lead else ""])

    def _cells(self) -> list[Cell]:
        """Return the factors that enough timings depend on: efficiency inputs whose change moves a prediction."""
        candidates: list[Cell] = []
        used = {d: {str(case.inputs[d]) for case in self.cases} for d in ("accelerator", "engine", "model")}
        used["accelerator_family"] = {family_of(self.book, name) for name in used["accelerator"]}
        for quantity in self.book.quantities.values():
            if quantity.topic != "efficiency" or not quantity.input or quantity.type.kind != "number":
                continue
            cells = [c for c in quantity.cells if c[0] in used.get(quantity.by[0], c)] if quantity.by else [()]
            candidates += [(quantity.name, cell) for cell in cells]
        plain = self._predicted(self.base)
        result: list[Cell] = []
        for cell in candidates:
            value = _value(self.book, cell)
            if value <= 0:
                continue
            moved = self._predicted(self.base.with_inputs({cell: value * 1.02}))
            down = self._predicted(self.base.with_inputs({cell: value / 1.02}))
            rows = int(np.count_nonzero(np.maximum(np.abs(moved / plain - 1), np.abs(down / plain - 1)) > 1e-4))
            if rows >= LEAST_PER_FACTOR:
                result.append(cell)
                self.rows[cell] = rows
        return result

    def _predicted(self, evaluator: Evaluator) -> Array:
        """Return predicted times in ms; a throughput becomes the time per token."""
        predicted = np.empty(len(self.cases))
        for name, which in self._which:
            predicted[which] = value_of(evaluator, name, self._runs)[self._run[which]]
        return np.where(self._rate, 1e3 / (predicted * self._replicas), predicted)

    def errors(self, x: Array) -> Array:
        """Return the logarithms of predicted over measured."""
        inputs = {cell: float(v) for cell, v in zip(self.cells, np.exp(x), strict=True)}
        return np.asarray(np.log(self._predicted(self.base.with_inputs(inputs)) / self.measured))

    def solve(self, guess: Book | None = None) -> Array:
        """Return the logarithms of the factors with the smallest error; the search starts from those of `guess`."""
        from scipy.optimize import least_squares

        low, high = self._bounds()
        first = self.start.copy()
        for i, cell in enumerate(self.cells if guess is not None else ()):
            assert guess is not None
            first[i] = math.log(_value(guess, cell) or math.exp(self.start[i]))

        root = np.sqrt(self.weights)

        def residuals(x: Array) -> Array:
            return np.concatenate([_softened(self.errors(x)) * root, (x - self.start) * self.strength])

        first = np.clip(first, low + 1e-9, high - 1e-9)
        return np.asarray(least_squares(residuals, first, bounds=(low, high), max_nfev=15, xtol=1e-4, ftol=1e-4).x)

    def left_out(self, best: Array, groups: Sequence[str]) -> Array:
        """Return the relative errors of each case with factors fitted without the cases of its group.

        The errors are linearised at the best factors once, and each fit without a group uses these slopes.
        """
        errors_left_out = np.full(len(self.cases), np.nan)
        errors, slopes = self._slopes(best)
        for group in sorted(set(groups)):
            out = np.array([g == group for g in groups])
            if not out.all():
                moved = self._refitted(best, errors[~out], slopes[~out], self.weights[~out])
                errors_left_out[out] = np.expm1(self.errors(moved)[out])
        return errors_left_out

    def _slopes(self, best: Array) -> tuple[Array, Array]:
        """Return the errors at the best factors and their derivatives by each factor; computed once."""
        if self._measured is None:
            errors = self.errors(best)
            steps = np.eye(len(best)) * _STEP
            self._measured = errors, np.stack([(self.errors(best + step) - errors) / _STEP for step in steps], axis=1)
        return self._measured

    def _refitted(self, best: Array, errors: Array, slopes: Array, weights: Array) -> Array:
        """Return the factors of a linearised robust least-squares fit, by iterative reweighting."""
        moved = np.zeros(len(best))
        pull = np.diag(self.strength**2)
        for _ in range(20):
            left = errors + slopes @ moved
            robust = weights / np.sqrt(1 + (left / _SOFT) ** 2)
            normal = slopes.T @ (robust[:, None] * slopes) + pull
            target = -slopes.T @ (robust * errors) - self.strength**2 * (best - self.start)
            moved = np.linalg.solve(normal, target)
        return best + np.clip(moved, -_LARGEST, _LARGEST)


def _value(book: Book, cell: Cell) -> float:
    """Return a factor's value in the book; 0 if it has none."""
    quantity = book.quantities[cell[0]]
    node = quantity.cells[cell[1]] if quantity.by else quantity.formula
    return float(getattr(node, "value", 0.0) or 0.0)


def _weights(cases: Sequence[Case]) -> Array:
    """Return the weight of each timing."""
    groups = [
        (*(case.inputs[n] for n in ("model", "accelerator", "engine", "weight_precision")), case.measurement.metric)
        for case in cases
    ]
    sizes = Counter(groups)
    return np.array(
        [
            _WEIGHT.get(case.measurement.load, _OTHER_LOAD)
            * (1.0 if _is_told(case.measurement) else _UNTOLD)
            * min(1.0, _LARGE_GROUP / sizes[group])
            for case, group in zip(cases, groups, strict=True)
        ]
    )


def _softened(errors: Array) -> Array:
    """Transform errors so that their squares grow like soft L1: large errors weigh less and less."""
    return np.asarray(np.sign(errors) * np.sqrt(2 * (np.sqrt(1 + (errors / _SOFT) ** 2) - 1)) * _SOFT)


def _seconds(case: Case) -> float:
    """Return the measured value as the fit compares it: times in ms (end to end in s), a throughput as ms per token."""
    m = case.measurement
    if m.metric == "output_tokens_per_s":
        return 1e3 / m.value
    return m.value / 1e3 if m.metric == "e2e_ms" else m.value
