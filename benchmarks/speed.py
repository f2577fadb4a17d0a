"""Measure the speed of the engine and of the command line, beside their limits; exits with 1 where one is missed.

Usage: python benchmarks/speed.py

Design points: Llama-2-7B on an A100, another batch and another prompt at each point. All ways are measured in turns in
one run, on one core, by the time of the processor.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.book.build import build_book
from reportgen.engine.evaluate import Evaluator
from reportgen.engine.program.compiler import compiled
from reportgen.engine.program.run import Machine, block_size
from reportgen.engine.program.signs import plainer
from reportgen.engine.program.storage import storage_of
from reportgen.engine.sweep import Sampler
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.book.book import Book

ROOT = Path(__file__).parents[1]
POINTS_PER_SECOND, AIM = 250_000, 500_000
OVER_FLOOR = 1.3
ROUNDS = 7
POINTS = 16_384
BATCH, PROMPT = ("batch", ("baseline",)), ("prompt_tokens", ("only",))
COMMANDS = [(["--help"], 0.4), (["check", "specs/alice.yaml"], 1.0), (["build", "specs/alice.yaml", "-o"], 6.0)]


def llama(accounting: str = "reportgen", **more: Any) -> Book:
    """One option, Llama-2-7B on an A100, with all that an accounting computes."""
    document = Document("speed", "")
    document.data = {
        "schema": 1, "title": "Speed", "accounting": accounting, "levers": "none",
        "requests": {"only": {"prompt_tokens": 1000, "output_tokens": 100}},
        "options": {"baseline": {"model": "Llama-2-7B", "accelerator": "A100-SXM-80GB", **more}},
    }  # fmt: skip
    return build_book(validate(ScenarioSpec, document), "speed")


def samples(count: int) -> dict[Any, Any]:
    """Design points that differ."""
    random = np.random.default_rng(1)
    batch, prompt = (random.integers(1, most, count).astype(float) for most in (257, 8193))
    return {BATCH: batch, PROMPT: prompt}


# --- ways to compute -------------------------------------------------------------------------------------------------


def by_program(book: Book, names: list[str]) -> Callable[[], None]:
    """As `sweep`, `search` and the studies do."""
    points, sampler = samples(POINTS), Sampler(book, names)

    def run() -> None:
        for _, block in sampler.blocks(points):
            for name in names:
                block.value(name)

    return run


def by_evaluator(book: Book, names: list[str]) -> Callable[[], None]:
    """As the reference does that the program is tested against, 2,000 points at a time."""
    points, start = samples(POINTS), Evaluator(book)

    def run() -> None:
        evaluator = start
        for first in range(0, POINTS, 2000):
            held, evaluator = evaluator, evaluator.with_inputs({a: v[first : first + 2000] for a, v in points.items()})
            for name in names:
                evaluator.value(name)
            del held

    return run


def by_bare_arrays(book: Book, names: list[str]) -> Callable[[], None]:
    """The floor: the program's array operations one after the other, without anything between or around them.

    Sums and comparisons are the plain ones, without the rule of 15 digits, and nothing asks whether a result is finite.
    """
    program = plainer(compiled(Evaluator(book), {BATCH: False, PROMPT: False}, names))
    storage = storage_of(program)
    size = math.ceil(POINTS / math.ceil(POINTS / block_size(storage)))
    machine = Machine(program, storage, size)
    machine.run({at: values[:size] for at, values in samples(POINTS).items()})
    plain = {"-": np.subtract, "+": np.add, "<": np.less, "<=": np.less_equal, ">": np.greater,
             ">=": np.greater_equal}  # fmt: skip
    calls: list[Callable[[], object]] = []
    for number, call in machine.calls:
        step = program.steps[number]
        if step.op in plain:
            first, second = (machine.array(slot) for slot in step.args if slot is not None)
            calls.append(partial(plain[step.op], first, second, out=machine.array(step.out[0])))
        else:
            calls.append(call)

    def run() -> None:
        with np.errstate(all="ignore"):
            for _ in range(POINTS // size):
                for call in calls:
                    call()

    return run


def by_operators(points: int) -> Callable[[], None]:
    """As LLM-Viewer computes: plain Python, one design point and one operator at a time."""
    chosen = samples(points)

    def run() -> None:
        for batch, prompt in zip(chosen[BATCH].tolist(), chosen[PROMPT].tolist(), strict=True):
            viewer_times(batch, prompt)

    return run


def viewer_times(batch: float, prompt: float) -> dict[str, float]:
    """Time of prefill and decode of Llama-2-7B in 16 bit on an A100, by LLM-Viewer's formulas (arXiv 2402.16363)."""
    hidden, heads, wide, layers, vocabulary, size = 4096, 32, 11008, 32, 32000, 2.0
    peak, bandwidth, head = 312e12, 2039e9, hidden // heads
    times = {}
    for stage, query, context in (("prefill", prompt, prompt), ("decode", 1.0, prompt + 49.5)):
        tokens, scores = batch * query, batch * heads * query * context
        operators: dict[str, tuple[float, float, float, float, float]] = {}
        for name, rows, columns in (
            ("q_proj", hidden, hidden), ("k_proj", hidden, hidden), ("v_proj", hidden, hidden),
            ("out_proj", hidden, hidden), ("gate_proj", hidden, wide), ("up_proj", hidden, wide),
            ("down_proj", wide, hidden),
        ):  # fmt: skip
            stored = tokens * columns * size
            operators[name] = 2 * tokens * rows * columns, rows * columns * size, tokens * rows * size, stored, 0.0
        cache = batch * context * heads * head * size
        operators["qk_matmul"] = 2 * scores * head, 0.0, tokens * head * heads * size, scores * size, cache
        operators["sv_matmul"] = 2 * scores * head, 0.0, scores * size, tokens * head * heads * size, cache
        operators["softmax"] = 5 * scores, 0.0, scores * size, scores * size, 0.0
        for name, each, read in (
            ("attn_norm", 7, 1), ("mlp_norm", 7, 1), ("attn_add", 1, 1), ("mlp_add", 1, 1), ("mlp_act", 2, 2),
        ):  # fmt: skip
            moved = tokens * hidden * size
            operators[name] = each * tokens * hidden, 0.0, read * moved, moved, 0.0
        total = 0.0
        figures = {}
        for name, (ops, *moved) in operators.items():
            access = sum(moved)
            intensity = ops / access
            bound_by, rate = ("compute", peak) if intensity > peak / bandwidth else ("memory", intensity * bandwidth)
            figures[name] = {"bound": bound_by, "performance": rate, "intensity": intensity, "time": ops / rate}
            total += ops / rate * layers
        ops, access = batch * hidden * vocabulary, (hidden * vocabulary + hidden + vocabulary) * size
        times[stage] = total + max(ops / peak, access / bandwidth)
    return times


