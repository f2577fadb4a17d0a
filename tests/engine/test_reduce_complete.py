"""Nothing is chosen by falling through: each reduction has its own case in every back end."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.engine.reduce import reduce_values
from reportgen.engine.values import Value
from reportgen.lang.reductions import REDUCTIONS
from reportgen.render.excel.plan.reductions import reduction

NONE = ("mine", "positions", "position")


@pytest.mark.parametrize("name", REDUCTIONS)
def test_each_reduction_has_an_array_form_and_an_excel_form(name: str) -> None:
    data = (
        np.array([[3.0], [1.0], [2.0]]) if REDUCTIONS[name].reads == "number" else np.array([[True], [False], [True]])
    )
    made = reduce_values(name, Value(data), None, (0,), np.array([2.0]))
    assert made.data.size in (1, 3)
    assert reduction(name, "column", None, None, "members", "2", NONE, may_be_empty=False)[0]


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(ValueError, match="median"):
        reduce_values("median", Value(np.ones((3, 1))), None, (0,), None)
    with pytest.raises(ValueError, match="median"):
        reduction("median", "column", None, None, "members", None, NONE, may_be_empty=False)
