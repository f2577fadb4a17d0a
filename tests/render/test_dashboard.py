"""The Summary and the views: what stands where, that all of it is live, and that it says what the engine says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reportgen.book.build import load_book
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.file.finish import ErrorValue
from reportgen.render.excel.sheets.pages import CHANGED, PROBLEM
from reportgen.render.excel.sheets.verdicts import verdicts
from reportgen.render.excel.workbook import assemble
from tests.workbooks import built, read, spec

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.engine.results import Results

SPECS = ["alice", "bob", "procurement", "llm_viewer_operators"]

LOOKED_AT = frozenset({"Summary", "Memory", "Cost", "Batch sweep", "Options"})


class Made:
    """A workbook read back: formulas, values, and what the engine said."""

    def __init__(self, name: str) -> None:
        self.name, self.results = name, evaluate(spec(name))
        self.formulas, self.values = read(name, only=LOOKED_AT), read(name, values=True, only=LOOKED_AT)

    def rows(self, sheet: str = "Summary") -> dict[str, list[Any]]:
        """The values of a sheet's rows by what stands first in them."""
        return {str(row[0].value): [c.value for c in row] for row in self.values[sheet] if row[0].value}


@pytest.fixture(scope="module", params=SPECS)
def made(request: pytest.FixtureRequest) -> Made:
    return Made(request.param)


@pytest.fixture(scope="module")
def procurement() -> Made:
    return Made("procurement")


def recommended(results: Results) -> str:
    found = results.book.quantities
    if "best_advised" in found and results.get("best_advised"):
        return str(results.get("best_advised"))
    return results.book.baseline


def test_every_formula_of_the_summary_has_the_value_of_the_engine(made: Made) -> None:
    _, workbook, writer = built(made.name)
    for title in ("Summary", "Memory", "Cost", "Batch sweep"):
        if title not in workbook.sheetnames:
            continue
        cells = [c for row in workbook[title].iter_rows() for c in row if c.data_type == "f"]
        assert len(cells) > 3
        for cell in cells:
            wanted, shown = writer.values[title][cell.coordinate], made.values[title][cell.coordinate].value
            assert not isinstance(wanted, ErrorValue)
            assert (shown if shown is not None else "") == (pytest.approx(wanted) if wanted != "" else "")


def test_the_state_of_the_inputs_keeps_its_place(made: Made) -> None:
    sheet = made.values["Summary"]
    assert sheet["B5"].value == "all inputs are within their ranges"
    assert sheet["B6"].value == sheet["B7"].value == 0
    names = made.formulas.defined_names
    assert names[PROBLEM].attr_text == "'Summary'!$B$6"
    assert names[CHANGED].attr_text == "'Summary'!$B$7"


def test_the_verdict_stands_first_and_is_coloured(procurement: Made) -> None:
    sheet, results = procurement.values["Summary"], procurement.results
    assert sheet["A2"].value == results.get("report_title")
    assert sheet["B3"].value == results.get("option_title", recommended(results))
    assert sheet["B4"].value == results.get("option_title", results.book.baseline)
    assert (sheet["E3"].value, sheet["E4"].value) == ("feasible", "not feasible")
    ranges = {str(area.sqref) for area in procurement.formulas["Summary"].conditional_formatting}
    assert {"A2:H2", "E3", "E4"} <= ranges


def test_key_figures_stand_beside_their_targets(procurement: Made) -> None:
    rows, results = procurement.rows(), procurement.results
    best = recommended(results)
    for name in results.book.report.key_figures:
        quantity = results.book.quantities[name]
        _, value, low, high, baseline, unit, *_ = rows[quantity.title][:8]
        assert value == pytest.approx(results.get(name, best))
        assert baseline == pytest.approx(results.get(name, results.book.baseline))
        assert unit == quantity.type.unit.label
        if f"{name}_low" in results.book.quantities:
            assert low == pytest.approx(results.get(f"{name}_low", best))
            assert high == pytest.approx(results.get(f"{name}_high", best))
    assert rows["Cost per year"][6:8] == [600_000, "met"]
    assert rows["Time per output token"][6:8] == [50, "met"]
    assert rows["Memory needed"][6] == pytest.approx(results.get("memory_limit", best))
    assert rows["TTFT at the target percentile"][6:8] == [2000, "met"]
    assert rows["Load of a replica"][6:8] == [None, None]


