"""Files that are no workbook, or one that could do harm: one clear message, nothing written, nothing executed."""

from __future__ import annotations

import contextlib
import io
import re
import time
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reportgen.book.library.library import library
from reportgen.cli import app
from reportgen.errors import SpecError
from reportgen.intake.workbook.read import sheets
from reportgen.ooxml import untrusted as package

if TYPE_CHECKING:
    from pathlib import Path

Parts = dict[str, bytes]
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STRINGS = "xl/sharedStrings.xml"


def packed(parts: Parts) -> bytes:
    """A package of parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def unpacked(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(content: bytes, change: Callable[[Parts], object]) -> bytes:
    """The package after a change of its parts."""
    parts = unpacked(content)
    change(parts)
    return packed(parts)


def sheet_of(parts: Parts, title: str) -> str:
    """The part of a sheet."""
    book = parts["xl/workbook.xml"].decode()
    found = re.search(rf'<sheet [^>]*name="{title}"[^>]*?r:id="(\w+)"', book) or re.search(
        rf'<sheet [^>]*name="{title}"[^>]*?id="(\w+)"', book
    )
    assert found
    target = re.search(rf'<Relationship [^>]*?Id="{found[1]}"[^>]*?>', parts["xl/_rels/workbook.xml.rels"].decode())
    assert target
    name = re.search(r'Target="([^"]+)"', target[0])
    assert name
    return f"xl/{name[1].removeprefix('/xl/')}"


def with_formula(text: str) -> Callable[[Parts], object]:
    """A change that puts a formula into the first cell of the Summary."""

    def change(parts: Parts) -> None:
        name = sheet_of(parts, "Summary")
        parts[name] = re.sub(
            rb"</sheetData>", f'<row r="999"><c r="A999"><f>{text}</f></c></row></sheetData>'.encode(), parts[name]
        )

    return change


def with_entity(parts: Parts) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    name = sheet_of(parts, "Summary")
    parts[name] = parts[name].replace(b"<worksheet", bomb + b"<worksheet", 1)


def replaced(parts: Parts, name: str, old: bytes, new: bytes) -> None:
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new, 1)


def other_book() -> bytes:
    buffer = io.BytesIO()
    openpyxl.Workbook().save(buffer)
    return buffer.getvalue()


def renamed(parts: Parts) -> None:
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b'name="Options"', b'name="Ours"')


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "this is not a workbook"),
    "a text": (lambda _: b"schema: 1\n", "this is not a workbook"),
    "an old workbook": (lambda _: OLD + bytes(600), "old format (.xls), or one with a password"),
    "cut off": (lambda built: built[: len(built) // 2], "damaged or cut off"),
    "no list of parts": (lambda _: b"PK\x03\x04" + bytes(100), "damaged or cut off"),
    "another zip": (lambda _: packed({"a.txt": b"a"}), "not a workbook (.xlsx) but a zip file with other contents"),
    "OpenDocument": (lambda _: packed({"content.xml": b"<a/>"}), "an OpenDocument spreadsheet, not a workbook"),
    "a binary workbook": (lambda _: packed({"xl/workbook.bin": b"a"}), "a binary workbook (.xlsb)"),
    "another make": (lambda _: other_book(), "was not made by reportgen"),
    "macros": (lambda b: changed(b, lambda p: p.update({"xl/vbaProject.bin": b"x"})), "holds macros"),
    "links": (
        lambda b: changed(b, lambda p: p.update({"xl/externalLinks/externalLink1.xml": b"<a/>"})),
        "holds links to other workbooks",
    ),
    "an object": (lambda b: changed(b, lambda p: p.update({"xl/embeddings/o.bin": b"x"})), "holds embedded objects"),
    "WEBSERVICE": (lambda b: changed(b, with_formula('WEBSERVICE("http://x")')), "the function WEBSERVICE"),
    "a link to a program": (lambda b: changed(b, with_formula("cmd|'/C calc'!A0")), "a link to another program"),
    "a link in a name": (
        lambda b: changed(b, lambda p: replaced(
            p, "xl/workbook.xml", b"</definedNames>",
            b"<definedName name=\"o\">'file:///tmp/o.xlsx'#$Sheet1.A1</definedName></definedNames>",
        )), "the name 'o' holds a link to another workbook",
    ),
    "a row without a number": (
        lambda b: changed(b, lambda p: replaced(p, sheet_of(p, "Options"), b'<row r="', b'<row r="x')),
        "a row has the number",
    ),
    "entities": (lambda b: changed(b, with_entity), "declares entities"),
    "a damaged part": (
        lambda b: changed(b, lambda p: p.update({sheet_of(p, "Options"): b"<worksheet><sheetData>"})), "is damaged",
    ),
    "a missing part": (lambda b: changed(b, lambda p: p.pop(sheet_of(p, "Options"))), "has no part"),
    "a renamed sheet": (lambda b: changed(b, renamed), "the sheet 'Options' is missing, which holds inputs"),
    "a bomb": (
        lambda b: changed(b, lambda p: p.update({"xl/media/big.bin": bytes(20_000_000)})), "would unpack to",
    ),
    "many parts": (
        lambda b: changed(b, lambda p: p.update({f"xl/media/{i}": b"" for i in range(2100)})), "parts",
    ),
    "a number that is none": (
        lambda b: changed(b, lambda p: replaced(p, sheet_of(p, "Options"), b"<v>4</v>", b"<v>four</v>")), "is damaged",
    ),
    "an edited scenario": (
        lambda b: changed(b, lambda p: replaced(p, STRINGS, b"title: A small", b"title: A large")),
        "was changed after the build",
    ),
    "another library": (
        lambda b: changed(b, lambda p: replaced(p, STRINGS, library(()).hash.encode(), b"0123456789ab")),
        "another library",
    ),
}  # fmt: skip


VERBS = [("import", kind) for kind in HOSTILE]
VERBS += [(verb, kind) for verb in ("diff", "build") for kind in ("a text", "WEBSERVICE", "a link in a name")]


@pytest.mark.parametrize(("verb", "kind"), VERBS)
def test_one_clear_message_and_nothing_written(kind: str, verb: str, built: bytes, tmp_path: Path) -> None:
    make, said = HOSTILE[kind]
    path, out = tmp_path / "edited.xlsx", tmp_path / "out"
    path.write_bytes(make(built))
    options = {"import": ["-o", str(out / "x.yaml")], "diff": [], "build": ["-o", str(out), "--format", "json"]}
    result = CliRunner().invoke(app, [verb, str(path), *options[verb]])
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert str(path) in result.output
    assert "Traceback" not in result.output
    assert not out.exists()
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_reading_stops_after_its_time(built: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edited.xlsx"
    path.write_bytes(built)
    monkeypatch.setattr(package, "SECONDS", -1.0)
    with pytest.raises(SpecError, match="longer than"):
        sheets.read_workbook(path)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "no.xlsx", "there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(SpecError, match=said):
            sheets.read_workbook(path)


# --- a workbook of a few lines ---------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NEWER = (
    '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">{}</ext></extLst>'
)
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="bin" ContentType="{}"/>{}</Types>'
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def related(*relations: tuple[str, str, str]) -> str:
    """A list of relationships: kind, target, and what else is said."""
    found = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/{kind}" Target="{target}" {more}/>'
        for i, (kind, target, more) in enumerate(relations)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'
    )


def tiny(rows: str = "", beside: str = "", names: str = "", texts: str = "", table: str = "") -> dict[str, str]:
    """The parts of a workbook with one sheet."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{beside}</worksheet>'
    kinds = [("worksheet", "worksheets/sheet1.xml", ""), ("sharedStrings", "sharedStrings.xml", "")]
    parts = {
        "[Content_Types].xml": TYPES.format("application/octet-stream", ""),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="S" sheetId="1" r:id="r0"/></sheets><definedNames>{names}</definedNames></workbook>',
        "xl/_rels/workbook.xml.rels": related(*kinds),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
    }
    if table:
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = related(("table", "../tables/table1.xml", ""))
        parts["xl/tables/table1.xml"] = table
    return parts


