"""Stream tables that are too long for memory: Parquet by row groups, CSV by lines."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from reportgen.render.text import csv_field

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

__all__ = ["write_csv", "write_parquet"]

_GROUP = 131_072  # rows per group, for good compression


def write_parquet(batches: Iterable[Any], schema: Any, file: BinaryIO) -> None:
    """Write batches of rows as Parquet with typed columns and the schema's units."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        waiting: list[Any] = []
        for batch in batches:
            waiting.append(batch)
            if (rows := sum(b.num_rows for b in waiting)) >= _GROUP:
                writer.write_table(pa.Table.from_batches(waiting), row_group_size=rows)
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))


def write_csv(batches: Iterable[Any], schema: Any, file: BinaryIO) -> None:
    """Write batches of rows as CSV; absent values are empty fields, and no text can act as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(schema.names)
    for batch in batches:
        columns = [[csv_field(value) for value in column.to_pylist()] for column in batch.columns]
        writer.writerows(zip(*columns, strict=True))
        file.write(buffer.getvalue().encode())
        buffer.seek(0)
        buffer.truncate()
    file.write(buffer.getvalue().encode())
