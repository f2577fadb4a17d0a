"""The verb `compare`: scenarios as columns, each with its baseline and what is recommended, figures in order."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import reportgen
from reportgen import api
from reportgen.cli import app
from reportgen.errors import SpecError
from reportgen.report.compare import short_names

ROOT = Path(__file__).parents[2]
ALICE, BOB, VIEWER = (str(ROOT / "specs" / f"{name}.yaml") for name in ("alice", "bob", "llm_viewer_network"))

OWN = """schema: 1
title: Own figures
requests: {letter: {prompt_tokens: 800, output_tokens: 300}}
levers: none
objective: {maximise: words}
options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S, batch: 4}
quantities:
  words: {title: Words, unit: token/s, per: [option], formula: throughput if known(throughput) else 0, better: higher}
  size: {title: Size, unit: UNIT, value: 3}
report: {key_figures: [size, ops]}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["compare", *arguments], prog_name="reportgen")


def own(folder: Path, unit: str, name: str = "own.yaml") -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(OWN.replace("UNIT", unit), encoding="utf-8")
    return str(folder / name)


def test_each_scenario_has_its_baseline_and_what_is_recommended() -> None:
    found = reportgen.compare([ALICE, BOB, VIEWER])
    assert [scenario.name for scenario in found.scenarios] == ["alice", "bob", "llm_viewer_network"]
    for path, scenario in zip((ALICE, BOB), found.scenarios, strict=False):
        alone = api.evaluate(path)
        best = alone.get("best_advised")
        assert scenario.title == alone.book.scenario.title
        assert scenario.baseline.option == "baseline"
        assert scenario.recommended is not None
        assert scenario.recommended.option == best
        assert scenario.recommended.title == alone.get("option_title", str(best))
        for side in scenario.sides().values():
            assert side.verdict == alone.get("verdict", side.option)
            assert [figure.name for figure in side.values] == alone.book.report.key_figures
            for figure, value in side.values.items():
                assert value == alone.get(figure.name, side.option)
                assert figure.unit == (alone.book.quantities[figure.name].type.unit.label or "1")
    viewer = found.scenarios[2]
    assert (viewer.recommended, viewer.baseline.verdict) == (None, None)
    assert [s.objective for s in found.scenarios] == [
        "minimise tpot", "maximise queries_per_second", "minimise request_latency",
    ]  # fmt: skip


def test_figures_are_joined_in_order_with_the_objective_and_by_unit(tmp_path: Path) -> None:
    found = api.compare([own(tmp_path / "a", "GB"), VIEWER, own(tmp_path / "b", "ms")])
    assert [s.name for s in found.scenarios] == ["a/own", "llm_viewer_network", "b/own"]
    named = [(figure.name, figure.unit) for figure in found.figures]
    assert named[:3] == [("size", "GB"), ("words", "token/s"), ("tpot", "ms")]
    assert named[-1] == ("size", "ms")
    assert len(set(named)) == len(named)


def test_the_table_has_scenarios_as_columns_and_dashes_for_what_is_not_there() -> None:
    text = run(ALICE, VIEWER).stdout
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["unit", "alice", "llm_viewer_network"]
    assert ["objective", "minimise", "tpot", "minimise", "request_latency"] in lines
    memory = [line for line in lines if line[:1] == ["memory_needed"]]
    assert [line[1] for line in memory] == ["GB", "GB"]
    assert [line[3] for line in memory] == ["–", "–"]
    assert "meets every target" in text
    assert "\x1b" not in text


def test_csv_has_a_line_for_each_figure() -> None:
    rows = list(csv.DictReader(io.StringIO(run(ALICE, VIEWER, "--format", "csv").stdout)))
    assert list(rows[0]) == ["scenario", "title", "role", "option", "quantity", "unit", "value"]
    (found,) = (row for row in rows if row["role"] == "recommended" and row["quantity"] == "tpot")
    alone = api.evaluate(ALICE)
    assert float(found["value"]) == alone.get("tpot", str(alone.get("best_advised")))
    assert (found["scenario"], found["unit"]) == ("alice", "ms")
    assert {row["role"] for row in rows if row["scenario"] == "llm_viewer_network"} == {"baseline"}


def test_json_has_everything_and_goes_into_a_file(tmp_path: Path) -> None:
    target = tmp_path / "comparison.json"
    assert run(ALICE, VIEWER, "--format", "json", "-o", str(target)).stdout == f"{target}\n"
    data = json.loads(target.read_text("utf-8"))
    assert data == api.compare([ALICE, VIEWER]).as_json()
    alice, viewer = data["scenarios"]
    assert alice["units"]["tpot"] == "ms"
    assert alice["baseline"]["values"]["tpot"] == api.evaluate(ALICE).get("tpot", "baseline")
    assert (viewer["recommended"], viewer["baseline"]["verdict"]) == (None, None)
    assert {figure["quantity"] for figure in data["figures"]} >= set(alice["baseline"]["values"])


def test_a_library_of_ones_own_is_laid_over_ours(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    text = "name,memory_bandwidth,source,retrieved\nRTX-4090,504,us,2026-11\n"
    (library / "accelerators.csv").write_text(text, encoding="utf-8")
    slow, quick = (api.compare([ALICE], given).scenarios[0].baseline for given in (library, ()))
    tpot = next(figure for figure in slow.values if figure.name == "tpot")
    assert slow.values[tpot] > quick.values[tpot]  # type: ignore[operator]
    assert (
        float(slow.values[tpot])
        == json.loads(  # type: ignore[arg-type]
            run(ALICE, "--library", str(library), "--format", "json").stdout
        )["scenarios"][0]["baseline"]["values"]["tpot"]
    )


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/alice.yaml", "x/bob.yaml"], ["alice", "bob"]),
        (["x/alice.yaml", "y/alice.yaml", "y/bob.yaml"], ["x/alice", "y/alice", "bob"]),
        (["x/s/alice.yaml", "y/s/alice.yaml"], ["x/s/alice", "y/s/alice"]),
        (["alice.yaml", "alice.yml"], ["alice.yaml", "alice.yml"]),
        (["/alice.yaml", "/s/alice.yaml"], ["//alice", "s/alice"]),
    ],
)
def test_files_of_one_name_are_told_apart(paths: list[str], names: list[str]) -> None:
    assert short_names([Path(path) for path in paths]) == names


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["Missing argument"]),
        ([ALICE, ALICE], ["the scenario is named twice"]),
        ([ALICE, "-o", "x.json"], ["-o goes with json and csv"]),
        (["nowhere.yaml", "nothing.yaml", ALICE], ["nowhere.yaml: there is no such file", "nothing.yaml: there is no"]),
    ],
)
def test_a_mistake_is_said_and_nothing_is_written(
    arguments: list[str], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    for said in words:
        assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_mistakes_of_all_scenarios_come_at_once() -> None:
    errors = Path(__file__).parents[1] / "errors" / "rows"
    with pytest.raises(SpecError) as caught:
        api.compare([errors / "unknown_model.yaml", errors / "wrong_unit.yaml"])
    assert {problem.span.file for problem in caught.value.problems if problem.span} == {
        str(errors / "unknown_model.yaml"), str(errors / "wrong_unit.yaml"),
    }  # fmt: skip
