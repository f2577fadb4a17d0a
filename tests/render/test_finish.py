"""The finish pass: each reader of a workbook finds the right values in it, and each run gives the same bytes."""

from __future__ import annotations

import contextlib
import datetime
import gc
import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from lxml import etree
from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table, TableColumn

from reportgen.render.excel.file.cell_values import number_text
from reportgen.render.excel.file.finish import CellValue, ErrorValue, finish
from reportgen.render.garbage import uncollected
from tests.parity.engines.office import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIN = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
CHART = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
TITLE = "It's data"
TEXTS = ["plain", " spaced ", "two\nlines", "_x0041_", "a<b>&c", "_x005F_", "größe × 2", "_xyz_", "=1+1"]
NUMBERS: dict[str, float] = {"A2": 0.1 + 0.2, "A3": 1 / 3, "A4": 1e22, "A5": 123456789.12345679, "A6": 5e-324}
FORMULAS: dict[str, CellValue] = {
    "B2": 0.1 + 0.2,
    "B3": 4,
    "B4": "text _x0041_",
    "B5": True,
    "B6": ErrorValue("#N/A"),
    "C1": 1.5,
    "C2": False,
}
VALUES: dict[str, CellValue] = {**NUMBERS, **FORMULAS}


def first_sheet(book: openpyxl.Workbook) -> Any:
    sheet: Any = book.active
    sheet.title = TITLE
    return sheet


@pytest.fixture
def raw() -> openpyxl.Workbook:
    return made()


DAY = datetime.datetime(2020, 2, 2, 2, 2, 2)


def made(created: datetime.datetime = DAY) -> openpyxl.Workbook:
    """A workbook with one of everything that the pass touches."""
    book = openpyxl.Workbook()
    book.properties.created = created
    sheet = first_sheet(book)
    sheet.append(["x", "y", ArrayFormula("C1:C1", "=SUM(A2:A3*A2:A3)")])
    for row, number in enumerate(NUMBERS.values(), 2):
        sheet.append([number, f"=A{row}*2"])
    sheet["C2"], sheet["C3"], sheet["C4"] = "=1=2", "=NOW()", True
    for row, text in enumerate(TEXTS, 1):
        sheet.cell(row, 4).value = text
        sheet.cell(row, 4).data_type = "s"
    sheet["E1"].font = Font(name="Calibri", size=11, bold=True, italic=True, color="FF0000", underline="single")
    sheet["E2"].comment = Comment("hello", "me")
    sheet["E3"].hyperlink = "https://example.org/"
    columns = [TableColumn(id=1, name="x"), TableColumn(id=2, name="y")]
    sheet.add_table(Table(displayName="t_data", ref="A1:B6", tableColumns=columns))
    labels = book.create_sheet("names")
    for name in ("plain", "b", 3, True, None):
        labels.append([name])
    add_charts(sheet, labels)
    return book


def add_charts(sheet: Any, labels: Any) -> None:
    scatter = ScatterChart()
    series = Series(
        Reference(sheet, min_col=2, min_row=1, max_row=6),
        Reference(sheet, min_col=1, min_row=2, max_row=6),
        title_from_data=True,
    )
    series.dLbls = DataLabelList(numFmt="0.0", showVal=True)
    scatter.series.append(series)
    sheet.add_chart(scatter, "H1")
    bars = BarChart()
    bars.title = "Bars"
    bars.add_data(Reference(sheet, min_col=1, min_row=1, max_row=6), titles_from_data=True)
    bars.series[0].dLbls = DataLabelList()
    bars.series[0].dLbls.delete = True
    bars.set_categories(Reference(labels, min_col=1, min_row=1, max_row=5))
    sheet.add_chart(bars, "H20")


@pytest.fixture(scope="module")
def finished() -> bytes:
    return finish(made(), {TITLE: VALUES})


def part(package: bytes, name: str) -> Any:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return etree.fromstring(archive.read(name))


def cell(package: bytes, address: str, sheet: str = "sheet1") -> tuple[str | None, str | None]:
    """The type and the stored text of a cell, as they stand in the file."""
    (found,) = part(package, f"xl/worksheets/{sheet}.xml").iterfind(f".//m:c[@r='{address}']", MAIN)
    return found.get("t"), found.findtext("m:v", namespaces=MAIN)


