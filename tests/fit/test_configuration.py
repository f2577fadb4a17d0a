"""What columns and notes of a measurement become: engine versions, loads, limits, statistics and the two books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from reportgen.fit.accuracy import accuracy
from reportgen.fit.calibrate import calibrate
from reportgen.fit.configuration import Books, Case, configure, is_before, measured_book, runs_of, samples
from reportgen.fit.measurements import Measurement, Unread, read_table
from reportgen.fit.predict import PREDICTED, is_predicted, predict

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.fit.predict import Prediction

SERVED = Measurement(
    1, "Llama-3.1-8B", "H100-SXM-80GB", "tpot_ms", 7.0, "decode", "closed_loop", "vLLM", prompt=1024, output=128,
    batch=16.0,
)  # fmt: skip


def with_(**changes: Any) -> Measurement:
    return Measurement(**{**{n: getattr(SERVED, n) for n in SERVED.__slots__}, **changes})


def case_of(**changes: Any) -> Case:
    case = configure(measured_book(), with_(**changes))
    assert isinstance(case, Case)
    return case


def predicted(*changes: dict[str, Any]) -> list[Prediction]:
    made, unread = predict([with_(row=row, **change) for row, change in enumerate(changes, 1)])
    assert unread == []
    return made


@pytest.mark.parametrize(
    ("version", "first", "before"),
    [
        ("0.12.0", "0.13", True), ("v0.9.2", "0.13", True), ("0.11-era", "0.13", True), ("0.13.0", "0.13", False),
        ("1.0.0", "0.13", False), ("0.9.0", "0.10", True), ("Mar-2025", "0.13", True), ("2026-02", "0.13", False),
        ("main of 2026", "0.13", False), ("", "0.13", False), ("nightly", "0.13", False),
        ("b1234 (2024)", "2025", True), ("2025-11", "2025", False), ("b6000", "2025", False),
    ],
)  # fmt: skip
def test_versions_and_years_are_told_apart(version: str, first: str, before: bool) -> None:
    assert is_before(version, first) is before


@pytest.mark.parametrize(
    ("changes", "engine"),
    [
        ({"engine_version": "0.18.0"}, "vllm"),
        ({}, "vllm"),
        ({"engine_version": "0.11.0"}, "vllm_0_12"),
        ({"engine_version": "main of 2025"}, "vllm_0_12"),
        ({"engine": "llama.cpp", "engine_version": "May 2024", "weights": "gguf-q4_k_m"}, "llama_cpp_2024"),
        ({"engine": "llama.cpp", "engine_version": "2025-11", "weights": "gguf-q4_k_m"}, "llama_cpp"),
        ({"engine": "SGLang", "engine_version": "0.4.1"}, "sglang"),
    ],
)
def test_an_old_version_has_an_engine_of_its_own(changes: dict[str, Any], engine: str) -> None:
    assert case_of(**changes).inputs["engine"] == engine


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ({}, {"concurrency": 16.0, "continuous_batching": True, "batch": 1.0, "max_num_seqs": None}),
        ({"load": "static_batch"}, {"concurrency": None, "continuous_batching": False, "batch": 16.0}),
        ({"load": "startup"}, {"concurrency": None, "continuous_batching": False}),
        ({"load": "single_stream", "batch": None}, {"concurrency": 1.0, "continuous_batching": True}),
        ({"load": "single_stream", "engine": "llama.cpp", "batch": 1.0}, {"continuous_batching": False, "batch": 1.0}),
        ({"devices": 4, "tp": 2}, {"concurrency": 8.0, "tensor_parallel": 2.0}),
        ({"load": "saturated", "devices": 2, "tp": 1, "batch": 64.0}, {"concurrency": 32.0, "max_num_seqs": 32.0}),
        ({"load": "saturated", "batch": None}, {"concurrency": 100000.0, "max_num_seqs": None}),
        ({"settings": {"max_num_seqs": 256.0}}, {"max_num_seqs": 256.0, "concurrency": 16.0}),
        ({"load": "open_loop", "request_rate": 2.0}, {"concurrency": None, "continuous_batching": True}),
        ({"weights": "mxfp4", "engine": "llama.cpp", "model": "gpt-oss-20b"}, {"weight_precision": "mxfp4_gguf"}),
    ],
)  # fmt: skip
def test_a_load_becomes_clients_a_batch_or_a_rate(changes: dict[str, Any], inputs: dict[str, Any]) -> None:
    case = case_of(**changes)
    assert {name: case.inputs[name] for name in inputs} == inputs


def test_notes_become_settings() -> None:
    assert case_of().settings == {"requests_per_client": 10.0}
    assert case_of(load="saturated").settings == {}
    noted = case_of(settings={"requests_per_client": 5.0, "gpu_memory_utilization": 0.95, "node": 3.0})
    assert noted.settings == {"requests_per_client": 5.0, "memory_share": 0.95}
    made = samples(measured_book(), [noted, case_of()])
    assert made["memory_share", ()][0] == pytest.approx(95.0)  # in percent, as the quantity is
    assert made["memory_share", ()][1] == pytest.approx(90.0)
    assert made["requests_per_client", ()].tolist() == [5.0, 10.0]


def test_lengths_that_are_drawn_count_with_their_mean() -> None:
    drawn = case_of(settings={"range_ratio": 0.8})
    assert (drawn.prompt, drawn.output) == (pytest.approx(0.9 * 1024), pytest.approx(0.9 * 128))
    assert (case_of().prompt, case_of().output) == (1024, 128)


def test_a_rate_is_shared_by_the_replicas() -> None:
    case = case_of(load="open_loop", request_rate=6.0, devices=8, tp=4)
    assert (case.replicas, case.rate) == (2.0, 3.0)
    assert case_of(request_rate=6.0).rate == 0.0  # clients that wait for their answers


def test_what_is_asked_at_once_has_no_steady_state() -> None:
    case = configure(measured_book(), with_(load="burst"))
    assert case == Unread(1, "all requests arrive at once, so there is no steady state")


def test_figures_of_one_run_are_computed_once() -> None:
    cases = [case_of(), case_of(metric="ttft_ms"), case_of(batch=32.0), case_of(metric="itl_ms")]
    runs, index = runs_of(cases)
    assert len(runs) == 2
    assert index.tolist() == [0, 0, 1, 0]


def test_arrivals_have_a_book_of_their_own() -> None:
    books = Books()
    assert books.at(False) is books.closed
    assert books.at(True) is measured_book((), True)
    assert books.at(True) is not books.closed
    assert "arrival_rate" in books.at(True).quantities
    assert "arrival_rate" not in books.closed.quantities


def test_arrivals_at_a_rate_wait_longer_than_arrivals_at_a_lower() -> None:
    few, many, closed = predicted(
        *({"metric": "ttft_ms", "load": "open_loop", "batch": None, "request_rate": rate} for rate in (1.0, 20.0)),
        {"metric": "ttft_ms"},
    )
    assert few.predicted < many.predicted
    assert [p.measurement.load for p in (few, many, closed)] == ["open_loop", "open_loop", "closed_loop"]
    fewer = predicted({"metric": "ttft_ms", "load": "open_loop", "request_rate": 40.0, "devices": 2, "tp": 1})
    assert fewer[0].predicted == pytest.approx(many.predicted)  # two replicas, each with half


def test_percentiles_lie_in_order_and_have_bands() -> None:
    names = ("ttft_p50_ms", "ttft_p90_ms", "ttft_p95_ms", "ttft_p99_ms")
    made = predicted(*({"metric": name} for name in names))
    values = [p.predicted for p in made]
    assert values == sorted(values)
    assert values[0] < values[-1]
    assert all(p.ideal is not None and p.low < p.predicted < p.high for p in made if p.low and p.high)
    assert all(p.low is not None and p.high is not None for p in made)


def test_the_band_is_that_of_the_kind_of_metric() -> None:
    tpot, itl, ttft, rate = predicted(*({"metric": n} for n in ("tpot_ms", "itl_ms", "ttft_ms", "output_tokens_per_s")))
    spread = [((p.low or 0) / p.predicted, (p.high or 0) / p.predicted) for p in (tpot, itl, ttft, rate)]
    assert spread[0] == pytest.approx(spread[1])
    assert len({round(low, 6) for low, _ in spread}) == 3
    assert itl.predicted <= tpot.predicted  # the steps between prompts are not the slower ones


def test_power_and_memory_have_neither_ideal_nor_band() -> None:
    power, weights = predicted({"metric": "gpu_power_w"}, {"metric": "weights_GiB", "load": "startup"})
    assert 0 < power.predicted <= 700  # watts of one device, at most what it is built for
    assert (power.ideal, power.low, power.high) == (None, None, None)
    assert (weights.ideal, weights.low, weights.high) == (None, None, None)


@pytest.mark.parametrize(
    ("metric", "statistic", "known"),
    [
        ("tpot_ms", "mean", True), ("tpot_ms", "p50", True), ("tpot_ms", "", True), ("tpot_ms", "p99", False),
        ("itl_ms", "p95", False), ("gpu_power_w", "mean", True), ("gpu_power_w", "max", False),
        ("ttft_p95_ms", "p95", True), ("ttft_ms", "mean", True), ("output_tokens_per_s", "", True),
    ],
)  # fmt: skip
def test_statistics_that_are_not_predicted_are_said(metric: str, statistic: str, known: bool) -> None:
    row = with_(metric=metric, statistic=statistic)
    assert is_predicted(row) is known
    made, unread = predict([row])
    assert len(made) == known
    assert [u.why for u in unread] == [] if known else [f"the statistic '{statistic}' of {metric} is not predicted"]


def test_every_metric_has_a_quantity_that_predicts_it() -> None:
    for at_a_rate in (False, True):
        book = Books().at(at_a_rate)
        assert all(name in book.quantities for names in PREDICTED.values() for name in names if name)


def test_columns_and_notes_of_a_table_are_read(tmp_path: Path) -> None:
    table = tmp_path / "measured.csv"
    table.write_text(
        "model,gpu,engine,engine_version,load,batch_or_concurrency,request_rate,input_tokens,output_tokens,metric,value,"
        "notes,tier,ttft_p50,ttft_p95,ttft_p99\n"
        "Llama-3.1-8B,H100,vLLM,0.12.0,open_loop,,2.5,1024,128,ttft_ms,60,statistic=mean max_num_seqs=64,A,50,90,120\n"
        "Llama-3.1-8B,H100,vLLM,,closed_loop,8,,1024,128,ttft_ms,70,statistic=p95,B,,70,\n"
        "Llama-3.1-8B,H100,vLLM,,closed_loop,8,,1024,128,tpot_ms,7,statistic=p50,B,,,\n"
    )
    read, unread = read_table(table)
    assert unread == []
    assert [(m.row, m.metric, m.value, m.statistic) for m in read] == [
        (1, "ttft_ms", 60.0, "mean"), (1, "ttft_p50_ms", 50.0, ""), (1, "ttft_p95_ms", 90.0, ""),
        (1, "ttft_p99_ms", 120.0, ""), (2, "ttft_p95_ms", 70.0, "p95"), (3, "tpot_ms", 7.0, "p50"),
    ]  # fmt: skip
    assert {(m.request_rate, m.engine_version, m.tier) for m in read if m.row == 1} == {(2.5, "0.12.0", "A")}
    assert read[0].settings == {"max_num_seqs": 64.0}
    made = accuracy(read)
    assert [p.measurement.row for p in made.predictions] == [1, 1, 1, 1, 2, 3]
    first = [p.predicted for p in made.predictions[1:4]]
    assert first == sorted(first)


def test_rows_that_are_compared_but_not_fitted() -> None:
    """Arrivals at a rate, implausible rows, power, and first tokens of crowds of whose clients nothing is known."""
    rows = [with_(model=model, value=value) for model in ("Llama-3.1-8B", "Qwen3-8B") for value in (6.0, 7.0, 8.0, 9.0)]
    rows += [with_(prompt=256.0), with_(prompt=2048.0)]
    rows += [with_(metric="ttft_ms", value=90.0, settings={"requests_per_client": 10.0})]
    others = [
        with_(load="open_loop", request_rate=1.0), with_(tier="C"), with_(metric="gpu_power_w", value=500.0),
        with_(metric="ttft_ms"), with_(statistic="p99"),
    ]  # fmt: skip
    fit = calibrate([*others, *rows])
    assert [case.measurement for case in fit.cases] == rows
    assert np.isfinite(fit.errors).all()
