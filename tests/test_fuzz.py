"""Whatever stands in a scenario file, it is read or refused with a message; nothing else happens."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reportgen.book.build import build_book
from reportgen.engine.evaluation import evaluate
from reportgen.errors import EvaluationError, SpecError
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

BOB = (Path(__file__).parents[1] / "specs" / "bob.yaml").read_text("utf-8").replace("levers: all", "levers: none")

# What a file may hold by mistake or by malice, in the place of anything.
NASTY = [
    "", "null", "~", "true", "no", "0", "-1", "1e999", "-1e999", ".nan", ".inf", "1e308", "0x10", "1_000", "9" * 400,
    "[]", "{}", "[1]", "{a: 1}", "''", '"', "'", "&a", "*a", "!!int 3", "|", ">", "- x", "? x", ": ", "# x", "\t", "\0",
    "\u2028", "é", "💥", "=1+1", "@x", "base", "base[", "batch", "baseline", "option", "(" * 50, "-" * 90, "absent",
    "known(batch)", "{batch:.1f}", "{batch", "'{batch:.99f}'", "max()", "sum(ops, over=operator)", "1 / 0", "0 ** 0",
    "500 ms", "5 GB", "90 %", "1e400 s", "<<: *a", "%YAML 1.1", "---", "...", "2026-11-23", "12:30:00",
]  # fmt: skip
LINES = [
    "quantities: {own: {per: [option], formula: batch / 0}}",
    "quantities: {own: {per: [option], by: option, value: 1}}",
    "quantities: {own: {per: [request, option], input: true, value: 2}}",
    "quantities: {own: {per: [option, option], formula: 1}}",
    "quantities: {own: {per: [option, operator], type: operator, formula: operator}}",
    "quantities: {option_title: {formula: 1}}",
    "dimensions: {option: {rows: {more: {batch: 2}}}}",
    "dimensions: {stage: {rows: {late: {query_tokens: 1}}}}",
    "dimensions: {operator: {each: option}}",
    'dimensions: {site: {rows: {"x_{option}": {each: option}}}}',
    'dimensions: {site: {rows: {"x_{nothing}": {each: nothing}}}}',
    "rules: {mine: {when: batch > 1, says: 'x {batch:.0f}'}}",
    "rules: {mine: {when: true, says: '{'}}",
    "report: {key_figures: [nothing], method: [{quantity: nothing}]}",
    "models: {Qwen2.5-32B: {layers: 1}}",
    "accelerators: {x: {peak: {int8: {fp8: 1}}}}",
    "objective: {minimise: based_on}",
    "levers: [larger_batch, larger_batch]",
]


def only_refused(raw: bytes) -> None:
    """Read a file as `check` does: it may be refused, and that is all that may go wrong."""
    with contextlib.suppress(SpecError, EvaluationError):
        loaded = validate(ScenarioSpec, parse_document(raw, "fuzz.yaml"))
        evaluate(build_book(loaded, "fuzz"))


@given(st.binary(max_size=400))
@settings(max_examples=300)
@example(b"\xff\xfe")
@example(b"%")
@example(b"schema: 1\ntitle: x\n? [a]\n: b\n")
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    only_refused(raw)


@given(
    st.lists(st.sampled_from([*NASTY, "schema: 1\n", "title: x\n", "options:\n", "  a:", "\n", " ", "  "]), max_size=30)
)
@settings(max_examples=300)
def test_any_tokens_are_read_or_refused(tokens: list[str]) -> None:
    only_refused("".join(tokens).encode())


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Bob's scenario with one or two places replaced, removed or doubled."""
    lines = BOB.splitlines()
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(1, len(lines) - 1))
        line = lines[at]
        kind = draw(st.sampled_from(["value", "value", "value", "slice", "drop", "double", "add", "indent"]))
        if kind == "value" and ":" in line:
            ends = [i + 1 for i, char in enumerate(line) if char == ":"]
            start = draw(st.sampled_from(ends))
            rest = line[start:]
            end = start + min((i for i in (rest.find(","), rest.find("}")) if i >= 0), default=len(rest))
            lines[at] = f"{line[:start]} {draw(st.sampled_from(NASTY))}{line[end:]}"
        elif kind == "slice":
            start = draw(st.integers(0, len(line)))
            lines[at] = line[:start] + draw(st.sampled_from(NASTY)) + line[draw(st.integers(start, len(line))) :]
        elif kind == "drop":
            del lines[at]
        elif kind == "double":
            lines.insert(at, line)
        elif kind == "add":
            lines.append(draw(st.sampled_from(LINES)))
        else:
            lines[at] = " " * draw(st.integers(0, 6)) + line.lstrip()
    return "\n".join(lines) + "\n"


@given(mutated())
@settings(max_examples=200)
def test_any_mutation_of_a_scenario_is_read_or_refused(text: str) -> None:
    only_refused(text.encode())
