"""The picture of a layer: what flows where, that it is the engine's, and that it can be read."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.api import evaluate
from reportgen.book.book import Member
from reportgen.render.charts.draw import fill
from reportgen.render.charts.graph.boxes import Layer
from reportgen.render.charts.graph.nodes import FINE
from reportgen.render.charts.graph.routing import routes
from reportgen.render.charts.labels import Box
from reportgen.report.figures.layer import layer_figures
from reportgen.report.figures.layer_flow import CACHE, LAYER, OUTPUT, WORDS, Traffic, flow
from reportgen.report.figures.layer_rows import MOST, layer_rows
from reportgen.report.figures.layered import apart, in_rows
from reportgen.report.reading import STAGES, ResultsReader
from tests.render.charts.drawn import (
    check_texts,
    datasets,
    figure_frame,
    named,
    pieces,
    same_bytes_twice,
    shrunk,
    text_box,
)

if TYPE_CHECKING:
    from reportgen.report.view import Figure


class BaselineReader(ResultsReader):
    """A reader that explains the baseline, which the cases change, even where another option is recommended."""

    @property
    def explained(self) -> str:
        return self.baseline


SPECS = Path(__file__).resolve().parents[2] / "specs"
TALLEST = 672 / 178 * 215  # pixels: 215 mm where the figure is 178 mm wide

CASES = {
    "alice": ("alice",),
    "bob": ("bob",),
    "experts": ("expert_server",),
    "procurement": ("procurement",),
    "llm_viewer": ("llm_viewer_operators",),
    "unfused": ("alice", "baseline.kernel_fusion=false"),
    "spread": ("expert_server", "baseline.tensor_parallel=2", "baseline.expert_parallel=4"),
    "windows": ("alice", "baseline.model=gpt-oss-20b"),
    "parallel": ("alice", "baseline.model=Falcon-7B"),
    "no_rope": ("alice", "baseline.model=OPT-6.7B", "baseline.flash_attention=false"),
    "pipeline": ("bob", "baseline.tensor_parallel=2", "baseline.pipeline_parallel=2"),
}


@functools.cache
def facts_of(case: str) -> ResultsReader:
    spec, *changes = CASES[case]
    return BaselineReader(evaluate(SPECS / f"{spec}.yaml", changes))


@functools.cache
def figures_of(case: str) -> list[Figure]:
    return layer_figures(facts_of(case))


def running(reader: ResultsReader, stage: str) -> list[str]:
    """The operators that run, by the engine's own word."""
    repeats = reader.results.plain("repeats")
    assert stage in reader.book.dimensions["stage"].names
    return [o for o in reader.book.dimensions["operator"].names if repeats[reader.explained, o]]


def nodes_of(case: str, stage: str) -> dict[str, dict[str, Any]]:
    rows = [dict(n) for figure in figures_of(case) for n in figure.data["nodes"] if n["panel"] == stage]
    assert len({n["name"] for n in rows}) == len(rows)  # each once
    return {n["name"]: n for n in rows}


def edges_of(case: str, stage: str) -> list[tuple[str, str]]:
    rows = [e for figure in figures_of(case) for e in figure.data["edges"] if e["panel"] == stage]
    return [(str(e["source"]), str(e["target"])) for e in rows]


def reached(start: str, edges: list[tuple[str, str]]) -> set[str]:
    found, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [target for source, target in edges if source == name]
    return found


each_case = pytest.mark.parametrize("case", CASES)
each_stage = pytest.mark.parametrize("stage", STAGES)


# --- what it shows -----------------------------------------------------------------------------------------------


@each_case
@each_stage
def test_every_operator_that_runs_is_there_once_and_no_other(case: str, stage: str) -> None:
    names = set(nodes_of(case, stage))
    assert names - {LAYER, OUTPUT, CACHE} == set(running(facts_of(case), stage))


@each_case
@each_stage
def test_all_is_reached_from_the_input_and_leads_to_the_output_or_the_cache(case: str, stage: str) -> None:
    nodes, edges = nodes_of(case, stage), edges_of(case, stage)
    assert {end for edge in edges for end in edge} <= set(nodes)
    backwards = [(target, source) for source, target in edges]
    assert reached(LAYER, edges) == set(nodes)
    behind = {n for n in nodes if nodes[n].get("after")}
    assert reached(OUTPUT, backwards) == set(nodes) - behind
    assert reached(OUTPUT, edges) - {OUTPUT} == behind


