"""One answer everywhere: workbook, report and page name the same option, figures, targets and verdicts."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import lxml.html
import pytest

from reportgen.api import evaluate
from reportgen.render.document.output import html_text, pdf_bytes
from reportgen.render.excel.workbook import assemble
from reportgen.report.chosen import chosen
from reportgen.report.design import Design
from tests.report.test_report import value_of

if TYPE_CHECKING:
    from reportgen.engine.results import Results

ROOT = Path(__file__).parents[2]
SPECS = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
HEAD = """schema: 1
title: Case
requests: {question: {prompt_tokens: 1000, output_tokens: 200}}
levers: none
"""
HOSTILE = {
    "measured_beside_what_does_not_fit": """
inputs: {tpot_target: 60}
options:
  baseline: {title: Too large, model: Llama-3.1-70B, accelerator: H100-SXM-80GB}
  seen: {title: Seen, accelerator: H200-SXM-141GB, weight_precision: fp8, measured_tpot: 40, measured_ttft: 300}
""",
    "nothing_feasible": """
inputs: {ttft_target: 0.01}
options:
  baseline: {title: One, model: Llama-3.1-8B, accelerator: L4}
  other: {title: Other, accelerator: L40S}
""",
    "everything_equal": """
options:
  baseline: {title: One, model: Llama-3.1-8B, accelerator: L4}
  same: {title: The same, accelerator: L4}
  again: {title: Once more}
""",
    "one_option": """
inputs: {latency_target: 1}
options:
  baseline: {title: Alone, model: Llama-3.1-8B, accelerator: L4}
""",
    "over_the_limit_of_devices": """
inputs: {device_limit: 2, tpot_target: 100}
options:
  baseline: {title: Four, model: Llama-3.1-8B, accelerator: L4, replicas: 4}
  two: {title: Two, replicas: 2}
report: {key_figures: [provided_devices, tpot, memory_needed, own]}
quantities:
  own: {title: Own figure, unit: s, per: [option], formula: request_latency * 2}
  own_limit: {title: Own limit, unit: ms, value: 5000, limits: own, met: own_met}
  own_met: {type: flag, per: [option], formula: own <= own_limit}
""",
}
NUMBER = re.compile(r"(?:target [≤≥]|of)\s([^\s]+)")


class Line(NamedTuple):
    """A key figure as an output shows it: its title, its value as text or number, its target, whether it is met."""

    title: str
    value: object
    target: object
    status: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chosen")


@cache
def results_of(case: str, folder: Path) -> Results:
    if case in SPECS:
        return evaluate(ROOT / "specs" / f"{case}.yaml")
    path = folder / f"{case}.yaml"
    path.write_text(HEAD + HOSTILE[case], encoding="utf-8")
    return evaluate(path)


def in_workbook(results: Results) -> tuple[str, str, str, list[Line], list[str]]:
    """The option recommended, the baseline, the finding, the key figures and the bars of the options' chart."""
    workbook, writer = assemble(results)
    sheet, values = workbook["Summary"], writer.values["Summary"]

    def shown(cell: str) -> object:
        return values.get(cell, sheet[cell].value)

    rows = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
    first = rows["Key figure"] + 1
    lines = []
    for row in range(first, sheet.max_row):
        if sheet.cell(row, 1).value is None or sheet.cell(row, 2).value is None:
            break
        lines.append(Line(*(shown(f"{column}{row}") for column in "ABG"), str(shown(f"H{row}") or "none")))  # type: ignore[arg-type]
    data, cells = workbook["Chart data"], writer.values["Chart data"]
    head = next((c for row in data.iter_rows(min_row=2, max_row=2) for c in row if c.value == "Option"
                 and data.cell(2, c.column - 1).value == "Row" and c.column > 4), None)  # fmt: skip
    bars = []
    for row in range(3, data.max_row + 1) if head is not None else ():
        name = cells.get(data.cell(row, head.column).coordinate)
        bars += [str(name)] if name else []
    finding = shown("A2") if "report_title" in results.book.quantities else ""
    return str(shown("B3")), str(shown("B4")), str(finding or ""), lines, bars