@pytest.fixture
def read(tmp_path: Path) -> Callable[[dict[str, str]], sheets.EditedWorkbook]:
    """Reads a workbook of such parts."""

    def reading(parts: dict[str, str]) -> sheets.EditedWorkbook:
        path = tmp_path / "tiny.xlsx"
        path.write_bytes(packed({name: data.encode() for name, data in parts.items()}))
        return sheets.read_workbook(path)

    return reading


Read = Callable[[dict[str, str]], sheets.EditedWorkbook]
MAPPING = (
    f'<table xmlns="{MAIN}" displayName="t" ref="A1:B4"{{}}><tableColumns><tableColumn name="a"/>'
    '<tableColumn name="b">{}</tableColumn></tableColumns></table>'
)


# --- what reaches out of a workbook ----------------------------------------------------------------------------------


def in_cell(text: str) -> dict[str, str]:
    return tiny(f'<row r="2"><c r="B2"><f>{escaped(text)}</f></c></row>')


def in_name(text: str) -> dict[str, str]:
    return tiny(names=f'<definedName name="n" localSheetId="0">{escaped(text)}</definedName>')


def in_condition(text: str) -> dict[str, str]:
    rule = f'<cfRule type="expression"><formula>{escaped(text)}</formula></cfRule>'
    return tiny(beside=f'<conditionalFormatting sqref="B2">{rule}</conditionalFormatting>')


