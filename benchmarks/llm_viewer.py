"""Compare the accounting `llm_viewer` with whole runs of LLM-Viewer: every operator and total, both stages, generation.

Usage: python benchmarks/llm_viewer.py [CASES.json]

The file holds its models and hardware in `meta`, runs in `cases` and generation runs in `generate_task`; without an
argument it is the one among the tests' reference data.
Prints the worst relative difference and exits with 1 where it is above 1e-9.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.book.build import build_book
from reportgen.engine.results import Results
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.book.book import Book

LIMIT = 1e-9
REFERENCE = Path(__file__).parents[1] / "tests" / "reference" / "llm_viewer.json"
COLUMNS = {"OPs": "ops", "performance": "max_performance"}
OPERATORS = {"out_proj": "o_proj"}


def scenario(meta: dict[str, Any], names: tuple[str, str], run: dict[str, Any]) -> Book:
    """A book for one run: its model and hardware inline, its widths as precisions of their own."""
    model, hardware = meta["models"][names[0]], meta["hardware"][names[1]]
    w, a, k = run["bits"]
    narrow = hardware.get("INT8")  # a device may have no rate for it; then LLM-Viewer has no runs in 8 bit
    data = {
        "schema": 1, "title": "LLM-Viewer", "accounting": "llm_viewer", "levers": "none",
        "models": {"viewer-model": {
            "layers": model["layers"], "hidden_size": model["hidden"], "heads": model["heads"],
            "kv_heads": model["kv_heads"], "head_dim": max(1, model["hidden"] // model["heads"]),
            "intermediate_size": model["intermediate"], "vocab_size": model["vocab"],
        }},
        "accelerators": {"viewer-device": {
            "memory_bandwidth": hardware["bandwidth"] / 1e9, "peak_16bit": hardware["FP16"] / 1e12,
            "peak": {"int8": narrow / 1e12} if narrow else {}, "on_chip_memory": hardware["onchip_buffer"],
        }},
        "dimensions": {"precision": {"rows": {f"bits{b}": {"precision_bits": b} for b in {w, a, k}}}},
        "requests": {"run": {"prompt_tokens": run["prompt"], "output_tokens": run["generate"]}},
        "options": {"baseline": {
            "model": "viewer-model", "accelerator": "viewer-device", "batch": run["batch"],
            "weight_precision": f"bits{w}", "activation_precision": f"bits{a}", "kv_cache_precision": f"bits{k}",
            "flash_attention": run["flashattention"],
        }},
    }  # fmt: skip
    document = Document("case", "")
    document.data = data
    return build_book(validate(ScenarioSpec, document), "case")


def difference(ours: float | None, theirs: float) -> float:
    """Relative difference; absent differs from everything."""
    if ours is None:
        return float("inf")
    return abs(ours - theirs) / max(abs(ours), abs(theirs)) if ours != theirs else 0.0


def compare_case(meta: dict[str, Any], case: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Every figure of one run: where, and the relative difference."""
    run = {**case, "prompt": case["seqlen"], "generate": 1, "bits": [case["w_bit"], case["a_bit"], case["kv_bit"]]}
    if case.get("tp", 1) != 1:
        raise SystemExit(f"tensor parallelism {case['tp']} is not part of this accounting yet")
    results = Results(scenario(meta, (case["model"], case["hardware"]), run))
    flash = case["flashattention"]
    label = f"{case['model']} {case['hardware']} b{case['batch']} s{case['seqlen']} {run['bits']} fa={flash}"
    for stage in ("prefill", "decode"):
        applied = {r["operator"] for r in results.rows(("option", "stage", "operator")) if r["stage"] == stage}
        named = {OPERATORS.get(name, name) for name in case[stage]["ops"]}
        yield f"{label} {stage}: operators {sorted(applied ^ named)}", 0.0 if applied == named else float("inf")
        for name, row in case[stage]["ops"].items():
            for column, theirs in zip(meta["op_columns"], row, strict=True):
                ours = results.get(COLUMNS.get(column, column), "baseline", stage, OPERATORS.get(name, name))
                same = ours == theirs if isinstance(theirs, str) else None
                value = (0.0 if same else float("inf")) if same is not None else difference(ours, theirs)  # type: ignore[arg-type]
                yield f"{label} {stage} {name}.{column}", value
        for column, theirs in zip(meta["total_columns"], case[stage]["total"], strict=True):
            name = column if column.startswith("memory_consumption") else f"total_{COLUMNS.get(column, column)}"
            yield f"{label} {stage} total {column}", difference(results.get(name, "baseline", stage), theirs)  # type: ignore[arg-type]


def compare_generation(meta: dict[str, Any], task: dict[str, Any]) -> tuple[str, float]:
    """A whole generation: prefill and every decode step."""
    run = {"flashattention": False, **task}
    results = Results(scenario(meta, (task["model"], task["hardware"]), run))
    label = f"{task['model']} {task['hardware']} generate {task['generate']} from {task['prompt']}"
    return label, difference(results.get("request_latency", "baseline"), task["inference_time"])  # type: ignore[arg-type]


def compare(cases: dict[str, Any]) -> list[tuple[str, float]]:
    """All figures of a file."""
    found = [pair for case in cases.get("cases", []) for pair in compare_case(cases["meta"], case)]
    return found + [compare_generation(cases["meta"], task) for task in cases.get("generate_task", [])]


def main(arguments: list[str]) -> int:
    """Compare the file named on the command line, or the reference."""
    if len(arguments) > 1:
        print(__doc__)
        return 2
    cases = json.loads(Path(*arguments or [REFERENCE]).read_text(encoding="utf-8"))
    found = compare(cases)
    where, worst = max(found, key=lambda pair: pair[1])
    runs, generations = len(cases.get("cases", [])), len(cases.get("generate_task", []))
    print(f"{len(found)} figures of {runs} runs and {generations} generation runs")
    print(f"worst relative difference {worst:.3g}: {where}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
