"""Files that are no workbook, or one that could do harm: one clear message, nothing written, nothing executed."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from reportgen.book.library import library
from reportgen.cli import app
from reportgen.errors import SpecError
from reportgen.intake.edited import package, sheets

if TYPE_CHECKING:
    from collections.abc import Callable
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
    "another zip": (lambda _: packed({"a.txt": b"a"}), "this is no workbook"),
    "OpenDocument": (lambda _: packed({"content.xml": b"<a/>"}), "an OpenDocument spreadsheet"),
    "another make": (lambda _: other_book(), "was not made by reportgen"),
    "macros": (lambda b: changed(b, lambda p: p.update({"xl/vbaProject.bin": b"x"})), "holds macros"),
    "links": (
        lambda b: changed(b, lambda p: p.update({"xl/externalLinks/externalLink1.xml": b"<a/>"})),
        "holds links to other workbooks",
    ),
    "an object": (lambda b: changed(b, lambda p: p.update({"xl/embeddings/o.bin": b"x"})), "holds embedded objects"),
    "WEBSERVICE": (lambda b: changed(b, with_formula('WEBSERVICE("http://x")')), "the function WEBSERVICE"),
    "a link to a program": (lambda b: changed(b, with_formula("cmd|'/C calc'!A0")), "a link to another program"),
    "entities": (lambda b: changed(b, with_entity), "declares entities"),
    "a damaged part": (
        lambda b: changed(b, lambda p: p.update({sheet_of(p, "Options"): b"<worksheet><sheetData>"})), "is damaged",
    ),
    "a missing part": (lambda b: changed(b, lambda p: p.pop(sheet_of(p, "Options"))), "has no part"),
    "a renamed sheet": (lambda b: changed(b, renamed), "the sheet 'Options' is gone, which holds inputs"),
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
        "is not that of the build any more",
    ),
    "another library": (
        lambda b: changed(b, lambda p: replaced(p, STRINGS, library(()).hash.encode(), b"0123456789ab")),
        "another library",
    ),
}  # fmt: skip


VERBS = [("import", kind) for kind in HOSTILE]
VERBS += [(verb, kind) for verb in ("diff", "build") for kind in ("a text", "WEBSERVICE", "a renamed sheet")]


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


def test_cells_are_limited(built: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edited.xlsx"
    path.write_bytes(built)
    monkeypatch.setattr(sheets, "MAX_CELLS", 1000)
    with pytest.raises(SpecError, match="more than 1,000 cells"):
        sheets.read_workbook(path)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "no.xlsx", "there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(SpecError, match=said):
            sheets.read_workbook(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_a_message_or_harmless(data: st.DataObject, built: bytes, tmp_path: Path) -> None:
    """One part with bytes overwritten: it is read, or refused in our words."""
    parts = unpacked(built)
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
