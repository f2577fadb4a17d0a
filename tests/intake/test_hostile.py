"""Wrong or hostile configurations: each mistake at its place, all at once, never a traceback, nothing written."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli import app
from reportgen.errors import SpecError
from reportgen.intake.model.json_document import MAX_BYTES, MAX_PROBLEMS, parse_json
from tests.intake.published import CONFIGS, KIMI, SLIDE

LLAMA = CONFIGS["Llama-3.1-8B"]


def said(folder: Path, content: str | bytes, *more: str) -> list[str]:
    """What the verb says of a file, line by line, having written nothing; without the file's folder."""
    (folder / "config.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    out = folder / "out.csv"
    result = CliRunner().invoke(app, ["import-model", str(folder), "--name", "Ours", "-o", str(out), *more])
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == ["config.json"]
    return result.stderr.replace(f"{folder}{os.sep}", "").splitlines()


def heads(folder: Path, content: str | bytes) -> list[str]:
    """The first lines of the messages."""
    return [line for line in said(folder, content) if not line.startswith(" ")]


def one_key_a_line(config: dict[str, Any]) -> str:
    return "{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in config.items()) + "\n}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "config.json:1:1: the file is empty"),
        (b" \n", "config.json:1:1: the file is empty"),
        (b"\xff\xfe{\x00", "config.json:1:1: the file is not UTF-8: byte 0xff cannot be read"),
        (b'{"a": 1,\n "b": \xe9}', "config.json:2:7: the file is not UTF-8: byte 0xe9 cannot be read"),
        ("model_type: llama\n", "config.json:1:1: this is not JSON: it begins with { as a rule"),
        ("{model_type: 1}", "config.json:1:2: this is not JSON: a key in double quotes is expected"),
        ("{'model_type': 1}", "config.json:1:2: this is not JSON: a key in double quotes is expected"),
        ('{"a": 1,}', "config.json:1:9: this is not JSON: a key in double quotes is expected"),
        ('{"a": [1,]}', "config.json:1:10: this is not JSON: a value is expected"),
        ('{"a" 1}', "config.json:1:6: this is not JSON: ':' is expected after the key"),
        ('{"a": 1 "b": 2}', "config.json:1:9: this is not JSON: ',' or '}' is expected"),
        ('{"a": [1', "config.json:1:8: this is not JSON: the file ends too early"),
        ('{"a": 1} {}', "config.json:1:10: this is not JSON: something follows the end of the value"),
        ('{"a": "b\nc"}', "config.json:1:7: this is not JSON: the text in quotes is not closed, or holds what must"),
        ('{"a": "\\x41"}', "config.json:1:7: this is not JSON: the text in quotes is not closed, or holds what must"),
        ('{"a": 01}', "config.json:1:7: '01' is not a JSON value"),
        ('{"a": .5}', "config.json:1:7: '.5' is not a JSON value"),
        ('{"a": 0x10}', "config.json:1:7: '0x10' is not a JSON value"),
        ('{"a": 1_000}', "config.json:1:7: '1_000' is not a JSON value"),
        ('{"a": NaN}', "config.json:1:7: 'NaN' is not a JSON value"),
        ('{"a": -Infinity}', "config.json:1:7: '-Infinity' is not a JSON value"),
        ('{"a": True}', "config.json:1:7: 'True' is not a JSON value"),
        ('{"a": &x 1}', "config.json:1:7: this is not JSON: a value is expected"),
        ("[1, 2]", "config.json:1:1: the file must hold keys and values, not a list"),
        ('"llama"', "config.json:1:1: the file must hold keys and values, not 'llama'"),
        ("null", "config.json:1:1: the file must hold keys and values, not null"),
        ("[" * 100_000, "config.json:1:31: nested more than 30 deep"),
        ('{"a":' * 100_000, "config.json:1:151: nested more than 30 deep"),
        (b'{"a": 1}' + b" " * MAX_BYTES, "config.json: the file is larger than 4 MB"),
        ("[" + "0," * 200_000 + "0]", "config.json:1:400000: the file holds more than 200000 values"),
        ("{}", "config.json:1:1: the key 'model_type' is missing, which names the architecture"),
        ('{"model_type": null}', "config.json:1:1: the key 'model_type' is missing, which names the architecture"),
        ('{"model_type": 7}', "config.json:1:16: 'model_type' needs a text, not 7"),
        ('{"model_type": "gemma3"}', "config.json:1:1: the key 'text_config' is missing, which holds the facts"),
        ('{"model_type": "gemma3", "text_config": []}', "config.json:1:41: 'text_config' must hold keys and values"),
    ],
)
def test_what_is_no_configuration_gets_one_message(content: str | bytes, message: str, tmp_path: Path) -> None:
    (line,) = heads(tmp_path, content)
    assert line.startswith(message)


