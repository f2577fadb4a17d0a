"""The formulas of a workbook as text: a change to one of them shows in the golden file, where a reviewer reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openpyxl.utils import range_boundaries

from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import assemble
from reportgen.study.prepare import prepared_book

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCENARIO = """schema: 1
title: Two options for one kind of request
date: 2026-11-23
objective: {minimise: yearly_cost}
requests:
  question: {title: Question, prompt_tokens: 1000, output_tokens: 200}
periods:
  day: {title: Day, hours: 10, load: 100 %}
  night: {title: Night, hours: 14, load: 10 %}
inputs: {peak_rate: 2, ttft_target: 2 s, tpot_target: 50 ms, budget: 100000}
batches: [1, 8]
levers: none
options:
  baseline:
    title: On an L40S
    model: Llama-3.1-8B
    accelerator: L40S
    engine: vllm
    concurrency: 8
    price: L40S RunPod on-demand 2025-03-03
  h100: {title: On an H100, accelerator: H100-SXM-80GB, price: H100-SXM-80GB neocloud 3-year rental 2026-04-03}
sensitivity: {option: baseline, samples: 100}
"""

THIS_ROW = re.compile(r"\bt_\w+\[\[#This Row\],\[(\w+)\]\]")
OWN_CELL = re.compile(r"(?<![\w$!\]'])(\$?[A-Z]{1,3})(\d+)\b")
PLACE = re.compile(r"(?<=[,+])\d+(?=\))")
SUFFIX = re.compile(r"_at_.*|_as_built$")
COLUMN = "[…]"


def normalised(text: str, row: int, key: str) -> str:
    """A formula without what only says in which row it is: `[@column]`, `A#`, and `"<key>"` for the row's own name.

    >>> normalised('=IF(t_option[[#This Row],[model]]="base",B7,B8)', 7, "base")
    '=IF([@model]="<key>",B#,B8)'
    """
    plain = OWN_CELL.sub(lambda m: f"{m[1]}#" if int(m[2]) == row else m[0], THIS_ROW.sub(r"[@\1]", text))
    return re.sub(rf'"{re.escape(key)}(?=[" ])', '"<key>', plain) if key else plain


def named_alike(columns: dict[str, dict[str, None]]) -> dict[str, list[str]]:
    """Which columns hold each formula, where the column of another table that has the same name is left out.

    >>> named_alike({"heads": {"=INDEX(t_model[heads],[@model_row])": None}, "sum": {"=1": None}})
    {'=INDEX(t_model[…],[@model_row])': ['heads'], '=1': ['sum']}
    """
    found: dict[str, list[str]] = {}
    for column, texts in columns.items():
        for text in texts:
            found.setdefault(text.replace(f"[{SUFFIX.sub('', column)}]", COLUMN), []).append(column)
    return found


def formulas(sheet: Any, names: dict[str, str]) -> Iterator[str]:
    """Each formula of a sheet once, by table and column; outside of tables by name or by its first cell in the column.

    Args:
        sheet: one of the workbook.
        names: what the sheet's named cells are called.
    """
    tables = [(table.name, range_boundaries(table.ref)) for table in sheet.tables.values()]
    free: dict[tuple[int, str], str] = {}
    columns: dict[str, dict[str, dict[str, None]]] = {}
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
        text = str(getattr(cell.value, "text", cell.value))
        for table, (left, top, right, bottom) in tables:
            if left <= cell.column <= right and top < cell.row <= bottom:
                column, key = sheet.cell(top, cell.column).value, sheet.cell(cell.row, left).value
                texts = columns.setdefault(table, {}).setdefault(column, {})
                texts.setdefault(normalised(text, cell.row, key))
                break
        else:
            place = names.get(cell.coordinate, cell.coordinate)
            plain = normalised(text, cell.row, "")
            free.setdefault((cell.column, PLACE.sub("n", plain)), f"{place} {plain}")
    yield from free.values()
    for table, held in columns.items():
        for text, those in named_alike(held).items():
            shown = text if len(those) > 1 else text.replace(COLUMN, f"[{SUFFIX.sub('', those[0])}]")
            yield f"{table}[{', '.join(those)}] {shown}"


def test_the_formulas_of_a_workbook_are_those_of_the_golden_text(
    tmp_path: Path, golden: Callable[[str, str], None]
) -> None:
    scenario = tmp_path / "two_options.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    workbook, _ = assemble(evaluate(prepared_book(scenario)))
    places = {name: defined.attr_text.rsplit("!", 1) for name, defined in workbook.defined_names.items()}
    lines = []
    for sheet in workbook:
        names = {cell.replace("$", ""): name for name, (title, cell) in places.items() if title == f"'{sheet.title}'"}
        lines += [f"# {sheet.title}", *formulas(sheet, names), ""]
    golden("formulas_of_a_workbook.txt", "\n".join(lines))
