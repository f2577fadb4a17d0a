"""Rows that were sorted or renamed: other tables rely on their places and names, and the Summary says so in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.parity.engines.ironcalc_oracle import Model
from tests.parity.workbooks import put_back
from tests.workbooks import built, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.parity.engines.office import Document, Office

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("order") / "alice.xlsx"
    made.write_bytes(content("alice"))
    return made


@pytest.fixture(scope="module", params=["LibreOffice", "IronCalc"])
def opened(request: pytest.FixtureRequest, office: Office, path: Path) -> Iterator[Document | Model]:
    """Alice's workbook in each program, which each test leaves as it was built."""
    if request.param == "IronCalc":
        yield Model(path)
        return
    with office.open(path) as document:
        document.recalculate()
        yield document


class Program:
    """A program in which values are typed for the time of a test."""

    def __init__(self, opened: Document | Model) -> None:
        self.opened = opened
        self.typed: list[tuple[str, str]] = []

    def set(self, sheet: str, address: str, value: Any) -> None:
        self.typed.append((sheet, address))
        self.opened.set(sheet, address, value)

    def cells(self) -> dict[str, dict[str, Any]]:
        return self.opened.cells()

    def undo(self) -> None:
        for sheet, address in self.typed:
            put_back(self.opened, built("alice").workbook, sheet, address)


@pytest.fixture
def program(opened: Document | Model) -> Iterator[Program]:
    made = Program(opened)
    assert made.cells()["Summary"]["B5"] == "all inputs are within their ranges"
    yield made
    made.undo()


def swapped(program: Program, dims: tuple[str, ...], first: int, second: int) -> None:
    """Two rows of a table exchanged as sorting does it: all constants move, and formulas stay what they are."""
    _, workbook, writer = built("alice")
    placed = writer.placed[dims]
    sheet = workbook[placed.sheet]
    for letter in placed.letters.values():
        places = [f"{letter}{placed.row + row}" for row in (first, second)]
        cells: list[Any] = [sheet[place] for place in places]
        if any(cell.data_type == "f" for cell in cells):
            continue
        for place, cell in zip(places, reversed(cells), strict=True):
            program.set(placed.sheet, place, cell.value)


@pytest.mark.parametrize("dims", [("option",), ("option", "stage"), ("option", "requirement"), ("stage",)])
def test_sorted_rows_are_said_to_be_out_of_order(program: Program, dims: tuple[str, ...]) -> None:
    swapped(program, dims, 1, 2)
    summary = program.cells()["Summary"]
    assert "were sorted or moved" in summary["B5"]
    assert summary["A2"] == summary["B3"] == "check inputs"


def test_a_renamed_option_is_named(program: Program) -> None:
    writer = built("alice").writer
    sheet, address = writer.placed["option",].cell("option", 11).replace("'", "").replace("$", "").split("!")
    program.set(sheet, address, "mine")
    summary = program.cells()["Summary"]
    assert summary["B5"] == "what_if_1 was renamed: a row keeps its name, its title is free"
    assert summary["A2"] == "check inputs"


def test_what_follows_the_baseline_does_not_count_as_changed(program: Program) -> None:
    writer = built("alice").writer
    for row, value, changed in ((0, 2.0, 1.0), (11, 3.0, 2.0)):
        sheet, address = writer.placed["option",].cell("batch", row).replace("'", "").replace("$", "").split("!")
        program.set(sheet, address, value)
        assert program.cells()["Summary"]["B7"] == changed
