"""Changes from outside: each kind of input, ranges with the sentence that the workbook shows, all mistakes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen.book.build import load_book
from reportgen.book.changes import addresses, read_changes
from reportgen.book.ranges import problem_text
from reportgen.engine.evaluation import evaluate
from reportgen.errors import SpecError

if TYPE_CHECKING:
    from reportgen.book.book import Book

ALICE = Path(__file__).parents[1] / "specs" / "alice.yaml"


@pytest.fixture(scope="module")
def book() -> Book:
    return load_book(ALICE)


def said(book: Book, *changes: str) -> list[str]:
    """The messages of a refused set of changes."""
    with pytest.raises(SpecError) as caught:
        read_changes(book, changes)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "name", "members", "value"),
    [
        ("baseline.batch=8", "batch", ("baseline",), 8.0),
        (" baseline.batch = 8 ", "batch", ("baseline",), 8.0),
        ("ttft_target=500", "ttft_target", (), 500.0),
        ("ttft_target=0.5 s", "ttft_target", (), 500.0),
        ("ttft_target=500ms", "ttft_target", (), 500.0),
        ("ttft_target=", "ttft_target", (), None),
        ("tpot_target=null", "tpot_target", (), None),
        ("ttft_percentile=90 %", "ttft_percentile", (), 90.0),
        ("baseline.flash_attention=false", "flash_attention", ("baseline",), False),
        ("baseline.flash_attention=True", "flash_attention", ("baseline",), True),
        ("baseline.weight_precision=INT8", "weight_precision", ("baseline",), "int8"),
        ("baseline.accelerator=h100", "accelerator", ("baseline",), "H100-SXM-80GB"),
        ("upgrade_accelerator=L4", "upgrade_accelerator", (), "L4"),
        ("prompt_tokens=100", "prompt_tokens", ("chapter",), 100.0),
        ("chapter.prompt_tokens=1e3", "prompt_tokens", ("chapter",), 1000.0),
        ("RTX-4090.memory_bandwidth=2 TB/s", "memory_bandwidth", ("RTX-4090",), 2000.0),
        ("Llama-3.1-8B.layers=16", "layers", ("Llama-3.1-8B",), 16.0),
        ("RTX-4090.int8.peak=700", "peak", ("RTX-4090", "int8"), 700.0),
        ("hopper.decode_overhead=5 us", "decode_overhead", ("hopper",), 5.0),
        ("hopper.gemm_compute=0.7", "gemm_compute", ("hopper",), 0.7),
    ],
)
def test_each_kind_of_input_can_be_set(
    book: Book, change: str, name: str, members: tuple[str, ...], value: object
) -> None:
    assert read_changes(book, [change]) == {(name, members): value}
    assert evaluate(book, read_changes(book, [change])).get(name, *members) == value


@pytest.mark.parametrize(
    ("address", "members", "value"),
    [
        ("baseline.batch", ("baseline",), "0"),
        ("baseline.batch", ("baseline",), "2.5"),
        ("baseline.batch", ("baseline",), "-1"),
        ("baseline.batch", ("baseline",), "many"),
        ("baseline.batch", ("baseline",), "nan"),
        ("baseline.batch", ("baseline",), "inf"),
        ("baseline.batch", ("baseline",), ""),
        ("baseline.flash_attention", ("baseline",), "perhaps"),
        ("ttft_target", (), "-3"),
        ("ttft_percentile", (), "101"),
        ("baseline.accelerator", ("baseline",), "H9000"),
        ("baseline.weight_precision", ("baseline",), "int9"),
    ],
)
def test_what_is_out_of_range_gets_the_workbooks_sentence(
    book: Book, address: str, members: tuple[str, ...], value: str
) -> None:
    quantity = book.quantities[address.rpartition(".")[2]]
    assert said(book, f"{address}={value}") == [f"{problem_text(quantity, members)}, not {value or 'nothing'}"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("batch", "a change is written NAME=VALUE"),
        ("baseline.bacth=2", "unknown input 'bacth'"),
        ("baseline.tpot=2", "'tpot' is computed, not an input"),
        ("batch=2", "'batch' has a value per option"),
        ("bse.batch=2", "'bse' is not a row with 'batch'"),
        ("baseline.ttft_target=2", "'ttft_target' has one value; write ttft_target=..."),
        ("RTX-4090.peak=2", "'RTX-4090' is not a row with 'peak'"),
        ("ttft_target=2 GB", "wrong unit: 'ttft_target' is measured in ms, not GB"),
        ("ttft_target=2 parsec", "unknown unit 'parsec'"),
        ("=2", "unknown input ''"),
    ],
)
def test_what_cannot_be_set_is_said(book: Book, change: str, message: str) -> None:
    assert said(book, change) == [message]


def test_several_are_set_at_once_and_the_last_wins(book: Book) -> None:
    changes = read_changes(book, ["baseline.batch=2", "tpot_target=9", "baseline.batch=4"])
    assert changes == {("batch", ("baseline",)): 4.0, ("tpot_target", ()): 9.0}


def test_all_mistakes_are_said_at_once(book: Book) -> None:
    assert len(said(book, "baseline.batch=0", "nothing=1", "tpot_target=9", "ttft_target=x")) == 3


def test_every_address_can_be_set(book: Book) -> None:
    known = addresses(book)
    assert {"ttft_target", "baseline.batch", "H100-SXM-80GB.fp8.peak"} <= set(known)
    results = evaluate(book)
    for address in known:
        members, _, name = address.rpartition(".")
        quantity = book.quantities[name]
        cell = next((c for c in quantity.cells if ".".join(c) == members), ())
        value = results.get(name, *(dict(zip(quantity.by, cell, strict=True))[d] for d in quantity.per))
        text = "" if value is None else str(value)
        assert read_changes(book, [f"{address}={text}"]) == {(name, cell): value}, address


def test_the_rest_follows_a_change(book: Book) -> None:
    before, after = evaluate(book), evaluate(book, read_changes(book, ["baseline.batch=8"]))
    assert after.get("batch", "l40s") == 8.0
    assert after.get("batch", "larger_batch") == 16.0
    assert before.get("batch", "l40s") == 1.0


def test_an_empty_text_is_unknown_where_it_may_be_missing() -> None:
    offers = load_book(ALICE.with_name("procurement.yaml"))
    offer = next(name for (name,) in offers.quantities["provider"].cells)
    assert list(read_changes(offers, [f"{offer}.provider="]).values()) == [None]
