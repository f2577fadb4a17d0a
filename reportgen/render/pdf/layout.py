"""Lay out a report as tagged PDF/A-3a; any complaint of the layout engine fails the build."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reportgen.render.errors import DocumentError
from reportgen.render.garbage import uncollected
from reportgen.render.html.page import render_html
from reportgen.render.pdf.system import own_fonts, preflight
from reportgen.report.texts import where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from reportgen.report.view import Report

__all__ = ["EmbeddedFile", "html_to_pdf", "render_here"]

Relationship: TypeAlias = Literal["Source", "Data", "Alternative", "Supplement", "Unspecified"]

_VARIANT = "pdf/a-3a"
BRIEF_PAGES = 2
_MUCH = 0.3  # of a page: about the height of one more figure
_MOST_SIGNS = 8
# The date of a report without one: any fixed date, because the clock must not affect the bytes.
_NO_DATE = dt.date(1980, 1, 1)
_MISSING = re.compile(r'\.notdef glyph .*"(.)" \(U\+([0-9A-F]+)\)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file to attach to the PDF; the content may be a function that waits for it."""

    name: str
    content: bytes | Callable[[], bytes]
    description: str
    relationship: Relationship
    media_type: str


def render_here(
    versions: Sequence[Report], files: Sequence[EmbeddedFile], folders: Sequence[Path], likely: int = 0
) -> bytes:
    """Return the PDF as `render_pdf` does, in this process, whatever the templates."""
    with own_fonts(folders), _complaints() as complaints, uncollected(), _known_warnings():

        def lay_out(version: Report) -> _Page:
            page = _laid_out(render_html(version))
            if complaints:
                raise DocumentError(_explain(complaints, version))
            return page

        index, page = likely, lay_out(versions[likely])
        while len(page.document.pages) > BRIEF_PAGES and index + 1 < len(versions):
            index, page = index + 1, lay_out(versions[index + 1])
        while 0 < index <= likely and page.free > _MUCH:
            longer = lay_out(versions[index - 1])
            if len(longer.document.pages) > BRIEF_PAGES:
                break
            index, page = index - 1, longer
        pdf = page.written(files, versions[index].date or _NO_DATE)
    if complaints:
        raise DocumentError(_explain(complaints, versions[index]))
    return pdf


def html_to_pdf(
    html: str,
    files: Sequence[EmbeddedFile] = (),
    fonts: Sequence[Path] = (),
    *,
    date: dt.date | None = None,
    about: object = None,
) -> bytes:
    """Lay out a page made by `render_html`. `about` is the data in which complaints are located."""
    preflight()
    with own_fonts(fonts), _complaints() as complaints, uncollected(), _known_warnings():
        pdf = _laid_out(html).written(files, date or _NO_DATE)
    if complaints:
        raise DocumentError(_explain(complaints, about))
    return pdf


class _Page:
    """A laid-out document and the URLs that it requested."""

    def __init__(self, document: Any, fetcher: Any) -> None:
        self.document, self.fetcher = document, fetcher

    @property
    def free(self) -> float:
        """The empty share of the last page's height."""
        last = self.document.pages[-1]._page_box
        text = next(box for box in last.children if box.element_tag == "html")
        return 1.0 - float((text.position_y - last.content_box_y() + text.margin_height()) / last.height)

    def written(self, files: Sequence[EmbeddedFile], date: dt.date) -> bytes:
        """Return its bytes, with files attached."""
        import weasyprint

        from reportgen.render.pdf.fetch import FatalURLFetchingError
        from reportgen.render.pdf.finish import finisher

        try:
            pdf: bytes = self.document.write_pdf(
                finisher=finisher({file.name: file.media_type for file in files}),
                **{**weasyprint.DEFAULT_OPTIONS, "pdf_variant": _VARIANT, "attachments": _attachments(files, date)},
            )
        except FatalURLFetchingError as error:
            raise DocumentError(str(error)) from error
        if self.fetcher.blocked:
            message = f"the document asks for {self.fetcher.blocked[0]!r}, which is not part of it"
            raise DocumentError(message)
        return pdf


def _laid_out(html: str) -> _Page:
    import weasyprint

    from reportgen.render.pdf.fetch import AssetFetcher, FatalURLFetchingError

    fetcher = AssetFetcher()
    try:
        page = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url="asset:")
        return _Page(page.render(pdf_variant=_VARIANT), fetcher)
    except FatalURLFetchingError as error:
        raise DocumentError(str(error)) from error


def _attachments(files: Sequence[EmbeddedFile], date: dt.date) -> list[Any]:
    """Return the files as WeasyPrint takes them, waiting for any that is still being made."""
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
        for file in sorted(files, key=lambda file: file.name)  # the name tree of a PDF must be sorted
    ]


@contextlib.contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the layout engine only logs: missing rows, glyphs or texts."""
    complaints: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(record.getMessage())

    logger, handler = logging.getLogger("weasyprint"), Collector(logging.WARNING)
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        yield complaints
    finally:
        logger.propagate = propagate
        logger.removeHandler(handler)


@contextlib.contextmanager
def _known_warnings() -> Iterator[None]:
    """Suppress two warnings of WeasyPrint 70 that are unrelated to the document."""
    with warnings.catch_warnings():
        # A library that only later versions require.
        warnings.filterwarnings("ignore", message="HarfBuzz-Subset", category=DeprecationWarning)
        # WeasyPrint leaves its colour profile for the interpreter to close.
        warnings.filterwarnings("ignore", message=".*sRGB2014", category=ResourceWarning)
        yield


def _explain(complaints: Sequence[str], about: object) -> str:
    """Return a line for each complaint; missing characters are named with the texts that contain them."""
    lines: dict[str, None] = {}
    missing: dict[str, list[str]] = {}
    for complaint in complaints:
        sign = _MISSING.search(complaint)
        if sign is None:
            lines[complaint] = None
            continue
        places = where(about, sign[1])
        found = "; ".join(f"{path}: {text!r}" for path, text in places[:3]) or "a template"
        signs = missing.setdefault(found, [])
        if sign[1] not in signs:
            signs.append(sign[1])
    for place, signs in missing.items():
        characters = ", ".join(f"'{sign}' (U+{ord(sign):04X})" for sign in signs[:_MOST_SIGNS])
        more = f" and {len(signs) - _MOST_SIGNS} more" if len(signs) > _MOST_SIGNS else ""
        lines[f"no font has the character{'s' if len(signs) > 1 else ''} {characters}{more}; in {place}"] = None
    if missing:
        lines["name a folder with a font that has them: --fonts DIR"] = None
    return "the PDF was not written:\n" + "\n".join(f"  {line}" for line in lines)
