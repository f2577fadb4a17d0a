"""Measure `reportgen sweep` over a million design points on one core; exits with 1 where a limit is missed.

Usage: python benchmarks/sweep.py
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
AXES = ("baseline.batch=1..100", "chapter.prompt_tokens=100..10000/100", "chapter.output_tokens=100..10000/100")
POINTS = 1_000_000
ROUNDS = 3
SECONDS, GIGABYTES = 20.0, 2.0


def measure(target: Path) -> tuple[float, float]:
    """Seconds of the processor and by the clock, of starting the program too.

    Other programs on the machine change the processor's time less than the clock's.
    """
    core = min(os.sched_getaffinity(0))
    varied = [part for axis in AXES for part in ("--vary", axis)]
    command = [sys.executable, "-m", "reportgen", "sweep", "specs/alice.yaml", "--option", "baseline", *varied]
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS"), "1")
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [*command, "-o", str(target)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **one},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )  # fmt: skip
    taken, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, taken


def main() -> int:
    """Print the table."""
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "points.parquet")
        runs = [measure(target) for _ in range(ROUNDS)]
        seconds, clock = (statistics.median(times) for times in zip(*runs, strict=True))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        held = pq.ParquetFile(target).metadata
        size = target.stat().st_size / 1e6
    met = held.num_rows == POINTS and seconds < SECONDS and memory < GIGABYTES
    print(f"specs/alice.yaml, option baseline, {' x '.join(AXES)}")
    print(f"one core, from a cold start; medians of {ROUNDS} runs\n")
    print(f"design points      {held.num_rows:>12,}")
    print(f"seconds            {seconds:>12.1f}   limit {SECONDS:g}; by the clock {clock:.1f}")
    print(f"points per second  {held.num_rows / seconds:>12,.0f}")
    print(f"memory at most     {memory:>9.2f} GB   limit {GIGABYTES:g} GB")
    print(f"file               {size:>9.1f} MB   {held.num_columns} columns, {held.num_row_groups} row groups")
    print("" if met else "\nMISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
