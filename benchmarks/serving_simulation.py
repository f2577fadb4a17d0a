"""How far closed forms of a server under load are from simulating it.

    python -m benchmarks.serving_simulation [--forms reference|refined|library] [--quick] [--only poisson,limits,...]

Errors are closed form over simulation, in percent: the median and 90th percentile of their size over the cases of a
row, and the median with its sign. `reference` are the forms of `serving_forms`, `refined` those of `serving_refined`,
`library` those of the library. `--quick` simulates a sixth of the requests.
"""

from __future__ import annotations

import argparse
import importlib
import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.serving_cases import LENGTHS, MIXES, SCV, STEPS, case_of, classes_of, one_class
from benchmarks.serving_forms import static_batch
from benchmarks.serving_refined import capacity
from benchmarks.simulation import simulate, simulate_static
from benchmarks.simulation_load import ClosedLoop, Listed, Poisson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.simulation_load import RequestClass

FORMS = {
    "reference": "benchmarks.serving_forms",
    "refined": "benchmarks.serving_refined",
    "library": "benchmarks.serving_library",
}
USE = (0.05, 0.3, 0.5, 0.7, 0.85, 0.9, 0.95)
SETTLED = {"warm_up": 0.15, "cool_down": 0.05}
SLOTS = (64, 256)
LATENCIES = tuple(f"{of}_{figure}" for of in ("ttft", "tpot") for figure in ("mean", "p50", "p90", "p95", "p99"))


def requests(use: float, effort: float) -> int:
    """How many requests to simulate: the closer to capacity, the longer a queue takes to settle."""
    return int((40_000 if use > 0.8 else 10_000 if use > 0.1 else 4_000) * effort)


def errors(values: Iterable[float]) -> str:
    """Median and 90th percentile of the size of errors, and the median with its sign, in percent."""
    finite = np.array([100 * value for value in values if np.isfinite(value)])
    if not len(finite):
        return f"{'-':>19}"
    size = np.abs(finite)
    return f"{np.median(size):5.1f} / {np.percentile(size, 90):5.1f} {f'({np.median(finite):+.1f})':>9}"


