"""Read catalogue tables: a CSV row is a member, a header a quantity, a blank an absent value; places are kept."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, Span, SpecError
from reportgen.spec.document import MAX_BYTES, Document, _Mark, decoded
from reportgen.spec.model import ROW_KEYS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["headers", "parse_table", "read_table"]

MAX_COLUMNS = 500
MAX_ROWS = 20_000
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def read_table(path: Path, name: str) -> Document:
    """Read a catalogue into {member: {header: value}}; the header `peak[bf16]` gives {"peak": {"bf16": value}}.

    Raises:
        SpecError: with every mistake found.
    """
    if path.stat().st_size > MAX_BYTES:
        raise SpecError([Problem(f"the file is larger than {MAX_BYTES / 1e6:.0f} MB", Span(name))])
    return parse_table(path.read_bytes(), name)


def parse_table(raw: bytes, name: str) -> Document:
    """Read a catalogue from bytes; `name` is its name in messages."""
    text = decoded(raw, name)
    document = Document(name, text)
    document.data = {}
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [field.strip() for field in next(reader, [])]
        _check_header(header, document, problems)
        seen: set[str] = set()
        start = reader.line_num
        for fields in reader:
            if any(field.strip() for field in fields):
                _row(document, header, fields, start, problems, seen)
            if len(document.data) > MAX_ROWS:
                raise SpecError([Problem(f"the table has more than {MAX_ROWS} rows", Span(name, start + 1, 1))])
            start = reader.line_num
    except csv.Error as error:
        line = document.lines[reader.line_num - 1] if reader.line_num <= len(document.lines) else ""
        problems.append(Problem(f"this is not CSV: {error}", Span(name, reader.line_num, 1, line)))
    if problems:
        raise SpecError(problems)
    return document


def headers(document: Document) -> dict[str, Span]:
    """Return the headers of a catalogue, each with its place."""
    line = document.lines[0] if document.lines else ""
    spans, column = {}, 0
    for field in next(csv.reader([line]), []):
        start = max(column, line.find(field, column))
        spans[field.strip()] = Span(document.file, 1, start + 1, line, max(1, len(field)))
        column = start + len(field)
    return spans


def _check_header(header: list[str], document: Document, problems: list[Problem]) -> None:
    span = Span(document.file, 1, 1, document.lines[0] if document.lines else "")
    if not header or header[0] != "name":
        hint = "fields are separated by commas" if header and ";" in header[0] else ""
        problems.append(Problem("the first column of a catalogue is 'name'", span, hint))
    problems.extend(
        Problem(f"duplicate column '{name}'", span) for name, times in sorted(Counter(header).items()) if times > 1
    )
    if len(header) > MAX_COLUMNS:
        raise SpecError([Problem(f"the table has {len(header)} columns; at most {MAX_COLUMNS} are read", span)])


def _row(
    document: Document, header: list[str], fields: list[str], line: int, problems: list[Problem], seen: set[str]
) -> None:
    text = document.lines[line] if line < len(document.lines) else ""
    if len(fields) != len(header):
        message = f"the row has {len(fields)} fields, the header {len(header)}"
        problems.append(Problem(message, Span(document.file, line + 1, 1, text)))
        return
    member = fields[0].strip()
    if member.casefold() in seen:
        problems.append(Problem(f"duplicate row '{member}'", Span(document.file, line + 1, 1, text)))
    seen.add(member.casefold())
    row: dict[str, Any] = {}
    document.values[(member,)] = document.keys[(member,)] = _Mark(line, 0, max(1, len(member)), False)
    column = len(fields[0]) + 1
    for name, field in zip(header[1:], fields[1:], strict=True):
        start = max(0, text.find(field, max(0, column - 1))) if field else 0
        column = start + len(field)
        if not field.strip():
            continue
        outer, _, inner = name.partition("[")
        path = (member, outer, inner.rstrip("]")) if inner else (member, outer)
        document.values[path] = document.keys[path] = _Mark(line, start, max(1, len(field)), True)
        if inner:
            row.setdefault(outer, {})[inner.rstrip("]")] = _value(field)
        else:
            row[outer] = field.strip() if outer in ROW_KEYS else _value(field)
    document.data[member] = row


def _value(field: str) -> Any:
    text = field.strip()
    if text in ("True", "true", "False", "false"):
        return text.lower() == "true"
    return float(text) if _NUMBER.fullmatch(text) else text
