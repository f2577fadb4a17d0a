"""How long reports take: the command, warm renders, and long reports beside bare WeasyPrint and Chromium.

python benchmarks/report.py [SPEC]

Bare WeasyPrint gets the same HTML and our fonts, and none of what makes the file archivable and its bytes the same.
Where Chromium is installed, its print of the same HTML stands beside them. The brief report has a limit in seconds;
the full one, whose pages WeasyPrint lays out in a third of a second each, has one beside bare WeasyPrint.
"""

from __future__ import annotations

import dataclasses
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen import api
from reportgen.api import design
from reportgen.render.document.output import pdf_bytes
from reportgen.render.html.page import render_html
from reportgen.render.pdf import layout as ours
from reportgen.render.pdf.system import own_fonts
from reportgen.report.outline import report_of
from reportgen.report.view import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.report.view import Report

ROOT = Path(__file__).parents[1]
ALICE = ROOT / "specs" / "alice.yaml"
COLD_SECONDS, WARM_SECONDS, BRIEF_BYTES = 3.0, 1.2, 400_000
MOST_RATIO, MOST_GROWTH = 1.3, 1.25
"""Beside bare WeasyPrint; and of the time per page from the shortest to the longest report."""
PAGES = (25, 50, 100, 200)
ROUNDS = 3


def median_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of some runs."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def command(spec: Path, folder: Path, form: str) -> float:
    """The whole command in a process of its own."""
    words = [
        sys.executable,
        "-m",
        "reportgen",
        "build",
        str(spec),
        "--format",
        "pdf",
        "--report",
        form,
        "-o",
        str(folder),
    ]
    return median_seconds(lambda: subprocess.run(words, check=True, capture_output=True))


def long_report(report: Report, pages: int) -> Report:
    """The report with its appendices again and again, until it is about as long."""
    if not report.appendices:
        sys.exit("this scenario has no appendix to make a report longer with")
    one = report.appendices[0]
    parts = [Section(f"{one.title}, part {i}", one.blocks) for i in range(1, max(2, pages // 2) + 1)]
    return dataclasses.replace(report, appendices=tuple(parts))


def bare(html: str) -> bytes:
    """WeasyPrint alone."""
    import weasyprint

    from reportgen.render.pdf.fetch import AssetFetcher

    with own_fonts():
        made: bytes = weasyprint.HTML(string=html, url_fetcher=AssetFetcher(), base_url="asset:").write_pdf()
    return made


def chromium(html: str, folder: Path) -> Callable[[], object] | None:
    """A print by Chromium; none where it is not installed."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return None
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    words = [
        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder}/chromium",
        f"--print-to-pdf={folder}/page.pdf", "--no-pdf-header-footer", page.as_uri(),
    ]  # fmt: skip
    return lambda: subprocess.run(words, check=True, capture_output=True)


def page_count(content: bytes) -> int:
    """The pages of a PDF."""
    import io

    import pikepdf

    return len(pikepdf.open(io.BytesIO(content)).pages)


def main(arguments: Sequence[str]) -> int:
    """Print the tables; 1 where a limit is passed."""
    spec = Path(arguments[0]) if arguments else ALICE
    missed: list[str] = []

    def limit(what: str, value: float, most: float) -> None:
        if value > most:
            missed.append(f"{what}: {value:.3g}, limit {most:g}")

    results = api.evaluate(spec)
    pdf_bytes(results, b"PK")  # what is imported and drawn once
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{spec.stem:10s} {'command':>9s} {'warm':>9s} {'pages':>6s} {'size':>9s}")
        for form in ("full", "brief"):
            look = design(form)
            cold = command(spec, folder, form)
            warm = median_seconds(lambda look=look: pdf_bytes(results, b"PK", look))  # type: ignore[misc]
            made = (folder / f"{spec.stem}.pdf").read_bytes()
            print(f"{form:10s} {cold:7.2f} s {warm:7.2f} s {page_count(made):6d} {len(made) / 1000:6.0f} kB")
        limit("command, brief", cold, COLD_SECONDS)
        limit("warm, brief", warm, WARM_SECONDS)
        limit("size, brief", len(made), BRIEF_BYTES)
        print(
            f"\n{'long reports':>12s} {'ours':>9s} {'per page':>9s} {'bare':>9s} {'ratio':>6s}"
            f" {'Chromium':>9s} {'ratio':>6s}"
        )
        first = 0.0
        for pages in PAGES:
            report = long_report(report_of(results), pages)
            html = render_html(report)
            start = time.perf_counter()
            count = page_count(ours.render_pdf(report))
            taken = time.perf_counter() - start
            alone = median_seconds(lambda html=html: bare(html), 1)  # type: ignore[misc]
            other: Any = chromium(html, folder)
            printed = median_seconds(other, 1) if other else float("nan")
            each = taken / count
            first = first or each
            print(
                f"{count:12d} {taken:7.1f} s {1000 * each:6.0f} ms {alone:7.1f} s {taken / alone:6.2f} "
                f"{printed:7.1f} s {taken / printed:6.2f}"
            )
            limit(f"beside bare WeasyPrint, {count} pages", taken / alone, MOST_RATIO)
            limit(f"growth of the time per page, {count} pages", each / first, MOST_GROWTH)
    print("\n".join(missed) or "all within the limits")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
