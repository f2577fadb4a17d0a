"""Write an imported row as text: a table of one row, or a section of a scenario."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from reportgen.intake.model.config import COLUMNS

__all__ = ["csv_text", "yaml_text"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


def csv_text(row: dict[str, Any]) -> str:
    """Return header and row, as in a catalogue's `models.csv`.

    >>> csv_text({"name": "Tiny", "layers": 2}).splitlines()[1]
    'Tiny,,2,,,,,,,,,,,,,,,,,,,,,,,,,,,'
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([COLUMNS, [_cell(row.get(column, "")) for column in COLUMNS]])
    return stream.getvalue()


def yaml_text(row: dict[str, Any]) -> str:
    """Return the row as the section `models:` of a scenario.

    >>> print(yaml_text({"name": "Tiny", "layers": 2, "gated_ffn": True}))
    models:
      Tiny:
        layers: 2
        gated_ffn: true
    <BLANKLINE>
    """
    lines = ["models:", f"  {_text(row['name'])}:"]
    lines += [f"    {column}: {_scalar(row[column])}" for column in COLUMNS[1:] if column in row]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula; only our own texts could be one, since facts are not."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _text(value)


def _text(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
