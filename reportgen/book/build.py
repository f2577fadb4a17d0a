"""Build a book: name, type, order and check everything that was collected, and report all mistakes at once."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reportgen.book.book import Book, Dimension, Member
from reportgen.book.collected.along import add_along
from reportgen.book.collected.collect import collect
from reportgen.book.collected.currency import read_currency
from reportgen.book.collected.instead import read_instead
from reportgen.book.entries import Entry, Row
from reportgen.book.library.library import library
from reportgen.book.quantities.adapt import adapt
from reportgen.book.quantities.check import checked_quantities
from reportgen.book.quantities.declare import declare
from reportgen.book.quantities.drafts import Site
from reportgen.book.quantities.fill import fill
from reportgen.book.quantities.relations import relations
from reportgen.book.quantities.report_lists import report_lists
from reportgen.book.quantities.search import read_search
from reportgen.book.rows.batches import add_batches
from reportgen.book.rows.candidates import add_candidates
from reportgen.book.rows.dates import add_days
from reportgen.book.rows.operator_inputs import read_inputs
from reportgen.book.rows.options import add_options
from reportgen.book.rows.trials import add_trials
from reportgen.book.studies import Studies
from reportgen.errors import Problem, SpecError
from reportgen.spec.load import Loaded, load_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.spec.model import ScenarioSpec

__all__ = ["build_book", "calibration", "load_book"]


def load_book(path: Path, name: str | None = None, mentions: Sequence[str] = (), overlays: Sequence[str] = ()) -> Book:
    """Read a scenario file and build its book.

    Args:
        path: the scenario file.
        name: its name in messages.
        mentions: members that may be set later, so that the book must include what they need; a change such as
            `baseline.model=Mixtral-8x7B` mentions one.
        overlays: folders of users' libraries, a later one over an earlier.

    Raises:
        SpecError: with every mistake found.
    """
    loaded = load_scenario(path, name)
    return build_book(loaded, path.stem, mentions, (*overlays, *calibration(loaded, path.parent)))


def build_book(
    loaded: Loaded[ScenarioSpec], name: str, mentions: Sequence[str] = (), overlays: Sequence[str] = ()
) -> Book:
    """Build the book of a validated scenario; `mentions` and `overlays` as in `load_book`."""
    return _Builder(loaded, name, mentions, overlays).book()


def calibration(loaded: Loaded[ScenarioSpec], folder: Path) -> tuple[str, ...]:
    """Return the calibration file that a scenario names, if any; it must lie in the scenario's folder."""
    given = loaded.spec.calibration
    if not given:
        return ()
    span = loaded.document.span(("calibration",))
    within = PurePosixPath(given)
    if within.is_absolute() or ".." in within.parts or "\\" in given or "\0" in given:
        hint = "name a file in the scenario's folder, or in a folder below it"
        raise SpecError([*loaded.problems, Problem("a calibration must be in the scenario's folder", span, hint)])
    path = folder / within
    if not path.is_file():
        raise SpecError([*loaded.problems, Problem(f"file '{given}' not found in the scenario's folder", span)])
    if path.suffix.casefold() not in (".yaml", ".yml") or not path.resolve().is_relative_to(folder.resolve()):
        hint = "reportgen calibrate writes one"
        raise SpecError(
            [*loaded.problems, Problem("a calibration is a YAML file in the scenario's folder", span, hint)]
        )
    return (str(path),)


