"""A short form of the differential proof, and the check of one workbook against its own scenario."""

from __future__ import annotations

import io
import subprocess
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest

from tests.parity.edits.differential import Bench, check_workbook, run
from tests.parity.edits.edits import Edit, Target
from tests.parity.engines.ironcalc_oracle import Model
from tests.parity.workbooks import differs, place
from tests.workbooks import ROOT, built, content, spec, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.parity.engines.office import Office

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module", params=["structured", "a1"])
def bench(request: pytest.FixtureRequest, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(spec("alice"), office, tmp_path_factory.mktemp("bench"), request.param)
    yield made
    made.document.close()


def test_random_edits_agree(bench: Bench) -> None:
    run(bench, 12, seed=7)
    assert bench.counts["edits"] >= 12


def test_a_difference_is_found_and_made_small(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that evaluates another input than the one that was typed is caught, with one edit to show for it."""
    read = Bench._read

    def astray(self: Bench, edit: Edit) -> Any:
        value = read(self, edit)
        return value * 1.5 if edit.target.quantity == "tpot_target" and isinstance(value, float) else value

    monkeypatch.setattr(Bench, "_read", astray)
    target = Target("tpot_target", ())
    assert bench.differences([Edit(target, 20.0)])
    monkeypatch.undo()
    assert not bench.differences([Edit(target, 20.0)])


def test_a_workbook_in_the_other_style_holds_against_its_own_scenario(office: Office, tmp_path: Path) -> None:
    assert check_workbook(stored("alice", tmp_path, "a1"), office) == []


def saved(path: Path, sheet: str, address: str, value: object) -> Path:
    workbook = openpyxl.load_workbook(io.BytesIO(content("alice")))
    workbook[sheet][address] = value
    workbook.save(path)
    return path


def test_a_workbook_whose_formula_was_altered_fails(office: Office, tmp_path: Path) -> None:
    _, workbook, writer = built("alice")
    sheet, address = writer.placed["option",].cell("tpot", 0).replace("'", "").replace("$", "").split("!")
    text = str(workbook[sheet][address].value)
    found = check_workbook(saved(tmp_path / "altered.xlsx", sheet, address, text + "*1.0001"), office)
    assert any(f"{sheet}!{address}" in line for line in found)
    found = check_workbook(saved(tmp_path / "typed.xlsx", sheet, address, 20.0), office)
    assert any(f"{sheet}!{address}" in line for line in found)


def test_a_workbook_with_another_input_holds_against_its_scenario(office: Office, tmp_path: Path) -> None:
    _, workbook, writer = built("alice")
    sheet, address = place(workbook, writer, "batch", ("baseline",))
    assert check_workbook(saved(tmp_path / "edited.xlsx", sheet, address, 4), office) == []


# --- readers ---------------------------------------------------------------------------------------------------------


def read_by_pandas(path: Path, engine: Any) -> dict[str, dict[str, Any]]:
    """What pandas finds, by sheet and address; empty cells are left out."""
    found: dict[str, dict[str, Any]] = {}
    for name, frame in pd.read_excel(
        path, sheet_name=None, header=None, engine=engine, keep_default_na=False, na_values=[]
    ).items():
        found[str(name)] = {
            f"{openpyxl.utils.get_column_letter(column + 1)}{row + 1}": value
            for (row, column), value in frame.stack().items()
            if value != "" and value == value
        }
    return found


@pytest.mark.parametrize("reader", ["openpyxl", "calamine", "LibreOffice", "IronCalc"])
def test_each_program_reads_the_values_of_the_engine_without_computing(
    reader: str, office: Office, tmp_path: Path
) -> None:
    """Of LibreOffice only numbers: it computes texts of makers that it does not know."""
    path, writer = stored("alice", tmp_path), built("alice").writer
    if reader == "LibreOffice":
        with office.open(path) as document:
            cells = document.cells()
    elif reader == "IronCalc":
        cells = Model(path).cells(compute=False)
    else:
        cells = read_by_pandas(path, reader)
    wrong = [
        f"{sheet}!{address}: {value!r}, {reader} reads {cells[sheet].get(address)!r}"
        for sheet, values in writer.values.items()
        for address, value in values.items()
        if differs(value, cells[sheet].get(address))
    ]
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"


def test_make_hands_its_variables_to_the_proof() -> None:
    for words, wanted in (
        (["EDITS=10", "SEED=3", "STYLE=a1"], "--edits 10 --seed 3 --style a1"),
        (["WORKBOOK=out/a b.xlsx"], '--workbook "out/a b.xlsx"'),
    ):
        made = subprocess.run(["make", "-n", "parity", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        assert wanted in made.stdout
