"""The verb `sweep`: its rows are the evaluations one by one, in the file that was named, or in none."""

from __future__ import annotations

import csv
import io
import math
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

import reportgen
from reportgen import api
from reportgen.book.build import load_book
from reportgen.cli import app, show_studies
from reportgen.engine import sweep as engine
from reportgen.study import sweep as study

if TYPE_CHECKING:
    from reportgen.book.book import Book

ROOT = Path(__file__).parents[2]
ALICE = str(ROOT / "specs" / "alice.yaml")
BOB = str(ROOT / "specs" / "bob.yaml")

HOLES = """schema: 1
title: Holes
requests: {letter: {prompt_tokens: 800, output_tokens: 300}}
levers: none
options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S, batch: 4}
  twice: {batch: 2 * base}
  other: {accelerator: H100-SXM-80GB, batch: 5}
  on_other: {based_on: other, kernel_fusion: false}
quantities:
  hole: {per: [option], formula: 1 / (batch - 8), better: lower}
  below: {type: flag, per: [option], formula: hole < 1}
  places: {per: [option], formula: "rank(hole, over=option)"}
  plain: {per: [option], formula: batch + 1}
  fixed_hole: {formula: 1 / gap}
  gap: {value: 1}
"""


@pytest.fixture
def holes(tmp_path: Path) -> str:
    path = tmp_path / "holes.yaml"
    path.write_text(HOLES, encoding="utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sweep", *arguments], prog_name="reportgen")


def agrees(value: object, expected: object) -> bool:
    if expected is None:
        return bool(pd.isna(value))  # type: ignore[call-overload]
    if isinstance(expected, float):
        return math.isclose(float(value), expected, rel_tol=1e-12)  # type: ignore[arg-type]
    return value == expected


# --- what is computed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "vary", "show", "options"),
    [
        (ALICE, ["baseline.batch=1..64*2", "prompt_tokens=9,4000", "baseline.accelerator=L4,RTX-4090,MI300X"], [], []),
        (ALICE, ["baseline.batch=1..64*2", "output_tokens=1,500", "ttft_target=null,1..5/2 s"], [], ["baseline"]),
        (
            ALICE,
            ["l40s.batch=1,4", "baseline.weight_precision=bf16,int8", "baseline.flash_attention=true,false"],
            ["verdict", "best_advised", "accelerator", "advice_rank", "report_title", "batch"],
            ["l40s", "h100"],
        ),
        (BOB, ["case_search.prompt_tokens=100..3000/725", "baseline.tensor_parallel=1,2"], [], ["larger_batch"]),
    ],
)  # fmt: skip
def test_rows_are_the_evaluations_one_by_one(spec: str, vary: list[str], show: list[str], options: list[str]) -> None:
    book = load_book(Path(spec), mentions=["baseline.accelerator=MI300X"])
    found = api.sweep(book, vary, show, options, ["tpot_target=45 ms"])
    frame = found.frame()
    names = options or list(book.dimensions["option"].names)
    assert found.rows == len(frame) == found.combinations * len(names)
    addresses = [axis.address for axis in found.axes]
    assert list(frame.columns) == [*addresses, "option", *found.quantities, "problem"]
    assert set(frame["option"]) == set(names)
    assert not frame.duplicated([*addresses, "option"]).any()
    assert frame["problem"].isna().all()
    for at in random.Random(7).sample(range(found.combinations), min(5, found.combinations)):  # noqa: S311 - no secret
        rows = frame.iloc[at * len(names) : (at + 1) * len(names)]
        first = rows.iloc[0]
        changes = [f"{a}={'' if pd.isna(first[a]) else first[a]}" for a in addresses]
        alone = api.evaluate(book, [*changes, "tpot_target=45 ms"])
        for _, row in rows.iterrows():
            for name in found.quantities:
                per = book.quantities[name].per
                assert agrees(row[name], alone.get(name, *([row["option"]] if per else []))), (name, changes)


def test_key_figures_objective_and_feasible_are_shown_where_nothing_is_named() -> None:
    found = api.sweep(ALICE, ["baseline.batch=1,2"])
    figures = found.book.report.key_figures
    assert found.quantities == (*figures, "objective_value", "feasible")
    assert "feasible" not in api.sweep(ROOT / "specs" / "llm_viewer_network.yaml", ["baseline.batch=1,2"]).quantities


def test_the_last_axis_runs_fastest_and_options_within() -> None:
    frame = reportgen.sweep(
        ALICE, ["baseline.batch=1,2", "ttft_target=300,400"], ["fits"], ["h100", "baseline"]
    ).frame()
    assert list(frame["baseline.batch"]) == [1, 1, 1, 1, 2, 2, 2, 2]
    assert list(frame["ttft_target"]) == [300, 300, 400, 400] * 2
    assert list(frame["option"]) == ["baseline", "h100"] * 4


def test_what_has_one_value_has_one_row_for_each_combination() -> None:
    found = api.sweep(ALICE, ["baseline.batch=1,2,3"], ["best_advised", "feasible_count", "ttft_target"])
    frame = found.frame()
    assert list(frame.columns) == ["baseline.batch", "best_advised", "feasible_count", "ttft_target", "problem"]
    assert len(frame) == 3
    assert frame["best_advised"].isin(found.book.dimensions["option"].names).all()


