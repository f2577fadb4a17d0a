"""What takes part in a book: files of the library that a scenario needs, and no member that needs another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reportgen.book import build
from reportgen.book.build import build_book
from reportgen.book.changes import read_changes
from reportgen.book.library.library import CATALOGUES, library
from reportgen.book.library.parts import Library, Table
from reportgen.engine.evaluation import evaluate
from reportgen.errors import SpecError
from reportgen.spec.document import parse_document
from reportgen.spec.load import Loaded, validate
from reportgen.spec.model import LibrarySpec, ScenarioSpec
from reportgen.spec.table import parse_table
from tests.book.frame import FRAME

if TYPE_CHECKING:
    from reportgen.book.book import Book

BASE = """schema: 1
dimensions:
  option: {}
  request: {}
  pump: {title: pump}
quantities:
  pump: {type: pump, per: [option], by: option, input: true}
  flow: {unit: B/s, per: [pump], by: pump, input: true}
  valves: {per: [pump], by: pump, value: 0}
  request_latency: {unit: s, per: [option], formula: 1 / flow * tank, better: lower}
  tank: {unit: B, value: 1}
  spare: {type: pump, value: Small}
accounting: [reportgen]
"""
VALVES = """schema: 1
accounting: [reportgen]
needs: {pump: valves}
quantities:
  valve_count: {per: [option], formula: valves, better: lower}
  valve_size: {value: 2}
"""
HIRE = """schema: 1
accounting: [reportgen]
needs: {option: hire}
dimensions:
  hire: {title: hire}
quantities:
  hire: {type: hire, per: [option], by: option, input: true, optional: true}
  fee: {unit: USD, per: [hire], by: hire, input: true}
  hired: {unit: USD, per: [option], formula: fee}
"""
PUMPS = "name,aliases,flow,valves\nSmall,,1,\nGrand,le grand; G1,5,3\nGreat,,6,2\n"
HIRES = "name,fee\nby day,10\nby week,50\n"
SCENARIO = """schema: 1
title: Pumps
requests: {drop: {}}
options:
  baseline: {pump: Small}
"""


@pytest.fixture(autouse=True)
def pumps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of three files and two catalogues."""
    put(monkeypatch, BASE, VALVES, HIRE)


