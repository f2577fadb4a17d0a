"""The document: structure of the PDF, order of its text, what it refuses, and that it never varies."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from reportgen.render.document import DocumentError, DocumentUnavailable, EmbeddedFile, render_html, render_pdf
from reportgen.render.pdf import system as document_system
from reportgen.render.pdf.layout import html_to_pdf
from reportgen.report.view import Cell, Column, Paragraph, Report, Row, Section, Source, Table
from tests.render.document.sample import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.pdf

ROOT = Path(__file__).resolve().parents[3]
FILES = (
    EmbeddedFile("bob.yaml", b"schema: 1\n", "the scenario", "Source", "application/yaml"),
    EmbeddedFile(
        "bob.xlsx",
        b"PK",
        "the workbook",
        "Data",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("document") / "bob.pdf"
    path.write_bytes(render_pdf(sample(), FILES))
    return path


@pytest.fixture(scope="module")
def pdf(made: Path) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(made) as opened:
        yield opened


def words(path: Path, *options: str) -> str:
    """The text of a PDF, every kind of space made a plain one."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    found = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, check=True)
    return re.sub(r"\s+", " ", found.stdout.decode())


def elements(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Dictionary]:
    """Every element of the structure tree, in reading order."""
    stack: list[Any] = [pdf.Root.StructTreeRoot]
    while stack:
        node = stack.pop()
        if "/S" in node:
            yield node
        kids = node.get("/K", [])
        inner = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        stack += [kid for kid in reversed(inner) if isinstance(kid, pikepdf.Dictionary)]


def titled(title: str) -> Report:
    """A short report with this title."""
    return dataclasses.replace(sample(), title=title, sections=(), assumptions=(), sources=())


def test_title_and_language_are_stated(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.Root.Lang) == "en"
    assert str(pdf.docinfo["/Title"]) == sample().title
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    assert bool(pdf.Root.MarkInfo.Marked)


def test_outline_lists_the_sections(pdf: pikepdf.Pdf) -> None:
    with pdf.open_outline() as outline:
        (top,) = outline.root
        titles = [re.sub(r"\s+", " ", item.title) for item in top.children]
    assert titles[:2] == [
        "1 Prefill sits on the compute roof, decode on the memory slope",
        "2 One lever stands out",
    ]
    assert len(titles) == len(sample().sections) + 3


def test_structure_has_headings_tables_and_described_figures(pdf: pikepdf.Pdf) -> None:
    count = Counter(str(element.S) for element in elements(pdf))
    assert count["/H1"] == 1
    assert count["/H2"] == len(sample().sections) + 3
    figures = [element for element in elements(pdf) if element.S == "/Figure"]
    assert len(figures) >= 4
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
    heads = [element for element in elements(pdf) if element.S == "/TH"]
    assert all("/ID" in head for head in heads)


def test_every_row_of_every_table_is_printed(pdf: pikepdf.Pdf) -> None:
    report = sample()
    tables = [block for section in report.sections for block in section.blocks if isinstance(block, Table)]
    tables.append(report.assumptions_table)
    bodies = [element for element in elements(pdf) if element.S == "/TBody"]
    printed = sum(1 for body in bodies for kid in body.K if kid.S == "/TR")
    assert printed == sum(len(table.rows) for table in tables)


def test_a_long_table_keeps_its_rows_across_pages(tmp_path: Path) -> None:
    rows = tuple(Row((Cell(f"operator {i}"), Cell(f"{i}"), Cell(f"{i}", bar=i / 200))) for i in range(200))
    columns = (Column("Operator"), Column("Time", "ms", "number"), Column("Share", kind="bar"))
    section = Section("Many rows", (Table("All operators", columns, rows),))
    path = tmp_path / "long.pdf"
    path.write_bytes(render_pdf(dataclasses.replace(sample(), sections=(section,))))
    found = words(path)
    assert all(f"operator {i} " in found for i in range(200))
    assert found.count("Operator Time ms") >= 4  # the head is repeated on each page


