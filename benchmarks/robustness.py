"""Measure the sensitivity of a decision: Monte Carlo and switching values; exits with 1 where the limit is missed.

Usage: python benchmarks/robustness.py [SPEC]
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = ROOT / "specs" / "procurement.yaml"
SAMPLES, OPTIONS = 10_000, 30
SECONDS = 2.0
ROUNDS = 3


def more_options(text: str, count: int) -> str:
    """The scenario with that many further options, each with another batch."""
    extra = "".join(f"  more_{i}: {{batch: {32 + i}}}\n" for i in range(1, count + 1))
    return text.replace("search:\n", f"{extra}search:\n", 1)


def seconds(work: Callable[[], object]) -> float:
    """Of several rounds the median."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> int:
    """Print the table."""
    import tempfile

    from reportgen import api
    from reportgen.study.chances import shares
    from reportgen.study.contest import Contest
    from reportgen.study.robustness import robustness
    from reportgen.study.switches import switches

    spec = Path(sys.argv[1]) if len(sys.argv) > 1 else SPEC
    results = api.evaluate(spec)
    short = OPTIONS - len(Contest.of(results).options)
    if short > 0 and len(sys.argv) == 1:
        with tempfile.TemporaryDirectory() as folder:
            longer = Path(folder, spec.name)
            longer.write_text(more_options(spec.read_text("utf-8"), short), encoding="utf-8")
            results = api.evaluate(longer)
    start = time.perf_counter()
    found = robustness(results, SAMPLES)
    first = time.perf_counter() - start
    assert found is not None
    contest = Contest.of(results)
    best = int(contest.best({}, 1)[0])
    drawn, sought = seconds(lambda: shares(contest, SAMPLES, 1)), seconds(lambda: switches(contest, best))
    met = first < SECONDS
    print(
        f"{results.book.name}: {len(contest.options)} options that compete, {len(contest.drivers)} inputs stretched\n"
    )
    print(f"{'first time, altogether':<28}{first:>8.2f} s   limit {SECONDS:g} s")
    print(
        f"{f'{SAMPLES:,} samples again':<28}{drawn:>8.2f} s   {SAMPLES * len(contest.options) / drawn:,.0f} options/s"
    )
    print(f"{'switching values again':<28}{sought:>8.2f} s   {len(found.switches)} inputs, both ways")
    print("" if met else "\nMISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
