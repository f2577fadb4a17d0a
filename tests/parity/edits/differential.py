"""The differential proof: random edits, computed by LibreOffice, by IronCalc and by the engine, compared.

python -m tests.parity.edits.differential --edits 1000 --seed 7
python -m tests.parity.edits.differential --workbook out/alice.xlsx
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from reportgen import api
from reportgen.book.ranges import fault, problem_text
from reportgen.engine.evaluation import evaluate
from reportgen.errors import EvaluationError
from reportgen.render.excel.workbook import assemble
from reportgen.study.prepare import prepared_book
from tests.parity.edits.edits import Edit, edits, slack, targets
from tests.parity.engines.ironcalc_oracle import Model
from tests.parity.engines.office import Document, Office
from tests.parity.workbooks import place, put_back, unlike
from tests.workbooks import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.results import Results

ROOT = Path(__file__).resolve().parents[3]
SPECS = ("alice", "bob", "procurement")
Cells = dict[str, dict[str, Any]]


class Bench:
    """A workbook that both programs have open, with the book that it was built from."""

    def __init__(self, book: Book, office: Office, folder: Path, references: str, *, every: int = 1) -> None:
        self.book, self.results = book, evaluate(book)
        self.workbook, self.writer = assemble(self.results, references)
        self.path = folder / f"{book.name}.xlsx"
        self.path.write_bytes(file_of(book, self.workbook, self.writer))
        self.document: Document = office.open(self.path)
        self.document.recalculate()
        self.model = Model(self.path)
        self.targets = targets(self.writer)
        self.every, self.counts = every, Counter[str]()

    def differences(self, made: list[Edit]) -> list[str]:
        """Where a program shows something else than the engine says, after some edits; they are taken back again.

        IronCalc leaves out near-ties: it does not take values equal in 15 digits for equal, as Excel and
        LibreOffice do.
        """
        self.counts["edits"] += 1
        second = self.counts["edits"] % self.every == 0 and not any(e.is_near_tie for e in made)
        places = [(*place(self.workbook, self.writer, e.target.quantity, e.target.cell), e.value) for e in made]
        for sheet, address, value in places:
            self.document.set(sheet, address, value)
            if second:
                self.model.set(sheet, address, value)
        shown = {"LibreOffice": self.document.cells()}
        if second:
            shown["IronCalc"] = self.model.cells()
        for sheet, address, _ in places:
            put_back(self.document, self.workbook, sheet, address)
            if second:
                put_back(self.model, self.workbook, sheet, address)
        return [f"{program}: {text}" for program, cells in shown.items() for text in self._compared(made, cells)]

    def _compared(self, made: list[Edit], cells: Cells) -> Iterator[str]:
        bad = [e for e in made if fault(self.book.quantities[e.target.quantity], self._read(e))]
        bad += [e for e in made if e not in bad and self._is_unknown(e)]
        if bad:
            self.counts["out of range"] += 1
            yield from self._refused(bad, cells)
            return
        inputs = {(e.target.quantity, e.target.cell): self._read(e) for e in made}
        try:
            results = evaluate(self.book, inputs)
            list(_values(results))
        except EvaluationError as error:
            self.counts["not finite"] += 1
            yield from self._not_finite(error, cells)
            return
        yield from unlike(self.workbook, self.writer, results, cells, slack(made))

    def _read(self, edit: Edit) -> Any:
        quantity = self.book.quantities[edit.target.quantity]
        return quantity.blank if edit.value is None else edit.value

    def _is_unknown(self, edit: Edit) -> bool:
        quantity = self.book.quantities[edit.target.quantity]
        if quantity.type.kind != "member" or edit.value is None:
            return False
        return edit.value not in self.book.dimensions[quantity.type.dimension].names

    def _refused(self, bad: Sequence[Edit], cells: Cells) -> Iterator[str]:
        """The Summary names one of them as the engine does, and counts the rows that have one."""
        summary = cells["Summary"]
        said = {problem_text(self.book.quantities[e.target.quantity], e.target.cell) for e in bad}
        inherit = any(e.target.cell and self.book.quantities[e.target.quantity].by == ("option",) for e in bad)
        ends = [text.partition(".")[2] for text in said] if inherit else []
        if summary["B5"] not in said and not any(summary["B5"].endswith(end) for end in ends):
            yield f"Summary!B5 says {summary['B5']!r}, wanted {sorted(said)}"
        if not summary["B6"]:
            yield "Summary!B6 counts no problem"

    def _not_finite(self, error: EvaluationError, cells: Cells) -> Iterator[str]:
        """Where the engine refuses a result, the programs show an error or a number beyond all sense there."""
        if error.quantity not in self.book.quantities:
            return
        per = self.book.quantities[error.quantity].per
        if not per or not error.key or len(error.key) != len(per):
            return
        placed = self.writer.placed[per]
        row = placed.row + placed.table.keys.index(error.key)
        shown = cells[placed.sheet].get(f"{placed.letters[error.quantity]}{row}")
        if isinstance(shown, float) and abs(shown) < 1e300:
            yield f"{error.quantity} of {error.key}: the engine refuses it, shown is {shown!r}"


def _values(results: Results) -> Iterator[object]:
    """Compute everything."""
    for name in results.book.quantities:
        yield results.plain(name)


def run(bench: Bench, count: int, seed: int) -> None:
    """Random edits; the first that fails is made as small as can be, and raised."""

    @hypothesis.seed(seed)
    @settings(
        max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(edits(bench.results, bench.targets))
    def proof(made: list[Edit]) -> None:
        found = bench.differences(made)
        assert not found, f"{', '.join(map(str, made))}: {len(found)} differences\n  " + "\n  ".join(found[:8])

    proof()


def check_workbook(path: Path, office: Office) -> list[str]:
    """What is wrong with a workbook, held against its own scenario: altered formulas, and values."""
    edited = api.import_workbook(path)
    found = [f"{o.where}: {o.why}" for o in edited.overrides]
    found += [f"{r.where}: the formula of {r.title} was rewritten" for r in edited.rewrites]
    found += [f"{what} is missing" for what in edited.comparison.removed]
    if found:
        return found
    results = evaluate(edited.book)
    workbook, writer = assemble(results)
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder, "again.xlsx")
        again.write_bytes(file_of(edited.book, workbook, writer))
        for program, cells in (("LibreOffice", _office_cells(office, again)), ("IronCalc", Model(again).cells())):
            found += [f"{program}: {text}" for text in unlike(workbook, writer, results, cells)]
    inputs_alone = not edited.comparison.added and not edited.changed
    if inputs_alone:
        own = _office_cells(office, path)
        found += [f"as it is: {text}" for text in unlike(workbook, writer, results, own)]
    return found


def _office_cells(office: Office, path: Path) -> Cells:
    with office.open(path) as document:
        document.recalculate()
        return document.cells()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the proof over the example scenarios, or check one workbook."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--spec", action="append")
    parser.add_argument("--style", choices=("structured", "a1"), default="structured")
    parser.add_argument("--every", type=int, default=1, help="let IronCalc compute every n-th edit")
    parser.add_argument("--workbook", type=Path)
    given_ = parser.parse_args(arguments)
    with Office(limit=600) as office, tempfile.TemporaryDirectory() as folder:
        if given_.workbook:
            found = check_workbook(given_.workbook, office)
            _say("\n".join([*found[:40], f"{given_.workbook}: {len(found) or 'no'} differences"]))
            return int(bool(found))
        specs = given_.spec or [str(ROOT / "specs" / f"{name}.yaml") for name in SPECS]
        for i, spec in enumerate(specs):
            count = given_.edits // len(specs) + (i < given_.edits % len(specs))
            start = time.perf_counter()
            bench = Bench(prepared_book(Path(spec)), office, Path(folder), given_.style, every=given_.every)
            run(bench, count, given_.seed)
            bench.document.close()
            said = ", ".join(f"{n} {what}" for what, n in bench.counts.items())
            took = time.perf_counter() - start
            _say(f"{Path(spec).stem} ({given_.style}): {said}; 0 differences, {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