def on_page(text: str) -> tuple[str, str, list[Line]]:
    """Whose the key figures are, the finding, and the key figures."""
    page = lxml.html.fromstring(text)

    def words(element: lxml.html.HtmlElement, kind: str) -> str:
        return " ".join("".join(element.find_class(kind)[0].itertext()).split())

    lines = []
    for figure in page.find_class("key"):
        note = "".join(figure.find_class("note")[0].itertext())
        target = NUMBER.search(note)
        status = next(s for s in ("met", "missed", "none") if s in figure.get("class", "").split())
        value = "".join(t for t in figure.find_class("value")[0].xpath("text()"))
        lines.append(Line(words(figure, "label"), value.strip(), target and target[1], status))
    whose = words(page, "figures-of") if page.find_class("figures-of") else ""
    return whose, " ".join("".join(page.xpath("//h1")[0].itertext()).split()), lines


def same_number(text: str, number: float) -> bool:
    """Whether a printed number is a number, perhaps in a larger or smaller unit."""
    printed, half = value_of(text)
    return any(abs(printed - number * 10.0**p) <= half * (1 + 1e-9) for p in range(-12, 13, 3))


@pytest.mark.parametrize("case", [*SPECS, *HOSTILE])
def test_every_output_gives_the_same_answer(case: str, folder: Path) -> None:
    results = results_of(case, folder)
    recommended, baseline, finding, cells, bars = in_workbook(results)
    page = html_text(results, Design(form="brief"))
    whose, title, lines = on_page(page)
    about = chosen(results)
    assert recommended == results.get("option_title", about.recommended)
    if about.has_baseline:
        assert baseline == results.get("option_title", about.baseline)
    if whose:
        assert f"“{recommended}”" in whose
    if finding:
        assert finding == title
    assert [line.title for line in lines] == [line.title for line in cells]
    for line, cell in zip(lines, cells, strict=True):
        if isinstance(cell.value, float):
            assert same_number(str(line.value), cell.value), (line, cell)
        assert line.status == cell.status, (line, cell)
        assert (line.target is None) == (cell.target in (None, "")), (line, cell)
        if line.target is not None:
            assert isinstance(cell.target, float)
            assert same_number(str(line.target), cell.target), (line, cell)
    names = [results.get("option_title", option) for option in about.ranked]
    assert bars == ([n for n in names if n in bars] if len(names) > 1 else bars)


@pytest.mark.parametrize("case", ["alice", "measured_beside_what_does_not_fit", "nothing_feasible"])
def test_the_pdf_says_what_the_page_says(case: str, folder: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    results = results_of(case, folder)
    whose, title, lines = on_page(html_text(results, Design(form="brief")))
    path = folder / f"{case}.pdf"
    path.write_bytes(pdf_bytes(results, design=Design(form="brief")))
    found = subprocess.run(["pdftotext", "-l", "1", "-raw", str(path), "-"], capture_output=True, check=True)
    said = re.sub(r"\s+", " ", found.stdout.decode())
    assert whose in said
    assert title in said
    for line in lines:
        assert line.title in said
        assert str(line.value) in said


def test_what_is_measured_is_recommended_where_the_baseline_does_not_fit(folder: Path) -> None:
    about = chosen(results_of("measured_beside_what_does_not_fit", folder))
    assert (about.recommended, about.advised) == ("seen", ())
    assert about.role("seen") == "recommended"


def test_the_budget_is_the_target_of_the_cost() -> None:
    about = chosen(evaluate(ROOT / "specs" / "procurement.yaml"))
    goal = about.goals[about.recommended, "yearly_cost"]
    assert (goal.target, goal.value, goal.met) == ("budget", 600_000.0, True)
