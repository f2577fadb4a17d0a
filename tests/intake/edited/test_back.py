"""Edited workbooks compared with their build and brought back into a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reportgen import api
from reportgen.engine.results import evaluate
from reportgen.errors import SpecError
from reportgen.render.excel.workbook import workbook_bytes
from reportgen.spec.document import parse_document
from tests.intake.edited.conftest import SCENARIO

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.intake.edited.bring_back import Edited
    from tests.intake.edited.conftest import Editor


def back(editor: Editor) -> Edited:
    """The edited workbook, read again."""
    return api.import_workbook(editor.save())


def data(edited: Edited) -> dict[str, Any]:
    """The scenario's plain data."""
    found = parse_document(edited.text.encode(), "x").data
    assert isinstance(found, dict)
    return found


def test_what_was_not_edited_comes_back_to_the_letter(built: bytes, editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "small.xlsx"
    path.write_bytes(built)
    for found in (api.import_workbook(path), back(editor)):
        assert not found.changed
        assert found.text == SCENARIO
    again = tmp_path / "small.yaml"
    again.write_text(found.text, encoding="utf-8")
    assert workbook_bytes(api.evaluate(again)) == built


@pytest.mark.parametrize("style", ["structured", "a1"])
def test_both_styles_come_back(style: str, built: bytes, tmp_path: Path) -> None:
    source = tmp_path / "small.yaml"
    source.write_text(SCENARIO, encoding="utf-8")
    path = tmp_path / "small.xlsx"
    path.write_bytes(workbook_bytes(api.evaluate(source), style))
    assert not api.import_workbook(path).changed


def test_inputs_come_back_where_they_belong(editor: Editor) -> None:
    editor.scalar("tpot_target").value = 33.5
    editor.scalar("usual").value = 16
    editor.cell("t_option", "batch", "baseline").value = 6
    editor.cell("t_option", "accelerator", "larger").value = "MI300X"
    editor.cell("t_option", "batch", "larger").value = 12
    editor.cell("t_option", "batch", "weights_int8").value = 7
    editor.cell("t_option", "batch", "batch_2").value = 3
    editor.cell("t_option", "flash_attention", "what_if_1").value = False
    editor.cell("t_request", "prompt_tokens", "chat").value = 1500
    editor.cell("t_accelerator", "memory_bandwidth", "L40S").value = 900
    editor.cell("t_accelerator", "peak_int8", "L40S").value = None
    editor.cell("t_model", "layers", "Llama-3.1-8B").value = 30
    editor.cell("t_period", "load", editor.column("t_period", "period")[0].value).value = 50
    found = back(editor)
    made = data(found)
    assert made["inputs"] == {"tpot_target": 33.5, "usual": 16}
    assert made["options"]["baseline"]["batch"] == 6
    assert made["options"]["larger"] == {"title": "On an H100", "accelerator": "MI300X", "batch": 12}
    assert made["levers"] == {"weights_int8": {"batch": 7}, "what_if_1": {"flash_attention": False}}
    assert made["batches"] == [1, 3]
    assert made["requests"]["chat"]["prompt_tokens"] == 1500
    assert made["accelerators"] == {"L40S": {"memory_bandwidth": 900, "peak": {"int8": None}}}
    assert made["models"] == {"Llama-3.1-8B": {"layers": 30}}
    assert next(iter(made["periods"].values()))["load"] == 50
    assert "# with a remark" in found.text
    assert "# dear" in found.text
    assert len(found.comparison.inputs) == 13
    assert found.overrides == []
    assert evaluate(found.book).get("batch", "batch_3") == 3


def test_new_rows_come_back(editor: Editor) -> None:
    names = [c.value for c in editor.column("t_accelerator", "accelerator")]
    row = names.index(None)
    for column, value in {
        "accelerator": "Ours", "memory_bandwidth": 2000, "memory_nominal": 64, "peak_16bit": 300, "peak_int8": 600,
        "accelerator_family": "other",
    }.items():  # fmt: skip
        editor.column("t_accelerator", column)[row].value = value
    editor.cell("t_option", "accelerator", "larger").value = "Ours"
    found = back(editor)
    (added,) = found.comparison.added
    assert (added.dimension, added.name) == ("accelerator", "Ours")
    assert data(found)["accelerators"]["Ours"]["peak"] == {"int8": 600}
    assert evaluate(found.book).get("accelerator", "larger") == "Ours"


def test_a_sorted_table_and_a_moved_one_are_the_same(editor: Editor) -> None:
    sheet = editor.column("t_accelerator", "accelerator")[0].parent
    top = editor.column("t_accelerator", "accelerator")[0].row
    columns = [c.name for c in sheet.tables["t_accelerator"].tableColumns]
    cells = [editor.column("t_accelerator", name)[:2] for name in columns]
    for first, second in cells:
        if not str(first.value).startswith("="):
            first.value, second.value = second.value, first.value
    assert sheet.cell(top, 1).value != ""
    assert not back(editor).changed


def test_a_table_made_a_plain_range_is_still_found(editor: Editor) -> None:
    sheet = editor.column("t_option", "option")[0].parent
    editor.cell("t_option", "batch", "baseline").value = 5
    del sheet.tables["t_option"]
    assert [i.address for i in back(editor).comparison.inputs] == ["baseline.batch"]


def rewrite(editor: Editor, table: str, column: str, text: str, **only: str) -> None:
    """Type a formula into every row of a column, or into the rows of some members."""
    cells = editor.column(table, column)
    for name, member in only.items():
        members = editor.column(table, name)
        cells = [c for c, m in zip(cells, members, strict=True) if m.value == member]
    for cell in cells:
        cell.value = text


def own(table: str, column: str) -> str:
    return f"{table}[[#This Row],[{column}]]"


@pytest.mark.parametrize(
    ("column", "text", "formula"),
    [
        ("effort", f"={own('t_option', 'batch')}*2/usual", "batch * 2 / usual"),
        ("effort", f"=MAX({own('t_option', 'batch')},usual)/usual", "max(batch, usual) / usual"),
        ("effort", f"=({own('t_option', 'batch')}-1)^2/usual", "(batch - 1) ** 2 / usual"),
        ("ideal_ttft", f"={own('t_option', 'total_ideal_inference_time_at_prefill')}*1000*1.1",
         "total_ideal_inference_time[prefill] * 1.1"),
        ("effort", f"=IF({own('t_option', 'flash_attention')},1,INT({own('t_option', 'batch')}/usual+0.000000001))",
         "1 if flash_attention else floor(batch / usual)"),
        ("effort", f"=-INT(0.000000001-{own('t_option', 'batch')}/usual)", "ceil(batch / usual)"),
        ("effort", f"=POWER({own('t_option', 'batch')}/usual,2)*50%", "(batch / usual) ** 2 * (50 / 100)"),
        ("effort", f"=IF(OR({own('t_option', 'fits')},{own('t_option', 'kernel_fusion')},FALSE),1,2)",
         "1 if fits or kernel_fusion or False else 2"),
        ("fit_verdict", f'="needs "&FIXED(ROUND({own("t_option", "memory_needed")},1),1,TRUE)&" GB"',
         "'needs {memory_needed:.1f} GB'"),
    ],
)  # fmt: skip
def test_a_formula_rewritten_in_every_row_comes_back(column: str, text: str, formula: str, editor: Editor) -> None:
    rewrite(editor, "t_option", column, text)
    found = back(editor)
    assert [(r.quantity, r.new) for r in found.rewrites] == [(column, formula)]
    assert found.overrides == []
    made = data(found)
    assert formula in (made["quantities"][column]["formula"] if column == "effort" else made["formulas"][column])


def test_the_formula_of_one_operator_comes_back(editor: Editor) -> None:
    first = editor.cell("t_option_stage_operator", "macs", "baseline", "prefill", "q_proj").value
    rewrite(editor, "t_option_stage_operator", "macs", first + "/2", operator="q_proj")
    found = back(editor)
    assert [r.title for r in found.rewrites] == ["macs of q_proj"]
    assert data(found)["dimensions"]["operator"]["rows"]["q_proj"]["macs"].endswith("/ 2")
    before = evaluate(api.import_workbook(editor.save()).book)
    assert before.get("macs", "baseline", "prefill", "q_proj") > 0


@pytest.mark.parametrize(
    ("column", "text", "why"),
    [
        ("effort", f"=ROUND({own('t_option', 'batch')},0)", "the function ROUND"),
        ("effort", "=SUM(t_option[batch])/usual", "the function SUM"),
        ("effort", "=Method!B3", "a cell of another row or place"),
        ("ideal_tpot", f"=MIN({own('t_option', 'ideal_ttft')},46)", "different kinds of unit"),
        ("effort", "=unheard_of", "the name 'unheard_of'"),
        ("effort", "={1,2}", "'{1,2}'"),
    ],
)
def test_what_no_scenario_can_hold_is_told_with_its_cells(column: str, text: str, why: str, editor: Editor) -> None:
    rewrite(editor, "t_option", column, text)
    found = back(editor)
    assert found.rewrites == []
    assert len(found.overrides) == len(editor.column("t_option", "option"))
    assert all(o.where.startswith("Options!") for o in found.overrides)
    assert why in found.overrides[0].why
    assert found.text == SCENARIO


def test_single_cells_stay_out_and_are_told(editor: Editor) -> None:
    editor.cell("t_option", "tpot", "baseline").value = 12
    editor.cell("t_option", "ttft", "larger").value = "=1+1"
    editor.scalar("best_option").value = "larger"
    editor.book["Method"]["A3"].value = "mine"
    editor.book["Summary"]["Z99"].value = "remark"
    editor.book.create_sheet("Notes")["A1"].value = "note"
    del editor.book["Sources"]
    found = back(editor)
    said = {o.where.partition("!")[0]: o.why for o in found.overrides}
    assert said.keys() == {"Options", "Lists", "Method", "Summary", "Notes"}
    assert sorted(o.why for o in found.overrides if o.where.startswith("Options")) == [
        "a formula rewritten in some rows only", "a value in place of a formula",
    ]  # fmt: skip
    assert found.comparison.removed == ["the sheet 'Sources'"]
    assert found.text == SCENARIO


@pytest.mark.parametrize(
    ("table", "column", "key", "value", "said"),
    [
        (
            "t_option",
            "batch",
            "baseline",
            2.5,
            "baseline.batch needs a whole number from 1 to 100000 (sequence), not 2.5",
        ),
        ("t_option", "batch", "baseline", None, "baseline.batch needs a whole number from 1 to 100000 (sequence), not"),
        ("t_option", "accelerator", "larger", "H100-SXM-80G", "did you mean 'H100-SXM-80GB'"),
        ("t_option", "flash_attention", "larger", "maybe", "larger.flash_attention needs true or false, not maybe"),
        ("t_request", "prompt_tokens", "chat", "many", "chat.prompt_tokens needs a number"),
        ("t_accelerator", "memory_bandwidth", "L40S", -1, "L40S.memory_bandwidth needs a number"),
    ],
)
def test_an_input_out_of_range_is_an_error(
    table: str, column: str, key: str, value: object, said: str, editor: Editor
) -> None:
    cell = editor.cell(table, column, key)
    cell.value = value
    with pytest.raises(SpecError) as caught:
        back(editor)
    assert f"{cell.parent.title}!{cell.coordinate}" in str(caught.value)
    assert said in str(caught.value)


def test_all_mistakes_come_at_once(editor: Editor) -> None:
    editor.cell("t_option", "batch", "baseline").value = -1
    editor.scalar("tpot_target").value = "soon"
    editor.cell("t_option", "option", "larger").value = "renamed"
    del editor.book.defined_names["usual"]
    editor.book["Inputs"].delete_cols(2)
    with pytest.raises(SpecError) as caught:
        back(editor)
    assert len(caught.value.problems) >= 4
    assert "the row 'larger' is gone from the table 't_option'" in str(caught.value)
    assert "the input 'usual' is gone" in str(caught.value)
