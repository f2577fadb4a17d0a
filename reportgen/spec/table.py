"""Catalogue tables: a CSV row is a member, a header is a quantity, blank is absent; places are kept as in YAML."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, Span, SpecError
from reportgen.spec.document import MAX_BYTES, Document, _Mark
from reportgen.spec.model import ROW_KEYS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_table"]


def read_table(path: Path, name: str) -> Document:
    """Read a catalogue; `data` is {member: {header: value}}, a header `peak[bf16]` makes {"peak": {"bf16": value}}.

    Raises:
        SpecError: with every mistake found.
    """
    if path.stat().st_size > MAX_BYTES:
        raise SpecError([Problem(f"the file is larger than {MAX_BYTES / 1e6:.0f} MB", Span(name))])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError([Problem(f"the file is not UTF-8: {error.reason}", Span(name))]) from None
    document = Document(name, text)
    document.data = {}
    problems: list[Problem] = []
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = next(reader, [])
        _check_header(header, document, problems)
        start = reader.line_num
        for fields in reader:
            if any(field.strip() for field in fields):
                _row(document, header, fields, start, problems)
            start = reader.line_num
    except csv.Error as error:
        problems.append(Problem(f"this is not CSV: {error}", Span(name, reader.line_num)))
    if problems:
        raise SpecError(problems)
    return document


def _check_header(header: list[str], document: Document, problems: list[Problem]) -> None:
    span = Span(document.file, 1, 1, document.lines[0] if document.lines else "")
    if not header or header[0] != "name":
        problems.append(Problem("the first column of a catalogue is 'name'", span))
    problems.extend(
        Problem(f"the column '{name}' stands here twice", span)
        for name in sorted({h for h in header if header.count(h) > 1})
    )


def _row(document: Document, header: list[str], fields: list[str], line: int, problems: list[Problem]) -> None:
    text = document.lines[line] if line < len(document.lines) else ""
    if len(fields) != len(header):
        message = f"the row has {len(fields)} fields, the header {len(header)}"
        problems.append(Problem(message, Span(document.file, line + 1, 1, text)))
        return
    member = fields[0].strip()
    if member in document.data:
        problems.append(Problem(f"the row '{member}' stands here twice", Span(document.file, line + 1, 1, text)))
    row: dict[str, Any] = {}
    document.values[(member,)] = document.keys[(member,)] = _Mark(line, 0, max(1, len(member)), False)
    column = len(fields[0]) + 1
    for name, field in zip(header[1:], fields[1:], strict=True):
        at = max(0, text.find(field, max(0, column - 1))) if field else 0
        column = at + len(field)
        if not field.strip():
            continue
        outer, _, inner = name.partition("[")
        path = (member, outer, inner.rstrip("]")) if inner else (member, outer)
        document.values[path] = document.keys[path] = _Mark(line, at, max(1, len(field)), True)
        if inner:
            row.setdefault(outer, {})[inner.rstrip("]")] = _value(field)
        else:
            row[outer] = field.strip() if outer in ROW_KEYS else _value(field)
    document.data[member] = row


def _value(field: str) -> Any:
    text = field.strip()
    if text in ("True", "true", "False", "false"):
        return text.lower() == "true"
    try:
        return float(text) if text[0] in "+-.0123456789" else text
    except ValueError:
        return text
