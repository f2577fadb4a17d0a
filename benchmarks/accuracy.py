"""How far predictions are from measurements, by kind of configuration; with --refit also with models left out.

    python benchmarks/accuracy.py [MEASUREMENTS.csv ...] [--refit] [-o efficiency.yaml]

Without a file it takes `tests/reference/measurements.csv`. `--refit` fits the factors again, from their declared
defaults and not from `reportgen/library/efficiency.yaml`, and leaves each model, each device and each family of
devices out of the fit in turn. Rows of tier C are left out; those that are marked as implausible are in it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.book.library import library
from reportgen.fit.accuracy import beaten
from reportgen.fit.calibrate import calibrate
from reportgen.fit.configuration import configure, measured_book
from reportgen.fit.measurements import Unread, read_table
from reportgen.fit.predict import predict
from reportgen.fit.write import calibration_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.fit.configuration import Case

ROOT = Path(__file__).parents[1]
SOURCE = "fitted to public measurements, see docs/accuracy.md"
_STAGES = {
    "ttft_ms": "TTFT", "ttft_p50_ms": "TTFT p50", "ttft_p90_ms": "TTFT p90", "ttft_p95_ms": "TTFT p95",
    "ttft_p99_ms": "TTFT p99", "tpot_ms": "TPOT", "itl_ms": "ITL", "output_tokens_per_s": "throughput",
}  # fmt: skip
LINKED = ("SXM", "GH200", "NVL72", "MI3")


def kind(case: Case) -> str:
    """The group of a measurement in the table."""
    m = case.measurement
    if m.metric not in _STAGES:
        return f"{m.metric}, {m.load}"
    stage = _STAGES[m.metric]
    if case.inputs["continuous_batching"] and (m.batch or 2) > 1:
        busy = "2 to 8" if (m.batch or 0) <= 8 else "9 to 64" if (m.batch or 0) <= 64 else "above 64"
        return f"server, {busy} at once, {stage}"
    if str(case.inputs["engine"]).startswith("llama_cpp"):
        return f"llama.cpp, {stage}"
    if case.group > 1:
        linked = any(part in str(case.inputs["accelerator"]) for part in LINKED)
        return f"several devices, {'linked' if linked else 'PCIe'}, {stage}"
    if m.load != "static_batch":
        return f"server, one request at a time, {stage}"
    length = "" if stage != "TTFT" else ", 512 tokens or more" if (m.prompt or 0) >= 512 else ", short"
    return f"one device, static batch, {stage}{length}"


def engine_of(case: Case) -> str:
    """The engine, the kind of model and the metric of a measurement under load; empty for others."""
    m = case.measurement
    if m.metric not in _STAGES or not case.inputs["continuous_batching"] or (m.batch or 2) <= 1:
        return ""
    experts = getattr(measured_book().quantities["experts"].cells[str(case.inputs["model"]),], "value", 0)
    return f"{case.inputs['engine']}, {'experts' if experts else 'dense'}, {_STAGES[m.metric]}"


def row(name: str, *groups: Any) -> str:
    """A line of the table: how many, then median and 90th percentile of each set of errors."""
    cells = [f"{name:52}{len(groups[0]):>5}"]
    for errors in groups:
        left = np.abs(errors[np.isfinite(errors)])
        if len(left):
            cells.append(f"{np.median(left):>9.1%}{np.quantile(left, 0.9):>9.1%}")
    return "".join(cells)


def table(cases: Sequence[Case], *errors: Any) -> None:
    """Print the groups, first by load and then by engine."""
    for name_of in (kind, engine_of):
        names = np.array([name_of(case) for case in cases])
        for name in sorted(set(names) - {""}):
            print(row(name, *(e[names == name] for e in errors)))
        print()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "measurements", nargs="*", type=Path, default=[ROOT / "tests" / "reference" / "measurements.csv"]
    )
    parser.add_argument("--refit", action="store_true")
    parser.add_argument("-o", "--out", type=Path)
    asked = parser.parse_args()
    tables = [read_table(path) for path in asked.measurements]
    unread = [row for _, rows in tables for row in rows]
    read = [m for rows, _ in tables for m in rows if m.tier != "C"]
    if asked.refit:
        return refit(read, unread, asked.out)
    book = measured_book()
    predictions, failed = predict(read)
    cases = [case for p in predictions if not isinstance(case := configure(book, p.measurement), Unread)]
    print(f"{'':52}{'rows':>5}{'median':>9}{'p90':>9}")
    table(cases, np.array([p.error for p in predictions]))
    print(f"\n{len(unread) + len(failed)} rows cannot be evaluated; {sum(map(beaten, predictions))} beat the ideal")
    return 0


def refit(read: Any, unread: Any, out: Path | None) -> int:
    """Fit, held to the declared defaults; the search begins with the shipped factors, which saves time."""
    shipped = measured_book()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "library")
        shutil.copytree(library.library_dir(), plain)
        (plain / library.FITTED).unlink()
        library.library_dir = lambda: plain  # type: ignore[attr-defined]
        for kept in (library._ours, measured_book):
            kept.cache_clear()
        book = measured_book()
        found = calibrate(read, unread, lambda text: print(text, file=sys.stderr), book, shipped)
    print(f"{len(found.factors)} factors, {len(found.cases)} timings")
    heads = "".join(f"{name:>9}{'p90':>9}" for name in ("fitted", "no model", "no dev.", "no fam."))
    print(f"{'':52}{'rows':>5}{heads}")
    table(found.cases, found.errors, found.left_out, found.elsewhere, found.unknown)
    if out is not None:
        title = "Efficiency factors fitted to public measurements"
        text = calibration_text(found, book, SOURCE, title)
        out.write_text("# yaml-language-server: $schema=schema/library.json\n" + text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
