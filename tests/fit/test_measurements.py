"""Tables of measurements: what is read, and why a row is not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reportgen.errors import SpecError
from reportgen.fit import measurements
from reportgen.fit.measurements import COLUMNS, METRICS, Measurement, Unread, read_table

if TYPE_CHECKING:
    from pathlib import Path

FULL = """\
engine,model,gpu,gpu_count,tp,pp,precision_weights,precision_activations,precision_kv,batch_or_concurrency,\
input_tokens,output_tokens,metric,value,notes,stage,load,source,extra,engine_version,request_rate,tier,\
ttft_p50,ttft_p95,ttft_p99
vLLM,Llama-3.1-8B,H100,2,2,1,fp8,fp8,fp16,16,1024,128,tpot_ms,9.5,\
gpu_memory_utilization=0.95 ubatch 512 statistic=mean,decode,closed_loop,ours,x,0.12.0,2.5,A,,,
"""


def table(tmp_path: Path, text: str | bytes) -> tuple[list[Measurement], list[Unread]]:
    path = tmp_path / "measured.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path)


def test_every_column_is_read(tmp_path: Path) -> None:
    assert set(COLUMNS) - set(FULL.split("\n")[0].split(",")) == set()
    (read,), unread = table(tmp_path, FULL)
    assert unread == []
    assert read == Measurement(
        1, "Llama-3.1-8B", "H100", "tpot_ms", 9.5, "decode", "closed_loop", "vLLM", 2, 2, 1, "fp8", "fp8", "fp16",
        16.0, 1024.0, 128.0, "ours", "0.12.0", 2.5, "mean", "A", {"gpu_memory_utilization": 0.95, "ubatch": 512.0},
    )  # fmt: skip


def test_four_columns_are_enough(tmp_path: Path) -> None:
    text = "model,gpu,metric,value\n" + "".join(f"Llama-2-7B,T4,{metric},1\n" for metric in METRICS)
    read, unread = table(tmp_path, text)
    assert [(m.row, m.stage, m.load, m.tp, m.batch) for m in read] == [
        (row, stage, "static_batch", None, None) for row, stage in enumerate(METRICS.values(), 1)
    ]
    assert unread == []


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("tpot,5,1", "the metric 'tpot' is not known"),
        ("tpot_ms,,1", "there is no value above zero"),
        ("tpot_ms,0,1", "there is no value above zero"),
        ("tpot_ms,nan,1", "there is no value above zero"),
        ("tpot_ms,fast,1", "value is not a number: 'fast'; there is no value above zero"),
        ("tpot_ms,-5,1", "value is not a number: '-5'; there is no value above zero"),
        ("tpot_ms,1e400,1", "value is not a number: '1e400'; there is no value above zero"),
        ("tpot_ms,5,1.5", "tp is not a whole number: '1.5'"),
        ("tpot_ms,5,two", "tp is not a whole number: 'two'"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(tmp_path: Path, cells: str, why: str) -> None:
    read, unread = table(tmp_path, f"model,gpu,metric,value,tp\nLlama-2-7B,T4,tpot_ms,5,1\nLlama-2-7B,T4,{cells}\n")
    assert [m.row for m in read] == [1]
    assert unread == [Unread(2, why)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the column 'model' is missing"),
        (b"model,gpus,metric,value\n", "the column 'gpu' is missing"),
        (b"model,gpu,gpu,metric,value\n", "duplicate column 'gpu'"),
        (b"model,gpu,metric,value\n\xff\n", "the file is not UTF-8 text"),
        (b"model,gpu,metric,value\n\0\n", "the file is not text"),
        (b"model,gpu,metric,value\n" + b'"' + b"x" * 200_000, "the table cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        table(tmp_path, text)


def test_files_that_are_missing_or_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SpecError, match="cannot be read: No such file"):
        read_table(tmp_path / "nowhere.csv")
    monkeypatch.setattr(measurements, "MAX_BYTES", 10)
    with pytest.raises(SpecError, match="the file is larger than"):
        table(tmp_path, FULL)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(alphabet='\r\n,"\0é1.e-', max_size=80).map(str.encode)))
def test_no_bytes_cause_a_traceback(tmp_path: Path, rest: bytes) -> None:
    for text in (rest, b"model,gpu,metric,value,tp\n" + rest):
        with contextlib.suppress(SpecError):
            read, unread = table(tmp_path, text)
            assert all(m.value > 0 for m in read)
            assert all(u.why for u in unread)
