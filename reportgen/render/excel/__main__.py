"""The workbook of a scenario, from standard input to standard output: `build` runs it beside the report."""

from __future__ import annotations

import sys

from reportgen.book.build import build_book
from reportgen.engine.results import evaluate
from reportgen.render.excel.workbook import workbook_bytes
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec


def main(name: str, library_hash: str, *overlays: str) -> None:
    """Read a scenario that was checked already, write its workbook; nothing where the library is another by now."""
    document = parse_document(sys.stdin.buffer.read(), name)
    book = build_book(validate(ScenarioSpec, document), name, overlays=overlays)
    if book.library_hash != library_hash:
        sys.exit(1)
    sys.stdout.buffer.write(workbook_bytes(evaluate(book)))


if __name__ == "__main__":
    main(*sys.argv[1:])
