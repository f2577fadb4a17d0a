"""Names as people write them: case, hyphens and spaces need not agree with the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.book.book import Dimension, Member
from reportgen.book.build import load_book

BOOK = load_book(Path(__file__).parents[2] / "specs" / "alice_at_home.yaml")


@pytest.mark.parametrize(
    ("dimension", "written", "member"),
    [
        ("model", "qwen3 32b", "Qwen3-32B"), ("model", "QWEN3_32B", "Qwen3-32B"),
        ("model", "llama 3.1 8b", "Llama-3.1-8B"),
        ("accelerator", "rtx4090", "RTX-4090"), ("accelerator", "RTX 3090 TI", "RTX-3090-Ti"),
        ("engine", "llama-cpp", "llama_cpp"), ("engine", "llama.cpp", "llama_cpp"), ("precision", "Q4 K M", "q4_k_m"),
    ],
)  # fmt: skip
def test_a_row_is_found_by_its_name_in_another_spelling(dimension: str, written: str, member: str) -> None:
    assert BOOK.member_of(dimension, written) == member


@pytest.mark.parametrize("written", ["", "-", "4090", "RTX", "RTX-3090 Tie"])
def test_what_names_no_row_names_none(written: str) -> None:
    assert BOOK.member_of("accelerator", written) is None


def test_every_name_and_alias_still_names_its_row() -> None:
    for dimension in BOOK.dimensions.values():
        for member in dimension.members:
            assert dimension.member_of(member.name) == member.name
            assert all(dimension.member_of(alias) is not None for alias in member.aliases)


def test_a_spelling_that_two_rows_share_names_neither() -> None:
    rows = (Member("a-1"), Member("a 1"), Member("b", aliases=("a1+",)))
    dimension = Dimension("row", "row", "", rows)
    assert [dimension.member_of(text) for text in ("a1", "A-1", "a 1", "A 1+", "a_1")] == [
        None,
        "a-1",
        "a 1",
        "b",
        None,
    ]
