"""The driver of LibreOffice does what the comparisons rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.styles import Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableColumn

from reportgen.render.excel.file.finish import finish
from tests.parity.engines import office as driver
from tests.parity.engines.office import Office, OfficeError, OfficeMissingError, evaluate_formulas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.parity.engines.office import Document

pytestmark = pytest.mark.parity

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two inputs, one of them named, a table with structured references, and one wrong stored value."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "It's"
    rows: list[list[Any]] = [
        ["batch", "x2"],
        [2, "=A2*2"],
        [3, "=t_x[[#This Row],[batch]]*2"],
        [None, None],
        ["=SUM(t_x[x2])", '=""'],
    ]
    for row in rows:
        sheet.append(row)
    sheet["D1"] = "=2*2"
    sheet["D2"] = "=1/0"
    sheet["D3"] = True
    sheet["D4"] = '=IF(D3,"on","off")'
    table = Table(displayName="t_x", ref="A1:B3")
    table.tableColumns = [TableColumn(id=i, name=name) for i, name in enumerate(rows[0], start=1)]
    sheet.add_table(table)
    book.defined_names["batch"] = DefinedName("batch", attr_text="'It''s'!$A$2")
    book.defined_names["column"] = DefinedName("column", attr_text="'It''s'!$A$2:$A$3")
    closed = book.create_sheet("closed")
    closed.append([1, 2])
    closed["B1"].protection = Protection(locked=False)
    closed.protection.sheet = True
    path = tmp_path / "book with space.xlsx"
    path.write_bytes(finish(book, {"It's": {"D1": 999}}))
    return path


@pytest.fixture
def document(office: Office, workbook: Path) -> Iterator[Document]:
    with office.open(workbook) as opened:
        yield opened


def test_all_contents_are_read_with_their_types(document: Document) -> None:
    document.recalculate()
    cells = document.cells()
    assert cells.keys() == {"It's", "closed"}
    assert cells["closed"] == {"A1": 1.0, "B1": 2.0}
    table = {"A1": "batch", "B1": "x2", "A2": 2.0, "B2": 4.0, "A3": 3.0, "B3": 6.0, "A5": 10.0}  # B5 shows nothing
    assert cells["It's"] == table | {"D1": 4.0, "D2": {"error": 532}, "D3": 1.0, "D4": "on"}


def test_formulas_are_told_from_constants(document: Document) -> None:
    formulas = document.formulas()
    # A logical constant of a file is a formula to LibreOffice.
    assert formulas["It's"].keys() == {"B2", "B3", "A5", "B5", "D1", "D2", "D3", "D4"}
    assert formulas["It's"]["B2"] == "=A2*2"
    assert formulas["closed"] == {}


def test_a_wrong_stored_value_is_believed_until_recalculated(document: Document) -> None:
    assert document.get("It's", "D1") == 999.0
    document.recalculate()
    assert document.get("It's", "D1") == 4.0


def test_an_edit_reaches_formulas_and_structured_references(document: Document) -> None:
    document.set("It's", "A3", 50)
    assert (document.get("It's", "B3"), document.get("It's", "A5")) == (100.0, 104.0)
    document.set_name("batch", 7.5)
    assert document.get_name("batch") == 7.5
    assert document.get("It's", "A5") == 115.0


@pytest.mark.parametrize(
    ("value", "found", "logical", "text"),
    [
        (True, 1.0, 1.0, 0.0),
        (False, 0.0, 1.0, 0.0),
        (1, 1.0, 0.0, 0.0),
        (0.1 + 0.2, 0.1 + 0.2, 0.0, 0.0),
        ("=1+1", "=1+1", 0.0, 1.0),
        ("12", "12", 0.0, 1.0),
        ("", None, 0.0, 0.0),
        (None, None, 0.0, 0.0),
    ],
)
def test_a_typed_value_keeps_its_type(
    office: Office, value: float | str | bool | None, found: object, logical: float, text: float
) -> None:
    assert evaluate_formulas(office, ["ISLOGICAL(B1)", "ISTEXT(B1)", "=B2"], {"B1": value, "B2": 3}) == [
        *(logical, text),
        3.0,
    ]
    assert evaluate_formulas(office, ["ISBLANK(B1)"], {"B1": value}) == [float(found is None)]


def test_a_logical_value_gives_way_to_a_number(document: Document) -> None:
    document.set("It's", "D3", False)
    assert document.get("It's", "D4") == "off"
    document.set("It's", "D3", 2)
    document.set("It's", "D4", None)
    assert (document.get("It's", "D3"), document.get("It's", "D4")) == (2.0, None)


def test_the_file_itself_is_left_alone(document: Document, workbook: Path) -> None:
    before = workbook.read_bytes()
    document.set_name("batch", 5)
    assert workbook.read_bytes() == before
    assert list(workbook.parent.iterdir()) == [workbook]


def test_what_cannot_be_done_is_said(document: Document, office: Office, tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="no sheet 'x'"):
        document.get("x", "A1")
    with pytest.raises(OfficeError, match="no name 'x'"):
        document.set_name("x", 1)
    with pytest.raises(OfficeError, match="not stand for one cell"):
        document.set_name("column", 1)
    with pytest.raises(OfficeError, match="protected"):
        document.set("closed", "A1", 7)
    document.set("closed", "B1", 7)
    assert document.get("closed", "B1") == 7.0
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(OfficeError):
        office.open(broken)
    assert document.get("closed", "B1") == 7.0


def test_a_workbook_is_printed(document: Document, tmp_path: Path) -> None:
    document.store_pdf(tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")


def test_formulas_are_evaluated_in_order(office: Office) -> None:
    formulas = ["=1/4", '"a"&2', "NA()", "1=1", '""', "SQRT(B1)", "NOSUCH(1)"]
    assert evaluate_formulas(office, formulas, {"B1": -1}) == [
        *(0.25, "a2", {"error": 32767}, 1.0, "", {"error": 502}),
        {"error": 525},
    ]


def within(holds: Callable[[], bool]) -> bool:
    """Whether something holds, waiting up to ten seconds for it."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def gone(pid: int) -> bool:
    """Whether a process ends; one that only its parent has not asked about has ended."""

    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True

    return within(ended)


