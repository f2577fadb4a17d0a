"""The search: it finds what trying everything one by one finds, says what is nearest, and its rows can be kept."""

from __future__ import annotations

import io
import itertools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from reportgen import api
from reportgen.book.build import load_book
from reportgen.book.changes import read_changes
from reportgen.book.studies import Search
from reportgen.cli import app
from reportgen.engine import sweep as engine
from reportgen.engine.results import Results
from reportgen.errors import SpecError
from reportgen.render.excel.workbook import workbook_bytes
from reportgen.spec.document import parse_document
from reportgen.spec.write import with_found
from reportgen.study import search as study
from reportgen.study.front import spread, unbeaten
from reportgen.study.search import search

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.book.book import Book

    Load = Callable[..., Path]

PRICE = "H100-SXM-80GB neocloud 3-year rental 2026-04-03"
TENSOR, SLOTS = (1, 2, 4), (1, 8, 64, 200)
PRECISIONS = ("bf16", "fp8")
SCENARIO = f"""schema: 1
title: A small search
date: 2026-11-23
objective: {{minimise: yearly_cost}}
levers: none
requests: {{query: {{prompt_tokens: 1500, output_tokens: 300}}}}
inputs:
  peak_rate: 8  # at noon
  tpot_target: 40 ms
options:
  baseline: {{model: Llama-3.1-8B, accelerator: H100-SXM-80GB, max_num_seqs: 4, price: '{PRICE}'}}
search:
  candidates:
    h100: {{accelerator: H100-SXM-80GB}}
    unpriced: {{accelerator: H200-SXM-141GB, price: null}}
  vary:
    tensor_parallel: {list(TENSOR)}
    max_num_seqs: {list(SLOTS)}
    precision:
      bf16: {{weight_precision: bf16, activation_precision: bf16}}
      fp8: {{weight_precision: fp8, activation_precision: fp8}}
# what comes after
author: nobody
"""


@pytest.fixture
def lay(tmp_path: Path) -> Load:
    """Write the scenario, with some texts in the place of others."""

    def write(*changes: tuple[str, str], name: str = "small") -> Path:
        text = SCENARIO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def chosen(book: Book, option: str) -> tuple[float, float, str]:
    """What a row holds of what may vary."""
    cells = {f.option: f.cells for f in book.studies.searched.found}[option] if book.studies.searched else {}
    return cells["tensor_parallel"], cells["max_num_seqs"], cells["weight_precision"]  # type: ignore[return-value]


def one_by_one(book: Book) -> dict[tuple[float, float, str], Results]:
    """Each combination evaluated by itself, as `--set` would."""
    found = {}
    for tensor, slots, precision in itertools.product(TENSOR, SLOTS, PRECISIONS):
        changes = []
        for option in ("h100", "unpriced"):
            changes += [f"{option}.tensor_parallel={tensor}", f"{option}.max_num_seqs={slots}"]
            changes += [f"{option}.weight_precision={precision}", f"{option}.activation_precision={precision}"]
        found[float(tensor), float(slots), precision] = Results(book, read_changes(book, changes))
    return found


def best_of(tried: dict[tuple[float, float, str], Results], option: str) -> tuple[float, float, str]:
    """By the rules in words: feasible, the least cost, fewer devices, the least latency, the first."""

    def key(results: Results) -> tuple[float, ...]:
        def at(name: str) -> float:
            value = results.get(name, option)
            return math.inf if value is None else float(f"{float(value):.12g}")

        if results.get("feasible", option):
            return 0, 0, at("objective_cost"), at("devices"), at("request_latency")
        return 1, at("missed_count"), at("worst_excess"), at("devices"), at("request_latency")

    return min(tried, key=lambda combination: key(tried[combination]))


