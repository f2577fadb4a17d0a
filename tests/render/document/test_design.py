"""Forms, papers, themes and templates of a user's: what they change, and what they may not do."""

from __future__ import annotations

import dataclasses
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.api import evaluate
from reportgen.cli import app
from reportgen.errors import OutputError, SpecError
from reportgen.render.charts.colours import recoloured
from reportgen.render.document import DocumentError, render_html, render_pdf
from reportgen.render.document import sandbox as child
from reportgen.render.document.output import LIKELY, html_text, pdf_bytes
from reportgen.report.design import Design
from reportgen.report.outline import briefs_of, report_of
from reportgen.spec.theme import Theme, load_theme
from tests.render.document.sample import sample

if TYPE_CHECKING:
    from reportgen.engine.results import Results

ROOT = Path(__file__).parents[3]
SPECS = sorted(p for p in (ROOT / "specs").glob("*.yaml"))
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10" fill="#123456"/></svg>'


@pytest.fixture(scope="module")
def alice() -> Results:
    return evaluate(ROOT / "specs" / "alice.yaml")


def opened(pdf: bytes, folder: Path) -> pikepdf.Pdf:
    path = folder / "x.pdf"
    path.write_bytes(pdf)
    return pikepdf.open(path)


def words(pdf: bytes, folder: Path, *options: str) -> str:
    (folder / "x.pdf").write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", *options, str(folder / "x.pdf"), "-"], capture_output=True, check=True
    ).stdout.decode()


# --- forms and papers ------------------------------------------------------------------------------------------------


@pytest.mark.pdf
@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.stem)
def test_a_brief_report_has_two_pages_and_is_small(spec: Path, paper: Any, tmp_path: Path) -> None:
    pdf = pdf_bytes(evaluate(spec), design=Design("brief", paper))
    made = opened(pdf, tmp_path)
    assert len(made.pages) <= 2
    assert len(pdf) < 400_000
    assert list(made.attachments) == [f"{spec.stem}.yaml"]


@pytest.mark.pdf
def test_a_brief_report_keeps_to_two_pages_whatever_the_texts(tmp_path: Path) -> None:
    text = (ROOT / "specs" / "bob.yaml").read_text("utf-8")
    long = "A title that goes on and on for somebody thought that all of it had to be said at once " * 2
    text = text.replace("title: On an MI300X", f"title: {long}")
    text = text.replace("title: Bob's legal firm answers short questions", f"title: {long}")
    text = text.replace("description: Many", f"description: {long * 4} Many")
    (tmp_path / "long.yaml").write_text(text, encoding="utf-8")
    pdf = pdf_bytes(evaluate(tmp_path / "long.yaml"), design=Design("brief"))
    assert len(opened(pdf, tmp_path).pages) <= 2


def test_rooms_hold_less_and_less(alice: Results) -> None:
    sizes = [len(render_html(report)) for report in briefs_of(alice, Design("brief"))]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.pdf
@pytest.mark.parametrize("name", ["alice", "procurement", "llm_viewer_operators"])
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_longest_brief_report_that_keeps_to_its_pages_is_taken(name: str, paper: Any) -> None:
    """Though the search for it begins in the middle."""
    versions = list(briefs_of(evaluate(ROOT / "specs" / f"{name}.yaml"), Design("brief", paper)))
    assert render_pdf(versions, likely=LIKELY[paper]) == render_pdf(versions)


@pytest.mark.pdf
@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("letter", (612, 792))])
def test_pages_have_the_size_that_is_asked_for(
    paper: Any, size: tuple[int, int], alice: Results, tmp_path: Path
) -> None:
    made = opened(pdf_bytes(alice, design=Design(paper=paper)), tmp_path)
    assert {(round(float(p.mediabox[2])), round(float(p.mediabox[3]))) for p in made.pages} == {size}


def test_key_figures_are_those_of_the_recommended_option(alice: Results) -> None:
    report = report_of(alice)
    option = str(alice.get("best_advised"))
    assert report.figures_of == f"“{alice.get('option_title', option)}”, recommended first"
    first = report.key_figures[0]
    assert float(first.value) == pytest.approx(alice.get("tpot", option), rel=0.005)
    assert "baseline" in "".join(f.note for f in report.key_figures)


