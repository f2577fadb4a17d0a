"""Writing a calibration: a library file that holds the fitted factors, with source and spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.spec.write import yaml_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.book import Book
    from reportgen.engine.values import Array
    from reportgen.fit.calibrate import Calibration

__all__ = ["calibration_text", "spreads"]

_DIGITS = 4
_LEAST_SPREAD = 8
"""A band from fewer timings than this is not written."""
_UNMEASURED = "unmeasured"
_STAGES = {"ttft_ms": "ttft", "tpot_ms": "tpot"}


def calibration_text(fit: Calibration, book: Book, source: str, title: str = "") -> str:
    """The calibration as YAML; the same fit gives the same text."""
    rows: dict[str, dict[str, dict[str, object]]] = {}
    inputs: dict[str, object] = {}
    for (name, members), value in fit.factors.items():
        number = float(f"{value:.{_DIGITS}g}")
        if not members:
            inputs[name] = number
        else:
            rows.setdefault(book.quantities[name].by[0], {}).setdefault(members[0], {})[name] = number
    for dimension, members_ in rows.items():
        timings = {m: max(fit.rows[c] for c in fit.factors if c[1] == (m,)) for m in members_}
        for member, cells in members_.items():
            if dimension == "accelerator_family":
                cells["measured_family"] = True
            cells["source"] = f"{source}, {timings[member]} timings"
    for kind, band in spreads(fit).items():
        left_out = "accelerators" if kind == _UNMEASURED else "models"
        rows.setdefault("evidence", {})[kind] = {**band, "source": f"{source}, {left_out} left out one at a time"}
    return yaml_text(
        {
            "schema": 1,
            "title": title or f"Efficiency factors fitted to {source}",
            "accounting": ["reportgen"],
            "dimensions": {d: {"rows": dict(sorted(rows[d].items()))} for d in sorted(rows)},
            "inputs": dict(sorted(inputs.items())),
        }
    )


def spreads(fit: Calibration) -> Mapping[str, Mapping[str, float]]:
    """For each kind of evidence the 10th and 90th percentile of measured over predicted, by metric.

    The errors are those of models left out of the fit; for a family that was never measured, those of accelerators
    left out.
    """
    kinds = np.array([_kind(case.inputs, case.group) for case in fit.cases])
    metrics = np.array([_STAGES.get(case.measurement.metric, "") for case in fit.cases])
    found: dict[str, dict[str, float]] = {}
    for kind in ("one_device", "several_devices", "server", _UNMEASURED):
        for stage in ("ttft", "tpot"):
            errors = fit.elsewhere[metrics == stage] if kind == _UNMEASURED else fit.left_out[
                (kinds == kind) & (metrics == stage)
            ]  # fmt: skip
            ratios = _ratios(errors)
            if len(ratios) >= _LEAST_SPREAD:
                low, high = np.quantile(ratios, [0.1, 0.9])
                found.setdefault(kind, {})[f"{stage}_ratio_low"] = float(f"{low:.3g}")
                found[kind][f"{stage}_ratio_high"] = float(f"{high:.3g}")
    return found


def _kind(inputs: Mapping[str, object], group: int) -> str:
    if inputs["continuous_batching"]:
        return "server"
    return "one_device" if group == 1 else "several_devices"


def _ratios(errors: Array) -> Array:
    return np.asarray(1 / (1 + errors[np.isfinite(errors)]))
