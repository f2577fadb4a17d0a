"""Numbers for people: three significant digits, SI prefixes, thin spaces, and an en dash where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.lang.units import Unit

__all__ = ["NONE", "Shown", "plain", "scaled_unit", "significant"]

NONE = "–"
THIN = "\u202f"
"""A narrow space that does not break, between thousands and before units."""
MINUS = "\u2212"

_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SCALES = ("B", "FLOP", "B/s", "FLOP/s")
_SMALL = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as people read it, with the unit that it is in."""

    text: str
    unit: str = ""

    def joined(self) -> str:
        """Number and unit, not to be broken."""
        return f"{self.text}{THIN}{self.unit}" if self.unit else self.text


def significant(value: float, digits: int = 3) -> str:
    """A number with about so many significant digits, thousands apart.

    >>> significant(0.012345), significant(16.2), significant(1234567.0), significant(-2.5)
    ('0.0123', '16.2', '1\u202f234\u202f567', '\u22122.50')
    """
    if value == int(value):
        return (MINUS if value < 0 else "") + f"{abs(int(value)):,}".replace(",", THIN)
    size = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0
    decimals = max(0, digits - size) if size else digits - 1 + _leading_zeros(abs(value))
    text = f"{abs(value):,.{min(decimals, 12)}f}".replace(",", THIN)
    return (MINUS if value < 0 else "") + text


def _leading_zeros(value: float) -> int:
    """How many places after the point the first digit that counts has."""
    places = 1
    while value < 10.0**-places and places < 12:
        places += 1
    return places


def plain(value: float | None, unit: Unit | None = None) -> Shown:
    """A value in its unit; bytes, operations and seconds get the prefix that suits them."""
    label = unit.label if unit else ""
    if value is None:
        return Shown(NONE, "")
    if label in _SCALES:
        scale, prefix = scaled_unit(value, label)
        return Shown(significant(value / scale), prefix)
    if label == "s" and 0 < abs(value) < 1:
        factor, name = next(((f, n) for f, n in _SMALL if abs(value) >= f), _SMALL[-1])
        return Shown(significant(value / factor), name)
    return Shown(significant(value), label)


def scaled_unit(value: float, label: str) -> tuple[float, str]:
    """The scale and the prefixed unit that suit a value."""
    for scale, prefix in _PREFIXES:
        if abs(value) >= scale:
            return scale, prefix + label
    return 1.0, label
