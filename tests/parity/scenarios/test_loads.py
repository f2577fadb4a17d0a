"""A workbook under random arrivals against the engine: as built, and after edits near saturation and at the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reportgen.book.build import build_book
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import assemble
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec
from tests.parity.workbooks import after_edits, differences, formula_cells
from tests.workbooks import file_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.engines.office import Office

pytestmark = pytest.mark.parity

SCENARIO = """schema: 1
title: Loads
requests:
  chat: {share: 0.7, prompt_tokens: 600, output_tokens: 150}
  report: {share: 0.3, prompt_tokens: 4000, output_tokens: 400}
inputs: {request_rate: 6, peak_rate: 9, ttft_target: 1 s, tpot_target: 40 ms}
options:
  baseline: {model: Qwen2.5-32B, accelerator: H200-SXM-141GB, engine: vllm}
  experts: {model: Qwen3-30B-A3B, max_num_seqs: 64}
levers: none
"""
SHARES = (0.0, 0.01, 0.5, 0.89, 0.91, 0.979, 0.981, 1.0, 1.5)
EDITS = [
    "baseline.concurrency=40",
    "experts.concurrency=1",
    "experts.concurrency=500",
    "experts.max_num_seqs=1",
    "baseline.continuous_batching=false",
    "chat.output_tokens=1",
    "report.share=0",
    "chat.prompt_tokens=4000",
    "ttft_percentile=70",
    "usable_share=100",
    "request_rate=",
    "baseline.engine=vllm_0_12",
    "Qwen3-30B-A3B.active_experts=128",
]


def test_loads_recalculate_as_the_engine_does(office: Office, tmp_path: Path) -> None:
    """Every result after each edit, and every formula cell after each third."""
    book = build_book(validate(ScenarioSpec, parse_document(SCENARIO.encode(), "loads")), "loads")
    results = evaluate(book)
    workbook, writer = assemble(results)
    formulas = formula_cells(workbook)
    path = tmp_path / "loads.xlsx"
    path.write_bytes(file_of(book, workbook, writer))
    rates = [
        f"request_rate={use * results.get('full_rate', o):.12g}" for o in ("baseline", "experts") for use in SHARES
    ]
    with office.open(path) as document:
        document.recalculate()
        assert differences(formulas, writer, document.cells(), edited=False) == []
        assert list(after_edits(document, (book, workbook, writer), [*rates, *EDITS], every=3))[:20] == []