# --- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (("minimise: yearly_cost", "minimise: request_latency"),),
        (("minimise: yearly_cost", "maximise: queries_per_second"),),
        (("tpot_target: 40 ms", "tpot_target: 3 ms"),),
        (("tpot_target: 40 ms", "tpot_target: 0.5 ms\n  budget: 1000"),),
        (("Llama-3.1-8B", "Llama-3.1-405B"),),
    ],
    ids=["cost", "latency", "rate", "tight", "impossible", "too large"],
)
def test_it_finds_what_trying_one_by_one_finds(lay: Load, changes: tuple[tuple[str, str], ...]) -> None:
    book = load_book(lay(*changes))
    tried, found = one_by_one(book), search(book)
    assert found.studies.searched is not None
    assert found.studies.searched.tried == 2 * len(tried)
    for row in found.studies.searched.found:
        assert chosen(found, row.option) == best_of(tried, row.option)
        feasible = sum(results.get("feasible", row.option) is True for results in tried.values())
        assert (row.tried, row.feasible) == (len(tried), feasible)
        results = api.evaluate(found)
        assert results.get("max_num_seqs", row.option) == row.cells["max_num_seqs"]
        expected = tried[chosen(found, row.option)]
        for name in ("objective_value", "verdict", "devices", "tpot"):
            assert results.get(name, row.option) == expected.get(name, row.option)


def test_where_none_is_feasible_the_nearest_says_what_fails(lay: Load) -> None:
    results = api.evaluate(lay(("tpot_target: 40 ms", "tpot_target: 0.5 ms")))
    searched = results.book.studies.searched
    assert searched is not None
    assert [row.feasible for row in searched.found] == [0, 0]
    verdict = str(results.get("verdict", "h100"))
    assert verdict.startswith("misses the TPOT target: ")
    assert "too slow" in verdict


def test_the_front_is_what_no_feasible_combination_beats(lay: Load) -> None:
    book = load_book(lay())
    tried, found = one_by_one(book), search(book).studies.searched
    assert found is not None
    names = ("yearly_cost", "request_latency", "capacity_rate")
    feasible = [
        tuple(float(results.get(n, "h100") or 0) for n in names)
        for results in tried.values()
        if results.get("feasible", "h100") and results.get("yearly_cost", "h100") is not None
    ]
    front = {p for p in feasible if not any(beats(other, p) for other in feasible)}
    points = [(p.yearly_cost, p.request_latency, p.capacity_rate) for p in found.front]
    assert np.array(sorted(points)) == pytest.approx(np.array(sorted(front)))
    assert all(p.option == "h100" for p in found.front)
    costs = [p.yearly_cost for p in found.front]
    assert costs == sorted(costs, key=lambda cost: cost or 0.0)
    for point in found.front:
        results = tried[
            float(point.cells["tensor_parallel"]),
            float(point.cells["max_num_seqs"]),
            str(point.cells["weight_precision"]),
        ]
        assert results.get("yearly_cost", "h100") == pytest.approx(point.yearly_cost)
        assert results.get("capacity_rate", "h100") == pytest.approx(point.capacity_rate)


