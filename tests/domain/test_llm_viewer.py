"""The accounting `llm_viewer` against LLM-Viewer's own runs, and against the two published tables as printed."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from benchmarks import llm_viewer
from reportgen.book.build import load_book
from reportgen.engine.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.engine.results import Results

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "reference" / "llm_viewer.json").read_text(encoding="utf-8"))
PRINTED = YAML(typ="safe").load((ROOT / "tests" / "reference" / "seed_tables.yaml").read_text(encoding="utf-8"))
STANDS_FOR = {"norm": ("attn_norm", "mlp_norm"), "add": ("attn_add", "mlp_add")}
SCALE = {"": 1.0, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "ms": 1e-3}

# --- LLM-Viewer's runs -------------------------------------------------------------------------------------------


def test_the_reference_holds_all_runs() -> None:
    assert len(CASES["cases"]) == 128
    assert len(CASES["generate_task"]) == 3
    assert {case["model"] for case in CASES["cases"]} == {"Llama-2-7b", "Llama-2-70b"}
    assert {case["flashattention"] for case in CASES["cases"]} == {True, False}


@pytest.mark.parametrize("hardware", CASES["meta"]["hardware"])
@pytest.mark.parametrize("model", CASES["meta"]["models"])
def test_every_figure_of_every_run_is_llm_viewers(model: str, hardware: str) -> None:
    cases = [case for case in CASES["cases"] if (case["model"], case["hardware"]) == (model, hardware)]
    found = [pair for case in cases for pair in llm_viewer.compare_case(CASES["meta"], case)]
    figures = sum(
        len(row) for case in cases for stage in ("prefill", "decode") for row in (*case[stage]["ops"].values(),)
    ) + sum(len(case[stage]["total"]) for case in cases for stage in ("prefill", "decode"))
    assert len(found) == figures + 2 * len(cases)  # and one line per stage on which operators there are
    assert [pair for pair in found if not pair[1] <= llm_viewer.LIMIT] == []


@pytest.mark.parametrize("task", CASES["generate_task"], ids=lambda task: f"{task['model']}-{task['generate']}")
def test_every_generation_is_llm_viewers(task: dict[str, Any]) -> None:
    where, worst = llm_viewer.compare_generation(CASES["meta"], task)
    assert worst <= llm_viewer.LIMIT, where


# --- what the comparison must catch ------------------------------------------------------------------------------


def one_run() -> dict[str, Any]:
    """The first run and the first generation, free to be spoilt."""
    return copy.deepcopy(
        {"meta": CASES["meta"], "cases": CASES["cases"][:1], "generate_task": CASES["generate_task"][:1]}
    )


def spoil_operator(run: dict[str, Any]) -> None:
    run["cases"][0]["decode"]["ops"]["softmax"][1] *= 1 + 1e-8


def spoil_bound(run: dict[str, Any]) -> None:
    column = run["meta"]["op_columns"].index("bound")
    run["cases"][0]["prefill"]["ops"]["q_proj"][column] = "memory"


def spoil_total(run: dict[str, Any]) -> None:
    run["cases"][0]["prefill"]["total"][-1] *= 1 - 1e-8


def spoil_generation(run: dict[str, Any]) -> None:
    run["generate_task"][0]["inference_time"] *= 1 + 1e-8


def leave_out_operator(run: dict[str, Any]) -> None:
    del run["cases"][0]["decode"]["ops"]["mlp_act"]


def spoil_model(run: dict[str, Any]) -> None:
    run["meta"]["models"]["Llama-2-7b"]["intermediate"] += 1


def run_main(run: dict[str, Any], folder: Path) -> int:
    path = folder / "cases.json"
    path.write_text(json.dumps(run), encoding="utf-8")
    return llm_viewer.main([str(path)])


def test_a_right_run_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(one_run(), tmp_path) == 0
    assert "1 runs and 1 generation runs" in capsys.readouterr().out


@pytest.mark.parametrize("rate", [{}, {"INT8": None}], ids=["left out", "blank"])
def test_an_accelerator_without_a_rate_for_int8_is_compared(rate: dict[str, None], tmp_path: Path) -> None:
    run = one_run()
    for name, hardware in run["meta"]["hardware"].items():
        run["meta"]["hardware"][name] = {key: value for key, value in hardware.items() if key != "INT8"} | rate
    assert run_main(run, tmp_path) == 0


@pytest.mark.parametrize(
    "spoil", [spoil_operator, spoil_bound, spoil_total, spoil_generation, leave_out_operator, spoil_model]
)
def test_a_figure_that_differs_is_caught(spoil: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    run = one_run()
    spoil(run)
    assert run_main(run, tmp_path) == 1


# --- the published tables ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def operators() -> Results:
    return evaluate(load_book(ROOT / "specs" / "llm_viewer_operators.yaml"))


@pytest.fixture(scope="module")
def network() -> Results:
    return evaluate(load_book(ROOT / "specs" / "llm_viewer_network.yaml"))


def as_printed(value: object, printed: str) -> str:
    """A value in the unit and with the decimals of a printed figure."""
    match = re.fullmatch(r"\d+(?:\.(\d+))?(ms|[KMGT]?)", printed)
    assert match is not None, printed
    assert isinstance(value, float)
    return f"{value / SCALE[match[2]]:.{len(match[1] or '')}f}{match[2]}"


@pytest.mark.parametrize("stage", ["prefill", "decode"])
def test_the_published_operator_table(operators: Results, stage: str) -> None:
    columns = PRINTED["operators"]["columns"][1:]
    printed, ours = {}, {}
    for published, *figures in PRINTED["operators"][stage]:
        for operator in STANDS_FOR.get(published, (published,)):
            for column, figure in zip(columns, figures, strict=True):
                value = operators.get(column, "baseline", stage, operator)
                printed[operator, column] = figure
                ours[operator, column] = value if column == "bound" else as_printed(value, figure)
    assert len(printed) == 14 * 5
    assert ours == printed


@pytest.mark.parametrize("stage", ["prefill", "decode"])
def test_the_published_network_table(network: Results, stage: str) -> None:
    printed = PRINTED["network"][stage]
    ours = {
        name: as_printed(
            network.get(name if name.startswith("memory_consumption") else f"total_{name}", "baseline", stage), figure
        )
        for name, figure in printed.items()
    }
    assert len(printed) == 12
    assert ours == printed
