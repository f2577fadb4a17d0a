"""The report of real results: every number and sentence in it is the engine's, whatever the scenario holds."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import textwrap
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest

from reportgen.api import evaluate
from reportgen.book.library.library import library
from reportgen.render.document.output import html_text, pdf_bytes
from reportgen.render.html.formula import file_name, pictures, ship, typeset
from reportgen.report.numbers import ABSENT, amount, as_given, column, digits
from reportgen.report.outline import report_of
from reportgen.report.view import Agenda, Figure, Report, Table
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from reportgen.engine.results import Results

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted(p for p in (ROOT / "specs").glob("*.yaml"))
parse_unit = library().units.parse
HOSTILE = ("=1+1", "<script>alert(1)</script>", "{{7*7}}", "{% for x in y %}", "-2 & 3", "@SUM(A1)")


def scenario(folder: Path, text: str, name: str = "case") -> Results:
    path = folder / f"{name}.yaml"
    path.write_text(textwrap.dedent(text), "utf-8")
    return evaluate(path)


def tables(report: Report) -> dict[str, Table]:
    return {b.title: b for s in report.all_sections for b in s.blocks if isinstance(b, Table)}


def figures(report: Report) -> dict[str, Figure]:
    return {b.chart: b for s in report.all_sections for b in s.blocks if isinstance(b, Figure)}


def value_of(text: str) -> tuple[float, float]:
    """A printed number and half a unit of its last digit."""
    plain = text.replace(",", "").replace("−", "-").replace("+", "").replace("\u202f", "")
    found = re.fullmatch(r"(-?\d+(?:\.(\d+))?)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?(?:%)?", plain)
    assert found, text
    power = 10.0 ** int((found[3] or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    return float(found[1]) * power, 0.5 * 10.0 ** -len(found[2] or "") * power


def same(text: str, unit: str, wanted: float | None, declared: str) -> None:
    """The printed number is the engine's, rounded as printed; both are in the currency of the scenario."""
    if wanted is None:
        assert text == ABSENT
        return
    unit, declared = unit.replace("EUR", "USD"), declared.replace("EUR", "USD")
    singular = re.sub(r"^(token|sequence|layer)s\b", r"\1", unit.replace("queries", "query").replace("µs", "us"))
    printed, half = value_of(text)
    scale = parse_unit(declared or "1").scale / parse_unit(singular or "1").scale if singular else 1
    assert abs(printed - wanted * float(scale)) <= half * (1 + 1e-9), (text, unit, wanted, declared)


@cache
def evaluated(name: str) -> Results:
    return evaluate(ROOT / "specs" / f"{name}.yaml")


@cache
def rendered(name: str) -> bytes:
    return pdf_bytes(evaluated(name), b"PK workbook")


@pytest.fixture(scope="module", params=[p.stem for p in SPECS])
def results(request: pytest.FixtureRequest) -> Results:
    return evaluated(request.param)


@pytest.fixture(scope="module")
def pdf(results: Results) -> bytes:
    return rendered(results.book.name)


@pytest.fixture(scope="module")
def alice() -> Results:
    return evaluated("alice")


def words(pdf: bytes, folder: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    path = folder / "report.pdf"
    path.write_bytes(pdf)
    found = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    return re.sub(r"\s+", " ", found.stdout.decode())


# --- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "wanted"),
    [
        (0.0, "ms", "0\u202fms"),
        (999.96, "ms", "1.00\u202fs"),
        (0.0123, "s", "12.3\u202fms"),
        (1e-12, "s", "0.00100\u202fns"),
        (194.79, "s", "195\u202fs"),
        (18.1579392e9, "B", "18.2\u202fGB"),
        (24564.0, "MiB", "25.8\u202fGB"),
        (154.8385, "TFLOP/s", "155\u202fTFLOP/s"),
        (768.0, "GB/s", "768\u202fGB/s"),
        (16.0, "bit", "16\u202fbit"),
        (-3.14159, "1", "−3.14"),
        (9.996, "1", "10.0"),
        (1207.4, "token/s", "1,207\u202ftokens/s"),
        (1.0, "sequence", "1\u202fsequence"),
        (3.0, "sequence", "3\u202fsequences"),
        (123456789.0, "token", "123,456,789\u202ftokens"),
        (0.0000005, "1", "5.00\u202f×\u202f10⁻⁷"),
        (32.0, "pass", "32"),
    ],
)
def test_a_number_is_written_for_people(value: float, unit: str, wanted: str) -> None:
    assert str(amount(value, parse_unit(unit))) == wanted


