"""Read a workbook from outside in small pieces and within limits, because it may be hostile."""

from __future__ import annotations

import posixpath
import struct
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Protocol
from urllib.parse import unquote
from xml.etree.ElementTree import TreeBuilder
from xml.parsers import expat

from reportgen.errors import Problem, Span, SpecError
from reportgen.ooxml.names import folded, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

__all__ = ["Budget", "Package", "Reader", "Relation", "open_package", "read_parts"]

MAX_BYTES = 100_000_000
"""The largest file that is read."""
MAX_UNPACKED = 600_000_000
"""The largest total size of all unpacked parts."""
MAX_RATIO = 250
"""The largest ratio of a part's unpacked to its packed size; sheets of long, repeated formulas reach about 60."""
SMALL = 5_000_000
"""Parts up to this size may have any ratio."""
MAX_PARTS = 2000
SECONDS = 15.0
"""The longest time that reading may take."""

MAX_CELLS = 2_000_000
"""The most cells in all sheets, including empty ones."""
MAX_TEXTS = 1_000_000
"""The most shared strings."""
MAX_KEPT = 150_000_000
"""The most bytes of memory for texts and formulas."""
_TEXT = 50
"""Bytes of memory that a text takes in addition to its characters."""

MAX_TREE, MAX_ELEMENTS = 50_000_000, 300_000
"""The most bytes and elements of a part that is kept as a tree."""
MAX_DEPTH, MAX_NAMES, MAX_TAG = 200, 20_000, 10_000_000
"""The most levels of a part, distinct names in it, and bytes of one tag: a parser keeps them all in memory."""
MAX_WHOLE = 200_000_000
"""The most bytes of all XML parts that are loaded whole."""
MAX_LOADED = 450_000_000
"""The most bytes of memory for one part: lxml takes about `_TAG` per opening bracket and `_ATTRIBUTE` per attribute."""
_TAG, _ATTRIBUTE = 130, 230

_OLD = b"\xd0\xcf\x11\xe0"
_LISTED, _MOST_LISTED = b"PK\x01\x02", 10 * MAX_PARTS
"""The signature of an entry in a zip directory, and the most that are counted; zip files inside add their own."""
_CHUNK = 1 << 16
_WORKBOOK = "xl/workbook.xml"
_ENCODINGS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
"""The errors that unpacking a damaged zip file can raise."""


class Reader(Protocol):
    """Receives the events of a part; names come without namespaces, those of extensions as `other:name`."""

    def start(self, tag: str, attributes: dict[str, str], /) -> object:
        """Called when an element begins."""

    def end(self, tag: str, /) -> object:
        """Called when an element ends."""

    def data(self, text: str, /) -> object:
        """Called with a piece of text."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship: its identifier, its kind (`worksheet`, `hyperlink`), and its target, inside or outside."""

    name: str
    kind: str
    target: str
    outside: bool