@each_case
@each_stage
def test_nothing_flows_in_a_circle(case: str, stage: str) -> None:
    edges = edges_of(case, stage)
    for source, target in edges:
        assert source not in reached(target, edges), (source, target)


@each_case
@each_stage
def test_the_shares_add_up_to_the_engines(case: str, stage: str) -> None:
    reader = facts_of(case)
    shown = sum(n["share"] for n in nodes_of(case, stage).values() if n.get("share_text"))
    times = reader.results.plain("network_inference_time")
    whole = reader.results.get("total_inference_time", reader.explained, stage)
    assert isinstance(whole, float)
    spent = sum(times[reader.explained, stage, o] or 0.0 for o in running(reader, stage))  # type: ignore[misc]
    assert shown == pytest.approx(100 * spent / whole)
    overhead = reader.number("overhead_time_share", reader.explained, stage) or 0.0
    assert shown + overhead == pytest.approx(100)


@each_case
@each_stage
def test_the_numbers_of_a_node_are_those_of_the_tables(case: str, stage: str) -> None:
    reader = facts_of(case)
    for name, node in nodes_of(case, stage).items():
        at = (reader.explained, stage, name)
        if name not in reader.book.dimensions["operator"].names:
            continue
        assert node["look"] == reader.value("bound", *at)
        if node["look"] == "communication":
            assert node["note"] == f"{reader.formatted('message_bytes', *at)} each"
        else:
            assert (
                node["note"]
                == f"{reader.formatted('network_ops', *at)} · {reader.formatted('network_memory_access', *at)}"
            )


@each_case
@each_stage
def test_the_cache_is_read_and_written_where_bytes_are_counted(case: str, stage: str) -> None:
    reader, edges = facts_of(case), edges_of(case, stage)
    for name in running(reader, stage):
        for quantity, edge in (("load_kv_cache", (CACHE, name)), ("store_kv_cache", (name, CACHE))):
            assert (edge in edges) == bool(reader.number(quantity, reader.explained, stage, name)), edge


@each_case
def test_both_stages_share_a_figure_where_three_stand_beside_each_other(case: str) -> None:
    figures = figures_of(case)
    alone = case in ("experts", "spread", "parallel", "pipeline")
    assert [len(figure.data["panels"]) for figure in figures] == ([1, 1] if alone else [2])


def test_the_title_says_what_limits_each_stage() -> None:
    (figure,) = figures_of("alice")
    reader = facts_of("alice")
    shares = {"prefill": 0.0, "decode": 0.0}
    for stage, bound in (("prefill", "compute"), ("decode", "memory")):
        nodes = nodes_of("alice", stage).values()
        shares[stage] = sum(n["share"] for n in nodes if n["look"] == bound)
    assert figure.title == (
        f"Prefill is {shares['prefill']:.0f}\u202f% compute-bound, decode {shares['decode']:.0f}\u202f% memory-bound"
    )
    assert reader.formatted("total_inference_time", reader.explained, "decode") in str(figure.data["panels"][1]["note"])


def test_operators_that_run_in_some_layers_only_say_in_how_many() -> None:
    nodes = nodes_of("experts", "decode")
    assert nodes["gate_proj"]["times"] == "×\u202f3"
    assert nodes["router"]["times"] == "×\u202f58"
    assert nodes["o_proj"]["times"] == nodes["lm_head"]["times"] == ""


# --- what flows where --------------------------------------------------------------------------------------------


def test_a_residual_leads_around_and_what_does_not_run_is_passed_through() -> None:
    plain, fused = edges_of("unfused", "decode"), edges_of("alice", "decode")
    assert (LAYER, "attn_add") in plain
    assert ("attn_add", "mlp_add") in plain
    assert {(LAYER, "mlp_norm"), ("o_proj", "mlp_norm"), ("mlp_norm", OUTPUT), ("down_proj", OUTPUT)} <= set(fused)
    assert {("gate_proj", "down_proj"), ("up_proj", "down_proj")} <= set(fused)


def test_a_parallel_block_reads_one_norm_and_adds_all_three() -> None:
    edges = edges_of("parallel", "prefill")
    assert {source for source, target in edges if target == "up_proj"} == {"attn_norm"}
    assert {source for source, target in edges if target == OUTPUT} == {"attn_norm", "o_proj", "down_proj"}


def test_latent_attention_expands_the_cache_in_prefill_and_the_query_in_decode() -> None:
    sources = {
        stage: {source for source, target in edges_of("experts", stage) if target == "kv_b_proj"} for stage in STAGES
    }
    assert sources == {"prefill": {CACHE}, "decode": {"q_b_proj"}}


