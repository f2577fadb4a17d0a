"""Redirect formulas of the library to other quantities, as declared by a file that takes part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.book.collected.collect import Collection
    from reportgen.spec.model import LibrarySpec

__all__ = ["read_instead"]


def read_instead(collection: Collection, spec: LibrarySpec) -> None:
    """Rename what library formulas read, as a file declares; a scenario's formulas are not changed."""
    for beginning, names in spec.instead.items():
        for name, (quantity, origin) in collection.quantities.items():
            if name.startswith(beginning) and name not in spec.quantities:
                formula = _renamed(quantity.formula, names)
                collection.quantities[name] = (quantity.model_copy(update={"formula": formula}), origin)


def _renamed(formula: object, names: Mapping[str, str]) -> object:
    """Return a formula with names replaced, whole names only."""
    if not isinstance(formula, str):
        return formula
    return re.sub(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b", lambda match: names[match[0]], formula)