def beats(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    no_worse = a[0] <= b[0] and a[1] <= b[1] and a[2] >= b[2]
    return no_worse and a != b


def test_chunks_make_no_difference(lay: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    book = load_book(lay())
    whole = search(book).studies.searched
    monkeypatch.setattr(engine, "block_size", lambda _: 15)
    assert search(book).studies.searched == whole


def test_what_is_no_number_is_never_chosen(lay: Load) -> None:
    hole = "quantities:\n  hole: {per: [option], formula: 1 / (scheduled_sequences - 8), better: lower}\nauthor"
    found = search(load_book(lay(("minimise: yearly_cost", "minimise: hole"), ("author", hole))))
    assert chosen(found, "h100")[1] in (1.0, 64.0, 200.0)
    hole = hole.replace("scheduled_sequences - 8", "scheduled_sequences - scheduled_sequences")
    found = search(load_book(lay(("minimise: yearly_cost", "minimise: hole"), ("author", hole))))
    assert chosen(found, "h100") == (1.0, 1.0, "bf16")


def test_an_objective_that_compares_options_is_refused(lay: Load) -> None:
    place = "quantities:\n  place_of: {per: [option], formula: 'rank(tpot, over=option)', better: lower}\nauthor"
    path = lay(("minimise: yearly_cost", "minimise: place_of"), ("author", place))
    with pytest.raises(SpecError, match="compares options and cannot be searched by"):
        api.check(path)


def test_candidates_are_options_of_their_own(lay: Load) -> None:
    more = "  on_it: {based_on: h100, kernel_fusion: false}\nsearch:"
    book = api.check(lay(("search:", more), ("levers: none", "levers: [kv_cache_int8]")))
    names = ("baseline", "on_it", "h100", "unpriced", "kv_cache_int8")
    assert tuple(n for n in book.dimensions["option"].names if not n.startswith("what_if")) == names
    results = api.evaluate(book)
    origins = ("the scenario", "the scenario", "found by search", "found by search", "a lever")
    assert tuple(results.get("option_origin", name) for name in names) == origins
    assert results.get("max_num_seqs", "on_it") == results.get("max_num_seqs", "h100")
    assert set(book.overridden["h100"]) >= {"accelerator", "max_num_seqs", "weight_precision"}


def test_a_change_is_made_in_the_rows_that_were_found(lay: Load) -> None:
    path = lay()
    before, after = api.evaluate(path), api.evaluate(path, ["tpot_target=3 ms", "h100.max_num_seqs=3"])
    assert after.get("max_num_seqs", "h100") == 3.0
    assert after.get("max_num_seqs", "unpriced") == before.get("max_num_seqs", "unpriced")


# --- what decides ----------------------------------------------------------------------------------------------------

ROLES = load_book(Path(__file__).parents[2] / "specs" / "alice.yaml").roles
FEW = st.sampled_from([1.0, 2.0, 3.0, math.nan])
ROWS = st.lists(st.tuples(FEW, st.sampled_from([0.0, 1.0]), FEW, FEW, FEW, FEW), min_size=1, max_size=12)


@given(ROWS, st.integers(1, 12))
def test_among_equals_fewer_devices_decide_then_the_latency_then_the_first(
    rows: list[tuple[float, ...]], chunk: int
) -> None:
    tally = study._Tally(Search(("one",), {"batch": tuple(float(i) for i in range(len(rows)))}), ROLES)
    for start in range(0, len(rows), chunk):
        part = np.array(rows[start : start + chunk]).T[:, None]
        names = ("objective_cost", "feasible", "missed_count", "worst_excess", "devices", "request_latency")
        tally.add(dict(zip(names, part, strict=True)), start)

    def key(place: int) -> tuple[float, ...]:
        cost, feasible, missed, excess, devices, latency = (math.inf if math.isnan(x) else x for x in rows[place])
        ties = (devices, latency, place)
        if feasible:
            return (1, 0, 0, *ties) if math.isinf(cost) else (0, 0, cost, *ties)
        return (2, missed, excess, *ties)

    assert tally.best == [min(range(len(rows)), key=key)]
    assert int(tally.feasible[0]) == sum(row[1] for row in rows)


POINTS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=30)


@given(POINTS)
def test_the_unbeaten_are_those_that_no_other_beats(points: list[tuple[int, ...]]) -> None:
    def beaten(i: int) -> bool:
        others = enumerate(points)
        return any(all(x <= y for x, y in zip(p, points[i], strict=True)) and (p != points[i] or j < i)
                   for j, p in others if j != i)  # fmt: skip

    expected = [i for i in range(len(points)) if not beaten(i)]
    assert unbeaten(np.array(points, dtype=float)).tolist() == expected


@given(POINTS, st.integers(3, 10))
def test_a_few_points_keep_the_best_in_every_way(points: list[tuple[int, ...]], count: int) -> None:
    array = np.array(points, dtype=float)
    kept = spread(array, count)
    assert len(kept) == min(count, len(points))
    assert len(set(kept.tolist())) == len(kept)
    assert np.array_equal(array[kept].min(axis=0), array.min(axis=0))


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_rows_that_were_found_are_kept_and_not_searched_again(lay: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    results = api.search(lay())
    searched = results.book.studies.searched
    assert searched is not None
    cells = {row.option: row.cells for row in searched.found}
    path = lay().with_name("kept.yaml")
    path.write_text(with_found(results.book.text, cells, searched.holds_for), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(study, "_tally", None)
        kept = api.evaluate(path)
    for quantity in kept.book.quantities:
        if quantity not in ("objective_name",):
            assert kept.plain(quantity) == results.plain(quantity), quantity
    told = kept.book.studies.searched
    assert told is not None
    assert told.current
    assert told.holds_for == searched.holds_for
    assert {row.option: row.cells for row in told.found} == cells
    assert api.search(path).book.studies.searched == searched


def test_only_what_was_found_is_written(lay: Load) -> None:
    text = lay().read_text("utf-8")
    found = {"h100": {"batch": 8.0, "weight_precision": "fp8"}, "b": {"batch": 0.5}}
    once = with_found(text, found, "a: b")
    added = [line for line in once.splitlines() if line not in text.splitlines()]
    assert added == [
        "  found:", "    h100: {batch: 8, weight_precision: fp8}", "    b: {batch: 0.5}", "  found_for: 'a: b'",
    ]  # fmt: skip
    assert [line for line in once.splitlines() if line not in added] == text.splitlines()
    assert with_found(with_found(once, {"x": {"batch": 1}}, "other"), found, "a: b") == once


@pytest.mark.parametrize(
    "section",
    [
        "search: {candidates: {a: {batch: 1}}, # why\n  vary: {batch: [1, 2]}} # so\n",
        "search:\n    candidates:\n        a: {batch: 1}  # why\n    vary:\n        batch:\n        - 1\n        - 2\n",
        "search:\n  vary: {batch: [1,\n    2]}  # so\n  candidates:\n    a:\n      title: |\n        one\n\n\n# why\n",
        "search:\n  candidates: {a: {}}\n  vary: {batch: [1, 2]} # why\n  # so",
    ],
    ids=["braces", "deep", "block", "end"],
)
def test_what_was_found_is_written_in_any_manner_of_yaml(section: str) -> None:
    text = f"title: A  # the title\n{section}"
    made = with_found(text, {"a": {"batch": 2.0}}, "it")
    data = parse_document(made.encode(), "made").data
    assert data["search"].pop("found") == {"a": {"batch": 2}}
    assert data["search"].pop("found_for") == "it"
    assert data == parse_document(text.encode(), "text").data
    for word in ("# the title", "# why", "# so"):
        assert (word in made) == (word in text)


def workbook_of(results: Results) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(results)))


def test_workbooks_of_searched_and_kept_rows_are_the_same(lay: Load) -> None:
    results = api.search(lay())
    searched = results.book.studies.searched
    assert searched is not None
    cells = {row.option: row.cells for row in searched.found}
    kept_path = lay(name="small").with_name("kept.yaml")
    kept_path.write_text(with_found(results.book.text, cells, searched.holds_for), encoding="utf-8")
    one, other = workbook_of(results), workbook_of(api.evaluate(kept_path))
    for name in set(one.sheetnames) - {"Scenario", "Studies"}:
        values = [
            [[getattr(cell.value, "text", cell.value) for cell in row] for row in book[name]] for book in (one, other)
        ]
        if name == "Summary":  # the list of the sheets names the studies in one workbook only
            values = [[row for row in rows if "Studies" not in row] for rows in values]
        assert values[0] == values[1], name


def lines_of(results: Results) -> str:
    sheet = workbook_of(results)["Summary"]
    return next(str(row[1].value) for row in sheet if row[0].value == "Searched options")


def test_the_summary_says_whether_the_rows_are_those_that_were_searched(lay: Load) -> None:
    results = api.search(lay())
    searched = results.book.studies.searched
    assert searched is not None
    fresh = lines_of(results)
    assert fresh.startswith('=IF(changed_inputs>0,"Inputs were changed since these rows were searched')
    assert "Rows as searched for: the lowest cost per year; peak request rate 8 requests/s" in fresh
    cells = {row.option: row.cells for row in searched.found}
    path = lay().with_name("kept.yaml")
    text = with_found(results.book.text, cells, searched.holds_for).replace("peak_rate: 8", "peak_rate: 9")
    path.write_text(text, encoding="utf-8")
    assert "Rows as searched" not in lines_of(api.evaluate(path))


# --- room for a larger batch -----------------------------------------------------------------------------------------

CLIENTS = ("max_num_seqs: 4", "concurrency: 4")
"""Clients that wait for their answers, in place of a server at a rate."""


def test_there_is_room_up_to_the_target(lay: Load) -> None:
    book = load_book(lay(CLIENTS, ("peak_rate: 8", "peak_rate: 200")))
    room = api.evaluate(book).get("batch_room", "baseline")
    assert isinstance(room, float)
    assert room > 8
    last = api.evaluate(book, [f"baseline.concurrency={4 + 0.9 * room // 1}"])
    beyond = api.evaluate(book, [f"baseline.concurrency={4 + 1.2 * room // 1}"])
    assert last.get("feasible", "baseline")
    assert not beyond.get("feasible", "baseline")
    assert beyond.get("batch_room", "baseline") == 0.0


def test_a_larger_batch_is_spoken_of_where_it_may_be_better(lay: Load) -> None:
    searched = ("search:", "measured: {}\nsearch:")
    path = lay(CLIENTS, ("peak_rate: 8", "peak_rate: 200"), searched)
    assert "room for about" in str(api.evaluate(load_book(path)).get("room_words", "baseline"))
    calm = lay(CLIENTS, ("peak_rate: 8", "peak_rate: 0.1"))
    assert api.evaluate(calm).get("room_words", "baseline") == "A larger batch promises no gain."
    hasty = lay(CLIENTS, ("minimise: yearly_cost", "minimise: tpot"), ("peak_rate: 8", "peak_rate: 200"))
    assert api.evaluate(hasty).get("room_words", "baseline") == "A larger batch promises no gain."


def test_a_server_at_a_rate_has_no_batch_to_enlarge(lay: Load) -> None:
    results = api.evaluate(lay(("peak_rate: 8", "peak_rate: 200")))
    assert results.get("batch_room", "baseline") is None
    assert results.get("uses_room", "baseline") is False
    said = "The request rate decides how many sequences run at once."
    assert results.get("larger_batch_words") == said


# --- the verb --------------------------------------------------------------------------------------------------------


def test_the_verb_shows_each_candidate(lay: Load) -> None:
    result = CliRunner().invoke(app, ["search", str(lay(("tpot_target: 40 ms", "tpot_target: 0.5 ms")))])
    assert result.exit_code == 0, result.output
    assert "0 of 24" in result.stdout
    assert "misses the TPOT target" in result.stdout
    assert "48 configurations were tried for: the lowest cost per year" in result.stdout


def test_the_verb_prints_json(lay: Load) -> None:
    result = CliRunner().invoke(app, ["search", str(lay()), "--format", "json"])
    data = json.loads(result.stdout)
    assert data["schema"] == 1
    assert data["objective"] == "yearly_cost"
    first = data["found"][0]
    assert first["option"] == "h100"
    assert first["feasible"] is True
    assert first["values"]["devices"] >= 1
    assert set(first["cells"]) == {"tensor_parallel", "max_num_seqs", "weight_precision", "activation_precision"}


def test_the_verb_writes_a_scenario_that_is_not_searched_again(lay: Load, tmp_path: Path) -> None:
    path, target = lay(), tmp_path / "decided.yaml"
    result = CliRunner().invoke(app, ["search", str(path), "-o", str(target)])
    assert result.exit_code == 0, result.output
    assert "peak_rate: 8  # at noon" in target.read_text("utf-8")
    assert api.check(target).studies.search is not None
    assert api.check(target).studies.search.done  # type: ignore[union-attr]
    again = CliRunner().invoke(app, ["search", str(path), "-o", str(path)])
    assert again.exit_code == 2
    assert "is the scenario itself, which cannot be overwritten" in again.stderr


def test_a_scenario_without_a_search_is_refused(lay: Load) -> None:
    path = lay().with_name("plain.yaml")
    path.write_text(SCENARIO[: SCENARIO.index("search:")], encoding="utf-8")
    result = CliRunner().invoke(app, ["search", str(path)])
    assert result.exit_code == 2
    assert "asks for no search" in result.stderr
