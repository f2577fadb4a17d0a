"""The closed forms of the library for a case of `serving_forms`, evaluated by the engine.

A scenario replaces what the library computes from a model and an accelerator - the parts of a step, prefills, slots and
the variation of lengths - by inputs of its own; all that follows from them is the library's.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.serving_forms import NORMAL
from reportgen.book.build import build_book
from reportgen.engine.evaluate import Evaluator
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.serving_forms import Case
    from reportgen.book.book import Book

MOST_CLASSES = 8  # of a book; a case with more of them is given by the variation of its lengths
LARGE = 1e7  # sequences for which computing alone counts
TINY = 1e-9  # of a step: its weights where they do not show

_SCENARIO = """\
schema: 1
title: A step and its load
requests: {{{requests}}}
levers: none
options: {{baseline: {{model: Llama-3.1-8B, accelerator: H100-SXM-80GB}}}}
formulas:
  weights_fixed: case_weights
  decode_weights: case_weights
  weights_scale: "1"
  compute_per_sequence: case_compute
  step_fixed: case_fixed
  step_per_sequence: case_sequence
  reference_step: case_reference
  marginal_prefill: case_prefill
  prompt_compute: case_prefill
  single_prefill: "case_prefill + idle_step"
  request_prefill: "own_prefill + idle_step"
  slots: case_slots
  token_budget: case_budget
  prompt_variation: prompt_scv
  output_variation: output_scv
  mixes_prompts: several_prompts
quantities:
  case_weights: {{title: Weights, unit: s, value: 1}}
  case_compute: {{title: Computing per sequence, unit: s, value: 1}}
  case_fixed: {{title: Rest of a step, unit: s, value: 1}}
  case_sequence: {{title: Rest per sequence, unit: s, value: 1}}
  case_reference: {{title: Step at the reference, unit: s, value: 1}}
  case_prefill: {{title: Prefill inside a step, unit: s, value: 1}}
  own_prefill: {{title: Prefill of the class, unit: s, per: [request], by: request, value: 1}}
  case_slots: {{title: Slots, value: 1}}
  case_budget: {{title: Token budget, unit: token, value: 1}}
  prompt_scv: {{title: Variation of prompts, value: 0}}
  output_scv: {{title: Variation of outputs, value: 0}}
  several_prompts: {{title: Prompts differ, type: flag, value: false}}
"""
_ZERO = ("host_step", "host_sequence")
_NO_OVERHEAD = ("request_overhead", "client_overhead", "admission_steps")


@cache
def case_book(classes: int, rate: bool) -> Book:
    """The book of a server with so many classes of requests, with arrivals at a rate or clients that wait."""
    requests = ", ".join(f"c{i}: {{prompt_tokens: 1, output_tokens: 1}}" for i in range(classes))
    document = parse_document(_SCENARIO.format(requests=requests).encode(), "case")
    return build_book(validate(ScenarioSpec, document), "case", mentions=["request_rate=1"] if rate else [])


def evaluator(case: Case, limit: float = 1.0) -> Evaluator:
    """The library's figures for a case; `limit` is the TTFT target in seconds."""
    parts: Sequence[tuple[float, float, float]] = case.parts
    if len(parts) > MOST_CLASSES:
        parts = [(1.0, case.prompt, case.prefill)]
    book = case_book(len(parts), case.rate is not None)
    values: dict[tuple[str, tuple[str, ...]], float | bool] = {
        ("case_slots", ()): case.slots,
        ("case_prefill", ()): case.prefill,
        ("case_budget", ()): case.token_budget,
        ("prompt_scv", ()): case.scv_prompt,
        ("output_scv", ()): case.scv_output,
        ("several_prompts", ()): len({prompt for _, prompt, _ in parts}) > 1,
        ("ttft_target", ()): 1e3 * limit,
    }
    values |= {(f"case_{name}", ()): part for name, part in _step_parts(case).items()}
    values |= {(name, (engine,)): 0.0 for name in _NO_OVERHEAD + _ZERO for engine in book.dimensions["engine"].names}
    values["request_overhead", ("any",)] = 1e3 * case.own_overhead
    for i, (share, prompt, prefill) in enumerate(parts):
        at = (f"c{i}",)
        values |= {("share", at): share, ("prompt_tokens", at): prompt, ("output_tokens", at): case.output}
        values["own_prefill", at] = prefill
    if case.rate is None:
        assert case.clients is not None
        values["concurrency", ("baseline",)] = case.clients
        if case.burst:
            values["requests_per_client", ()] = 1 / case.burst
    else:
        values["request_rate", ()] = case.rate
    return Evaluator(book, {at: np.array([value]) for at, value in values.items()})


def _step_parts(case: Case) -> dict[str, float]:
    """A step by the parts of the library: it is (weights^3 + (b compute)^3)^(1/3) + fixed + b sequence."""
    empty, first, last = case.step(0), case.slope(0), case.slope(LARGE)
    compute = max(0.0, last - first) if last - first > 1e-6 * first else 0.0
    fixed = case.step(LARGE) - LARGE * last if compute else empty
    weights = min(max(TINY * empty, empty - fixed), empty)
    sequences = case.slots if case.clients is None else min(case.clients, case.slots)
    return {
        "weights": weights, "compute": compute, "fixed": empty - weights, "sequence": first,
        "reference": case.step(sequences),
    }  # fmt: skip


def figure(found: Evaluator, name: str) -> float:
    """A quantity of the option, in seconds, requests a second, or as a share."""
    quantity = found.book.quantities[name]
    value = float(np.ravel(found.value(name).data)[0])
    return (
        value / 1e3 if quantity.type.unit.label == "ms" else value / 100 if quantity.type.unit.label == "%" else value
    )


def capacity(case: Case) -> float:
    """The largest rate that a server with all slots running can keep up with."""
    return figure(evaluator(replace(case, rate=case.rate or 1.0)), "full_rate")


def closed_form(case: Case) -> dict[str, float]:
    """TTFT and TPOT of a case, named as in `serving_forms`."""
    found = evaluator(case)
    figures = {"running": figure(found, "loaded_running")}
    if case.rate is not None:
        figures |= {"utilisation": figure(found, "load_share"), "overloaded": figure(found, "overloaded")}
        if figures["overloaded"]:
            return figures
    else:
        figures["tokens_per_second"] = figure(found, "closed_rate") * case.output
    for of, mean in (("ttft", "ttft"), ("tpot", "token_time")):
        figures[f"{of}_mean"] = figure(found, mean)
        figures |= {f"{of}_p{p}": figure(found, f"{of}_p{p}") for p in NORMAL}
    return figures


def share_within(case: Case, limit: float) -> float:
    """The share of requests whose TTFT is at most a limit."""
    return figure(evaluator(case, limit), "ttft_share")
