"""A subprocess with time and memory limits that renders with a user's templates.

    python -m reportgen.render.document.sandbox

reads a job from its standard input and writes the document to its standard output.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.render.errors import DocumentError, UserTemplateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from reportgen.render.pdf.layout import EmbeddedFile
    from reportgen.report.view import Figure, Report

__all__ = ["html_in_child", "pdf_in_child"]

SECONDS = 120.0
MEGABYTES = 3000
"""The limit of its address space; libraries take about a third of it before layout begins."""

_FAILED, _MISTAKE = 3, 4
"""Exit codes: the document cannot be made, and a template is to blame."""


@dataclass(frozen=True, slots=True)
class _Job:
    """The job of the process; charts are drawn before, because their engine needs more memory than the limit."""

    reports: tuple[Report, ...]
    files: tuple[EmbeddedFile, ...]
    fonts: tuple[Path, ...]
    drawn: Mapping[str, str]
    likely: int
    pdf: bool


def pdf_in_child(reports: Sequence[Report], files: Sequence[EmbeddedFile], fonts: Sequence[Path], likely: int) -> bytes:
    """Return the PDF as `render_pdf` does, in the subprocess.

    Raises:
        UserTemplateError: a template is wrong, does something forbidden, or takes too much time or memory.
        DocumentError: as in `render_pdf`.
    """
    ready = (replace(f, content=f.content if isinstance(f.content, bytes) else f.content()) for f in files)
    return _run(_Job(tuple(reports), tuple(ready), tuple(fonts), _drawn(reports), likely, pdf=True))


def html_in_child(report: Report) -> str:
    """Return a report as HTML; errors as in `pdf_in_child`."""
    return _run(_Job((report,), (), (), _drawn([report]), 0, pdf=False)).decode()


def _drawn(reports: Iterable[Report]) -> dict[str, str]:
    """Draw all figures of the reports; return the pictures by specification."""
    from reportgen.render.charts.draw import draw_all

    return draw_all(figure for report in reports for figure in _figures(report))


def _figures(report: Report) -> Iterable[Figure]:
    from reportgen.report.view import Figure

    for section in report.all_sections:
        yield from (block for block in section.blocks if isinstance(block, Figure))


def _run(job: _Job) -> bytes:
    given, environment = pickle.dumps(job), _environment()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "reportgen.render.document.sandbox"],
            input=given, capture_output=True, timeout=SECONDS, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserTemplateError(f"the templates take longer than {SECONDS:.0f} s; they were stopped") from None
    if done.returncode == 0:
        return done.stdout
    if done.returncode in (_FAILED, _MISTAKE):
        kind = UserTemplateError if done.returncode == _MISTAKE else DocumentError
        raise kind(done.stdout.decode("utf-8", "replace"))
    raise UserTemplateError(
        f"the templates take more memory than {MEGABYTES} MB, or fail in another way; they were stopped"
    )


def _environment() -> dict[str, str]:
    """Return the caller's environment, with its import paths."""
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def _limit() -> None:
    """Limit the memory of this process; on systems without such a limit, only its time is limited."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = MEGABYTES * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS) + 5))


def main() -> int:
    """Do the job; write what is wrong with the templates to standard output."""
    from jinja2 import TemplateError
    from jinja2.exceptions import SecurityError

    from reportgen.errors import ReportgenError
    from reportgen.render.charts.draw import keep
    from reportgen.render.html.page import render_html
    from reportgen.render.pdf.layout import render_here

    job: _Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    keep(job.drawn)
    _limit()
    try:
        content = (
            render_here(job.reports, job.files, job.fonts, job.likely)
            if job.pdf
            else render_html(job.reports[0]).encode()
        )
    except ReportgenError as error:
        sys.stdout.write(str(error))
        return _FAILED
    except (TemplateError, SecurityError, RecursionError, MemoryError, OverflowError) as error:
        sys.stdout.write(said(error))
        return _MISTAKE
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError, OSError) as error:
        sys.stdout.write(said(error))  # raised by a template, or by a file that cannot be read
        return _MISTAKE
    sys.stdout.buffer.write(content)
    return 0


def said(error: BaseException) -> str:
    """Return what is wrong, and in which template."""
    from jinja2 import TemplateSyntaxError, UndefinedError

    if isinstance(error, MemoryError):
        return f"the templates take more memory than {MEGABYTES} MB; they were stopped"
    where = ""
    if isinstance(error, TemplateSyntaxError):
        where = f"{error.name or 'template'}:{error.lineno}: "
    what = "uses an unknown name" if isinstance(error, UndefinedError) else "is wrong"
    return f"a template {what}: {where}{error or type(error).__name__}"


if __name__ == "__main__":
    sys.exit(main())
