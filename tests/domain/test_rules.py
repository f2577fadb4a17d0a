"""Every rule of the library: one option that fires it, and the same option without the change, which does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from reportgen import api
from reportgen.book.build import load_book
from reportgen.engine.evaluation import evaluate

if TYPE_CHECKING:
    from reportgen.engine.results import Results

ROOT = Path(__file__).resolve().parents[2] / "reportgen/library"
RULES = [name for path in sorted(ROOT.rglob("*.yaml")) for name in YAML(typ="safe").load(path).get("rules", {})]

SPEC = """
schema: 1
title: Rules
date: 2026-11-23
requests: {{only: {{prompt_tokens: 2000, output_tokens: 200}}}}
levers: none
prices:
  rent: {{price_accelerator: H100-SXM-80GB, hourly_price: 2, price_currency: USD, price_date: 2026-11-01}}
  dear: {{price_accelerator: H100-SXM-80GB, hourly_price: 3, price_currency: USD, price_date: 2026-11-01}}
  card: {{price_accelerator: H100-SXM-80GB, purchase_price: 30000, price_currency: USD, price_date: 2026-11-01}}
  tokens: {{price_model: Mixtral-8x7B, input_token_price: 0.5, output_token_price: 0.5, {dated}}}
  cheap: {{price_model: Mixtral-8x7B, input_token_price: 0.2, output_token_price: 0.2, {dated}}}
inputs: {{peak_rate: 20}}
options:
  baseline: {{model: Mixtral-8x7B, accelerator: H100-SXM-80GB, tensor_parallel: 4, batch: 8, price: rent, {base}}}
  changed: {{{change}}}
  same: {{title: The same}}
"""

FIRED = {
    "change_accelerator": ("", "accelerator: H200-SXM-141GB"),
    "change_model": ("", "model: Llama-3.1-8B"),
    "quantize_both": ("", "weight_precision: fp8, activation_precision: fp8"),
    "quantize_weights": ("", "weight_precision: int4"),
    "quantize_kv_cache": ("", "kv_cache_precision: int8"),
    "use_flash_attention": ("flash_attention: false", "flash_attention: true"),
    "fuse_kernels": ("kernel_fusion: false", "kernel_fusion: true"),
    "speculate": ("", "drafting: eagle_3, draft_tokens: 3"),
    "batch_continuously": ("continuous_batching: false", "continuous_batching: true"),
    "chunk_prefill": ("", "chunk_tokens: 512"),
    "reuse_prefixes": ("", "prefix_hit: 50 %"),
    "share_layers": ("", "tensor_parallel: 8"),
    "share_fewer": ("", "tensor_parallel: 2"),
    "pipeline": ("", "pipeline_parallel: 2"),
    "spread_experts": ("", "expert_parallel: 4"),
    "enlarge_batch": ("", "batch: 16"),
    "shrink_batch": ("", "batch: 4"),
    "offload_kv": ("", "kv_offload: 100"),
    "disaggregate": ("", "prefill_replicas: 2"),
    "other_change": ("", "replicas: 3"),
    "follow_the_load": ("", "scale_with_load: true"),
    "buy_instead": ("", "price: card"),
    "rent_instead": ("price: card", "price: rent"),
    "change_offer": ("", "price: dear"),
    "use_api": ("", "kind: api, price: tokens"),
    "leave_api": ("price: tokens, kind: api", "kind: devices, price: rent"),
    "change_api": ("price: tokens, kind: api", "price: cheap"),
}


def book_of(tmp_path: Path, base: str, change: str) -> Results:
    path = tmp_path / "rules.yaml"
    text = SPEC.format(base=base, change=change, dated="price_currency: USD, price_date: 2026-11-01")
    if "price" in base:
        text = text.replace("price: rent, price", "price")
    if "kv_offload" in change:
        text = text.replace("output_tokens: 200", "output_tokens: 200, turns: 8, turn_input: 500, think_time: 60")
    path.write_text(text.replace(", }", "}"))
    return evaluate(load_book(path))


@pytest.mark.parametrize("rule", sorted(FIRED))
def test_a_rule_fires_where_it_should_and_not_elsewhere(rule: str, tmp_path: Path) -> None:
    results = book_of(tmp_path, *FIRED[rule])
    assert results.get("rule_when", "changed", rule) is True
    assert results.get("rule_when", "same", rule) is False
    assert results.get("rule_when", "baseline", rule) is False
    first = results.get("advised_rule", "changed")
    assert first == rule, "an earlier rule must not speak for it"
    said = str(results.get("rule_says", "changed", rule))
    assert any(c.isdigit() for c in said), "no recommendation without a number"
    for part in ("rule_why", "rule_risk", "rule_next"):
        text = str(results.get(part, "changed", rule))
        assert "{" not in text
        assert not text or text.endswith("."), text
    assert str(results.get("rule_risk", "changed", rule))
    assert str(results.get("rule_next", "changed", rule))


def test_every_rule_is_tried() -> None:
    assert sorted(RULES) == sorted(FIRED)


def test_nothing_is_recommended_that_breaks_a_target_or_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        """
schema: 1
title: Targets
requests: {only: {prompt_tokens: 2000, output_tokens: 200}}
objective: {maximise: throughput}
inputs: {tpot_target: 30 ms}
options:
  baseline: {model: Llama-3.1-70B, accelerator: H100-SXM-80GB, tensor_parallel: 4, batch: 4}
  many: {batch: 512}
  alone: {tensor_parallel: 1}
"""
    )
    results = evaluate(load_book(path))
    assert results.get("feasible", "baseline") is True
    for option in results.book.dimensions["option"].names:
        if results.get("advice", option):
            assert results.get("feasible", option) is True, option
    assert results.get("feasible", "many") is False
    assert results.get("runs", "alone") is False


def test_a_feasible_option_is_recommended_where_the_baseline_misses_a_target(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        """
schema: 1
title: Targets
requests: {only: {prompt_tokens: 2000, output_tokens: 200}}
objective: {maximise: throughput}
inputs: {tpot_target: 30 ms}
levers: none
options:
  baseline: {model: Llama-3.1-70B, accelerator: H100-SXM-80GB, tensor_parallel: 4, batch: 128,
             continuous_batching: false}
  few: {batch: 4}
"""
    )
    results = evaluate(load_book(path))
    assert results.get("feasible", "baseline") is False
    assert results.get("best_advised") == "few"
    assert "% less, but every target is met" in str(results.get("advice", "few"))


def test_a_target_that_is_just_missed_is_not_missed_by_nothing() -> None:
    bob = ROOT.parents[1] / "specs" / "bob.yaml"
    tpot = api.evaluate(bob).get("tpot", "baseline")
    assert isinstance(tpot, float)
    verdict = str(api.evaluate(bob, [f"tpot_target={0.998 * tpot}"]).get("verdict", "baseline"))
    assert "less than 1 % too slow" in verdict
