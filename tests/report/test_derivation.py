"""The appendix shows how the headline number comes about: the engine's numbers, in tree order, with their sources."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from reportgen.api import evaluate
from reportgen.cli import app
from reportgen.engine.explain import ABOVE, Step, derivation
from reportgen.engine.outline import CUT, Line, outline
from reportgen.render.document.output import html_text, pdf_bytes
from reportgen.report.outline import report_of
from reportgen.report.reading import ResultsReader
from reportgen.report.view import Paragraph, Section, Table

if TYPE_CHECKING:
    from reportgen.engine.results import Results

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def parts(results: Results) -> tuple[Section, Paragraph, Table]:
    section = report_of(results).appendices[-1]
    assert section is not None
    said, table = section.blocks
    assert isinstance(said, Paragraph)
    assert isinstance(table, Table)
    return section, said, table


def headline(results: Results) -> tuple[str, str]:
    """The quantity and the option that the report is about."""
    book = results.book
    advised = results.get("recommended_option") if "best_advised" in book.quantities else None
    aim = book.scenario.objective
    return aim.maximise or aim.minimise or "request_latency", str(advised or book.baseline)


def lines(results: Results) -> tuple[Line, ...]:
    name, option = headline(results)
    return outline(derivation(results, name, (option,)), 40).lines


@pytest.fixture(scope="module", params=SPECS, ids=lambda p: p.stem)
def results(request: pytest.FixtureRequest) -> Results:
    return evaluate(request.param)


def test_it_begins_with_the_headline_number(results: Results) -> None:
    name, option = headline(results)
    section, said, table = parts(results)
    reader = ResultsReader(results)
    assert section.title == "How the headline number is computed"
    assert reader.formatted(name, option) in said.text
    assert (table.rows[0].cells[0].name, table.rows[0].cells[2].text) == (name, reader.formatted(name, option))


def test_every_row_is_the_engines_in_tree_order(results: Results) -> None:
    reader, (_, _, table) = ResultsReader(results), parts(results)
    wanted = lines(results)
    assert 10 < len(table.rows) == len(wanted) <= 40
    for row, line in zip(table.rows, wanted, strict=True):
        head, formula, value, given = row.cells
        assert (head.level, formula.text) == (line.level, line.step.formula)
        if line.more:
            assert (head.text, value.text) == (f"{line.more} smaller parts", "")
            continue
        assert head.name == line.step.quantity
        assert head.text.startswith(results.book.quantities[head.name].title)
        assert value.text == reader.formatted(line.step.quantity, *line.step.key)
        assert row.muted == (given.text == ABOVE) == (line.note == ABOVE)


def test_every_end_says_where_its_value_is_from(results: Results) -> None:
    _, _, table = parts(results)
    known = dict(re.findall(r"\[([a-z]+)\] (.*?)(?= \[[a-z]+\] | Where it says| The command)", table.note))
    cited = set()
    for row, line in zip(table.rows, lines(results), strict=True):
        given = row.cells[3].text
        if line.more or given == ABOVE:
            continue
        if not line.step.formula:
            assert given, line.step.address
        if line.step.source:
            marks = re.findall(r"\[([a-z]+)\]", given)
            assert known[marks[0]].startswith(line.step.source.rstrip("."))
            assert line.step.retrieved in known[marks[0]]
            cited.add(marks[0])
    assert cited == set(known)


def test_what_is_left_out_is_said_with_the_command_that_shows_it(results: Results, tmp_path: Path) -> None:
    _, _, table = parts(results)
    assert any(row.cells[3].text == CUT for row in table.rows) == (CUT in table.note)
    found = re.search(r"the command reportgen (explain .*?) prints everything", table.note, re.IGNORECASE)
    assert found
    _, spec, *rest = found[1].split()
    (tmp_path / spec).write_text(results.book.text, "utf-8")
    done = CliRunner().invoke(app, ["explain", str(tmp_path / spec), *rest])
    assert done.exit_code == 0
    name, option = headline(results)
    assert f"\n{name}[{option}] = " in done.stdout


def test_the_page_shows_the_rows_indented() -> None:
    results = evaluate(ROOT / "specs" / "alice.yaml")
    page = html_text(results)
    table = page[page.index('id="section-appendix-2"') :]
    assert table.count('style="--level:') == sum(row.cells[0].level > 0 for row in parts(results)[2].rows)
    assert 'href="#section-appendix-2"' in page


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_the_pdf_has_every_row_and_repeats_the_head(tmp_path: Path) -> None:
    results = evaluate(ROOT / "specs" / "bob.yaml")
    path = tmp_path / "bob.pdf"
    path.write_bytes(pdf_bytes(results, b"PK"))
    text = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout.decode()
    pages = [page for page in text.split("\f") if "Given by, source" in page]
    assert 2 <= len(pages) <= 4
    plain = re.sub(r"\s+", "", " ".join(pages))
    for row in parts(results)[2].rows:
        for cell in row.cells:  # word by word, for lines of neighbouring cells alternate in the text
            assert all(word in plain for word in (*cell.text.split(), cell.name))


def test_a_baseline_that_stands_is_derived_itself(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(
        "schema: 1\ntitle: One\nrequests: {one: {prompt_tokens: 500, output_tokens: 100}}\nlevers: none\n"
        "options: {baseline: {title: As it is, model: Llama-3.1-8B, accelerator: L4}}\n",
        "utf-8",
    )
    results = evaluate(path)
    _, said, table = parts(results)
    assert said.text.startswith("End-to-end latency of “As it is”, the baseline, is ")
    assert table.rows[0].cells[0].name == "request_latency"


def test_steps_of_other_options_name_them() -> None:
    results = evaluate(ROOT / "specs" / "alice.yaml")
    name, option = headline(results)

    def keys(step: Step) -> set[str]:
        return {m for d, m in zip(step.per, step.key, strict=True) if d == "option"}.union(*map(keys, step.inputs))

    assert option in keys(derivation(results, name, (option,)))
    titles = [row.cells[0].text for row in parts(results)[2].rows]
    assert not any(ResultsReader(results).title("option", option) in title for title in titles)
