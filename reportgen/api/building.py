"""Build the outputs of scenarios, all or none."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.api.shared import silent
from reportgen.api.verbs import all_evaluated
from reportgen.errors import OutputError, Problem, Span, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reportgen.api.shared import Folders
    from reportgen.engine.results import Results
    from reportgen.intake.workbook.bring_back import Edited
    from reportgen.render.files import Staged
    from reportgen.render.second_process import SecondProcess
    from reportgen.report.design import Design

__all__ = ["FORMATS", "PartlyBuilt", "build"]

FORMATS = ("xlsx", "pdf", "html", "md", "json", "csv")


class PartlyBuilt(OutputError):  # noqa: N818 - it says what was done, too
    """Some outputs could not be made on this system; `written` are the others."""

    def __init__(self, message: str, written: list[Path]) -> None:
        super().__init__(message)
        self.written = written


def build(
    paths: Iterable[str | Path],
    out: str | Path = "out",
    formats: Sequence[str] = ("xlsx", "pdf"),
    progress: Callable[[str], None] | None = None,
    *,
    parallel: bool = False,
    library: Folders = (),
    references: str = "structured",
    edited: Callable[[Edited], None] | None = None,
    together: str = "",
    design: Design | None = None,
) -> list[Path]:
    """Write the outputs of scenarios, each named after its file; all of them, or none.

    All scenarios are checked before anything is made, and writes are atomic: a failed build leaves existing files
    untouched. `progress` is called with what is being made; `parallel` makes the workbook in a second process during
    the report. `references` is `structured` or `a1`: how the workbook's formulas refer to cells. A path that ends in
    .xlsx is an edited workbook; `edited` is called with its changes. `together` names one workbook for all scenarios,
    instead of one each. `design` says how reports look, from `reportgen.design`.

    Raises:
        SpecError: a mistake in a scenario, or in the request.
        PartlyBuilt: this system cannot make PDFs; the other outputs have been written.
        OutputError: an output could not be made or written.
    """
    from reportgen.render.files import Staged
    from reportgen.render.second_process import SecondProcess
    from reportgen.report.design import PLAIN_DESIGN

    design = design or PLAIN_DESIGN
    folder, sources = Path(out), [Path(path) for path in paths]
    _check_request(sources, folder, formats, together)
    missing: dict[Path, str] = {}
    with Staged() as staged, SecondProcess() as process:
        every = all_evaluated(sources, library, edited)
        for results in every:
            if together:
                continue
            second = process if parallel and "pdf" in formats else None
            _stage(staged, second, results, folder, formats, missing, progress or silent, references, design)
        if together:
            _stage_combined(staged, every, folder / f"{together}.xlsx", progress or silent, references)
            others = [name for name in formats if name != "xlsx"]
            for results in every if others else ():
                _stage(staged, None, results, folder, others, missing, progress or silent, references, design)
        written = staged.commit()
    if missing:
        names = ", ".join(str(path) for path in missing)
        verb = "was" if len(missing) == 1 else "were"
        raise PartlyBuilt(f"{names} {verb} not written: {next(iter(missing.values()))}", written)
    return written


def _check_request(sources: Sequence[Path], folder: Path, formats: Sequence[str], together: str) -> None:
    """Refuse outputs that cannot be written, before anything is done."""
    problems = [
        Problem(f"unknown format '{name}'", None, nearest(name, FORMATS)) for name in formats if name not in FORMATS
    ]
    seen: dict[str, Path] = {}
    for source in sources:
        other = seen.setdefault(source.stem.casefold(), source)
        if other is not source:
            hint = "outputs are named after the scenario file: rename one, or build them into different folders"
            problems.append(Problem(f"{other} and {source} would write the same outputs", None, hint))
    targets = {(folder / f"{source.stem}.{name}").resolve() for source in sources for name in formats}
    if together:
        targets.add((folder / f"{together}.xlsx").resolve())
        if "xlsx" not in formats:
            problems.append(Problem("--together needs a workbook, and --format has no xlsx", None))
        if together != Path(together).name:
            problems.append(Problem(f"'{together}' is not a file name", None, "name the folder with -o"))
    problems += [
        Problem("an output would be written over this scenario", Span(str(source)), "choose another folder with -o")
        for source in sources
        if source.resolve() in targets
    ]
    if problems:
        raise SpecError(problems)


# --- making outputs ----------------------------------------------------------------------------------------------


def _stage(
    staged: Staged,
    second: SecondProcess | None,
    results: Results,
    folder: Path,
    formats: Sequence[str],
    missing: dict[Path, str],
    progress: Callable[[str], None],
    references: str,
    design: Design,
) -> None:
    """Make the outputs of one scenario; the workbook is started first and awaited last."""
    from reportgen.render.errors import DocumentUnavailable

    workbook = functools.cache(lambda: _workbook(results, references))
    if second is not None and ("xlsx" in formats or design.form == "full"):  # a brief report has no workbook attached
        workbook = functools.cache(second.start(results, references, workbook))
    outputs: dict[str, list[tuple[Path, bytes]]] = {}
    for kind in sorted((k for k in FORMATS if k in formats), key=lambda k: k == "xlsx"):
        target = folder / f"{results.book.name}.{kind}"
        progress(str(target))
        try:
            outputs[kind] = _outputs(kind, target, results, workbook, design)
        except DocumentUnavailable as error:
            missing[target] = str(error)
    for kind in sorted(outputs, key=FORMATS.index):
        for path, content in outputs[kind]:
            staged.add(path, content)


def _stage_combined(
    staged: Staged, every: Sequence[Results], target: Path, progress: Callable[[str], None], references: str
) -> None:
    """Make one workbook for all scenarios."""
    from reportgen.render.excel.several import combined_bytes
    from reportgen.render.excel.workbook import checked

    progress(str(target))
    staged.add(target, checked(combined_bytes(every, references)))


def _workbook(results: Results, references: str) -> bytes:
    from reportgen.render.excel.workbook import checked, workbook_bytes

    return checked(workbook_bytes(results, references))


def _outputs(
    kind: str, target: Path, results: Results, workbook: Callable[[], bytes], design: Design
) -> list[tuple[Path, bytes]]:
    """Return the files of one format: CSV has one per table, Markdown one per chart."""
    from reportgen.render import text

    if kind == "xlsx":
        return [(target, workbook())]
    if kind == "json":
        return [(target, text.json_text(results).encode())]
    if kind == "csv":
        return [
            (target.with_name(f"{results.book.name}.{table}.csv"), text.csv_text(results, table).encode())
            for table in text.table_names(results.book)
        ]
    if kind == "md":
        from reportgen.render.markdown.files import markdown_files

        return [(target.with_name(name), content) for name, content in markdown_files(results, design).items()]
    from reportgen.render.document.output import html_text, pdf_bytes

    document = html_text(results, design).encode() if kind == "html" else pdf_bytes(results, workbook, design)
    return [(target, document)]
