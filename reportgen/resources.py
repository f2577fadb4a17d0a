"""Find the files that ship with the package: templates and the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["chart_spec", "library_dir", "templates_dir"]

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """Return the folder of templates, fonts and chart specifications.

    An installed wheel has it inside the package; a working copy has it next to the package.
    """
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if (folder / "report.html.j2").is_file():
            return folder
    message = f"the package's templates are neither in {_PACKAGE} nor next to it: reinstall reportgen"
    raise FileNotFoundError(message)


def library_dir() -> Path:
    """Return the folder of the domain's declarations and catalogues."""
    return _PACKAGE / "library"


def chart_spec(name: str) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, laid over the one that it extends.

    Raises:
        FileNotFoundError: there is no such specification.
    """
    text = (templates_dir() / "charts" / f"{name}.vl.json").read_text("utf-8")
    own: dict[str, Any] = json.loads(text)
    base = own.get("usermeta", {}).get("extends")
    return {**chart_spec(base), **own} if base else own
