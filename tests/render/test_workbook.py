"""The workbook as a file: what is live, what is named, what stays text, and that it is the same each time."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from reportgen.book.build import load_book
from reportgen.book.names import name_fault
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.plan.spare_rows import EXTENSIBLE, SPARE
from reportgen.render.excel.workbook import workbook_bytes
from tests.workbooks import ROOT, content, read, spec

if TYPE_CHECKING:
    from pathlib import Path

SPECS = ["alice", "bob", "llm_viewer_operators", "llm_viewer_network"]


@pytest.fixture(scope="module", params=SPECS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def is_fact(sheet: Any, cell: Any) -> bool:
    """Inputs, catalogue facts, values as built and line numbers are constants by nature."""
    return (
        cell.fill.fgColor.rgb == "00FFF6D6"
        or sheet.title == "Scenario"
        or (sheet.title == "Inputs" and cell.column_letter == "F")
        or any(str(sheet.cell(r, cell.column).value or "").endswith("_as_built") for r in range(1, cell.row))
    )


def test_at_least_95_per_cent_of_the_numbers_are_formulas(name: str) -> None:
    values, formulas = read(name, values=True), read(name)
    live = fixed = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                number = values[sheet.title][cell.coordinate].value
                if isinstance(number, bool) or not isinstance(number, int | float):
                    continue
                if cell.data_type == "f":
                    live += 1
                elif not is_fact(sheet, cell):
                    fixed += 1
    assert live > 500
    assert live / (live + fixed) >= 0.95


def test_every_formula_has_a_cached_value_that_is_no_error(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content(name))) as package:
        sheets = [n for n in package.namelist() if n.startswith("xl/worksheets/sheet")]
        texts = {part: package.read(part).decode() for part in sheets}
    titles = {s.title: s for s in read(name)}
    assert len(texts) == len(titles)
    for part, text in texts.items():
        cells = re.findall(r"<c [^>]*>(?:(?!</c>).)*?<f.*?</c>", text)
        without = [c for c in cells if "<v" not in c]
        assert without == [], part
        errors = [c for c in cells if 't="e"' in c and "NA()" not in c]
        assert errors == [], part


def test_tables_have_their_columns_as_headers(name: str) -> None:
    names: set[str] = set()
    for sheet in read(name):
        for table in sheet.tables.values():
            first, _ = table.ref.split(":")
            row, column = openpyxl.utils.cell.coordinate_to_tuple(first)
            heads = [sheet.cell(row, column + i).value for i in range(len(table.tableColumns))]
            assert heads == [c.name for c in table.tableColumns]
            assert len(set(map(str.lower, heads))) == len(heads)
            assert table.name.lower() not in names
            names.add(table.name.lower())


CHECKS_ITSELF = "the workbook keeps its checks of inputs under this name"
"""Why no quantity has a name such as `first_problem`."""


def test_defined_names_point_to_cells_and_are_no_addresses(name: str) -> None:
    workbook = read(name)
    for word, defined in workbook.defined_names.items():
        assert re.fullmatch(r"'[^']+'!\$[A-Z]+\$[0-9]+", defined.attr_text), word
        assert name_fault(word, ()) in ("", CHECKS_ITSELF), word
        assert word.lower() not in {t.lower() for s in workbook for t in s.tables}


def test_validation_and_conditional_formats_hold_no_structured_references(name: str) -> None:
    for sheet in read(name):
        for rule in sheet.data_validations.dataValidation:
            assert rule.showErrorMessage
            assert rule.showInputMessage
            for formula in (rule.formula1, rule.formula2):
                assert "[" not in str(formula)
                assert len(str(formula)) <= 255
        for area in sheet.conditional_formatting:
            for rule in area.rules:
                assert all("[" not in f for f in rule.formula)


def test_formulas_stay_within_the_limits_of_excel(name: str) -> None:
    for sheet in read(name):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    text = getattr(cell.value, "text", cell.value)
                    assert len(text) <= 8192, f"{sheet.title}!{cell.coordinate}"
                    assert "[@" not in text
                    assert max((len(t) for t in re.findall(r'"((?:[^"]|"")*)"', text)), default=0) <= 255
                elif isinstance(cell.value, str):
                    assert len(cell.value) <= 32767


def test_sheets_are_those_that_people_expect() -> None:
    assert {
        "Summary",
        "Inputs",
        "Options",
        "Operators",
        "Recommendations",
        "Catalogue",
        "Method",
        "Sources",
        "Scenario",
    } <= set(read("alice").sheetnames)


def test_charts_are_native_and_have_caches() -> None:
    with zipfile.ZipFile(io.BytesIO(content("alice"))) as package:
        charts = [package.read(n).decode() for n in package.namelist() if n.startswith("xl/charts/chart")]
    assert len(charts) == 3
    assert any("scatterChart" in c and 'logBase val="10' in c for c in charts)
    assert any("barChart" in c for c in charts)
    assert all("numCache" in c for c in charts)


def test_the_scenario_sheet_carries_the_text() -> None:
    sheet = read("alice")["Scenario"]
    start = next(r for r in range(1, 20) if sheet.cell(r, 2).value == "The scenario as built")
    lines = [sheet.cell(r, 2).value or "" for r in range(start + 1, sheet.max_row + 1)]
    assert lines == (ROOT / "specs" / "alice.yaml").read_text().splitlines()


@pytest.mark.parametrize("begin", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/C calc'!A0"])
def test_text_that_looks_like_a_formula_stays_text(begin: str, tmp_path: Path) -> None:
    text = (ROOT / "specs" / "llm_viewer_network.yaml").read_text()
    quoted = "'" + begin.replace("'", "''") + " and more'"
    for title in ("Llama-2-7b on an RTX A6000, the whole network", "Published design point", "Llama-2-7b in FP16"):
        assert f"title: {title}" in text
        text = text.replace(f"title: {title}", f"title: {quoted}")
    text += f"author: {quoted}\n"
    path = tmp_path / "hostile.yaml"
    path.write_text(text)
    workbook = openpyxl.load_workbook(io.BytesIO(workbook_bytes(evaluate(load_book(path)))))
    found = [c for s in workbook for row in s.iter_rows() for c in row if str(c.value).startswith(begin)]
    assert len(found) >= 4
    assert {c.data_type for c in found} == {"s"}
    assert all(c.quotePrefix for c in found)
    plain = [c for s in workbook for row in s.iter_rows() for c in row if c.value == "Llama-2-7B"]
    assert plain
    assert not any(c.quotePrefix for c in plain)


def test_the_same_scenario_gives_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys, hashlib; from pathlib import Path; from reportgen.book.build import load_book;"
        "from reportgen.engine.evaluation import evaluate; from reportgen.render.excel.workbook import workbook_bytes;"
        "print(hashlib.sha256(workbook_bytes(evaluate(load_book(Path(sys.argv[1]))))).hexdigest())"
    )
    hashes = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, str(ROOT / "specs" / "alice.yaml")]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tmp_path)
        hashes.add(run.stdout)
    assert len(hashes) == 1


# --- the Method sheet ------------------------------------------------------------------------------------------------


def column_of(sheet: Any, cells: Any) -> list[str]:
    """The names in the head of the table above cells, one for each column of them."""
    first = cells[0][0]
    table = next(t for t in sheet.tables.values() if first.coordinate in openpyxl.worksheet.cell_range.CellRange(t.ref))
    head = int(re.search(r"\d+", table.ref)[0])  # type: ignore[index]
    return [str(sheet.cell(head, cell.column).value) for cell in cells[0]]


def target(workbook: Any, location: str) -> tuple[Any, Any]:
    """The sheet and the cells (rows of columns) that a link leads to."""
    if location in workbook.defined_names:
        location = workbook.defined_names[location].attr_text.replace("$", "")
    name, cells = re.fullmatch(r"'([^']+)'!([A-Z0-9:]+)", location).groups()  # type: ignore[union-attr]
    found = workbook[name][cells]
    return workbook[name], found if isinstance(found, tuple) else ((found,),)


def test_every_quantity_of_the_method_is_linked_to_its_cells(name: str) -> None:
    results, workbook = evaluate(spec(name)), read(name)
    values, left = read(name, values=True), set(results.book.quantities)
    for said, *_, cell in workbook["Method"].iter_rows(min_row=2):
        quantity, _, member = str(said.value).partition(" of ")
        sheet, cells = target(workbook, cell.hyperlink.location)
        declared = results.book.quantities[quantity]
        left.discard(quantity)
        if not declared.per:
            assert cell.hyperlink.location == quantity
            assert len(cells) == len(cells[0]) == 1
            shown = values[sheet.title][cells[0][0].coordinate].value
            wanted = results.get(quantity)
            assert shown == (pytest.approx(wanted) if isinstance(wanted, float) else wanted) or wanted in ("", None)
            continue
        heads = column_of(sheet, cells)
        assert all(h in (quantity, f"{quantity}_value") or h.startswith(f"{quantity}_") for h in heads)
        if member:
            row = [str(c.value) for c in sheet[cells[0][0].row]]
            assert all(m in row for m in member.split(", "))
        elif not (declared.input and len(declared.by) == 2):
            assert len(heads) == 1
            spare = SPARE if declared.per[0] in EXTENSIBLE and len(declared.per) == 1 else 0
            assert len(cells) == len(results.plain(quantity)) + spare
    assert left == set()


def test_the_names_of_results_lead_to_their_method() -> None:
    workbook = read("alice")
    count, leading = 0, ("Method", "Summary")
    for sheet in workbook:
        for link in (
            c.hyperlink for row in sheet.iter_rows() for c in row if c.hyperlink and sheet.title not in leading
        ):
            name = sheet[link.ref].value
            method, cells = target(workbook, link.location)
            if name == "↑ Summary":
                assert method.title == "Summary"
                continue
            assert method.title == "Method"
            assert cells[0][0].value in (name, str(name).removesuffix("_value"))
            count += 1
    assert count > 100
