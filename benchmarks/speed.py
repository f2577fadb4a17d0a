"""Measure the speed of the engine and of the command line, beside their limits; exits with 1 where one is missed.

Usage: python benchmarks/speed.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reportgen.book.build import build_book
from reportgen.engine.sweep import CHUNK, chunks
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book

ROOT = Path(__file__).parents[1]
POINTS_PER_SECOND = 50_000
ROUNDS = 5
CHUNKS_PER_ROUND = 10
COMMANDS = [(["--help"], 0.4), (["check", "specs/alice.yaml"], 1.0), (["build", "specs/alice.yaml", "-o"], 6.0)]


def llama() -> Book:
    """One option, Llama-2-7B on an A100, with all that the accounting `reportgen` computes."""
    document = Document("speed", "")
    document.data = {
        "schema": 1, "title": "Speed", "objective": {"minimise": "tpot"}, "levers": "none",
        "requests": {"only": {"prompt_tokens": 1000, "output_tokens": 100}},
        "options": {"baseline": {"model": "Llama-2-7B", "accelerator": "A100-SXM-80GB"}},
    }  # fmt: skip
    return build_book(validate(ScenarioSpec, document), "speed")


def points_per_second(book: Book) -> float:
    """Design points per second of one core: every numeric quantity, so every operator at every stage.

    The median over rounds of the processor's time, which other programs on the machine change less than the clock's.
    """
    names = [q.name for q in book.quantities.values() if q.type.kind == "number"]
    random = np.random.default_rng(1)
    batch, prompt = (random.integers(1, most, CHUNK * CHUNKS_PER_ROUND).astype(float) for most in (257, 8193))
    samples = {("batch", ("baseline",)): batch, ("prompt_tokens", ("only",)): prompt}
    rates = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _, evaluator in chunks(book, samples):
            for name in names:
                evaluator.value(name)
        rates.append(len(batch) / (time.process_time() - start))
    return statistics.median(rates)


def seconds(arguments: list[str]) -> float:
    """The median time by the clock of a command, from a cold start."""
    times = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            out = [folder] if arguments[-1] == "-o" else []
            start = time.perf_counter()
            command = [sys.executable, "-m", "reportgen", *arguments, *out]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    """Print the table."""
    book = llama()
    operators, stages = book.size("operator"), book.size("stage")
    rate = points_per_second(book)
    rows = [
        ("design points per second, one core", f"{rate:,.0f}", f">= {POINTS_PER_SECOND:,}", rate >= POINTS_PER_SECOND)
    ]
    for arguments, limit in COMMANDS:
        taken = seconds(arguments)
        name = " ".join(["reportgen", *arguments]).removesuffix(" -o")
        rows.append((name, f"{taken:.2f} s", f"< {limit:g} s", taken < limit))
    print(f"Llama-2-7B, {stages} stages (points of the generation, and one per class) x {operators} operators,")
    print(f"chunks of {CHUNK}; medians of {ROUNDS}\n")
    print(f"{'':36}{'measured':>12}{'limit':>14}")
    for name, measured, limit_, met in rows:
        print(f"{name:36}{measured:>12}{limit_:>14}  {'' if met else 'MISSED'}".rstrip())
    return 0 if all(met for *_, met in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
