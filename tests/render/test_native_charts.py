"""The native charts: title, axes and alternative text of each, cells that it draws, and one source for what it says."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from lxml import etree

from reportgen import resources
from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.charts.specs import chart_spec, palette
from reportgen.resources import templates_dir
from tests.workbooks import content, read, spec

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS = ["alice", "bob", "procurement", "llm_viewer_operators"]
CHARTS = {"alice": 3, "bob": 4, "procurement": 8, "llm_viewer_operators": 2}
C = {
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
}
RANGE = re.compile(r"'([^']+)'!\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?")


class Package:
    """A workbook's parts, and the workbook read back."""

    def __init__(self, name: str) -> None:
        self.name = name
        with zipfile.ZipFile(io.BytesIO(content(name))) as package:
            parts = {n: package.read(n) for n in package.namelist()}
        self.charts = [etree.fromstring(d) for n, d in parts.items() if n.startswith("xl/charts/chart")]
        self.drawings = [etree.fromstring(d) for n, d in parts.items() if n.startswith("xl/drawings/drawing")]
        self.formulas: Any = read(name, only=frozenset(title for c in self.charts for title, _ in references(c)))

    def titles(self) -> list[str]:
        return ["".join(chart.xpath("c:chart/c:title//a:t/text()", namespaces=C)) for chart in self.charts]

    def chart(self, begins: str) -> Any:
        return next(c for c, t in zip(self.charts, self.titles(), strict=True) if begins in t)


@pytest.fixture(scope="module", params=SPECS)
def package(request: pytest.FixtureRequest) -> Package:
    return Package(request.param)


@pytest.fixture(scope="module")
def bob() -> Package:
    return Package("bob")


@pytest.fixture(scope="module")
def procurement() -> Package:
    return Package("procurement")


def references(chart: Any) -> Iterator[tuple[str, list[str]]]:
    for text in chart.xpath(".//c:f/text()", namespaces=C):
        title, left, top, right, bottom = RANGE.fullmatch(text).groups()  # type: ignore[union-attr]
        first, last = (openpyxl.utils.column_index_from_string(x) for x in (left, right or left))
        yield (
            title,
            [
                f"{openpyxl.utils.get_column_letter(column)}{row}"
                for column in range(first, last + 1)
                for row in range(int(top), int(bottom or top) + 1)
            ],
        )


def test_each_chart_that_the_scenario_allows_is_there(package: Package) -> None:
    assert len(package.charts) == CHARTS[package.name]


def test_charts_have_titles_and_named_axes_that_are_shown(package: Package) -> None:
    assert all(package.titles())
    for chart in package.charts:
        assert [e.get("val") for e in chart.xpath("c:chart/c:title/c:overlay", namespaces=C)] == ["0"]
        axes = chart.xpath(".//c:valAx|.//c:catAx", namespaces=C)
        assert len(axes) >= 2
        assert {e.get("val") for axis in axes for e in axis.xpath("c:delete", namespaces=C)} == {"0"}
        for axis in chart.xpath(".//c:valAx", namespaces=C):
            assert axis.xpath("c:title//a:t/text()", namespaces=C)
            assert axis.xpath("c:numFmt/@formatCode", namespaces=C)


def test_charts_have_an_alternative_text(package: Package) -> None:
    texts = [e.get("descr") for d in package.drawings for e in d.xpath(".//xdr:cNvPr", namespaces=C)]
    assert len(texts) == len(package.charts)
    assert all(text and text.endswith(".") for text in texts)
    assert len(set(texts)) == len(texts)


def test_charts_draw_cells_that_are_filled_and_live(package: Package) -> None:
    for chart in package.charts:
        for title, addresses in references(chart):
            sheet = package.formulas[title]
            assert len(addresses) >= 1
            for address in addresses:
                assert sheet[address].value is not None, f"{title}!{address}"
            if len(addresses) > 1:
                assert {sheet[address].data_type for address in addresses} == {"f"}


def test_charts_have_caches(package: Package) -> None:
    for chart in package.charts:
        for kind, cache in (("numRef", "numCache"), ("strRef", "strCache")):
            for reference in chart.iter(f"{{{C['c']}}}{kind}"):
                assert reference.find(f"c:{cache}", C) is not None


def test_legends_lie_beside_the_plot(package: Package) -> None:
    for chart in package.charts:
        for overlay in chart.xpath(".//c:legend/c:overlay/@val", namespaces=C):
            assert overlay == "0"


