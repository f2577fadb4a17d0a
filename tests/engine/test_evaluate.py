"""The evaluator: index sets, selection by value, absent values, samples, and inputs put in the place of cells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reportgen.book.build import build_book, load_book
from reportgen.book.changes import addresses, read_changes
from reportgen.engine.evaluate import Evaluator
from reportgen.engine.evaluation import evaluate
from reportgen.engine.results import Results
from reportgen.errors import EvaluationError
from reportgen.spec.document import Document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.engine.values import Value

SPECS = Path(__file__).parents[2] / "specs"
BOB = load_book(SPECS / "bob.yaml")

# Two dimensions of our own: shops sell fruit, and each shop has a favourite.
SHOPS = """
{"dimensions": {
  "shop": {"title": "shop", "rows": {
    "north": {"rent": 10, "fruit": "pear", "sold": {"apple": 1, "pear": 20, "plum": 300}},
    "south": {"rent": 20, "fruit": "plum", "sold": {"apple": 4, "plum": 600}, "second": "apple", "open": false}}},
  "fruit": {"title": "fruit", "rows": {"apple": {"price": 2}, "pear": {"price": 3}, "plum": {"price": 5}}}},
 "quantities": {
  "price": {"title": "Price", "per": ["fruit"], "by": "fruit", "input": true},
  "rent": {"title": "Rent", "per": ["shop"], "by": "shop", "input": true},
  "open": {"title": "Open", "type": "flag", "per": ["shop"], "by": "shop", "value": true},
  "fruit": {"title": "Favourite", "type": "fruit", "per": ["shop"], "by": "shop", "input": true},
  "second": {"title": "Second", "type": "fruit", "per": ["shop"], "by": "shop", "input": true, "optional": true},
  "sold": {"title": "Sold", "per": ["shop", "fruit"], "by": "shop", "input": true, "optional": true},
  "cost": {"title": "Cost", "per": ["shop", "fruit"], "formula": "rent + price"},
  "turnover": {"title": "Turnover", "per": ["shop", "fruit"], "formula": "sold * price if known(sold) else absent"},
  "total": {"title": "Total", "per": ["shop"], "formula": "sum(turnover, over=fruit)"},
  "best": {"title": "Best", "type": "fruit", "per": ["shop"], "formula": "argmax(turnover, over=fruit)"},
  "favourite_price": {"title": "Its price", "per": ["shop"], "formula": "price"},
  "favourite_sold": {"title": "Sold of it", "per": ["shop"], "formula": "sold if known(sold) else 0"},
  "second_price": {"title": "Second price", "per": ["shop"], "formula": "price[second] if known(second) else absent"},
  "mean_second": {"title": "Mean", "formula": "mean(second_price, over=shop)"},
  "open_rent": {"title": "Rent of open shops", "formula": "sum(rent, over=shop, where=open)"},
  "pear_price": {"title": "Price of pears", "formula": "price[pear]"},
  "place_of_shop": {"title": "Place", "per": ["shop"], "formula": "rank(second_price, over=shop)"},
  "said": {"title": "Said", "type": "text", "per": ["shop"], "formula": "'{fruit}: {favourite_price:.1f}'"},
  "rent_per_sold": {"title": "Rent per sold", "per": ["shop", "fruit"],
    "formula": "rent / sold if known(sold) else absent"},
  "per_price": {"title": "Rent per price", "per": ["shop", "fruit"], "formula": "rent / (price - 1)"}
 }}