def test_a_varied_input_that_is_shown_is_one_column() -> None:
    frame = api.sweep(ALICE, ["ttft_target=1 s,2 s"], ["ttft_target", "fits", "fits"], ["baseline"]).frame()
    assert list(frame.columns) == ["ttft_target", "option", "fits", "problem"]


def test_models_that_the_scenario_lacks_take_part() -> None:
    found = api.sweep(ALICE, ["baseline.model=Mixtral-8x7B,Llama-3.1-8B"], ["memory_needed"], ["h100"])
    assert found.frame()["memory_needed"].nunique() == 2


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = api.sweep(ALICE, ["baseline.batch=1..9", "prompt_tokens=100..900/100"], options=["baseline", "h100"])
    whole = found.frame()
    monkeypatch.setattr(engine, "block_size", lambda _: 4)
    assert len(list(found.batches())) > 10
    pd.testing.assert_frame_equal(found.frame(), whole)


def test_fewer_options_are_evaluated_where_nothing_compares_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Counted(study.Sampler):
        def __init__(self, book: Book, *rest: Any, **more: Any) -> None:
            seen.append(book.size("option"))
            super().__init__(book, *rest, **more)

    monkeypatch.setattr(study, "Sampler", Counted)
    api.sweep(ALICE, ["baseline.batch=1,2"], ["tpot"], ["baseline"]).frame()
    found = api.sweep(ALICE, ["baseline.batch=1,2"], ["tpot", "objective_place"], ["baseline"])
    found.frame()
    assert seen == [1, found.book.size("option")]


# --- what cannot be computed -----------------------------------------------------------------------------------------


def test_a_row_that_is_not_finite_has_no_results_and_says_why(holes: str) -> None:
    frame = api.sweep(holes, ["baseline.batch=4..10/2"], ["below", "plain"]).frame()
    bad = frame[frame["problem"].notna()]
    # twice has batch 8 at 4; at 8 the baseline has it, which all others are compared with
    assert [(row["baseline.batch"], row["option"]) for _, row in bad.iterrows()] == [
        (4, "twice"), *((8, name) for name in ("baseline", "twice", "other", "on_other")),
    ]  # fmt: skip
    assert set(bad["problem"]) == {"'hole' is not a finite number"}
    assert bad[["below", "plain"]].isna().all(axis=None)
    assert frame[frame["problem"].isna()].notna()[["below", "plain"]].all(axis=None)


def test_an_option_has_no_results_where_its_base_has_none(holes: str) -> None:
    frame = api.sweep(holes, ["other.batch=7,8"], ["below"]).frame()
    bad = frame[frame["problem"].notna()]
    assert set(bad["option"]) == {"twice", "other", "on_other"}
    assert set(bad[bad["option"] == "other"]["other.batch"]) == {8}


def test_what_compares_options_has_no_results_where_one_has_none(holes: str) -> None:
    assert api.sweep(holes, ["other.batch=6,7"], ["places"], ["other"]).frame()["problem"].notna().all()
    assert api.sweep(holes, ["other.batch=6,7"], ["plain"]).frame()["problem"].isna().all()


def test_single_values_that_are_not_finite_are_said_of_each_row(holes: str) -> None:
    frame = api.sweep(holes, ["gap=-1..1"], ["fixed_hole"]).frame()
    assert list(frame["problem"].isna()) == [True, False, True]
    constant = api.sweep(holes, ["baseline.batch=1..3"], ["fixed_hole"], changes=["gap=0"])
    assert list(constant.frame()["problem"]) == ["'fixed_hole' is not a finite number"] * 3


def test_the_command_says_which_rows_have_no_results(holes: str) -> None:
    result = run(holes, "--vary", "baseline.batch=2..8/2", "--show", "hole", "--option", "baseline")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "8.0,baseline,,'hole' is not a finite number"
    assert result.stderr == (
        "1 of 4 rows without results; the column problem says why\n"
        "  baseline.batch=8.0, option=baseline: 'hole' is not a finite number\n"
    )


# --- what is written -------------------------------------------------------------------------------------------------


