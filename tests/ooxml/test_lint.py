"""The preflight linter: each rule has a workbook that breaks it and no other, and our own workbooks break none."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.formatting.rule import FormulaRule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableColumn
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli import app
from reportgen.ooxml.lint import RULES, NotLinted, lint, lint_parts
from reportgen.render.excel.file.finish import finish
from reportgen.render.excel.workbook import workbook_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

Parts = dict[str, bytes]
SPECS = Path(__file__).parents[2] / "specs"
SHEET, TABLE, STYLES = "xl/worksheets/sheet1.xml", "xl/tables/table1.xml", "xl/styles.xml"
BOOK, STRINGS, CHART = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/charts/chart1.xml"
RELS = "xl/worksheets/_rels/sheet1.xml.rels"


def whole() -> bytes:
    """A workbook with one of everything that rules look at, and nothing wrong."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Data"
    for row in (["x", "y", None, "note"], [1.0, "=t_data[[#This Row],[x]]*2"], [2.0, "=t_data[[#This Row],[x]]*2"]):
        sheet.append(row)
    sheet["F1"], sheet["F2"] = "=SUM(t_data[x])+usual", 5.0
    sheet["F2"].number_format = '0.0" km"'
    columns = [TableColumn(id=1, name="x"), TableColumn(id=2, name="y")]
    sheet.add_table(Table(displayName="t_data", name="t_data", ref="A1:B3", tableColumns=columns))
    book.defined_names["usual"] = DefinedName("usual", attr_text="'Data'!$F$2")
    rule = DataValidation(type="list", formula1='"a,b"', showErrorMessage=True, errorTitle="No", error="a or b")
    rule.add("D2")
    sheet.add_data_validation(rule)
    sheet.conditional_formatting.add("A2:A3", FormulaRule(formula=["$A2>1"]))
    sheet["D1"].hyperlink = "https://example.org/"
    sheet["D3"] = "back"
    sheet["D3"].hyperlink = Hyperlink(ref="D3", location="'Data'!A1")
    sheet.column_dimensions["A"].width = 20
    sheet.merge_cells("H1:I1")
    chart = ScatterChart(scatterStyle="lineMarker")
    chart.series.append(
        Series(Reference(sheet, min_col=1, min_row=2, max_row=3), Reference(sheet, min_col=2, min_row=2))
    )
    sheet.add_chart(chart, "K1")
    return finish(book, {"Data": {"B2": 2.0, "B3": 4.0, "F1": 8.0}})