@pytest.mark.pdf
def test_every_row_of_every_table_is_printed(alice: Results, tmp_path: Path) -> None:
    """Tables in some surroundings lose rows silently: the tags say how many were laid out."""
    report = report_of(alice)
    tables = [b for s in (*report.sections, *report.appendices) for b in s.blocks if b.kind == "table"]
    tables += [report.assumptions_table, *([report.glossary] if report.glossary else [])]
    made = opened(pdf_bytes(alice), tmp_path)
    rows = heads = 0
    for entry in made.objects:
        if isinstance(entry, pikepdf.Dictionary) and entry.get("/S") == "/TR":
            kinds = [k.get("/S") for k in entry.K if isinstance(k, pikepdf.Dictionary)]
            rows, heads = rows + ("/TD" in kinds), heads + ("/TD" not in kinds)
    assert rows == sum(len(t.rows) for t in tables)
    assert heads >= len(tables)  # repeated on each page that a table goes on to


# --- themes ----------------------------------------------------------------------------------------------------------


def theme_file(folder: Path, text: str, **files: bytes) -> Path:
    for name, content in files.items():
        (folder / name.replace("__", "/")).parent.mkdir(exist_ok=True)
        (folder / name.replace("__", "/").replace("_", ".")).write_bytes(content)
    path = folder / "house.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.pdf