def reread(package: bytes, *, data_only: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(package), data_only=data_only, rich_text=False)[TITLE]


def test_each_formula_has_its_value_in_its_type(finished: bytes) -> None:
    assert cell(finished, "B2") == (None, "0.30000000000000004")
    assert cell(finished, "B3") == (None, "4")
    assert cell(finished, "B4") == ("str", "text _x005F_x0041_")
    assert cell(finished, "B5") == ("b", "1")
    assert cell(finished, "B6") == ("e", "#N/A")
    assert cell(finished, "C2") == ("b", "0")


def test_another_reader_finds_values_and_formulas(finished: bytes) -> None:
    values, formulas = reread(finished), reread(finished, data_only=False)
    assert [values[f"B{row}"].value for row in range(2, 7)] == [0.1 + 0.2, 4, "text _x005F_x0041_", True, "#N/A"]
    assert [formulas[f"B{row}"].value for row in range(2, 7)] == [f"=A{row}*2" for row in range(2, 7)]
    assert values.tables["t_data"].ref == "A1:B6"


def test_an_array_formula_keeps_its_range_and_gets_its_value(finished: bytes) -> None:
    assert cell(finished, "C1") == (None, "1.5")
    array = reread(finished, data_only=False)["C1"].value
    assert (array.ref, array.text) == ("C1:C1", "=SUM(A2:A3*A2:A3)")


def test_a_formula_without_a_value_has_none(finished: bytes) -> None:
    assert cell(finished, "C3") == (None, None)
    assert reread(finished, data_only=False)["C3"].value == "=NOW()"


def test_constants_are_written_with_all_their_digits(raw: openpyxl.Workbook, finished: bytes) -> None:
    sheet = reread(finished)
    assert {address: sheet[address].value for address in NUMBERS} == NUMBERS
    assert {address: raw[TITLE][address].value for address in NUMBERS} == NUMBERS
    assert cell(finished, "C4") == ("b", "1")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (2.0, "2"),
        (1e15, "1000000000000000"),
        (1e16, "1e+16"),
        (0.1, "0.1"),
        (10**20, "1" + "0" * 20),
    ],
)
def test_a_number_is_written_shortly_and_exactly(number: float, text: str) -> None:
    assert number_text(number) == text
    assert float(text) == number


def test_numbers_of_numpy_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    assert number_text(numpy.float64(0.1)) == "0.1"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused_with_its_place(raw: openpyxl.Workbook, value: float) -> None:
    with pytest.raises(ValueError, match='sheet "It\'s data": cell B3: a cell cannot hold'):
        finish(raw, {TITLE: {"B3": value}})


def test_a_value_of_a_foreign_type_is_refused(raw: openpyxl.Workbook) -> None:
    values: Any = {TITLE: {"B3": None, "B4": [1]}}
    with pytest.raises(ValueError, match="cell B4: a cell cannot hold a list"):
        finish(raw, values)


def test_values_without_a_cell_are_refused(raw: openpyxl.Workbook) -> None:
    with pytest.raises(ValueError, match="sheets that are not in the workbook: x"):
        finish(raw, {"x": {"A1": 1}})
    with pytest.raises(ValueError, match="cells that are not in the sheet: Z9"):
        finish(raw, {TITLE: {"Z9": 1}})


def test_texts_stand_once_in_a_shared_table(finished: bytes) -> None:
    table = part(finished, "xl/sharedStrings.xml")
    texts = [item.findtext("m:t", namespaces=MAIN) for item in table]
    assert len(texts) == len(set(texts)) == int(table.get("uniqueCount"))
    uses = [found for name in ("sheet1", "sheet2") for found in part(finished, f"xl/worksheets/{name}.xml").iter()]
    assert int(table.get("count")) == sum(found.get("t") == "s" for found in uses) == len(texts) + 1
    assert not [found for found in uses if found.get("t") == "inlineStr"]
    assert "_x005F_x0041_" in texts
    assert cell(finished, "D1") == cell(finished, "A1", "sheet2")