def test_csv_goes_to_stdout_with_full_precision() -> None:
    result = run(ALICE, "--vary", "baseline.batch=1,2", "--show", "tpot, fits", "--show", "verdict", "--option", "h100")
    assert (result.exit_code, result.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["baseline.batch", "option", "tpot", "fits", "verdict", "problem"]
    assert float(rows[1]["tpot"]) == pytest.approx(
        api.evaluate(ALICE, ["baseline.batch=2"]).get("tpot", "h100"), rel=1e-14
    )
    assert {row["fits"] for row in rows} == {"true"}


def test_parquet_has_typed_columns_with_units_and_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "new" / "one.parquet", tmp_path / "two.points"
    arguments = [ALICE, "--vary", "baseline.batch=1..300", "--vary", "ttft_target=1..50", "--show", "ttft,verdict,fits"]
    arguments += ["--option", "baseline", "--option", "h100", "--option", "l40s", "--option", "weights_int4"]
    arguments += ["--option", "kv_cache_int8"]
    assert run(*arguments, "-o", str(one)).stdout == f"{one}\n"
    assert run(*arguments, "-o", str(two), "--format", "parquet").exit_code == 0
    assert one.read_bytes() == two.read_bytes()
    file = pq.ParquetFile(one)
    assert file.metadata.num_rows == 300 * 50 * 5
    types = {field.name: str(field.type) for field in file.schema_arrow}
    assert types == {
        "baseline.batch": "double", "ttft_target": "double", "option": "string", "ttft": "double", "verdict": "string",
        "fits": "bool", "problem": "string",
    }  # fmt: skip
    assert file.schema_arrow.field("ttft").metadata == {b"unit": b"ms"}
    assert {*tmp_path.iterdir(), *one.parent.iterdir()} == {one.parent, one, two}


def test_long_tables_have_several_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.render.text import batches

    monkeypatch.setattr(batches, "_GROUP", 50)
    monkeypatch.setattr(engine, "block_size", lambda _: 20)
    target = tmp_path / "points.parquet"
    assert run(ALICE, "--vary", "baseline.batch=1..111", "--option", "baseline", "-o", str(target)).exit_code == 0
    file = pq.ParquetFile(target)
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [57, 54]
    assert file.read().column("baseline.batch").to_pylist() == [float(n) for n in range(1, 112)]


def test_a_csv_file_is_what_stdout_has(tmp_path: Path) -> None:
    target = tmp_path / "points.CSV"
    arguments = [ALICE, "--vary", "baseline.batch=1,2", "--option", "baseline"]
    assert run(*arguments, "-o", str(target)).stdout == f"{target}\n"
    assert target.read_text() == run(*arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, ["nothing is varied"]),
        (["--vary", "baseline.batch=0"], 2, ["baseline.batch needs a whole number from 1"]),
        (["--vary", "baseline.batch=1", "--set", "baseline.batch=2"], 2, ["'baseline.batch' has been given before"]),
        (["--vary", "baseline.batch=1", "--show", "tpott"], 2, ["unknown quantity 'tpott'", "did you mean 'tpot'"]),
        (
            ["--vary", "baseline.batch=1", "--show", "total_inference_time"],
            2,
            ["'total_inference_time' has a value per option and stage", "or one per option"],
        ),
        (["--vary", "baseline.batch=1", "--option", "basline"], 2, ["unknown option 'basline'"]),
        (
            ["--vary", "baseline.batch=1", "--option", "h100", "--show", "report_title"],
            2,
            ["nothing that is shown has a value per option"],
        ),
        (
            ["--vary", "l40s.batch=1,2", "--option", "h100"],
            2,
            ["'l40s.batch' changes nothing of h100", "name l40s with --option"],
        ),
        (
            ["--vary", "x=1", "--vary", "prompt_tokens=2..1", "--set", "y=1", "--show", "z", "--option", "w"],
            2,
            ["input 'x'", "'2..1' is not a range", "input 'y'", "unknown quantity 'z'", "unknown option 'w'"],
        ),
        (["--vary", "baseline.batch=1", "--format", "parquet"], 2, ["name a file with -o"]),
        (["--vary", "baseline.batch=1", "-o", "points.xlsx"], 2, ["does not say its format"]),
        (["--vary", "baseline.batch=1", "-o", str(ROOT)], 1, ["it is a folder"]),
        (["--vary", "baseline.batch=1", "-o", ALICE, "--format", "csv"], 2, ["this is the scenario itself"]),
    ],
)  # fmt: skip
def test_a_mistake_is_said_and_nothing_is_written(
    arguments: list[str], code: int, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = Path(ALICE).read_bytes()
    result = run(ALICE, *(arguments if "-o" in arguments or "parquet" in arguments else [*arguments, "-o", "p.csv"]))
    assert (result.exit_code, result.stdout) == (code, "")
    for said in words:
        assert said in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert Path(ALICE).read_bytes() == before


def test_the_column_problem_is_taken(tmp_path: Path) -> None:
    spec = tmp_path / "x.yaml"
    spec.write_text(HOLES + "  problem: {value: 1}\n", encoding="utf-8")
    refused = run(str(spec), "--vary", "gap=1", "--show", "problem").stderr
    assert "'problem' cannot be the name of a quantity" in refused


def test_a_failure_on_the_way_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(study.Sampler, "blocks", fail)
    result = run(ALICE, "--vary", "baseline.batch=1,2", "-o", str(tmp_path / "points.parquet"))
    assert isinstance(result.exception, RuntimeError)
    assert list(tmp_path.iterdir()) == []


def test_a_bar_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = next(api.sweep(ALICE, ["baseline.batch=1,2"], ["tpot"], ["baseline"]).batches())
    with show_studies.bar(2) as said:
        assert said(batch) is batch

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with show_studies.bar(2) as said:
        assert said(batch) is batch
    assert "design points" in stream.getvalue()
