"""Servers under load in the workbook: the view, its live charts, and the warning of the Summary."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from reportgen.ooxml.lint import lint
from reportgen.render.excel.workbook import workbook_bytes
from tests.render.charts.drawn import results_of

if TYPE_CHECKING:
    from reportgen.engine.results import Results

ALONE = ("request_rate=6.1", "peak_rate=absent")


class Made:
    """A workbook of a scenario, with its formulas and with its values."""

    def __init__(self, *changes: str, spec: str = "expert_server") -> None:
        self.results: Results = results_of(spec, *changes)
        self.content = workbook_bytes(self.results)
        self.formulas: Any = openpyxl.load_workbook(io.BytesIO(self.content))
        self.values: Any = openpyxl.load_workbook(io.BytesIO(self.content), data_only=True)

    def series(self) -> dict[str, list[list[Any]]]:
        """The series of the charts' data, by name: rows of rate, TTFT and TPOT."""
        sheet = self.values["Chart data"]
        heads = {sheet.cell(1, c).value: c for c in range(1, sheet.max_column + 1)}
        column = heads["Latency over the request rate of one replica"]
        found: dict[str, list[list[Any]]] = {}
        name = ""
        for row in range(3, sheet.max_row + 1):
            word = sheet.cell(row, column).value
            values = [sheet.cell(row, column + i).value for i in (1, 2, 3)]
            if word is not None:
                name = word if word not in found else f"{word}, recommended"
            if values != [None] * 3:
                found.setdefault(name, []).append(values)
        return found


@pytest.fixture(scope="module")
def rated() -> Made:
    return Made(*ALONE)


def test_the_workbook_is_sound(rated: Made) -> None:
    assert lint(rated.content) == []


def test_the_view_has_the_columns_of_the_report_for_every_option(rated: Made) -> None:
    sheet, book = rated.values["Under load"], rated.results.book
    titles = [sheet.cell(3, c).value for c in range(3, sheet.max_column + 1)]
    assert titles == [book.quantities[name].title for name in book.report.load_columns]
    at = 3 + list(book.report.load_columns).index("ttft_p95")
    assert sheet.cell(5, at).value == pytest.approx(rated.results.get("ttft_p95", "baseline"))
    assert str(rated.formulas["Under load"].cell(5, at).value).startswith("=INDEX(")
    assert sheet["A2"].value == rated.results.get("load_title")


def test_the_charts_draw_the_curve(rated: Made) -> None:
    results, found = rated.results, rated.series()
    assert [len(rated.formulas["Under load"]._charts)] == [2]
    title = results.get("option_title", "baseline")
    points = results.book.dimensions["load_curve"].names
    curve = [
        [results.get(n, "baseline", p) for n in ("curve_rate", "curve_ttft_in_time", "curve_tpot")] for p in points
    ]
    assert found[f"{title} (baseline)"] == [pytest.approx(row) for row in curve]


def test_the_charts_mark_the_rates(rated: Made) -> None:
    results, found = rated.results, rated.series()
    for words, name in (
        ("rate as given", "replica_rate"), ("largest rate within the targets", "target_rate"),
        ("predicted waits are rough from here", "rough_rate"), ("capacity", "replica_capacity"),
    ):  # fmt: skip
        assert [row[0] for row in found[words]] == pytest.approx([results.get(name, "baseline")] * 2)
    assert [row[1:] for row in found["target"]] == [[4000, 60]] * 2


def test_the_summary_warns_and_says_the_finding_otherwise(rated: Made) -> None:
    cell = next(c for c in rated.values["Summary"]["A"] if c.value == "Load")
    said = rated.values["Summary"].cell(cell.row, 2).value
    assert said == rated.results.get("load_warning")
    assert "waits are rough" in said
    assert "load_line" in rated.formulas["Summary"].cell(cell.row, 2).value
    rules = [r for area in rated.formulas["Summary"].conditional_formatting for r in area.rules]
    assert any("load_warning" in str(r.formula) for r in rules)
    calm = Made()
    assert calm.values["Summary"].cell(cell.row, 2).value == calm.results.get("load_title")


def test_a_target_for_a_percentile_is_met_or_missed(rated: Made) -> None:
    sheet = rated.values["Summary"]
    title = rated.results.book.quantities["ttft_in_time"].title
    row = next(c.row for c in sheet["A"] if c.value == title)
    assert [sheet.cell(row, c).value for c in (7, 8)] == [4000, "met"]


def test_without_a_rate_the_view_is_of_clients_and_has_no_chart() -> None:
    made = Made(spec="bob")
    assert made.formulas["Under load"]._charts == []
    assert made.values["Under load"]["C3"].value == made.results.book.quantities["at_once"].title
    assert made.values["Summary"]["A8"].value != "Load"


def test_an_accounting_without_servers_has_no_view() -> None:
    assert "Under load" not in Made(spec="llm_viewer_operators").values.sheetnames