def in_bar(text: str) -> dict[str, str]:
    rule = f'<cfRule type="dataBar"><dataBar><cfvo type="formula" val="{escaped(text)}"/></dataBar></cfRule>'
    return tiny(beside=f'<conditionalFormatting sqref="B2">{rule}</conditionalFormatting>')


def in_validation(text: str) -> dict[str, str]:
    rule = f'<dataValidation sqref="B2"><formula1>1</formula1><formula2>{escaped(text)}</formula2></dataValidation>'
    return tiny(beside=f"<dataValidations>{rule}</dataValidations>")


def in_newer_condition(text: str) -> dict[str, str]:
    rule = f"<x14:cfRule><xm:f>{escaped(text)}</xm:f></x14:cfRule><xm:sqref>B2</xm:sqref>"
    return tiny(beside=NEWER.format(f"<x14:conditionalFormatting>{rule}</x14:conditionalFormatting>"))


def in_newer_validation(text: str) -> dict[str, str]:
    rule = f"<x14:formula1><xm:f>{escaped(text)}</xm:f></x14:formula1><xm:sqref>B2</xm:sqref>"
    return tiny(beside=NEWER.format(f"<x14:dataValidation>{rule}</x14:dataValidation>"))


def in_column(text: str) -> dict[str, str]:
    formula = f"<calculatedColumnFormula>{escaped(text)}</calculatedColumnFormula>"
    return tiny(table=MAPPING.format("", formula))


PLACES = {
    in_cell: "S!B2", in_name: "the name 'n'", in_condition: "a conditional format on S!B2",
    in_bar: "a conditional format on S!B2", in_validation: "a data validation on S!B2",
    in_newer_condition: "a conditional format of the sheet 'S'",
    in_newer_validation: "a data validation of the sheet 'S'",
    in_column: "the table 't'",
}  # fmt: skip
OUTWARD = {
    'WEBSERVICE("http://x")': "the function WEBSERVICE", 'webservice ("http://x")': "the function WEBSERVICE",
    '1+_xlfn.WEBSERVICE("http://x")': "the function WEBSERVICE", '_xlfn.IMAGE("http://x")': "the function IMAGE",
    'RTD("a",,"b")': "the function RTD", 'CALL("kernel32","x","J")': "the function CALL",
    'REGISTER.ID("a","b")': "the function REGISTER.ID", 'EXEC("calc")': "the function EXEC",
    "_xlfn._xlws.PY(0,1)": "the function PY", "_xlfn.MAP(A1:A2,_xleta.WEBSERVICE)": "the function WEBSERVICE",
    'DDE("soffice","a","b")': "the function DDE", "_xlfn.STOCKHISTORY(A1,B1)": "the function STOCKHISTORY",
    'WEBSERVICE_x0028_"http://x")': "the function WEBSERVICE",
    "cmd|'/c calc'!A0": "a link to another program", "'cmd'|'/c calc'!A0": "a link to another program",
    "[1]Sheet1!A1": "a link to another workbook", "SUM('[1]My sheet'!A1:A3)": "a link to another workbook",
    "[1]!name": "a link to another workbook", r"'C:\[b.xlsx]S'!A1": "a link to another workbook",
    "'file:///tmp/o.xlsx'#$Sheet1.A1": "a link to another workbook",
    "file:///tmp/o.xlsx#$Sheet1.A1": "a link to another workbook",
    r"'\\host\share\b.xlsx'!name": "a link to another workbook",
}  # fmt: skip