def test_an_unknown_architecture_is_said_with_the_nearest_one(tmp_path: Path) -> None:
    message, _, _, hint = said(tmp_path, '{"model_type": "qwen4_moe"}')
    assert message == (
        "config.json:1:16: the architecture 'qwen4_moe' is not known: nothing says where it keeps its facts"
    )
    assert hint.startswith("  did you mean 'qwen3_moe'? known are bloom, deepseek_v2, ")
    assert said(tmp_path, '{"model_type": "xyz"}')[-1].startswith("  known are bloom, deepseek_v2, ")
    nested = '{"model_type": "mistral3", "text_config": {"model_type": "kimi_k25"}}'
    assert "the architecture 'kimi_k25' is not known" in said(tmp_path, nested)[0]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("num_hidden_layers", "32", "'num_hidden_layers' needs a whole number from 1 to 1000, not '32'"),
        ("num_hidden_layers", 32.0, "'num_hidden_layers' needs a whole number from 1 to 1000, not 32.0"),
        ("num_hidden_layers", True, "'num_hidden_layers' needs a whole number from 1 to 1000, not true"),
        ("num_hidden_layers", 0, "'num_hidden_layers' needs a whole number from 1 to 1000, not 0"),
        ("num_hidden_layers", -32, "'num_hidden_layers' needs a whole number from 1 to 1000, not -32"),
        ("num_hidden_layers", 10**9, "'num_hidden_layers' needs a whole number from 1 to 1000, not 1000000000"),
        ("num_hidden_layers", None, "'num_hidden_layers' needs a value, not null"),
        ("num_hidden_layers", [32], "'num_hidden_layers' needs a whole number from 1 to 1000, not a list"),
        ("num_hidden_layers", {}, "'num_hidden_layers' needs a whole number from 1 to 1000, not {}"),
        ("num_key_value_heads", 5, "32 heads cannot share 5 KV heads evenly"),
        ("num_attention_heads", 40, "'hidden_size' (4096) is not a multiple of 'num_attention_heads' (40), so"),
        ("tie_word_embeddings", "false", "'tie_word_embeddings' needs true or false, not 'false'"),
        ("tie_word_embeddings", 1, "'tie_word_embeddings' needs true or false, not 1"),
        ("torch_dtype", "float17", "the type 'float17' is not known"),
        ("torch_dtype", 16, "'torch_dtype' needs a text, not 16"),
        ("is_encoder_decoder", True, "a 'llama' model with this 'is_encoder_decoder' cannot be described: only false"),
        ("per_layer_config", {"0": {}}, "a 'llama' model with this 'per_layer_config' cannot be described: only {}"),
        ("layer_types", "all", "'layer_types' needs a list, not 'all'"),
        ("layer_types", [SLIDE] * 32, "a layer of type 'sliding_attention' cannot be described for 'llama'"),
        ("layer_types", ["full_attention"], "'layer_types' has 1 entries for 32 layers"),
        ("layer_types", [7], "entry 1 of 'layer_types' needs a text, not 7"),
        ("quantization_config", "fp8", "'quantization_config' needs keys and values, not 'fp8'"),
        ("quantization_config", {}, "the key 'quant_method' is missing"),
        ("quantization_config", {"quant_method": "hqq"}, "the quantization 'hqq' is not known"),
        ("quantization_config", {"quant_method": 8}, "'quant_method' needs a text, not 8"),
        ("quantization_config", {"quant_method": "awq"}, "the key 'bits' is missing"),
        ("quantization_config", {"quant_method": "awq", "bits": 3}, "weights of 3 bits are not known"),
        ("quantization_config", {"quant_method": "awq", "bits": "4"}, "'bits' needs a whole number"),
        ("quantization_config", {"quant_method": "modelopt"}, "the key 'quant_algo' is missing"),
        ("quantization_config", {"quant_method": "modelopt", "quant_algo": "W4A8"}, "the algorithm 'W4A8' is not"),
        ("quantization_config", {"quant_method": "compressed-tensors"}, "'config_groups' needs keys and values"),
        (
            "quantization_config",
            {"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"num_bits": 2}}}},
            "weights of 2 bits of type 'int' are not known",
        ),
        (
            "quantization_config",
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"a": {"weights": {"num_bits": 4, "type": "float"}}},
            },
            "the format null is not known",
        ),
        (
            "quantization_config",
            {"quant_method": "compressed-tensors", "config_groups": {"a": 1}},
            "a group needs keys and values under 'weights'",
        ),
        (
            "quantization_config",
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"a": {"weights": {"num_bits": 4}}, "b": {"weights": {"num_bits": 8}}},
            },
            "the layers are stored in several formats (int4 and int8)",
        ),
    ],
)
def test_a_wrong_value_is_shown_where_it_stands(key: str, value: object, message: str, tmp_path: Path) -> None:
    config = {**LLAMA, key: value}
    (line,) = heads(tmp_path, one_key_a_line(config))
    place, _, words = line.partition(": ")
    assert words.startswith(message)
    where = "hidden_size" if key == "num_attention_heads" else key
    assert int(place.split(":")[1]) == 2 + list(config).index(where)
    assert int(place.split(":")[2]) > len(where)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("OPT-13B", {"word_embed_proj_dim": 512}, "a 'opt' model with this 'word_embed_proj_dim' cannot be described"),
        ("MiniMax-M2.5", {"attn_type_list": [1, 0]}, "a 'minimax_m2' model with this 'attn_type_list' cannot be"),
        ("Mixtral-8x7B", {"num_experts_per_tok": 9}, "a token cannot use 9 of 8 experts"),
        ("Mixtral-8x7B", {"num_experts_per_tok": 0}, "'num_experts_per_tok' cannot be 0 in a mixture of 8 experts"),
        ("Mixtral-8x7B", {"num_local_experts": -8}, "'num_local_experts' needs a whole number from 0 to 100000"),
        ("Qwen3-30B-A3B", {"decoder_sparse_step": 0}, "'decoder_sparse_step' needs a whole number from 1 to 100000"),
        ("Qwen3-30B-A3B", {"mlp_only_layers": [True]}, "entry 1 of 'mlp_only_layers' needs a whole number, not true"),
        ("Qwen3-30B-A3B", {"use_sliding_window": True, "sliding_window": 9}, "which layers of 'qwen3_moe' have a"),
        ("DeepSeek-V3", {"n_shared_experts": 10**6}, "'shared_expert_size' comes out as 2048000000; it needs a whole"),
        ("DeepSeek-V3", {"qk_nope_head_dim": -1}, "'qk_nope_head_dim' needs a whole number from 0 to 10000000"),
        ("GLM-5", {"mlp_layer_types": ["dense", "odd"] * 39}, "'mlp_layer_types' names dense and sparse layers, not"),
        ("GLM-5", {"layer_types": ["linear_attention"] * 78}, "a layer of type 'linear_attention' cannot be"),
        ("gpt-oss-20b", {"sliding_window": None}, "'layer_types' names 12 layers with a window, and no key says its"),
        ("Gemma-2-9B", {"sliding_window": -1}, "'sliding_window' needs a whole number from 0 to 100000000"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    name: str, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (line,) = heads(tmp_path, json.dumps({**CONFIGS[name], **changes}))
    assert message in line


def test_llama_4_lists_its_layers_once(tmp_path: Path) -> None:
    for layers in ([48], [-1], [1, 1]):
        text = {**CONFIGS["Llama-4-Scout"]["text_config"], "moe_layers": layers}
        (line,) = heads(tmp_path, json.dumps({**CONFIGS["Llama-4-Scout"], "text_config": text}))
        assert "'moe_layers' names each of the layers 0 to 47 once at most" in line


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    lines = [
        "{",
        '  "model_type": "mixtral",',
        '  "hidden_size": 4096.5,',
        '  "num_attention_heads": -1,',
        '  "num_key_value_heads": true,',
        '  "num_local_experts": "8",',
        '  "tie_word_embeddings": "no",',
        '  "torch_dtype": "bfloat61"',
        "}",
    ]
    assert heads(tmp_path, "\n".join(lines)) == [
        "config.json:1:1: the key 'num_hidden_layers' is missing",
        "config.json:1:1: the key 'vocab_size' is missing",
        "config.json:1:1: the key 'num_experts_per_tok' is missing",
        "config.json:1:1: the key 'intermediate_size' is missing",
        "config.json:3:18: 'hidden_size' needs a whole number from 1 to 1000000, not 4096.5",
        "config.json:4:26: 'num_attention_heads' needs a whole number from 1 to 10000, not -1",
        "config.json:5:26: 'num_key_value_heads' needs a whole number from 1 to 10000, not true",
        "config.json:6:24: 'num_local_experts' needs a whole number from 0 to 100000, not '8'",
        "config.json:7:26: 'tie_word_embeddings' needs true or false, not 'no'",
        "config.json:8:18: the type 'bfloat61' is not known",
    ]


def test_repeated_keys_and_numbers_that_are_none_are_all_said(tmp_path: Path) -> None:
    text = '{"model_type": "llama",\n "a": NaN, "b": {"c": 1, "c": 2},\n "model_type": "gpt2", "model_type": "opt"}'
    assert heads(tmp_path, text) == [
        "config.json:2:7: 'NaN' is not a JSON value",
        "config.json:2:26: duplicate key 'c'",
        "config.json:3:2: duplicate key 'model_type'",
        "config.json:3:24: duplicate key 'model_type'",
    ]
    many = "{" + ", ".join('"a": 1' for _ in range(10_000)) + "}"
    assert len(heads(tmp_path, many)) == MAX_PROBLEMS


def test_a_bad_name_and_month_are_said_with_the_rest(tmp_path: Path) -> None:
    lines = said(tmp_path, "{}", "--name", "a/b", "--retrieved", "2026-13")
    assert lines[0] == "'a/b' cannot be a model's name"
    assert "'2026-13' is not a month" in lines
    assert lines[-3].startswith("config.json:1:1: the key 'model_type' is missing")
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    with pytest.raises(SpecError, match="'a/b' cannot be a model's name"):
        api.import_model(tmp_path, "a/b")
    (tmp_path / "a;b").mkdir()
    (tmp_path / "config.json").rename(tmp_path / "a;b" / "config.json")
    with pytest.raises(SpecError, match="give one with --name"):
        api.import_model(tmp_path / "a;b")


def test_numbers_beyond_all_bounds_are_refused_and_not_computed(tmp_path: Path) -> None:
    for number in ("9" * 5000, "1e999", "-" + "9" * 5000, "1" + "0" * 250):
        text = one_key_a_line(LLAMA).replace('"vocab_size": 128256', f'"vocab_size": {number}')
        (line,) = heads(tmp_path, text)
        assert "'vocab_size' needs a whole number from 1 to 100000000, not " in line
        assert len(line) < 200


def test_what_steers_a_terminal_is_not_printed(tmp_path: Path) -> None:
    text = '{"model_type": "\\u001b[31mred\\ud800\\u202e", "x\\u001b": 1, "x\\u001b": "\x7f\u202e"}'
    shown = "\n".join(said(tmp_path, text))
    assert not [c for c in shown if not c.isprintable() and c != "\n"]
    text = '{"model_type": "\\u001b[31mred\\ud800\\u202e"}'
    assert "'\\u001b[31mred\\ud800\\u202e'" in said(tmp_path, text)[0]


def test_files_that_are_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.json", Path("/dev/zero"), Path("a" * 5000), Path("\0")):
        with pytest.raises(SpecError, match=r"there is no such file|cannot be read"):
            api.import_model(path, "Ours")
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(SpecError, match="there is no such file"):
        api.import_model(tmp_path, "Ours")


def test_a_target_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    result = CliRunner().invoke(app, ["import-model", str(tmp_path), "--name", "Ours", "-o", str(tmp_path)])
    assert result.exit_code == 1
    assert "it is a folder" in result.stderr
    out = str(tmp_path / "config.json")
    for path in (str(tmp_path), out):
        result = CliRunner().invoke(app, ["import-model", path, "--name", "Ours", "-o", out])
        assert result.exit_code == 2
        assert "is the configuration itself, which cannot be overwritten" in result.stderr
    assert json.loads(Path(out).read_text()) == LLAMA


# --- any JSON at all ---------------------------------------------------------------------------------------------

PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([0, 1, 2, 8, 64, 4096, "full_attention", SLIDE, "sparse", "bfloat16", "fp8", "llama", "modelopt"])
)  # fmt: skip
ANY = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner), max_leaves=20
)
PARTS = [part for config in (*CONFIGS.values(), KIMI) for part in (config, config.get("text_config", {}))]
OTHERS = {
    "quant_method", "quant_algo", "config_groups", "weights", "num_bits", "n_inner", "num_kv_heads", "n_head_kv",
    "no_rope_layers", "moe_layers", "sliding_window_pattern", "per_layer_config", "mlp_layer_types",
}  # fmt: skip
KEYS = sorted({key for part in PARTS for key in part} | OTHERS)


