"""Write a calibration as a library file: the fitted factors with their source and spread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reportgen.fit.calibrate import family_of
from reportgen.spec.write import yaml_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.book import Book
    from reportgen.engine.values import Array
    from reportgen.fit.calibrate import Calibration

__all__ = ["calibration_text", "spreads"]

_DIGITS = 4
_LEAST_SPREAD = 8
"""The fewest timings from which a spread is written."""
_METRICS = {
    "ttft_ms": "ttft", "ttft_p50_ms": "ttft", "tpot_ms": "tpot", "itl_ms": "tpot", "output_tokens_per_s": "rate",
}  # fmt: skip
_SCORE = 1.2816
"""The 90th percentile of the standard normal distribution."""
_SINGLE = ("one_device", "several_devices")
_LEAST_MISSED, _MISSED = 4, math.log(1.5)
"""A device is badly predicted if at least this many timings of a metric are off by this logarithm in the median."""


def calibration_text(fit: Calibration, book: Book, source: str, title: str = "") -> str:
    """Return the calibration as YAML; the same fit gives the same text."""
    rows: dict[str, dict[str, dict[str, object]]] = {}
    inputs: dict[str, object] = {}
    for (name, members), value in fit.factors.items():
        number = float(f"{value:.{_DIGITS}g}")
        if not members:
            inputs[name] = number
        else:
            rows.setdefault(book.quantities[name].by[0], {}).setdefault(members[0], {})[name] = number
    for members_ in rows.values():
        timings = {m: max(fit.rows[c] for c in fit.factors if c[1] == (m,)) for m in members_}
        for member, cells in members_.items():
            cells["source"] = f"{source}, {timings[member]} timings"
    for (dimension, member), flags in _measured(fit, book).items():
        rows.setdefault(dimension, {}).setdefault(member, {}).update(flags)
    for (dimension, member), spread in spreads(fit).items():
        rows.setdefault(dimension, {})[member] = {**spread, "source": f"{source}, left out one at a time"}
    return yaml_text(
        {
            "schema": 1,
            "title": title or f"Efficiency factors fitted to {source}",
            "accounting": ["reportgen"],
            "dimensions": {d: {"rows": dict(sorted(rows[d].items()))} for d in sorted(rows)},
            "inputs": dict(sorted(inputs.items())),
        }
    )


def _measured(fit: Calibration, book: Book) -> Mapping[tuple[str, str], dict[str, object]]:
    """Return flags for what was measured: models, devices and families, with a single batch or request and under load.

    A badly predicted device gets no flag: its timings show that it differs, but not by how much elsewhere.
    """
    missed = _missed(fit)
    flags: dict[tuple[str, str], dict[str, object]] = {}
    for case, evidence in zip(fit.cases, fit.evidence, strict=True):
        accelerator, single = str(case.inputs["accelerator"]), evidence in _SINGLE
        flags.setdefault(("model", str(case.inputs["model"])), {})["measured_model"] = True
        if (accelerator, single) not in missed:
            flags.setdefault(("accelerator", accelerator), {})["measured_device" if single else "served_device"] = True
        family = flags.setdefault(("accelerator_family", family_of(book, accelerator)), {})
        family["measured_family" if single else "served_family"] = True
    return flags


def _missed(fit: Calibration) -> set[tuple[str, bool]]:
    """Return the devices, and whether with a single request, for which some metric is badly predicted in the median."""
    errors: dict[tuple[str, bool, str], list[float]] = {}
    for case, evidence, error in zip(fit.cases, fit.evidence, np.log1p(fit.errors), strict=True):
        metric = _METRICS.get(case.measurement.metric, "")
        errors.setdefault((str(case.inputs["accelerator"]), evidence in _SINGLE, metric), []).append(abs(float(error)))
    return {
        (accelerator, single)
        for (accelerator, single, _), deviations in errors.items()
        if len(deviations) >= _LEAST_MISSED and float(np.median(deviations)) > _MISSED
    }


def spreads(fit: Calibration) -> Mapping[tuple[str, str], dict[str, float]]:
    """Return the spread of measured over predicted by kind of measurement, and its growth without measurements.

    A spread is the standard deviation of logarithms for which four of five measurements lie between its 10th and 90th
    percentile. The addition for an unmeasured model or device is the variance added by leaving it out of the fit.
    """
    evidence = np.array(fit.evidence)
    metrics = np.array([_METRICS.get(case.measurement.metric, "") for case in fit.cases])
    single = np.isin(evidence, _SINGLE)
    result: dict[tuple[str, str], dict[str, float]] = {}
    for kind in sorted(set(evidence)):
        for metric in ("ttft", "tpot", "rate"):
            spread = _spread(fit.errors[(evidence == kind) & (metrics == metric)])
            if spread is not None:
                result.setdefault(("evidence", str(kind)), {})[f"{metric}_spread"] = _rounded(spread)
    for member, errors in (("model", fit.left_out), ("device", fit.elsewhere)):
        groups = [(f"unseen_{metric}", ~single & (metrics == metric)) for metric in ("ttft", "tpot", "rate")]
        for name, which in (*groups, ("unseen_single", single & (metrics != ""))):
            seen, unseen = _spread(fit.errors[which]), _spread(errors[which])
            if seen is not None and unseen is not None:
                added = math.sqrt(max(_LEAST_ADDED**2, unseen**2 - seen**2))
                result.setdefault(("unseen", member), {})[name] = _rounded(added)
    return result


_LEAST_ADDED = 0.05
"""The smallest addition for something unmeasured; otherwise less evidence could give a tighter band."""


def _spread(errors: Array) -> float | None:
    """Return the spread of errors (predicted over measured, minus one), or None if there are too few."""
    left = errors[np.isfinite(errors)]
    return float(np.quantile(np.abs(np.log1p(left)), 0.8)) / _SCORE if len(left) >= _LEAST_SPREAD else None


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
