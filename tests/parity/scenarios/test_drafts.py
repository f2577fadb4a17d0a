"""A workbook with every kind of drafting against the engine, as built and after edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reportgen.book.build import load_book
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import assemble
from tests.parity.workbooks import after_edits, differences, formula_cells
from tests.workbooks import file_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.engines.office import Office

pytestmark = pytest.mark.parity

SPEC = """
schema: 1
title: Kinds of drafting
requests: {chat: {prompt_tokens: 500, output_tokens: 256}}
levers: [with_drafts]
options:
  baseline: {model: Llama-3.1-8B, accelerator: H100-SXM-80GB, engine: vllm}
  bare: {draft_tokens: 3}
  eagle: {drafting: eagle_1, draft_tokens: 3, measured_acceptance: 60, measured_decay: 80}
  model: {draft_tokens: 3, draft_model: Llama-3.2-1B, tensor_parallel: 2}
  other: {draft_tokens: 3, draft_model: Qwen3-1.7B}
  missing: {draft_tokens: 3, drafting: draft_model}
  grams: {draft_tokens: 3, drafting: n_gram, batch: 64}
  experts: {model: DeepSeek-V3, drafting: mtp, draft_tokens: 2, tensor_parallel: 8, batch: 8, weight_precision: fp8}
"""
EDITS = [
    "eagle.measured_acceptance=100",
    "eagle.measured_decay=1000",
    "eagle.draft_tokens=0",
    "eagle.draft_tokens=64",
    "eagle.drafting=mtp",
    "eagle.drafting=eagle_3_gpt_oss",
    "model.draft_model=Qwen3-0.6B",
    "model.draft_model=",
    "mtp.acceptance_decay=0",
    "mtp.first_acceptance=0",
    "n_gram.scan_time=3",
    "draft_overhead=0",
    "DeepSeek-V3.mtp_layers=0",
    "Llama-3.1-8B.mtp_layers=2",
]


def test_every_kind_of_drafting_recalculates_as_the_engine_does(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "drafts.yaml"
    path.write_text(SPEC)
    book = load_book(path)
    workbook, writer = assemble(evaluate(book))
    formulas = formula_cells(workbook)
    stored = tmp_path / "drafts.xlsx"
    stored.write_bytes(file_of(book, workbook, writer))
    with office.open(stored) as document:
        document.recalculate()
        assert differences(formulas, writer, document.cells(), edited=False) == []
        assert list(after_edits(document, (book, workbook, writer), EDITS, every=3))[:20] == []
