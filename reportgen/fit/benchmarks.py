"""Read benchmark files, recognised by their content: our table, `vllm bench serve`, `llama-bench`."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.fit.llama_bench import from_llama_bench, is_llama_bench, markdown_rows
from reportgen.fit.measurements import REQUIRED, Measurement, Unread, read_table, read_text
from reportgen.fit.records import Defaults, Record, catalogued, known
from reportgen.fit.vllm_bench import from_vllm, is_vllm

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_RECORDS", "Defaults", "read_measurements"]

MAX_RECORDS = 100_000
"""The most results that are read from one file."""
_DIGITS = 300
_SPACE = re.compile(r"\s*")
_KINDS = (
    "what can be read: a CSV table with the columns model, gpu, metric and value; what vllm bench serve --save-result "
    "writes; what llama-bench -o csv, json, jsonl or md prints"
)


def read_measurements(path: Path, defaults: Defaults | None = None) -> tuple[list[Measurement], list[Unread]]:
    """Read the measurements in a file; return unusable ones with the reason.

    Args:
        path: a table of measurements, a result of `vllm bench serve`, or output of `llama-bench`.
        defaults: values for what the file does not state.

    Raises:
        SpecError: the file cannot be read, is of none of these kinds, or states too little without `defaults`.
    """
    defaults = defaults or Defaults()
    _check(defaults)
    text = read_text(path)
    cells = _records(path, text)
    if cells is None:
        return _filled(*read_table(path), defaults)
    if not any(is_vllm(c) or is_llama_bench(c) for c in cells):
        raise SpecError([Problem("the file holds no measurements of a known kind", Span(str(path)), _KINDS)])
    results: list[Measurement | Unread] = []
    for part in cells:
        row = len(results) + 1
        if is_vllm(part):
            results += from_vllm(Record(part), row, defaults)
        elif is_llama_bench(part):
            results.append(from_llama_bench(Record(part), row, defaults))
        else:
            results.append(Unread(row, "this is not a result of vllm bench serve or llama-bench"))
    read = [m for m in results if isinstance(m, Measurement)]
    _complete(path, read)
    return read, [u for u in results if isinstance(u, Unread)]


def _check(defaults: Defaults) -> None:
    """Refuse a model or accelerator from the user that the catalogue does not list."""
    problems = [
        Problem(f"unknown {dimension} '{name}'", None, nearest(name, catalogued(dimension)))
        for dimension, name in (("model", defaults.model), ("accelerator", defaults.accelerator))
        if name and not known(dimension, name)
    ]
    if problems:
        raise SpecError(problems)


def _complete(path: Path, read: list[Measurement]) -> None:
    """Refuse a file that omits what every prediction needs."""
    problems: list[Problem] = []
    if any(not m.model for m in read):
        hint = "give it with --model, as in --model Llama-3.1-8B"
        problems.append(Problem("the file does not say which model was measured", Span(str(path)), hint))
    if any(not m.accelerator for m in read):
        hint = "give it with --accelerator, as in --accelerator H100-SXM-80GB"
        problems.append(Problem("the file does not say on which accelerator it was measured", Span(str(path)), hint))
    if problems:
        raise SpecError(problems)


def _filled(
    read: list[Measurement], unread: list[Unread], defaults: Defaults
) -> tuple[list[Measurement], list[Unread]]:
    """Return a table's rows with empty cells filled from `defaults`."""
    names = ("model", "accelerator", "engine", "devices", "tp", "weights", "activations", "kv_cache")
    return [replace(m, **{n: getattr(m, n) or getattr(defaults, n) for n in names}) for m in read], unread


# --- recognising files -----------------------------------------------------------------------------------------------


def _records(path: Path, text: str) -> list[dict[str, Any]] | None:
    """Return the results in a file as keys and values, or None for our own table."""
    if text.lstrip()[:1] in ("{", "["):
        return _json_records(path, text)
    if re.search(r"^[ \t]*\|.*\| *t/s *\|", text, re.MULTILINE):
        return _few(path, markdown_rows(text))
    heads = [name.strip().strip('"') for name in text.lstrip().partition("\n")[0][:4000].split(",")]
    if is_llama_bench(dict.fromkeys(heads)):
        return _csv_records(path, text.lstrip())
    if not set(heads) & set(REQUIRED):
        raise SpecError([Problem("the file holds no measurements of a known kind", Span(str(path)), _KINDS)])
    return None


def _few(path: Path, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(records) > MAX_RECORDS:
        raise SpecError([Problem(f"the file holds more than {MAX_RECORDS} results", Span(str(path)))])
    return records


def _csv_records(path: Path, text: str) -> list[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="\0")
    try:
        heads = [name.strip() for name in reader.fieldnames or []]
        doubled = sorted({name for name in heads if heads.count(name) > 1})
        if doubled:
            raise SpecError([Problem(f"duplicate column '{name[:40]}'", Span(str(path), 1)) for name in doubled])
        reader.fieldnames = heads
        rows = [dict(row) for row, _ in zip(reader, range(MAX_RECORDS + 1), strict=False)]
    except csv.Error as error:
        raise SpecError([Problem(f"the table cannot be read: {error}", Span(str(path), reader.line_num))]) from None
    return _few(path, rows)


class _DoubledError(ValueError):
    """An object contains a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise _DoubledError(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return data


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once,
    parse_int=lambda digits: int(digits) if len(digits) <= _DIGITS else math.inf,  # Python refuses thousands of digits
)


def _json_records(path: Path, text: str) -> list[dict[str, Any]]:
    """Return all objects in a file of one or more JSON values; lists are expanded."""
    file, offset, records = str(path), 0, list[Any]()
    try:
        while (offset := _after_space(text, offset)) < len(text):
            value, offset = _DECODER.raw_decode(text, offset)
            records += value if isinstance(value, list) else [value]
            _few(path, records)
    except json.JSONDecodeError as error:
        line = text[text.rfind("\n", 0, error.pos) + 1 :].partition("\n")[0] if len(text) < 1_000_000 else ""
        shown = "".join(c if c.isprintable() else " " for c in line)
        span = Span(file, error.lineno, error.colno, shown)
        raise SpecError([Problem(f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", span)]) from None
    except _DoubledError as error:
        key = "".join(c if c.isprintable() else " " for c in str(error)[:40])
        raise SpecError([Problem(f"duplicate key '{key}' in one result", Span(file))]) from None
    except RecursionError:
        raise SpecError([Problem("the file is nested too deep", Span(file))]) from None
    return [value if isinstance(value, dict) else {} for value in records]


def _after_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    assert match is not None
    return match.end()