def put(monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
    """Take these files for the library."""
    parts: list[Loaded[LibrarySpec] | Table] = [
        validate(LibrarySpec, parse_document(text.encode(), f"library/{i}.yaml")) for i, text in enumerate(files)
    ]
    parts += [Table("pump", parse_table(PUMPS.encode(), "pumps.csv")), Table("hire", parse_table(HIRES.encode(), "h"))]
    made = Library((*parts, *FRAME), "0")
    monkeypatch.setattr(build, "library", lambda _: made)


def book(text: str = SCENARIO, *mentions: str) -> Book:
    loaded: Loaded[ScenarioSpec] = validate(ScenarioSpec, parse_document(text.encode(), "pumps.yaml"))
    return build_book(loaded, "pumps", mentions)


def said(text: str, *mentions: str) -> str:
    with pytest.raises(SpecError) as caught:
        book(text, *mentions)
    return str(caught.value)


def test_without_need_a_file_is_left_out_with_the_members_that_only_it_could_serve() -> None:
    made = book()
    assert "valve_count" not in made.quantities
    assert made.dimensions["pump"].names == ("Small",)
    assert [member.name for member in made.dimensions["pump"].left_out] == ["Grand", "Great"]


def test_a_catalogue_whose_dimension_is_not_declared_is_skipped() -> None:
    assert "hire" not in book().dimensions


@pytest.mark.parametrize(
    ("scenario", "mentions"),
    [
        (SCENARIO.replace("Small}", "grand}"), ()),
        (SCENARIO.replace("Small}", "G1}"), ()),
        (SCENARIO + "  other: {pump: Great}\n", ()),
        (SCENARIO + "inputs: {spare: Grand}\n", ()),
        (SCENARIO + """  other: {pump: '"Grand" if valve_size > 2 else "Small"'}\n""", ()),
        (SCENARIO + "dimensions: {pump: {rows: {Own: {flow: 1, valves: 4}}}}\n", ()),
        (SCENARIO, ["Grand"]),
        (SCENARIO, ["baseline.pump= le grand "]),
        (SCENARIO, ["Small.valves=2"]),
        (SCENARIO, ["Grand.flow=2"]),
    ],
)
def test_a_row_in_use_brings_its_file_and_all_members(scenario: str, mentions: list[str]) -> None:
    made = book(scenario, *mentions)
    assert "valve_count" in made.quantities
    assert {"Small", "Grand", "Great"} <= set(made.dimensions["pump"].names)
    assert made.dimensions["pump"].left_out == ()


@pytest.mark.parametrize("change", ["Small.valves=0", "tank=3", "nothing", ""])
def test_a_mention_of_something_else_brings_nothing(change: str) -> None:
    assert "valve_count" not in book(SCENARIO, change).quantities


def test_an_option_with_the_cell_brings_file_dimension_and_catalogue() -> None:
    made = book(SCENARIO.replace("Small}", "Small, hire: by day}"))
    assert made.dimensions["hire"].names == ("by day", "by week")
    assert "hired" in made.quantities
    own = book(SCENARIO + "dimensions: {hire: {rows: {by hour: {fee: 1}}}}\n")
    assert own.dimensions["hire"].names == ("by day", "by week", "by hour")
    assert book(SCENARIO, "baseline.hire=by week").dimensions["hire"].names == ("by day", "by week")


def test_a_file_that_lacks_takes_part_where_none_that_needs_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    free = "schema: 1\naccounting: [reportgen]\nlacks: {option: hire}\nquantities: {hired: {unit: USD, value: 0}}\n"
    put(monkeypatch, BASE, VALVES, HIRE, free)
    assert book().quantities["hired"].per == ()
    assert book(SCENARIO.replace("Small}", "Small, hire: by day}")).quantities["hired"].per == ("option",)


def test_a_file_may_have_formulas_read_other_quantities(monkeypatch: pytest.MonkeyPatch) -> None:
    instead = VALVES + "  half: {unit: B, formula: tank / 2}\n  valve_tank: {unit: B, value: 2}\n"
    instead += "instead: {request_: {tank: valve_tank}}\n"
    put(monkeypatch, BASE, instead)
    assert "valve_tank" in book(SCENARIO.replace("Small}", "Grand}")).quantities["request_latency"].written
    assert "valve_tank" not in book(SCENARIO).quantities["request_latency"].written
    assert "valve_tank" not in book(SCENARIO.replace("Small}", "Grand}")).quantities["half"].written
    own = SCENARIO.replace("Small}", "Grand}") + "formulas: {request_latency: 3 / flow * tank}\n"
    assert "valve_tank" not in book(own).quantities["request_latency"].written


def test_an_unknown_member_is_compared_with_all_of_the_catalogue() -> None:
    text = said(SCENARIO + "inputs: {spare: Gread}\n")
    assert "pumps.yaml:6:17: unknown pump 'Gread'" in text
    assert "did you mean 'Great'" in text


def test_a_change_to_a_member_that_was_left_out_says_to_name_it() -> None:
    with pytest.raises(SpecError) as caught:
        read_changes(book(), ["baseline.pump=le grand"])
    (problem,) = caught.value.problems
    assert problem.message == "the pump 'Grand' was left out"
    assert problem.hint == "name 'Grand' in the scenario, so that what it needs is loaded"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("inputs: {valve_size: 3}\n", "unknown input 'valve_size'"),
        ("objective: {minimise: valve_count}\n", "the objective 'valve_count' is not a number per option"),
        ("report: {key_figures: [valve_count]}\n", "unknown quantity 'valve_count'"),
        ("quantities: {double: {per: [option], formula: 2 * valve_count}}\n", "unknown quantity 'valve_count'"),
    ],
)
def test_what_is_left_out_is_said_to_be(more: str, message: str) -> None:
    name = message.split("'")[1]
    hint = f"'{name}' comes with library/1.yaml, where a row of pump in use has 'valves'"
    text = said(SCENARIO + more)
    assert message in text
    assert hint in text


def test_an_option_cell_that_is_unknown_without_its_file_says_so() -> None:
    text = said(SCENARIO + "quantities: {double: {unit: USD, per: [option], formula: 2 * hired}}\n")
    assert "'hired' comes with library/2.yaml, where a row of option in use has 'hire'" in text


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ("{pumps: valves}", "library/3.yaml:2:9: unknown dimension 'pumps'"),
        ("{pump: valvs}", "library/3.yaml:2:15: 'valvs' is not a quantity of pump rows"),
        ("{pump: tank}", "library/3.yaml:2:15: 'tank' is not a quantity of pump rows"),
    ],
)
def test_a_need_names_a_dimension_and_a_quantity_of_its_rows(needs: str, message: str) -> None:
    from reportgen.book.library.participation import faults

    files = [
        validate(LibrarySpec, parse_document(text.encode(), f"library/{i}.yaml"))
        for i, text in enumerate((BASE, VALVES, HIRE, f"schema: 1\nneeds: {needs}\n"))
    ]
    (problem,) = faults(files)
    assert problem.render().splitlines()[0] == message


def test_a_file_has_one_need_at_most() -> None:
    document = parse_document(b"schema: 1\nneeds: {pump: valves, option: hire}\n", "two.yaml")
    with pytest.raises(SpecError, match=r"two\.yaml:2:8: 'needs' takes one dimension, as in \{model: experts\}"):
        validate(LibrarySpec, document)


def test_every_catalogue_of_the_library_has_a_file() -> None:
    assert {table.dimension for table in library().tables} == set(CATALOGUES.values())


@pytest.mark.parametrize(("requests", "count"), [("{drop: {}}", 1.0), ("{drop: {}, flood: {}}", 2.0)])
def test_a_file_may_ask_for_several_rows_or_for_one(
    requests: str, count: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        f"schema: 1\naccounting: [reportgen]\nwhere_{which}: [request]\nquantities:\n  rows: {{value: {value}}}\n"
        for which, value in (("several", 2), ("single", 1))
    ]
    put(monkeypatch, BASE, VALVES, HIRE, *files)
    made = book(SCENARIO.replace("{drop: {}}", requests))
    assert evaluate(made).get("rows") == count
