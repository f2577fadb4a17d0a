"""The values of an axis: lists and ranges are what they say, each value is one of --set, all mistakes come at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.book.build import load_book
from reportgen.book.changes import read_changes
from reportgen.errors import SpecError
from reportgen.study.axes import LONGEST, mentions, read_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

BOOK = load_book(Path(__file__).parents[2] / "specs" / "alice.yaml")


def values(text: str) -> tuple[object, ...]:
    """What the only axis of a text runs through."""
    (axis,) = read_axes(BOOK, [text])
    return axis.values


def said(*texts: str) -> list[str]:
    """The messages of refused axes."""
    with pytest.raises(SpecError) as caught:
        read_axes(BOOK, texts)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("baseline.batch=4", (4,)),
        (" baseline.batch = 1 , 2,4 ", (1, 2, 4)),
        ("baseline.batch=1..4", (1, 2, 3, 4)),
        ("baseline.batch=1..10/4", (1, 5, 9)),
        ("baseline.batch=1..64*4", (1, 4, 16, 64)),
        ("baseline.batch=3..100*2", (3, 6, 12, 24, 48, 96)),
        ("baseline.batch=1, 2..8*2, 8..10", (1, 2, 4, 8, 9, 10)),
        ("baseline.batch=7..7", (7,)),
        ("ttft_target=0.5..1.5/0.25 s", (500, 750, 1000, 1250, 1500)),
        ("ttft_target=1 s,500,null", (1000, 500, None)),
        ("prompt_tokens=1e2..3e2/1e2", (100, 200, 300)),
        ("baseline.accelerator=h100,MI300X", ("H100-SXM-80GB", "MI300X")),
        ('baseline.accelerator="h100", MI300X', ("H100-SXM-80GB", "MI300X")),
        ("baseline.weight_precision=bf16,INT8", ("bf16", "int8")),
        ("baseline.flash_attention=true,False", (True, False)),
        ('L4.interconnect=a..b,"c, d"', ("a..b", "c, d")),
        ("baseline.batch=1,1,2,1", (1, 2)),
        ('L4.interconnect="a"b,c', ('"a"b', "c")),
        ('L4.interconnect=c,"a"b', ("c", '"a"b')),
        ("prompt_tokens=1..1*1.00000000000000000000000000000000001", (1,)),
    ],
)  # fmt: skip
def test_lists_and_ranges(text: str, expected: Sequence[object]) -> None:
    assert values(text) == tuple(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("baseline.batch", "an axis is written NAME=VALUES"),
        ("bacth=1", "unknown input 'bacth'"),
        ("baseline.tpot=1", "'tpot' is computed, not an input"),
        ("batch=1", "'batch' has a value per option"),
        ("baseline.batch=", "a value is missing"),
        ("baseline.batch=1,", "a value is missing"),
        ("baseline.batch=4..1", "'4..1' is not a range"),
        ("baseline.batch=1..", "'1..' is not a range"),
        ("baseline.batch=1 s..2 s", "'1 s..2 s' is not a range"),
        ("baseline.batch=1..9/0", "'1..9/0' is not a range"),
        ("baseline.batch=1..9/-1", "'1..9/-1' is not a range"),
        ("baseline.batch=1..9*1", "'1..9*1' is not a range"),
        ("baseline.batch=0..9*2", "'0..9*2' is not a range"),
        ("baseline.batch=0.5..2.5", "'0.5..2.5' is not a range"),
        ("prompt_tokens=1..1e9", "'1..1e9' is not a range"),
        ("prompt_tokens=1..1e300*1.0001", "'1..1e300*1.0001' is not a range"),
        ("ttft_target=1..2 GB", "wrong unit: 'ttft_target' is measured in ms, not GB"),
    ],
)
def test_what_is_no_axis_is_said(text: str, message: str) -> None:
    assert said(text) == [message]


@pytest.mark.parametrize(
    "change", ["baseline.batch=0", "baseline.batch=x", "baseline.accelerator=H9000", "ttft_target=2 parsec"]
)
def test_a_value_is_refused_with_the_sentence_of_set(change: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_changes(BOOK, [change])
    expected = [problem.message for problem in caught.value.problems]
    assert said(change) == expected


def test_all_mistakes_are_said_at_once_and_of_a_range_the_first() -> None:
    assert said("baseline.batch=-3..-1,x,2", "nothing=1", "prompt_tokens=5..1") == [
        "unknown input 'nothing'",
        "'5..1' is not a range",
        *("baseline.batch needs a whole number from 1 to 100000 (sequence), not " + text for text in ("-3", "x")),
    ]


def test_an_input_is_given_once() -> None:
    assert said("prompt_tokens=1", "chapter.prompt_tokens=2") == ["'chapter.prompt_tokens' has been given before"]
    with pytest.raises(SpecError, match="has been given before"):
        read_axes(BOOK, ["baseline.batch=1"], [("batch", ("baseline",))])


def test_what_is_mentioned_is_known_without_a_book() -> None:
    assert mentions(["baseline.model=a, b", 'x="c, d"', "y"]) == [
        "baseline.model=a",
        "baseline.model=b",
        "x=c, d",
        "y=",
    ]


NUMBERS = st.integers(1, 3000)


@given(st.lists(NUMBERS, min_size=1))
def test_a_list_is_its_values_in_order_without_repetitions(numbers: list[int]) -> None:
    assert values("prompt_tokens=" + ",".join(map(str, numbers))) == tuple(dict.fromkeys(map(float, numbers)))


@given(NUMBERS, st.integers(0, 300), st.integers(1, 50))
def test_a_range_with_a_step_is_pythons_range(first: int, length: int, step: int) -> None:
    expected = tuple(map(float, range(first, first + length + 1, step)))
    assert values(f"prompt_tokens={first}..{first + length}/{step}") == expected
    if step == 1:
        assert values(f"prompt_tokens={first}..{first + length}") == expected


@given(st.integers(1, 99), st.integers(1, 40), st.integers(0, 3))
def test_steps_are_decimal_so_that_the_last_value_is_met(step: int, count: int, places: int) -> None:
    fine = Decimal(step).scaleb(-places)
    found = values(f"ttft_target={fine}..{fine * count}/{fine}")
    assert found == tuple(float(fine * i) for i in range(1, count + 1))


@given(st.integers(1, 50), st.integers(2, 9), st.integers(0, 6))
def test_a_range_with_a_factor_multiplies(first: int, factor: int, count: int) -> None:
    last = first * factor**count
    if last <= 1_000_000:
        assert values(f"prompt_tokens={first}..{last}*{factor}") == tuple(
            float(first * factor**i) for i in range(count + 1)
        )


@given(st.text(st.sampled_from('0123456789.,/*-+eE sx"nul'), max_size=24))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = values("ttft_target=" + text)
    except SpecError:
        return
    assert 0 < len(found) <= (text.count(",") + 1) * LONGEST
    assert len(set(found)) == len(found)


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_any_list_of_texts_is_read_as_written(text: str) -> None:
    for mention in mentions(["x=" + text]):
        name, equals, value = mention.partition("=")
        assert (name, equals) == ("x", "=")
        assert value.strip() == value
        assert value in text
