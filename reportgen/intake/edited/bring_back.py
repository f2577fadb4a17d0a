"""An edited workbook brought back: its build made again from the scenario it carries, compared, and written anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl.utils.cell import column_index_from_string

from reportgen.book.build import build_book, calibration
from reportgen.engine.results import evaluate
from reportgen.errors import Problem, Span, SpecError
from reportgen.intake.edited.compare import Comparison, Override, compare
from reportgen.intake.edited.formula import Unreadable, normal, parse, tokens
from reportgen.intake.edited.layout import of_build
from reportgen.intake.edited.rewrites import Rewrite, guarded, rewrites
from reportgen.intake.edited.sheets import read_workbook
from reportgen.intake.edited.values import Setting, settings
from reportgen.render.excel.workbook import assemble, sheet_title
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec
from reportgen.spec.write import with_found, with_value, yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from openpyxl import Workbook

    from reportgen.book.book import Book
    from reportgen.intake.edited.sheets import EditedWorkbook
    from reportgen.render.excel.tables import Writer

__all__ = ["Edited", "read_edited"]

SCENARIO = "Scenario"
"""The sheet that carries the scenario as built."""


@dataclass
class Edited:
    """An edited workbook: what differs from its build, and the scenario that says the same."""

    name: str
    comparison: Comparison
    book: Book
    """Of the scenario's text."""
    rewrites: list[Rewrite] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    text: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        found = self.comparison
        return bool(found.inputs or found.added or self.rewrites or self.overrides or found.removed)


@dataclass(frozen=True, slots=True)
class _Carried:
    """What the sheet `Scenario` says."""

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
        path: the workbook, as Excel, LibreOffice or another program saved it.
        prepare: chooses the options of a book, as the build did.
        overlays: folders with libraries of one's own, as the build had them.
        scenario: which scenario is meant, where several share the workbook.

    Raises:
        SpecError: with everything that keeps it from being read: damage, another make, a missing sheet, values that
            are out of their range.
    """
    edited = read_workbook(path)
    label = _label(edited, scenario)
    if label:
        edited.sheets = {title: sheet for title, sheet in edited.sheets.items() if title.startswith(f"{label} ")}
    carried = _carried(edited, sheet_title(SCENARIO, label))
    made = _Maker(path, carried, prepare, overlays)
    book = made.book(carried.text)
    _check_origin(path, carried, book)
    workbook, writer = assemble(evaluate(book), label=label)
    comparison = compare(edited, workbook, writer)
    if comparison.problems:
        raise SpecError(comparison.problems)
    layout = of_build(workbook, writer.placed, label)
    rewritten, left = rewrites(comparison.formulas, writer.plan, layout)
    found = Edited(carried.name, comparison, book, [], [*comparison.overrides, *left], carried.text)
    placed, unplaced = settings(comparison, book)
    found.overrides += unplaced
    if placed or rewritten or comparison.added:
        text = _with_pins(carried.text, book, rows=any(s.path[0] == "levers" for s in placed))
        for setting in placed:
            text = _with(text, setting)
        found.book = made.book(text)
        found.text = _with_rewrites(made, text, rewritten, writer, found)
    return found


class _Maker:
    """Makes books of scenario texts under the name and beside the files of the workbook."""

    def __init__(self, path: Path, carried: _Carried, prepare: Callable[[Book], Book], overlays: Sequence[str]) -> None:
        self.path, self.carried, self.prepare, self.overlays = path, carried, prepare, overlays

    def book(self, text: str) -> Book:
        """The book of a text, with the options chosen."""
        loaded = validate(ScenarioSpec, parse_document(text.encode(), f"{self.path} (sheet {SCENARIO})"))
        more = calibration(loaded, self.path.parent)
        return self.prepare(build_book(loaded, self.carried.name, (), (*self.overlays, *more)))


def _label(edited: EditedWorkbook, wanted: str) -> str:
    """The label of the scenario that is meant; none where the workbook holds one scenario alone."""
    found = [title.removesuffix(f" {SCENARIO}") for title in edited.sheets if title.endswith(f" {SCENARIO}")]
    if SCENARIO in edited.sheets or not found:
        return ""
    if wanted not in found and (wanted or len(found) > 1):
        what = f"'{wanted}' is none of its scenarios" if wanted else "the workbook holds several scenarios"
        hint = f"name one with --scenario: {', '.join(found)}"
        raise SpecError([Problem(what, Span(str(edited.path)), hint)])
    return wanted or found[0]


def _carried(edited: EditedWorkbook, title: str) -> _Carried:
    """The scenario that a workbook carries."""
    sheet = edited.sheets.get(title)
    facts = {str(sheet.value(row, 1)): str(sheet.value(row, 2) or "") for row in range(1, 7)} if sheet else {}
    wanted = ("Scenario", "Made with", "Library", "Scenario text")
    if sheet is None or any(name not in facts for name in wanted):
        hint = f"it carries no scenario: there is no sheet '{SCENARIO}' with one"
        raise SpecError([Problem("this workbook was not made by reportgen", Span(str(edited.path)), hint)])
    lines: list[str] = []
    rows = [row for (row, column) in sheet.cells if column == 1 and isinstance(sheet.value(row, 1), float)]
    for row in range(min(rows, default=1), max(rows, default=0) + 1):
        content = sheet.value(row, 2)
        lines.append("" if content is None else str(content))
    text = "\n".join(lines) + "\n"
    carried = _Carried(facts["Scenario"], text, facts["Made with"], facts["Library"], facts["Scenario text"])
    if hashlib.sha256(text.encode()).hexdigest()[:12] != carried.digest:
        hint = "edit the file that reportgen import writes, not this sheet"
        what = f"the text on the sheet '{SCENARIO}' is not that of the build any more"
        raise SpecError([Problem(what, Span(str(edited.path)), hint)])
    return carried


def _check_origin(path: Path, carried: _Carried, book: Book) -> None:
    """Without the library of the build nobody can say what was changed."""
    if carried.library == book.library_hash:
        return
    what = f"the workbook was built with another library ({carried.library}, {carried.made_with}; this is"
    what += f" {book.library_hash})"
    hint = "use that version of reportgen, and name the same folders with --library"
    raise SpecError([Problem(what, Span(str(path)), hint)])


def _with_pins(text: str, book: Book, *, rows: bool) -> str:
    """The text with the rows of the build named, so that no study chooses others for the changed inputs.

    With `rows` the levers are named so that cells can be laid over theirs.
    """
    scenario, studies = book.scenario, book.studies
    if scenario.levers == "all" or (rows and not isinstance(scenario.levers, dict)):
        names = _levers(book)
        text = with_value(text, ("levers",), {name: {} for name in names} if rows else names or "none")
    if studies.searched is not None:
        text = with_found(text, {f.option: f.cells for f in studies.searched.found}, studies.searched.holds_for)
    if scenario.sensitivity is not None and scenario.sensitivity.option == "best":
        trial = next((o for o in book.based_on if o.endswith("_low") and _is_trial(book, o)), None)
        base = book.based_on[trial] if trial else None
        if base is not None:
            text = with_value(text, ("sensitivity", "option"), base)
    return text


def _levers(book: Book) -> list[str]:
    """The levers that have a row."""
    scenario, search = book.scenario, book.scenario.search
    own = {*scenario.options, *scenario.measured, *(search.candidates if search else ())}
    return [o for o in book.dimensions["option"].names if o not in own and not _is_trial(book, o)]


def _is_trial(book: Book, option: str) -> bool:
    quantity = book.quantities.get("is_trial")
    return quantity is not None and getattr(quantity.cells.get((option,)), "value", False) is True


def _with(text: str, setting: Setting) -> str:
    """The text with one value set; where that cannot be done in place, the whole is written anew."""
    made = with_value(text, setting.path, setting.value)
    wanted = _set(parse_document(text.encode(), SCENARIO).data, setting.path, setting.value)
    try:
        if parse_document(made.encode(), SCENARIO).data == wanted:
            return made
    except SpecError:
        pass
    return yaml_text(wanted)


def _set(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Plain data with a value at a path."""
    first, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(first, int):
        return [(_set(item, rest, value) if rest else value) if i == first else item for i, item in enumerate(data)]
    data = dict(data) if isinstance(data, dict) else {}
    data[first] = _set(data.get(first), rest, value) if rest else value
    return data