def test_keys_and_values_reach_attention_through_the_cache() -> None:
    edges = edges_of("llm_viewer", "decode")
    assert {s for s, t in edges if t == CACHE} == {"k_proj", "v_proj"}
    assert {t for s, t in edges if s == CACHE} == {"qk_matmul", "sv_matmul"}
    assert {t for s, t in edges if s == "k_proj"} == {CACHE}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Member], Traffic]:
    """Operators each of which takes in earlier ones, and some that run, read and write."""
    letters = "abcdefgh"[: draw(st.integers(1, 8))]
    members: list[Member] = []
    for i, name in enumerate(letters):
        allowed = [*letters[:i], *WORDS]
        choice = st.lists(st.sampled_from(allowed), min_size=1, max_size=2, unique=True).map(tuple)
        members.append(Member(name, inputs=tuple(draw(st.lists(choice, max_size=3)))))
    some = st.frozensets(st.sampled_from(letters))
    runs = draw(some)
    return members, Traffic(runs, draw(some) & runs, draw(some) & runs, draw(some) & runs)


@given(graphs())
def test_edges_join_what_runs_and_make_no_circle(graph: tuple[list[Member], Traffic]) -> None:
    members, traffic = graph
    found = flow(members, traffic)
    assert sorted([*found.within, *found.after]) == sorted(traffic.runs)
    assert len(set(found.edges)) == len(found.edges)
    allowed = {*traffic.runs, *WORDS}
    plain = [edge for edge in found.edges if CACHE not in edge]
    for source, target in found.edges:
        assert {source, target} <= allowed
        assert target != LAYER
        assert (target in found.after) == (source in (*found.after, OUTPUT))
    for source, target in plain:
        assert source not in reached(target, plain)


@given(graphs())
def test_where_all_run_the_edges_are_those_declared(graph: tuple[list[Member], Traffic]) -> None:
    members, _ = graph
    found = flow(members, Traffic(frozenset(m.name for m in members)))
    for member in members:
        if member.name in found.within:
            wanted = {choice[0] for choice in member.inputs} - {CACHE}
            assert {source for source, target in found.edges if target == member.name} == wanted


# --- how it is laid out ------------------------------------------------------------------------------------------


@each_case
def test_nodes_keep_apart_lines_keep_out_of_them_and_all_fits_a_page(case: str) -> None:
    for figure in figures_of(case):
        spec = fill(figure)
        assert spec["width"] == 672
        assert spec["height"] <= TALLEST
        data, frame = spec["datasets"], figure_frame(spec)
        boxes = [Box(b["px"], b["py"], b["px2"], b["py2"]) for b in data["boxes"]]
        boxes += [_bounds(c["path"]) for c in data["cylinders"] if c["fill"]]
        assert len(boxes) >= len(figure.data["nodes"])
        for a, b in itertools.combinations(boxes, 2):
            assert a.overlap(b) == 0
        for box in boxes:
            assert box.outside(frame) < 1e-6
        for line in data["lines"]:
            for box in boxes:
                assert sum(s.crossing(shrunk(box, 1.5)) for s in pieces(line["path"])) == 0
        assert len(data["lines"]) == len(data["tips"]) == len(figure.data["edges"])


@each_case
def test_texts_are_large_enough_and_stand_in_their_nodes(case: str) -> None:
    for figure in figures_of(case):
        data = datasets(figure)
        assert min(t["size"] for t in data["texts"]) >= FINE >= 6.2 / 0.75
        check_texts(data["texts"], figure_frame(fill(figure)))
        boxes = [Box(b["px"], b["py"], b["px2"], b["py2"]) for b in data["boxes"]]
        for datum in data["texts"]:
            box = text_box(datum)
            around = [b for b in boxes if box.overlap(b) > 0.5]
            assert len(around) <= 1, datum
            assert all(box.outside(b) < 0.5 for b in around), datum


def _bounds(path: str) -> Box:
    """What the body of a cylinder takes, apart from the little that its round ends stand out."""
    ends = pieces(re.sub(r"A\S+ 0 0 \d", "", path))
    return Box(min(s.x0 for s in ends), min(s.y0 for s in ends), max(s.x0 for s in ends), max(s.y0 for s in ends))


