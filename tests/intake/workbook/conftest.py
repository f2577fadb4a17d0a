"""A small workbook, built once, and ways to edit it as people and programs do."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from reportgen.book.build import load_book
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import workbook_bytes

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = """\
schema: 1
title: A small one  # with a remark
objective: {minimise: tpot}
requests:
  chat: {prompt_tokens: 1000, output_tokens: 200}
inputs: {tpot_target: 50 ms}
options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S, batch: 4}
  larger:
    title: On an H100
    accelerator: H100-SXM-80GB  # dear
batches: [1, 2]
levers: [weights_int8, what_if_1]
quantities:
  effort: {title: Effort, per: [option], formula: batch / usual, description: A KPI of ours}
  usual: {title: Usual batch, unit: sequence, value: 8, minimum: 1}
"""
# The same where it does not matter how a request is accounted for: an eighth of the cells, and of the time.
BRIEF = (
    SCENARIO.replace("schema: 1\n", "schema: 1\naccounting: llm_viewer\n")
    .replace("inputs: {tpot_target: 50 ms}\n", "")
    .replace("batches: [1, 2]\nlevers: [weights_int8, what_if_1]\n", "levers: none\n")
)


class Editor:
    """A built workbook open for editing; `save` gives the path of the edited file."""

    def __init__(self, content: bytes, folder: Path) -> None:
        self.book: Any = openpyxl.load_workbook(io.BytesIO(content))
        self.folder = folder

    def save(self) -> Path:
        path = self.folder / "edited.xlsx"
        self.book.save(path)
        return path

    def scalar(self, name: str) -> Any:
        """The cell of a name."""
        sheet, cell = self.book.defined_names[name].attr_text.rsplit("!", 1)
        return self.book[sheet.strip("'")][cell.replace("$", "")]

    def column(self, table: str, column: str) -> list[Any]:
        """The cells of a table's column, without its head."""
        for sheet in self.book:
            if table in sheet.tables:
                left, top, _, bottom = range_boundaries(sheet.tables[table].ref)
                names = [c.name for c in sheet.tables[table].tableColumns]
                at = left + names.index(column)
                return [sheet.cell(row, at) for row in range(top + 1, bottom + 1)]
        raise KeyError(table)

    def cell(self, table: str, column: str, *key: str) -> Any:
        """The cell of a column in the row of some members."""
        names = table.removeprefix("t_")
        dims = [names] if len(key) == 1 else {"option_stage_operator": ["option", "stage", "operator"]}[names]
        keys = list(zip(*([c.value for c in self.column(table, d)] for d in dims), strict=True))
        return self.column(table, column)[keys.index(key)]


def workbook_of(text: str, folder: Path) -> bytes:
    """The workbook of a scenario."""
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return workbook_bytes(evaluate(load_book(path)))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The workbook of the small scenario."""
    return workbook_of(SCENARIO, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def built_brief(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The workbook of the brief one."""
    return workbook_of(BRIEF, tmp_path_factory.mktemp("brief"))


@pytest.fixture
def editor(built: bytes, tmp_path: Path) -> Editor:
    """The small workbook, to be edited."""
    return Editor(built, tmp_path)


@pytest.fixture
def brief(built_brief: bytes, tmp_path: Path) -> Editor:
    """The workbook of the brief scenario, to be edited."""
    return Editor(built_brief, tmp_path)
