"""Edited workbooks compared with their build and brought back into a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli import app
from reportgen.engine.evaluation import evaluate
from reportgen.errors import SpecError
from reportgen.render.excel.workbook import workbook_bytes
from reportgen.spec.document import parse_document
from tests.intake.workbook.conftest import BRIEF, SCENARIO, Editor

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.intake.workbook.bring_back import Edited


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
    source.write_text(BRIEF, encoding="utf-8")
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


def test_new_rows_come_back(brief: Editor) -> None:
    names = [c.value for c in brief.column("t_accelerator", "accelerator")]
    row = names.index(None)
    for column, value in {
        "accelerator": "Ours", "memory_bandwidth": 2000, "memory_nominal": 64, "peak_16bit": 300, "peak_int8": 600,
        "accelerator_family": "other",
    }.items():  # fmt: skip
        brief.column("t_accelerator", column)[row].value = value
    brief.cell("t_option", "accelerator", "larger").value = "Ours"
    found = back(brief)
    (added,) = found.comparison.added
    assert (added.dimension, added.name) == ("accelerator", "Ours")
    assert data(found)["accelerators"]["Ours"]["peak"] == {"int8": 600}
    assert evaluate(found.book).get("accelerator", "larger") == "Ours"


def test_a_sorted_table_and_a_moved_one_are_the_same(brief: Editor) -> None:
    sheet = brief.column("t_accelerator", "accelerator")[0].parent
    top = brief.column("t_accelerator", "accelerator")[0].row
    columns = [c.name for c in sheet.tables["t_accelerator"].tableColumns]
    cells = [brief.column("t_accelerator", name)[:2] for name in columns]
    for first, second in cells:
        if not str(first.value).startswith("="):
            first.value, second.value = second.value, first.value
    assert sheet.cell(top, 1).value != ""
    assert not back(brief).changed


def test_a_table_made_a_plain_range_is_still_found(brief: Editor) -> None:
    sheet = brief.column("t_option", "option")[0].parent
    brief.cell("t_option", "batch", "baseline").value = 5
    del sheet.tables["t_option"]
    assert [i.address for i in back(brief).comparison.inputs] == ["baseline.batch"]


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
    ("text", "formula"),
    [
        (f"={own('t_option', 'batch')}*2/usual", "batch * 2 / usual"),
        (f"=MAX({own('t_option', 'batch')},usual)/usual", "max(batch, usual) / usual"),
        (f"=({own('t_option', 'batch')}-1)^2/usual", "(batch - 1) ** 2 / usual"),
        (f"=IF({own('t_option', 'flash_attention')},1,INT({own('t_option', 'batch')}/usual+0.000000001))",
         "1 if flash_attention else floor(batch / usual)"),
        (f"=-INT(0.000000001-{own('t_option', 'batch')}/usual)", "ceil(batch / usual)"),
        (f"=POWER({own('t_option', 'batch')}/usual,2)*50%", "(batch / usual) ** 2 * (50 / 100)"),
    ],
)  # fmt: skip
def test_a_formula_rewritten_in_every_row_comes_back(text: str, formula: str, brief: Editor) -> None:
    rewrite(brief, "t_option", "effort", text)
    found = back(brief)
    assert [(r.quantity, r.new) for r in found.rewrites] == [("effort", formula)]
    assert found.overrides == []
    assert formula in data(found)["quantities"]["effort"]["formula"]


def test_formulas_of_the_library_come_back_too(editor: Editor) -> None:
    """They go where a scenario replaces formulas of the library."""
    formulas = {
        "ideal_ttft": (f"={own('t_option', 'total_ideal_inference_time_at_prefill')}*1000*1.1",
                       "total_ideal_inference_time[prefill] * 1.1"),
        "fit_verdict": (f'="needs "&FIXED(ROUND({own("t_option", "memory_needed")},1),1,TRUE)&" GB"',
                        "'needs {memory_needed:.1f} GB'"),
        "effort": (f"=IF(OR({own('t_option', 'fits')},{own('t_option', 'kernel_fusion')},FALSE),1,2)",
                   "1 if fits or kernel_fusion or False else 2"),
    }  # fmt: skip
    for column, (text, _) in formulas.items():
        rewrite(editor, "t_option", column, text)
    found = back(editor)
    assert {r.quantity: r.new for r in found.rewrites} == {name: new for name, (_, new) in formulas.items()}
    assert found.overrides == []
    made = data(found)
    assert made["quantities"]["effort"]["formula"] == formulas["effort"][1]
    assert made["formulas"] == {name: formulas[name][1] for name in ("ideal_ttft", "fit_verdict")}


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
        ("tpot", f"=MIN({own('t_option', 'ttft')},46)", "different kinds of unit"),
        ("effort", "=unheard_of", "the name 'unheard_of'"),
        ("effort", "={1,2}", "'{1,2}'"),
    ],
)
def test_what_no_scenario_can_hold_is_told_with_its_cells(column: str, text: str, why: str, brief: Editor) -> None:
    rewrite(brief, "t_option", column, text)
    found = back(brief)
    assert found.rewrites == []
    assert len(found.overrides) == len(brief.column("t_option", "option"))
    assert all(o.where.startswith("Options!") for o in found.overrides)
    assert why in found.overrides[0].why
    assert found.text == BRIEF


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
        ("t_option", "flash_attention", "larger", "maybe", "needs true or false, not the text 'maybe'"),
        ("t_request", "prompt_tokens", "chat", "many", "chat.prompt_tokens needs a number"),
        ("t_accelerator", "memory_bandwidth", "L40S", -1, "L40S.memory_bandwidth needs a number"),
    ],
)
def test_an_input_out_of_range_is_an_error(
    table: str, column: str, key: str, value: object, said: str, brief: Editor
) -> None:
    cell = brief.cell(table, column, key)
    cell.value = value
    with pytest.raises(SpecError) as caught:
        back(brief)
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
    assert "the row 'larger' is missing from the table 't_option'" in str(caught.value)
    assert "the input 'usual' is missing" in str(caught.value)


# --- rows that were added --------------------------------------------------------------------------------------------


def add_row(editor: Editor, table: str, **values: object) -> None:
    """A row typed below a table, which grows."""
    for sheet in editor.book:
        if table in sheet.tables:
            made = sheet.tables[table]
            left, top, right, bottom = range_boundaries(made.ref)
            names = [c.name for c in made.tableColumns]
            for name, value in values.items():
                sheet.cell(bottom + 1, left + names.index(name)).value = value
            made.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom + 1}"
            return
    raise KeyError(table)


def test_a_name_that_stands_twice_is_an_error(brief: Editor) -> None:
    add_row(brief, "t_option", option="larger", accelerator="H200-SXM-141GB", batch=3)
    row = [c.value for c in brief.column("t_accelerator", "accelerator")].index(None)
    brief.column("t_accelerator", "accelerator")[row].value = "l40s"
    with pytest.raises(SpecError) as caught:
        back(brief)
    said = [p.message for p in caught.value.problems if "duplicate" in p.message]
    assert len(said) == 2
    assert "duplicate name 'larger', also at Options!A6" in said[0] + said[1]
    assert "duplicate name 'l40s', also at Catalogue!A" in said[0] + said[1]


def test_a_new_option_keeps_its_title_and_what_is_no_input_is_told(editor: Editor) -> None:
    like = str(editor.cell("t_option", "ttft", "larger").value)
    add_row(editor, "t_option", option="mine", option_title="My own", batch=3, tpot=5, ttft=like, memory_needed="=1+1")
    found = back(editor)
    assert data(found)["options"]["mine"] == {"title": "My own", "batch": 3}
    assert {o.where.rstrip("0123456789") for o in found.overrides} == {
        f"Options!{editor.cell('t_option', name, 'larger').column_letter}" for name in ("tpot", "memory_needed")
    }


def test_names_that_programs_take_for_numbers_stay_names(brief: Editor) -> None:
    add_row(brief, "t_option", option=4, accelerator=5090)
    row = [c.value for c in brief.column("t_accelerator", "accelerator")].index(None)
    for column, value in {
        "accelerator": 5090, "memory_bandwidth": 2000, "memory_nominal": 64, "peak_16bit": 300,
        "accelerator_family": "other",
    }.items():  # fmt: skip
        brief.column("t_accelerator", column)[row].value = value
    made = data(back(brief))
    assert made["options"]["4"] == {"accelerator": "5090"}
    assert list(made["accelerators"]) == ["5090"]


def test_a_new_period_leaves_the_others(editor: Editor) -> None:
    add_row(editor, "t_period", period="night", hours=8, load=10)
    made = data(back(editor))
    assert list(made["periods"]) == ["all_day", "night"]
    assert made["periods"]["all_day"]["title"] == "All day"


def test_a_mistake_in_a_new_row_names_its_cell(brief: Editor) -> None:
    add_row(brief, "t_option", option="a*b", batch=3)
    with pytest.raises(SpecError, match=r"Options!A\d+: .*'a\*b'"):
        back(brief)


# --- formulas --------------------------------------------------------------------------------------------------------


def test_a_formula_of_a_lever_leaves_the_other_levers(editor: Editor) -> None:
    editor.cell("t_option", "batch", "weights_int8").value = "=$F$6"
    editor.cell("t_option", "batch", "what_if_1").value = "=2*3"
    letter = editor.cell("t_option", "batch", "larger").column_letter
    editor.cell("t_option", "batch", "weights_int8").value = f"=${letter}$6"
    found = back(editor)
    assert found.overrides == []
    assert data(found)["levers"] == {"weights_int8": {"batch": "batch[larger]"}, "what_if_1": {"batch": "2 * 3"}}
    assert "# dear" in found.text


def test_a_sum_over_another_dimension_may_be_rewritten(editor: Editor) -> None:
    rewrite(editor, "t_option_stage", "total_inference_time", f"={own('t_option_stage', 'overhead_time')}*2")
    found = back(editor)
    assert [r.new for r in found.rewrites] == ["overhead_time * 2"] or found.overrides


@pytest.mark.parametrize("text", ["=1/0", f"=SQRT(1-{own('t_option', 'batch')})"])
def test_a_formula_that_fails_is_told_and_leaves_the_others(text: str, editor: Editor) -> None:
    rewrite(editor, "t_option", "effort", text)
    rewrite(editor, "t_option", "ideal_ttft", f"={own('t_option', 'total_ideal_inference_time_at_prefill')}*1000*2")
    editor.scalar("usual").value = 16
    found = back(editor)
    assert [r.quantity for r in found.rewrites] == ["ideal_ttft"]
    assert {o.where.rstrip("0123456789") for o in found.overrides} == {
        f"Options!{editor.cell('t_option', 'effort', 'larger').column_letter}"
    }
    assert data(found)["inputs"]["usual"] == 16


def test_a_spare_row_that_differs_is_told(editor: Editor) -> None:
    cells = editor.column("t_accelerator", "memory_capacity")
    for cell in cells:
        cell.value = str(cell.value).replace("*1000000000", "*900000000")
    cells[-1].value = "=1234"
    found = back(editor)
    assert any(o.where.endswith(cells[-1].coordinate) for o in found.overrides)


@pytest.mark.parametrize(
    "text",
    ["=" + "+".join("1" * 1500), '="a"' + '&"b"' * 1500, "=1" + "%" * 1500, f"=AND({','.join(['TRUE'] * 1200)})"],
)
def test_a_chain_without_end_is_told(text: str, brief: Editor) -> None:
    rewrite(brief, "t_option", "effort", text)
    found = back(brief)
    assert len(found.overrides) == len(brief.column("t_option", "option"))


# --- the carried text ------------------------------------------------------------------------------------------------


def built_of(text: str, folder: Path, name: str = "small") -> Path:
    source = folder / f"{name}.yaml"
    source.write_text(text, encoding="utf-8")
    path = folder / f"{name}.xlsx"
    path.write_bytes(workbook_bytes(api.evaluate(source)))
    return path


@pytest.mark.parametrize(
    "title", ["line\u2028separator", "x" * 70_000, "next\u0085line", "a _x0041_ b", "':-'"], ids=repr
)
def test_odd_texts_come_back_to_the_letter(title: str, tmp_path: Path) -> None:
    text = BRIEF.replace("description: A KPI of ours", f'description: "{title}"')
    path = built_of(text, tmp_path)
    found = api.import_workbook(path)
    assert not found.changed
    assert found.text == text


def test_braces_with_a_comma_at_their_end_take_more_keys(tmp_path: Path) -> None:
    text = SCENARIO.replace("inputs: {tpot_target: 50 ms}", "inputs: {\n  tpot_target: 50 ms,  # soon\n}")
    editor = Editor(built_of(text, tmp_path).read_bytes(), tmp_path)
    editor.scalar("usual").value = 16
    found = back(editor)
    assert data(found)["inputs"] == {"tpot_target": "50 ms", "usual": 16}
    assert "# soon" in found.text


@pytest.mark.parametrize("title", ["The Scenario", "scenario"])
def test_a_renamed_scenario_sheet_is_named(title: str, brief: Editor) -> None:
    brief.book["Scenario"].title = title
    with pytest.raises(SpecError, match="the sheet 'Scenario' is missing, which carries the scenario"):
        back(brief)


def test_a_remark_beside_the_text_is_told(brief: Editor) -> None:
    brief.book["Scenario"]["A60"].value = 7
    assert [o.where for o in back(brief).overrides] == ["Scenario!A60"]


def test_without_its_library_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "accelerators.csv").write_text(
        "name,memory_bandwidth,memory_nominal,peak_16bit,accelerator_family,source,retrieved\n"
        "Cluster-A,1600,64,400,other,a test,2026-03\n"
    )
    source = tmp_path / "small.yaml"
    source.write_text(BRIEF.replace("H100-SXM-80GB", "Cluster-A"))
    path = tmp_path / "small.xlsx"
    path.write_bytes(workbook_bytes(api.evaluate(source, library=str(tmp_path / "ours"))))
    assert not api.import_workbook(path, library=str(tmp_path / "ours")).changed
    with pytest.raises(SpecError, match="another library") as caught:
        api.import_workbook(path)
    assert "--library" in str(caught.value)


# --- several scenarios in one workbook -------------------------------------------------------------------------------


@pytest.fixture
def both(tmp_path: Path) -> Editor:
    paths = []
    for name in ("small", "small two"):
        paths.append(tmp_path / f"{name}.yaml")
        paths[-1].write_text(BRIEF, encoding="utf-8")
    (made,) = api.build(paths, tmp_path, ("xlsx",), together="both")
    return Editor(made.read_bytes(), tmp_path)


def test_of_several_scenarios_one_comes_back(both: Editor) -> None:
    effort = both.column("t_small_option", "effort")
    for cell in effort:
        cell.value = "=t_small_option[[#This Row],[batch]]*2/small_usual"
    both.book.create_sheet("Notes")["A1"].value = "note"
    path = both.save()
    found = api.import_workbook(path, scenario="small")
    assert [r.new for r in found.rewrites] == ["batch * 2 / usual"]
    assert {o.where.partition("!")[0] for o in found.overrides} == {"Notes"}
    other = api.import_workbook(path, scenario="small two")
    assert other.rewrites == []
    with pytest.raises(SpecError, match="--scenario NAME, where NAME is small or small two"):
        api.import_workbook(path)
    with pytest.raises(SpecError, match="'none' is not one of its scenarios"):
        api.import_workbook(path, scenario="none")


def test_another_name_than_that_of_the_scenario_is_an_error(brief: Editor) -> None:
    with pytest.raises(SpecError, match="'other' is not the scenario of this workbook"):
        api.import_workbook(brief.save(), scenario="other")


# --- verbs that read workbooks ---------------------------------------------------------------------------------------


def cli(*words: str | Path) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(
    "words",
    [
        ("check",), ("evaluate", "--format", "csv"), ("explain", "effort"), ("compare",),
        ("sweep", "--vary", "baseline.batch=1,2", "--show", "effort"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_each_verb_says_what_of_a_workbook_it_leaves_out(words: tuple[str, ...], brief: Editor) -> None:
    brief.scalar("usual").value = 16
    cell = brief.cell("t_option", "tpot", "baseline")
    cell.value = 12
    result = cli(words[0], brief.save(), *words[1:])
    assert result.exit_code == 0, result.output
    assert (
        f"1 change could not be taken into the scenario:\n  Options!{cell.coordinate}: a value in place"
        in result.stderr
    )
    if words[0] == "explain":
        assert "16" in result.stdout


def test_values_that_differ_in_their_last_digits_are_shown_with_them(editor: Editor) -> None:
    editor.scalar("half_length").value = 2310.0000001
    result = cli("diff", editor.save())
    assert result.exit_code == 1
    assert "2310.0000001" in result.stdout


def test_a_scenario_is_not_written_over_a_workbook(brief: Editor, tmp_path: Path) -> None:
    path = brief.save()
    before = path.read_bytes()
    result = cli("import", path, "-o", path, "--force")
    assert result.exit_code == 2
    assert "a scenario is a .yaml file" in result.stderr
    assert path.read_bytes() == before
    result = cli("import", path, "-o", tmp_path)
    assert "it is a folder" in result.stderr
