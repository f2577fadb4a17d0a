"""Lays a report out as PDF/A-3a with tags; whatever the layout engine complains about fails the build."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import logging
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reportgen.render.document.errors import DocumentError
from reportgen.render.document.page import render_html
from reportgen.render.document.places import where
from reportgen.render.document.system import own_fonts, preflight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from reportgen.render.document.view import Report

__all__ = ["EmbeddedFile", "html_to_pdf", "render_pdf"]

Relationship: TypeAlias = Literal["Source", "Data", "Alternative", "Supplement", "Unspecified"]

_VARIANT = "pdf/a-3a"
# Dates of a report that has none: any fixed moment will do, the clock must not get in.
_NO_DATE = dt.date(1980, 1, 1)
_MISSING = re.compile(r'\.notdef glyph .*"(.)" \(U\+([0-9A-F]+)\)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file to travel inside the PDF; one that is still being made is given as a function."""

    name: str
    content: bytes | Callable[[], bytes]
    description: str
    relationship: Relationship
    media_type: str


def render_pdf(report: Report, files: Sequence[EmbeddedFile] = (), fonts: Sequence[Path] = ()) -> bytes:
    """The report as a PDF, the same bytes for the same input.

    Args:
        report: what to show.
        files: what to attach, for instance the workbook and the scenario.
        fonts: folders of further fonts, for scripts that the shipped ones lack.

    Raises:
        DocumentUnavailable: this system cannot make PDFs.
        DocumentError: something would be missing from the page: a character, an alternative text, a file.
    """
    preflight()
    return html_to_pdf(render_html(report), files, fonts, date=report.date, about=report)


def html_to_pdf(
    html: str,
    files: Sequence[EmbeddedFile] = (),
    fonts: Sequence[Path] = (),
    *,
    date: dt.date | None = None,
    about: object = None,
) -> bytes:
    """Lay out a page that `render_html` made. `about` is the data in which complaints are located."""
    preflight()
    with own_fonts(fonts), _complaints() as complaints, _no_collection(), _known_warnings():
        pdf = _write(html, files, date or _NO_DATE)
    if complaints:
        raise DocumentError(_explain(complaints, about))
    return pdf


def _attachments(files: Sequence[EmbeddedFile], date: dt.date) -> list[Any]:
    """The files as WeasyPrint takes them; this is where one that is being made elsewhere is waited for."""
    import weasyprint

    moment = dt.datetime(date.year, date.month, date.day)
    return [
        weasyprint.Attachment(
            string=file.content if isinstance(file.content, bytes) else file.content(),
            name=file.name,
            description=file.description,
            relationship=file.relationship,
            created=moment,
            modified=moment,
        )
        for file in sorted(files, key=lambda file: file.name)  # a PDF's name tree must be sorted
    ]


def _write(html: str, files: Sequence[EmbeddedFile], date: dt.date) -> bytes:
    import weasyprint

    from reportgen.render.document.fetch import AssetFetcher, FatalURLFetchingError
    from reportgen.render.document.finish import finisher

    fetcher = AssetFetcher()
    try:
        page = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url="asset:")
        pdf: bytes = page.render(pdf_variant=_VARIANT).write_pdf(
            finisher=finisher({file.name: file.media_type for file in files}),
            **{**weasyprint.DEFAULT_OPTIONS, "pdf_variant": _VARIANT, "attachments": _attachments(files, date)},
        )
    except FatalURLFetchingError as error:
        raise DocumentError(str(error)) from error
    if fetcher.blocked:
        message = f"the document asks for {fetcher.blocked[0]!r}, which is not part of it"
        raise DocumentError(message)
    return pdf


@contextlib.contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collects what the layout engine only logs: rows, glyphs or texts that would be missing."""
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    logger, handler = logging.getLogger("weasyprint"), Collector(logging.WARNING)
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        yield found
    finally:
        logger.propagate = propagate
        logger.removeHandler(handler)


@contextlib.contextmanager
def _known_warnings() -> Iterator[None]:
    """Leaves out two warnings of WeasyPrint 70 that say nothing about the document."""
    with warnings.catch_warnings():
        # A library that only later versions will require.
        warnings.filterwarnings("ignore", message="HarfBuzz-Subset", category=DeprecationWarning)
        # Its own colour profile, which it leaves for the interpreter to close.
        warnings.filterwarnings("ignore", message=".*sRGB2014", category=ResourceWarning)
        yield


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Layout makes millions of small objects that all live until its end: collecting garbage costs a quarter."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _explain(complaints: Sequence[str], about: object) -> str:
    """One line for each complaint; a missing character is named with the texts in which it stands."""
    lines = dict.fromkeys(_located(complaint, about) for complaint in complaints)
    return "the PDF was not written:\n" + "\n".join(f"  {line}" for line in lines)


def _located(complaint: str, about: Any) -> str:
    missing = _MISSING.search(complaint)
    if missing is None:
        return complaint
    places = where(about, missing[1])
    found = "; ".join(f"{path}: {text!r}" for path, text in places[:3]) or "a template"
    return f"no font has the character '{missing[1]}' (U+{missing[2]}); it stands in {found}"