def outcome(folder: Path, text: str) -> None:
    """Either a row whose facts are plain, or a SpecError whose problems have places."""
    file = folder / "config.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    problems, row = [], dict[str, Any]()
    try:
        row = api.import_model(file, "Ours")
    except SpecError as error:
        problems = [*error.problems]
        str(error).encode("utf-8")
    assert bool(problems) != bool(row)
    assert all(problem.span is not None and problem.span.file == str(file) for problem in problems)
    if problems:
        return
    assert all(isinstance(value, bool | int | str) for value in row.values())
    assert row["heads"] % row["kv_heads"] == 0
    assert 0 <= row["moe_layers"] <= row["layers"]
    assert 0 <= row["windowed_layers"] <= row["layers"]
    assert (row["window_size"] > 0) == (row["windowed_layers"] > 0)
    assert row["active_experts"] <= row["experts"]


QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(value=ANY)
def test_any_json_gives_a_row_or_a_message(value: object, tmp_path: Path) -> None:
    outcome(tmp_path, json.dumps(value))


@QUICK
@given(
    name=st.sampled_from(sorted(CONFIGS)),
    changes=st.dictionaries(st.sampled_from(KEYS), ANY, max_size=4),
    inner=st.booleans(),
)
def test_any_change_to_a_configuration_gives_a_row_or_a_message(
    name: str, changes: dict[str, Any], inner: bool, tmp_path: Path
) -> None:
    config = {**CONFIGS[name]}
    if inner and "text_config" in config:
        config["text_config"] = {**config["text_config"], **changes}
    else:
        config |= changes
    outcome(tmp_path, json.dumps(config))


