"""Write the workbook of an evaluated book from stdin to stdout; `build` runs this in parallel to the report."""

from __future__ import annotations

import pickle
import sys

from reportgen.engine.evaluation import evaluate
from reportgen.render.excel.workbook import checked, workbook_bytes


def main() -> None:
    """Read a book, evaluate it again (faster than passing its values), and write its workbook."""
    book, inputs, robustness, references = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    results = evaluate(book, inputs)
    results.robustness = robustness
    sys.stdout.buffer.write(checked(workbook_bytes(results, references)))


if __name__ == "__main__":
    main()
