"""Turn an edited workbook into a scenario: rebuild it from the scenario it carries, compare, and write the changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl.utils.cell import column_index_from_string

from reportgen.book.build import build_book, calibration
from reportgen.book.library.library import library
from reportgen.book.rows.options import SPARE
from reportgen.engine.evaluation import evaluate
from reportgen.errors import EvaluationError, Problem, Span, SpecError
from reportgen.intake.workbook.differ.compare import compare
from reportgen.intake.workbook.differ.values import Setting, settings
from reportgen.intake.workbook.locate.layout import of_build
from reportgen.intake.workbook.read.sheets import read_workbook
from reportgen.intake.workbook.translate.formula import Unreadable, normal, parse, tokens
from reportgen.intake.workbook.translate.rewrites import Rewrite, guarded, rewrites
from reportgen.render.excel.workbook import assemble, sheet_title
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec
from reportgen.spec.write import with_found, with_value, yaml_text
from reportgen.study.trials import sensitivity_cases, trials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from openpyxl import Workbook

    from reportgen.book.book import Book
    from reportgen.intake.workbook.differ.changes import Comparison, Override
    from reportgen.intake.workbook.locate.layout import Layout
    from reportgen.intake.workbook.read.contents import EditedWorkbook
    from reportgen.intake.workbook.read.sheets import EditedSheet
    from reportgen.render.excel.sheets.tables import Writer

__all__ = ["Edited", "read_edited"]

SCENARIO = "Scenario"
"""The sheet that carries the scenario as built."""

CONTENTS = "Scenarios"
"""The first sheet of a workbook that several scenarios share."""


@dataclass
class Edited:
    """An edited workbook: its differences from the build, and the scenario with the same changes."""

    name: str
    comparison: Comparison
    book: Book
    """The book of the scenario's text."""
    rewrites: list[Rewrite] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    text: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        changes = self.comparison
        return bool(changes.inputs or changes.added or self.rewrites or self.overrides or changes.removed)


@dataclass(frozen=True, slots=True)
class _Carried:
    """The content of the sheet `Scenario`."""

    name: str
    text: str
    made_with: str
    library: str
    digest: str


def read_edited(
    path: Path, prepare: Callable[[Book], Book], overlays: Sequence[str] = (), scenario: str = ""
) -> Edited:
    """Read an edited workbook and compare it with its build.

    Args:
        path: the workbook, as saved by Excel, LibreOffice or another program.
        prepare: chooses the options of a book, as the build did.
        overlays: the folders of users' libraries that the build had.
        scenario: which scenario to read, if several share the workbook.

    Raises:
        SpecError: with everything that prevents reading it: damage, another origin, a missing sheet, or values out of
            range.
    """
    edited = read_workbook(path)
    label = _label(edited, scenario)
    if label:
        others = [other for other in _labels(edited) if other != label]
        edited.sheets = {t: s for t, s in edited.sheets.items() if not _is_of(t, others) and t != CONTENTS}
    carried = _carried(edited, sheet_title(SCENARIO, label))
    if scenario and not label and scenario != carried.name:
        raise _fault(path, f"'{scenario}' is not the scenario of this workbook", f"it holds '{carried.name}' alone")
    maker = _Maker(path, carried, prepare, overlays, label)
    book = maker.first()
    workbook, writer = assemble(evaluate(book), label=label)
    comparison = compare(edited, workbook, writer)
    if comparison.problems:
        raise SpecError(comparison.problems)
    layout = of_build(workbook, writer.placed, label)
    rewritten, left = rewrites(comparison.formulas, writer.plan, layout)
    result = Edited(carried.name, comparison, book, [], [*comparison.overrides, *left], carried.text)
    placed, unplaced = settings(comparison, book)
    result.overrides += unplaced
    homeless = {o.where for o in unplaced}
    comparison.inputs = [i for i in comparison.inputs if i.where not in homeless]
    if placed or rewritten:
        paths = [s.path[0] for s in placed] + [r.path[0] for r in rewritten]
        text = _with_pins(carried.text, book, rows="levers" in paths)
        for setting in placed:
            text = _with(text, setting)
        result.book = maker.meant(text, comparison)
        result.text = _Rewriter(maker, writer, result).taken(text, rewritten)
    return result


def _fault(path: Path, message: str, hint: str = "") -> SpecError:
    return SpecError([Problem(message, Span(str(path)), hint)])


