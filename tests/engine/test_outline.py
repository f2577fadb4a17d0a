"""An outline shows a derivation's upper levels in tree order, each value derived once, and says what it leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.api import evaluate
from reportgen.engine.explain import ABOVE, NOT_FOLLOWED, Step, derivation
from reportgen.engine.outline import CUT, Line, outline

SPECS = sorted((Path(__file__).resolve().parents[2] / "specs").glob("*.yaml"))


def step(name: str, *inputs: Step, value: float | bool = 1.0, note: str = "", key: tuple[str, ...] = ()) -> Step:
    formula = " + ".join(s.quantity for s in inputs)
    return Step(name, key, value, "", name, ("option",) * len(key), formula, "", "", note, inputs)


def shown(lines: tuple[Line, ...]) -> list[str]:
    return [
        "  " * line.level
        + (f"{line.more} more" if line.more else line.step.address)
        + (f" ({line.note})" if line.note else "")
        for line in lines
    ]


def test_lines_stand_in_tree_order() -> None:
    made = outline(step("a", step("b", step("c", note="constant")), step("d", note="constant")), 10)
    assert shown(made.lines) == ["a", "  b", "    c (constant)", "  d (constant)"]
    assert made.whole


def test_the_deepest_levels_are_cut_first() -> None:
    deep = step("b", step("c", step("e", note="constant"), step("f", note="constant")))
    made = outline(step("a", deep, step("d", step("g", note="constant"))), 5)
    assert shown(made.lines) == ["a", "  b", f"    c ({CUT})", "  d", "    g (constant)"]
    assert not made.whole


def test_a_value_is_derived_where_it_stands_first() -> None:
    """In the whole tree that is another place than on the lines, for the first one has no room."""
    shared = step("s", step("x", note="constant"), step("y", note="constant"))
    first = step("b", step("c", step("p", shared, step("q", note="constant"), step("r", note="constant"))))
    made = outline(step("a", first, step("s", note=ABOVE)), 6)
    assert shown(made.lines) == ["a", "  b", f"    c ({CUT})", "  s", "    x (constant)", "    y (constant)"]
    made = outline(step("a", first, step("s", note=ABOVE)), 20)
    assert made.whole
    assert shown(made.lines)[-1] == f"  s ({ABOVE})"


def test_an_inherited_value_takes_one_line() -> None:
    base = step("n", key=("base",), note="given by the scenario")
    own = Step("n", ("own",), 1.0, "", "n", ("option",), "n[base]", inputs=(base,))
    assert shown(outline(step("a", own), 9).lines) == ["a", "  n[own] (given by the scenario)"]


def test_of_a_sum_the_largest_parts_are_shown() -> None:
    parts = [step("p", key=(f"m{i}",), note=NOT_FOLLOWED if i else "constant") for i in range(9)]
    assert shown(outline(step("a", *parts, step("z", note="constant")), 9).lines) == [
        "a", "  p[m0] (constant)", f"  p[m1] ({NOT_FOLLOWED})", f"  p[m2] ({NOT_FOLLOWED})", "  6 more",
        "  z (constant)",
    ]  # fmt: skip


def test_conditions_and_zeros_give_way() -> None:
    flag = step("f", step("g", note="constant"), step("h", note="constant"), value=True)
    zero = step("o", step("i", note="constant"), value=0.0)
    tree = step("a", flag, zero, step("b", step("c", step("d", note="constant"))))
    assert shown(outline(tree, 6).lines) == [
        "a", f"  f ({CUT})", f"  o ({CUT})", "  b", "    c", "      d (constant)",
    ]  # fmt: skip
    assert outline(tree, 9).whole


@pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.stem)
@pytest.mark.parametrize("rows", [1, 10, 70, 100_000])
def test_the_lines_of_a_scenario(spec: Path, rows: int) -> None:
    results = evaluate(spec)
    top = derivation(results, results.book.scenario.objective.minimise or "request_latency", (results.book.baseline,))
    made = outline(top, rows)
    assert len(made.lines) <= rows
    assert made.lines[0].step.address == top.address
    assert made.whole == (rows > 10_000)
    seen: set[str] = set()
    for before, line in zip((None, *made.lines), made.lines, strict=False):
        assert line.level <= (before.level + 1 if before else 0)
        if line.more:
            continue
        assert line.step.value == results.plain(line.step.quantity)[line.step.key]
        assert (line.note == ABOVE) == (line.step.address in seen)
        seen.add(line.step.address)
