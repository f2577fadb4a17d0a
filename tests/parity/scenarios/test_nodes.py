"""A workbook with options on several nodes against the engine: as built, and after edits of what spans them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.parity.workbooks import check_recalculation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.engines.office import Office

pytestmark = pytest.mark.parity

SCENARIO = """schema: 1
title: Several nodes
requests:
  chat: {prompt_tokens: 2000, output_tokens: 100}
options:
  baseline:
    model: DeepSeek-V3
    accelerator: H100-SXM-80GB
    engine: sglang
    batch: 4608
    expert_parallel: 72
    redundant_experts: 32
    weight_precision: fp8
    activation_precision: fp8
    continuous_batching: true
    communication_overlap: 60 %
  two_nodes: {tensor_parallel: 16, expert_parallel: 1, redundant_experts: 0, batch: 64}
  stages: {based_on: two_nodes, tensor_parallel: 4, pipeline_parallel: 4}
  rack: {accelerator: GB200-NVL72}
levers: none
"""
EDITS = [
    "baseline.redundant_experts=0",
    "baseline.expert_parallel=144",
    "baseline.communication_overlap=100",
    "DeepSeek-V3.routed_nodes=0",
    "node_devices=4",
    "network_bandwidth=1",
    "network_latency=0",
    "H100-SXM-80GB.link_devices=1",
    "H100-SXM-80GB.link_devices=2",
    "two_nodes.tensor_parallel=32",
    "stages.pipeline_parallel=7",
    "baseline.tensor_parallel=8",
    "baseline.model=Qwen3-235B-A22B",
    "baseline.accelerator=MI300X",
]


def test_a_workbook_of_several_nodes_recalculates_as_the_engine_does(office: Office, tmp_path: Path) -> None:
    (tmp_path / "nodes.yaml").write_text(SCENARIO)
    check_recalculation(office, tmp_path / "nodes.yaml", EDITS)
