"""Measure the search on one core, beside its limit: candidates of the procurement, and all that may vary on each.

Usage: python benchmarks/search.py
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CANDIDATES, ROUNDS = 10, 5
SECONDS = 1.0
CASES = (
    ("4 TP x 3 precisions x 20 batches", range(1, 21), 4, 3, SECONDS),
    ("4 TP x 3 precisions x 200 batches", range(1, 201), 4, 3, None),
)
TENSOR = (1, 2, 4, 8)
PRECISIONS = ("bf16", "fp8", "int8")


def scenario(batches: range, tensor: int, precisions: int) -> str:
    """The procurement with so many candidates, and with its grid replaced."""
    text = (ROOT / "specs" / "procurement.yaml").read_text("utf-8")
    head, _, rest = text.partition("search:\n")
    rows = rest.partition("  candidates:\n")[2].splitlines()[:CANDIDATES]
    settings = [f"      {p}: {{weight_precision: {p}, activation_precision: {p}}}" for p in PRECISIONS[:precisions]]
    vary = [f"    tensor_parallel: {list(TENSOR[:tensor])}", f"    batch: {list(batches)}", "    precision:", *settings]
    return "\n".join([head + "search:", "  candidates:", *rows, "  vary:", *vary, "levers: none", ""])


def main() -> int:
    """Print the table."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    from reportgen.book.build import load_book
    from reportgen.study.search import search

    print(f"specs/procurement.yaml with {CANDIDATES} candidates, one core; the median time of {ROUNDS} runs\n")
    print(f"{'grid':<36}{'combinations':>14}{'seconds':>10}{'per second':>14}{'limit':>8}")
    met = True
    for title, batches, tensor, precisions, limit in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "search.yaml")
            path.write_text(scenario(batches, tensor, precisions), encoding="utf-8")
            book = load_book(path)
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            found = search(book).studies.searched
            times.append(time.perf_counter() - start)
        seconds = sorted(times)[ROUNDS // 2]
        assert found is not None
        rate, said = found.tried / seconds, "" if limit is None else f"{limit:g} s"
        print(f"{title:<36}{found.tried:>14,}{seconds:>10.2f}{rate:>14,.0f}{said:>8}")
        met = met and (limit is None or seconds < limit)
    print(f"\nmemory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    print("" if met else "\nMISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
