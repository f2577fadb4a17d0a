"""The outline is data: a scenario orders the sections, adds its own, and finds its quantities in every format."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest

from reportgen import api
from reportgen.errors import SpecError
from reportgen.render.document import html_text
from reportgen.render.markdown.files import markdown_files
from reportgen.report.blocks import BLOCKS
from reportgen.report.design import Design
from reportgen.report.outline import briefs_of, report_of
from reportgen.report.view import Table
from reportgen.spec import report as schema

ROOT = Path(__file__).parents[2]
ALICE = (ROOT / "specs" / "alice.yaml").read_text("utf-8")
OWN = """
report:
  outline: [memory, options, own, next_steps]
  sections:
    own:
      title: What it draws
      table: [power_used, decode_steps_per_second, verdict]
    passes:
      title: The passes
      blocks: [roofline]
      table: [total_ops, total_memory_access]
    memory:
      title: Memory, as the house wants it
      blocks: [memory]
quantities:
  decode_steps_per_second: {title: Decode steps per second, unit: 1/s, per: [option], formula: "1 / step_time[decode]"}
  step_time: {per: [option, stage], unit: s, formula: total_inference_time}
  power_used: {title: Power in use, unit: W, per: [option], formula: power_limit if known(power_limit) else absent}
"""


def test_every_block_that_may_be_named_can_be_made() -> None:
    assert tuple(BLOCKS) == schema.BLOCKS
    outline = api.check(ROOT / "specs" / "alice.yaml").report
    assert {*outline.outline, *outline.appendix_outline, *outline.brief_outline} == set(outline.sections)
    assert {block for section in outline.sections.values() for block in section.blocks} == set(BLOCKS)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("outline") / "own.yaml"
    made.write_text(ALICE + OWN, encoding="utf-8")
    return made


def test_sections_stand_as_a_scenario_orders_them(path: Path) -> None:
    results = api.evaluate(path)
    report = report_of(results)
    assert [s.title for s in report.sections if not s.title.startswith("All 11")] == [
        "Memory, as the house wants it", "What it draws", "What to do next", "The passes",
    ]  # fmt: skip
    own = next(s for s in report.sections if s.title == "What it draws")
    (table,) = own.blocks
    assert isinstance(table, Table)
    assert [c.title for c in table.columns] == ["Option", "Power in use", "Decode steps per second", "Verdict"]
    compared = [n for n, shown in results.plain("compared").items() if shown]
    assert len(table.rows) == len(compared)
    assert [row.highlight for row in table.rows].count(True) == 1
    passes = next(s for s in report.sections if s.title == "The passes")
    assert [c.title for c in passes.blocks[-1].columns][:2] == ["Option", "Stage"]  # type: ignore[union-attr]


def test_a_quantity_that_is_named_is_in_every_format(path: Path) -> None:
    results = api.evaluate(path)
    shown = [cell.text for row in next(
        b for s in report_of(results).sections for b in s.blocks if isinstance(b, Table) and b.title == "What it draws"
    ).rows for cell in row.cells]  # fmt: skip
    page = " ".join(lxml.html.fromstring(html_text(results)).text_content().split())
    text = markdown_files(results)["own.md"].decode()
    for said in ("What it draws", "Power in use", "Decode steps per second", *shown):
        assert " ".join(said.split()) in page
        assert said in text


def test_the_two_pages_keep_their_outline(path: Path) -> None:
    titles = [s.title for s in next(briefs_of(api.evaluate(path), Design(form="brief"))).sections]
    assert "What it draws" not in titles
    assert titles[-1] == "What this is based on"


def test_a_library_of_ones_own_adds_a_section_and_its_mistakes_are_found(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    section = "schema: 1\ntitle: Ours\nreport: {sections: {ours: {title: Ours, blocks: [%s]}}, outline: [%s]}\n"
    mine.write_text(section % ("memory", "ours"), encoding="utf-8")
    results = api.evaluate(ROOT / "specs" / "alice.yaml", library=[mine])
    assert "Ours" not in [s.title for s in report_of(results).sections], "its block has been shown before"
    mine.write_text(section % ("memry", "our"), encoding="utf-8")
    with pytest.raises(SpecError, match=r"unknown block 'memry'(?s:.*)unknown section 'our'"):
        api.check(ROOT / "specs" / "alice.yaml", library=[mine])


def test_the_example_of_the_guide_works(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8")
    example = next(part for part in guide.split("```yaml\n") if "\n  outline:" in part).partition("```")[0]
    path = tmp_path / "guide.yaml"
    path.write_text(f"{ALICE}\n{example}", encoding="utf-8")
    report = report_of(api.evaluate(path))
    assert report.sections[1].title == "What fits"
    assert isinstance(report.sections[1].blocks[0], Table)
