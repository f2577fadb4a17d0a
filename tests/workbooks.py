"""The workbooks of the project's scenarios, made once for all tests of a run that only read them."""

from __future__ import annotations

import io
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl

from reportgen.engine.evaluation import evaluate
from reportgen.ooxml.package import read_parts, sheet_parts, write_parts
from reportgen.render.excel.workbook import assemble, saved, workbook_bytes
from reportgen.study.prepare import prepared_book

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.render.excel.sheets.tables import Writer

ROOT = Path(__file__).resolve().parents[1]


@cache
def spec(name: str) -> Book:
    """One of the scenarios of the project."""
    return prepared_book(ROOT / "specs" / f"{name}.yaml")


@cache
def content(name: str, references: str = "structured") -> bytes:
    """The file of a scenario's workbook."""
    if references != "structured":
        return workbook_bytes(evaluate(spec(name)), references)
    return file_of(*built(name))


def file_of(book: Book, workbook: Any, writer: Writer) -> bytes:
    """The file of an assembled workbook, which keeps its cells; to be made once."""
    held = [(sheet, sheet._cells, dict(sheet.row_dimensions)) for sheet in workbook]
    made = saved(workbook, writer.values, book.scenario.date)  # which takes the cells out
    for sheet, cells, heights in held:
        sheet._cells = cells
        sheet.row_dimensions.update(heights)
    return made


@lru_cache(maxsize=4)  # the larger ones take 200 MB
def read(name: str, *, values: bool = False, only: frozenset[str] = frozenset()) -> Any:
    """The file as openpyxl reads it: formulas, or the values that were stored with them.

    With `only`, the other sheets are there without their rows: openpyxl takes seconds for those of a large one.
    """
    parts = read_parts(content(name))
    for title, part in sheet_parts(parts).items():
        if only and title not in only:
            parts[part] = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", parts[part], flags=re.DOTALL)
    return openpyxl.load_workbook(io.BytesIO(write_parts(parts) if only else content(name)), data_only=values)


class Built(NamedTuple):
    """A workbook before it becomes a file, and what was written where."""

    book: Book
    workbook: Any
    writer: Writer


@lru_cache(maxsize=3)
def built(name: str) -> Built:
    """The workbook of a scenario as it is assembled."""
    return Built(spec(name), *assemble(evaluate(spec(name))))


def stored(name: str, folder: Path, references: str = "structured") -> Path:
    """The file of a scenario's workbook, in a folder."""
    path = folder / f"{name}.xlsx"
    path.write_bytes(content(name, references))
    return path
