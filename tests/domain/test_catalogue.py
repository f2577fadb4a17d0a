"""The catalogues: every row is there with its source, every spelling finds its row, and no datasheet figure drifts."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from reportgen import api
from reportgen.book.names import member_fault
from reportgen.cli import show

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = Path(__file__).parents[1] / "reference"
CATALOGUES = {"models": 74, "accelerators": 79, "prices": 266}

# As people who measured wrote them.
MODELS = """
    deepseek-ai/DeepSeek-R1 deepseek-ai/DeepSeek-V3 EleutherAI/gpt-j-6b meta-llama/Llama-2-70b-chat-hf
    meta-llama/Llama-2-70b-hf meta-llama/Llama-2-7b-hf meta-llama/Llama-3.1-405B meta-llama/Llama-3.1-405B-Instruct
    meta-llama/Llama-3.1-70B meta-llama/Llama-3.1-8B meta-llama/Llama-3.1-8B-Instruct meta-llama/Llama-3.3-70B-Instruct
    meta-llama/Llama-4-Scout-17B-16E-Instruct meta-llama/Meta-Llama-3-70B meta-llama/Meta-Llama-3-70B-Instruct
    meta-llama/Meta-Llama-3-8B meta-llama/Meta-Llama-3-8B-Instruct MiniMaxAI/MiniMax-M2.5
    mistralai/Mistral-Small-3.2-24B-Instruct-2506 mistralai/Mixtral-8x22B-v0.1 mistralai/Mixtral-8x7B-Instruct-v0.1
    moonshotai/Kimi-K2.5 nvidia/DeepSeek-R1-NVFP4 nvidia/DeepSeek-V3.1-NVFP4 nvidia/Llama-3.1-8B-Instruct-FP8
    nvidia/Qwen3-32B-NVFP4 openai/gpt-oss-20b Qwen/Qwen3-0.6B Qwen/Qwen3-235B-A22B Qwen/Qwen3-235B-A22B-FP8
    Qwen/Qwen3-30B-A3B RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic tiiuae/falcon-180B zhipuai/GLM-5
"""
ACCELERATORS = """
    A100-PCIe-80GB A100-SXM-80GB A40 Apple-M1 Apple-M1-Max-32c Apple-M2-Ultra-76c Apple-M3-Max-40c B200-SXM-180GB
    B300-SXM B60 GB200-NVL72 GB300-NVL72 GH200-96GB H100-NVL-94GB H100-PCIe-80GB H100-SXM-80GB H200-NVL-141GB
    H200-SXM-141GB L40 L40S MI300X MI325X RTX-3070 RTX-3080 RTX-3080-Ti RTX-3090 RTX-4000-Ada RTX-4070-Ti RTX-4080
    RTX-4090 RTX-5000-Ada RTX-6000-Ada RTX-A6000 RTX-PRO-6000-Server
