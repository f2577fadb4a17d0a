"""The only way by which a document reaches anything outside itself: packaged assets and data addresses.

Imports WeasyPrint: to be imported itself only after the preflight.
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
    """Serves `asset:NAME` from the templates' folder and `data:`; everything else stops the render.

    Attributes:
        blocked: the addresses that were refused. To be looked at after the render, because inside an SVG picture
            even a fatal error is swallowed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False)
        self.folder = (folder or templates_dir()).resolve()
        self.blocked: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """The content behind an address, if it is one of ours."""
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
