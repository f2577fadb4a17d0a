"""Units of measure: read, compared and converted when files are loaded, never when formulas are computed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from reportgen.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "ONE", "Unit", "UnitError", "Units", "parse_unit"]

KINDS = ("B", "FLOP", "s", "USD", "J", "kg")
"""The kinds of unit that are checked. Counts, such as tokens, are none: they are labels only."""

_Exponents = tuple[Fraction, ...]
_NONE: _Exponents = (Fraction(0),) * len(KINDS)


class UnitError(ValueError):
    """The text cannot be read as a unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Exponents of the kinds and a scale to the coherent unit; the labels are only for display, not for equality.

    `plural` is the label after a number other than 1, as in `tokens/s`.
    """

    exponents: _Exponents = _NONE
    scale: Fraction = Fraction(1)
    label: str = field(default="", compare=False)
    plural: str = field(default="", compare=False)

    def __mul__(self, other: Unit) -> Unit:
        return Unit(
            tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True)), self.scale * other.scale
        )

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(
            tuple(a - b for a, b in zip(self.exponents, other.exponents, strict=True)), self.scale / other.scale
        )

    def power(self, exponent: Fraction) -> Unit:
        """Return the unit raised to a power; a fractional power requires an exact root of the scale."""
        scale = self.scale**exponent if exponent.denominator == 1 else Fraction(1)
        if exponent.denominator != 1 and self.scale != 1:
            raise UnitError(self.describe())
        return Unit(tuple(e * exponent for e in self.exponents), Fraction(scale))

    def same_kind(self, other: Unit) -> bool:
        """Return whether values in the two units may be compared or added, possibly after conversion."""
        return self.exponents == other.exponents

    @property
    def prefix_alone(self) -> bool:
        """Whether it is a prefix without a unit, as in 32k."""
        return self.label in _ALONE

    @property
    def money(self) -> bool:
        """Whether it is an amount of money, or one per something."""
        return self.exponents[KINDS.index("USD")] == 1

    @property
    def dimensionless(self) -> bool:
        """Whether the unit has no checked kind (a number, a count, a percentage)."""
        return not any(self.exponents)

    def describe(self) -> str:
        """Return the label, or the kinds if the unit was derived and has no label.

        >>> (parse_unit("GB") / parse_unit("s")).describe()
        'GB/s'
        """
        if self.label:
            return self.label
        up = [_named(k, e) for k, e in zip(KINDS, self.exponents, strict=True) if e > 0]
        down = [_named(k, -e) for k, e in zip(KINDS, self.exponents, strict=True) if e < 0]
        text = "*".join(up) or ("1" if down else "a plain number")
        text += "".join("/" + k for k in down)
        if self.scale == 1:
            return text
        prefix = next((p for p, scale in _SI.items() if scale == self.scale), "")
        if prefix and up and up[0] in _BASES and prefix in _BASES[up[0]][2]:
            return prefix + text
        return f"{float(self.scale):.6g}".replace("e+0", "e").replace("e+", "e") + " " + text


def _named(kind: str, exponent: Fraction) -> str:
    return kind if exponent == 1 else f"{kind}^{exponent}"


ONE = Unit(label="")


def _kind(**exponents: int) -> _Exponents:
    return tuple(Fraction(exponents.get(kind, 0)) for kind in KINDS)


_SI: Mapping[str, Fraction] = {
    **{p: Fraction(10) ** e for p, e in {"k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}.items()},
    **{p: Fraction(1, 10**e) for p, e in {"m": 3, "u": 6, "µ": 6, "n": 9}.items()},
}
_LARGE = ("k", "M", "G", "T", "P", "E")
_ALONE = ("k", "M", "G")
"""Prefixes that may stand without a unit, as in 32k tokens."""
_SMALL = ("m", "u", "µ", "n")
_BINARY = {p: Fraction(1024) ** (i + 1) for i, p in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"))}

# base name -> (exponents, scale, allowed prefixes)
_BASES: dict[str, tuple[_Exponents, Fraction, tuple[str, ...]]] = {
    "B": (_kind(B=1), Fraction(1), _LARGE),
    "bit": (_kind(B=1), Fraction(1, 8), _LARGE),
    "FLOP": (_kind(FLOP=1), Fraction(1), _LARGE),
    "s": (_kind(s=1), Fraction(1), _SMALL),
    "min": (_kind(s=1), Fraction(60), ()),
    "h": (_kind(s=1), Fraction(3600), ()),
    "day": (_kind(s=1), Fraction(86400), ()),
    "month": (_kind(s=1), Fraction(31_557_600, 12), ()),
    "year": (_kind(s=1), Fraction(31_557_600), ()),
    "USD": (_kind(USD=1), Fraction(1), ("k", "M")),
    "J": (_kind(J=1), Fraction(1), (*_LARGE, "m", "u")),
    "W": (_kind(J=1, s=-1), Fraction(1), (*_LARGE, "m")),
    "Wh": (_kind(J=1), Fraction(3600), _LARGE),
    "kg": (_kind(kg=1), Fraction(1), ()),
    "g": (_kind(kg=1), Fraction(1, 1000), ("m",)),
    "t": (_kind(kg=1), Fraction(1000), ()),
    "%": (_NONE, Fraction(1, 100), ()),
    "1": (_NONE, Fraction(1), ()),
}

_TERM = re.compile(r"\s*(?P<name>[A-Za-zµ%]+|1)(?:\^(?P<power>-?[0-9]))?\s*")


class Units:
    """The units that can be read: those of physics, and words that count things.

    Args:
        counts: the words, each with its plural; an empty one is not written after a number.
        currency: a second currency; amounts in either are of the same kind.

    >>> Units({"query": "queries"}).parse("query/s").plural
    'queries/s'
    """

    def __init__(self, counts: Mapping[str, str] = MappingProxyType({}), currency: str = "") -> None:
        self.counts = dict(counts)
        self._currencies = ("USD", currency) if currency else ("USD",)
        bases = {currency: _BASES["USD"]} if currency else {}
        self._bases = _BASES | bases | dict.fromkeys(self.counts, (_NONE, Fraction(1), _LARGE))
        self._known: dict[str, Unit] = {}

    def parse(self, text: str) -> Unit:
        """Read a unit such as `GB/s`, `FLOP/B`, `USD/Mtoken`, `MiB`, `%` or `1`; its label is the text itself.

        Raises:
            UnitError: with the part that cannot be read.
        """
        if text not in self._known:
            self._known[text] = self._parsed(text)
        return self._known[text]

    def within(self, currency: str) -> Units:
        """Return the same units with a second currency."""
        return Units(self.counts, currency)

    def currency_of(self, unit: Unit) -> str:
        """Return the currency in which a unit counts money, or an empty text.

        >>> Units({}, "EUR").currency_of(Units({}, "EUR").parse("kEUR/year"))
        'EUR'
        """
        parts = re.split(r"[*/^]", unit.label)
        return next((c for c in self._currencies if any(p in (c, f"k{c}", f"M{c}") for p in parts)), "")

    def hint(self, text: str) -> str:
        """Return a hint with the unit names closest to an unreadable one, or the common ones if none is close."""
        names = [name for name in self._bases if name != "1"]
        common = ", ".join(name for name in names if name not in self.counts)
        such = f", and counts such as {next(iter(self.counts))}" if self.counts else ""
        return nearest(text, names) or f"known: {common} with prefixes as in GB and ms{such}"

    def _parsed(self, text: str) -> Unit:
        if len(text) > 40:
            raise UnitError(text[:40])
        unit, position, divide = ONE, 0, False
        while True:
            match = _TERM.match(text, position)
            if match is None:
                raise UnitError(text[position:] or text)
            exponents, scale = self._base(match["name"])
            term = Unit(exponents, scale).power(Fraction(match["power"] or 1))
            unit = unit / term if divide else unit * term
            position = match.end()
            if position == len(text):
                break
            if text[position] not in "*/":
                raise UnitError(text[position:])
            divide = text[position] == "/"
            position += 1
        label = "" if text.strip() == "1" else text.strip()
        head, slash, tail = label.partition("/")
        return Unit(unit.exponents, unit.scale, label, f"{self.counts.get(head, head)}{slash}{tail}")

    def _base(self, name: str) -> tuple[_Exponents, Fraction]:
        singular = self._singular(name)
        if singular in self._bases:
            return self._bases[singular][:2]
        if name in _ALONE:
            return _NONE, _SI[name]
        for prefix in sorted((*_SI, *_BINARY), key=len, reverse=True):
            rest = self._singular(name.removeprefix(prefix))
            if not name.startswith(prefix) or rest not in self._bases:
                continue
            exponents, scale, allowed = self._bases[rest]
            if prefix in allowed:
                return exponents, scale * _SI[prefix]
            if prefix in _BINARY and rest == "B":
                return exponents, scale * _BINARY[prefix]
        raise UnitError(name)

    def _singular(self, name: str) -> str:
        return name[:-1] if name.endswith("s") and name[:-1] in self.counts else name


_PHYSICS = Units()


def parse_unit(text: str) -> Unit:
    """Read a unit without counts.

    Raises:
        UnitError: with the part that cannot be read.

    >>> parse_unit("TFLOP/s").scale
    Fraction(1000000000000, 1)
    >>> parse_unit("kB") == parse_unit("KiB")
    False
    """
    return _PHYSICS.parse(text)