def test_series_have_colours_that_the_colour_blind_tell_apart(package: Package) -> None:
    allowed = {*palette(), "9FC5E0", "FFFFFF", "5b6675", "b7bfca", "1B2733"}
    for chart in package.charts:
        for series in chart.xpath(".//c:ser/c:spPr//a:srgbClr/@val", namespaces=C):
            assert series in allowed


def test_the_roofline_is_logarithmic_between_powers_of_ten(bob: Package) -> None:
    chart = bob.chart(chart_spec("roofline").title)
    for axis in chart.xpath(".//c:valAx", namespaces=C):
        assert axis.xpath("c:scaling/c:logBase/@val", namespaces=C) in (["10"], ["10.0"])
        for end in axis.xpath("c:scaling/c:min/@val|c:scaling/c:max/@val", namespaces=C):
            assert re.fullmatch(r"10*(\.0)?|0\.0*1|1e.*", end)
    assert len(chart.xpath(".//c:ser", namespaces=C)) == 2 + 4
    spec = chart_spec("roofline")
    titles = ["".join(a.xpath("c:title//a:t/text()", namespaces=C)) for a in chart.xpath(".//c:valAx", namespaces=C)]
    assert sorted(titles) == sorted([spec.x.title, spec.y.title])


def test_memory_is_stacked_with_the_limit_as_a_mark(bob: Package) -> None:
    chart = bob.chart(chart_spec("memory").title)
    assert chart.xpath(".//c:barChart/c:grouping/@val", namespaces=C) == ["stacked"]
    assert len(chart.xpath(".//c:barChart/c:ser", namespaces=C)) == 4
    (mark,) = chart.xpath(".//c:lineChart/c:ser", namespaces=C)
    assert mark.xpath("c:marker/c:symbol/@val", namespaces=C) == ["dash"]


def test_costs_are_stacked_with_the_budget_as_a_mark(procurement: Package) -> None:
    chart = procurement.chart(chart_spec("costs").title)
    assert len(chart.xpath(".//c:barChart/c:ser", namespaces=C)) == 6
    assert len(chart.xpath(".//c:lineChart/c:ser", namespaces=C)) == 1


def test_options_are_ranked_best_first(procurement: Package) -> None:
    chart = procurement.chart("options, the best first")
    names = chart.xpath(".//c:ser[1]/c:cat//c:v/text()", namespaces=C)
    results = evaluate(spec("procurement"))
    places = results.plain("objective_place")
    ranked = sorted((place, key) for key, place in places.items() if place is not None)
    assert [n for n in names if n] == [results.get("option_title", *key) for _, key in ranked]
    tops = [float(v) for v in chart.xpath(".//c:ser[1]/c:val//c:v/text()", namespaces=C)]
    assert tops[0] == pytest.approx(results.get("objective_value", str(results.get("best_option"))))


def test_the_batch_sweep_has_a_point_with_its_name_for_each_batch(bob: Package) -> None:
    chart = bob.chart(chart_spec("batch").title)
    line, *points = chart.xpath(".//c:ser", namespaces=C)
    names = [p.xpath("c:tx//c:v/text()", namespaces=C)[0] for p in points]
    assert names == ["concurrency 1", "concurrency 8", "concurrency 32", "concurrency 128"]
    assert line.xpath("c:xVal//c:f/text()", namespaces=C)[0].startswith("'Chart data'!")
    assert chart.xpath(".//c:legend", namespaces=C) == []


@pytest.mark.parametrize("name", ["roofline", "memory", "costs", "options", "tornado", "batch"])
def test_a_specification_says_what_a_native_chart_needs(name: str) -> None:
    spec = chart_spec(name)
    text = json.loads((templates_dir() / "charts" / f"{name}.vl.json").read_text("utf-8"))
    assert spec.title == text["usermeta"]["title"]
    assert spec.alt == text["description"]
    assert (spec.x.log, spec.y.log) == (name == "roofline", name in ("roofline", "batch"))


def test_charts_of_one_look_share_a_specification() -> None:
    layers = resources.chart_spec("stacks")["layer"]
    for name in ("memory", "costs", "time"):
        spec = resources.chart_spec(name)
        assert spec["layer"] == layers
        assert spec["description"] != resources.chart_spec("stacks")["description"]


def test_the_palette_is_that_of_the_report() -> None:
    style = json.loads((templates_dir() / "charts" / "style.json").read_text("utf-8"))
    assert [f"#{colour}" for colour in palette()] == style["range"]["category"]
    assert [f"#{colour}" for colour in palette("ordinal")] == style["range"]["ordinal"]
