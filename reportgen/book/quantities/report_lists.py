"""The report's lists and sections: the scenario's own or else the library's, checked against the quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.book.entries import Origin
from reportgen.errors import Problem, nearest
from reportgen.spec.report import BLOCKS, OUTLINES, PER, ReportSpec, SectionSpec

if TYPE_CHECKING:
    from collections.abc import Collection as Texts
    from collections.abc import Mapping

    from reportgen.book.book import Quantity
    from reportgen.book.collected.collect import Collection
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec

__all__ = ["report_lists"]


def report_lists(
    collection: Collection, loaded: Loaded[ScenarioSpec], quantities: Mapping[str, Quantity]
) -> ReportSpec:
    """Return the lists without what this accounting lacks; mistakes of the scenario are recorded."""
    return _Lists(collection, loaded, quantities).report()


class _Lists:
    def __init__(
        self, collection: Collection, loaded: Loaded[ScenarioSpec], quantities: Mapping[str, Quantity]
    ) -> None:
        self.all, self.own, self.quantities = collection, loaded.spec.report, quantities
        self.origin = Origin(loaded.document, ("report",))

    def report(self) -> ReportSpec:
        """Return the lists, each from the scenario or else from the library."""
        lists: dict[str, Any] = {}
        for name in ReportSpec.model_fields:
            chosen = getattr(self.own, name)
            if isinstance(chosen, dict):
                lists[name] = {key: said for r in self.all.reports for key, said in getattr(r, name).items()}
            elif name in OUTLINES:
                lists[name] = chosen or [section for r in self.all.reports[:-1] for section in getattr(r, name)]
            elif not chosen:
                parts = [getattr(r, name) for r in self.all.reports[:-1]]
                listed = bool(parts) and isinstance(parts[0], list)
                lists[name] = self._known([c for part in parts for c in part]) if listed else "".join(parts)
            elif isinstance(chosen, list):
                wanted = [item if isinstance(item, str) else item.quantity for item in chosen]
                self._check(wanted, self.quantities, self.origin.at(name), "quantity")
                self._check_per(name, wanted)
                lists[name] = self._known(chosen)
            else:
                lists[name] = chosen
        for name in OUTLINES:
            self._check(getattr(self.own, name), lists["sections"], self.origin.at(name), "section")
        for block, names in self.own.words.items():
            self._check([block], BLOCKS, self.origin.at("words"), "block")
            self._check(names, self.quantities, self.origin.at("words", block), "quantity")
        for name, section in self.own.sections.items():
            self._check_section(section, self.origin.at("sections", name))
        return ReportSpec.model_validate(lists)

    def _known(self, chosen: list[Any]) -> list[Any]:
        return [c for c in chosen if (c if isinstance(c, str) else c.quantity) in self.quantities]

    def _check(self, names: list[str], known: Texts[str], origin: Origin, what: str) -> None:
        for i, name in enumerate(names):
            if name not in known:
                span = origin.at(i).span()
                self.all.problems.append(Problem(f"unknown {what} '{name}'", span, nearest(name, known)))

    def _check_per(self, key: str, names: list[str]) -> None:
        """Check that the quantities of a list have the index set that it requires."""
        for i, name in enumerate(names):
            quantity = self.quantities.get(name)
            if quantity is not None and key in PER and quantity.per != PER[key]:
                span, wanted = self.origin.at(key, i).span(), "one per option" if PER[key] else "a single one"
                self.all.fail(f"'{name}' has {_one_per(quantity)}", span, f"'{key}' lists quantities with {wanted}")

    def _check_section(self, section: SectionSpec, origin: Origin) -> None:
        self._check(section.blocks, BLOCKS, origin.at("blocks"), "block")
        for key in ("only_with", "unless"):
            if (block := getattr(section, key)) and block not in BLOCKS:
                self.all.fail(f"unknown block '{block}'", origin.at(key).span(), nearest(block, BLOCKS))
        for block in section.alone:
            if block not in BLOCKS:
                self.all.fail(
                    f"unknown block '{block}'", origin.at("alone", block).span(key=True), nearest(block, BLOCKS)
                )
        finding = self.quantities.get(section.finding)
        if section.finding and finding is None:
            span = origin.at("finding").span()
            self.all.fail(f"unknown quantity '{section.finding}'", span, nearest(section.finding, self.quantities))
        elif finding is not None and (finding.type.kind != "text" or finding.per):
            hint = "name one text, as report_title is"
            self.all.fail(f"'{section.finding}' cannot be a heading", origin.at("finding").span(), hint)
        self._check(section.table, self.quantities, origin.at("table"), "quantity")
        if not section.blocks and not section.table:
            self.all.fail("a section without blocks: and table:", origin.span(key=True), "give it one of them")
        named = [self.quantities[name] for name in section.table if name in self.quantities]
        for i, quantity in enumerate(named[1:], start=1):
            if quantity.per != named[0].per:
                hint = f"{named[0].name} has {_one_per(named[0])}, {quantity.name} {_one_per(quantity)}"
                self.all.fail("quantities of one table have one index set", origin.at("table", i).span(), hint)
                break


def _one_per(quantity: Quantity) -> str:
    return f"one value per {' and '.join(quantity.per)}" if quantity.per else "one value"