"""


def book_of(more: str = "{}", **given: Any) -> Book:
    """A book of one plain option, but for what is given."""
    document = Document("case", "")
    document.data = {
        "schema": 1, "title": "Case", "objective": {"minimise": "request_latency"}, "levers": "none",
        "requests": {"only": {"prompt_tokens": 1000, "output_tokens": 101}},
        "options": {"baseline": {"model": "Llama-2-7B", "accelerator": "A100-SXM-80GB", "batch": 5}},
        **json.loads(more), **given,
    }  # fmt: skip
    return build_book(validate(ScenarioSpec, document), "case")


@pytest.fixture(scope="module")
def shops() -> Book:
    return book_of(SHOPS)


# --- index sets --------------------------------------------------------------------------------------------------


def test_values_spread_over_the_dimensions_that_they_lack(shops: Book) -> None:
    assert Results(shops).plain("cost") == {
        ("north", "apple"): 12, ("north", "pear"): 13, ("north", "plum"): 15,
        ("south", "apple"): 22, ("south", "pear"): 23, ("south", "plum"): 25,
    }  # fmt: skip


def test_a_dimension_that_is_missing_is_chosen_by_the_quantity_of_its_name(shops: Book) -> None:
    results = Results(shops)
    assert results.plain("favourite_price") == {("north",): 3, ("south",): 5}
    assert results.plain("favourite_sold") == {("north",): 20, ("south",): 600}
    assert results.get("pear_price") == 3


def test_choosing_another_member_changes_what_is_read(shops: Book) -> None:
    results = Results(shops, {("fruit", ("north",)): "plum"})
    assert results.plain("favourite_price") == {("north",): 5, ("south",): 5}
    assert results.get("favourite_sold", "north") == 300
    assert results.get("said", "north") == "plum: 5.0"


def test_samples_may_choose_different_members(shops: Book) -> None:
    codes = np.array([0, 1, 2])
    value = Evaluator(shops, {("fruit", ("north",)): codes}).value("favourite_price")
    assert value.data.tolist() == [[2, 3, 5], [5, 5, 5]]


# --- absent values -----------------------------------------------------------------------------------------------


def test_what_is_absent_stays_so_and_does_not_count(shops: Book) -> None:
    results = Results(shops)
    assert results.plain("turnover")["south", "pear"] is None
    assert results.plain("total") == {("north",): 2 + 60 + 1500, ("south",): 8 + 3000}
    assert results.plain("place_of_shop") == {("north",): None, ("south",): 1}
    assert results.plain("best") == {("north",): "plum", ("south",): "plum"}


def test_an_absent_choice_gives_an_absent_value(shops: Book) -> None:
    results = Results(shops)
    assert results.plain("second_price") == {("north",): None, ("south",): 2}
    assert results.get("mean_second") == 2  # of the one that is there
    filled = Results(shops, {("second", ("north",)): "plum"})
    assert filled.get("second_price", "north") == 5
    assert filled.get("mean_second") == 3.5
    assert Results(shops, {("second", ("south",)): None}).get("mean_second") is None


def test_an_input_can_be_taken_away_and_given(shops: Book) -> None:
    assert Results(shops, {("sold", ("north", "plum")): None}).get("best", "north") == "pear"
    assert Results(shops, {("sold", ("south", "pear")): 7.0}).get("total", "south") == 8 + 21 + 3000


def test_rows_that_a_flag_leaves_out_do_not_count(shops: Book) -> None:
    assert Results(shops).get("open_rent") == 10
    assert Results(shops, {("open", ("south",)): True}).get("open_rent") == 30


# --- results that are not finite ---------------------------------------------------------------------------------


def test_a_division_by_zero_names_the_quantity_and_the_row(shops: Book) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate(shops, {("price", ("pear",)): 1.0})
    assert caught.value.quantity == "per_price"
    assert caught.value.key == ("north", "pear")
    message = caught.value.problems[0].message
    assert "'per_price' for shop north, fruit pear is not a finite number" in message


def test_one_bad_sample_is_enough(shops: Book) -> None:
    with pytest.raises(EvaluationError) as caught:
        Evaluator(shops, {("price", ("plum",)): np.array([2.0, 3.0, 1.0])}).value("per_price")
    assert caught.value.key == ("north", "plum")


def test_what_is_absent_is_not_divided_by(shops: Book) -> None:
    assert Results(shops).get("rent_per_sold", "south", "pear") is None
    with pytest.raises(EvaluationError, match="'rent_per_sold' for shop south, fruit pear"):
        Results(shops, {("sold", ("south", "pear")): 0.0}).plain("rent_per_sold")


# --- options that follow their base ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def family() -> Book:
    return book_of(
        options={
            "baseline": {"model": "Llama-2-7B", "accelerator": "A100-SXM-80GB", "batch": 5},
            "half": {"based_on": "baseline", "batch": "max(1, floor(base / 2))"},
            "quarter": {"based_on": "half", "batch": "max(1, floor(base / 2))", "weight_precision": "int8"},
            "same": {"based_on": "quarter"},
        }
    )


@pytest.mark.parametrize(("batch", "halves"), [(5, (2, 1)), (1, (1, 1)), (16, (8, 4)), (19, (9, 4))])
def test_an_option_follows_its_base(family: Book, batch: int, halves: tuple[int, int]) -> None:
    plain = Results(family, {("batch", ("baseline",)): float(batch)}).plain("batch")
    assert plain == {("baseline",): batch, ("half",): halves[0], ("quarter",): halves[1], ("same",): halves[1]}


def test_a_member_is_inherited_through_every_option_that_does_not_say_otherwise(family: Book) -> None:
    results = Results(family, {("weight_precision", ("baseline",)): "fp8", ("model", ("baseline",)): "Falcon-7B"})
    precisions = {"baseline": "fp8", "half": "fp8", "quarter": "int8", "same": "int8"}
    assert results.plain("weight_precision") == {(option,): name for option, name in precisions.items()}
    assert set(results.plain("model").values()) == {"Falcon-7B"}


def test_an_option_that_is_set_no_longer_follows(family: Book) -> None:
    plain = Results(family, {("batch", ("half",)): 40.0}).plain("batch")
    assert plain == {("baseline",): 5, ("half",): 40, ("quarter",): 20, ("same",): 20}


# --- samples -----------------------------------------------------------------------------------------------------

BATCH, PROMPT = ("batch", ("baseline",)), ("prompt_tokens", ("case_search",))
BANDWIDTH = ("memory_bandwidth", ("H200-SXM-141GB",))


def at_sample(value: Value, sample: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A value's data and what is absent of it at one sample, in full."""
    mask = np.zeros((1,), dtype=bool) if value.absent is None else value.absent
    return tuple(  # type: ignore[return-value]
        np.broadcast_to(array[..., min(sample, array.shape[-1] - 1) :][..., :1], (*shape, 1))
        for array in (value.data, mask)
    )