@pytest.mark.parametrize("text", OUTWARD)
@pytest.mark.parametrize("place", PLACES)
def test_formulas_that_reach_out_are_refused(place: Callable[[str], dict[str, str]], text: str, read: Read) -> None:
    with pytest.raises(SpecError) as raised:
        read(place(text))
    assert f": {PLACES[place]} holds {OUTWARD[text]}, which reaches out" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        '"please call (me) or CALL(me)"', "\"a|'b!\"", "RECALL(1)", "MY.CALL(1)", "call+1",
        "IF(A1,\"[1]S!A1\",'CALL(a)'!B1)",
        "t[CALL(x)]", "t[[#This Row],[a|b]]*2", "[@a]/2", "[a]/2", "[0]!name", "'[0]S'!name", "A1/2&\"it's\"",
        '"http://x"', "HYPERLINK(\"https://x/[y]\",1)", "'it''s'!A1/2", "T[x]/'it''s'!A1", "#REF!/2", "{1,2}/2",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", PLACES)
def test_like_formulas_are_not_refused(place: Callable[[str], dict[str, str]], text: str, read: Read) -> None:
    read(place(text))


def test_a_sheet_may_have_a_bar_in_its_title(read: Read) -> None:
    parts = in_cell("'a|b'!A1")
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace('name="S"', 'name="a|b"')
    assert read(parts).sheets["a|b"].cells[2, 2].formula == "'a|b'!A1"


def test_each_kind_is_told_once(read: Read) -> None:
    formulas = ('WEBSERVICE("a")', "1+1", 'WEBSERVICE("b")', "[1]S!A1", 'WEBSERVICE("c")')
    with pytest.raises(SpecError) as raised:
        read(tiny("".join(f"<row><c><f>{escaped(text)}</f></c></row>" for text in formulas)))
    first, second = str(raised.value).splitlines()
    assert "S!A1 and 2 more holds the function WEBSERVICE" in first
    assert "S!A4 holds a link to another workbook" in second


# --- what more than data a workbook may hold -------------------------------------------------------------------------

