"""Results for machines: JSON, CSV and Parquet, in full precision and reproducible."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from reportgen.book.book import key_of
from reportgen.errors import Problem, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.results import Results

__all__ = ["SCALARS", "csv_field", "csv_of", "csv_text", "json_text", "parquet_bytes", "table_names", "table_rows"]

SCALARS = "scalars"
"""The name of the table of single values, with a row per quantity."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_names(book: Book) -> list[str]:
    """Return the names of a book's tables, as in the JSON: index sets joined with `_`."""
    return [SCALARS, *(key_of(per) for per in book.tables() if per)]


def table_rows(results: Results, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table.

    Raises:
        SpecError: the table does not exist.
    """
    book = results.book
    for per in book.tables():
        if per and key_of(per) == table:
            return list(results.rows(per))
    if table != SCALARS:
        names = table_names(book)
        hint = nearest(table, names) or "tables: " + ", ".join(names)
        raise SpecError([Problem(f"unknown table '{table}'", None, hint)])
    return [
        {"quantity": q.name, "value": results.plain(q.name)[()], "unit": _unit(book, q.name)}
        for q in book.quantities.values()
        if not q.per
    ]


def json_text(results: Results) -> str:
    """Return the data of `evaluate --format json`."""
    return json.dumps(results.as_json(), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def csv_text(results: Results, table: str) -> str:
    """Return one table as CSV; absent values are empty fields, and no text can act as a formula in a spreadsheet."""
    return csv_of(table_rows(results, table))


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows with the same keys as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if rows:
        writer.writerow(list(rows[0]))
    writer.writerows([[csv_field(value) for value in row.values()] for row in rows])
    return buffer.getvalue()


def csv_field(value: Any) -> str:
    """Return a value for CSV: full precision, empty if absent, and no text that acts as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return "'" + text if isinstance(value, str) and text.startswith(_FORMULA) else text


def parquet_bytes(results: Results, table: str) -> bytes:
    """Return one table with typed columns as Parquet; the metadata holds the unit of each column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = table_rows(results, table)
    if table == SCALARS:
        rows = [_typed(row) for row in rows]
        fields = [pa.field(n, pa.float64() if n == "value" else pa.string()) for n in _SCALAR_COLUMNS]
    else:
        fields = [_arrow_field(results.book, name) for name in (rows[0] if rows else ())]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(fields)), buffer)
    return buffer.getvalue()


_SCALAR_COLUMNS = ("quantity", "value", "text", "unit")


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """Split a scalar's value into a column for numbers and one for the rest, because columns are typed."""
    value = row["value"]
    number = isinstance(value, float) and not isinstance(value, bool)
    return {**row, "value": value if number else None, "text": None if number or value is None else csv_field(value)}


def _arrow_field(book: Book, name: str) -> Any:
    import pyarrow as pa

    quantity = book.quantities.get(name)
    kind = quantity.type.kind if quantity is not None and name not in book.dimensions else "text"
    if kind == "number":
        return pa.field(name, pa.float64(), metadata={"unit": _unit(book, name)})
    return pa.field(name, pa.bool_() if kind == "flag" else pa.string())


def _unit(book: Book, name: str) -> str:
    type_ = book.quantities[name].type
    return (type_.unit.label or "1") if type_.kind == "number" else ""
