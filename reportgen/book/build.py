"""Building a book: what was collected is named, typed, put into order and checked; every mistake at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from reportgen.book.book import Book, Dimension, Member, Quantity
from reportgen.book.collect import Collection, Entry, Origin, Row, collect, library_hash
from reportgen.book.declare import declare
from reportgen.book.drafts import Site
from reportgen.book.fill import fill
from reportgen.book.options import add_options
from reportgen.book.settle import settle
from reportgen.errors import Problem, SpecError, nearest
from reportgen.spec.load import Loaded, load_scenario
from reportgen.spec.model import ReportSpec, ScenarioSpec

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["build_book", "load_book"]


def load_book(path: Path, name: str | None = None) -> Book:
    """Read a scenario file and make it whole.

    Raises:
        SpecError: with every mistake found.
    """
    return build_book(load_scenario(path, name), path.stem)


def build_book(loaded: Loaded[ScenarioSpec], name: str) -> Book:
    """Make a validated scenario whole."""
    return _Builder(collect(loaded), loaded, name).book()


class _Builder:
    def __init__(self, collection: Collection, loaded: Loaded[ScenarioSpec], name: str) -> None:
        self.all, self.loaded, self.name = collection, loaded, name
        self.problems = collection.problems
        self.based_on, self.overridden = add_options(collection, loaded)
        self._repeat_rows()
        self.dimensions = {n: self._dimension(n) for n in collection.dimensions}

    def book(self) -> Book:
        """The book, or all mistakes."""
        self._rules()
        self._need_members()
        site = Site(self.all, self.loaded, self.dimensions, self.based_on)
        declare(site)
        fill(site)
        quantities = settle(site)
        text = "\n".join(self.loaded.document.lines) + "\n"
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        report = self._report(quantities)
        if self.problems:
            raise SpecError(self.problems)
        return Book(
            self.loaded.spec, self.name, text, library_hash(), digest, self.dimensions, quantities,
            self.based_on, self.overridden, report,
        )  # fmt: skip

    def _repeat_rows(self) -> None:
        for dimension, pattern, each, row in self.all.repeated:
            for member in self.all.rows.get(each, {}):
                mark = "{" + each + "}"
                cells = {
                    n: Entry(e.value.replace(mark, member) if isinstance(e.value, str) else e.value, e.origin)
                    for n, e in row.cells.items()
                }
                meta = {k: v.replace(mark, member) for k, v in row.meta.items()}
                self.all.rows.setdefault(dimension, {})[pattern.replace(mark, member)] = Row(row.origin, meta, cells)

    def _dimension(self, name: str) -> Dimension:
        spec = self.all.dimensions[name]
        members = []
        for member, row in self.all.rows.get(name, {}).items():
            meta = row.meta
            aliases = tuple(a.strip() for a in meta.get("aliases", "").split(";") if a.strip())
            source = meta.get("source", "") or meta.get("url", "")
            members.append(
                Member(member, meta.get("title", ""), meta.get("description", ""), source, meta.get("retrieved", ""),
                       meta.get("quality", ""), meta.get("notes", ""), aliases)
            )  # fmt: skip
        return Dimension(name, spec.title or name.replace("_", " "), spec.description, tuple(members))

    def _need_members(self) -> None:
        """Nothing can be reduced over a dimension without members."""
        for name, dimension in self.dimensions.items():
            if dimension.members:
                continue
            span = self.loaded.document.span(("dimensions", name), key=True)
            if name == "request":
                span = self.loaded.document.span(("requests",), key=True)
                hint = "name one class under requests:, with prompt_tokens and output_tokens"
                self.all.fail("the scenario has no requests", span, hint)
            else:
                self.all.fail(f"the dimension '{name}' has no rows", span, "give it rows:, or leave it out")

    def _rules(self) -> None:
        """A rule is a row of the dimension `rule`; its condition and sentence are cells."""
        if "rule" not in self.all.dimensions:
            if self.all.rules:
                name, (_, origin) = next(iter(self.all.rules.items()))
                self.all.fail(
                    f"the rule '{name}' cannot be used: this accounting gives no recommendations", origin.span(key=True)
                )
            return
        rows = self.all.rows.setdefault("rule", {})
        for name, (rule, origin) in self.all.rules.items():
            cells = {
                "rule_when": Entry(rule.when, origin.at("when")),
                "rule_says": Entry(rule.says, origin.at("says")),
                "rule_kind": Entry(rule.kind, origin.at("kind")),
            }
            rows[name] = Row(origin, {"title": rule.title or name.replace("_", " ")}, cells)
        self.dimensions["rule"] = self._dimension("rule")

    def _report(self, quantities: dict[str, Quantity]) -> ReportSpec:
        """What is shown: the scenario's own lists, else those of the library, without what this accounting lacks."""
        own = self.loaded.spec.report
        origin = Origin(self.loaded.document, ("report",))
        made: dict[str, object] = {}
        for name in ReportSpec.model_fields:
            chosen = getattr(own, name)
            if chosen:
                for i, item in enumerate(chosen if isinstance(chosen, list) else []):
                    wanted = item if isinstance(item, str) else item.quantity
                    if wanted not in quantities:
                        span = origin.at(name, i).span()
                        self.problems.append(Problem(f"unknown quantity '{wanted}'", span, nearest(wanted, quantities)))
            else:
                parts = [getattr(r, name) for r in self.all.reports[:-1]]
                listed = bool(parts) and isinstance(parts[0], list)
                chosen = [c for part in parts for c in part] if listed else "".join(parts)
            if isinstance(chosen, list):
                chosen = [c for c in chosen if (c if isinstance(c, str) else c.quantity) in quantities]
            made[name] = chosen
        return ReportSpec.model_validate(made)
