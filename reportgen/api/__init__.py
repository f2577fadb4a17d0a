"""The verbs: what the command line does, as plain functions."""

from reportgen.api.building import FORMATS, PartlyBuilt, build
from reportgen.api.designs import design
from reportgen.api.measured import accuracy, calibrate, measure
from reportgen.api.reports import extract
from reportgen.api.verbs import (
    catalog,
    check,
    check_all,
    compare,
    evaluate,
    explain,
    import_model,
    new,
    new_text,
    schema,
    search,
    sensitivity,
    sweep,
)
from reportgen.api.workbooks import import_workbook, lint

__all__ = [
    "FORMATS", "PartlyBuilt", "accuracy", "build", "calibrate", "catalog", "check", "check_all", "compare", "design",
    "evaluate", "explain", "extract", "import_model", "import_workbook", "lint", "measure", "new", "new_text", "schema",
    "search", "sensitivity", "sweep",
]  # fmt: skip