def test_nothing_is_left_behind() -> None:
    with Office() as office:
        pid, folder = office.pid, office.folder
        assert folder.is_dir()
    assert gone(pid)
    assert not folder.exists()
    with pytest.raises(OfficeError, match="closed"):
        office.call("open", "x")


def test_a_call_that_takes_too_long_kills_libreoffice(workbook: Path) -> None:
    with Office() as office:
        document = office.open(workbook)
        office.limit = 0.5
        os.kill(office.pid, signal.SIGSTOP)
        with pytest.raises(OfficeError, match="killed"):
            document.recalculate()
        assert gone(office.pid)
        with pytest.raises(OfficeError, match="closed"):
            document.recalculate()


def test_libreoffice_ends_with_the_program_that_started_it() -> None:
    code = "\n".join((
        "from tests.parity.engines.office import Office",
        "o = Office().__enter__()",
        "print(o.pid, o.folder, flush=True)",
        "input()",
    ))  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid, folder = program.stdout.readline().split()
        os.kill(program.pid, signal.SIGKILL)
    assert gone(int(pid))
    assert within(lambda: not Path(folder).exists())


def test_a_missing_libreoffice_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(driver, "_FOLDERS", ())
    with pytest.raises(OfficeMissingError, match=r"apt-get install .*libreoffice-calc-nogui python3-uno"):
        Office().__enter__()


def test_a_missing_bridge_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')  # without packages of its own
    python.chmod(0o755)
    monkeypatch.setattr(driver, "_SYSTEM_PYTHON", str(python))
    with pytest.raises(OfficeMissingError, match=r"apt-get install .*python3-uno"):
        Office().__enter__()