def _with_rewrites(made: _Maker, text: str, rewritten: list[Rewrite], writer: Writer, found: Edited) -> str:
    """The text with the formulas that give the same workbook again; the others become overrides."""
    if rewritten and (together := _all_taken(made, text, rewritten)) is not None:
        found.rewrites = rewritten
        found.book, text = together
        return text
    for rewrite in rewritten:
        tried, why = [rewrite], ""
        if (with_guard := guarded(rewrite, writer.plan)) is not None:
            tried.append(with_guard)
        for form in tried:
            try:
                longer = _taken(text, form)
                book = made.book(longer)
                workbook, again = assemble(evaluate(book))
            except SpecError as error:
                why = why or error.problems[0].message
                continue
            if _same_formula(form, workbook, again):
                text, found.book = longer, book
                found.rewrites.append(form)
                break
            why = why or "it would be computed in another way"
        else:
            found.overrides += rewrite.override(f"a rewritten formula that no scenario can hold: {why}")
    return text


def _all_taken(made: _Maker, text: str, rewritten: list[Rewrite]) -> tuple[Book, str] | None:
    """The text with all formulas, if each then stands in the workbook as it was written; the usual case."""
    for rewrite in rewritten:
        text = _taken(text, rewrite)
    try:
        book = made.book(text)
    except SpecError:
        return None
    workbook, writer = assemble(evaluate(book))
    return (book, text) if all(_same_formula(rewrite, workbook, writer) for rewrite in rewritten) else None


def _taken(text: str, rewrite: Rewrite) -> str:
    return _with(text, Setting(rewrite.path, rewrite.new))


def _same_formula(rewrite: Rewrite, workbook: Workbook, writer: Writer) -> bool:
    """Whether a formula of the workbook made anew is the one that was written, perhaps guarded against absence."""
    layout, first = of_build(workbook, writer.placed), rewrite.cells[0]
    if first.table:
        placed = writer.placed[first.table]
        place = (placed.sheet, placed.row + rewrite.row, column_index_from_string(placed.letters[first.column]))
    else:
        place = layout.names[first.column]
    value: Any = workbook[place[0]].cell(place[1], place[2]).value
    text = str(getattr(value, "text", value)).removeprefix("=")
    try:
        node = parse(tokens(text, lambda part: layout.meaning(part, *place)))
    except Unreadable:
        return False
    wanted = normal(parse(rewrite.found))
    while normal(node) != wanted and node[:2] == ("call", "IF") and node[4:] == (("text", ""),):
        node = node[3]  # type: ignore[assignment]
    return normal(node) == wanted
