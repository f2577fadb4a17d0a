"""How long the writer of workbooks takes, as a ratio to openpyxl and XlsxWriter writing the same cells, in one run.

python benchmarks/workbook.py [SPEC...]

The others write the same texts, numbers, styles and formulas, without values of formulas, tables, charts, validation.
They are given the cells ready-made; ours makes them from the results, and is also checked by the linter apart.
"""

from __future__ import annotations

import gc
import io
import multiprocessing
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import xlsxwriter

from reportgen import api
from reportgen.ooxml.lint import lint
from reportgen.render.excel.several import combined_bytes
from reportgen.render.excel.workbook import assemble, workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
ROUNDS = 5
MOST_RATIO, MOST_SECONDS, MOST_MEGABYTES = 1.5, 5.0, 500.0
"""Limits: beside openpyxl, and for 100,000 formulas."""
SMALL = 10_000
"""Up to so many formulas charts, links and the rules of inputs take most of the time, which the others do not write."""
TOGETHER = (1, 2, 4)
MOST_GROWTH = 1.25


@dataclass(frozen=True, slots=True)
class Given:
    """The cells of a workbook, by sheet: row and column, value, whether it is a formula, and the style."""

    sheets: dict[str, list[tuple[int, int, Any, bool, Any]]]
    source: openpyxl.Workbook

    @property
    def formulas(self) -> int:
        """How many cells have a formula."""
        return sum(cell[3] for cells in self.sheets.values() for cell in cells)


def cells_of(results: Any) -> Given:
    """What ours writes."""
    workbook = assemble(results)[0]
    sheets: dict[str, list[tuple[int, int, Any, bool, Any]]] = {}
    for sheet in workbook:
        sheets[sheet.title] = [
            (row, column, getattr(cell.value, "text", cell.value), cell.data_type == "f", cell)
            for (row, column), cell in sheet._cells.items()
        ]
    return Given(sheets, workbook)


def by_openpyxl(given: Given) -> bytes:
    """The cells by openpyxl; styles are shared, which is the fastest that it can."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for part in ("_fonts", "_fills", "_borders", "_alignments", "_protections", "_number_formats", "_cell_styles"):
        setattr(workbook, part, getattr(given.source, part))
    for title, cells in given.sheets.items():
        sheet = workbook.create_sheet(title)
        for row, column, value, _, like in cells:
            cell = sheet.cell(row, column)
            cell.value = value
            cell._style = like._style
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def by_xlsxwriter(given: Given) -> bytes:
    """The cells by XlsxWriter."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    formats: dict[int, Any] = {}
    for title, cells in given.sheets.items():
        sheet = workbook.add_worksheet(title)
        for row, column, value, formula, like in cells:
            style = like.style_id
            if style not in formats:
                formats[style] = workbook.add_format(format_of(like))
            if formula:
                sheet.write_formula(row - 1, column - 1, value, formats[style], "")
            elif isinstance(value, str):
                sheet.write_string(row - 1, column - 1, value, formats[style])
            elif value is None:
                sheet.write_blank(row - 1, column - 1, None, formats[style])
            else:
                sheet.write(row - 1, column - 1, value, formats[style])
    workbook.close()
    return buffer.getvalue()


def format_of(cell: Any) -> dict[str, Any]:
    """A style in the words of XlsxWriter."""
    words = {
        "font_name": cell.font.name, "font_size": cell.font.size, "bold": cell.font.bold,
        "num_format": cell.number_format, "text_wrap": cell.alignment.wrap_text,
        "valign": "vcenter" if cell.alignment.vertical == "center" else "top", "locked": cell.protection.locked,
    }  # fmt: skip
    if cell.font.color is not None and cell.font.color.type == "rgb":
        words["font_color"] = f"#{cell.font.color.rgb[-6:]}"
    if cell.fill.patternType:
        words["bg_color"] = f"#{cell.fill.fgColor.rgb[-6:]}"
    if cell.border.bottom is not None and cell.border.bottom.style:
        words["bottom"] = 7
    return words


def seconds(made: Callable[[], object]) -> float:
    """The processor's time of one call."""
    start = time.process_time()
    made()
    return time.process_time() - start


def medians(*made: Callable[[], object]) -> list[float]:
    """Median times of calls that take turns."""
    rounds = [[seconds(one) for one in made] for _ in range(ROUNDS)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def _megabytes(spec: Path, queue: Any) -> None:
    workbook_bytes(api.evaluate(spec))
    queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def megabytes(spec: Path) -> float:
    """The most memory that a fresh process takes to evaluate a scenario and write its workbook."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_megabytes, args=(spec, queue))
    process.start()
    found = float(queue.get())
    process.join()
    return found


def main() -> int:
    """Print the tables."""
    specs = [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "specs").glob("*.yaml"))
    missed = False
    gc.set_threshold(200_000)  # as the command line does
    most = {spec: megabytes(spec) for spec in specs}  # first, for a process inherits the mark of the one that starts it
    print(f"{'':14}{'formulas':>10}{'ours':>9}{'openpyxl':>10}{'ratio':>7}{'XlsxWriter':>12}{'ratio':>7}"
          f"{'linter':>9}{'per 100,000':>13}{'memory':>10}")  # fmt: skip
    for spec in specs:
        results = api.evaluate(spec)
        content, given = workbook_bytes(results), cells_of(results)
        ours, plain, other, check = medians(
            lambda results=results: workbook_bytes(results), lambda given=given: by_openpyxl(given),
            lambda given=given: by_xlsxwriter(given), lambda content=content: lint(content),
        )  # fmt: skip
        memory, rate = most[spec], ours / given.formulas * 1e5
        missed |= memory > MOST_MEGABYTES
        missed |= given.formulas > SMALL and (ours > MOST_RATIO * plain or rate > MOST_SECONDS)
        print(f"{spec.stem:14}{given.formulas:>10,}{ours:>7.2f} s{plain:>8.2f} s{ours / plain:>7.2f}{other:>10.2f} s"
              f"{ours / other:>7.2f}{check:>7.2f} s{rate:>11.2f} s{memory:>7.0f} MB")  # fmt: skip
    print(f"limits: ratio to openpyxl {MOST_RATIO:g}, {MOST_SECONDS:g} s per 100,000 formulas "
          f"(both from {SMALL:,} formulas on), {MOST_MEGABYTES:g} MB")  # fmt: skip
    results = api.evaluate(specs[0])
    times = medians(*(lambda n=n: combined_bytes([results] * n) for n in TOGETHER))
    growth = times[-1] / times[0] / TOGETHER[-1]
    missed |= growth > MOST_GROWTH
    said = ", ".join(f"{n} scenarios {t:.2f} s" for n, t in zip(TOGETHER, times, strict=True))
    print(f"together: {said}; {growth:.2f} of linear (limit {MOST_GROWTH:g})")
    print("MISSED" if missed else "all within the limits")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
