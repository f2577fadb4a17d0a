"""Published configurations become the rows of our catalogue, and each rule on layers counts as transformers does."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli import app
from reportgen.errors import SpecError
from reportgen.intake.model.config import COLUMNS
from reportgen.intake.model.rows import csv_text, yaml_text
from reportgen.intake.model.types import model_types
from reportgen.resources import library_dir
from reportgen.spec.load import load_library_file
from reportgen.spec.model import ROW_KEYS
from reportgen.spec.table import read_table
from tests.intake.published import CATALOGUE, CONFIGS, DEEPSEEK, FACTS, FULL, KIMI, SLIDE

ROOT = Path(__file__).parents[2]

# Where the configuration says something else than our table, and why that is right.
DIFFERENT: dict[str, dict[str, Any]] = {
    "Gemma-3-27B": {"vocab_size": 262208},  # the table has the tokenizer's; the embedding has 64 rows more
    "Gemma-3-4B": {"vocab_size": 262208},
    "GPT-J-6B": {"native_precision": None},  # its configuration does not say
    "Llama-4-Scout": {"intermediate_size": 0},  # no layer is dense; the table has the unused key's
    "Phi-3-mini": {"window_size": 2047, "windowed_layers": 32},  # the table leaves its window out
}


def imported(folder: Path, config: dict[str, Any], name: str = "Ours") -> dict[str, Any]:
    """The row of a configuration."""
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return api.import_model(folder, name)


def varied(name: str, **changes: Any) -> dict[str, Any]:
    """A published configuration with other values; `...` leaves a key out."""
    made = {**CONFIGS[name], **changes}
    return {key: value for key, value in made.items() if value is not ...}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_published_configuration_gives_the_facts_of_the_catalogue(name: str, tmp_path: Path) -> None:
    row = imported(tmp_path, CONFIGS[name], name)
    expected = {**dict(zip(FACTS, CATALOGUE[name], strict=True)), **DIFFERENT.get(name, {})}
    assert {fact: row.get(fact) for fact in FACTS} == expected


def test_columns_are_the_facts_of_models() -> None:
    path = library_dir() / "quantities" / "catalogue.yaml"
    specs = load_library_file(path, "catalogue.yaml").spec.quantities
    facts = [column for column in COLUMNS if column not in ("name", *ROW_KEYS)]
    assert sorted(facts) == sorted(FACTS)
    for fact in facts:
        assert specs[fact].per == ["model"], fact


def test_each_architecture_is_complete() -> None:
    known = model_types()
    shape = {"layers", "hidden_size", "heads", "kv_heads", "head_dim", "intermediate_size", "gated_ffn", "vocab_size"}
    for kind in known.types.values():
        assert set(kind.facts) >= shape | {"tied_embeddings", "attention_bias"}, kind.name
        assert set(kind.facts) <= set(FACTS), kind.name
        assert not kind.windows or set(kind.windows) <= {"size", "layers", "on", "mask", "chunked"}, kind.name
        assert not kind.experts or set(kind.experts) >= {"count", "active", "size", "layers"}, kind.name
    assert set(known.composites.values()) <= set(known.types)


# --- what transformers takes where a key is left out or null ------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "facts"),
    [
        ("Llama-3.1-8B", {"num_key_value_heads": ...}, {"kv_heads": 32}),
        ("Llama-3.1-8B", {"num_key_value_heads": None, "head_dim": None}, {"kv_heads": 32, "head_dim": 128}),
        ("Llama-3.1-8B", {"head_dim": 64}, {"head_dim": 64}),
        ("Llama-3.1-8B", {"tie_word_embeddings": ...}, {"tied_embeddings": False}),
        ("Llama-3.1-8B", {"tie_word_embeddings": True, "attention_bias": True}, {"attention_bias": True}),
        ("Llama-3.1-8B", {"max_position_embeddings": ...}, {"context_limit": None}),
        ("Gemma-2-9B", {"tie_word_embeddings": False}, {"tied_embeddings": False}),
        ("Mistral-7B-v0.1", {"sliding_window": None}, {"window_size": 0, "windowed_layers": 0}),
        ("Mistral-7B-v0.1", {"sliding_window": ..., "num_hidden_layers": 8}, {"windowed_layers": 8}),
        ("Qwen2.5-7B", {"use_sliding_window": ...}, {"windowed_layers": 0}),
        ("Qwen2.5-7B", {"use_sliding_window": True, "max_window_layers": 21}, {"windowed_layers": 7}),
        ("Qwen2.5-7B", {"use_sliding_window": True, "max_window_layers": 99}, {"window_size": 0}),
        ("Qwen2.5-7B", {"use_sliding_window": True, "sliding_window": None}, {"window_size": 0}),
        ("Phi-3-mini", {"sliding_window": None, "num_key_value_heads": ...}, {"window_size": 0, "kv_heads": 32}),
        ("Gemma-2-9B", {"num_hidden_layers": 5}, {"windowed_layers": 3}),
        ("Gemma-2-9B", {"sliding_window": 0}, {"windowed_layers": 0}),
        ("gpt-oss-20b", {"layer_types": ..., "num_hidden_layers": 5}, {"windowed_layers": 3}),
        ("gpt-oss-20b", {"layer_types": [SLIDE, SLIDE, FULL] * 8}, {"windowed_layers": 16}),
        ("gpt-oss-20b", {"num_experts_per_tok": ...}, {"active_experts": 4}),
        ("Falcon-40B", {"num_kv_heads": ...}, {"kv_heads": 128}),
        ("Falcon-7B", {"multi_query": ...}, {"kv_heads": 1}),
        ("Falcon-7B", {"multi_query": False}, {"kv_heads": 71}),
        ("Falcon-7B", {"ffn_hidden_size": 9088, "bias": True}, {"intermediate_size": 9088, "attention_bias": True}),
        ("OPT-13B", {"enable_bias": False, "tie_word_embeddings": ...}, {"attention_bias": False}),
        ("DeepSeek-V3", {"q_lora_rank": None, "n_shared_experts": None}, {"q_latent": 0, "shared_expert_size": 0}),
        ("DeepSeek-V3", {"moe_layer_freq": 2}, {"moe_layers": 29}),
        ("DeepSeek-V3", {"n_routed_experts": None}, {"moe_layers": 0, "experts": 0, "intermediate_size": 18432}),
        ("DeepSeek-V3", {"first_k_dense_replace": 99}, {"moe_layers": 0, "experts": 0, "active_experts": 0}),
        ("DeepSeek-V3", {"first_k_dense_replace": 0}, {"moe_layers": 61, "intermediate_size": 0}),
        ("Qwen3-30B-A3B", {"decoder_sparse_step": 2}, {"moe_layers": 24, "intermediate_size": 6144}),
        ("Qwen3-30B-A3B", {"mlp_only_layers": [0, 1, 999]}, {"moe_layers": 46}),
        ("GLM-5", {"mlp_layer_types": ["dense"] * 8 + ["sparse"] * 70}, {"moe_layers": 70}),
        ("MiniMax-M2.5", {"shared_intermediate_size": 512}, {"shared_expert_size": 512}),
    ],
)
def test_what_is_left_out_is_taken_as_transformers_does(
    name: str, changes: dict[str, Any], facts: dict[str, Any], tmp_path: Path
) -> None:
    row = imported(tmp_path, varied(name, **changes))
    assert {fact: row.get(fact) for fact in facts} == facts


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"interleave_moe_layer_step": 2}, {"moe_layers": 24, "intermediate_size": 16384, "expert_size": 8192}),
        ({"moe_layers": [1, 3, 5]}, {"moe_layers": 3}),
        ({"no_rope_layers": [1, 0] * 24}, {"windowed_layers": 24, "chunked_window": True}),
        ({"no_rope_layers": []}, {"windowed_layers": 36}),
        ({"layer_types": ["chunked_attention"] * 40 + [FULL] * 8}, {"windowed_layers": 40}),
        ({"attention_chunk_size": None}, {"windowed_layers": 0, "window_size": 0, "chunked_window": False}),
        ({"tie_word_embeddings": True}, {"tied_embeddings": True}),
    ],
)
def test_llama_4_interleaves(changes: dict[str, Any], facts: dict[str, Any], tmp_path: Path) -> None:
    text = {**CONFIGS["Llama-4-Scout"]["text_config"], **changes}
    row = imported(tmp_path, varied("Llama-4-Scout", text_config=text))
    assert {fact: row[fact] for fact in facts} == facts


def test_a_composed_model_is_its_text_part(tmp_path: Path) -> None:
    row = imported(tmp_path, CONFIGS["Gemma-3-4B"])
    assert row["notes"] == (
        "text part of a gemma3 model; left out of the file, as transformers takes them: "
        "num_attention_heads, num_key_value_heads, vocab_size, max_position_embeddings"
    )
    small = {"hidden_size": 5120, "head_dim": 128, "num_hidden_layers": 40, "sliding_window": None}
    row = imported(tmp_path, {"model_type": "mistral3", "text_config": small, "tie_word_embeddings": True})
    assert (row["heads"], row["window_size"], row["tied_embeddings"]) == (32, 0, True)
    assert "the precision is not stated, which counts as bf16" in row["notes"]
    assert "native_precision" not in row


def test_gemma_3_has_one_full_layer_in_six_unless_it_says_otherwise(tmp_path: Path) -> None:
    text = CONFIGS["Gemma-3-27B"]["text_config"]
    for changes, layers in (({}, 52), ({"sliding_window_pattern": 2}, 31), ({"layer_types": [SLIDE] * 62}, 62)):
        row = imported(tmp_path, varied("Gemma-3-27B", text_config={**text, **changes}))
        assert row["windowed_layers"] == layers


def test_falcon_as_it_was_before_transformers_had_it(tmp_path: Path) -> None:
    old = {"n_layer": 60, "n_head": 128, "hidden_size": 8192, "vocab_size": 65024, "torch_dtype": "bfloat16"}
    row = imported(tmp_path, {**old, "model_type": "RefinedWeb", "n_head_kv": 8})
    assert (row["kv_heads"], row["intermediate_size"], row["context_limit"]) == (8, 32768, 2048)
    row = imported(tmp_path, {**old, "model_type": "RefinedWebModel", "multi_query": True})
    assert row["kv_heads"] == 1


def test_other_architectures(tmp_path: Path) -> None:
    row = imported(tmp_path, {"model_type": "gpt2", "n_embd": 768, "n_head": 12, "n_layer": 12, "vocab_size": 50257})
    assert (row["intermediate_size"], row["tied_embeddings"], row["gated_ffn"]) == (3072, True, False)
    glm = {**varied("GLM-5", model_type="glm4_moe", head_dim=128), "num_key_value_heads": 8}
    row = imported(tmp_path, glm)
    assert (row["kv_heads"], row["head_dim"], row["kv_latent"], row["moe_layers"]) == (8, 128, 0, 75)
    neox = {"model_type": "gpt_neox", "hidden_size": 6144, "num_attention_heads": 64, "num_hidden_layers": 44,
            "intermediate_size": 24576, "vocab_size": 50432, "max_position_embeddings": 2048}  # fmt: skip
    row = imported(tmp_path, neox)
    assert (row["attention_bias"], row["gated_ffn"], row["tied_embeddings"], row["head_dim"]) == (
        True,
        False,
        False,
        96,
    )
    moe = varied("Qwen3-30B-A3B", model_type="qwen2_moe", shared_expert_intermediate_size=5632)
    row = imported(tmp_path, moe)
    assert (row["shared_expert_size"], row["attention_bias"], row["head_dim"]) == (5632, True, 128)


# --- precision ---------------------------------------------------------------------------------------------------


def groups(bits: int, kind: str) -> dict[str, Any]:
    return {"config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": bits, "type": kind}}}}


@pytest.mark.parametrize(
    ("quantization", "precision"),
    [
        ({"quant_method": "fp8"}, "fp8"),
        ({"quant_method": "fbgemm_fp8"}, "fp8"),
        ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "awq", "w_bit": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "fp4"),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
        ({"quant_method": "compressed-tensors", **groups(8, "float")}, "fp8"),
        ({"quant_method": "compressed-tensors", **groups(8, "int")}, "int8"),
        ({"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized", **groups(4, "float")}, "fp4"),
        (None, "bf16"),
    ],
)
def test_a_quantization_goes_before_the_type_of_the_tensors(quantization: Any, precision: str, tmp_path: Path) -> None:
    row = imported(tmp_path, varied("Llama-3.1-8B", quantization_config=quantization))
    assert row["native_precision"] == precision


def test_the_quantization_of_a_text_part_counts(tmp_path: Path) -> None:
    packed = {"quant_method": "compressed-tensors", "format": "pack-quantized", **groups(4, "int")}
    text = {**KIMI, "quantization_config": packed, "max_position_embeddings": 262144}
    row = imported(tmp_path, {"model_type": "kimi_k25", "dtype": "bfloat16", "text_config": text})
    assert (row["native_precision"], row["context_limit"], row["heads"]) == ("int4", 262144, 64)


def test_a_file_that_is_not_read_is_noted(tmp_path: Path) -> None:
    (tmp_path / "hf_quant_config.json").write_text("{}")
    assert imported(tmp_path, CONFIGS["Llama-3.1-8B"])["notes"] == "hf_quant_config.json next to it was not read"


# --- the row as text ---------------------------------------------------------------------------------------------


def test_the_csv_is_a_catalogue(tmp_path: Path) -> None:
    row = imported(tmp_path, DEEPSEEK, "DeepSeek, ours")
    (tmp_path / "models.csv").write_text(csv_text(row), encoding="utf-8")
    read = read_table(tmp_path / "models.csv", "models.csv").data
    assert read == {"DeepSeek, ours": {key: value for key, value in row.items() if key != "name"}}
    assert "/" not in row["source"]
    assert row["source"].startswith("Hugging Face config.json, sha256 ")


def test_a_scenario_takes_the_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = imported(tmp_path, CONFIGS["Qwen2.5-7B"], "Ours 7B (v2)")
    rest = "schema: 1\ntitle: A test\nrequests: {letter: {prompt_tokens: 800, output_tokens: 300}}\n"
    rest += "options: {baseline: {model: Ours 7B (v2), accelerator: L40S}}\n"
    (tmp_path / "ours.yaml").write_text(rest + yaml_text(row), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    results = api.evaluate("ours.yaml")
    assert results.get("layers", "Ours 7B (v2)") == 28
    assert api.evaluate("ours.yaml", ["baseline.model=Qwen2.5-7B"]).get("tpot", "baseline") == results.get(
        "tpot", "baseline"
    )


def test_the_verb_writes_csv_and_yaml(tmp_path: Path) -> None:
    folder = tmp_path / "Ours-8B"
    folder.mkdir()
    row = imported(folder, CONFIGS["Llama-3.1-8B"], "")
    assert row["name"] == "Ours-8B"
    run = CliRunner().invoke(app, ["import-model", str(folder), "--retrieved", "2026-11"])
    (line,) = csv.DictReader(io.StringIO(run.stdout))
    assert (line["name"], line["layers"], line["retrieved"]) == ("Ours-8B", "32", "2026-11")
    out = tmp_path / "new" / "models.yaml"
    file = str(folder / "config.json")
    run = CliRunner().invoke(app, ["import-model", file, "--format", "yaml", "--name", "A", "-o", str(out)])
    assert run.stdout == f"{out}\n"
    assert out.read_text("utf-8") == yaml_text({**row, "name": "A"})
    assert [path.name for path in out.parent.iterdir()] == ["models.yaml"]


def test_a_model_of_the_hubs_cache_is_called_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "models--acme--Tiny-1B" / "snapshots" / "0123456789abcdef"
    folder.mkdir(parents=True)
    row = imported(folder, CONFIGS["Llama-3.1-8B"], "")
    assert (row["name"], row["aliases"]) == ("Tiny-1B", "acme/Tiny-1B")
    (tmp_path / "tiny.json").write_text(json.dumps(CONFIGS["Llama-3.1-8B"]))
    assert api.import_model(tmp_path / "tiny.json")["name"] == "tiny"


def test_a_spreadsheet_takes_nothing_for_a_formula(tmp_path: Path) -> None:
    file = tmp_path / "=cmd|' .json"
    file.write_text(json.dumps(varied("Llama-3.1-8B", _name_or_path="=1+1")))
    fields = list(csv.reader(io.StringIO(csv_text(api.import_model(file, "Ours")))))[1]
    assert not [field for field in fields if field.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert csv_text({"name": "A", "notes": "=1+1"}).endswith(",'=1+1\n")
    for name in ("=1+1", "+1", "-1", "@x", "a\rb", "a\x85b"):
        with pytest.raises(SpecError, match="cannot be a model's name"):
            api.import_model(file, name)
