"""What a calibration says of its evidence: spreads by kind, what is added by what is unseen, and what was measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reportgen.errors import SpecError
from reportgen.fit.calibrate import Calibration
from reportgen.fit.configuration import Case, configure, measured_book
from reportgen.fit.measurements import Measurement
from reportgen.fit.write import calibration_text, spreads
from reportgen.spec.document import parse_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROW = Measurement(
    1, "Llama-3.1-8B", "H100-SXM-80GB", "tpot_ms", 7.0, "decode", "static_batch", "vLLM", prompt=1024, output=128,
    batch=16.0,
)  # fmt: skip
SCORE = 1.2816


def cases(count: int, **changes: Any) -> list[Case]:
    fields = {n: getattr(ROW, n) for n in ROW.__slots__}
    made = configure(measured_book(), Measurement(**{**fields, **changes}))
    assert isinstance(made, Case)
    return [made] * count


def fit_of(
    rows: Sequence[Case], errors: Sequence[float], evidence: Sequence[str], left_out: Sequence[float] | None = None,
    elsewhere: Sequence[float] | None = None,
) -> Calibration:  # fmt: skip
    """A fit with these errors; what is left out errs as much as what is in it, unless it is said."""
    none = np.full(len(rows), np.nan)
    cell = ("bandwidth_factor", ("H100-SXM-80GB",))
    return Calibration(
        {cell: 0.98765432}, {cell: 1.0}, {cell: 7}, rows, np.array(errors),
        none if left_out is None else np.array(left_out), none if elsewhere is None else np.array(elsewhere), none,
        evidence, [],
    )  # fmt: skip


def test_a_spread_holds_four_of_five() -> None:
    # ten errors, four of five of whose logarithms are 0.1: the 80th percentile is 0.1 on straight lines between ranks
    errors = [math.expm1(0.1 * sign) for sign in (1, -1, 1, -1, 1, -1, 1, -1, 1)] + [math.expm1(2.0)]
    made = spreads(fit_of(cases(10), errors, ["one_device"] * 10))
    assert made == {("evidence", "one_device"): {"tpot_spread": float(f"{0.1 / SCORE:.3g}")}}


def test_spreads_are_by_kind_and_metric() -> None:
    rows = [*cases(8), *cases(8, metric="ttft_ms"), *cases(8, metric="output_tokens_per_s"), *cases(7, metric="itl_ms")]
    errors = [math.expm1(x) for x in (0.1,) * 8 + (0.2,) * 8 + (-0.3,) * 8 + (0.9,) * 7]
    made = spreads(fit_of(rows, errors, ["one_device"] * 8 + ["server_high"] * 23))
    assert made["evidence", "one_device"] == {"tpot_spread": pytest.approx(0.1 / SCORE, rel=5e-3)}
    assert made["evidence", "server_high"] == {  # seven of ITL are too few to say anything of the time per token
        "ttft_spread": pytest.approx(0.2 / SCORE, rel=5e-3), "rate_spread": pytest.approx(0.3 / SCORE, rel=5e-3),
    }  # fmt: skip


def test_what_is_unseen_adds_to_the_square() -> None:
    errors, left_out, elsewhere = ([math.expm1(x)] * 8 for x in (0.3, 0.5, 0.3))
    made = spreads(fit_of(cases(8), errors, ["server_middle"] * 8, left_out, elsewhere))
    assert made["unseen", "model"] == {"unseen_tpot": pytest.approx(0.4 / SCORE, rel=5e-3)}
    assert made["unseen", "device"] == {"unseen_tpot": 0.05}  # what is not known never adds nothing
    single = spreads(fit_of(cases(8), errors, ["one_device"] * 8, left_out))
    assert single["unseen", "model"] == {"unseen_single": pytest.approx(0.4 / SCORE, rel=5e-3)}
    assert ("unseen", "device") not in single  # there is no other device to learn from


def test_the_text_says_what_was_measured_and_how() -> None:
    rows = [*cases(8), *cases(8, model="Qwen3-8B", accelerator="B200-SXM-180GB", load="closed_loop")]
    fit = fit_of(rows, [0.1] * 16, ["one_device"] * 8 + ["server_middle"] * 8)
    text = calibration_text(fit, measured_book(), "a test", "Ours")
    made: Any = parse_document(text.encode(), "ours.yaml").data
    rows_of = {name: dimension["rows"] for name, dimension in made["dimensions"].items()}
    assert made["title"] == "Ours"
    assert rows_of["model"] == {"Llama-3.1-8B": {"measured_model": True}, "Qwen3-8B": {"measured_model": True}}
    assert rows_of["accelerator"] == {
        "B200-SXM-180GB": {"served_device": True},
        "H100-SXM-80GB": {"bandwidth_factor": 0.9877, "source": "a test, 7 timings", "measured_device": True},
    }
    assert rows_of["accelerator_family"] == {"blackwell": {"served_family": True}, "hopper": {"measured_family": True}}
    spread = float(f"{math.log(1.1) / SCORE:.3g}")
    assert rows_of["evidence"] == {
        kind: {"tpot_spread": spread, "source": "a test, left out one at a time"}
        for kind in ("one_device", "server_middle")
    }


def test_a_calibration_is_laid_over_the_library(tmp_path: Path) -> None:
    kinds = [str(name) for name in measured_book().dimensions["evidence"].names]
    fit = fit_of(cases(8), [0.25] * 8, [kinds[0]] * 8, [0.5] * 8, [0.5] * 8)
    path = tmp_path / "ours.yaml"
    path.write_text(calibration_text(fit, measured_book(), "a test"), encoding="utf-8")
    try:
        book = measured_book((str(path),))
    except SpecError as error:  # pragma: no cover - shows what is wrong
        pytest.fail(str(error))
    spread = float(f"{math.log(1.25) / SCORE:.3g}")
    assert getattr(book.quantities["tpot_spread"].cells[kinds[0],], "value", None) == spread
    factor = book.quantities["bandwidth_factor"].cells["H100-SXM-80GB",]
    assert getattr(factor, "value", None) == 0.9877
