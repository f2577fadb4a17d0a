"""The command line: what each verb prints where, its exit codes, and how fast it answers."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from reportgen import __version__, api
from reportgen.cli import app
from reportgen.cli.show import number
from reportgen.errors import OutputError, SpecError

ROOT = Path(__file__).parents[1]
ALICE = str(ROOT / "specs" / "alice.yaml")


def run(*arguments: str) -> Result:
    """Run a verb inside this process."""
    return CliRunner().invoke(app, list(arguments), prog_name="reportgen")


def program(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the program itself."""
    command = [sys.executable, "-m", "reportgen", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, **options)


def test_the_version() -> None:
    assert run("--version").stdout == f"reportgen {__version__}\n"


def test_without_a_verb_help_is_shown() -> None:
    assert "Usage: reportgen" in run().output
    assert "evaluate" in run("-h").stdout


@pytest.mark.parametrize("verb", [command.name for command in app.registered_commands])
def test_each_verb_has_help_with_examples(verb: str) -> None:
    text = run(verb, "--help").stdout
    assert f"  Examples:\n    reportgen {verb}" in text
    assert "\b" not in text


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, reportgen.cli; print({'numpy', 'pandas', 'pydantic', 'ruamel', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


# --- build and check -------------------------------------------------------------------------------------------------


def test_build_prints_what_it_wrote(tmp_path: Path) -> None:
    result = run("build", ALICE, "-o", str(tmp_path), "--format", "JSON, csv")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == str(tmp_path / "alice.json")
    assert {Path(line) for line in result.stdout.splitlines()} == set(tmp_path.iterdir())
    assert result.stderr == ""


def test_build_says_what_could_not_be_made_and_exits_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def partly(*_: object, **__: object) -> list[Path]:
        raise api.PartlyBuilt("out/alice.pdf was not written: no pango", [Path("out/alice.xlsx")])

    monkeypatch.setattr(api, "build", partly)
    result = run("build", ALICE)
    assert result.exit_code == 1
    assert (result.stdout, result.stderr) == ("out/alice.xlsx\n", "out/alice.pdf was not written: no pango\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["build", "nowhere.yaml"], 2, "nowhere.yaml: there is no such file"),
        (["build", ALICE, "--format", "docx"], 2, "unknown format 'docx'"),
        (["build", ALICE, "--format", ","], 2, "--format names no format"),
        (["build", ALICE, "--frmat", "pdf"], 2, "No such option: --frmat"),
        (["build", ALICE, "-o", __file__, "--format", "json"], 1, "cannot be written: "),
        (["bild", ALICE], 2, "No such command 'bild'"),
        (["check"], 2, "Missing argument"),
        (["evaluate", ALICE, "--set", "batch=x"], 2, "'batch' has a value per option"),
        (["evaluate", ALICE, "--format", "csv", "--table", "optoin"], 2, "did you mean 'option'"),
        (["evaluate", ALICE, "--format", "json", "--table", "option"], 2, "JSON holds all tables"),
        (["evaluate", ALICE, "--format", "parquet"], 2, "name a file with -o"),
        (["evaluate", ALICE, "-o", "x"], 2, "-o goes with json, csv and parquet"),
        (["evaluate", ALICE, "--format", "json", "-o", str(ROOT)], 1, "cannot be written: it is a folder"),
        (["explain", ALICE, "tpott"], 2, "did you mean 'tpot'"),
        (["explain", ALICE, "tpot", "--at", "h1000"], 2, "'h1000' is not a row of 'tpot'"),
        (["catalog", "engines"], 2, "'engines' is not one of"),
    ],
)
def test_a_mistake_gets_a_message_and_an_exit_code(arguments: list[str], code: int, words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(api, "check_all", fail)
    assert isinstance(run("check", ALICE).exception, RuntimeError)


def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "check_all", stop)
    result = run("check", ALICE)
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_check_says_that_a_scenario_is_correct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run("check", "specs/alice.yaml", "specs/llm_viewer_network.yaml")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("specs/alice.yaml: correct (")
    assert lines[1].startswith("specs/llm_viewer_network.yaml: correct (1 option, ")


# --- evaluate --------------------------------------------------------------------------------------------------------


def test_evaluate_prints_the_json_contract() -> None:
    done = program("evaluate", "specs/alice.yaml", "--format", "json", "--set", "baseline.batch=4")
    assert done.returncode == 0
    data = json.loads(done.stdout)
    assert data == api.evaluate(ALICE, ["baseline.batch=4"]).as_json()
    assert list(data) == ["schema", "scenario", "accounting", "units", "scalars", "tables"]
    assert data["tables"]["option"][0]["batch"] == 4.0


def test_evaluate_prints_tables_with_units_in_their_heads() -> None:
    text = run("evaluate", ALICE).stdout
    assert text.startswith("Alice writes a novel\nCounting convention: reportgen\n")
    head, units = text[text.index("\nOptions") :].splitlines()[2:4]
    assert head[: head.index("tpot") + 4].rstrip().endswith("tpot")
    assert units[head.index("tpot") : head.index("tpot") + 4].strip() == "ms"
    assert "\x1b" not in text
    one = run("evaluate", ALICE, "--table", "accelerator").stdout
    assert "RTX-4090" in one
    assert "GB/s" in one
    assert "quantity" in run("evaluate", ALICE, "--table", "scalars").stdout


def test_evaluate_prints_one_table_as_csv() -> None:
    done = program("evaluate", "specs/alice.yaml", "--format", "csv", "--table", "option_stage")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert rows[0]["option"] == "baseline"
    exact = api.evaluate(ALICE).get("total_inference_time", "baseline", "prefill")
    assert float(rows[0]["total_inference_time"]) == exact


def test_csv_text_cannot_be_taken_for_a_formula(tmp_path: Path) -> None:
    spec = tmp_path / "evil.yaml"
    text = (ROOT / "specs" / "alice.yaml").read_text("utf-8")
    spec.write_text(
        text.replace("title: On an L40S", "title: '=1+1'").replace("title: On an H100", "title: '@x, \"y\"'")
    )
    result = run("evaluate", str(spec), "--format", "csv")
    rows = {row["option"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows["l40s"]["option_title"] == "'=1+1"
    assert rows["h100"]["option_title"] == '\'@x, "y"'
    assert rows["baseline"]["flash_attention"] == "true"
    negative = [v for row in rows.values() for v in row.values() if v.startswith("-")]
    assert all(float(value) <= 0 for value in negative)  # numbers stay numbers


@pytest.mark.parametrize("table", ["option", "scalars", "option_stage_operator"])
def test_parquet_has_typed_columns_with_units(tmp_path: Path, table: str) -> None:
    target = tmp_path / "table.parquet"
    result = run("evaluate", ALICE, "--format", "parquet", "--table", table, "-o", str(target))
    assert result.stdout == f"{target}\n"
    read = pq.read_table(target)
    assert read.num_rows > 1
    if table == "option":
        assert read.schema.field("ttft").metadata == {b"unit": b"ms"}
        assert str(read.schema.field("fits").type) == "bool"
        assert read.column("option").to_pylist()[0] == "baseline"
    assert list(tmp_path.iterdir()) == [target]


# --- explain, new, schema, catalog -----------------------------------------------------------------------------------


def test_explain_shows_formula_values_and_derivation(golden: Any) -> None:
    text = run("explain", ALICE, "kv_cache_bytes", "--at", "kv_cache_int8").stdout
    golden("explain_kv_cache_bytes.txt", text)


def test_explain_follows_a_number_to_its_sources() -> None:
    text = run("explain", ALICE, "tpot", "--option", "h100").stdout
    assert "= token_time if output_length > 1 else absent" in text
    assert "memory_bandwidth[H100-SXM-80GB] = 3,350 GB/s   source: " in text
    assert "(see above)" in text
    assert "An input" in run("explain", ALICE, "batch").stdout
    assert "gate_proj: dense_layers if gated_ffn else 0" in run("explain", ALICE, "repeats").stdout
    assert (
        "= 2,400 ms   (set from outside)" in run("explain", ALICE, "ttft_target", "--set", "ttft_target=2.4 s").stdout
    )


def test_explain_says_of_every_end_who_gave_the_value() -> None:
    text = run("explain", ALICE, "request_latency", "--option", "h100").stdout
    for said in (
        "output_tokens[chapter] = 12,000 token   (given by the scenario)",
        "batch[baseline] = 1 sequence   (given by the scenario)",
        "chunk_tokens[baseline] = 0 token   (default of the library)",
        "sixteen_bits = 16 bit   (constant)",
        "peak[H100-SXM-80GB, bf16] = – TFLOP/s   (not given)",
        "flop_per_mac = 2 FLOP   source: A multiplication and an addition   (constant)",
    ):
        assert said in text
    assert re.search(r"memory_bandwidth\[H100-SXM-80GB\] = 3,350 GB/s   source: .*, retrieved 20\d\d-\d\d\n", text)
    lever = run("explain", ALICE, "weight_precision", "--option", "weights_int8").stdout
    assert "weight_precision[weights_int8] = int8   (given by the lever)" in lever


def test_explain_prints_the_derivation_as_json() -> None:
    steps = [json.loads(run("explain", ALICE, "tpot", "--option", "h100", "--format", "json").stdout)]
    assert steps[0]["key"] == {"option": "h100"}
    assert (steps[0]["title"], steps[0]["unit"]) == ("Time per output token", "ms")
    for step in steps:
        assert list(step) == [
            "quantity", "title", "key", "value", "unit", "formula", "source", "retrieved", "note", "inputs",
        ]  # fmt: skip
        steps += step["inputs"]
    layers = next(s for s in steps if s["quantity"] == "layers" and s["source"])
    assert (layers["key"], layers["value"], layers["inputs"]) == ({"model": "Llama-3.1-8B"}, 32.0, [])
    assert layers["retrieved"]


def test_new_writes_a_scenario_that_check_accepts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new").stdout == "scenario.yaml\nscenario.schema.json\n"
    assert run("check", "scenario.yaml").exit_code == 0
    refused = run("new")
    assert refused.exit_code == 2
    assert refused.stderr == "scenario.yaml: the file exists already\n  write over it with --force\n"
    assert run("new", "--force").exit_code == 0


TEMPLATES = sorted(path.stem for path in (Path(__file__).parents[1] / "templates" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_builds_and_is_printed_as_it_is_written(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "one.yaml", "--template", template).exit_code == 0
    assert run("new", "-", "-t", template).stdout == Path("one.yaml").read_text("utf-8")
    results = api.evaluate("one.yaml")
    assert results.get("feasible", str(results.get("recommended_option"))) is True
    assert run("build", "one.yaml", "--format", "md", "-o", "out").exit_code == 0


def test_a_template_takes_another_model_and_accelerator() -> None:
    assert TEMPLATES == ["buy", "chat", "full", "home", "measured", "writer"]
    text = run("new", "-", "-t", "chat", "--model", "qwen2.5-32b", "--accelerator", "MI300X").stdout
    assert "model: Qwen2.5-32B\n" in text
    assert "accelerator: MI300X\n" in text
    refused = run("new", "-", "--model", "Qwen2.5-32")
    assert refused.exit_code == 2
    assert "did you mean 'Qwen2.5-32B' or" in refused.stderr
    with pytest.raises(SpecError, match="unknown template 'chatt'"):
        api.new_text("chatt")


@pytest.mark.parametrize("which", ["scenario", "library"])
def test_schema_prints_json(which: str) -> None:
    assert json.loads(run("schema", which).stdout) == api.schema(which)  # type: ignore[arg-type]


@pytest.mark.parametrize("which", ["models", "accelerators"])
def test_catalog_lists_all_rows(which: str) -> None:
    rows = json.loads(run("catalog", which, "--format", "json").stdout)
    text = run("catalog", which).stdout
    assert rows == api.catalog(which)
    assert all(row["name"] in text for row in rows)


# --- terminals and pipes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (True, "yes"), (False, "no"), ("x", "x"), (0.0, "0"), (-0.0, "0"), (12000.0, "12,000"),
        (16.20182806, "16.202"),
        (0.00373, "0.00373"), (1.62e-5, "1.62e-05"), (-4.5, "-4.5000"), (60098349568.0, "6.0098e+10"),
        (1234.5, "1,234.5"),
    ],
)  # fmt: skip
def test_numbers_are_printed_with_five_digits(value: object, text: str) -> None:
    assert number(value) == text


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f'"{sys.executable}" -m reportgen evaluate specs/alice.yaml --format json | head -1'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"{\n"
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


def test_a_terminal_without_unicode_gets_escapes() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = program("evaluate", "specs/alice.yaml", env=environment)
    assert done.returncode == 0, done.stderr
    assert b"\\u2013" in done.stdout
    assert json.loads(program("evaluate", "specs/alice.yaml", "--format", "json", env=environment).stdout)


@pytest.mark.parametrize("plain", [False, True])
def test_a_terminal_gets_a_styled_table_without_colours_where_it_asks_for_none(plain: bool) -> None:
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", "FORCE_COLOR": "1"}
    environment.pop("NO_COLOR", None)
    if plain:
        environment["NO_COLOR"] = "1"
    done = program("evaluate", "specs/alice.yaml", env=environment)
    assert b"\x1b[" in done.stdout
    assert not (plain and re.search(rb"\x1b\[[0-9;]*[34][0-7]m", done.stdout))
    assert b"Options" in done.stdout


def test_a_pipe_gets_no_colours() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "TTY_COMPATIBLE")}
    assert b"\x1b[" not in program("evaluate", "specs/alice.yaml", env=environment).stdout


def test_progress_is_said_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.cli import show

    with show.progress() as say:
        say("nothing")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with show.progress() as say:
        say("out/alice.xlsx")
    assert stream.getvalue()


def test_an_output_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(api, "build", fail)
    result = run("build", ALICE)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "the disk is full\n")
