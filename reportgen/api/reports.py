"""The verb on reports that were handed on: the scenario and the workbook taken out again."""

from __future__ import annotations

from pathlib import Path

from reportgen.errors import Problem, Span, SpecError

__all__ = ["extract"]


def extract(report: str | Path, out: str | Path = ".", *, force: bool = False) -> list[Path]:
    """Write the files that a PDF report carries into a folder: the scenario, and in a full report the workbook.

    Raises:
        SpecError: it is no report of ours, or a file would be written over another one.
        OutputError: a file cannot be written.
    """
    from reportgen.intake.report_pdf import carried_files
    from reportgen.render.files import Staged

    folder = Path(out)
    found = carried_files(Path(report))
    taken = [n for n, content in found.items() if (folder / n).exists() and (folder / n).read_bytes() != content]
    if taken and not force:
        hint = "choose another folder with -o, or write over them with --force"
        raise SpecError(
            [Problem("the file exists already, with another content", Span(str(folder / n)), hint) for n in taken]
        )
    with Staged() as staged:
        for name, content in found.items():
            staged.add(folder / name, content)
        return staged.commit()
