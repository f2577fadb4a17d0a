"""Recommendations name all that differs, and say where commitments differ."""

from __future__ import annotations

from tests.book.test_baseline import evaluated

MODELS = {
    "now": "{title: Today, model: Llama-3.1-8B, accelerator: L40S, batch: 1, weight_precision: fp16}",
    "other": "{title: Other, model: Qwen3-14B, accelerator: H100, weight_precision: q4_k_m, kv_cache_precision: fp8}",
    "third": "{title: Third, model: Qwen3-8B, accelerator: H100, weight_precision: q4_k_m, engine: vllm}",
}
OFFERS = {
    "now_offer": ("L40S", 2, "on_demand"),
    "demand": ("H100-SXM-80GB", 3, "on_demand"),
    "reserved": ("H100-SXM-80GB", 2, "reserved"),
}
PRICES = "levers: none\ndate: 2026-11-20\nprices:\n" + "".join(
    f"  {name}: {{price_accelerator: {device}, hourly_price: {price}, price_currency: USD, commitment: {commitment}, "
    "price_date: 2026-11-01, source: offer}\n"
    for name, (device, price, commitment) in OFFERS.items()
)


def test_model_weights_cache_and_engine_are_named_beside_the_device() -> None:
    results = evaluated(MODELS, "now")
    said = {str(results.get("advised_option", p)): str(results.get("advised_text", p)) for p in ("1", "2")}
    assert ", with Qwen3-14B instead of Llama-3.1-8B" in said["other"]
    assert ", weights in Q4_K_M" in said["other"]
    assert ", KV cache in FP8" in said["other"]
    assert ", with Qwen3-8B instead of Llama-3.1-8B" in said["third"]
    assert ", with vLLM" in said["third"]
    assert "Another model gives other answers." in str(results.get("advised_risk", "1"))


def test_another_commitment_stands_in_the_text_and_under_risk() -> None:
    rows = {
        "now": "{title: Today, model: Llama-3.1-8B, accelerator: L40S, price: now_offer}",
        "same": "{title: Same terms, accelerator: H100, price: demand}",
        "bound": "{title: Bound, accelerator: H100, price: reserved}",
    }
    results = evaluated(rows, "now", PRICES)
    risk = {str(results.get("advised_option", p)): str(results.get("advised_risk", p)) for p in ("1", "2")}
    assert "commitments" not in risk["same"]
    assert risk["bound"].endswith(" The commitments differ: “Reserved” against “On demand” for Today.")
    texts = [str(results.get("advised_text", p)) for p in ("1", "2")]
    assert sum("rented “Reserved”" in text for text in texts) == 1
    assert len(set(texts)) == 2
