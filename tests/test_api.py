"""The verbs as functions: outputs appear whole or not at all, and a failing build leaves what was there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import reportgen
from reportgen import api
from reportgen.api import building
from reportgen.engine.explain import explain
from reportgen.errors import EvaluationError, OutputError, SpecError
from reportgen.render.errors import DocumentUnavailable

SPECS = Path(__file__).parents[1] / "specs"
ALICE = SPECS / "alice.yaml"
BROKEN = Path(__file__).parent / "errors" / "rows" / "unknown_model.yaml"


def folder_of(path: Path) -> dict[str, bytes]:
    """Everything in a folder by name, hidden files included."""
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


@pytest.fixture
def previous(tmp_path: Path) -> dict[str, bytes]:
    """A folder `out` with outputs of an earlier build."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ("alice.xlsx", "alice.pdf", "alice.json"):
        (out / name).write_bytes(b"earlier")
    return folder_of(out)


def test_the_package_offers_the_verbs() -> None:
    for name in reportgen.__all__:
        assert getattr(reportgen, name) is not None
    assert set(reportgen.__all__) <= set(dir(reportgen))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = reportgen.nothing


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, reportgen; print({'numpy', 'pandas', 'pydantic', 'typer'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SPECS.parent)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_correct(spec: Path) -> None:
    assert reportgen.check(spec).name == spec.stem


def test_evaluate_reads_a_path_or_a_book_and_takes_changes() -> None:
    book = reportgen.check(ALICE)
    before = reportgen.evaluate(book).get("tpot", "baseline")
    after = reportgen.evaluate(str(ALICE), ["baseline.batch=4"]).get("tpot", "baseline")
    assert after > before  # type: ignore[operator]


def test_build_writes_what_is_asked_for_named_after_the_scenario(tmp_path: Path) -> None:
    said: list[str] = []
    written = api.build([ALICE, SPECS / "bob.yaml"], tmp_path / "a" / "b", ["json"], said.append)
    assert [path.name for path in written] == ["alice.json", "bob.json"]
    assert sorted(folder_of(tmp_path / "a" / "b")) == ["alice.json", "bob.json"]
    assert [Path(text).name for text in said] == ["alice.json", "bob.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert written[0].stat().st_mode & 0o777 == 0o666 & ~umask


def test_same_input_same_bytes(tmp_path: Path) -> None:
    first = api.build([ALICE], tmp_path / "1", ["json", "csv"])
    second = api.build([ALICE], tmp_path / "2", ["json", "csv"])
    assert [p.name for p in first] == [p.name for p in second]
    assert folder_of(tmp_path / "1") == folder_of(tmp_path / "2")


def test_the_order_of_hashes_changes_no_byte() -> None:
    command = [sys.executable, "-m", "reportgen", "evaluate", str(ALICE), "--format", "json"]
    made = {
        subprocess.run(
            command, capture_output=True, check=True, cwd=SPECS.parent, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_csv_has_a_file_for_each_table(tmp_path: Path) -> None:
    names = {path.name for path in api.build([ALICE], tmp_path, ["csv"])}
    assert {"alice.option.csv", "alice.scalars.csv", "alice.option_stage_operator.csv"} <= names
    head = (tmp_path / "alice.option.csv").read_text("utf-8").splitlines()[0]
    assert head.startswith("option,")


def test_a_mistake_in_one_scenario_writes_none(tmp_path: Path, previous: dict[str, bytes]) -> None:
    with pytest.raises(SpecError, match="unknown model"):
        api.build([ALICE, BROKEN], tmp_path / "out", ["json"])
    assert folder_of(tmp_path / "out") == previous


def test_the_mistakes_of_all_scenarios_come_together(tmp_path: Path) -> None:
    other = BROKEN.parents[1] / "formulas" / "division_by_zero.yaml"
    with pytest.raises(SpecError) as caught:
        api.build([BROKEN, other], tmp_path)
    assert {problem.span.file for problem in caught.value.problems if problem.span} == {str(BROKEN), str(other)}
    with pytest.raises(EvaluationError):
        api.check(other)


@pytest.mark.parametrize("error", [OutputError("no"), RuntimeError("a bug"), KeyboardInterrupt()])
def test_a_failing_build_leaves_what_was_there(
    error: BaseException, tmp_path: Path, previous: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(building, "_workbook", lambda _: b"workbook")
    outputs = building._outputs
    monkeypatch.setattr(building, "_outputs", lambda kind, *rest: fail() if kind == "pdf" else outputs(kind, *rest))
    with pytest.raises(type(error)):
        api.build([ALICE], tmp_path / "out", ["xlsx", "pdf", "json"])
    assert folder_of(tmp_path / "out") == previous


def test_without_pango_the_others_are_written_and_the_pdf_is_named(
    tmp_path: Path, previous: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def outputs(kind: str, target: Path, *_: object) -> list[tuple[Path, bytes]]:
        if kind == "pdf":
            raise DocumentUnavailable("this system lacks pango. Install it with: apt-get install -y libpango-1.0-0")
        return [(target, b"new")]

    monkeypatch.setattr(building, "_workbook", lambda _: b"workbook")
    monkeypatch.setattr(building, "_outputs", outputs)
    out = tmp_path / "out"
    with pytest.raises(api.PartlyBuilt) as caught:
        api.build([ALICE], out, ["pdf", "xlsx"])
    assert str(caught.value) == (
        f"{out / 'alice.pdf'} was not written: this system lacks pango. "
        "Install it with: apt-get install -y libpango-1.0-0"
    )
    assert caught.value.exit_code == 1
    assert caught.value.written == [out / "alice.xlsx"]
    assert folder_of(out) == {**previous, "alice.xlsx": b"new"}


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Alice.yaml").write_bytes(ALICE.read_bytes())
    with pytest.raises(SpecError, match="would write the same outputs"):
        api.build([ALICE, tmp_path / "Alice.yaml"], tmp_path / "out", ["json"])
    with pytest.raises(SpecError, match="would write the same outputs"):
        api.build([ALICE, ALICE], tmp_path / "out", ["json"])
    assert not (tmp_path / "out").exists()


def test_an_output_never_replaces_a_scenario(tmp_path: Path) -> None:
    spec = tmp_path / "alice.json"
    spec.write_bytes(ALICE.read_bytes())
    with pytest.raises(SpecError, match="an output would be written over this scenario"):
        api.build([spec], tmp_path, ["json"])
    assert spec.read_bytes() == ALICE.read_bytes()


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="unknown format 'xls'\n  did you mean 'xlsx'"):
        api.build([ALICE], tmp_path, ["xls"])


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(OutputError, match=re.escape(f"{tmp_path / 'file' / 'alice.json'} cannot be written: ")):
        api.build([ALICE], tmp_path / "file", ["json"])
    (tmp_path / "alice.json").mkdir()
    with pytest.raises(OutputError, match="there is a folder of this name"):
        api.build([ALICE], tmp_path, ["json"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alice.json", "file"]


def uncommented(text: str) -> str:
    """The scenario with all its examples put to use."""
    return "".join(re.sub(r"^#(?! [^ ])", "", line) for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("whole", [False, True])
def test_a_new_scenario_is_correct_with_and_without_its_examples(tmp_path: Path, whole: bool) -> None:
    written = api.new(tmp_path / "mine.yaml", "qwen/qwen2.5-32b", "MI300X")
    assert [path.name for path in written] == ["mine.yaml", "scenario.schema.json"]
    text = written[0].read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    if whole:
        assert uncommented(text) != text
        written[0].write_text(uncommented(text), encoding="utf-8")
    results = api.evaluate(written[0])
    assert results.get("accelerator", "baseline") == "MI300X"
    assert results.get("model", "baseline") == "Qwen2.5-32B"
    assert json.loads(written[1].read_text("utf-8")) == api.schema()


def test_new_writes_over_nothing_unless_told(tmp_path: Path) -> None:
    target, companion = tmp_path / "mine.yaml", tmp_path / "scenario.schema.json"
    target.write_text("mine", encoding="utf-8")
    companion.write_text("{}", encoding="utf-8")
    with pytest.raises(SpecError, match="the file exists already"):
        api.new(target)
    with pytest.raises(SpecError, match="unknown model 'GPT'"):
        api.new(tmp_path / "other.yaml", model="GPT")
    assert sorted(folder_of(tmp_path)) == ["mine.yaml", "scenario.schema.json"]
    assert api.new(target, force=True) == [target]
    assert companion.read_text("utf-8") == "{}"


def test_catalogues_are_lists_of_rows() -> None:
    row = next(row for row in api.catalog("accelerators") if row["name"] == "H100-SXM-80GB")
    assert row["memory_bandwidth"] == 3350.0
    assert row["peak"]["fp8"] == 1978.9
    with pytest.raises(SpecError, match="unknown catalogue 'engines'"):
        api.catalog("engines")


def test_explain_goes_down_to_inputs_with_their_sources() -> None:
    explanation = api.explain(ALICE, "tpot", ["h100"])
    assert explanation.derivation.key == ("h100",)
    steps = [explanation.derivation]
    for step in steps:
        steps += step.inputs
    leaves = {step.address: step for step in steps if not step.inputs}
    assert leaves["memory_bandwidth[H100-SXM-80GB]"].value == 3350.0
    assert leaves["memory_bandwidth[H100-SXM-80GB]"].source
    assert all(step.formula for step in steps if step.inputs)


def test_explain_shows_what_was_set_and_stops_where_told() -> None:
    explanation = api.explain(ALICE, "ops", ["decode", "q_proj"], ["baseline.batch=4"], depth=1)
    assert explanation.derivation.key == ("baseline", "decode", "q_proj")
    assert {step.note for step in explanation.derivation.inputs} == {"constant", "not followed"}
    batch = api.explain(ALICE, "batch", [], ["baseline.batch=4"]).derivation
    assert (batch.value, batch.note) == (4.0, "set from outside")


def test_every_quantity_can_be_explained() -> None:
    results = api.evaluate(SPECS / "bob.yaml")
    for name in results.book.quantities:
        steps = [explain(results, name).derivation]
        assert steps[0].quantity == name
        for step in steps:
            assert step.formula or step.source or step.note, step.address
            assert step.inputs or step.source or step.note, step.address
            steps += step.inputs


SOURCED = """\
schema: 1
title: Sources
requests: {one: {prompt_tokens: 500, output_tokens: 100}}
inputs: {memory_share: 80}
models: {Llama-3.1-8B: {layers: 30}, own: {source: a paper, retrieved: 2026-01, layers: 2, hidden_size: 64, heads: 4,
  kv_heads: 4, head_dim: 16, intermediate_size: 128, vocab_size: 1000}}
levers: none
options: {baseline: {model: Llama-3.1-8B, accelerator: L4, batch: "1 + 1"}, other: {model: own}}
"""


def test_a_value_has_the_source_of_the_place_where_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(SOURCED, "utf-8")
    results = api.evaluate(path)

    def end(name: str, *at: str) -> tuple[str, str, str]:
        step = explain(results, name, at).derivation
        return step.note, step.source, step.retrieved

    assert end("layers", "Llama-3.1-8B") == ("given by the scenario", "", "")
    assert end("heads", "Llama-3.1-8B")[0] == ""
    assert end("heads", "Llama-3.1-8B")[2] != ""
    assert end("layers", "own") == ("given by the scenario", "a paper", "2026-01")
    assert end("memory_share") == ("given by the scenario", "", "")
    assert end("batch", "baseline") == ("constant", "", "")
    assert explain(results, "batch", ["baseline"]).derivation.formula == "1 + 1"


def test_explain_names_what_it_does_not_know() -> None:
    with pytest.raises(SpecError, match="unknown quantity 'tpott'\n  did you mean 'tpot'"):
        api.explain(ALICE, "tpott")
    with pytest.raises(SpecError, match=r"'h1000' is not a row of 'tpot', which has per option\n  did you mean 'h100'"):
        api.explain(ALICE, "tpot", ["h1000"])