VBA = "application/vnd.ms-office.vbaProject"
ENABLED = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
HARMFUL = {
    "a link's path": (
        {"xl/a/_rels/b.xml.rels": related(("externalLinkPath", "file:///c:/b.xlsx", 'TargetMode="External"'))},
        "links to other workbooks (xl/a/_rels/b.xml.rels: file:///c:/b.xlsx)",
    ),
    "a picture elsewhere": (
        {"xl/a/_rels/b.xml.rels": related(("image", "http://x/y.png", 'TargetMode="External"'))},
        "links to other files",
    ),
    "macros under another name": (
        {"xl/printer.dat": "x", "[Content_Types].xml": TYPES.format(
            "a", f'<Override PartName="/xl/printer.dat" ContentType="{VBA}"/>')}, "macros (/xl/printer.dat)",
    ),
    "macros by their ending": ({"xl/a.BIN": "x", "[Content_Types].xml": TYPES.format(VBA, "")}, "macros (parts that"),
    "macros by relation": ({"xl/_rels/x.rels": related(("vbaProject", "thing.dat", ""))}, "macros"),
    "a type with macros": (
        {"[Content_Types].xml": TYPES.format("a", f'<Override PartName="/xl/workbook.xml" ContentType="{ENABLED}"/>')},
        "macros (/xl/workbook.xml)",
    ),
    "an old macro sheet": ({"xl/_rels/x.rels": related(("xlMacrosheet", "sheet9.xml", ""))}, "macros"),
    "an object by relation": ({"xl/_rels/x.rels": related(("oleObject", "media/o.dat", ""))}, "embedded objects"),
    "connections": ({"XL/Connections.xml": "<a/>"}, "data connections"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HARMFUL)
def test_parts_that_could_do_harm_are_refused(kind: str, read: Read) -> None:
    parts, said = HARMFUL[kind]
    with pytest.raises(SpecError) as raised:
        read(tiny() | parts)
    assert f"the workbook holds {said}" in str(raised.value)
    assert "it was not read" in str(raised.value)


def test_links_to_pages_and_settings_of_printers_are_no_harm(read: Read) -> None:
    more = related(("hyperlink", "https://x/", 'TargetMode="External"'), ("printerSettings", "../p.bin", ""))
    assert read(tiny() | {"xl/worksheets/_rels/sheet1.xml.rels": more, "xl/p.bin": "x"}).sheets


# --- damage ----------------------------------------------------------------------------------------------------------

SHARED = (
    '<row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A2">{}</f></c></row>'
    '<row r="2"><c><f t="shared" si="{}"/></c></row>'
)
BEYOND = "lies beyond the 1,048,576 rows and 16,384 columns"
DAMAGED = {
    '<row r="x"/>': "a row has the number 'x'", '<row r="9999.0"/>': "a row has the number '9999.0'",
    '<row r="-1"/>': "a row has the number '-1'", '<row r="0"/>': "a row has the number '0'",
    '<row r="1048577"/>': "a row has the number '1048577'", f'<row r="{"9" * 5000}"/>': "a row has the number '9999",
    '<row r="1048576"/><row/>': "", '<row r="1048576"/><row><c><v>1</v></c></row>': f"the cell S!A1048577 {BEYOND}",
    '<row r="1"><c r="A0"><v>1</v></c></row>': f"the cell S!A0 {BEYOND}",
    '<row r="1"><c r="XFE1"/></row>': f"the cell S!XFE1 {BEYOND}",
    '<row r="1"><c r="A1048577"/></row>': f"the cell S!A1048577 {BEYOND}",
    '<row r="1"><c r="XFD1"/><c><v>1</v></c></row>': f"the cell S!XFE1 {BEYOND}",
    '<row r="1"><c r="1A"><v>1</v></c></row>': "a cell has the address '1A'",
    '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>': "the cell S!A1 occurs twice",
    '<row r="1"><c r="B1"><v>four</v></c></row>': "the cell S!B1 is damaged: 'four' is not a number",
    '<row r="1"><c><v>1_0</v></c></row>': "the cell S!A1 is damaged: '1_0' is not a number",
    '<row r="1"><c><v>1e999</v></c></row>': "the cell S!A1 is damaged: '1e999' is not a number",
    '<row r="1"><c><v>NaN</v></c></row>': "the cell S!A1 is damaged: 'NaN' is not a number",
    '<row r="3"><c t="s"><v>1</v></c></row>': "the cell S!A3 is damaged: there is no text 1",
    '<row r="3"><c t="s"><v>-1</v></c></row>': "the cell S!A3 is damaged: there is no text -1",
    '<row r="3"><c t="s"><v>\u00b2</v></c></row>': "the cell S!A3 is damaged: there is no text",
    '<row r="3"><c><f>WEBSERVICE(<t/>1)</f></c></row>': "there is an element in a text",
    SHARED.format("A1)", 0): "", SHARED.format("A0", 0): "",
    SHARED.format("&quot;a", 0): "the cell S!A2 is damaged: the formula that it shares cannot be read",
    SHARED.format("{1", 0): "", SHARED.format("A1", 1): "the cell S!A2 is damaged: the formula that it shares",
    '<row r="2"><c><f t="shared" si="0">A1</f></c></row><row r="1"><c><f t="shared" si="0"/></c></row>':
        "the cell S!A1 is damaged: the formula that it shares",
    f"<row><c><f>{'1+' * 20_000}1</f></c></row>": "the formula of the cell S!A1 has more than 32,768 characters",
    f'<row><c t="str"><v>{"a" * 1_000_001}</v></c></row>': "a text of more than 1,000,000 characters",
}  # fmt: skip


@pytest.mark.parametrize("rows", DAMAGED, ids=range(len(DAMAGED)))
def test_damage_is_told_with_its_place(rows: str, read: Read) -> None:
    """Where nothing is said, programs may differ: it is read or refused, and never a traceback."""
    said = DAMAGED[rows]
    try:
        read(tiny(rows, texts="<si><t>a</t></si>"))
    except SpecError as error:
        assert said in str(error)  # noqa: PT017 - either may be right
    else:
        assert not said


@settings(max_examples=150, deadline=None)
@given(formula=st.text(alphabet="aA1$:!'\"()[]{},;#@+-*/&<> .|_", max_size=25))
def test_any_formula_may_be_shared(formula: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "shared.xlsx"
    path.write_bytes(packed({n: d.encode() for n, d in tiny(SHARED.format(escaped(formula), 0)).items()}))
    with contextlib.suppress(SpecError):
        sheets.read_workbook(path)


def test_a_shared_formula_stands_where_its_cell_stands(read: Read) -> None:
    rows = '<row r="5"><c r="C5"><f t="shared" si="0">A5+$B$1</f></c><c><f t="shared" si="0"/></c></row>'
    rows += '<row><c r="C6"><f t="shared" si="0"/></c></row>'
    cells = read(tiny(rows)).sheets["S"].cells
    assert {place: cell.formula for place, cell in cells.items()} == {
        (5, 3): "A5+$B$1", (5, 4): "B5+$B$1", (6, 3): "A6+$B$1",
    }  # fmt: skip


def test_cells_are_read_as_they_stand(read: Read) -> None:
    rows = (
        '<row r="2"><c r="B2"><v> 1.5 </v></c><c t="s"><v>1</v></c><c t="b"><v>true</v></c><c t="e"><v>#N/A</v></c>'
        '<c t="inlineStr"><is><r><t>a</t></r><rPh><t>x</t></rPh><r><t>b_x000a_c</t></r></is></c><c t="str"><v></v></c>'
        '<c/><c><f/></c><c><f>TRUE()</f><v>1</v></c><c t="str"><v>_xD800_</v></c>'
        '<c><f t="dataTable" ref="A1" r1="B1" r2="C1"/><v>2</v></c></row><row><c><v>2</v></c></row>'
    )
    made = read(tiny(rows, texts="<si><t>a</t></si><si><r><t>b</t></r><rPh><t>x</t></rPh><r><t>c</t></r></si>"))
    cells = made.sheets["S"].cells
    assert [cells[2, column].value for column in range(2, 8)] == [1.5, "bc", True, "#N/A", "ab\nc", ""]
    assert isinstance(cells[2, 5].value, sheets.ErrorText)
    assert ((2, 8) in cells, (2, 9) in cells) == (False, False)
    assert (cells[2, 10].value, cells[2, 10].formula) == (True, None)
    assert cells[2, 11].value == "\ufffd"
    assert cells[2, 12].formula == "TABLE(B1,C1)"
    assert cells[3, 1].value == 2.0


def test_what_is_there_twice_is_refused(read: Read, tmp_path: Path) -> None:
    parts = tiny()
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("</sheets>", '<sheet name="s" r:id="r0"/></sheets>')
    with pytest.raises(SpecError, match="two sheets have the title 's'"):
        read(parts)
    with pytest.raises(SpecError, match=r"holds the part 'xl/[Ww]orkbook.xml' twice"):
        read(tiny() | {"xl/Workbook.xml": "<a/>"})


TABLES = {
    "": ((1, 4), True, False), ' totalsRowCount="1"': ((1, 3), True, True),
    ' headerRowCount="0"': ((0, 4), False, False), ' headerRowCount="0" totalsRowCount="1"': ((0, 3), False, True),
}  # fmt: skip


@pytest.mark.parametrize("more", TABLES)
def test_a_table_is_its_heads_and_its_data(more: str, read: Read) -> None:
    table = read(tiny(table=MAPPING.format(more, ""))).tables["t"]
    (top, bottom), heads, totals = TABLES[more]
    assert table.area == sheets.Area("S", top, 1, bottom, 2)
    assert (table.heads, table.totals) == (heads, totals)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"A1:B4"', '"A1:XFE4"'), ('"A1:B4"', '"A0:B4"'), ('"A1:B4"', '""'), ('"A1:B4"', '"A1:B4" totalsRowCount="x"'),
     ('"A1:B4"', '"A1:B4" headerRowCount="-1"'), ('"A1:B4"', '"A1:B1048577"'), ('"A1:B4"', '"A1:B2:C3"')],
)  # fmt: skip
def test_a_damaged_table_is_told(old: str, new: str, read: Read) -> None:
    with pytest.raises(SpecError, match="the table 't' on the sheet 'S' is damaged"):
        read(tiny(table=MAPPING.format("", "").replace(old, new)))