@given(graphs())
def test_any_graph_is_laid_out_without_overlaps(graph: tuple[list[Member], Traffic]) -> None:
    members, traffic = graph
    found = flow(members, traffic)
    rows = layer_rows(found.within, found.edges, MOST)
    nodes = {
        n: {"title": "Norm before attention", "note": "4.29 TFLOP · 3.17 GB", "share_text": "5.7 %", "look": "memory"}
        for n in (*found.within, LAYER, OUTPUT, CACHE)
    }
    layer = Layer(rows, nodes, 0.0, 672.0)
    layer.place(0.0)
    boxes = {n: Box(b.left, b.top, b.left + b.width, b.bottom) for n, b in layer.at.items()}
    assert set(boxes) >= {*found.within, LAYER, OUTPUT}
    for a, b in itertools.combinations(boxes.values(), 2):
        assert a.overlap(b) == 0
    for (source, target), line in layer.lines().items():
        assert boxes[source].left < line[0][0] < boxes[source].right
        assert boxes[target].left < line[-1][0] < boxes[target].right
        ends = [(a, b) for a, b in itertools.pairwise(line) if a != b]
        assert all(abs(a[0] - b[0]) < 0.51 or a[1] == b[1] for a, b in ends)  # right angles
        for box in boxes.values():
            assert all(_outside(a, b, shrunk(box, 0.6)) for a, b in ends)


def _outside(a: tuple[float, float], b: tuple[float, float], box: Box) -> bool:
    low_x, high_x, low_y, high_y = (*sorted((a[0], b[0])), *sorted((a[1], b[1])))
    return high_x <= box.left or low_x >= box.right or high_y <= box.top or low_y >= box.bottom


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(1, 40)), min_size=1, max_size=8))
def test_things_set_apart_keep_their_order_and_their_distance(things: list[tuple[float, float]]) -> None:
    wanted, widths = [t[0] for t in things], [t[1] for t in things]
    placed = apart(wanted, widths, 3.0, 0.0, 500.0)
    for i, j in itertools.pairwise(range(len(placed))):
        assert placed[j] - placed[i] >= (widths[i] + widths[j]) / 2 + 3 - 1e-6
    assert placed[0] - widths[0] / 2 >= -1e-6
    assert placed[-1] + widths[-1] / 2 <= 500 + 1e-6


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8, unique=True))
def test_lines_from_row_to_row_never_cover_each_other(segments: list[tuple[int, int]]) -> None:
    upper, lower = ({f"{side}{i}": 80.0 + 160.0 * i + shift for i in range(4)} for side, shift in (("u", 0), ("l", 31)))
    found = routes([(f"u{a}", f"l{b}") for a, b in segments], upper | lower, dict.fromkeys((*upper, *lower), 120.0))
    lines = {(f"u{a}", f"l{b}"): found.between((f"u{a}", f"l{b}"), 0.0) for a, b in segments}
    for (one, a), (two, b) in itertools.combinations(lines.items(), 2):
        if one[0] != two[0]:
            for s, t in itertools.product(itertools.pairwise(a), itertools.pairwise(b)):
                assert not _covers(s, t), (one, two)


def _covers(s: Any, t: Any) -> bool:
    """Whether two pieces of lines run along each other."""
    for axis in (0, 1):
        across = 1 - axis
        if s[0][axis] == s[1][axis] and t[0][axis] == t[1][axis] and abs(s[0][axis] - t[0][axis]) < 1:
            low = max(min(p[across] for p in s), min(p[across] for p in t))
            high = min(max(p[across] for p in s), max(p[across] for p in t))
            if high - low > 0.5:
                return True
    return False


def test_a_short_cut_goes_around_and_a_line_without_another_way_between() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("d", "z")]
    rows = in_rows(["a", "b", "c", "d", "z"], edges, 4, ("a", "z"))
    assert rows.left == (("a", "d"),)
    assert all(">" not in name for row in rows.rows for name in row)
    alone = in_rows(["a", "b", "c", "d", "e", "z"], [*edges[:3], ("a", "e"), ("e", "z"), ("d", "z")], 4, ("a", "z"))
    assert alone.left == ()
    assert any(">" in name for row in alone.rows for name in row)


def test_an_edge_that_would_close_a_circle_leads_up() -> None:
    rows = in_rows(["a", "b", "c", "z"], [("a", "b"), ("b", "c"), ("c", "b"), ("c", "z")], 4, ("a", "z"))
    assert rows.paths["c", "b"] == ("b", "c")


# --- a scenario's own operators ----------------------------------------------------------------------------------