@given(
    points=st.lists(
        st.tuples(st.integers(1, 3000), st.integers(1, 100_000), st.floats(1, 100_000)), min_size=2, max_size=4
    )
)
@settings(max_examples=5, phases=[Phase.generate])
def test_samples_are_the_evaluations_one_by_one(points: list[tuple[int, int, float]]) -> None:
    columns = [np.array(column, dtype=float) for column in zip(*points, strict=True)]
    together = Evaluator(BOB, dict(zip((BATCH, PROMPT, BANDWIDTH), columns, strict=True)))
    for i, (batch, prompt, bandwidth) in enumerate(points):
        alone = Evaluator(BOB, {BATCH: float(batch), PROMPT: float(prompt), BANDWIDTH: bandwidth})
        for quantity in BOB.quantities.values():
            if quantity.type.kind == "text":
                continue
            shape = tuple(BOB.size(d) for d in quantity.per)
            many, gone = at_sample(together.value(quantity.name), i, shape)
            one, missing = at_sample(alone.value(quantity.name), 0, shape)
            assert np.array_equal(gone, missing), quantity.name
            if one.dtype.kind == "f":  # sums may add up in another order
                assert np.allclose(many[~gone], one[~gone], rtol=1e-12, atol=1e-9), quantity.name
            else:
                assert np.array_equal(many[~gone], one[~gone]), quantity.name


def test_what_does_not_vary_is_computed_once() -> None:
    evaluator = Evaluator(BOB, {BATCH: np.arange(1.0, 101.0)})
    assert evaluator.value("parameters").data.shape[-1] == 1
    assert evaluator.value("tpot").data.shape[-1] == 100


# --- every address can be set ------------------------------------------------------------------------------------


def another_value(book: Book, address: str) -> str:
    """A sensible value that is not the one there: within the range, the other flag, the next member."""
    quantity = book.quantities[address.rpartition(".")[2]]
    if quantity.type.kind == "flag":
        return "false" if "true" in str(Results(book).plain(quantity.name)).lower() else "true"
    if quantity.type.kind == "member":
        return book.dimensions[quantity.type.dimension].names[2]
    if quantity.type.kind == "text":
        return "another text"
    assert quantity.type.kind == "number"
    low = quantity.minimum if quantity.minimum is not None else 0
    high = quantity.maximum if quantity.maximum is not None else 100
    return str(min(max(low, 7), high))


def sample(book: Book, size: int) -> list[str]:
    """Addresses of every input, each from another row, evenly spread over what there is."""
    every = addresses(book)
    first = list({address.rpartition(".")[2]: address for address in every}.values())
    return [*first, *every[:: max(1, len(every) // (size - len(first)))]][:size]


@pytest.mark.parametrize("address", sample(BOB, 60))
def test_every_address_can_be_set(address: str) -> None:
    value = another_value(BOB, address)
    inputs = read_changes(BOB, [f"{address}={value}"])
    [((name, members), expected)] = inputs.items()
    results = evaluate(BOB, inputs)
    assert results.get(name, *members) == expected