"""
MEANT = [
    ("models", "meta-llama/Llama-3.3-70B-Instruct", "Llama-3.1-70B"),
    ("models", "nvidia/DeepSeek-R1-NVFP4", "DeepSeek-R1"),
    ("models", "deepseek-ai/DeepSeek-V3-0324", "DeepSeek-V3"),
    ("models", "moonshotai/Kimi-K2.5", "Kimi-K2"),
    ("accelerators", "A100", "A100-SXM-80GB"),
    ("accelerators", "NVIDIA A100-SXM4-80GB", "A100-SXM-80GB"),
    ("accelerators", "NVIDIA H100 80GB HBM3", "H100-SXM-80GB"),
    ("accelerators", "H100 SXM", "H100-SXM-80GB"),
    ("accelerators", "NVIDIA GeForce RTX 4090", "RTX-4090"),
    ("accelerators", "NVIDIA L40S", "L40S"),
    ("accelerators", "M2 Ultra", "Apple-M2-Ultra-76c"),
]

# Other shapes than the row that their name suggests: no sliding window, another vocabulary, embeddings not tied.
STRANGERS = [
    "mistralai/Mistral-7B-Instruct-v0.2",
    "mistralai/Mistral-7B-Instruct-v0.3",
    "mistralai/Mixtral-8x22B-Instruct-v0.1",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    "deepseek-ai/DeepSeek-V3.2",
]

FIGURES = {
    "released": "year",
    "memory_nominal": "memory_GB",
    "memory_usable": "memory_MiB",
    "memory_bandwidth": "memory_bandwidth_GBps",
    "peak[fp32]": "fp32_tflops",
    "peak[tf32]": "tf32_dense_tflops",
    "peak[fp8]": "fp8_dense_tflops",
    "peak[int8]": "int8_dense_tops",
    "peak[fp4]": "fp4_dense_tflops",
    "link_bandwidth": "interconnect_GBps_per_direction",
    "link_devices": "scale_up_domain",
    "power_limit": "tdp_W",
}
AMOUNTS = {
    "hourly_price", "purchase_price", "power_draw", "server_power_draw", "rack_power_draw", "power_usage_effectiveness",
    "electricity_price", "reserved_discount", "hidden_cost_uplift",
}  # fmt: skip
TOKEN_PRICES = {"input_token_price", "cached_token_price", "output_token_price"}


def spellings(row: dict[str, Any]) -> list[str]:
    """The name and the aliases of a row."""
    return [row["name"], *(alias for alias in row.get("aliases", "").split(";") if alias)]


def meant(which: str, text: str) -> list[str]:
    """The rows that a spelling finds."""
    wanted = text.casefold()
    return [row["name"] for row in api.catalog(which) if wanted in map(str.casefold, spellings(row))]


def reference(name: str) -> Iterator[dict[str, str]]:
    """The rows of a reference table, as text."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@pytest.mark.parametrize("which", CATALOGUES)
def test_every_row_is_there_with_its_source_and_date(which: str) -> None:
    rows = api.catalog(which)
    assert len(rows) == CATALOGUES[which]
    for row in rows:
        assert row.get("source"), row["name"]
        assert row.get("retrieved") or row.get("price_date"), row["name"]
        assert not member_fault(row["name"]), row["name"]
    assert {row.get("quality") for row in rows} == (
        {"primary", "secondary", "estimate"} if which == "accelerators" else {None}
    )


@pytest.mark.parametrize("which", CATALOGUES)
def test_a_spelling_means_one_row(which: str) -> None:
    counts = Counter(spelling.casefold() for row in api.catalog(which) for spelling in spellings(row))
    assert not {spelling: count for spelling, count in counts.items() if count > 1}
    assert all(spelling == spelling.strip() for row in api.catalog(which) for spelling in spellings(row))


@pytest.mark.parametrize(("which", "text"), [("models", MODELS), ("accelerators", ACCELERATORS)])
def test_measured_names_find_their_rows(which: str, text: str) -> None:
    names = text.split()
    assert len(names) == 34
    assert [name for name in names if len(meant(which, name)) != 1] == []


@pytest.mark.parametrize(("which", "text", "name"), MEANT)
def test_known_spellings_mean_what_people_mean(which: str, text: str, name: str) -> None:
    assert meant(which, text) == [name]


@pytest.mark.parametrize("text", STRANGERS)
def test_other_architectures_are_no_aliases(text: str) -> None:
    assert meant("models", text) == []


def test_models_have_the_published_parameters() -> None:
    rows = {row["name"]: row for row in api.catalog("models")}
    for known in reference("models.csv"):
        row = rows.pop(known["name"])
        assert row["published_parameters"] == float(known["params_total_B_published"]), row["name"]
        assert row["published_active_parameters"] == float(known["params_active_B_published"]), row["name"]
    assert not rows


