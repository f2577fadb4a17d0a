"""The verb on finished reports: extract the attached scenario and workbook."""

from __future__ import annotations

from pathlib import Path

from reportgen.errors import Problem, Span, SpecError

__all__ = ["extract"]


def extract(report: str | Path, out: str | Path = ".", *, force: bool = False) -> list[Path]:
    """Write the files attached to a PDF report into a folder: the scenario and, from a full report, the workbook.

    Raises:
        SpecError: it is not one of our reports, or a file exists already.
        OutputError: a file cannot be written.
    """
    from reportgen.intake.report_pdf import carried_files
    from reportgen.render.files import Staged

    folder = Path(out)
    attached = carried_files(Path(report))
    taken = [n for n, content in attached.items() if (folder / n).exists() and (folder / n).read_bytes() != content]
    if taken and not force:
        hint = "choose another folder with -o, or write over them with --force"
        raise SpecError(
            [Problem("the file exists already, with another content", Span(str(folder / n)), hint) for n in taken]
        )
    with Staged() as staged:
        for name, content in attached.items():
            staged.add(folder / name, content)
        return staged.commit()
