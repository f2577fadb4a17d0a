"""The workbook against the engine: LibreOffice recalculates every cell, as built and after edits of every kind."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from reportgen.book.changes import read_changes
from reportgen.engine.evaluation import evaluate
from tests.parity.workbooks import after_edits, differences, formula_cells, place, put_back, unlike
from tests.workbooks import built, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parity.engines.office import Document, Office

pytestmark = pytest.mark.parity

ALICE = [
    "baseline.batch=8",
    "chapter.prompt_tokens=9000",
    "chapter.output_tokens=1",
    "chapter.share=3",
    "baseline.weight_precision=int8",
    "baseline.activation_precision=fp8",
    "baseline.kv_cache_precision=fp8",
    "baseline.accelerator=L4",
    "baseline.model=Llama-3.1-70B",
    "baseline.flash_attention=false",
    "baseline.kernel_fusion=false",
    "RTX-4090.memory_bandwidth=500",
    "RTX-4090.int8.peak=",
    "RTX-4090.memory_usable=",
    "Llama-3.1-8B.gated_ffn=false",
    "tpot_target=",
    "tpot_target=12",
    "ttft_target=300",
    "memory_share=50",
    "upgrade_accelerator=L4",
    "recommend_from=0",
    "hopper.gemm_compute=0.6",
    "hopper.decode_overhead=60",
]
BOB = [
    "baseline.batch=200",
    "case_search.prompt_tokens=9000",
    "clause_lookup.share=0.01",
    "baseline.weight_precision=fp8",
    "baseline.accelerator=MI355X",
    "baseline.batch=1",
    "ttft_target=1000",
    "ttft_percentile=100",
    "mi300x.accelerator=L4",
]
EXPERTS = [
    "baseline.model=Qwen3-30B-A3B",
    "baseline.tensor_parallel=4",
    "baseline.tensor_parallel=6",
    "experts_spread.expert_parallel=32",
    "baseline.pipeline_parallel=4",
    "baseline.continuous_batching=false",
    "baseline.prefix_hit=90",
    "baseline.chunk_tokens=512",
    "drafted.draft_tokens=0",
    "drafted.draft_tokens=5",
    "drafted.drafting=eagle_3",
    "drafted.drafting=n_gram",
    "drafted.drafting=none",
    "baseline.draft_tokens=3",
    "baseline.measured_acceptance=100",
    "baseline.measured_decay=1000",
    "mtp.first_acceptance=50",
    "DeepSeek-V3.mtp_layers=0",
    "baseline.accelerator=MI300X",
    "baseline.weight_precision=mxfp4",
    "baseline.engine=vllm",
    "baseline.measured_tpot=31",
    "request_rate=40",
    "request_rate=",
    "H200-SXM-141GB.link_bandwidth=",
    "DeepSeek-V3.active_experts=256",
    "gpt-oss-120b.window_size=4096",
    "server_middle.tpot_spread=2",
    "model.unseen_tpot=0",
]


PROCUREMENT = [
    "peak_rate=40",
    "peak_rate=0",
    "request_rate=3",
    "MI355X neocloud 3-year rental 2026-04-03.hourly_price=6",
    "H100-SXM-80GB neocloud 3-year rental 2026-04-03.hourly_price=0.4",
    "USD.exchange_rate=1.2",
    "h100.price=H100-SXM-80GB neocloud owner TCO 2026-04-03",
    "h100.price=",
    "h200_bought.accelerator=H100-SXM-80GB",
    "baseline.replicas=9",
    "baseline.spare_servers=2",
    "H100-SXM-80GB.server_devices=4",
    "MI355X neocloud 3-year rental 2026-04-03.offer_devices=2",
    "baseline.shared_queue=true",
    "mi355x.batch=96",
    "baseline.staff_share=2",
    "baseline.scale_with_load=true",
    "budget=120000",
    "device_limit=4",
    "tpot_target=30",
    "latency_target=1",
    "office.load=50",
    "office.hours=11",
    "operating_days=250",
    "financing_rate=0",
    "horizon=6",
    "idle_power_share=100",
    "api_output_price=",
    "legal_query.prompt_tokens=6000",
    "recommend_from=90",
]


class Opened(NamedTuple):
    """A workbook in LibreOffice, computed from nothing, which each test leaves as it was built."""

    name: str
    document: Document


@pytest.fixture(scope="module")
def opened(
    request: pytest.FixtureRequest, office: Office, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    """One workbook at a time: pytest runs the tests of each one after the other."""
    name: str = request.param
    with office.open(stored(name, tmp_path_factory.mktemp("opened"))) as document:
        document.recalculate()
        yield Opened(name, document)


@pytest.mark.parametrize(
    "opened",
    ["alice", "bob", "alice_at_home", "expert_server", "procurement", "law_firm", "novelists", "llm_viewer_operators",
     "llm_viewer_network", "measured_server"],
    indirect=True,
)  # fmt: skip
def test_every_formula_cell_equals_the_engine(opened: Opened) -> None:
    _, workbook, writer = built(opened.name)
    formulas = formula_cells(workbook)
    assert set(formulas) == {(s, a) for s, cells in writer.values.items() for a in cells} & set(formulas)
    assert differences(formulas, writer, opened.document.cells(), edited=False) == []


@pytest.mark.parametrize(
    ("opened", "edits"),
    [
        ("alice", ALICE[:13]),
        ("alice", ALICE[13:]),
        ("bob", BOB),
        ("expert_server", EXPERTS),
        ("procurement", PROCUREMENT),
    ],
    indirect=["opened"],
    scope="module",  # that of the workbook, so that its tests follow each other
)
def test_edits_recalculate_as_the_engine_does(opened: Opened, edits: list[str]) -> None:
    """Every result after each edit; after each fifth every formula cell, look-ups and the Summary's words too."""
    assert list(after_edits(opened.document, built(opened.name), edits))[:20] == []


