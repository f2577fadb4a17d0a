"""Declare quantities of a library file a second time, along a further dimension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.book.entries import Entry

if TYPE_CHECKING:
    from reportgen.book.collected.collect import Collection
    from reportgen.spec.model import AlongSpec, LibrarySpec, QuantitySpec

__all__ = ["add_along"]


def add_along(collection: Collection, spec: LibrarySpec) -> None:
    """Add the second declarations of a file to the collection; a formula replaced by a scenario is replaced in both."""
    for dimension, along in spec.along.items():
        first = [name for name in collection.quantities if name.startswith(along.names)]
        for name in first:
            second = along.become + name.removeprefix(along.names)
            quantity, origin = collection.quantities[name]
            if second not in collection.quantities:
                collection.quantities[second] = (_second(quantity, dimension, along), origin)
            if name in collection.formulas and second not in collection.formulas:
                entry = collection.formulas[name]
                collection.formulas[second] = Entry(_renamed(entry.value, along), entry.origin)


def _second(quantity: QuantitySpec, dimension: str, along: AlongSpec) -> QuantitySpec:
    per = [quantity.per[0], dimension, *quantity.per[1:]]
    return quantity.model_copy(update={"per": per, "formula": _renamed(quantity.formula, along)})


def _renamed(formula: object, along: AlongSpec) -> object:
    """Return a formula that reads the second quantities instead of the first."""
    return re.sub(rf"\b{along.names}(?=\w)", along.become, formula) if isinstance(formula, str) else formula
