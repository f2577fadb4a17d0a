"""Turns the view of a report into HTML and into an archivable, accessible PDF."""

from __future__ import annotations

from reportgen.render.document.errors import DocumentError, DocumentUnavailable
from reportgen.render.document.page import render_html
from reportgen.render.document.pdf import EmbeddedFile, render_pdf

__all__ = ["DocumentError", "DocumentUnavailable", "EmbeddedFile", "render_html", "render_pdf"]