OWN = """
schema: 1
title: Own operators
objective: {{minimise: tpot}}
requests:
  query: {{prompt_tokens: 1000, output_tokens: 200}}
options:
  baseline: {{model: Llama-3.1-8B, accelerator: RTX-4090, kernel_fusion: false}}
dimensions:
  operator:
    rows:
{rows}
"""
COUNTS = "operator_class: elementwise, repeats: layers, steps: tokens * hidden_size, compute_precision: base_precision"


def own(folder: Path, *rows: str) -> ResultsReader:
    spec = folder / "own.yaml"
    spec.write_text(OWN.format(rows="\n".join(f"      {row}" for row in rows)), "utf-8")
    return BaselineReader(evaluate(spec))


def test_an_operator_of_ones_own_stands_where_it_says(tmp_path: Path) -> None:
    reader = own(
        tmp_path,
        f"adapter: {{title: Adapter, {COUNTS}, inputs: [MLP_NORM]}}",
        "mlp_add: {inputs: [attn_add, down_proj, adapter]}",
        f"probe: {{title: Probe, {COUNTS}, inputs: [output]}}",
        f"loose: {{title: Loose, {COUNTS}}}",
    )
    (figure,) = layer_figures(reader)
    edges = {(e["source"], e["target"]) for e in figure.data["edges"] if e["panel"] == "decode"}
    assert {("mlp_norm", "adapter"), ("adapter", "mlp_add"), (OUTPUT, "probe")} <= edges
    assert not any("loose" in edge for edge in edges)
    assert named((n for n in figure.data["nodes"] if n["panel"] == "decode"), "name").count("loose") == 1


def test_a_row_for_each_class_names_its_class_in_its_inputs(tmp_path: Path) -> None:
    reader = own(
        tmp_path,
        f'"first_{{request}}": {{each: request, title: First, {COUNTS}, inputs: [layer]}}',
        f'"second_{{request}}": {{each: request, title: Second, {COUNTS}, inputs: ["first_{{request}}"]}}',
    )
    members = {m.name: m.inputs for m in reader.book.dimensions["operator"].members}
    assert members["second_query"] == (("first_query",),)


def test_what_a_page_cannot_hold_is_left_out_smallest_first(tmp_path: Path) -> None:
    title, sources = "A step with a long name " * 4, ["mlp_add", *(f"step_{i}" for i in range(11))]
    chain = [f"step_{i}: {{title: {title}{i}, {COUNTS}, inputs: [{source}]}}" for i, source in enumerate(sources)]
    reader = own(tmp_path, *chain)
    figures = layer_figures(reader)
    for figure in figures:
        assert "shortest operators are left out" in figure.subtitle
        assert fill(figure)["height"] <= TALLEST
        check_texts(datasets(figure)["texts"], figure_frame(fill(figure)))
        kept = {n["name"] for n in figure.data["nodes"] if n["panel"] == "decode"}
        assert {"gate_proj", "down_proj", "fused_attention"} <= kept


# --- words, bytes, and when there is none ------------------------------------------------------------------------


@each_case
def test_the_alternative_text_has_every_operator_with_its_numbers(case: str) -> None:
    for figure in figures_of(case):
        titles = {str(n["name"]): str(n["title"]) for n in figure.data["nodes"]}
        for node in figure.data["nodes"]:
            for key in ("title", "note", "share_text"):
                assert str(node.get(key) or "") in figure.alt
        for edge in figure.data["edges"]:
            assert f"{titles[str(edge['target'])]} from " in figure.alt


def test_the_same_layer_is_drawn_to_the_same_bytes() -> None:
    assert same_bytes_twice(figures_of("experts")[0])


def test_there_is_none_where_nobody_says_what_operators_take_in() -> None:
    reader = facts_of("alice")
    results = copy.copy(reader.results)
    operators = reader.book.dimensions["operator"]
    bare = dataclasses.replace(operators, members=tuple(dataclasses.replace(m, inputs=()) for m in operators.members))
    results.book = dataclasses.replace(reader.book, dimensions={**reader.book.dimensions, "operator": bare})
    assert layer_figures(BaselineReader(results)) == []


def test_there_is_none_where_a_book_counts_no_shares() -> None:
    reader = facts_of("alice")
    results = copy.copy(reader.results)
    kept = {name: q for name, q in reader.book.quantities.items() if name != "operator_time_share"}
    results.book = dataclasses.replace(reader.book, quantities=kept)
    assert layer_figures(BaselineReader(results)) == []