@pytest.mark.parametrize("logo", ["logo.svg", "logo.png"])
def test_a_theme_brings_logo_colours_and_footer(logo: str, alice: Results, tmp_path: Path) -> None:
    text = f"""\
schema: 1
name: House of Examples
logo: {logo}
footer: Confidential
paper: letter
colours: {{accent: '#123456', ink: '#000000'}}
charts: ['#654321']
"""
    path = theme_file(tmp_path, text, logo_svg=LOGO.encode(), logo_png=PNG)
    design = api.design(theme=path)
    assert design.paper == "letter"
    pdf = pdf_bytes(alice, design=design)
    assert "Confidential" in words(pdf, tmp_path)
    made = opened(pdf, tmp_path)
    alts = [str(o["/Alt"]) for o in made.objects if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"]
    assert "House of Examples" in alts
    page = html_text(alice, design)
    assert "--accent: #123456;" in page
    assert "#654321" in page
    assert "#0072B2" not in page


def test_tints_follow_the_colours_of_a_theme() -> None:
    svg = '<rect fill="#0072B2"/><rect fill="#9fc5e0"/><rect fill="#d8dde4"/>'
    assert recoloured(svg, Theme()) == svg
    made = recoloured(svg, Theme(charts=("#000000",)))
    assert made == '<rect fill="#000000"/><rect fill="#9e9e9e"/><rect fill="#d8dde4"/>'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("colors: {accent: '#123456'}", "did you mean 'colours'"),
        ("colours: {accent: red}", "house.yaml:2:"),
        ("colours: {acent: '#123456'}", "acent"),
        ("charts: ['#12']", "house.yaml:2:"),
        ("logo: ../secret.svg", "is not in the folder of the theme file"),
        ("logo: /etc/passwd", "is not in the folder of the theme file"),
        ("logo: none.svg", "there is no 'none.svg'"),
        ("logo: house.yaml", "its picture format is not supported"),
        ("logo: bomb.svg", "it has <use>"),
        ("logo: far.svg", "it refers to something outside"),
        ("logo: entity.svg", "it declares entities"),
        ("logo: link.svg", "leads out of the theme's folder"),
        ("fonts: {text: Mine}", "there is no 'fonts'"),
        ("fonts: {text: 'a\"; }', folder: f}", "house.yaml:2:"),
        ("fonts: {text: Mine, folder: f}", "holds no font"),
        ("paper: a5", "house.yaml:2:"),
    ],
)
def test_a_mistake_in_a_theme_is_named(line: str, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "theme"
    (folder / "f").mkdir(parents=True)
    (tmp_path / "secret.svg").write_text(LOGO)
    (folder / "link.svg").symlink_to(tmp_path / "secret.svg")
    bomb = '<svg xmlns="http://www.w3.org/2000/svg"><g id="a"/><use href="#a"/></svg>'
    far = '<svg xmlns="http://www.w3.org/2000/svg"><rect fill="url(http://x/y#z)"/></svg>'
    entity = '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
    path = theme_file(
        folder, f"schema: 1\n{line}\n", bomb_svg=bomb.encode(), far_svg=far.encode(), entity_svg=entity.encode()
    )
    with pytest.raises(SpecError) as caught:
        load_theme(path, "house.yaml")
    assert said in str(caught.value)


# --- templates of a user's -------------------------------------------------------------------------------------------


def with_templates(folder: Path, **files: str) -> Design:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_html_j2", ".html.j2").replace("_css", ".css")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return api.design(templates=folder)


@pytest.mark.pdf
def test_a_section_may_be_replaced_or_extended(tmp_path: Path) -> None:
    design = with_templates(
        tmp_path,
        partials__sources_html_j2="<p class='text'>Ask us for sources of {{ report.scenario }}.</p>",
        partials__head_html_j2='<p class="text">Before.</p>{% include "ours/partials/head.html.j2" %}',
        report_css="@page { margin: 30mm } body { font: 10pt Inter }",
    )
    text = words(render_pdf(dataclasses.replace(sample(), design=design)), tmp_path)
    assert "Ask us for sources of" in text
    assert text.index("Before.") < text.index(sample().title[:20])
    assert "Vendor data sheet" not in text


SECRET = "file:///etc/passwd"  # noqa: S105 - no secret of ours
DOUBLED = "{% set ns.t = ns.t ~ ns.t %}"
HOSTILE = {
    "class": ("{{ ''.__class__.__mro__ }}", "a template"),
    "globals": ("{{ chart.__globals__ }}", "a template"),
    "format": ("{{ '{0.__class__}'.format(report) }}", "a template"),
    "mutate": ("{{ report.sections.append(1) }}", "a template"),
    "include": ("{% include '../../etc/passwd' %}", "a template"),
    "include absolute": ("{% include '/etc/passwd' %}", "a template"),
    "include link": ("{% include 'link.j2' %}", "a template"),
    "unknown": ("{{ nothing_of_this_name }}", "uses an unknown name"),
    "syntax": ("{% if %}", "is wrong"),
    "memory": (f"{{% set ns = namespace(t='aaaa') %}}{{% for i in range(60) %}}{DOUBLED}{{% endfor %}}", "memory"),
    "local file": (f'<img alt="x" src="{SECRET}">', SECRET),
    "address": ('<img alt="x" src="http://127.0.0.1:9/x.png">', "http://127.0.0.1:9/x.png"),
    "import": ('<style>@import "http://127.0.0.1:9/x.css";</style>', "127.0.0.1:9/x.css"),
    "font": (f"<style>@font-face {{ font-family: x; src: url({SECRET}) }} p {{ font-family: x }}</style>", SECRET),
    "attachment": (f'<link rel="attachment" href="{SECRET}">', SECRET),
    "link attachment": (f'<a rel="attachment" href="{SECRET}">x</a>', SECRET),
    "svg image": (f'<svg width="9"><title>x</title><image href="{SECRET}" width="9" height="9"/></svg>', SECRET),
    "object": (f'<object data="{SECRET}"></object>', SECRET),
    "embed": (f'<embed src="{SECRET}">', SECRET),
    "background": (f'<p style="background: url({SECRET})">x</p>', SECRET),
    "content": (f"<style>p::before {{ content: url({SECRET}) }}</style>", SECRET),
    "traversal": ('<img alt="x" src="asset:../../etc/passwd">', "etc/passwd"),
    "profile": (f"<style>@color-profile --x {{ src: url({SECRET}) }} p {{ color: color(--x 1 0 0) }}</style>", SECRET),
}  # fmt: skip


@pytest.mark.pdf
@pytest.mark.parametrize("attack", HOSTILE)
def test_a_template_reaches_nothing_but_the_report(attack: str, tmp_path: Path) -> None:
    text, said = HOSTILE[attack]
    secret = tmp_path / "secret.j2"
    secret.write_text("a secret")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "link.j2").symlink_to(secret)
    design = with_templates(folder, partials__sources_html_j2=text)
    with pytest.raises(DocumentError, match=said):
        render_pdf(dataclasses.replace(sample(), design=design))


@pytest.mark.pdf
@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "<div style='display:grid'>" * 22 + "x" + "</div>" * 22,
        "<div style='display:flex'>" * 42 + "x" + "</div>" * 42,
    ],
    ids=["loop", "grids", "flex"],
)
def test_a_template_without_end_is_stopped(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "SECONDS", 4.0)
    design = with_templates(tmp_path, partials__sources_html_j2=text)
    with pytest.raises(DocumentError, match="take longer than 4 s"):
        render_pdf(dataclasses.replace(sample(), design=design))


def test_html_of_a_users_templates_is_made_apart_too(alice: Results, tmp_path: Path) -> None:
    design = with_templates(tmp_path, partials__sources_html_j2="<p>{{ report.scenario }} of ours</p>")
    assert "<p>alice of ours</p>" in html_text(alice, design)
    design = with_templates(tmp_path, partials__sources_html_j2="{{ ''.__class__ }}")
    with pytest.raises(DocumentError):
        html_text(alice, design)