def test_texts_read_back_as_they_were(finished: bytes) -> None:
    # openpyxl takes each x005F_ away, also one that escapes nothing
    expected = [text.replace("x005F_", "") for text in TEXTS]
    assert [reread(finished)[f"D{row}"].value for row in range(1, len(TEXTS) + 1)] == expected


def test_only_texts_whose_blanks_matter_ask_to_keep_them(finished: bytes) -> None:
    space = "{http://www.w3.org/XML/1998/namespace}space"
    kept = [text.text for text in part(finished, "xl/sharedStrings.xml").iter() if text.get(space) == "preserve"]
    assert kept == [" spaced ", "two\nlines"]


def test_a_workbook_without_texts_has_no_table() -> None:
    book = openpyxl.Workbook()
    first_sheet(book)["A1"] = 1
    with zipfile.ZipFile(io.BytesIO(finish(book, {}))) as archive:
        assert "xl/sharedStrings.xml" not in archive.namelist()


def test_relations_are_relative_and_lead_to_parts(finished: bytes) -> None:
    from posixpath import dirname, join, normpath

    with zipfile.ZipFile(io.BytesIO(finished)) as archive:
        names = archive.namelist()
        for name in (name for name in names if name.endswith(".rels")):
            relations: Any = etree.fromstring(archive.read(name))
            for relation in relations:
                target = relation.get("Target")
                if relation.get("TargetMode") == "External":
                    assert target == "https://example.org/"
                    continue
                assert not target.startswith("/")
                assert normpath(join(dirname(dirname(name)), target)) in names
        types: Any = etree.fromstring(archive.read("[Content_Types].xml"))
    listed = [entry.get("PartName")[1:] for entry in types if entry.get("PartName")]
    assert sorted(listed) == sorted(set(listed) & set(names))
    assert "xl/sharedStrings.xml" in listed


def test_fonts_are_in_the_order_of_the_schema(finished: bytes) -> None:
    fonts = part(finished, "xl/styles.xml").iterfind("m:fonts/m:font", MAIN)
    orders = [[etree.QName(child).localname for child in font] for font in fonts]
    assert ["b", "i", "u", "sz", "color", "name"] in orders
    assert ["sz", "color", "name", "family", "scheme"] in orders


def test_charts_hold_what_they_draw(finished: bytes) -> None:
    chart = part(finished, "xl/charts/chart1.xml")
    assert chart.findtext(".//c:tx/c:strRef/c:strCache/c:pt/c:v", namespaces=CHART) == "y"
    y = chart.find(".//c:yVal/c:numRef/c:numCache", CHART)
    assert y.find("c:ptCount", CHART).get("val") == "5"
    points = {point.get("idx"): point.findtext("c:v", namespaces=CHART) for point in y.iterfind("c:pt", CHART)}
    assert points == {"0": "0.30000000000000004", "1": "4", "3": "1"}  # neither the text nor the error
    x = chart.iterfind(".//c:xVal/c:numRef/c:numCache/c:pt/c:v", CHART)
    assert [float(point.text) for point in x] == list(NUMBERS.values())


def test_categories_that_are_texts_are_stored_as_texts(finished: bytes) -> None:
    chart = part(finished, "xl/charts/chart2.xml")
    assert chart.find(".//c:cat/c:numRef", CHART) is None
    assert [point.text for point in chart.iterfind(".//c:cat/c:strRef/c:strCache/c:pt/c:v", CHART)] == [
        *("plain", "b", "3", "TRUE")
    ]


def test_charts_leave_nothing_to_be_assumed(finished: bytes) -> None:
    scatter, bars = (part(finished, f"xl/charts/chart{number}.xml") for number in (1, 2))
    names = [etree.QName(child).localname for child in scatter.find(".//c:scatterChart", CHART)]
    assert names[:3] == ["scatterStyle", "varyColors", "ser"]
    names = [etree.QName(child).localname for child in bars.find(".//c:barChart", CHART)]
    assert names[:4] == ["barDir", "grouping", "varyColors", "ser"]
    for axis in (*scatter.iterfind(".//c:valAx", CHART), *bars.iterfind(".//c:catAx", CHART)):
        assert [etree.QName(child).localname for child in axis][:4] == ["axId", "scaling", "delete", "axPos"]
    labels = scatter.find(".//c:dLbls", CHART)
    assert [(etree.QName(child).localname, child.get("val")) for child in labels][1:] == [
        *(("showLegendKey", "0"), ("showVal", "1"), ("showCatName", "0")),
        *(("showSerName", "0"), ("showPercent", "0"), ("showBubbleSize", "0")),
    ]
    assert [etree.QName(child).localname for child in bars.find(".//c:dLbls", CHART)] == ["delete"]
    assert {shown.get("sourceLinked") for shown in scatter.iterfind(".//c:numFmt", CHART)} == {"0"}
    assert [root.find("c:roundedCorners", CHART).get("val") for root in (scatter, bars)] == ["0", "0"]
    assert [root.find(".//c:autoTitleDeleted", CHART).get("val") for root in (scatter, bars)] == ["1", "0"]