class _Builder:
    def __init__(
        self, loaded: Loaded[ScenarioSpec], name: str, mentions: Sequence[str], overlays: Sequence[str]
    ) -> None:
        self.loaded, self.name, self.overlays = loaded, name, tuple(overlays)
        self.library = library(overlays)
        self.all = collect(loaded, self.library, mentions)
        read_currency(self.all, loaded, self.library.frame.money, mentions)
        for part in self.all.participation.files:
            read_instead(self.all, part.spec)
        for part in self.all.participation.files:
            add_along(self.all, part.spec)
        self.problems = self.all.problems
        frame = self.library.frame
        add_days(self.all, loaded, frame.roles)
        add_candidates(self.all, loaded, frame.roles)
        trials = {**add_batches(self.all, loaded, frame.roles), **add_trials(self.all, loaded, frame.roles)}
        self.based_on, self.overridden = add_options(self.all, loaded, trials, frame)
        self._repeat_rows()
        self.inputs = read_inputs(self.all, self.library, loaded.document)
        self.dimensions = {n: self._dimension(n) for n in self.all.dimensions}

    def book(self) -> Book:
        """Return the book, or raise all mistakes."""
        self._rules()
        self._need_members()
        site = Site(self.all, self.loaded, self.dimensions, self.based_on)
        declare(site)
        fill(site)
        adapt(site)
        quantities = checked_quantities(site)
        search, related = read_search(site, quantities), relations(site, quantities)
        text = self.loaded.document.text
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        report = report_lists(self.all, self.loaded, quantities)
        if self.problems:
            raise SpecError([self._explained(problem) for problem in self.problems])
        return Book(
            self.loaded.spec, self.name, text, self.library.hash, digest, self.dimensions, quantities,
            self.based_on, self.overridden, report, self.library.frame.roles, self.library.figures,
            self.library.workbook, self.all.units, related, self.overlays, Studies(search),
        )  # fmt: skip

    def _explained(self, problem: Problem) -> Problem:
        """Add a hint when a name that is reported as unknown exists in a library file that does not take part."""
        why = self.all.participation.why(problem.span.marked) if problem.span is not None else ""
        return Problem(problem.message, problem.span, why) if why else problem

    def _repeat_rows(self) -> None:
        for dimension, pattern, each, row in self.all.repeated:
            for member in self.all.rows.get(each, {}):
                mark = "{" + each + "}"
                cells = {
                    n: Entry(e.value.replace(mark, member) if isinstance(e.value, str) else e.value, e.origin)
                    for n, e in row.cells.items()
                }
                meta = {k: v.replace(mark, member) for k, v in row.meta.items()}
                inputs = row.inputs and tuple(Entry(e.value.replace(mark, member), e.origin) for e in row.inputs)
                repeated = Row(row.origin, meta, cells, inputs)
                self.all.rows.setdefault(dimension, {})[pattern.replace(mark, member)] = repeated

    def _dimension(self, name: str) -> Dimension:
        spec = self.all.dimensions[name]
        members, left_out = (
            tuple(
                _member(member, row, self.inputs.get(member, ()) if name == "operator" else ())
                for member, row in rows.get(name, {}).items()
            )
            for rows in (self.all.rows, self.all.left_out)
        )
        return Dimension(name, spec.title or name.replace("_", " "), spec.description, members, left_out)

    def _need_members(self) -> None:
        """Report dimensions without members: nothing can be reduced over them. Missing requests hide other mistakes."""
        request = self.dimensions.get("request")
        if request is not None and not request.members:
            span = self.loaded.document.span(("requests",), key=True)
            hint = "name one class under requests:, with prompt_tokens and output_tokens"
            self.all.fail("the scenario has no requests", span, hint)
            return
        for name, dimension in self.dimensions.items():
            if not dimension.members:
                span = self.loaded.document.span(("dimensions", name), key=True)
                self.all.fail(f"the dimension '{name}' has no rows", span, "give it rows:, or leave it out")

    def _rules(self) -> None:
        """Add rules as rows of the dimension `rule`, with their conditions and sentences as cells."""
        if "rule" not in self.all.dimensions:
            if self.all.rules:
                name, (_, origin) = next(iter(self.all.rules.items()))
                hint = "name under accounting: the one that the file is for" if origin.document.label else ""
                message = f"the rule '{name}' cannot be used: this accounting gives no recommendations"
                self.all.fail(message, origin.span(key=True), hint)
            return
        rows, named = self.all.rows.setdefault("rule", {}), self.library.frame.roles.rule
        for name, (rule, origin) in self.all.rules.items():
            usual = self.all.rule_kinds[rule.kind]
            cells = {
                named.when: Entry(rule.when, origin.at("when")),
                named.says: Entry(rule.says, origin.at("says")),
                named.kind: Entry(rule.kind, origin.at("kind")),
                named.why: Entry(rule.why, origin.at("why")),
                named.risk: Entry(rule.risk or usual.risk, origin.at("risk")),
                named.next: Entry(rule.next or usual.next, origin.at("next")),
            }
            rows[name] = Row(origin, {"title": rule.title or name.replace("_", " ")}, cells)
        self.dimensions["rule"] = self._dimension("rule")


def _member(name: str, row: Row, inputs: tuple[tuple[str, ...], ...]) -> Member:
    meta = row.meta
    source = meta.get("source", "") or meta.get("url", "")
    return Member(
        name, meta.get("title", ""), meta.get("description", ""), source, meta.get("retrieved", ""),
        meta.get("quality", ""), meta.get("notes", ""), row.aliases(), inputs,
    )  # fmt: skip
