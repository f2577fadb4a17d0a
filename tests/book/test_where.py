"""Files of the library that take part by what a scenario gives, and quantities that they declare or read otherwise."""

from __future__ import annotations

import pytest

from reportgen.book import build
from reportgen.book.build import build_book
from reportgen.book.library.participation import faults
from reportgen.book.library.parts import Library
from reportgen.engine.results import Results
from reportgen.errors import SpecError
from reportgen.spec.document import parse_document
from reportgen.spec.load import Loaded, validate
from reportgen.spec.model import LibrarySpec, ScenarioSpec
from tests.book.frame import FRAME

BASE = """schema: 1
accounting: [reportgen]
dimensions:
  option: {}
  request: {}
  level: {title: level, rows: {low: {height: 1}, high: {height: 10}}}
quantities:
  rate: {unit: query/s, optional: true, input: true}
  peak: {unit: query/s, optional: true, input: true}
  depth: {per: [option], by: option, input: true}
  height: {per: [level], by: level, value: 0}
  half: {value: 2}
  point_height: {per: [option], value: 3}
  point_drop: {per: [option], formula: point_height * depth}
  point_fall: {per: [option], formula: point_drop / half}
  request_latency: {unit: s, per: [option], formula: 1 / depth * moment, better: lower}
  moment: {unit: s, value: 1}
"""
GIVEN = """schema: 1
accounting: [reportgen]
where_given: [rate, peak]
quantities: {busy: {value: 1}}
"""
MISSING = """schema: 1
accounting: [reportgen]
where_missing: [rate, peak]
quantities: {busy: {value: 0}}
"""
SEVERAL = """schema: 1
accounting: [reportgen]
where_several: [request]
quantities: {mixed: {value: 1}}
"""
SINGLE = """schema: 1
accounting: [reportgen]
where_single: [request]
quantities: {mixed: {value: 0}}
"""
ALONG = """schema: 1
accounting: [reportgen]
along: {level: {names: point_, become: curve_}}
quantities:
  curve_height: {per: [option, level], formula: height}
"""
INSTEAD = """schema: 1
accounting: [reportgen]
where_given: [rate]
instead: {point_f: {half: whole}}
quantities:
  whole: {value: 1}
  point_further: {per: [option], formula: point_fall / half}
"""
SCENARIO = """schema: 1
title: Wells
requests: {drop: {}}
options: {baseline: {depth: 5}, other: {depth: 7}}
"""
TWO = SCENARIO.replace("{drop: {}}", "{drop: {}, spray: {}}")


def read(*files: str) -> list[Loaded[LibrarySpec]]:
    texts = (BASE, *files)
    return [validate(LibrarySpec, parse_document(text.encode(), f"library/{i}.yaml")) for i, text in enumerate(texts)]


def results(monkeypatch: pytest.MonkeyPatch, scenario: str, *files: str) -> Results:
    made = Library((*read(*files), *FRAME), "0")
    monkeypatch.setattr(build, "library", lambda _: made)
    return Results(build_book(validate(ScenarioSpec, parse_document(scenario.encode(), "wells.yaml")), "wells"))


@pytest.mark.parametrize(
    ("inputs", "busy"),
    [("", 0.0), ("inputs: {rate: 1}\n", 1.0), ("inputs: {peak: 1}\n", 1.0), ("inputs: {half: 3}\n", 0.0)],
)
def test_a_file_takes_part_where_an_input_is_given_or_where_none_is(
    monkeypatch: pytest.MonkeyPatch, inputs: str, busy: float
) -> None:
    assert results(monkeypatch, SCENARIO + inputs, GIVEN, MISSING).get("busy") == busy


@pytest.mark.parametrize(("scenario", "mixed"), [(SCENARIO, 0.0), (TWO, 1.0)])
def test_a_file_takes_part_where_rows_are_several_or_single(
    monkeypatch: pytest.MonkeyPatch, scenario: str, mixed: float
) -> None:
    assert results(monkeypatch, scenario, SEVERAL, SINGLE).get("mixed") == mixed


@pytest.mark.parametrize(
    ("scenario", "file", "says"),
    [
        (SCENARIO, GIVEN, "where the scenario gives rate or peak"),
        (SCENARIO + "inputs: {rate: 1}\n", MISSING, "where the scenario gives no rate and no peak"),
        (SCENARIO, SEVERAL, "where the scenario has several rows of request"),
        (TWO, SINGLE, "where the scenario has one row of request"),
    ],
)
def test_who_names_what_is_left_out_reads_when_it_takes_part(
    monkeypatch: pytest.MonkeyPatch, scenario: str, file: str, says: str
) -> None:
    name = "busy" if "busy" in file else "mixed"
    with pytest.raises(SpecError) as caught:
        results(monkeypatch, scenario + f"quantities: {{mine: {{formula: {name} + 1}}}}\n", file)
    assert f"'{name}'" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (GIVEN.replace("peak]", "peek]"), "'peek' is not an optional input of the scenario"),
        (MISSING.replace("peak]", "half]"), "'half' is not an optional input of the scenario"),
        (GIVEN.replace("peak]", "depth]"), "'depth' is not an optional input of the scenario"),
        (SEVERAL.replace("request]", "requests]"), "unknown dimension 'requests'"),
        (SINGLE.replace("request]", "levels]"), "unknown dimension 'levels'"),
    ],
)
def test_conditions_that_name_nothing_are_refused(file: str, message: str) -> None:
    (problem,) = faults(read(file))
    assert problem.message == message
    assert problem.span.line == 3


def test_quantities_are_declared_once_more_along_a_dimension(monkeypatch: pytest.MonkeyPatch) -> None:
    found = results(monkeypatch, SCENARIO, ALONG)
    assert found.book.quantities["curve_fall"].per == ("option", "level")
    # the height of the file itself holds along the dimension; the others follow from it by the formulas of the first
    assert found.plain("curve_height") == {
        ("baseline", "low"): 1.0, ("baseline", "high"): 10.0, ("other", "low"): 1.0, ("other", "high"): 10.0,
    }  # fmt: skip
    assert found.plain("curve_fall") == {
        ("baseline", "low"): 2.5, ("baseline", "high"): 25.0, ("other", "low"): 3.5, ("other", "high"): 35.0,
    }  # fmt: skip
    assert found.plain("point_fall") == {("baseline",): 7.5, ("other",): 10.5}


def test_a_formula_that_a_scenario_replaces_is_replaced_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    found = results(monkeypatch, SCENARIO + "formulas: {point_drop: point_height * depth * 2}\n", ALONG)
    assert found.get("point_fall", "baseline") == 15.0
    assert found.get("curve_fall", "baseline", "high") == 50.0


def test_formulas_read_another_quantity_while_a_file_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    without, with_it = (results(monkeypatch, text, INSTEAD) for text in (SCENARIO, SCENARIO + "inputs: {rate: 1}\n"))
    assert without.plain("point_fall") == {("baseline",): 7.5, ("other",): 10.5}
    assert with_it.plain("point_fall") == {("baseline",): 15.0, ("other",): 21.0}
    assert with_it.get("point_further", "baseline") == 7.5  # what the file declares reads what it says
    assert with_it.get("point_drop", "baseline") == 15.0


def test_a_formula_of_the_scenario_is_read_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    text = SCENARIO + "inputs: {rate: 1}\nformulas: {point_fall: point_drop / half + 1}\n"
    assert results(monkeypatch, text, INSTEAD).get("point_fall", "baseline") == 8.5