@contextmanager
def typed(document: Document, quantity: str, cell: tuple[str, ...], value: object) -> Iterator[None]:
    """An input of Alice's with another value, for a while."""
    sheet, address = place(built("alice").workbook, built("alice").writer, quantity, cell)
    document.set(sheet, address, value)
    yield
    put_back(document, built("alice").workbook, sheet, address)


ALICES = pytest.mark.parametrize("opened", ["alice"], indirect=True)


@ALICES
def test_an_inherited_cell_may_be_typed_over(opened: Opened) -> None:
    book, workbook, writer = built("alice")
    with typed(opened.document, "batch", ("h100",), 4.0):
        cells = opened.document.cells()
    results = evaluate(book, read_changes(book, ["h100.batch=4"]))
    assert results.get("batch", "h100") != evaluate(book).get("batch", "h100")
    assert list(unlike(workbook, writer, results, cells)) == []


PROBLEMS: list[tuple[str, tuple[str, ...], Any, str]] = [
    ("batch", ("baseline",), -1.0, "baseline.batch needs a whole number from 1 to 100000 (sequence)"),
    ("batch", ("baseline",), 2.5, "baseline.batch needs a whole number from 1 to 100000 (sequence)"),
    ("accelerator", ("baseline",), "H1000", "baseline.accelerator needs the name of one of the rows of accelerator"),
    ("prompt_tokens", ("chapter",), "many", "chapter.prompt_tokens needs a number from 1 to 10000000 (token)"),
    ("memory_share", (), 0.0, "memory_share needs a number from 1 to 100 (%)"),
    ("peak", ("RTX-4090", "int8"), -5.0, "RTX-4090.int8.peak needs a number from 1e-06 to 1000000000 (TFLOP/s)"),
]


@ALICES
@pytest.mark.parametrize(("quantity", "cell", "value", "sentence"), PROBLEMS)
def test_an_input_out_of_range_is_named_on_the_summary(
    quantity: str, cell: tuple[str, ...], value: object, sentence: str, opened: Opened
) -> None:
    with typed(opened.document, quantity, cell, value):
        cells = opened.document.cells()["Summary"]
    assert cells["B5"] == sentence
    assert cells["B6"] >= 1
    formulas = formula_cells(built("alice").workbook)
    headlines = [a for (s, a), text in formulas.items() if s == "Summary" and "check inputs" in text]
    assert len(headlines) > 10
    assert {cells[a] for a in headlines} == {"check inputs"}


@ALICES
def test_a_change_is_counted(opened: Opened) -> None:
    """What was typed counts; cells that inherit it, or compute theirs from it, follow and do not."""
    document = opened.document
    assert document.get_name("changed_inputs") == 0
    with typed(document, "batch", ("baseline",), 4.0), typed(document, "tpot_target", (), 20.0):
        assert document.get_name("changed_inputs") == 2
    assert document.get_name("changed_inputs") == 0
