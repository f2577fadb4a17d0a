"""The parts of a workbook that comes from outside, refused where they could do harm: bombs, macros, links, entities."""

from __future__ import annotations

import time
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring, iterparse

from reportgen.errors import Problem, Span, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

__all__ = ["Package", "open_package", "read_parts"]

MAX_BYTES = 100_000_000
"""Of the file as it lies on the disk."""
MAX_UNPACKED = 600_000_000
"""Of all parts together."""
MAX_RATIO = 250
"""Of a part to what it takes in the file; sheets of long, repeated formulas come to about 60."""
SMALL = 5_000_000
"""Parts up to here may be packed as tightly as they like."""
MAX_PARTS = 2000
SECONDS = 60.0
"""Reading that takes longer is given up."""

_OLD = b"\xd0\xcf\x11\xe0"
_HARMFUL = {
    "xl/vbaproject.bin": "macros", "xl/macrosheets/": "macros", "xl/externallinks/": "links to other workbooks",
    "xl/embeddings/": "embedded objects", "xl/activex/": "embedded controls", "xl/connections.xml": "data connections",
    "xl/querytables/": "data connections",
}  # fmt: skip
_REMEDIES = {
    "macros": "save it as .xlsx, which holds none",
    "links to other workbooks": "in Excel: Data, Edit Links, Break Link",
}
_CHUNK = 1 << 16


class Package:
    """The parts of a workbook by name; each is read when it is asked for, and never beyond the limits."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self._archive = path, archive
        self.names = {info.filename: info for info in archive.infolist()}
        self._until = time.monotonic() + SECONDS

    def fail(self, message: str, hint: str = "") -> SpecError:
        """The error that says what is wrong with the file."""
        return SpecError([Problem(message, Span(str(self.path)), hint)])

    def root(self, name: str) -> Element:
        """A part as a tree.

        Raises:
            SpecError: it is missing, not XML, or declares entities.
        """
        with self._guarded(name):
            element: Element = fromstring(self._archive.read(name), forbid_dtd=True)
            return element

    def bytes(self, name: str) -> bytes:
        """A part as it is."""
        with self._guarded(name):
            return self._archive.read(name)

    def events(self, name: str) -> Iterator[tuple[str, Element]]:
        """The starts and ends of a part's elements, one after the other; errors as in `root`, and after too long."""
        with self._guarded(name), self._archive.open(name) as stream:
            for count, found in enumerate(iterparse(stream, ("start", "end"), forbid_dtd=True)):
                if not count % 10_000 and time.monotonic() > self._until:
                    raise self.fail(f"the workbook takes longer than {SECONDS:.0f} s to read")
                yield found

    @contextmanager
    def _guarded(self, name: str) -> Iterator[None]:
        """Say what is wrong with a part in our words."""
        try:
            yield
        except KeyError:
            raise self.fail(f"this is not a whole workbook: it has no part '{name}'") from None
        except DefusedXmlException:
            raise self.fail(f"the part '{name}' declares entities, which no workbook needs; it was not read") from None
        except ParseError as error:
            raise self.fail(f"the part '{name}' is damaged: {error}") from None
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            raise self.fail(f"the part '{name}' cannot be read: {error}") from None


def read_parts(path: Path) -> dict[str, bytes]:
    """All parts of a workbook by name; errors as in `open_package`, but what could do harm is read."""
    with open_package(path, harmful=True) as package:
        return {name: package.bytes(name) for name in package.names if not name.endswith("/")}


@contextmanager
def open_package(path: Path, *, harmful: bool = False) -> Iterator[Package]:
    """A workbook's parts, after a look at all that can be told without unpacking them.

    `harmful` lets macros and links pass, for those who look at no more than their presence.

    Raises:
        SpecError: there is no such file, it is no workbook, too large, or holds what could do harm.
    """

    def fail(message: str, hint: str = "") -> SpecError:
        return SpecError([Problem(message, Span(str(path)), hint)])

    if not path.is_file():
        raise fail("this is a folder, not a workbook" if path.is_dir() else "there is no such file")
    try:
        with path.open("rb") as stream:
            _look_at(stream, path.stat().st_size, fail)
            with zipfile.ZipFile(stream) as archive:
                package = Package(path, archive)
                _look_inside(package, harmful=harmful)
                yield package
    except zipfile.BadZipFile:
        raise fail("the workbook is damaged or cut off: its list of parts cannot be read") from None
    except OSError as error:
        raise fail(f"the file cannot be read: {(error.strerror or str(error)).lower()}") from None


def _look_at(stream: IO[bytes], size: int, fail: Callable[..., SpecError]) -> None:
    """What the file's first bytes and its size say."""
    if size > MAX_BYTES:
        raise fail(f"the file has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read")
    start = stream.read(4)
    stream.seek(0)
    if start == _OLD:
        hint = "open it and save it as .xlsx, without a password"
        raise fail("this is a workbook of the old format (.xls), or one with a password", hint)
    if start[:2] != b"PK":
        raise fail("this is not a workbook (.xlsx)")


def _look_inside(package: Package, *, harmful: bool) -> None:
    """What the list of parts says."""
    infos = list(package.names.values())
    if len(infos) > MAX_PARTS:
        raise package.fail(f"the file has {len(infos)} parts; a workbook has at most {MAX_PARTS}")
    total = sum(info.file_size for info in infos)
    tight = [i for i in infos if i.file_size > SMALL and i.file_size > MAX_RATIO * max(1, i.compress_size)]
    if total > MAX_UNPACKED or tight:
        raise package.fail(f"the file would unpack to {total / 1e6:.0f} MB; it was not opened")
    if any(info.flag_bits & 1 for info in infos):
        raise package.fail("the workbook has a password", "save it without one")
    for name in () if harmful else package.names:
        for start, what in _HARMFUL.items():
            if name.casefold().startswith(start):
                raise package.fail(f"the workbook holds {what}; it was not read", _REMEDIES.get(what, ""))
    if "xl/workbook.xml" not in package.names:
        other = "an OpenDocument spreadsheet" if "content.xml" in package.names else "no workbook"
        raise package.fail(f"this is {other}, not a workbook (.xlsx)", "save it as .xlsx")
