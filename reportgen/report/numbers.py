"""Format numbers for readers: three significant digits, a suitable prefix, grouped thousands, an en dash for absent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from reportgen.engine.values import fixed
from reportgen.lang.units import ONE, Unit, parse_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ABSENT", "NARROW", "Amount", "Setting", "amount", "as_given", "column", "digits", "joined", "unit_words"]

ABSENT = "–"
NARROW = "\N{NARROW NO-BREAK SPACE}"
_SIGNIFICANT = 3
_MOST_DIGITS = 5  # the most digits of a number in a column, so that its smallest neighbour does not vanish

_PREFIXES = (("n", -9), ("µ", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18))
# Units whose prefix may change, with the smallest and the largest prefix in use.
_FAMILIES = {
    parse_unit(base).exponents: (base, low, high)
    for base, low, high in (("s", -9, 0), ("B", 0, 18), ("FLOP", 0, 18), ("B/s", 0, 18), ("FLOP/s", 0, 18))
}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as text, with its unit."""

    text: str
    unit: str = ""

    def __str__(self) -> str:
        return joined(self.text, self.unit)


@dataclass(frozen=True, slots=True)
class Setting:
    """A formatted column: its unit, a text per value, and the factor that converts values to the unit."""

    unit: str
    texts: tuple[str, ...]
    factor: float = 1.0


def joined(text: str, unit: str) -> str:
    """Join number and unit by a space that does not break."""
    return f"{text}{NARROW}{unit}" if unit and text != ABSENT else text


def amount(value: float | None, unit: Unit = ONE) -> Amount:
    r"""Format a single number with three significant digits; whole numbers keep all digits.

    >>> str(amount(3918.8, parse_unit("ms"))), str(amount(1.0, Unit(label="sequence", plural="sequences")))
    ('3.92\u202fs', '1\u202fsequence')
    """
    if value is None:
        return Amount(ABSENT)
    scaled, label = _scaled(value, unit, [value])
    return Amount(digits(scaled), _words(unit, label, scaled))


def as_given(value: float | None, unit: Unit = ONE) -> Amount:
    r"""Format a number that the user has set, with the digits as given.

    >>> str(as_given(8000.0, parse_unit("ms"))), str(as_given(0.9, ONE))
    ('8\u202fs', '0.9')
    """
    if value is None:
        return Amount(ABSENT)
    scaled, label = _scaled(value, unit, [value])
    size = math.floor(math.log10(abs(scaled))) if scaled else 0
    text = _signed(fixed(scaled, max(0, 5 - size)))
    return Amount(text.rstrip("0").rstrip(".") if "." in text else text, _words(unit, label, scaled))


def column(values: Sequence[float | None], unit: Unit = ONE) -> Setting:
    """Format the numbers of a column with the same prefix and the same decimals.

    The smallest number gets three significant digits, as long as the largest has no more than four.

    >>> column([16.2018, 4.87506, None], parse_unit("ms"))
    Setting(unit='ms', texts=('16.20', '4.88', '–'), factor=1.0)
    """
    known = sorted(abs(v) for v in values if v)
    # The median decides: with the largest, one outlier makes all others look small.
    _, label = _scaled(1.0, unit, known[len(known) // 2 :][:1])
    factor = _factor(unit, label)
    scaled = [None if v is None else v * factor for v in values]
    decimals = _decimals([abs(v) for v in scaled if v])
    texts = tuple(ABSENT if v is None else _signed(fixed(v, decimals)) for v in scaled)
    return Setting(_words(unit, label), texts, factor)


def unit_words(unit: Unit, value: float | None = None) -> str:
    """Format a unit for readers; counts are plural, unless the value is 1.

    >>> rate = Unit(label="token/s", plural="tokens/s")
    >>> unit_words(rate), unit_words(rate, 1.0), unit_words(parse_unit("us"))
    ('tokens/s', 'token/s', 'µs')
    """
    return _words(unit, unit.label, value)


def _words(unit: Unit, label: str, value: float | None = None) -> str:
    """Format the label of a unit, its own or one with another prefix."""
    words = unit.plural if label == unit.label and value != 1 else label
    return f"µ{words[1:]}" if words.partition("/")[0] in {"us", "uJ"} else words


def _scaled(value: float, unit: Unit, values: Sequence[float]) -> tuple[float, str]:
    """Return the value with the prefix that suits the largest of `values`, and the label of that unit."""
    family = _FAMILIES.get(unit.exponents)
    if family is None or "bit" in unit.label or unit.label in {"min", "h", "day", "year"}:
        return value, unit.label
    base, low, high = family
    largest = max((abs(v) for v in values), default=0.0) * float(unit.scale)
    if not largest:
        return value, unit.label
    allowed = [(p, e) for p, e in _PREFIXES if low <= e <= high]
    # What rounds to 1,000 of a prefix is written as 1 of the next prefix.
    fitting = [(p, e) for p, e in allowed if float(f"{largest:.2e}") >= 10.0**e]
    prefix, _ = (fitting or allowed)[-1 if fitting else 0]
    return value * _factor(unit, prefix + base), prefix + base


def _factor(unit: Unit, label: str) -> float:
    """Return the factor from a unit to another one, named by its label."""
    if label == unit.label:
        return 1.0
    # a fraction, because dividing powers of ten as floats loses digits
    return float(Fraction(unit.scale) / parse_unit(label).scale)


def digits(value: float) -> str:
    r"""Format with three significant digits; whole numbers keep all digits.

    >>> digits(16.2018), digits(-0.0051337), digits(1234567.0), digits(2.5e-7)
    ('16.2', '−0.00513', '1,234,567', '2.50\u202f×\u202f10⁻⁷')
    """
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -5 < size < 9:
        mantissa = f"{value:.2e}".split("e")
        return f"{_signed(mantissa[0])}{NARROW}×{NARROW}10{str(int(mantissa[1])).translate(_RAISED)}"
    if value == int(value):
        return _signed(fixed(value, 0))
    rounded = float(f"{value:.{_SIGNIFICANT - 1}e}")  # 9.996 becomes 10.0, with one decimal less
    return _signed(fixed(value, max(0, _SIGNIFICANT - 1 - math.floor(math.log10(abs(rounded))))))


def _decimals(sizes: Sequence[float]) -> int:
    """Return the decimals of a column of positive numbers; 0 if all are whole."""
    if not sizes or all(size == int(size) for size in sizes):
        return 0
    smallest, largest = (math.floor(math.log10(f(sizes))) for f in (min, max))
    # At most four digits, or five if the smallest would vanish otherwise. Leading zeros do not count.
    largest = max(largest, 0) if largest > -2 else largest
    wanted = max(_SIGNIFICANT - largest, -smallest)
    return max(0, min(_SIGNIFICANT - 1 - smallest, wanted, _MOST_DIGITS - 1 - largest))


def _signed(text: str) -> str:
    """Group thousands and use a true minus sign."""
    minus = "−" if text.startswith("-") else ""
    whole, point, rest = text.lstrip("-").partition(".")
    return f"{minus}{int(whole):,}{point}{rest}"