def test_an_unplain_range_of_a_chart_stays_without_a_cache(raw: openpyxl.Workbook) -> None:
    raw[TITLE]._charts[0].series[0].yVal.numRef.f = "some_name"
    chart = part(finish(raw, {}), "xl/charts/chart1.xml")
    assert chart.find(".//c:yVal//c:numCache", CHART) is None
    assert chart.find(".//c:xVal//c:numCache", CHART) is not None


def test_bytes_do_not_depend_on_the_clock(raw: openpyxl.Workbook, finished: bytes) -> None:
    assert finish(raw, {TITLE: VALUES}) == finished
    assert finish(made(datetime.datetime(2021, 3, 3, 3, 3, 3)), {TITLE: VALUES}) == finished


def test_the_parts_stand_in_one_order(finished: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(finished)) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    names = [entry.filename for entry in entries]
    first = ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"]
    assert names == [*first, *sorted(set(names) - set(first))]


def test_the_stamp_is_the_only_date(raw: openpyxl.Workbook) -> None:
    package = finish(raw, {}, stamp=datetime.date(2026, 3, 1))
    book = openpyxl.load_workbook(io.BytesIO(package))
    day = datetime.datetime(2026, 3, 1)
    assert (book.properties.created, book.properties.modified) == (day, day)
    texts = [child.text for child in part(package, "docProps/app.xml")]
    assert texts == ["reportgen", "1.0"]


def test_excel_is_asked_to_compute_once_more(finished: bytes) -> None:
    assert part(finished, "xl/workbook.xml").find("m:calcPr", MAIN).get("fullCalcOnLoad") == "1"


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with Office() as running:
        yield running


@pytest.mark.parity
def test_libreoffice_shows_the_stored_numbers_until_it_recalculates(
    office: Office, finished: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "finished.xlsx"
    path.write_bytes(finished)
    with office.open(path) as document:
        cells = document.cells()[TITLE]
        assert (cells["B2"], cells["B3"]) == (0.1 + 0.2, 4.0)  # arrays are computed at once
        assert {address: cells[address] for address in NUMBERS} == NUMBERS
        document.recalculate()
        cells = document.cells()[TITLE]
        assert {f"B{row}": cells[f"B{row}"] for row in range(2, 7)} == {
            address.replace("A", "B"): pytest.approx(2 * number, rel=1e-15) for address, number in NUMBERS.items()
        }
        assert cells["C1"] == pytest.approx((0.1 + 0.2) ** 2 + 1 / 9, rel=1e-15)
        assert isinstance(cells["C3"], float)  # NOW(), which came without a value


@pytest.mark.parity
def test_libreoffice_reads_each_text_as_it_was(office: Office, finished: bytes, tmp_path: Path) -> None:
    path = tmp_path / "finished.xlsx"
    path.write_bytes(finished)
    with office.open(path) as document:
        cells = document.cells()[TITLE]
        assert [cells[f"D{row}"] for row in range(1, len(TEXTS) + 1)] == TEXTS
        assert not document.formulas()[TITLE].keys() & {f"D{row}" for row in range(1, len(TEXTS) + 1)}


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("collecting", [False, True])
def test_garbage_is_collected_again_after_a_workbook(fails: bool, collecting: bool) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        with contextlib.suppress(KeyError), uncollected(), uncollected():
            assert not gc.isenabled()
            if fails:
                raise KeyError
        assert gc.isenabled() == collecting
    finally:
        gc.enable()