def parts_of(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def base() -> Parts:
    return parts_of(whole())


def test_a_workbook_with_nothing_wrong_has_no_findings(base: Parts) -> None:
    assert lint_parts(base) == []


def put(name: str, old: str, new: str) -> Callable[[Parts], None]:
    """Replace a text in a part."""

    def change(parts: Parts) -> None:
        text = parts[name].decode()
        assert old in text, (name, old)
        parts[name] = text.replace(old, new, 1).encode()

    return change


def formula(text: str) -> Callable[[Parts], None]:
    """Another formula in F1."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return put(SHEET, "<f>SUM(t_data[x])+usual</f>", f"<f>{escaped}</f>")


def name(text: str, target: str = "'Data'!$A$1") -> Callable[[Parts], None]:
    """One more name."""
    return put(BOOK, "</definedNames>", f'<definedName name="{text}">{target}</definedName></definedNames>')


def add(name: str, data: bytes = b"<a/>") -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts[name] = data

    return change


def second_table(name: str, ref: str) -> Callable[[Parts], None]:
    """One more table on the sheet."""

    def change(parts: Parts) -> None:
        text = parts[TABLE].decode().replace('displayName="t_data"', f'displayName="{name}"').replace("A1:B3", ref)
        parts["xl/tables/table2.xml"] = text.encode()
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            b"</Types>",
            b'<Override PartName="/xl/tables/table2.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            b'spreadsheetml.table+xml"/></Types>',
        )
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/table"
        put(
            RELS,
            "</Relationships>",
            f'<Relationship Id="rId99" Type="{kind}" Target="../tables/table2.xml"/></Relationships>',
        )(parts)

    return change


def cells(text: str) -> Callable[[Parts], None]:
    """One more row of cells."""
    return put(SHEET, "</sheetData>", f'<row r="20">{text}</row></sheetData>')


EXTENDED = (
    '<extLst><ext uri="{{X}}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">{}</ext></extLst></worksheet>'
)
"""Where newer programs put rules that refer to other sheets."""


def newer_validation(text: str, **options: str) -> Callable[[Parts], None]:
    given = "".join(
        f' {name}="{value}"' for name, value in ({"type": "list", "showErrorMessage": "1"} | options).items()
    )
    rule = f"<x14:dataValidation{given}><x14:formula1><xm:f>{text}</xm:f></x14:formula1><xm:sqref>D2</xm:sqref>"
    rules = f"<x14:dataValidations>{rule}</x14:dataValidation></x14:dataValidations>"
    return put(SHEET, "</worksheet>", EXTENDED.format(rules))


def newer_condition(text: str) -> Callable[[Parts], None]:
    rule = f'<x14:cfRule type="expression"><xm:f>{text}</xm:f></x14:cfRule><xm:sqref>D2</xm:sqref>'
    rules = f"<x14:conditionalFormattings><x14:conditionalFormatting>{rule}</x14:conditionalFormatting>"
    return put(SHEET, "</worksheet>", EXTENDED.format(rules + "</x14:conditionalFormattings>"))


def condition(text: str) -> Callable[[Parts], None]:
    return put(SHEET, "<formula>$A2&gt;1</formula>", f"<formula>{text}</formula>")


def strict(parts: Parts) -> None:
    """In the other form of the format, as Excel saves it when asked to."""
    for name, data in parts.items():
        for old, new in STRICT.items():
            data = data.replace(old, new)
        parts[name] = data


STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships"
    ),
}


def chart(pattern: str, new: str) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        text, count = re.subn(pattern, new, parts[CHART].decode(), count=1)
        assert count
        parts[CHART] = text.encode()

    return change


BROKEN: list[tuple[str, Any]] = [
    ("damaged part", put(STYLES, "<styleSheet", "<styleSheet <")),
    ("doctype", put(STYLES, "<styleSheet", "<!DOCTYPE styleSheet [<!ENTITY a 'b'>]><styleSheet")),
    ("strict form", strict),
    ("missing part", put(RELS, "../drawings/drawing1.xml", "../drawings/drawing9.xml")),
    ("absolute target", put(RELS, "../tables/table1.xml", "/xl/tables/table1.xml")),
    ("content type", add("xl/extra.odd")),
    ("external link", formula("[1]Data!A1")),
    ("external link", formula("SUM('[1]Data'!A1)")),
    ("external link", formula("[1]!usual")),
    ("external link", formula(r"'C:\[b.xlsx]S'!A1")),
    ("external link", formula("'file:///tmp/o.xlsx'#$S.A1")),
    ("external link", name("total", "[1]Data!$A$1")),
    ("external link", put(SHEET, '"a,b"', "[1]Data!$A$1:$A$3")),
    ("external link", newer_validation("[1]Data!$A$1:$A$3")),
    ("external link", condition("[1]Data!$A$1&gt;1")),
    ("external link", newer_condition("'[1]Data'!$A$1&gt;1")),
    ("external link", add("xl/externalLinks/externalLink1.xml")),
    ("active content", put("[Content_Types].xml", "sheet.main+xml", "sheet.macroEnabled.main+xml")),
    ("active content", add("xl/embeddings/object.xml")),
    *[("name is a cell", name(text)) for text in ("fp8", "kv1", "h100", "R1C1", "r", "c", "w4")],
    ("name is reserved", name("SUM")),
    ("name is reserved", name("true")),
    ("name characters", name("grö\u00dfe")),
    ("name characters", name("a" * 256)),
    ("name twice", name("USUAL")),
    ("name twice", name("T_Data")),
    ("name target", name("total", "SUM(Data!$A$1:$A$3)")),
    ("name target", name("total", "t_data[x]")),
    ("name target", name("total", "'Nowhere'!$A$1")),
    ("table name", second_table("AB12", "H5:I6")),
    ("table heads", put(TABLE, 'name="y"', 'name="z"')),
    ("table columns", put(TABLE, 'name="y"', 'name="X"')),
    ("table columns", put(TABLE, 'id="2" name="y"', 'id="1" name="y"')),
    ("table overlap", second_table("t_other", "B1:C3")),
    ("table is empty", put(TABLE, 'ref="A1:B3"', 'ref="A1:B1"')),
    ("table and merged cells", put(SHEET, 'ref="H1:I1"', 'ref="A2:B2"')),
    ("array in table", put(SHEET, '<c r="B2"><f>', '<c r="B2"><f t="array" ref="B2:B3">')),
    ("table and filter", put(SHEET, "<mergeCells", '<autoFilter ref="A1:D3"/><mergeCells')),
    ("sheet title", put(BOOK, 'name="Data"', 'name="Da/ta"')),
    ("sheet title", put(BOOK, 'name="Data"', f'name="{"D" * 32}"')),
    ("sheet title", put(BOOK, 'name="Data"', 'name="History"')),
    ("sheet title twice", put(BOOK, "</sheets>", '<sheet name="DATA" sheetId="9"/></sheets>')),
    ("sheet size", put(SHEET, "</sheetData>", '<row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>')),
    ("sheet size", put(SHEET, "</sheetData>", '<row r="9"><c r="XFE9"><v>1</v></c></row></sheetData>')),
    *[("column width", put(SHEET, 'width="20"', f'width="{width}"')) for width in ("256", "abc", "-1", "nan")],
    ("link target", put(RELS, "https://example.org/", "file:///etc/passwd")),
    ("link target", put(RELS, "https://example.org/", "javascript:alert(1)")),
    ("link target", put(RELS, "https://example.org/", "https://" + "a" * 2080)),
    ("link target", put(SHEET, "'Data'!A1", "'Nowhere'!A1")),
    ("link target", put(SHEET, "'Data'!A1", "unheard_of")),
    ("too many links", put(SHEET, "</hyperlinks>", '<hyperlink ref="A1" location="usual"/>' * 65530 + "</hyperlinks>")),
    ("validation reference", put(SHEET, '"a,b"', "t_data[x]")),
    ("validation reference", put(SHEET, '"a,b"', "{1,2}")),
    ("validation reference", newer_validation("t_data[x]")),
    ("validation list", newer_validation(f'"{"a," * 128}"')),
    ("validation message", newer_validation("$A$2:$A$3", error="N" * 256)),
    ("validation is silent", newer_validation("$A$2:$A$3", showErrorMessage="0")),
    ("validation list", put(SHEET, '"a,b"', f'"{"a," * 128}"')),
    ("validation message", put(SHEET, 'errorTitle="No"', f'errorTitle="{"N" * 33}"')),
    ("validation message", put(SHEET, 'error="a or b"', f'error="{"N" * 256}"')),
    ("validation is silent", put(SHEET, 'showErrorMessage="1"', 'showErrorMessage="0"')),
    ("condition reference", condition("t_data[x]&gt;1")),
    ("condition reference", newer_condition("SUM(t_data[x])&gt;1")),
    ("condition reference", newer_condition("MATCH(D2,{1,2},0)")),
    ("formula length", formula("+".join(["usual"] * 2000))),
    ("formula depth", formula("ABS(" * 65 + "1" + ")" * 65)),
    ("text in formula", formula('"' + "a" * 256 + '"')),
    ("leading equals sign", formula("=usual")),
    *[("new function", formula(f"{f}(usual,1)")) for f in ("IFS", "MAXIFS", "XLOOKUP", "LET", "STDEV.S", "SORT")],
    *[("volatile function", formula(f"{f}(usual)")) for f in ("INDIRECT", "OFFSET", "RAND", "NOW")],
    ("function reaches out", formula('_xlfn.WEBSERVICE("http://x")')),
    *[("function reaches out", formula(f"{f}(usual)")) for f in ("_xlfn.IMAGE", "RTD", "_xlfn._xlws.PY", "CUBEVALUE")],
    ("function reaches out", formula('WEBSERVICE ("http://x")')),
    ("function reaches out", formula("_xlfn.MAP(A1:A2,_xleta.WEBSERVICE)")),
    ("function reaches out", formula("cmd|'/C calc'!A0")),
    ("function reaches out", name("total", 'WEBSERVICE("http://x")')),
    ("function reaches out", put(SHEET, '"a,b"', 'WEBSERVICE("http://x")')),
    ("function reaches out", newer_validation('WEBSERVICE("http://x")')),
    ("function reaches out", condition('WEBSERVICE("http://x")=1')),
    ("function reaches out", newer_condition('WEBSERVICE("http://x")=1')),
    ("this row", formula("t_data[@x]")),
    ("bare table", formula("ROWS(t_data)")),
    ("bare table", formula("ROWS(t_data[])")),
    ("bare table", formula("ROWS(t_data[#All])")),
    ("bare table", formula("SUM(t_data[#Data])")),
    ("reference to nothing", formula("SUM(t_data[z])")),
    ("reference to nothing", formula("SUM(t_none[x])")),
    ("reference to nothing", formula("SUM(t_data[[#Totals],[z]])")),
    ("reference to nothing", formula("SUM(t_data[#Sums])")),
    ("reference to nothing", formula("Nowhere!A1")),
    ("reference to nothing", formula("SUM('Data:Nowhere'!A1)")),
    ("reference to nothing", formula("A1+#REF!")),
    ("unknown name", formula("bose+1")),
    ("unknown name", formula("FROBNICATE(1)")),
    ("unknown name", formula("_xlfn.MAP(A1:A2,_xleta.FROBNICATE)")),
    ("this row", formula("SUM([x])")),
    ("name target", name("total", "'Data'!$A$1,'Nowhere'!$A$1")),
    ("array condition", formula("SUMPRODUCT(IF(t_data[x]>1,1,0))")),
    ("text length", put(STRINGS, "<t>note</t>", f"<t>{'a' * 32768}</t>")),
    ("control character", put(STRINGS, "<t>note</t>", "<t>_x0007_</t>")),
    ("shared text", put(SHEET, '<c r="A1" t="s"><v>', '<c r="A1" t="s"><v>99')),
    *[("number", put(SHEET, "<v>5</v>", f"<v>{text}</v>")) for text in ("NaN", "four", "1_0")],
    ("shared text", put(SHEET, '<c r="A1" t="s"><v>0', '<c r="A1" t="s"><v>\u00b2')),
    ("formula without value", put(SHEET, "<v>8</v>", "")),
    ("number format", put(STYLES, 'formatCode="0.0&quot; km&quot;"', 'formatCode="0.0&quot; km"')),
    ("number format", put(STYLES, 'formatCode="0.0&quot; km&quot;"', 'formatCode="0;0;0;0;0"')),
    ("chart reference", chart("'Data'!", "'Nowhere'!")),
    ("chart reference", chart(r"<c:f>[^<]*</c:f>|<f>[^<]*</f>", "<f>usual</f>")),
    ("chart style", chart(r"<(c:)?scatterStyle[^>]*/>", "")),
    ("chart axis", chart(r"<(c:)?delete[^>]*/>", "")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "change"), BROKEN, ids=[f"{rule}-{i}" for i, (rule, _) in enumerate(BROKEN)])
def test_each_rule_is_broken_by_a_workbook(rule: str, change: Callable[[Parts], None], base: Parts) -> None:
    parts = dict(base)
    change(parts)
    found = lint_parts(parts)
    assert rule in {finding.rule for finding in found}, found
    assert all(finding.text and finding.where for finding in found)


SHOWN = ("showLegendKey", "showVal", "showCatName", "showSerName")
LABELS = [
    ("scatterChart", ("showVal",), {"chart labels"}),
    ("scatterChart", SHOWN, set()),  # LibreOffice names no bubbles, and the percentage of pies alone
    ("pieChart", SHOWN, {"chart labels"}),
    ("pieChart", (*SHOWN, "showPercent"), set()),
    ("bubbleChart", (*SHOWN, "showPercent"), {"chart labels"}),
]


@pytest.mark.parametrize(("kind", "shown", "rules"), LABELS)
def test_labels_say_what_they_show(kind: str, shown: tuple[str, ...], rules: set[str], base: Parts) -> None:
    parts = dict(base)
    prefix = "" if b"</ser>" in parts[CHART] else "c:"
    flags = "".join(f'<{prefix}{flag} val="0"/>' for flag in shown)
    put(CHART, f"</{prefix}ser>", f"<{prefix}dLbls>{flags}</{prefix}dLbls></{prefix}ser>")(parts)
    parts[CHART] = parts[CHART].replace(b"scatterChart", kind.encode())
    assert {f.rule for f in lint_parts(parts)} == rules


SOUND = [
    *("SUM(A:A)", "SUM(Data!A:A)", "SUM(Data!$A:$B)", "INDEX(B:B,3)", "SUM(1:1)", "SUM($1:3)", "SUM(Data!2:2)"),
    *("IF(A1=1,#N/A,1)", "#DIV/0!", "ISERROR(#NAME?)", "IFERROR(#NULL!,#NUM!)", "#VALUE!", "#SPILL!+#GETTING_DATA"),
    *("_xlfn.LET(_xlpm.x,1,_xlpm.x+1)", "_xlfn.MAP(A1:A2,_xlfn.LAMBDA(_xlpm.a,_xlpm.a*2))"),
    "_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.a,_xlpm.a),_xlpm.f(1))",
    *("_xlfn.ANCHORARRAY(A1)", "_xlfn.SINGLE(A1)", "_xlfn.BYROW(A1:B2,_xleta.SUM)", "_xlfn._xlws.SORT(A1:A2)"),
    *("_xlfn.GROUPBY(A1:A2,B1:B2,_xleta.SUM)", "_xlfn.REGEXTEST(A1,B1)", "_xlfn._TRO_TRAILING(A:A)"),
    *("NETWORKDAYS.INTL(A1,A2)", "ACCRINTM(1,2,3,4)", "IMSUM(1,2)", "ODDFPRICE(1,2,3,4,5,6,7,8)", "DSTDEVP(A1,1,A2)"),
    *("SUM(Data:More!A1)", "SUM('Data:More'!A1)", "SUM(Data!A1:Data!B2)", "SUM(A1:Data!B2)", "[0]!usual"),
    *("t_data[[#Totals],[x]]", "t_data[[#All],[x]]", "t_data[[#Data],[x]:[y]]"),
    *("t_data[[#Headers],[#Data],[x]]", "t_data[[x]:[y]]", "t_data[[#This Row],[x]:[y]]"),
    *("t_quoted[it''s]", "t_quoted[[#All],[it''s]]", "t_quoted['[b'] '#1]", "usual (A1)", '"#REF! [1]Data!A1 CALL("'),
    *("IF(1,\"a|'b!\",2)", "'Data'!usual", "1.5E-3+.5%", "INDEX(A1:B2,1,1):B2", "SUM((A1:B2,D1))", "T(\"a\")&CHAR(10)"),
]  # fmt: skip


@pytest.mark.parametrize("text", SOUND)
def test_formulas_of_other_makers_are_sound(text: str, base: Parts) -> None:
    parts = dict(base)
    columns = '<tableColumn id="1" name="it\'s"/><tableColumn id="2" name="[b] #1"/>'
    second_table("t_quoted", "H5:I6")(parts)
    parts["xl/tables/table2.xml"] = re.sub(
        rb"<tableColumns.*</tableColumns>", f'<tableColumns count="2">{columns}</tableColumns>'.encode(),
        parts["xl/tables/table2.xml"],
    )  # fmt: skip
    heads = '<c r="H5" t="inlineStr"><is><t>it\'s</t></is></c><c r="I5" t="inlineStr"><is><t>[b] #1</t></is></c>'
    put(SHEET, "</sheetData>", f'<row r="5">{heads}</row></sheetData>')(parts)
    put(BOOK, "</sheets>", '<sheet name="More" sheetId="9"/></sheets>')(parts)
    formula(text)(parts)
    assert lint_parts(parts) == []


TARGETS = ["Data!$A:$A", "'Data'!$1:$2", "Data!$A$1,Data!$C$1:$C$3", "'Data'!$A$1, 'Data'!$C$1"]


@pytest.mark.parametrize("target", TARGETS)
def test_names_may_stand_for_several_areas(target: str, base: Parts) -> None:
    parts = dict(base)
    name("several", target)(parts)
    assert lint_parts(parts) == []


@pytest.mark.parametrize(
    "change",
    [
        newer_validation("Data!$A$2:$A$3"), newer_validation('"a,b"'), newer_condition("Data!$A$2&gt;1"),
        put(SHEET, '<c r="B2"><f>', '<c r="B2"><f t="array" ref="B2">'),
        put(SHEET, "'Data'!A1", "A1"),
        cells('<c r="A20"><f t="array" ref="A20:A21">A1:A2</f><v>1</v></c>'),
    ],
)  # fmt: skip
def test_what_other_makers_write_is_sound(change: Callable[[Parts], None], base: Parts) -> None:
    parts = dict(base)
    change(parts)
    assert lint_parts(parts) == []


def test_a_table_may_have_totals_and_no_heads(base: Parts) -> None:
    parts = dict(base)
    put(TABLE, 'ref="A1:B3"', 'ref="A2:B3"')(parts)
    put(TABLE, 'headerRowCount="1"', 'headerRowCount="0"')(parts)
    assert {f.rule for f in lint_parts(parts)} == set()
    parts = dict(base)
    put(TABLE, 'ref="A1:B3"', 'ref="A1:B2" totalsRowCount="1"')(parts)
    assert {f.rule for f in lint_parts(parts)} == {"table is empty"}


def test_names_of_parts_may_differ_in_case(base: Parts) -> None:
    parts = {name.replace("sheet1.xml", "Sheet1.xml").replace("workbook.xml", "Workbook.xml"): data
             for name, data in base.items()}  # fmt: skip
    assert lint_parts(parts) == []
    parts[SHEET.replace("sheet1", "Sheet1")] = parts[SHEET.replace("sheet1", "Sheet1")].replace(b"+usual", b"+bose")
    assert {f.rule for f in lint_parts(parts)} == {"unknown name"}


def test_hints_on_pronunciation_are_no_text(base: Parts) -> None:
    parts = dict(base)
    put(STRINGS, "<t>x</t>", '<r><t>x</t></r><rPh sb="0" eb="1"><t>eks</t></rPh>')(parts)
    assert lint_parts(parts) == []


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "change",
    [
        put(BOOK, "<workbook", "<workbook <"),
        put(BOOK, "<workbook ", BOMB + ']><workbook a="&i;" '),
        put(BOOK, "<workbook", BOMB + "]><workbook>&i;</workbook><workbook"),
        lambda parts: parts.pop(BOOK),
    ],
)
def test_a_damaged_main_part_is_one_message(
    change: Callable[[Parts], None], base: Parts, tmp_path: Path
) -> None:  # fmt: skip
    parts, path = dict(base), tmp_path / "damaged.xlsx"
    change(parts)
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    result = CliRunner().invoke(app, ["lint", str(path)])
    assert result.exit_code == 2, result.output
    assert "not a workbook" in result.output
    assert str(path) in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_looking_stops_after_its_time(base: Parts) -> None:
    with pytest.raises(NotLinted, match="longer than 0 s"):
        lint_parts(base, 0.0)


def test_a_bad_formula_is_told_in_few_words(base: Parts) -> None:
    parts = dict(base)
    formula("+".join(f"odd_{i}" for i in range(500)))(parts)
    assert len(lint_parts(parts)) == 20


def test_openpyxl_finds_no_sheets_in_the_strict_form(base: Parts) -> None:
    """Which is why it is a finding."""
    parts, buffer = dict(base), io.BytesIO()
    strict(parts)
    with zipfile.ZipFile(buffer, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    with pytest.warns(UserWarning, match="will be removed"):
        assert openpyxl.load_workbook(buffer).sheetnames == []


def test_no_rule_goes_untested() -> None:
    assert {rule for rule, _ in BROKEN} | {"chart labels"} == set(RULES)


@pytest.mark.parametrize("style", ["structured", "a1"])
@pytest.mark.parametrize("spec", ["alice", "bob", "llm_viewer_network"])
def test_our_own_workbooks_have_no_findings(spec: str, style: str) -> None:
    assert lint(workbook_bytes(api.evaluate(SPECS / f"{spec}.yaml"), style)) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"text", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_workbook_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a workbook"):
        lint(content)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_damage_is_a_finding_or_an_error_and_never_a_crash(data: st.DataObject) -> None:
    parts = parts_of(_WHOLE)
    name = data.draw(st.sampled_from(sorted(parts)))
    at = data.draw(st.integers(0, len(parts[name]) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=6))
    parts[name] = parts[name][:at] + noise + parts[name][at + len(noise) :]
    try:
        found = lint_parts(parts)
    except ValueError:
        return
    assert all(finding.rule in RULES for finding in found)


_WHOLE = whole()