# --- forms of the format ---------------------------------------------------------------------------------------------


def test_the_strict_form_is_read(read: Read) -> None:
    parts = tiny('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', "", '<definedName name="n">S!$A$1</definedName>',
                 "<si><t>a</t></si>", MAPPING.format("", ""))  # fmt: skip
    strict = {MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
              OFFICE: "http://purl.oclc.org/ooxml/officeDocument/relationships"}  # fmt: skip
    for old, new in strict.items():
        parts = {name: data.replace(old, new) for name, data in parts.items()}
    made = read(parts)
    assert made.sheets["S"].value(1, 1) == "a"
    assert made.tables["t"].columns == ("a", "b")
    assert made.names["n"] == sheets.Area("S", 1, 1, 1, 1)


def test_names_of_parts_may_differ_in_case(read: Read) -> None:
    parts = tiny('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', texts="<si><t>a</t></si>")
    made = read(
        {name.replace("workbook", "Workbook").replace("sheet1", "Sheet1"): data for name, data in parts.items()}
    )
    assert made.sheets["S"].value(1, 1) == "a"


def test_the_main_part_may_have_another_name(read: Read) -> None:
    parts = {name.replace("xl/workbook", "xl/book").replace("workbook.xml.rels", "book.xml.rels"): data
             for name, data in tiny().items()}  # fmt: skip
    assert read(parts | {"_rels/.rels": related(("officeDocument", "xl/book.xml", ""))}).sheets.keys() == {"S"}
    with pytest.raises(SpecError, match="a zip file with other contents"):
        read({"_rels/.rels": related(("officeDocument", "word/document.xml", "")), "word/document.xml": "<document/>"})