class _Maker:
    """Builds books from scenario texts, under the workbook's name and in its folder."""

    def __init__(
        self, path: Path, carried: _Carried, prepare: Callable[[Book], Book], overlays: Sequence[str], label: str
    ) -> None:
        self.path, self.carried, self.prepare, self.overlays, self.label = path, carried, prepare, overlays, label

    def book(self, text: str) -> Book:
        """Return the book of a text, with its options chosen."""
        loaded = validate(ScenarioSpec, parse_document(text.encode(), f"{self.path} (sheet {SCENARIO})"))
        more = calibration(loaded, self.path.parent)
        return self.prepare(build_book(loaded, self.carried.name, (), (*self.overlays, *more)))

    def first(self) -> Book:
        """Return the book of the build; without the same library, changes cannot be determined."""
        book: Book | None = None
        try:
            book = self.book(self.carried.text)
        except SpecError:
            if self.carried.library == library(self.overlays).hash or "calibration:" in self.carried.text:
                raise
        if book is not None and self.carried.library == book.library_hash:
            return book
        now = f"; this is {book.library_hash}" if book is not None else ""
        what = f"the workbook was built with another library ({self.carried.library}, {self.carried.made_with}{now})"
        raise _fault(self.path, what, "use that version of reportgen, and name the same folders with --library")

    def meant(self, text: str, comparison: Comparison) -> Book:
        """Return the book of a text with a workbook's changes; mistakes are reported at its cells."""
        try:
            return self.book(text)
        except SpecError as error:
            places = [(str(a.name), a.where) for a in comparison.added]
            places += [(str(i.new), i.where) for i in comparison.inputs if i.new is not None]
            problems = []
            for problem in error.problems:
                marked = problem.span.marked if problem.span is not None else ""
                where = next((where for written, where in places if written == marked), "")
                message = f"{where}: {problem.message}" if where else problem.message
                problems.append(Problem(message, Span(str(self.path)), problem.hint))
            raise SpecError(problems) from None

    def workbook(self, book: Book) -> tuple[Workbook, Writer]:
        """Return the workbook of a book, assembled like the one that was read."""
        return assemble(evaluate(book), label=self.label)


def _labels(edited: EditedWorkbook) -> list[str]:
    """Return the labels of the scenarios that share a workbook."""
    labels = (title.removesuffix(f" {SCENARIO}") for title in edited.sheets if title.endswith(f" {SCENARIO}"))
    return [label for label in labels if CONTENTS in edited.sheets or sheet_title("Summary", label) in edited.sheets]


def _is_of(title: str, labels: Sequence[str]) -> bool:
    return any(title.startswith(f"{label} ") for label in labels)


def _label(edited: EditedWorkbook, wanted: str) -> str:
    """Return the label of the requested scenario; empty if the workbook holds only one."""
    names_of = {
        label: _head(edited.sheets[sheet_title(SCENARIO, label)]).get("Scenario", label) for label in _labels(edited)
    }
    if SCENARIO in edited.sheets or not names_of:
        return ""
    meant = [label for label, name in names_of.items() if not wanted or wanted in (label, name)]
    if len(meant) != 1:
        what = f"'{wanted}' is not one of its scenarios" if wanted else "the workbook holds several scenarios"
        names = " or ".join(names_of.values())
        hint = f"take one out: reportgen import {edited.path.name} --scenario NAME, where NAME is {names}"
        raise _fault(edited.path, what, hint)
    return meant[0]


_HEAD = ("Scenario", "Made with", "Library", "Scenario text")


def _head(sheet: EditedSheet | None) -> dict[str, str]:
    """Return the entries at the top of the sheet that carries the scenario."""
    return {str(sheet.value(row, 1)): str(sheet.value(row, 2) or "") for row in range(1, 7)} if sheet else {}


def _carried(edited: EditedWorkbook, title: str) -> _Carried:
    """Return the scenario that a workbook carries."""
    sheet = edited.sheets.get(title)
    head = _head(sheet)
    if sheet is None or any(name not in head for name in _HEAD):
        other = next((t for t, s in edited.sheets.items() if all(name in _head(s) for name in _HEAD)), "")
        if other:
            raise _fault(
                edited.path, f"the sheet '{title}' is missing, which carries the scenario", f"rename '{other}' back"
            )
        hint = f"it carries no scenario: there is no sheet '{SCENARIO}' with one"
        raise _fault(edited.path, "this workbook was not made by reportgen", hint)
    first = next((row for row in range(1, 20) if sheet.value(row, 1) == 1.0), 1)
    lines: list[str] = []
    while sheet.value(first + len(lines), 1) == len(lines) + 1:  # consecutive line numbers
        lines.append(_line(sheet, first + len(lines)))
    text = "\n".join(lines) + "\n"
    carried = _Carried(head["Scenario"], text, head["Made with"], head["Library"], head["Scenario text"])
    if hashlib.sha256(text.encode()).hexdigest()[:12] != carried.digest:
        hint = "edit the file that reportgen import writes, not this sheet"
        raise _fault(edited.path, f"the text on the sheet '{title}' was changed after the build", hint)
    return carried


def _line(sheet: EditedSheet, row: int) -> str:
    """Return a line of the text, which may span several cells."""
    pieces: list[str] = []
    while (piece := sheet.value(row, 2 + len(pieces))) is not None:
        pieces.append(str(piece))
    return "".join(pieces)