def test_what_is_absent_is_an_en_dash_without_unit() -> None:
    assert str(amount(None, parse_unit("ms"))) == str(as_given(None)) == "–"
    assert column([None, None], parse_unit("ms")).texts == ("–", "–")


def test_a_setting_keeps_the_digits_it_was_set_with() -> None:
    assert [str(as_given(v, parse_unit(u))) for v, u in ((8000, "ms"), (50, "ms"), (0.95, "1"), (12000, "token"))] == [
        "8\u202fs", "50\u202fms", "0.95", "12,000\u202ftokens",
    ]  # fmt: skip


def test_a_column_has_one_unit_and_one_number_of_decimals() -> None:
    made = column([1.0524e15, 194.9e12, 45e12, 0.2e12, None], parse_unit("FLOP"))
    assert (made.unit, made.texts) == ("TFLOP", ("1,052.4", "194.9", "45.0", "0.2", "–"))
    assert column([1.0, 48.0, 96.0]).texts == ("1", "48", "96")
    assert digits(1234.5) == "1,235"


# --- the report equals the results -------------------------------------------------------------------------------


def test_every_scenario_renders(results: Results, pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(pdf)
    with pikepdf.open(tmp_path / "x.pdf") as opened:
        assert sorted(opened.attachments) == [f"{results.book.name}.xlsx", f"{results.book.name}.yaml"]
        scenario_file = opened.attachments[f"{results.book.name}.yaml"].get_file().read_bytes()
    assert scenario_file.decode() == results.book.text
    assert html_text(results).startswith("<!DOCTYPE html>")
    assert shutil.which("qpdf") is None or not subprocess.run(["qpdf", "--check", str(tmp_path / "x.pdf")]).returncode


def test_key_figures_are_those_of_the_option_that_is_spoken_of(results: Results) -> None:
    report, book = report_of(results), results.book
    option = str(results.get("recommended_option") if "recommended_option" in book.quantities else book.baseline)
    assert [k.label for k in report.key_figures] == [book.quantities[n].title for n in book.report.key_figures]
    for figure, name in zip(report.key_figures, book.report.key_figures, strict=True):
        value = results.get(name, option)
        assert value is None or isinstance(value, float)
        same(figure.value, figure.unit, value, book.quantities[name].type.unit.label)


def test_numbers_of_the_pdf_are_those_of_the_report(results: Results, pdf: bytes, tmp_path: Path) -> None:
    report, text = report_of(results), words(pdf, tmp_path)
    for figure in report.key_figures:
        assert f"{figure.value} {figure.unit}".strip() in text
    for table in tables(report).values():
        for row in table.rows if not table.fine else ():  # in fine print, long formulas wrap between other columns
            for cell in row.cells:
                said = re.sub(r"\s+", " ", cell.text)
                # A line may end after a hyphen, which pdftotext drops; the other cells of the row may come in between.
                assert said in text or ("-" in said and all(p in text for p in said.split("-"))), said


def test_the_table_of_options_equals_the_results(results: Results) -> None:
    table, book = tables(report_of(results))["The options compared"], results.book
    titled = {q.title: q for q in book.tables()["option",] if q.type.kind == "number" and not q.input}
    compared = results.plain("compared") if "compared" in book.quantities else {}
    names = [n for n in book.dimensions["option"].names if compared.get((n,), True)]
    assert len(table.rows) == len(names)
    checked = 0
    for index, head in enumerate(table.columns):
        if head.kind != "number" or head.title not in titled:
            continue
        quantity = titled[head.title]
        for row, name in zip(table.rows, names, strict=True):
            same(row.cells[index].text, head.unit, results.get(quantity.name, name), quantity.type.unit.label)  # type: ignore[arg-type]
            checked += 1
    for title, said in re.findall(r"(?:All: |; )([^;.]+?) ([\d.,]+(?:\u202f[^;.]+)?)(?=[;.])", table.note):
        text, _, unit = said.partition("\u202f")
        for name in names if title in titled else ():
            quantity = titled[title]
            same(text, unit, results.get(quantity.name, name), quantity.type.unit.label)  # type: ignore[arg-type]
            checked += 1
    assert checked >= 4 * len(names)


def test_tables_of_operators_hold_all_of_the_recommended_option(results: Results) -> None:
    made = tables(report_of(results))
    titles, recommended = results.plain("operator_title"), results.get("recommended_option")
    if "is_api" in results.book.quantities and results.get("is_api", str(recommended)):
        assert not any(title.endswith(": all operators") for title in made)
        return
    for stage in ("prefill", "decode"):
        table = next(t for title, t in made.items() if title.endswith(f", {stage}: all operators"))
        rows = [r for r in results.rows(("option", "stage", "operator")) if r["option"] == recommended]
        rows = sorted((r for r in rows if r["stage"] == stage), key=lambda r: -float(r["network_inference_time"] or 0))
        assert len(table.rows) == len(rows)
        for shown, row in zip(table.rows, rows, strict=False):
            assert shown.cells[0].text == titles[str(row["operator"]),]
            for cell, head in zip(shown.cells, table.columns, strict=True):
                if head.title == "Time per pass":
                    same(cell.text, head.unit, float(row["network_inference_time"] or 0), "s")


def test_recommendations_are_the_rules_words(results: Results, pdf: bytes, tmp_path: Path) -> None:
    if "advised_text" not in results.book.quantities:
        assert report_of(results).recommendation.headline == ""
        return
    report, text = report_of(results), words(pdf, tmp_path)
    said = [str(t) for t in results.plain("advised_text").values() if t]
    assert bool(said) == (results.get("best_advised") is not None)
    if not said:
        assert report.recommendation.headline == results.get("decision_words")
        assert report.recommendation.headline in text
        return
    first, *others = said
    assert f"{report.recommendation.headline} {report.recommendation.detail}" == first
    shown = {int(s.place): f"{s.lead} {s.text}" for g in report.recommendation.groups for s in g.steps}
    blocks = [b for s in report.all_sections for b in s.blocks]
    full = {int(a.place): f"{a.headline} {a.detail}" for b in blocks if isinstance(b, Agenda) for a in b.items}
    assert [full[place] for place in sorted(full)] == said
    assert [shown[place] for place in sorted(shown)] == others[: len(shown)]
    for sentence in said:
        # the layout breaks lines after hyphens, where pdftotext then sees no hyphen at a word's end
        assert re.sub(r"\W", "", sentence) in re.sub(r"\W", "", text)


def test_title_and_subtitle_are_declared_words(alice: Results) -> None:
    report = report_of(alice)
    assert report.title == alice.get("report_title")
    assert report.subtitle == alice.get("report_subtitle")
    assert [s.title for s in report.sections[:4]] == [
        alice.get(n) for n in ("options_finding", "time_finding", "roofline_finding", "memory_finding")
    ]


def test_charts_draw_the_engines_numbers(alice: Results) -> None:
    drawn = figures(report_of(alice))
    assert set(drawn) == {"roofline", "options", "time", "memory", "batch", "generation", "layer"}
    bars = {str(b["name"]): b["value"] for b in drawn["options"].data["bars"]}
    titles = alice.plain("option_title")
    assert bars == {titles[o,]: alice.get("tpot", o) for (o,), shown in alice.plain("compared").items() if shown}
    for stage in ("Prefill", "Decode"):
        total = sum(float(p["value"] or 0) for p in drawn["time"].data["parts"] if p["bar"] == stage)
        assert total == pytest.approx(100)


# --- scenarios of all sorts --------------------------------------------------------------------------------------

PLAIN = """\
    schema: 1
    title: {title}
    requests:
      one: {{prompt_tokens: 500, output_tokens: {output}}}
    {rest}
    options:
      baseline: {{model: {model}, accelerator: {accelerator}, batch: {batch}}}
"""


def plain(folder: Path, rest: str = "levers: none", **given: object) -> Results:
    values = {"title": "A case", "output": 100, "model": "Llama-3.1-8B", "accelerator": "L4", "batch": 1}
    return scenario(folder, textwrap.dedent(PLAIN).format(rest=rest, **(values | given)))


def test_one_option(tmp_path: Path) -> None:
    report = report_of(plain(tmp_path))
    assert len(tables(report)["The options compared"].rows) == 1
    assert "options" not in figures(report)
    assert report.title == "Keep the baseline: no option tried improves end-to-end latency by 2 % or more"


def test_the_workload_keeps_the_digits_of_the_scenario() -> None:
    table = tables(report_of(evaluated("bob")))["The workload"]
    by_title = {c.title: i for i, c in enumerate(table.columns)}
    assert [r.cells[by_title["Share of requests"]].text for r in table.rows] == ["0.6", "0.3", "0.1"]
    assert [r.cells[by_title["Prompt length"]].text for r in table.rows] == ["600", "1,500", "4,000"]


def test_one_output_token_has_no_time_per_token(tmp_path: Path) -> None:
    results = plain(tmp_path, output=1)
    figure = next(k for k in report_of(results).key_figures if k.label == "Time per output token")
    assert (figure.value, figure.unit, figure.status) == ("–", "", "none")
    pdf_bytes(results)


def test_a_baseline_that_does_not_fit(tmp_path: Path) -> None:
    results = plain(tmp_path, rest="levers: all", model="Llama-3.1-70B", accelerator="H100-SXM-80GB")
    report = report_of(results)
    assert report.title == results.get("title_rescue")
    assert report.title.endswith(", which the baseline does not")
    memory = next(k for k in report.key_figures if k.label == "Memory needed")
    assert memory.status == "met"
    assert "baseline 142" in memory.note
    rate = next(k for k in report.key_figures if k.label == "Requests per second")
    assert "baseline –" in rate.note
    assert "does not fit" in report.recommendation.note
    pdf_bytes(results)


def test_nothing_fits(tmp_path: Path) -> None:
    results = plain(tmp_path, model="Llama-3.1-405B")
    report = report_of(results)
    assert report.title == "No option tried fits into the memory"
    memory = next(k for k in report.key_figures if k.label == "Memory needed")
    assert memory.status == "missed"
    assert next(k for k in report.key_figures if k.label == "Requests per second").value == "–"
    assert report.recommendation.headline == results.get("decision_words")
    pdf_bytes(results)


def test_an_accelerator_whose_memory_is_unknown(tmp_path: Path) -> None:
    rest = "levers: none\naccelerators: {New: {memory_bandwidth: 1000, peak_16bit: 100, source: a leaflet}}"
    results = plain(tmp_path, rest=rest, accelerator="New")
    report = report_of(results)
    assert any("a leaflet" in s.text for s in report.sources)
    pdf_bytes(results)


def test_own_quantities_join_figures_and_table(tmp_path: Path) -> None:
    rest = """\
levers: none
quantities:
  words_rate: {title: Words, unit: token/s, per: [option], formula: throughput if known(throughput) else 0}"""
    report = report_of(plain(tmp_path, rest=rest))
    assert report.key_figures[-1].label == "Words"
    assert "Words" in [c.title for c in tables(report)["The options compared"].columns]


def test_bars_are_drawn_in_the_unit_of_their_texts(tmp_path: Path) -> None:
    rest = "levers: none\ninputs: {latency_target: 400 ms}\nobjective: {minimise: request_latency}"
    results = plain(tmp_path, rest=rest, output=2, accelerator="H100-SXM-80GB")
    results = scenario(tmp_path, results.book.text + "  more: {batch: 8}\n", "bars")
    chart = figures(report_of(results))["options"]
    assert chart.subtitle == "ms"
    assert [float(str(b["text"]).replace(",", "")) for b in chart.data["bars"]] == pytest.approx(
        [float(b["value"] or 0) for b in chart.data["bars"]], rel=0.01
    )
    assert chart.data["marks"] == ({"value": pytest.approx(400), "text": "target 400\u202fms"},)


def test_forty_options(tmp_path: Path) -> None:
    results = plain(tmp_path)
    text = results.book.text + "".join(f"  o{n}: {{batch: {n + 1}, title: Batch of {n + 1}}}\n" for n in range(1, 40))
    report = report_of(results := scenario(tmp_path, text, "forty"))
    assert len(tables(report)["The options compared"].rows) == 40
    assert len(figures(report)["options"].data["bars"]) <= 21
    pdf = words(pdf_bytes(results), tmp_path)
    assert all(f"Batch of {n}" in pdf for n in range(2, 41))


class Texts(HTMLParser):
    """The text and the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("bad", [*HOSTILE, " ".join(HOSTILE)])
def test_hostile_names_stay_text(bad: str, tmp_path: Path) -> None:
    quoted = '"' + bad.replace('"', '\\"') + '"'
    results = scenario(
        tmp_path,
        f"""\
        schema: 1
        title: {quoted}
        author: {quoted}
        requests:
          one: {{title: {quoted}, prompt_tokens: 500, output_tokens: 100}}
        models:
          own:
            {{title: {quoted}, source: {quoted}, layers: 32, hidden_size: 4096, heads: 32, kv_heads: 8, head_dim: 128,
             intermediate_size: 14336, vocab_size: 32000}}
        options:
          baseline: {{model: own, accelerator: L4, title: {quoted}}}
          other: {{batch: 4, title: {quoted}}}
        """,
    )  # fmt: skip
    page = Texts()
    page.feed(html_text(results))
    assert "script" not in page.tags
    assert page.text.count(bad) >= 5
    if len(bad) > 30:  # all of them at once: a PDF takes a second
        shown = re.sub(r"\s", "", words(pdf_bytes(results), tmp_path))
        assert all(shown.count(re.sub(r"\s", "", one)) >= 3 for one in HOSTILE)


# --- the same bytes, and pictures that are current ---------------------------------------------------------------

CHILD = """
import hashlib, sys
from reportgen.api import evaluate
from reportgen.render.document.output import pdf_bytes
print(hashlib.sha256(pdf_bytes(evaluate(sys.argv[1]), b"PK workbook")).hexdigest())
"""


def test_same_bytes_twice_and_under_two_hash_seeds(alice: Results) -> None:
    once = rendered("alice")
    assert once == pdf_bytes(alice, b"PK workbook")
    path = str(ROOT / "specs" / "alice.yaml")
    made = {
        subprocess.run(
            [sys.executable, "-c", CHILD, path], env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True, check=True, text=True, cwd=ROOT,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert made == {hashlib.sha256(once).hexdigest() + "\n"}


def test_pictures_of_formulas_are_current(request: pytest.FixtureRequest) -> None:
    folder = templates_dir() / "formulas"
    wanted = set().union(*(pictures(report_of(evaluated(path.stem))) for path in SPECS))
    assert wanted
    if request.config.getoption("--update"):
        shutil.rmtree(folder, ignore_errors=True)
        ship(sorted(wanted), folder)
    found = {p.name: p.read_text("ascii") for p in folder.glob("*.svg")}
    hint = "a formula of the library changed: run this test with --update"
    assert found == {file_name(latex, size): typeset(latex, size) for latex, size in wanted}, hint
    tallest = {name: float(re.search(r'height="([0-9.]+)"', svg)[1]) for name, svg in found.items()}  # type: ignore[index]
    assert {name: pixels for name, pixels in tallest.items() if pixels > 80} == {}, (
        "no formula is taller than six lines"
    )


@pytest.mark.parametrize(
    "latex", [r"\left(\sum_{i} x\right)", r"\left(\frac{\sum_{i} x}{y}\right)", r"\left|\sum x\right|"]
)
def test_brackets_are_about_as_high_as_what_they_hold(latex: str) -> None:
    bare = re.sub(r"\\(left|right)[(|)]", "", latex)
    inside, whole = (
        float(re.search(r'height="([0-9.]+)"', typeset(text, 14.0))[1])
        for text in (bare, latex)  # type: ignore[index]
    )
    assert inside <= whole <= 2 * inside