def table(title: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Print rows of texts under their columns."""
    body = list(rows)
    first = max(len(name) for name, _ in body)
    widths = [max([len(column), *(len(cells[i]) for _, cells in body)]) for i, column in enumerate(columns)]
    print(f"\n{title}\n")
    print(" " * first, *(column.rjust(width) for column, width in zip(columns, widths, strict=True)), sep="  ")
    for name, cells in body:
        print(name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)), sep="  ")


def at_use(job: tuple[str, tuple[int, int], float, float, int, float]) -> dict[str, float]:
    """One server with Poisson arrivals, simulated."""
    name, lengths, scv, use, slots, effort = job
    classes = one_class(*lengths, scv)
    rate = use * capacity(case_of(STEPS[name], classes, slots))
    run = simulate(STEPS[name], classes, Poisson(rate, requests(use, effort)), max_num_seqs=slots, seed=1)
    return {"rate": rate} | run.summary(**SETTLED)


def poisson(forms: Any, effort: float, pool: ProcessPoolExecutor) -> None:
    """Latencies by utilisation."""
    jobs = [
        (name, lengths, scv, use, slots, effort)
        for name in STEPS for lengths in LENGTHS for scv in (0.0, SCV) for use in USE for slots in SLOTS
    ]  # fmt: skip
    measured = list(zip(jobs, pool.map(at_use, jobs, chunksize=4), strict=True))
    predicted = [
        forms.closed_form(case_of(STEPS[name], one_class(*lengths, scv), slots, figures["rate"]))
        for (name, lengths, scv, _, slots, _), figures in measured
    ]

    def row(**kept: float) -> list[str]:
        names = ("scv", "use", "slots")

        def keep(job: Any) -> bool:
            return all(job[2 + names.index(name)] == value for name, value in kept.items())

        return [
            errors(
                p.get(key, np.nan) / m[key] - 1 for (job, m), p in zip(measured, predicted, strict=True) if keep(job)
            )
            for key in LATENCIES
        ]

    for scv, kind in ((0.0, "fixed lengths"), (SCV, "lognormal lengths")):
        rows = [(f"u {u:.2f}, {n} slots", row(scv=scv, use=u, slots=n)) for n in SLOTS for u in USE]
        table(f"Poisson arrivals, {kind}, {len(STEPS) * len(LENGTHS)} servers a row", LATENCIES, rows)
    table("Poisson arrivals, all", LATENCIES, [(f"u {use:.2f}", row(use=use)) for use in USE])


def largest(meets: Callable[[float], bool], limit: float, steps: int) -> float:
    """The largest rate below a limit that meets the targets, by bisection."""
    low, high = 0.0, limit
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if meets(middle) else (low, middle)
    return low


def rate_within(job: tuple[str, tuple[int, int], float]) -> tuple[float, float, float, float]:
    """The largest rate of a server simulated, with its targets for the 95th percentile of TTFT and the mean TPOT."""
    name, lengths, effort = job
    step, classes = STEPS[name], one_class(*lengths, SCV)
    case = case_of(step, classes)
    limit, ttft, tpot = capacity(case), 5 * (case.step(0) + case.prefill) + 0.2, 3 * case.step(0)

    def meets(rate: float) -> bool:
        run = simulate(step, classes, Poisson(rate, int(20_000 * effort)), seed=3).summary(**SETTLED)
        return run["ttft_p95"] <= ttft and run["tpot_mean"] <= tpot

    return largest(meets, limit, 9), limit, ttft, tpot


def limits(forms: Any, effort: float, pool: ProcessPoolExecutor) -> None:
    """The largest rate within targets for TTFT and TPOT."""
    jobs = [(name, lengths, effort) for name in STEPS for lengths in LENGTHS]
    rows = []
    for (name, lengths, _), found in zip(jobs, pool.map(rate_within, jobs), strict=True):
        simulated, limit, ttft, tpot = found

        def meets(rate: float, name: str = name, lengths: tuple[int, int] = lengths, at: Any = (ttft, tpot)) -> bool:
            figures = forms.closed_form(case_of(STEPS[name], one_class(*lengths, SCV), rate=rate))
            return bool(figures.get("ttft_p95", np.inf) <= at[0] and figures.get("tpot_mean", np.inf) <= at[1])

        predicted = largest(meets, limit, 14)
        cells = (ttft, tpot, simulated, predicted)
        rows.append((f"{name}, {lengths[0]}/{lengths[1]}", [*(f"{cell:.3f}" for cell in cells),
                     f"{simulated / limit:.2f}", f"{100 * (predicted / simulated - 1):+.1f} %"]))  # fmt: skip
    columns = ("TTFT p95, s", "TPOT, s", "simulated, 1/s", "closed form, 1/s", "u", "error")
    table("Largest rate within targets, lognormal lengths", columns, rows)


def closed(forms: Any, effort: float, pool: ProcessPoolExecutor) -> None:
    """Clients in a closed loop, steady and in a benchmark of ten requests each.

    The steady clients send their next request a millisecond after an answer, when the next step has begun.
    """
    del pool
    for burst, title in ((0.0, "steady"), (0.1, "ten requests each, all clients at once")):
        rows = []
        for clients in (8, 32, 64, 256):
            collected: dict[str, list[float]] = {"ttft_mean": [], "tpot_mean": [], "tokens_per_second": []}
            for step in STEPS.values():
                for lengths in LENGTHS:
                    classes = one_class(*lengths, low=0.8)
                    load = ClosedLoop(clients, 10) if burst else ClosedLoop(clients, int(60 * effort) + 5, think=0.001)
                    run = simulate(step, classes, load, max_num_seqs=128, seed=1)
                    measured = run.summary() if burst else run.summary(warm_up=0.3, cool_down=0.2)
                    predicted = forms.closed_form(case_of(step, classes, 128, clients=clients, burst=burst))
                    for key, values in collected.items():
                        values.append(predicted[key] / measured[key] - 1)
            rows.append((f"{clients} clients", [errors(values) for values in collected.values()]))
        columns = ("TTFT mean", "TPOT mean", "tokens/s")
        table(f"Closed loop, 128 slots, lengths 0.8 to 1 of nominal, {title}", columns, rows)


def static(forms: Any, effort: float, pool: ProcessPoolExecutor) -> None:
    """Static batches that wait for their longest request, and continuous batching of as many."""
    del forms, pool
    step, rows = STEPS["dense, 1 device"], []
    wide = [(0.4, 512, 64), (0.35, 512, 256), (0.2, 512, 1024), (0.05, 512, 4096)]
    for name, mix in {**MIXES, "64 to 4096 tokens": wide}.items():
        for batch in (4, 16, 64):
            classes, backlog = classes_of(mix), Listed([0.0] * (batch * int(10 + 90 * effort)))
            waiting = simulate_static(step, classes, backlog, batch=batch, seed=1)
            groups = waiting.output.reshape(-1, batch)  # batches are filled in order of arrival
            longest = groups.max(axis=1).mean()
            predicted = static_batch([(share, output) for share, _, output in mix], batch)
            rates = [
                waiting.summary()["tokens_per_second"],
                simulate(step, classes, backlog, max_num_seqs=batch, seed=1).summary()["tokens_per_second"],
            ]
            rows.append((f"{name}, {batch}", [f"{waiting.output.mean():.0f}", f"{longest:.0f}", f"{predicted:.0f}",
                         *(f"{rate:.0f}" for rate in rates), f"{rates[1] / rates[0]:.2f}"]))  # fmt: skip
    columns = ("mean output", "longest, simulated", "closed form", "static, tokens/s", "continuous", "ratio")
    table("Static batches and continuous batching of the same backlog", columns, rows)


def mixed(job: tuple[str, str, float, float]) -> tuple[float, list[tuple[float, float]]]:
    """The rate of a server with classes of requests, and the simulated shares within several times to first token."""
    name, mix, use, effort = job
    classes: list[RequestClass] = classes_of(MIXES[mix])
    rate = use * capacity(case_of(STEPS[name], classes))
    run = simulate(STEPS[name], classes, Poisson(rate, requests(0.85, effort)), seed=2)
    settled = np.sort(run.ttft[int(0.15 * len(run.ttft)) : int(0.95 * len(run.ttft))])
    return rate, [(float(np.quantile(settled, share)), share) for share in (0.5, 0.8, 0.9, 0.95, 0.99)]


def mixes(forms: Any, effort: float, pool: ProcessPoolExecutor) -> None:
    """The share of a mix of classes within a TTFT."""
    jobs = [(name, mix, use, effort) for name in STEPS for mix in MIXES for use in (0.3, 0.5, 0.7, 0.85)]
    found = list(zip(jobs, pool.map(mixed, jobs), strict=True))

    def row(key: int, value: object) -> list[str]:
        cells = []
        for place in range(5):
            cells.append(errors(
                forms.share_within(case_of(STEPS[job[0]], classes_of(MIXES[job[1]]), rate=rate), shares[place][0])
                - shares[place][1]
                for job, (rate, shares) in found if job[key] == value
            ))  # fmt: skip
        return cells

    rows = [*((mix, row(1, mix)) for mix in MIXES), *((f"u {use}", row(2, use)) for use in (0.3, 0.5, 0.7, 0.85))]
    columns = tuple(f"{share} %" for share in (50, 80, 90, 95, 99))
    table("Share within a TTFT that this share meets in simulation: error in points", columns, rows)


def overload(forms: Any, effort: float, pool: ProcessPoolExecutor) -> None:
    """The share of requests that fail when more arrive than can be served, and each waits 10 s at most."""
    del forms, pool
    rows = []
    for use in (0.9, 1.1, 1.5, 2.0, 4.0):
        for name, step in STEPS.items():
            classes = one_class(1024, 256)
            rate = use * capacity(case_of(step, classes))
            run = simulate(step, classes, Poisson(rate, int(20_000 * effort)), patience=10.0, seed=1)
            failed = run.summary(**SETTLED)["failed"]
            rows.append((f"{name}, u {use}", [f"{failed:.3f}", f"{max(0.0, 1 - 1 / use):.3f}"]))
    table("Share without an answer, patience 10 s", ("simulated", "1 - 1/u"), rows)


PARTS = {f.__name__: f for f in (poisson, limits, closed, static, mixes, overload)}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", choices=FORMS, default="reference")
    parser.add_argument("--only", default=",".join(PARTS), help="tables to print, with commas between them")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    try:
        forms = importlib.import_module(FORMS[options.forms])
    except ModuleNotFoundError:
        parser.error(f"there are no {options.forms} forms yet")
    if unknown := set(options.only.split(",")) - set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}, not {', '.join(sorted(unknown))}")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in options.only.split(","):
            PARTS[part](forms, 1 / 6 if options.quick else 1.0, pool)


if __name__ == "__main__":
    main()
