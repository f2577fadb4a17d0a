"""Units: what each stands for, how they combine, and which texts are refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.lang.units import KINDS, ONE, Unit, UnitError, Units

UNITS = Units({"token": "tokens", "query": "queries", "pass": ""})

# Unit, the kinds in it with their exponents, and how many coherent units it is: from the SI and IEC 80000-13, by hand.
TABLE: list[tuple[str, dict[str, int], Fraction | int]] = [
    ("B", {"B": 1}, 1), ("kB", {"B": 1}, 1000), ("KiB", {"B": 1}, 1024), ("MB", {"B": 1}, 10**6),
    ("MiB", {"B": 1}, 1_048_576), ("GB", {"B": 1}, 10**9), ("GiB", {"B": 1}, 1_073_741_824), ("TB", {"B": 1}, 10**12),
    ("TiB", {"B": 1}, 1_099_511_627_776), ("PB", {"B": 1}, 10**15), ("PiB", {"B": 1}, 1_125_899_906_842_624),
    ("bit", {"B": 1}, Fraction(1, 8)), ("Gbit/s", {"B": 1, "s": -1}, 125_000_000), ("FLOP", {"FLOP": 1}, 1),
    ("TFLOP/s", {"FLOP": 1, "s": -1}, 10**12), ("PFLOP", {"FLOP": 1}, 10**15), ("EFLOP", {"FLOP": 1}, 10**18),
    ("s", {"s": 1}, 1), ("ms", {"s": 1}, Fraction(1, 1000)), ("us", {"s": 1}, Fraction(1, 10**6)),
    ("µs", {"s": 1}, Fraction(1, 10**6)), ("ns", {"s": 1}, Fraction(1, 10**9)), ("min", {"s": 1}, 60),
    ("h", {"s": 1}, 3600), ("day", {"s": 1}, 86_400), ("year", {"s": 1}, 31_557_600),  # the Julian year, 365.25 days
    ("USD", {"USD": 1}, 1), ("kUSD", {"USD": 1}, 1000), ("MUSD", {"USD": 1}, 10**6),
    ("USD/h", {"USD": 1, "s": -1}, Fraction(1, 3600)),
    ("J", {"J": 1}, 1), ("kJ", {"J": 1}, 1000), ("mJ", {"J": 1}, Fraction(1, 1000)),
    ("uJ", {"J": 1}, Fraction(1, 10**6)),
    ("W", {"J": 1, "s": -1}, 1), ("kW", {"J": 1, "s": -1}, 1000), ("MW", {"J": 1, "s": -1}, 10**6),
    ("mW", {"J": 1, "s": -1}, Fraction(1, 1000)), ("Wh", {"J": 1}, 3600), ("kWh", {"J": 1}, 3_600_000),
    ("USD/kWh", {"USD": 1, "J": -1}, Fraction(1, 3_600_000)), ("kg", {"kg": 1}, 1), ("g", {"kg": 1}, Fraction(1, 1000)),
    ("mg", {"kg": 1}, Fraction(1, 10**6)), ("t", {"kg": 1}, 1000),
    ("g/kWh", {"kg": 1, "J": -1}, Fraction(1, 3_600_000_000)),
    ("1", {}, 1), ("%", {}, Fraction(1, 100)), ("token", {}, 1), ("tokens", {}, 1), ("Mtoken", {}, 10**6),
    ("ktokens/s", {"s": -1}, 1000), ("USD/Mtoken", {"USD": 1}, Fraction(1, 10**6)), ("FLOP/B", {"FLOP": 1, "B": -1}, 1),
    ("GFLOP/W/s", {"FLOP": 1, "J": -1}, 10**9), ("B*s", {"B": 1, "s": 1}, 1), ("s^2", {"s": 2}, 1),
    ("ms^2", {"s": 2}, Fraction(1, 10**6)),
    ("s^-1", {"s": -1}, 1), ("1/s", {"s": -1}, 1), (" GB / s ", {"B": 1, "s": -1}, 10**9), ("B/s*s", {"B": 1}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kinds", "scale"), TABLE)
def test_a_unit_has_its_kinds_and_scale(text: str, kinds: dict[str, int], scale: Fraction | int) -> None:
    unit = UNITS.parse(text)
    assert dict(zip(KINDS, unit.exponents, strict=True)) == {kind: kinds.get(kind, 0) for kind in KINDS}
    assert unit.scale == scale
    assert unit.label == ("" if text == "1" else text.strip())
    assert unit.dimensionless == (not kinds)


@pytest.mark.parametrize(
    ("text", "plural"),
    [
        ("token", "tokens"),
        ("query/s", "queries/s"),
        ("pass", ""),
        ("Mtoken", "Mtoken"),
        ("USD/token", "USD/token"),
        ("GB", "GB"),
    ],
)
def test_a_count_has_a_plural(text: str, plural: str) -> None:
    assert UNITS.parse(text).plural == plural


def test_words_that_are_not_declared_are_no_units() -> None:
    with pytest.raises(UnitError, match="page"):
        UNITS.parse("page")
    assert Units({"page": "pages"}).parse("kpages/s").scale == 1000
    assert "counts" not in Units().hint("furlong")


def test_prefixes_of_ten_and_of_two_differ() -> None:
    assert UNITS.parse("KiB") / UNITS.parse("kB") == Unit(scale=Fraction(1024, 1000))
    assert UNITS.parse("GiB").same_kind(UNITS.parse("GB"))
    assert UNITS.parse("GiB") != UNITS.parse("GB")


def test_names_that_look_alike_are_told_apart() -> None:
    assert UNITS.parse("min") == Unit(UNITS.parse("s").exponents, Fraction(60))  # a minute, no milli-inch
    assert UNITS.parse("mW").scale * 10**9 == UNITS.parse("MW").scale
    assert UNITS.parse("Gbit").scale * 8 == UNITS.parse("GB").scale
    assert not UNITS.parse("W").same_kind(UNITS.parse("Wh"))
    assert UNITS.parse("t").exponents == UNITS.parse("kg").exponents


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""), (" ", " "), ("GBs", "GBs"), ("KB", "KB"), ("kib", "kib"), ("Kis", "Kis"), ("ks", "ks"), ("GiFLOP",
        "GiFLOP"),
        ("mB", "mB"), ("kmin", "kmin"), ("k%", "k%"), ("kkg", "kkg"), ("FLOPS", "FLOPS"), ("sec", "sec"), ("$", "$"),
        ("GB/", "GB/"), ("/s", "/s"), ("GB//s", "/s"), ("GB s", "s"), ("s^x", "^x"), ("s^12", "2"), ("s**2", "*2"),
        ("2 GB", "2 GB"), ("1B", "B"), ("GB/s)", ")"), ("(GB)", "(GB)"), ("B" * 41, "B" * 40),
    ],
)  # fmt: skip
def test_what_is_no_unit_is_refused_with_the_part_that_is_wrong(text: str, part: str) -> None:
    with pytest.raises(UnitError) as caught:
        UNITS.parse(text)
    assert str(caught.value) == part


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("FLOPS", "did you mean 'FLOP'?"), ("tokenz", "did you mean 'token'?"),
        ("furlong", "known: B, bit, FLOP, s, min, h, day, month, year, USD, J, W, Wh, kg, g, t, % "
         "with prefixes as in GB and ms, and counts such as token"),
    ],
)  # fmt: skip
def test_a_hint_names_what_is_near(text: str, hint: str) -> None:
    assert UNITS.hint(text) == hint


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (ONE, "a plain number"), (UNITS.parse("GB") / UNITS.parse("s"), "GB/s"), (ONE / UNITS.parse("s"), "1/s"),
        (UNITS.parse("GB/s"), "GB/s"), (UNITS.parse("s") * UNITS.parse("s"), "s^2"),
        (UNITS.parse("GiB") * ONE, "1.07374e9 B"),
        (UNITS.parse("FLOP/s") / UNITS.parse("B/s"), "FLOP/B"), (UNITS.parse("W") * ONE, "J/s"),
        (UNITS.parse("B") * UNITS.parse("s"), "B*s"), (UNITS.parse("B").power(Fraction(1, 2)), "B^1/2"),
    ],
)  # fmt: skip
def test_a_derived_unit_is_described(unit: Unit, text: str) -> None:
    assert unit.describe() == text


# --- algebra -----------------------------------------------------------------------------------------------------

PARSED = st.sampled_from([text for text, _, _ in TABLE]).map(UNITS.parse)
POWERS = st.integers(-3, 3).map(Fraction)


@given(PARSED, PARSED, PARSED)
def test_units_multiply_as_numbers_do(a: Unit, b: Unit, c: Unit) -> None:
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * ONE == a
    assert a / a == ONE
    assert (a * b) / b == a
    assert a / (b / c) == a * c / b
    assert (a * b).same_kind(c) == a.same_kind(c / b)


@given(PARSED, PARSED, POWERS, POWERS)
def test_powers_add_and_multiply(a: Unit, b: Unit, m: Fraction, n: Fraction) -> None:
    assert a.power(m) * a.power(n) == a.power(m + n)
    assert a.power(m).power(n) == a.power(m * n)
    assert (a * b).power(n) == a.power(n) * b.power(n)


def test_a_root_is_exact_or_refused() -> None:
    assert UNITS.parse("B^2").power(Fraction(1, 2)) == UNITS.parse("B")
    with pytest.raises(UnitError, match="kB"):
        UNITS.parse("kB").power(Fraction(1, 2))


@given(PARSED, PARSED)
def test_a_label_reads_back(a: Unit, b: Unit) -> None:
    assert UNITS.parse(a.label or "1") == a
    assert UNITS.parse(f"{a.label or '1'}*{b.label or '1'}") == a * b
    if all(mark not in b.label for mark in "*/"):
        assert UNITS.parse(f"{a.label or '1'}/{b.label or '1'}") == a / b


@given(st.text(max_size=50) | st.text(st.sampled_from("GBkKiMs/*^-12 tokenFLOP%µ"), max_size=45))
def test_any_text_is_a_unit_or_refused(text: str) -> None:
    try:
        unit = UNITS.parse(text)
    except UnitError as error:
        refused = str(error)
    else:
        refused = ""
        assert UNITS.parse(unit.label or "1") == unit
        assert unit.scale > 0
    assert refused in text
