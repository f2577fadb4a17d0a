"""A book with some of its options alone: what is kept has the values that it had, and what it reads is kept with it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reportgen.book.build import load_book
from reportgen.book.changes import read_changes
from reportgen.engine.results import Results

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.engine.evaluate import Inputs

SPECS = Path(__file__).parents[2] / "specs"

CHAIN = """schema: 1
title: A chain
requests: {letter: {prompt_tokens: 800, output_tokens: 300}}
levers: [larger_batch]
objective: {minimise: gain}
measured: {ours: {batch: 8, tpot: 31 ms, scale: true}}
options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S, batch: 4}
  twice: {batch: 2 * base}
  four_times: {based_on: twice, batch: 2 * base}
  alone: {accelerator: H100-SXM-80GB, batch: 3}
  beside: {batch: "batch[alone] + 1"}
quantities:
  gain: {unit: '1', per: [option], formula: "memory_needed[alone] / memory_needed", better: lower}
  best_place: {per: [option], formula: "rank(gain, over=option)"}
  twice_place: {per: [option], formula: best_place * 2}
  gain_alone: {formula: "gain[four_times]"}
  favourite: {type: option, value: alone}
"""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Book:
    path = tmp_path_factory.mktemp("only") / "chain.yaml"
    path.write_text(CHAIN, encoding="utf-8")
    return load_book(path)


def same(whole: Book, options: list[str], inputs: Inputs | None = None) -> Book:
    """The book with the options alone, after all of its values have been compared with those of the whole one."""
    less = whole.only(options)
    before, after, compared = Results(whole, inputs), Results(less, inputs), whole.comparisons()
    assert list(less.quantities) == list(whole.quantities)
    for name, quantity in less.quantities.items():
        if name in compared:
            continue
        expected = before.plain(name)
        for at, dimension in enumerate(quantity.per):
            expected = {k: v for k, v in expected.items() if k[at] in less.dimensions[dimension].names}
        assert after.plain(name) == expected, name
    return less


@pytest.mark.parametrize("spec", ["alice", "bob", "llm_viewer_network"])
def test_values_of_what_is_kept_stay_as_they_are(spec: str) -> None:
    book = load_book(SPECS / f"{spec}.yaml")
    names, pick = book.dimensions["option"].names, random.Random(spec)  # noqa: S311 - no secret
    less = same(book, [names[0]])
    assert less.size("option") == 1
    for _ in range(2):
        chosen = pick.sample(names, min(3, len(names)))
        assert set(chosen) <= set(same(book, chosen).dimensions["option"].names)


def test_changes_hold_in_both(chain: Book) -> None:
    changes = read_changes(chain, ["baseline.batch=6", "alone.batch=5", "prompt_tokens=500"])
    less = same(chain, ["twice"], changes)
    assert Results(less, changes).get("batch", "twice") == 12.0


def test_what_an_option_reads_is_kept_in_the_order_of_the_book(chain: Book) -> None:
    # the scalar gain_alone names four_times, whose base is twice; gain and favourite name alone, scaling_option ours
    always = ("baseline", "twice", "four_times", "alone", "ours")
    assert set(chain.needed_options([])) == set(always)
    assert set(chain.needed_options(["beside"])) == {*always, "beside"}
    kept = same(chain, ["beside"])
    assert kept.dimensions["option"].names == chain.needed_options(["beside"])
    assert "larger_batch" not in kept.dimensions["option"].names
    assert list(kept.based_on) == [name for name in chain.based_on if name in kept.dimensions["option"].names]
    assert set(kept.overridden) == set(kept.based_on)
    assert kept.baseline == chain.baseline


def test_cells_of_dropped_options_go_with_all_that_is_said_of_them(chain: Book) -> None:
    kept = chain.only(["baseline"])
    names = set(kept.dimensions["option"].names)
    for quantity in kept.quantities.values():
        if "option" in quantity.by:
            at = quantity.by.index("option")
            for cells in (quantity.cells, quantity.written_cells, quantity.spans, quantity.provenance):
                assert {key[at] for key in cells if key} <= names, quantity.name
    assert len(kept.quantities["accelerator"].cells) == len(names)


def test_comparisons_are_what_ranges_over_options_and_what_reads_it(chain: Book) -> None:
    found = chain.comparisons()
    assert {"best_place", "twice_place", "best_advised"} <= found
    assert not {"gain", "tpot", "feasible", "objective_value", "gain_alone"} & found


def test_all_options_are_the_same_book_and_an_unknown_one_is_none(chain: Book) -> None:
    assert chain.only(chain.dimensions["option"].names) is chain
    with pytest.raises(KeyError, match="nothing"):
        chain.only(["baseline", "nothing"])
    assert (
        chain.dimensions["option"].names
        == chain.only(reversed(chain.dimensions["option"].names)).dimensions["option"].names
    )