class Package:
    """The parts of a workbook by name, ignoring case; each is read on demand."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self._archive = path, archive
        self.infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
        self._named = {folded(info.filename): info for info in self.infos}
        self._until = time.monotonic() + SECONDS

    def fail(self, message: str, hint: str = "") -> SpecError:
        """Return the error that says what is wrong with the file."""
        return SpecError([Problem(message, Span(str(self.path)), hint)])

    @property
    def names(self) -> list[str]:
        """The names of all parts."""
        return [info.filename for info in self.infos]

    def __contains__(self, name: str) -> bool:
        return folded(name) in self._named

    @cached_property
    def main(self) -> str:
        """The name of the workbook's main part, or an empty text."""
        if _WORKBOOK in self:
            return _WORKBOOK
        candidates = (r.target for r in self.relations("") if r.kind == "officeDocument" and r.target in self)
        return next((name for name in candidates if name.endswith(".xml") and self.root(name).tag == "workbook"), "")

    def check_time(self) -> None:
        """Stop if reading takes too long.

        Raises:
            SpecError: the time limit has passed.
        """
        if time.monotonic() > self._until:
            raise self.fail(f"the workbook takes longer than {SECONDS:.0f} s to read")

    def read(self, name: str, reader: Reader) -> None:
        """Send the events of a part to a reader.

        Raises:
            SpecError: the part is missing, not XML, declares entities, exceeds a limit, or the time limit has passed.
        """
        names: dict[str, str] = {}
        parser, fed = self._parser(name, reader, names), 0
        try:
            for chunk in self._chunks(name):
                self.check_time()
                parser.Parse(chunk)
                fed += len(chunk)
                if len(names) > MAX_NAMES or fed - parser.CurrentByteIndex > MAX_TAG:
                    raise self._odd(name)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise self.fail(f"the part '{name}' is damaged: {error}") from None

    def _parser(self, name: str, reader: Reader, names: dict[str, str]) -> expat.XMLParserType:
        """Return a parser that refuses document types, and so all entities; `names` collects the names it meets."""
        parser = expat.ParserCreate(None, " ", names)
        start, end, known = reader.start, reader.end, dict[str, str]()
        depth = spaces = 0

        def begin(full: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > MAX_DEPTH:
                raise self.fail(f"the part '{name}' has more than {MAX_DEPTH} levels")
            if full not in known:
                known[full] = short(full)
            start(known[full], attributes)

        def finish(full: str) -> None:
            nonlocal depth
            depth -= 1
            end(known[full])

        def space(*_: str | None) -> None:
            nonlocal spaces
            spaces += 1
            if spaces > MAX_NAMES:
                raise self._odd(name)

        def declaration(_: str, encoding: str | None, __: int) -> None:
            if encoding is not None and encoding.casefold() not in _ENCODINGS:
                raise self.fail(f"the part '{name}' cannot be read: it is in the encoding '{encoding}'")

        def doctype(*_: object) -> None:
            raise self.fail(f"the part '{name}' declares entities, which no workbook needs; it was not read")

        parser.buffer_text, parser.buffer_size = True, _CHUNK
        parser.StartElementHandler, parser.EndElementHandler = begin, finish
        parser.CharacterDataHandler = reader.data
        parser.StartNamespaceDeclHandler = space
        parser.XmlDeclHandler, parser.StartDoctypeDeclHandler = declaration, doctype
        return parser

    def _odd(self, name: str) -> SpecError:
        """Return the error for content that only a hostile file has."""
        return self.fail(f"the part '{name}' is not in a form that programs write; it was not read")

    def _chunks(self, name: str) -> Iterator[bytes]:
        with self._guarded(name), self._archive.open(self._info(name)) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    def root(self, name: str) -> Element:
        """Return a part as a tree, with names as a `Reader` gets them; errors as in `read`, or if it is too large."""
        if self._info(name).file_size > MAX_TREE:
            raise self.fail(f"the part '{name}' is larger than {MAX_TREE / 1e6:.0f} MB")
        grown = _Tree(self, name)
        self.read(name, grown)
        return grown.builder.close()

    def relations(self, part: str) -> list[Relation]:
        """Return the relationships of a part; an empty name stands for the package itself. Errors as in `root`."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        return self.relations_in(name) if name in self else []

    def relations_in(self, name: str) -> list[Relation]:
        """Return the relationships listed in the `.rels` part of this name; errors as in `root`."""
        folder = posixpath.dirname(posixpath.dirname(name))
        relations = []
        for relation in self.root(name).iter("Relationship"):
            kind, target = relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")
            outside = relation.get("TargetMode", "").strip().casefold() == "external"
            if not outside:
                target = posixpath.normpath(posixpath.join("/" + folder, unquote(target))).lstrip("/")
            relations.append(Relation(relation.get("Id", ""), kind, target, outside))
        return relations

    def bytes(self, name: str) -> bytes:
        """Return the bytes of a part; errors as in `read`."""
        self.check_time()
        with self._guarded(name):
            return self._archive.read(self._info(name))

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self:
            raise self.fail(f"this is not a whole workbook: it has no part '{name}'")
        return self._named[folded(name)]

    @contextmanager
    def _guarded(self, name: str) -> Iterator[None]:
        """Report a part that cannot be unpacked as one message."""
        try:
            yield
        except _BROKEN as error:
            raise self.fail(f"the part '{name}' cannot be read: {error}") from None


class _Tree:
    """A reader that builds the whole part as a tree."""

    def __init__(self, package: Package, name: str) -> None:
        self.builder, self._package, self._name, self._count = TreeBuilder(), package, name, 0
        self.end, self.data = self.builder.end, self.builder.data

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Add an element to the tree."""
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise self._package.fail(f"the part '{self._name}' has more than {MAX_ELEMENTS:,} elements")
        self.builder.start(tag, {short(k) if " " in k else k: v for k, v in attributes.items()})


class Budget:
    """Counts what is kept of a workbook's cells and texts, and stops at the limits."""

    def __init__(self, package: Package) -> None:
        self._package, self._cells, self._kept = package, 0, 0

    def cell(self) -> None:
        """Count one more cell.

        Raises:
            SpecError: there are too many.
        """
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise self._package.fail(f"the workbook has more than {MAX_CELLS:,} cells")

    def texts(self, count: int) -> None:
        """Check the number of shared strings; errors as in `cell`."""
        if count > MAX_TEXTS:
            raise self._package.fail(f"the workbook has more than {MAX_TEXTS:,} texts")

    def keep(self, text: str) -> None:
        """Count one more text; errors as in `cell`."""
        self._kept += _TEXT + (len(text) if text.isascii() else 4 * len(text))
        if self._kept > MAX_KEPT:
            raise self._package.fail(f"the workbook's texts and formulas take more than {MAX_KEPT / 1e6:.0f} MB")


def read_parts(path: Path) -> dict[str, bytes]:
    """Return the parts of a workbook by name: the content of XML parts, nothing of others. Harmful parts are included.

    Raises:
        SpecError: as in `open_package`, or if the parts are too large to be loaded whole.
    """
    with open_package(path) as package:
        total, parts = 0, dict[str, bytes]()
        for info in package.infos:
            parts[info.filename] = data = b""
            if not info.filename.casefold().endswith((".xml", ".rels")):
                continue
            total += info.file_size
            if total <= MAX_WHOLE:
                data = package.bytes(info.filename)
            if total > MAX_WHOLE or _TAG * data.count(b"<") + _ATTRIBUTE * data.count(b"=") > MAX_LOADED:
                raise package.fail(f"the workbook is too large to be checked, because of its part '{info.filename}'")
            parts[info.filename] = data
        return parts


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open a workbook and check everything that needs no unpacking.

    Raises:
        SpecError: the file is missing, is not a workbook, or is too large.
    """

    def fail(message: str, hint: str = "") -> SpecError:
        return SpecError([Problem(message, Span(str(path)), hint)])

    if not path.is_file():
        raise fail("this is a folder, not a workbook" if path.is_dir() else "there is no such file")
    try:
        with path.open("rb") as stream:
            _check_start(stream, path.stat().st_size, fail)
            try:
                archive = zipfile.ZipFile(stream)
            except _BROKEN:
                raise fail("the workbook is damaged or cut off: its list of parts cannot be read") from None
            with archive:
                package = Package(path, archive)
                _check_directory(package)
                yield package
    except OSError as error:
        raise fail(f"the file cannot be read: {(error.strerror or str(error)).lower()}") from None


def _check_start(stream: IO[bytes], size: int, fail: Callable[..., SpecError]) -> None:
    """Check the file's size and its first bytes."""
    if size > MAX_BYTES:
        raise fail(f"the file has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read")
    start = stream.read(4)
    stream.seek(0)
    if start == _OLD:
        hint = "open it and save it as .xlsx, without a password"
        raise fail("this is a workbook of the old format (.xls), or one with a password", hint)
    if start[:2] != b"PK":
        raise fail("this is not a workbook (.xlsx)")
    listed = sum(chunk.count(_LISTED) for chunk in iter(lambda: stream.read(1 << 20), b""))
    stream.seek(0)
    if listed > _MOST_LISTED:  # the zip module loads the whole directory before its entries can be counted
        raise fail(f"the file has more than {MAX_PARTS} parts")


def _check_directory(package: Package) -> None:
    """Check the zip directory."""
    infos = package.infos
    if len(infos) > MAX_PARTS:
        raise package.fail(f"the file has {len(infos)} parts; a workbook has at most {MAX_PARTS}")
    total = sum(info.file_size for info in infos)
    tight = [i for i in infos if i.file_size > SMALL and i.file_size > MAX_RATIO * max(1, i.compress_size)]
    if total > MAX_UNPACKED or tight:
        raise package.fail(f"the file would unpack to {total / 1e6:.0f} MB; it was not opened")
    if any(info.flag_bits & 1 for info in infos):
        raise package.fail("the workbook has a password", "save it without one")
    if odd := [i.filename for i in infos if i.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]:
        raise package.fail(f"the part '{odd[0]}' is compressed in a way that workbooks never are")
    plain = [folded(name) for name in package.names]
    if len(set(plain)) < len(plain):
        twice = next(name for name, other in zip(package.names, plain, strict=True) if plain.count(other) > 1)
        raise package.fail(f"the file holds the part '{twice}' twice: programs would read different ones")
    if not package.main:
        raise package.fail(*_other_file(package))


def _other_file(package: Package) -> tuple[str, str]:
    """Say what a zip file without a workbook is, and what to do."""
    if "content.xml" in package:
        return "this is an OpenDocument spreadsheet, not a workbook (.xlsx)", "save it as Excel Workbook (.xlsx)"
    if "xl/workbook.bin" in package:
        return "this is a binary workbook (.xlsb)", "save it as Excel Workbook (.xlsx)"
    return "this is not a workbook (.xlsx) but a zip file with other contents", ""