def test_models_are_of_one_piece() -> None:
    moe = {"moe_layers", "experts", "active_experts", "expert_size"}
    mla = {"kv_latent", "rope_dim", "value_dim"}
    for row in api.catalog("models"):
        for parts in (moe, mla, {"window_size", "windowed_layers"}):
            assert parts & set(row) in (set(), parts), row["name"]
        assert row.get("moe_layers", 0) <= row["layers"] >= row.get("windowed_layers", 0), row["name"]
        assert row.get("active_experts", 0) <= row.get("experts", 0), row["name"]
        assert row.get("rope_dim", 0) < row["head_dim"], row["name"]
        assert row["intermediate_size"] or row["moe_layers"] == row["layers"], row["name"]


def test_accelerators_have_the_figures_of_their_datasheets() -> None:
    rows = {row["name"]: row for row in api.catalog("accelerators")}
    for known in reference("accelerators.csv"):
        row = rows.pop(known["name"])
        peaks = {f"peak[{precision}]": rate for precision, rate in row.get("peak", {}).items()}
        found = {name: (row | peaks).get(name) for name in FIGURES}
        assert found == {name: float(known[c]) if known[c] else None for name, c in FIGURES.items()}, row["name"]
        assert row["peak_16bit"] == float(known["bf16_dense_tflops"] or known["fp16_dense_tflops"]), row["name"]
        assert row["interconnect"] == known["interconnect"], row["name"]
        assert row["quality"] == {"P": "primary", "S": "secondary"}[known["quality"]], row["name"]
    # Of these no data sheet was seen, and their rows say so.
    assert set(rows) == {"GB10", "Strix-Halo-395", "R9700", "RX-9070-XT", "RX-7900-XTX", "RTX-5080", "RTX-5070-Ti"}
    for row in rows.values():
        assert row["quality"] in {"secondary", "estimate"}, row["name"]
        assert row["retrieved"] == "2026-11", row["name"]
        assert 0 < row["peak"]["fp32"] <= row["peak_16bit"] < row["memory_bandwidth"], row["name"]


def test_a_price_is_one_amount_of_known_hardware() -> None:
    accelerators = {row["name"] for row in api.catalog("accelerators")}
    models = {row["name"] for row in api.catalog("models")}
    for row in api.catalog("prices"):
        numbers = {name for name, value in row.items() if isinstance(value, float)}
        if row["price_kind"] == "api":
            assert {"input_token_price", "output_token_price"} <= numbers <= TOKEN_PRICES, row["name"]
            assert row["price_model"] in models, row["name"]
            continue
        assert len(AMOUNTS & set(row)) == 1, row["name"]
        assert numbers <= AMOUNTS | {"offer_devices"}, row["name"]  # nothing that should be text was read as a number
        if row["price_kind"] not in ("facility", "meta"):
            assert row["price_accelerator"] in accelerators, row["name"]


def test_prices_are_those_of_the_sources() -> None:
    rows = api.catalog("prices")
    assert Counter(row["price_kind"] for row in rows) == {
        "cloud": 164, "purchase": 54, "tco": 18, "power": 9, "facility": 5, "meta": 2,
        "api": 14,
    }  # fmt: skip
    counts = Counter(name for row in rows for name in row if name in AMOUNTS)
    assert (counts["hourly_price"], counts["purchase_price"], counts["power_draw"]) == (182, 54, 9)
    prices = {row["name"]: row for row in rows}
    assert prices["H100-SXM-80GB Lambda Labs on-demand 2025-02-28"]["hourly_price"] == 3.29
    assert prices["H100-SXM-80GB reseller 2024-07-31"]["purchase_price"] == 36017.75
    assert prices["GB300-NVL72 neocloud owner TCO 2026-04-03"]["notes"].startswith("quality B; B300/GB300 are placeh")


@pytest.mark.parametrize("which", CATALOGUES)
@pytest.mark.parametrize("width", [72, 120, 400])
def test_the_table_fits_the_terminal(
    which: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "stdout_console", lambda: Console(width=width, highlight=False, markup=False))
    rows = api.catalog(which)
    show.show_catalogue(rows)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text or which == "prices"
    if width > 72:
        assert all(row["name"] in text for row in rows)
    for wanted in {"models": ("layers",), "accelerators": ("GB/s",), "prices": ("3.29 ", "15000 ")}[which]:
        assert wanted in text