def _with_pins(text: str, book: Book, *, rows: bool) -> str:
    """Return the text with the build's options fixed, so that studies do not choose others for the changed inputs.

    With `rows`, the levers become rows, so that their cells can be overridden.
    """
    scenario, studies = book.scenario, book.studies
    if scenario.levers == "all" or (rows and not isinstance(scenario.levers, dict)):
        names = _levers(book)
        pinned: Any = {name: {} for name in names} if rows else names or "none"
        text = _with(text, Setting(("levers",), pinned))
    if studies.searched is not None:
        rows_found: Any = {f.option: dict(f.cells) for f in studies.searched.found}
        with_result = with_found(text, rows_found, studies.searched.holds_for)
        kept = {"found": rows_found, "found_for": studies.searched.holds_for}
        search = parse_document(text.encode(), SCENARIO).data["search"]
        text = _checked(text, with_result, Setting(("search",), {**search, **kept}))
    if scenario.sensitivity is not None and scenario.sensitivity.option == "best":
        trial = next(iter(sensitivity_cases(book)), None)
        base = book.based_on[trial] if trial else None
        if base is not None:
            text = _with(text, Setting(("sensitivity", "option"), base))
    return text


def _levers(book: Book) -> list[str]:
    """Return the levers that have a row."""
    scenario, search = book.scenario, book.scenario.search
    own = {*scenario.options, *scenario.measured, *(search.candidates if search else ())}
    levers = [o for o in book.dimensions["option"].names if o not in (*own, *trials_of(book))]
    return [o for o in levers if not o.startswith(SPARE)] or levers  # spare rows are added automatically


def _with(text: str, setting: Setting) -> str:
    """Return the text with one value set."""
    return _checked(text, with_value(text, setting.path, setting.value), setting)


def _checked(text: str, changed: str, setting: Setting) -> str:
    """Return the changed text if it parses to the intended data; otherwise rewrite the whole text."""
    wanted = _set(parse_document(text.encode(), SCENARIO).data, setting.path, setting.value)
    try:
        if parse_document(changed.encode(), SCENARIO).data == wanted:
            return changed
    except SpecError:
        pass
    return yaml_text(wanted)


def _set(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return plain data with a value set at a path."""
    first, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(first, int):
        return [(_set(item, rest, value) if rest else value) if i == first else item for i, item in enumerate(data)]
    data = dict(data) if isinstance(data, dict) else {}
    data[first] = _set(data.get(first), rest, value) if rest else value
    return data


class _Rewriter:
    """Adds rewritten formulas to a scenario if that reproduces the workbook; the others become overrides."""

    def __init__(self, maker: _Maker, writer: Writer, result: Edited) -> None:
        self.maker, self.writer, self.result = maker, writer, result

    def taken(self, text: str, wanted: list[Rewrite]) -> str:
        """Return the text with the formulas that it can hold; if all at once fail, each half is tried."""
        if not wanted:
            return text
        longer, why = self._attempt(text, wanted)
        if not longer and len(wanted) == 1:
            guard = guarded(wanted[0], self.writer.plan)
            if guard is not None:
                longer, wanted = self._attempt(text, [guard])[0], [guard]
        if longer:
            self.result.rewrites += wanted
            return longer
        if len(wanted) == 1:
            self.result.overrides += wanted[0].override(f"a rewritten formula that no scenario can hold: {why}")
            return text
        half = len(wanted) // 2
        return self.taken(self.taken(text, wanted[:half]), wanted[half:])

    def _attempt(self, text: str, wanted: list[Rewrite]) -> tuple[str, str]:
        """Return the text with the formulas if the rebuilt workbook has each as written, or the reason why not."""
        for rewrite in wanted:
            text = _with(text, Setting(rewrite.path, rewrite.new))
        try:
            book = self.maker.book(text)
            workbook, writer = self.maker.workbook(book)
        except SpecError as error:
            return "", error.problems[0].message
        except EvaluationError as error:
            return "", str(error).partition("\n")[0]
        layout = of_build(workbook, writer.placed, self.maker.label)
        if not all(self._same(rewrite, workbook, writer, layout) for rewrite in wanted):
            return "", "it is computed differently in a scenario"
        self.result.book = book
        return text, ""

    def _same(self, rewrite: Rewrite, workbook: Workbook, writer: Writer, layout: Layout) -> bool:
        """Return whether the rebuilt workbook has the formula as written, apart from guards against absence."""
        first = rewrite.cells[0]
        if first.table:
            placed = writer.placed[first.table]
            row = placed.table.keys.index(self.writer.plan.tables[first.table].keys[rewrite.row])
            place = (placed.sheet, placed.row + row, column_index_from_string(placed.letters[first.column]))
        else:
            place = layout.names[first.column]
        value: Any = workbook[place[0]].cell(place[1], place[2]).value
        text = str(getattr(value, "text", value)).removeprefix("=")
        try:
            node = parse(tokens(text, lambda part: layout.meaning(part, *place)))
        except Unreadable:
            return False
        wanted = normal(parse(rewrite.tokens))
        while normal(node) != wanted and node[:2] == ("call", "IF") and node[4:] == (("text", ""),):
            node = node[3]  # type: ignore[assignment]
        return normal(node) == wanted