def test_claims_archive_and_accessibility_in_one_description(pdf: pikepdf.Pdf) -> None:
    root = ET.fromstring(pdf.Root.Metadata.read_bytes())  # noqa: S314  made by this test
    assert len(root.findall("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")) == 1
    with pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"


def test_each_file_is_attached_once_with_its_relationship(pdf: pikepdf.Pdf) -> None:
    listed = [(str(f.UF), str(f.AFRelationship), str(f.EF.F.Subtype)) for f in pdf.Root.AF]
    assert listed == [
        ("bob.xlsx", "/Data", "/application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("bob.yaml", "/Source", "/application/yaml"),
    ]
    assert pdf.attachments["bob.yaml"].get_file().read_bytes() == b"schema: 1\n"


def test_only_our_fonts_are_embedded(pdf: pikepdf.Pdf) -> None:
    fonts = {font.objgen: font for page in pdf.pages for font in page.Resources.Font.values()}
    assert fonts
    for font in fonts.values():
        assert re.fullmatch(r"/[A-Z]{6}\+Inter(-Semi-Bold|-Bold)?", str(font.BaseFont))
        descriptor = font.DescendantFonts[0].FontDescriptor
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_nothing_wrong(made: Path) -> None:
    checked = subprocess.run(["qpdf", "--check", str(made)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_text_reads_in_order(made: Path) -> None:
    report, found = sample(), words(made)
    order = [
        report.title,
        report.subtitle,
        report.recommendation.headline,
        report.key_figures[0].label,
        "In this report",
        "Attached to this PDF",
        *(f"{number} {section.title}" for number, section in enumerate(report.sections, start=1)),
        "Appendix",
        "Sources",
    ]
    places, last = [], 0
    for text in order:
        last = found.find(re.sub(r"\s+", " ", text), last)
        places.append(last)
    assert -1 not in places, [text for text, place in zip(order, places, strict=True) if place < 0]


def test_figures_and_tables_are_numbered(made: Path) -> None:
    found = words(made)
    assert all(f"Figure {i}." in found for i in (1, 2, 3, 4))
    assert all(f"Table {i}." in found for i in (1, 2, 3))


HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("x")',
    "{{ 7*7 }}",
    "javascript:alert(1)",
    "<b>&amp;",
    "file:///etc/passwd",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_as_it_is(text: str, tmp_path: Path) -> None:
    columns = (Column(text), Column(text, kind="number"))
    blocks = (Paragraph(text), Table(text, columns, (Row((Cell(text), Cell(text))),)))
    report = dataclasses.replace(
        sample(), title=text, scenario=text, sections=(Section(text, blocks),), sources=(Source(text, text),)
    )
    path = tmp_path / "hostile.pdf"
    path.write_bytes(render_pdf(report))
    assert words(path).count(text) >= 6
    html = render_html(report)
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'href="file' not in html


def test_hostile_text_in_a_chart_is_printed_as_it_is(tmp_path: Path) -> None:
    report = sample()
    figure: Any = report.sections[1].blocks[0]
    bars = ({**figure.data["bars"][0], "name": "<script>x</script>", "text": "{{ 7*7 }}"},)
    hostile = dataclasses.replace(figure, data={"bars": bars}, alt="<b>")
    path = tmp_path / "hostile.pdf"
    path.write_bytes(render_pdf(dataclasses.replace(report, sections=(Section("x", (hostile,)),))))
    assert "<script>x</script>" in words(path)
    assert "{{ 7*7 }}" in words(path)


ATTACKS = (
    '<link rel="attachment" href="file:///etc/passwd">',
    '<a rel="attachment" href="file:///etc/passwd">x</a>',
    '<img alt="x" src="file:///etc/passwd">',
    '<img alt="x" src="http://127.0.0.1:9/x.png">',
    '<img alt="x" src="/etc/passwd">',
    '<img alt="x" src="asset:../../../../etc/passwd">',
    '<img alt="x" src="asset:%2e%2e/pyproject.toml">',
    '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    "<style>@import 'file:///etc/passwd';</style>",
    "<style>@font-face { font-family: x; src: url(file:///etc/passwd) } p { font-family: x }</style><p>x</p>",
    "<style>p { background: url(file:///etc/passwd) }</style><p>x</p>",
    '<svg width="9" height="9"><title>x</title><image href="file:///etc/passwd" width="9" height="9"/></svg>',
    '<object data="file:///etc/passwd">x</object>',
    "<img alt=\"x\" src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    "<image href='file:///etc/passwd' width='9' height='9'/></svg>\">",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outside_is_ever_fetched(attack: str) -> None:
    html = f'<!DOCTYPE html><html lang="en"><head><title>x</title></head><body>{attack}</body></html>'
    with pytest.raises(DocumentError):
        html_to_pdf(html)


def test_the_address_of_a_refused_file_is_named() -> None:
    with pytest.raises(DocumentError, match="file:///etc/passwd"):
        html_to_pdf('<html lang="en"><title>x</title><img alt="x" src="file:///etc/passwd">')


def test_a_character_without_a_glyph_is_named_with_its_place() -> None:
    with pytest.raises(DocumentError) as caught:
        render_pdf(titled("Cost in 円"))
    assert "'円' (U+5186)" in str(caught.value)
    assert "title: 'Cost in 円'" in str(caught.value)


def test_missing_language_and_alternative_text_fail() -> None:
    with pytest.raises(DocumentError, match="lang"):
        html_to_pdf("<html><title>x</title><p>x</p>")
    with pytest.raises(DocumentError, match="alternative text"):
        html_to_pdf('<html lang="en"><title>x</title><svg width="9" height="9"><rect width="9" height="9"/></svg>')


def test_every_character_of_the_interface_has_a_glyph() -> None:
    render_pdf(titled("✓ ✗ × • – — … ≤ ≥ ≈ · ₀₁₂ ²³ − → ← √ Σ λ η µ ∞ ± \u2009\u202f\u00a0 ąćęłńóśźż ğışİ"))


PROGRAM = """
import hashlib
from reportgen.render.document import render_pdf
from tests.render.document.sample import sample
from tests.render.document.test_document import FILES
print(hashlib.sha256(render_pdf(sample(), FILES)).hexdigest())
"""


def test_same_bytes_in_other_processes_and_after_other_reports(made: Path) -> None:
    def run(seed: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": f"UTC-{seed}"}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, cwd=ROOT, capture_output=True, check=True)
        return done.stdout.decode().strip()

    render_pdf(titled("Another report before"))
    again = hashlib.sha256(render_pdf(sample(), FILES)).hexdigest()
    assert {run("1"), run("2"), again} == {hashlib.sha256(made.read_bytes()).hexdigest()}


def test_without_pango_the_message_holds_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, *_: object) -> None:
        raise OSError(name)

    monkeypatch.setattr(document_system.ctypes, "CDLL", absent)
    monkeypatch.setattr(document_system.ctypes.util, "find_library", lambda _: None)
    with pytest.raises(DocumentUnavailable, match=r"lacks gobject, pango.* Install it with: "):
        render_pdf(titled("x"))


@pytest.mark.parametrize(
    ("platform", "release", "command"),
    [
        ("linux", "ID=ubuntu\nID_LIKE=debian\n", "apt-get install -y libpango-1.0-0"),
        ("linux", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install -y pango"),
        ("linux", "ID=alpine\n", "apk add pango"),
        ("linux", "", "apt-get install -y libpango-1.0-0"),
        ("darwin", "", "brew install pango"),
        ("win32", "", "pacman -S --noconfirm mingw-w64-ucrt-x86_64-pango"),
    ],
)
def test_the_command_fits_the_system(platform: str, release: str, command: str) -> None:
    assert command in document_system._remedy(platform, release)


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", "/nowhere")
    with document_system.own_fonts():
        assert os.environ["FONTCONFIG_FILE"] != "/nowhere"
    assert os.environ["FONTCONFIG_FILE"] == "/nowhere"
    monkeypatch.delenv("FONTCONFIG_FILE")
    with document_system.own_fonts():
        pass
    assert "FONTCONFIG_FILE" not in os.environ