def test_a_missed_target_is_called_missed() -> None:
    book = spec("alice")
    from reportgen.book.changes import read_changes

    results = evaluate(book, read_changes(book, ["tpot_target=1"]))
    workbook, writer = assemble(results)
    sheet = workbook["Summary"]
    row = next(r for r in range(1, 60) if sheet.cell(r, 1).value == "Time per output token")
    assert writer.values["Summary"][f"H{row}"] == "missed"
    assert writer.values["Summary"]["E3"] == "not feasible"


def test_contents_lead_to_every_other_sheet(made: Made) -> None:
    summary = made.formulas["Summary"]
    links = {c.value: (c.hyperlink.location, summary.cell(c.row, 2).value) for c in summary["A"] if c.hyperlink}
    assert set(links) == set(made.formulas.sheetnames) - {"Summary"}
    for title, (location, said) in links.items():
        assert location == f"'{title}'!A1"
        assert said


def test_nothing_on_the_summary_lies_below_a_chart(made: Made) -> None:
    summary = made.formulas["Summary"]
    ends = 0
    for chart in summary._charts:
        assert chart.anchor._from.col >= 9
        assert chart.anchor._from.row >= ends
        ends = chart.anchor._from.row + 1
    used = max(c.column for row in summary.iter_rows() for c in row if c.value is not None)
    assert used <= 8


def test_views_show_each_option_once_and_not_those_of_sweeps(procurement: Made) -> None:
    results = procurement.results
    trials = results.plain("is_trial")
    titles = [results.get("option_title", *key) for key, trial in trials.items() if not trial]
    for name in ("Memory", "Cost"):
        sheet = procurement.values[name]
        shown = [sheet.cell(r, 1).value for r in range(5, sheet.max_row + 1) if sheet.cell(r, 1).value]
        assert shown == titles


def test_parts_of_the_memory_add_up(made: Made) -> None:
    if "Memory" not in made.values.sheetnames:
        assert "memory_needed" not in made.results.book.quantities
        return
    sheet = made.values["Memory"]
    heads = [c.value for c in sheet[3]]
    whole = heads.index("Memory needed")
    assert sheet.cell(4, whole + 1).value == "GB"
    for row in sheet.iter_rows(min_row=5):
        if row[0].value:
            assert sum(c.value for c in row[2:whole]) == pytest.approx(row[whole].value)


def test_parts_of_the_cost_add_up(procurement: Made) -> None:
    sheet = procurement.values["Cost"]
    whole = [c.value for c in sheet[3]].index("Cost per year")
    priced = [row for row in sheet.iter_rows(min_row=5) if isinstance(row[whole].value, float)]
    assert len(priced) > 10
    for row in priced:
        assert sum(c.value for c in row[2:whole]) == pytest.approx(row[whole].value)


def test_a_sheet_without_its_quantities_is_left_out(made: Made) -> None:
    found = made.results.book.quantities
    assert ("Cost" in made.values.sheetnames) == ("yearly_cost" in found)
    assert ("Batch sweep" in made.values.sheetnames) == ("point_batch" in found)


def test_verdicts_are_found_by_the_requirements() -> None:
    found = verdicts(spec("procurement"))
    assert found["verdict"] == "feasible"
    assert found["fit_verdict"] == found["fits"] == "fits"
    assert found["price_fault"] == "price_applies"
    assert "is_bought" not in found


def test_verdicts_of_the_options_are_coloured(procurement: Made) -> None:
    sheet = procurement.formulas["Options"]
    letters = {c.value: c.column_letter for c in sheet[4]}
    ranges = [str(area.sqref) for area in sheet.conditional_formatting]
    for name in ("fits", "feasible", "verdict"):
        assert any(r.startswith(f"{letters[name]}5:{letters[name]}") for r in ranges), name


def test_a_key_figure_may_be_the_same_for_all_options(tmp_path: Path) -> None:
    """One per operator has no place; what no option has of its own stands as it is."""
    path = tmp_path / "plain.yaml"
    path.write_text(
        "schema: 1\ntitle: Plain\nlevers: none\nrequests: {q: {prompt_tokens: 500, output_tokens: 100}}\n"
        "inputs: {tpot_target: 50 ms}\noptions: {baseline: {model: Llama-3.1-8B, accelerator: RTX-4090}}\n"
        "report: {key_figures: [tpot, tpot_target, ops]}\n",
        "utf-8",
    )
    workbook, writer = assemble(evaluate(load_book(path)))
    sheet, values = workbook["Summary"], writer.values["Summary"]
    places = {sheet.cell(row, 1).value: row for row in range(1, 60)}
    row = places["Target for time per output token"]
    assert (values[f"B{row}"], values[f"E{row}"]) == (50.0, 50.0)
    assert "Operations" not in places
