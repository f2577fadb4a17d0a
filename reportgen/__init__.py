"""Build a live Excel workbook and a PDF report on running large language models from one scenario file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reportgen.version import __version__ as __version__

if TYPE_CHECKING:
    from reportgen.api import (
        accuracy,
        build,
        calibrate,
        catalog,
        check,
        compare,
        design,
        evaluate,
        explain,
        extract,
        import_model,
        import_workbook,
        lint,
        new,
        schema,
        search,
        sensitivity,
        sweep,
    )
    from reportgen.book.book import Book
    from reportgen.engine.results import Results
    from reportgen.errors import EvaluationError, OutputError, ReportgenError, SpecError

__all__ = [
    "Book", "EvaluationError", "OutputError", "ReportgenError", "Results", "SpecError",
    "accuracy", "build", "calibrate", "catalog", "check", "compare", "design", "evaluate", "explain", "extract",
    "import_model", "import_workbook", "lint", "new", "schema", "search", "sensitivity", "sweep",
]  # fmt: skip

_HOME = {
    "Book": "reportgen.book.book",
    "Results": "reportgen.engine.results",
    **dict.fromkeys(("EvaluationError", "OutputError", "ReportgenError", "SpecError"), "reportgen.errors"),
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: NumPy and pydantic take most of the start-up time of `reportgen --help`."""
    if name not in __all__:
        raise AttributeError(f"module 'reportgen' has no attribute {name!r}")
    value = getattr(import_module(_HOME.get(name, "reportgen.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
