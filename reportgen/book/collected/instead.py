"""Formulas of the library that read other quantities where a file takes part which says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.collected.collect import Collection
    from reportgen.spec.model import LibrarySpec

__all__ = ["read_instead"]


def read_instead(collection: Collection, spec: LibrarySpec) -> None:
    """Rename what formulas of the library read, as a file says; formulas that a scenario replaces stay as they are."""
    for beginning, names in spec.instead.items():
        for name, (quantity, origin) in collection.quantities.items():
            if name.startswith(beginning) and name not in spec.quantities:
                formula = _renamed(quantity.formula, names)
                collection.quantities[name] = (quantity.model_copy(update={"formula": formula}), origin)


def _renamed(formula: object, names: Mapping[str, str]) -> object:
    """A formula with names replaced, each where it is a whole name."""
    if not isinstance(formula, str):
        return formula
    return re.sub(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b", lambda match: names[match[0]], formula)