def check_the_viewer() -> None:
    """Hold the plain Python against the accounting `llm_viewer`, which is held against LLM-Viewer's own runs."""
    book = llama("llm_viewer", batch=8, flash_attention=False)
    value = Evaluator(book).value("total_inference_time").data.reshape(-1)
    times = viewer_times(8.0, 1000.0)
    for stage, ours in zip(("prefill", "decode"), value, strict=True):
        assert math.isclose(ours, times[stage], rel_tol=1e-9), (stage, ours, times[stage])


def points_per_second() -> dict[str, float]:
    """Design points per second of one core: the median over rounds, of which each runs all ways in turn."""
    book = llama()
    numbers = [q.name for q in book.quantities.values() if q.type.kind == "number"]
    decisive = ["tpot", "ttft", "throughput", "memory_needed", "feasible"]
    few = 500
    ways: dict[str, tuple[Callable[[], None], int]] = {
        "program, every quantity": (by_program(book, numbers), POINTS),
        "the same array operations, bare": (by_bare_arrays(book, numbers), POINTS),
        "evaluator, every quantity": (by_evaluator(book, numbers), POINTS),
        "program, five results": (by_program(book, decisive), POINTS),
        "one operator at a time, 2 totals": (by_operators(few), few),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for run, _ in ways.values():
        run()
    for _ in range(ROUNDS):
        for name, (run, count) in ways.items():
            start = time.process_time()
            run()
            rates[name].append(count / (time.process_time() - start))
    return {name: statistics.median(values) for name, values in rates.items()}


def seconds(arguments: list[str]) -> float:
    """The median time by the clock of a command, from a cold start."""
    times = []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            out = [folder] if arguments[-1] == "-o" else []
            start = time.perf_counter()
            command = [sys.executable, "-m", "reportgen", *arguments, *out]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> int:
    """Print the tables."""
    check_the_viewer()
    rates = points_per_second()
    fast, floor, *_ = rates.values()
    print("Design points per second and core, Llama-2-7B on an A100\n")
    for name, rate in rates.items():
        print(f"{name:36}{rate:>12,.0f}{rate / fast:>9.2f} x")
    rows = [
        ("program, points per second", f"{fast:,.0f}", f">= {POINTS_PER_SECOND:,}", fast >= POINTS_PER_SECOND),
        ("bare operations / program", f"{floor / fast:.2f}", f"<= {OVER_FLOOR}", floor / fast <= OVER_FLOOR),
    ]
    for arguments, limit in COMMANDS:
        taken = seconds(arguments)
        name = " ".join(["reportgen", *arguments]).removesuffix(" -o")
        rows.append((name, f"{taken:.2f} s", f"< {limit:g} s", taken < limit))
    print(f"\n{'':36}{'measured':>12}{'limit':>14}")
    for name, measured, limit_, met in rows:
        print(f"{name:36}{measured:>12}{limit_:>14}  {'' if met else 'MISSED'}".rstrip())
    print(f"\nAimed at: {AIM:,} points per second, {'reached' if fast >= AIM else 'not reached'}.")
    return 0 if all(met for *_, met in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
