"""Extract the files attached to a report: its scenario and its workbook."""

from __future__ import annotations

import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, Span, SpecError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["carried_files"]

_MAX_PDF = 200_000_000
_MAX_FILE = 100_000_000
"""The largest unpacked file, whatever size the PDF states."""

_ENDINGS = (".yaml", ".xlsx")


def carried_files(path: Path) -> dict[str, bytes]:
    """Return the files attached to a report, by name; their content is not interpreted.

    Raises:
        SpecError: the file is not a PDF, is damaged or locked, has no attachments of ours, or one is too large.
    """

    def fail(message: str, hint: str = "") -> SpecError:
        return SpecError([Problem(message, Span(str(path)), hint)])

    if not path.is_file():
        raise fail("this is a folder, not a file" if path.is_dir() else "there is no such file")
    if path.stat().st_size > _MAX_PDF:
        raise fail(f"the file has {path.stat().st_size / 1e6:.0f} MB; at most {_MAX_PDF / 1e6:.0f} MB are read")
    import pikepdf

    try:
        with pikepdf.open(path) as pdf:
            files = {
                name: _content(pdf.attachments[name], fail) for name in list(pdf.attachments)[:20] if _is_ours(name)
            }
    except pikepdf.PasswordError:
        raise fail("the PDF is locked with a password") from None
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, RecursionError, zlib.error, OSError) as error:
        raise fail(f"this is not a PDF that can be read: {str(error).splitlines()[0][:120]}") from None
    if not any(name.endswith(".yaml") for name in files):
        hint = "reports that reportgen build has written carry the scenario they were made from"
        raise fail("this PDF carries no scenario", hint)
    return files


def _is_ours(name: str) -> bool:
    """Return whether a name is a plain file name of a kind that reports attach."""
    plain = PurePosixPath(name).name == name and "\\" not in name and ":" not in name and name.isprintable()
    return plain and not name.startswith(".") and name.endswith(_ENDINGS)


def _content(attached: Any, fail: Any) -> bytes:
    """Return the bytes of an attached file, unpacked only up to the limit."""
    import pikepdf

    stream = attached.get_file().obj
    raw: bytes = stream.read_raw_bytes()
    packed = stream.get("/Filter")
    if packed is None:
        content = raw
    elif packed == pikepdf.Name.FlateDecode or list(packed) == [pikepdf.Name.FlateDecode]:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(raw, _MAX_FILE + 1)
    else:
        raise fail("a file in it is packed in a way that reports do not use")
    if len(content) > _MAX_FILE:
        raise fail(f"a file in it would unpack to more than {_MAX_FILE / 1e6:.0f} MB; it was not taken out")
    return content