# --- limits ----------------------------------------------------------------------------------------------------------

LIMITS = {
    "MAX_CELLS": (3, tiny("<row><c/><c/><c/><c/></row>"), "more than 3 cells"),
    "MAX_TEXTS": (3, tiny(texts="<si/>" * 4), "more than 3 texts"),
    "MAX_KEPT": (1000, tiny("<row><c t='str'><v>a</v></c></row>" * 20), "texts and formulas take more than"),
    "MAX_ELEMENTS": (50, tiny(names="<definedName/>" * 50), "'xl/workbook.xml' has more than 50 elements"),
    "MAX_TREE": (500, tiny(names=" " * 500), "'xl/workbook.xml' is larger than"),
    "MAX_DEPTH": (20, tiny("<x>" * 20 + "</x>" * 20), "has more than 20 levels"),
    "MAX_NAMES": (50, tiny("".join(f"<x{i}/>" for i in range(60))), "is not in a form that programs write"),
    "MAX_TAG": (1000, tiny(f'<x y="{"a" * 200_000}"/>'), "is not in a form that programs write"),
    "MAX_PARTS": (5, tiny() | {"xl/a.xml": ""}, "the file has 6 parts"),
    "_MOST_LISTED": (5, tiny() | {"xl/a.xml": ""}, "the file has more than 2000 parts"),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_what_is_read_is_limited(limit: str, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    most, parts, said = LIMITS[limit]
    read(parts)
    monkeypatch.setattr(package, limit, most)
    with pytest.raises(SpecError, match=re.escape(said)):
        read(parts)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("".join(f'<x xmlns:p{i}="u{i}"/>' for i in range(20_001)), "is not in a form that programs write"),
        ("<row>" + "<c/>" * 1_000_000 + "</row>", "the cell S!XFE1 lies beyond"),
    ],
)
def test_what_would_exhaust_memory_ends_soon(rows: str, said: str, read: Read) -> None:
    start = time.monotonic()
    with pytest.raises(SpecError, match=said):
        read(tiny(rows))
    assert time.monotonic() - start < package.SECONDS + 5