def test_a_folder_without_templates_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "sources.html.j2").write_text("")
    with pytest.raises(SpecError, match="the folder holds no template of a report"):
        api.design(templates=tmp_path)
    with pytest.raises(SpecError) as caught:
        api.design("short", "a5", templates=tmp_path / "none", fonts=[tmp_path / "none"])
    assert len(caught.value.problems) == 4


def test_the_command_line_takes_a_design(tmp_path: Path) -> None:
    theme = theme_file(tmp_path, "schema: 1\nfooter: Ours\n")
    spec = str(ROOT / "specs" / "llm_viewer_network.yaml")
    words_ = ["build", spec, "-o", str(tmp_path), "--format", "pdf", "--report", "brief", "--paper", "letter"]
    result = CliRunner().invoke(app, [*words_, "--theme", str(theme)])
    assert result.exit_code == 0, result.output
    made = pikepdf.open(tmp_path / "llm_viewer_network.pdf")
    assert round(float(made.pages[0].mediabox[2])) == 612
    result = CliRunner().invoke(app, [*words_, "--theme", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "none.yaml: there is no such file" in result.stderr


# --- what a report carries -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    api.build([ROOT / "specs" / "llm_viewer_network.yaml"], folder, ("xlsx", "pdf"))
    return folder


@pytest.mark.pdf
def test_a_pdf_alone_reproduces_the_report(full: Path, tmp_path: Path) -> None:
    written = api.extract(full / "llm_viewer_network.pdf", tmp_path)
    assert sorted(p.name for p in written) == ["llm_viewer_network.xlsx", "llm_viewer_network.yaml"]
    assert (tmp_path / "llm_viewer_network.xlsx").read_bytes() == (full / "llm_viewer_network.xlsx").read_bytes()
    api.build([tmp_path / "llm_viewer_network.yaml"], tmp_path / "again", ("pdf",))
    again = (tmp_path / "again" / "llm_viewer_network.pdf").read_bytes()
    assert again == (full / "llm_viewer_network.pdf").read_bytes()


@pytest.mark.pdf
def test_what_is_taken_out_replaces_no_other_file(full: Path, tmp_path: Path) -> None:
    (tmp_path / "llm_viewer_network.yaml").write_text("mine")
    report = str(full / "llm_viewer_network.pdf")
    result = CliRunner().invoke(app, ["extract", report, "-o", str(tmp_path)])
    assert result.exit_code == 2
    assert "the file exists already, with another content" in result.stderr
    assert (tmp_path / "llm_viewer_network.yaml").read_text() == "mine"
    assert not (tmp_path / "llm_viewer_network.xlsx").exists()
    result = CliRunner().invoke(app, ["extract", report, "-o", str(tmp_path), "--force"])
    assert result.exit_code == 0
    assert (tmp_path / "llm_viewer_network.yaml").read_text() != "mine"


def pdf_with(folder: Path, name: str, content: bytes, *, packed: bool = False) -> Path:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    spec = pikepdf.AttachedFileSpec(pdf, content, filename=name)
    pdf.attachments[name] = spec
    if packed:
        stream = spec.get_file().obj
        stream.write(zlib.compress(content, 9), filter=pikepdf.Name.FlateDecode)
    path = folder / "other.pdf"
    pdf.save(path, compress_streams=False)
    return path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil.yaml", "carries no scenario"), ("a/b.yaml", "carries no scenario"), (".yaml", "carries no scenario"),
        ("C:evil.yaml", "carries no scenario"), ("run.exe", "carries no scenario"),
    ],
)  # fmt: skip
def test_names_that_are_no_names_are_not_taken_out(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=said):
        api.extract(pdf_with(tmp_path, name, b"x"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = pdf_with(tmp_path, "bomb.yaml", b"\0" * 150_000_000, packed=True)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(SpecError, match="would unpack to more than 100 MB"):
        api.extract(path, tmp_path / "out")


@pytest.mark.parametrize(
    "content", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n1 0 obj<</A 1 0 R>>endobj\ntrailer<</Root 1 0 R>>"]
)
def test_what_is_no_pdf_gets_a_message(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(content)
    result = CliRunner().invoke(app, ["extract", str(tmp_path / "x.pdf"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{tmp_path / 'x.pdf'}: ")
    assert "Traceback" not in result.stderr


def test_an_output_error_is_not_a_mistake_of_the_scenario() -> None:
    assert issubclass(DocumentError, OutputError)
