"""Restrict what a document can load: packaged assets and data URLs only.

Imports WeasyPrint, so import it only after the preflight.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING
from urllib.parse import unquote

from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AssetFetcher", "FatalURLFetchingError"]


class AssetFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves `asset:NAME` from the templates' folder and `data:`; any other URL fails the build.

    Attributes:
        blocked: the refused URLs. Check them after rendering, because WeasyPrint ignores even fatal errors inside an
            SVG picture.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False)
        self.folder = (folder or templates_dir()).resolve()
        self.blocked: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Return the content behind a URL, if it is allowed."""
        scheme, _, rest = url.partition(":")
        if scheme.lower() == "data":
            return super().fetch(url, headers)
        if scheme.lower() == "asset":
            file = (self.folder / unquote(rest).lstrip("/")).resolve()
            if file.is_relative_to(self.folder) and file.is_file():
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": kind})
        self.blocked.append(url)
        message = f"the document asks for {url!r}, which is not part of it"
        raise FatalURLFetchingError(message)
