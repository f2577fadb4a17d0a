"""Workbooks with sessions, host memory, thinking and prefill pools against the engine: as built, and after edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.parity.workbooks import check_recalculation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.engines.office import Office

pytestmark = pytest.mark.parity

SESSIONS = """schema: 1
title: Sessions
requests:
  step:
    prompt_tokens: 9000
    output_tokens: 400
    turns: 12
    turn_input: 800
    think_time: 20
    thinking_tokens: 100
  once: {prompt_tokens: 700, output_tokens: 150}
inputs: {request_rate: 1, peak_rate: 4, ttft_target: 3 s, tpot_target: 50 ms, visible_ttft_target: 20 s}
options:
  baseline: {model: Qwen3-32B, accelerator: H100-SXM-80GB, tensor_parallel: 2, engine: vllm}
  host: {kv_offload: 200, kv_offload_rate: 45, session_cache: true}
  experts: {model: gpt-oss-120b, weight_precision: mxfp4}
  clients: {concurrency: 24}
  static: {continuous_batching: false, batch: 4}
levers: none
"""
SESSION_EDITS = [
    "step.turns=1",
    "step.turns=60",
    "step.think_time=0",
    "step.think_time=900",
    "step.turn_input=5000",
    "step.kept_output=100",
    "step.kept_output=0",
    "step.thinking_tokens=9000",
    "once.turns=3",
    "step.share=0.5",
    "baseline.session_cache=false",
    "baseline.kv_offload=30",
    "host.kv_offload_rate=1",
    "host.session_cache=false",
    "baseline.accelerator=TPU-v5e",
    "baseline.prefix_hit=60",
    "memory_share=82",
    "memory_share=20",
    "request_rate=3.9",
    "request_rate=0.01",
    "request_rate=50",
    "peak_rate=40",
    "clients.concurrency=400",
    "visible_ttft_target=",
    "ttft_target=300",
]


POOLS = """schema: 1
title: Pools
requests:
  long: {prompt_tokens: 8000, output_tokens: 300}
  short: {prompt_tokens: 500, output_tokens: 100}
inputs: {request_rate: 3, peak_rate: 8, ttft_target: 2 s, tpot_target: 30 ms}
options:
  baseline: {model: Qwen3-32B, accelerator: H100-SXM-80GB, tensor_parallel: 2, replicas: 4, engine: vllm}
  apart: {replicas: 1, prefill_replicas: 3}
  pairs: {tensor_parallel: 1, replicas: 8, weight_precision: fp8, activation_precision: fp8}
  narrow: {replicas: 2, prefill_replicas: 6, prefill_pool: pairs, transfer_rate: 30}
levers: none
"""
POOL_EDITS = [
    "apart.prefill_replicas=1",
    "apart.prefill_replicas=0",
    "apart.replicas=3",
    "baseline.prefill_replicas=2",
    "narrow.prefill_pool=apart",
    "narrow.prefill_pool=",
    "narrow.transfer_rate=1",
    "pairs.tensor_parallel=3",
    "pairs.weight_precision=fp32",
    "baseline.model=Llama-3.1-70B",
    "baseline.continuous_batching=false",
    "baseline.concurrency=8",
    "network_bandwidth=5",
    "request_rate=0.1",
    "request_rate=9",
    "peak_rate=100",
    "long.prompt_tokens=60000",
]


@pytest.mark.parametrize(
    ("scenario", "edits"), [(SESSIONS, SESSION_EDITS), (POOLS, POOL_EDITS)], ids=["sessions", "pools"]
)
def test_a_workbook_recalculates_as_the_engine_does(
    scenario: str, edits: list[str], office: Office, tmp_path: Path
) -> None:
    (tmp_path / "case.yaml").write_text(scenario)
    check_recalculation(office, tmp_path / "case.yaml", edits)