@QUICK
@given(name=st.sampled_from(sorted(CONFIGS)), seed=st.integers(0, 2**32))
def test_any_damage_to_the_text_gives_a_row_or_a_message(name: str, seed: int, tmp_path: Path) -> None:
    text, chance = json.dumps(CONFIGS[name]), random.Random(seed)  # noqa: S311 - not for secrets
    at = chance.randrange(len(text))
    outcome(
        tmp_path, text[:at] + chance.choice(['"', "{", "}", "[", ",", "\\", "\0", "é", "-", "e", ""]) + text[at + 1 :]
    )


@QUICK
@given(value=ANY)
def test_json_is_read_as_python_reads_it(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        raw = text.encode()
        expected = json.loads(text, parse_constant=lambda word: pytest.fail(word))
    except (UnicodeEncodeError, pytest.fail.Exception):
        return
    assert parse_json(raw, "x").data == expected


def test_places_are_those_of_the_text() -> None:
    text = '{"a": [1, {"b": "c"}],\r\n\t"d": "é", "e": true}'
    document = parse_json(text.encode(), "x")
    assert document.span(("a", 1, "b")).header() == "x:1:17"
    assert document.span(("a", 1, "b"), key=True).header() == "x:1:12"
    assert document.span(("e",)).header() == "x:2:17"
    assert document.span(("e",)).length == 4
    assert document.span(("nowhere",)).header() == "x:1:1"