def test_rules_beside_cells_are_limited(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_KEPT", 1000)
    with pytest.raises(SpecError, match="take more than"):
        read(tiny(beside='<cfvo val="A1"/>' * 30))


def test_what_the_linter_looks_at_is_limited(built: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edited.xlsx"
    path.write_bytes(built)
    assert package.read_parts(path).keys() == unpacked(built).keys()
    for limit in ("MAX_WHOLE", "MAX_LOADED"):
        with monkeypatch.context() as patch:
            patch.setattr(package, limit, 100_000)
            with pytest.raises(SpecError, match="too large to be checked"):
                package.read_parts(path)


ODD = {
    "another encoding": ("<?xml version='1.0' encoding='cp1252'?>", "is in the encoding 'cp1252'"),
    "no encoding": ("<?xml version='1.0' encoding='x-none'?>", "is in the encoding 'x-none'"),
    "a document type": ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>", "declares entities"),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_parts_are_refused(kind: str, read: Read) -> None:
    before, said = ODD[kind]
    for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"):
        parts = tiny()
        parts[part] = before + parts[part]
        with pytest.raises(SpecError, match=said) as raised:
            read(parts)
        assert f"'{part}'" in str(raised.value)


def test_parts_in_utf_16_are_read(tmp_path: Path) -> None:
    parts = {name: data.encode() for name, data in tiny().items()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].decode().replace('"S"', '"\u00c4"').encode("utf-16")
    path = tmp_path / "wide.xlsx"
    path.write_bytes(packed(parts))
    assert sheets.read_workbook(path).sheets.keys() == {"\u00c4"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_a_message_or_harmless(data: st.DataObject, tmp_path: Path) -> None:
    """Bytes of the packed file overwritten: its list of parts, heads of parts, or what they were packed into."""
    content = packed({name: part.encode() for name, part in tiny("<row><c><v>1</v></c></row>" * 50).items()})
    at = data.draw(st.integers(0, len(content) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=8))
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(content[:at] + noise + content[at + len(noise) :])
    for reading in (sheets.read_workbook, package.read_parts):
        try:
            reading(path)
        except SpecError as error:
            assert str(path) in str(error)  # noqa: PT017 - either is right


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_a_message_or_harmless(data: st.DataObject, built_brief: bytes, tmp_path: Path) -> None:
    """One part with bytes overwritten: it is read, or refused in our words."""
    parts = unpacked(built_brief)
    name = data.draw(st.sampled_from(sorted(parts)))
    at = data.draw(st.integers(0, max(0, len(parts[name]) - 1)))
    noise = data.draw(st.binary(min_size=1, max_size=8))
    parts[name] = parts[name][:at] + noise + parts[name][at + len(noise) :]
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(packed(parts))
    try:
        sheets.read_workbook(path)
    except SpecError as error:
        assert str(path) in str(error)  # noqa: PT017 - either is right
