"""The report in Markdown, read back with a parser: the words and numbers of the report, and no markup of others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import lxml.html
import pytest
from markdown_it import MarkdownIt

from reportgen import api
from reportgen.render.markdown.files import markdown_files
from reportgen.render.markdown.marks import plain
from reportgen.report.design import Design
from reportgen.report.outline import report_of
from reportgen.report.view import Table

if TYPE_CHECKING:
    from reportgen.report.view import Report

ROOT = Path(__file__).parents[2]
READER = MarkdownIt("commonmark").enable("table")


def read(text: str) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(f"<main>{READER.render(text)}</main>")


def words(element: lxml.html.HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def tables(report: Report) -> list[Table]:
    blocks = [b for s in report.sections for b in s.blocks if isinstance(b, Table)]
    blocks += [b for s in report.appendices for b in s.blocks if isinstance(b, Table)]
    blocks += [report.assumptions_table] if report.assumptions else []
    return blocks + ([report.glossary] if report.glossary is not None else [])


@pytest.mark.parametrize("form", ["full", "brief"])
@pytest.mark.parametrize("spec", ["alice", "procurement", "llm_viewer_network"])
def test_a_reader_finds_the_report(spec: str, form: str) -> None:
    results, design = api.evaluate(ROOT / "specs" / f"{spec}.yaml"), Design(form=form)  # type: ignore[arg-type]
    report, files = report_of(results, design), markdown_files(results, design)
    page = read(files[f"{spec}.md"].decode())
    assert words(page.find("h1")) == " ".join(report.title.split())
    headings = [re.sub(r"^\d+\. ", "", words(h)) for h in page.findall("h2")]
    assert headings[: len(report.sections)] == [" ".join(s.title.split()) for s in report.sections]
    found = page.findall("table")[1 if report.key_figures else 0 :]
    assert len(found) == len(tables(report))
    for shown, table in zip(found, tables(report), strict=True):
        rows = [[words(c) for c in row.findall("td")] for row in shown.findall("tbody/tr")]
        assert [len(row) for row in rows] == [len(table.columns)] * len(table.rows)
        for cells, row in zip(rows, table.rows, strict=True):
            assert all(" ".join(cell.text.split()) in text for text, cell in zip(cells, row.cells, strict=True))
    pictures = [image.get("src") for image in page.iter("img")]
    assert sorted(pictures) == sorted(name for name in files if name.endswith(".svg"))
    assert all(files[name].startswith(b"<svg") for name in pictures)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "[a](javascript:alert)", "![x](http://a.b/c.png)", "a | b", "# heading", "1. one",
        "- item", "`code`", "*bold* _x_ __y__ ~~z~~", "a\n\n# b", "\\[x\\](y)", "&lt;b&gt; &amp;", "==", "---", "$$x$$",
        "> quote", "<!-- c -->", "snake_case_name", "https://a.b/?x=1&y=2", "a\\", "|", "***", "1)",
    ],
)  # fmt: skip
def test_no_sign_of_a_text_is_obeyed(text: str) -> None:
    page = read(f"{plain(text)}\n\n| a |\n|---|\n| {plain(text)} |\n")
    assert {element.tag for element in page.iter()} == {"main", "p", "table", "thead", "tbody", "tr", "th", "td"}
    assert words(page.find("p")) == " ".join(text.split())
    assert words(page.find("table/tbody/tr/td")) == " ".join(text.split())


def test_build_writes_text_and_pictures_or_nothing(tmp_path: Path) -> None:
    spec = tmp_path / "two words.yaml"
    spec.write_text((ROOT / "specs" / "alice.yaml").read_text("utf-8"), "utf-8")
    written = api.build([spec], tmp_path / "out", ["md"])
    assert written[0].name == "two words.md"
    page = read(written[0].read_text("utf-8"))
    assert [image.get("src") for image in page.iter("img")] == [p.name.replace(" ", "%20") for p in written[1:]]
    assert all(p.is_file() for p in written)
    again = api.build([spec], tmp_path / "again", ["md"])
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in written]
