"""Reductions against lists worked out by hand: ties, absent values, and rows that a flag leaves out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.engine.reduce import reduce_values
from reportgen.engine.values import Value

T, F = True, False
TIE = 0.1 + 0.2  # 0.30000000000000004, which a spreadsheet takes for 0.3
NO = None  # absent


def column(cells: list[Any]) -> Value:
    """One axis and one sample; None is absent, and what stands in its place in the data must not matter."""
    absent = np.array([c is None for c in cells])[:, None]
    data = np.array([-999.0 if c is None else c for c in cells])[:, None]
    return Value(data, absent if absent.any() else None)


def reduced(function: str, cells: list[Any], where: list[bool] | None = None, at: float | None = None) -> Any:
    """The result as a plain value; None where it is absent. A member is given by its place."""
    kept = None if where is None else np.array(where)[:, None]
    made = reduce_values(function, column(cells), kept, (0,), None if at is None else np.array([[at]]))
    return plain(made)


def plain(made: Value) -> Any:
    absent = np.zeros(1, dtype=bool) if made.absent is None else made.absent
    data, absent = np.broadcast_arrays(made.data, absent)
    assert data.shape[-1] == 1
    found = [None if a else x for x, a in zip(data.ravel().tolist(), absent.ravel().tolist(), strict=True)]
    return found if data.ndim > 1 else found[0]


@pytest.mark.parametrize(
    ("function", "cells", "where", "result"),
    [
        ("sum", [1.0, 2.0, 4.0], None, 7), ("sum", [1.0, NO, 4.0], None, 5), ("sum", [NO, NO], None, 0),
        ("sum", [1.0, 2.0, 4.0], [T, F, T], 5), ("sum", [1.0, 2.0], [F, F], 0), ("sum", [NO, 2.0, 4.0], [T, T, F], 2),
        ("mean", [1.0, 2.0, 6.0], None, 3), ("mean", [1.0, NO, 6.0], None, 3.5), ("mean", [NO, NO], None, NO),
        ("mean", [1.0, 2.0, 6.0], [F, T, T], 4), ("mean", [1.0], [F], NO), ("mean", [NO, 2.0, 6.0], [T, F, T], 6),
        ("min", [3.0, 1.0, 2.0], None, 1), ("min", [3.0, NO, 2.0], None, 2), ("min", [NO], None, NO),
        ("min", [-1.0, NO], None, -1),
        ("min", [3.0, 1.0, 2.0], [T, F, T], 2), ("min", [3.0], [F], NO), ("max", [3.0, 1.0, 2.0], None, 3),
        ("max", [NO, -5.0], None, -5),
        ("max", [3.0, 1.0, NO], [F, T, T], 1), ("max", [NO, 3.0], [T, F], NO),
        ("count", [T, F, T], None, 2), ("count", [F, F], None, 0), ("count", [T, T, F], [T, F, T], 1),
        ("count", [T], [F], 0),
        ("argmin", [3.0, 1.0, 2.0], None, 1), ("argmin", [2.0, 1.0, 1.0], None, 1),
        ("argmin", [TIE, 0.3, 1.0], None, 0),
        ("argmin", [0.3, TIE, 1.0], None, 0), ("argmin", [NO, 5.0, 4.0], None, 2), ("argmin", [NO, NO], None, NO),
        ("argmin", [1.0, 2.0, 3.0], [F, T, T], 1), ("argmin", [1.0], [F], NO), ("argmin", [0.0, -0.0], None, 0),
        ("argmax", [3.0, 1.0, 2.0], None, 0), ("argmax", [1.0, 2.0, 2.0], None, 1),
        ("argmax", [0.3, TIE, 0.1], None, 0),
        ("argmax", [0.1, TIE, 0.3], None, 1), ("argmax", [NO, -5.0, -4.0], None, 2),
        ("argmax", [1.0, 2.0, 3.0], [T, T, F], 1),
        ("argmax", [-1.0, NO], None, 0), ("argmax", [NO, 3.0], [T, F], NO),
        ("rank", [30.0, 10.0, 20.0], None, [3, 1, 2]), ("rank", [5.0, 5.0, 5.0], None, [1, 2, 3]),
        ("rank", [2.0, 1.0, 2.0, 1.0], None, [3, 1, 4, 2]),
        ("rank", [TIE, 0.3, 0.1], None, [2, 3, 1]), ("rank", [0.3, TIE, 0.1], None, [2, 3, 1]),
        ("rank", [7.0], None, [1]),
        ("rank", [NO, 3.0, NO, 1.0], None, [NO, 2, NO, 1]), ("rank", [NO, NO], None, [NO, NO]),
        ("rank", [-1.0, 0.0, -2.0], None, [2, 3, 1]),
    ],
)  # fmt: skip
def test_a_list(function: str, cells: list[Any], where: list[bool] | None, result: Any) -> None:
    assert reduced(function, cells, where) == result


@pytest.mark.parametrize(
    ("cells", "where", "at", "place"),
    [
        ([5.0, 7.0, 7.0], None, 7.0, 1), ([5.0, 7.0], None, 6.0, NO), ([1.0, TIE], None, 0.3, 1),
        ([NO, 7.0, 7.0], None, 7.0, 1),
        ([7.0, 7.0], [F, T], 7.0, 1), ([7.0, 8.0], [F, T], 7.0, NO), ([0.0, 1.0], None, 0.0, 0),
        ([NO, 1.0], None, -999.0, NO),
    ],
)  # fmt: skip
def test_find_gives_the_first_place_of_a_value(
    cells: list[Any], where: list[bool] | None, at: float, place: Any
) -> None:
    assert reduced("find", cells, where, at) == place


# Rows by columns: two dimensions, of which one or both are reduced.
TABLE = np.array([[1.0, 5.0, 3.0], [4.0, 2.0, 4.0]])[:, :, None]
ABSENT = np.array([[F, T, F], [F, F, F]])[:, :, None]


@pytest.mark.parametrize(
    ("function", "axes", "result"),
    [
        ("sum", (0,), [5, 2, 7]), ("sum", (1,), [4, 10]), ("sum", (0, 1), 14), ("mean", (1,), [2, 10 / 3]),
        ("mean", (0, 1), 2.8),
        ("min", (0,), [1, 2, 3]), ("min", (0, 1), 1), ("max", (1,), [3, 4]), ("max", (0, 1), 4),
        ("argmin", (1,), [0, 1]),
        ("argmax", (0,), [1, 1, 1]), ("argmax", (1,), [2, 0]),
    ],
)  # fmt: skip
def test_one_or_both_dimensions_of_a_table(function: str, axes: tuple[int, ...], result: Any) -> None:
    assert plain(reduce_values(function, Value(TABLE, ABSENT), None, axes, None)) == pytest.approx(result)


def test_a_condition_may_have_a_dimension_that_the_values_lack() -> None:
    """A column of prices, counted for each shop where it is open: the result is per shop."""
    prices = Value(np.array([2.0, 3.0, 5.0])[:, None, None])
    opened = np.array([[T, F], [T, T], [F, F]])[:, :, None]
    results = {
        f: plain(reduce_values(f, prices, opened, (0,), None))
        for f in ("sum", "mean", "min", "max", "argmin", "argmax")
    }
    assert results == {
        "sum": [5, 3],
        "mean": [2.5, 3],
        "min": [2, 3],
        "max": [3, 3],
        "argmin": [0, 1],
        "argmax": [1, 1],
    }
    flags = Value(np.array([T, T, F])[:, None, None])
    assert plain(reduce_values("count", flags, opened, (0,), None)) == [2, 1]


def test_each_sample_is_reduced_by_itself() -> None:
    data = np.array([[1.0, 9.0], [5.0, 2.0], [3.0, 2.0]])  # three rows, two samples
    absent = np.array([[F, F], [F, T], [F, F]])
    made = {f: reduce_values(f, Value(data, absent), None, (0,), None) for f in ("sum", "argmin", "argmax", "rank")}
    assert made["sum"].data.tolist() == [9, 11]
    assert made["argmin"].data.tolist() == [0, 2]
    assert made["argmax"].data.tolist() == [1, 0]
    assert np.where(made["rank"].absent, 0, made["rank"].data).tolist() == [[1, 2], [3, 0], [2, 1]]


@given(st.lists(st.none() | st.integers(-3, 3).map(float), min_size=1, max_size=8))
def test_ranks_are_a_permutation_in_the_order_of_the_values(cells: list[Any]) -> None:
    ranks = reduced("rank", cells)
    present = [i for i, c in enumerate(cells) if c is not None]
    assert sorted(ranks[i] for i in present) == list(range(1, len(present) + 1))
    assert sorted(present, key=lambda i: ranks[i]) == sorted(present, key=lambda i: (cells[i], i))
    if present:
        assert reduced("argmin", cells) == min(present, key=lambda i: ranks[i])
        assert reduced("find", cells, None, max(cells[i] for i in present)) == reduced("argmax", cells)
