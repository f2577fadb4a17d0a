"""How long LibreOffice takes to open and recalculate the workbooks of the example scenarios.

python benchmarks/opening.py [SPEC...]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from reportgen import api  # noqa: E402 - the tests' driver of LibreOffice lies beside the package
from reportgen.render.excel.workbook import workbook_bytes  # noqa: E402
from tests.parity.engines.office import Office  # noqa: E402

ROUNDS = 3
LIMIT = 3.0
"""Seconds that opening and recalculating may take."""


def seconds(office: Office, path: Path) -> tuple[float, float]:
    """Median times of opening and of recalculating every formula."""
    opened, recalculated = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with office.open(path) as document:
            opened.append(time.perf_counter() - start)
            start = time.perf_counter()
            document.recalculate()
            recalculated.append(time.perf_counter() - start)
    return statistics.median(opened), statistics.median(recalculated)


def main() -> int:
    """Print the table."""
    paths = [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "specs").glob("*.yaml"))
    late = False
    print(f"{'':28}{'cells':>8}{'open':>9}{'recalculate':>13}")
    with Office() as office, tempfile.TemporaryDirectory() as folder:
        for spec in paths:
            content = workbook_bytes(api.evaluate(spec))
            path = Path(folder, spec.stem + ".xlsx")
            path.write_bytes(content)
            with office.open(path) as document:  # the first opening warms up LibreOffice
                cells = sum(map(len, document.formulas().values()))
            opened, recalculated = seconds(office, path)
            late |= opened + recalculated > LIMIT
            print(f"{spec.stem:28}{cells:>8,}{opened:>7.2f} s{recalculated:>11.2f} s")
    print(f"limit {LIMIT:g} s together{': MISSED' if late else ''}")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
