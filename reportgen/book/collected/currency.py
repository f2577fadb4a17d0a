"""Read the library's money, which is in US dollars, in the currency that a scenario names for its results."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reportgen.book.collected.collect import reported
from reportgen.book.entries import Entry, Origin
from reportgen.errors import nearest
from reportgen.lang.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Collection as Texts

    from reportgen.book.collected.collect import Collection
    from reportgen.spec.declared.frame import MoneySpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec
    from reportgen.spec.quantity import QuantitySpec

__all__ = ["read_currency"]

_CODE = re.compile(r"[A-Z]{3}")
_RENAMED = ("unit", "inverse", "formula", "text", "description")
"""The fields of a quantity in which the library names its currency."""
_SAID = ("when", "says", "why", "risk", "next")
"""The fields of a rule in which it may do so."""


def read_currency(
    collection: Collection, scenario: Loaded[ScenarioSpec], money: MoneySpec, mentions: Texts[str]
) -> None:
    """State all money in the scenario's currency: units and sentences name it, amounts of the library are converted.

    Args:
        collection: everything that was written.
        scenario: the scenario; without `currency:` nothing changes.
        money: the names of the quantities that convert money.
        mentions: changes, such as `power_price=0.3`; what they or the scenario give is in the scenario's currency.
    """
    if not (wanted := reported(scenario.spec, money)):
        return
    code = _known(collection, Origin(scenario.document, ("currency",)), wanted, money)
    if code:
        given = {*scenario.spec.inputs, *(text.partition("=")[0].strip() for text in mentions)}
        _Reader(collection, scenario, money, code).read(given)


def _known(collection: Collection, origin: Origin, wanted: str, money: MoneySpec) -> str:
    """Return the currency's name if it has a rate; record what is wrong otherwise."""
    if money.reported not in collection.quantities:
        collection.fail("'currency' is not used without prices", origin.span(key=True), "give an option a price:")
        return ""
    rows = collection.rows.get(money.dimension, {})
    code = collection.names.get(money.dimension, {}).get(wanted.casefold(), "")
    if code not in rows:
        hint = nearest(wanted, rows) or f"known: {', '.join(rows)}; add others under currencies:"
        collection.fail(f"unknown currency '{wanted[:40]}'", origin.span(), hint)
    elif not _CODE.fullmatch(code):
        hint = "name its row under currencies: by a code of three capital letters, as in EUR"
        collection.fail(f"results cannot be in '{code}'", origin.span(), hint)
    elif money.rate not in rows[code].cells or rows[code].cells[money.rate].value is None:
        hint = f"give it under currencies: {code}: with its {money.rate} ({money.unit} for 1 {code}), date and source"
        collection.fail(f"the currency '{code}' has no exchange rate", origin.span(), hint)
    else:
        return code
    return ""


class _Reader:
    def __init__(self, collection: Collection, scenario: Loaded[ScenarioSpec], money: MoneySpec, code: str) -> None:
        self.all, self.document, self.money, self.code = collection, scenario.document, money, code
        self.all.units = collection.units.within(code)
        self.pattern = re.compile(rf"\b([kM]?)(?:{money.unit}|{money.words})\b")

    def read(self, given: set[str]) -> None:
        """Rename the currency, then convert the amounts that the library gives."""
        self._check_own()
        self._check_rows()
        library = [n for n, (_, origin) in self.all.quantities.items() if origin.document is not self.document]
        listed = [name for name in library if name not in given and self._is_amount(name)]
        for name in library:
            spec, origin = self.all.quantities[name]
            if name in listed:
                self._list(name, spec, origin)
            elif name != self.money.rate:
                self.all.quantities[name] = (self._renamed(spec, _RENAMED), origin)
        for name, (rule, origin) in self.all.rules.items():
            if origin.document is not self.document:
                self.all.rules[name] = (self._renamed(rule, _SAID), origin)
        dimension = self.all.dimensions[self.money.dimension]
        self.all.dimensions[self.money.dimension] = self._renamed(dimension, ("description",))
        spec, origin = self.all.quantities[self.money.reported]
        self.all.quantities[self.money.reported] = (spec.model_copy(update={"value": self.code}), origin)

    def _renamed(self, spec: Any, fields: tuple[str, ...]) -> Any:
        """Return a declaration whose texts name the currency of the scenario."""
        texts = {f: getattr(spec, f) for f in fields}
        changed = {f: self._text(t) for f, t in texts.items() if isinstance(t, str) and self.pattern.search(t)}
        return spec.model_copy(update=changed) if changed else spec

    def _text(self, text: str) -> str:
        return self.pattern.sub(rf"\g<1>{self.code}", text)

    def _is_amount(self, name: str) -> bool:
        """Return whether a quantity is a scenario-wide input with an amount of money of the library's, other than 0."""
        spec, _ = self.all.quantities[name]
        value = self.all.inputs[name].value if name in self.all.inputs else spec.value
        return spec.is_input and not spec.per and bool(value) and bool(self.pattern.search(spec.unit))

    def _list(self, name: str, spec: QuantitySpec, origin: Origin) -> None:
        """Keep an amount of the library as an input in its own currency, and compute the quantity from it."""
        kept = self.money.listed.format(name=name)
        title = self.money.listed_title.format(title=spec.title or name, unit=self.money.unit)
        self.all.quantities[kept] = (spec.model_copy(update={"title": title}), origin)
        formula = f"{kept} * {self.money.factor}"
        source = self.money.listed_source.format(source=spec.source, unit=self.money.unit) if spec.source else ""
        changed = {"formula": formula, "value": None, "input": None, "optional": False, "source": source}
        converted = self._renamed(spec, ("unit", "inverse")).model_copy(update=changed)
        self.all.quantities[name] = (converted, origin)
        if name in self.all.inputs:
            self.all.inputs[kept] = self.all.inputs.pop(name)

    def _check_own(self) -> None:
        """Report quantities of the scenario itself that are in the library's currency."""
        for name, (spec, origin) in self.all.quantities.items():
            if origin.document is self.document and self.pattern.search(spec.unit):
                hint = f"write {self._text(spec.unit)}, because the scenario says currency: {self.code}"
                self.all.fail(f"'{name}' is in {self.money.unit}", origin.at("unit").span(), hint)

    def _check_rows(self) -> None:
        """Report amounts of money in the rows of a user's library: only prices are converted row by row."""
        amounts = {n for n, (q, _) in self.all.quantities.items() if q.per and q.is_input and self._money(q)}
        for dimension, rows in self.all.rows.items():
            if dimension == self.money.dimension:
                continue
            for row in rows.values():
                for name in amounts & row.cells.keys():
                    entry = row.cells[name]
                    if entry.origin.document is not self.document and entry.value is not None:
                        self._unconverted(name, entry)

    def _unconverted(self, name: str, entry: Entry) -> None:
        hint = f"leave out currency: {self.code}, or give '{name}' in the scenario"
        self.all.fail(f"'{name}' is in {self.money.unit} here and is not converted", entry.origin.span(), hint)

    def _money(self, spec: QuantitySpec) -> bool:
        try:
            return self.all.units.parse(spec.unit).money
        except UnitError:  # reported where quantities are declared
            return False
