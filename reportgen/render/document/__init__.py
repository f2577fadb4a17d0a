"""Whole documents: turn results, or the view of a report, into HTML and into an archivable, accessible PDF."""

from __future__ import annotations

from reportgen.render.document.output import html_text, pdf_bytes, render_pdf
from reportgen.render.errors import DocumentError, DocumentUnavailable
from reportgen.render.html.page import render_html
from reportgen.render.pdf.layout import EmbeddedFile

__all__ = [
    "DocumentError", "DocumentUnavailable", "EmbeddedFile", "html_text", "pdf_bytes", "render_html", "render_pdf",
]  # fmt: skip
