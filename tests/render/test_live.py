"""Live cells outside the tables: their formula and their value come from one tree, and blocks of data stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from reportgen.book.names import name_fault
from reportgen.lang import tree
from reportgen.render.excel.file.cell_values import ErrorValue
from reportgen.render.excel.plan.layout import CHANGES, PROBLEMS
from reportgen.render.excel.plan.live import CHANGED, GAP, PROBLEM
from reportgen.render.excel.plan.trees import choice, in_words, joined, known, scaled
from reportgen.render.excel.sheets.data import ChartData
from reportgen.render.excel.sheets.styles import Look, Styles
from reportgen.render.excel.sheets.tables import Writer
from tests.workbooks import built

if TYPE_CHECKING:
    from reportgen.render.excel.plan.live import Live

FIRST = tree.Member("option", "baseline")


@pytest.fixture(scope="module")
def writer() -> Writer:
    made = Workbook()
    return Writer(built("alice").writer.plan, Styles(made))


@pytest.fixture
def live(writer: Writer) -> Live:
    return writer.live


def test_a_quantity_of_a_member_is_looked_up_in_its_table(live: Live, writer: Writer) -> None:
    tpot = live.of("tpot", FIRST)
    assert live.text(tpot) == "INDEX(t_option[tpot],1)"
    assert live.value(tpot) == writer.plan.results.get("tpot", "baseline")
    assert live.text(live.of("recommend_from", FIRST)) == "recommend_from"


def test_a_member_may_be_the_value_of_a_quantity(live: Live, writer: Writer) -> None:
    best = live.of("verdict", tree.Ref("recommended_option"))
    assert live.text(best) == "INDEX(t_option[verdict],MATCH(recommended_option,t_option[option],0))"
    chosen = str(writer.plan.results.get("recommended_option"))
    assert live.value(best) == writer.plan.results.get("verdict", chosen)


def test_a_member_may_be_the_one_whose_row_a_cell_holds(live: Live, writer: Writer) -> None:
    row = live.hold("Bob's data", "C3", 2.0, rows_of="option")
    tpot = live.of("tpot", row)
    assert live.text(tpot, "Summary") == "INDEX(t_option[tpot],'Bob''s data'!$C$3)"
    assert live.text(tpot, "Bob's data") == "INDEX(t_option[tpot],C3)"
    assert live.value(tpot) == writer.plan.results.get("tpot", writer.plan.book.dimensions["option"].names[1])


def test_an_empty_cell_names_no_member(live: Live) -> None:
    row = live.hold("Chart data", "Z9", None, rows_of="option", may_be_empty=True)
    tpot = live.of("tpot", row)
    assert live.may_be_empty(tpot)
    assert live.value(tpot) is None
    assert live.value(choice(known(row), tpot, "")) == ""


def test_values_are_those_of_the_engine(live: Live, writer: Writer) -> None:
    name = live.of("option_title", FIRST)
    assert (
        live.value(joined(name, " (baseline)")) == f"{writer.plan.results.get('option_title', 'baseline')} (baseline)"
    )
    assert live.text(joined(name, " (baseline)")) == 'INDEX(t_option[option_title],1)&" (baseline)"'
    feasible = in_words(live.of("feasible", FIRST), "yes", "no")
    assert live.value(feasible) == ("yes" if writer.plan.results.get("feasible", "baseline") else "no")
    half = scaled(live.of("tpot", FIRST), writer.plan.book.quantities["tpot"].type.unit.scale / 2)
    assert live.text(half).startswith("INDEX(t_option[tpot],1)")


def test_nothing_is_shown_while_an_input_has_a_problem(live: Live) -> None:
    shown = live.checked(live.of("verdict", FIRST))
    assert live.text(shown) == 'IF(first_problem>0,"check inputs",INDEX(t_option[verdict],1))'
    assert live.value(shown) == live.value(live.of("verdict", FIRST))


def test_an_empty_input_stays_empty(live: Live) -> None:
    assert live.text(tree.Ref("tpot_target")) == 'IF(tpot_target="","",tpot_target)'


@pytest.mark.parametrize("name", [PROBLEM, CHANGED, PROBLEMS, f"{PROBLEMS}_2", CHANGES, "batch_as_built"])
def test_no_quantity_takes_the_name_of_a_check(name: str) -> None:
    assert name_fault(name, ()) == "the workbook keeps its checks of inputs under this name"


def test_a_chart_has_a_gap_where_a_value_is_absent(writer: Writer) -> None:
    sheet = Workbook().active
    assert sheet is not None
    writer.draw(sheet, 1, 1, writer.live.of("linear_rate", FIRST), Look())
    writer.draw(sheet, 2, 1, writer.live.of("linear_rate", FIRST), Look(), unless=tree.Literal(True))
    row = writer.live.hold(sheet.title, "A9", None, rows_of="option", may_be_empty=True)
    writer.draw(sheet, 3, 1, writer.live.of("linear_rate", row), Look())
    assert sheet["A1"].value == "=INDEX(t_option[linear_rate],1)"
    assert sheet["A2"].value == f"=IF(TRUE,{GAP.name},INDEX(t_option[linear_rate],1))"
    assert sheet["A3"].value == f'=IF(INDEX(t_option[linear_rate],A9)<>"",INDEX(t_option[linear_rate],A9),{GAP.name})'
    shown = writer.values[sheet.title]
    assert isinstance(shown["A1"], float)
    assert shown["A2"] == shown["A3"] == ErrorValue("#N/A")


def test_blocks_of_data_stand_side_by_side(writer: Writer) -> None:
    sheet = Workbook().create_sheet("Data of charts")
    data = ChartData(writer, sheet)
    first, second = (data.block(title, [("Name", ""), ("Value", "right")]) for title in ("One", "Two"))
    for block in (first, second):
        for number in (1.0, 2.0):
            block.show(block.next_row(), 1, tree.Literal(number), Look())
    assert [sheet["A1"].value, sheet["D1"].value] == ["One", "Two"]
    assert str(first.cells(1)) == "'Data of charts'!$B$3:$B$4"
    assert str(second.cells(1, 3, 3)) == "'Data of charts'!$E$3"
    assert str(second.head(0)) == "'Data of charts'!$D$2"
    assert str(second.table(0, 1)) == "'Data of charts'!$D$2:$E$4"
