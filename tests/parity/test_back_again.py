"""Workbooks that LibreOffice has edited and saved, brought back: the engine says what LibreOffice shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reportgen import api
from reportgen.engine.evaluation import evaluate
from reportgen.engine.results import Results
from reportgen.study.evidence import entered
from tests.parity.workbooks import place, unlike
from tests.workbooks import built, stored

if TYPE_CHECKING:
    from pathlib import Path

    from tests.parity.engines.office import Office

EDITS = {
    "alice": [
        ("batch", ("baseline",), 2.0),
        ("tpot_target", (), 33.3),
        ("accelerator", ("what_if_1",), "H200-SXM-141GB"),
        ("flash_attention", ("baseline",), False),
        ("batch", ("h100",), 4.0),
        ("prompt_tokens", ("chapter",), 5000.0),
        ("memory_bandwidth", ("RTX-4090",), 1100.0),
        ("peak", ("RTX-4090", "int8"), None),
        ("layers", ("Llama-3.1-8B",), 30.0),
        ("gemm_memory", ("ada_geforce",), 0.7),
    ],
    "procurement": [
        ("peak_rate", (), 20.0),
        ("price", ("h100",), "H100-SXM-80GB neocloud owner TCO 2026-04-03"),
        ("load", ("office",), 80.0),
        ("budget", (), 500000.0),
        ("batch", ("mi355x",), 40.0),
        ("horizon", (), 5.0),
        ("provider", ("MI355X neocloud 3-year rental 2026-04-03",), None),
    ],
}


@pytest.mark.parametrize("name", list(EDITS))
def test_the_scenario_of_an_edited_workbook_says_what_libreoffice_shows(
    name: str, office: Office, tmp_path: Path
) -> None:
    book, workbook, writer = built(name)
    saved = tmp_path / "edited.xlsx"
    with office.open(stored(name, tmp_path)) as document:
        document.recalculate()
        for quantity, cell, value in EDITS[name]:
            document.set(*place(workbook, writer, quantity, cell), value)
        cells = document.cells()
        document.store(saved)
    edited = api.import_workbook(saved)
    assert {i.address: i.new for i in edited.comparison.inputs} == {
        ".".join((*cell, quantity)): value for quantity, cell, value in EDITS[name]
    }
    assert edited.overrides == []
    assert edited.rewrites == []
    again = tmp_path / f"{name}.yaml"
    again.write_text(edited.text, encoding="utf-8")
    results = api.evaluate(again)
    assert results.book.dimensions["option"].names == book.dimensions["option"].names
    if (drawn := book.studies.robustness) is not None:  # the workbook keeps the samples that were drawn as built
        results = evaluate(entered(results.book, drawn, str(Results(book).get(book.roles.evidence.option))))
    assert list(unlike(workbook, writer, results, cells)) == []


def test_inserted_rows_and_columns_are_no_change(office: Office, tmp_path: Path) -> None:
    """In the sheets that people work on; what they type beside is told where it stands now."""
    with office.open(stored("alice", tmp_path)) as document:
        document.insert("Options", 1, 2)
        document.insert("Options", 5, rows=False)
        document.insert("Inputs", 9, 3)
        document.insert("Catalogue", 2)
        document.insert("Operators", 1)
        document.set("Inputs", "B10", "a remark")
        document.store(tmp_path / "moved.xlsx")
    found = api.import_workbook(tmp_path / "moved.xlsx")
    assert [o.where for o in found.overrides] == ["Inputs!B10"]
    assert not found.comparison.inputs
    assert not found.rewrites
    assert not found.comparison.removed


def test_a_device_typed_below_the_catalogue_is_computed_and_comes_back(office: Office, tmp_path: Path) -> None:
    _, workbook, writer = built("alice")
    saved = tmp_path / "edited.xlsx"
    placed = writer.placed["accelerator",]
    row = placed.row + len(placed.table.keys)
    typed: dict[str, Any] = {
        "accelerator": "Our-GPU", "peak_16bit": 400.0, "memory_bandwidth": 3000.0, "memory_nominal": 96.0,
        "accelerator_family": "other",
    }  # fmt: skip
    with office.open(stored("alice", tmp_path)) as document:
        document.recalculate()
        for column, value in typed.items():
            document.set("Catalogue", f"{placed.letters[column]}{row}", value)
        document.set(*place(workbook, writer, "accelerator", ("what_if_1",)), "Our-GPU")
        cells = document.cells()
        document.store(saved)
    assert cells["Summary"]["B5"] == "all inputs are within their ranges"
    edited = api.import_workbook(saved)
    (added,) = edited.comparison.added
    assert (added.dimension, added.name) == ("accelerator", "Our-GPU")
    again = tmp_path / "alice.yaml"
    again.write_text(edited.text, encoding="utf-8")
    results = api.evaluate(again)
    options = writer.placed["option",]
    at = options.row + options.table.keys.index(("what_if_1",))
    for name in ("tpot", "ttft", "memory_needed", "throughput", "memory_margin"):
        shown = cells["Options"][f"{options.letters[name]}{at}"]
        assert shown == pytest.approx(results.get(name, "what_if_1"), rel=1e-9)


def test_formulas_rewritten_in_libreoffice_come_back(office: Office, tmp_path: Path) -> None:
    """One that a scenario can hold comes into it, one that it cannot (milliseconds and a bare 46) is told."""
    writer, saved = built("alice").writer, tmp_path / "edited.xlsx"
    options = writer.placed["option",]
    own, other = options.letters["ideal_ttft"], options.letters["ideal_tpot"]
    with office.open(stored("alice", tmp_path)) as document:
        document.recalculate()
        formulas = document.formulas()["Options"]
        for row in range(options.row, options.last + 1):
            document.set_formula("Options", f"{other}{row}", f"=MIN({own}{row};40+2*3)")
            document.set_formula("Options", f"{own}{row}", f"{formulas[f'{own}{row}']}*1.1")
        shown = [document.get("Options", f"{own}{options.row + i}") for i in range(len(options.table.keys))]
        document.store(saved)
    edited = api.import_workbook(saved)
    assert [(r.quantity, r.new) for r in edited.rewrites] == [
        ("ideal_ttft", "total_ideal_inference_time[prefill] * 1.1")
    ]
    assert {o.where for o in edited.overrides} == {
        f"Options!{other}{options.row + i}" for i in range(len(options.table.keys))
    }
    results = api.evaluate(saved)
    assert shown == pytest.approx([results.get("ideal_ttft", *key) for key in options.table.keys])
