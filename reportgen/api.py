"""The verbs: what the command line does, as plain functions."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportgen.errors import EvaluationError, OutputError, Problem, Span, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reportgen.book.book import Book
    from reportgen.engine.explain import Explanation
    from reportgen.engine.results import Results
    from reportgen.fit.accuracy import Accuracy
    from reportgen.fit.calibrate import Calibration
    from reportgen.fit.measure import Measured
    from reportgen.fit.records import Given
    from reportgen.render.beside import Beside
    from reportgen.render.files import Staged
    from reportgen.study.compare import Comparison
    from reportgen.study.sweep import Sweep

    Folders = str | Path | Iterable[str | Path]

__all__ = [
    "FORMATS", "PartlyBuilt", "accuracy", "build", "calibrate", "catalog", "check", "check_all", "compare", "evaluate",
    "explain", "import_model", "measure", "new", "schema", "search", "sensitivity", "sweep",
]  # fmt: skip

FORMATS = ("xlsx", "pdf", "html", "json", "csv")
_CATALOGUES = {"models": "models.csv", "accelerators": "accelerators.csv", "prices": "prices.csv"}


class PartlyBuilt(OutputError):  # noqa: N818 - it says what was done, too
    """Some outputs could not be made on this system; `written` are the others."""

    def __init__(self, message: str, written: list[Path]) -> None:
        super().__init__(message)
        self.written = written


def check(path: str | Path, library: Folders = ()) -> Book:
    """Read a scenario, make it whole and evaluate it once; nothing is written.

    `library` is a folder with a library of your own, or several, the later ones over the earlier; so it is for all
    verbs.

    Raises:
        SpecError: with every mistake found.
        EvaluationError: a result is not finite.
    """
    return evaluate(path, library=library).book


def check_all(paths: Iterable[str | Path], library: Folders = ()) -> list[Book]:
    """Check several scenarios; the mistakes of all of them come in one error.

    Raises:
        SpecError: with every mistake found, in the order of the files.
    """
    return [results.book for results in _all_evaluated(paths, library)]


def evaluate(
    scenario: str | Path | Book, changes: Iterable[str] = (), library: Folders = (), keep: Iterable[str] = ()
) -> Results:
    """Evaluate a scenario, with changes such as `"baseline.batch=8"` or `"ttft_target=500 ms"`.

    Candidates are searched, and levers that bring little are left out, except those that `changes` or `keep` name;
    then the changes are made. A book has been made with its library and its options; for it, `library` and `keep` mean
    nothing.

    Raises:
        SpecError: with every mistake found, in the scenario or in the changes.
        EvaluationError: a result is not finite.

    >>> evaluate("specs/alice.yaml", ["baseline.batch=2"]).get("batch", "baseline")
    2.0
    """
    from reportgen.book.book import Book
    from reportgen.book.changes import read_changes
    from reportgen.engine.results import evaluate as evaluate_book

    if not isinstance(scenario, Book):
        from reportgen.study.prepare import prepared_book

        changes = list(changes)
        scenario = prepared_book(Path(scenario), str(scenario), [*changes, *keep], _folders(library))
    return evaluate_book(scenario, read_changes(scenario, changes))


def build(
    paths: Iterable[str | Path],
    out: str | Path = "out",
    formats: Sequence[str] = ("xlsx", "pdf"),
    progress: Callable[[str], None] | None = None,
    *,
    parallel: bool = False,
    library: Folders = (),
) -> list[Path]:
    """Write the outputs of scenarios, each named after its file; all of them, or none.

    All scenarios are checked before anything is made, everything is made before a file gets its name, and what
    stood there before stays until then. `progress` is told what is being made; `parallel` makes the workbook in a
    second process beside the report.

    Raises:
        SpecError: a mistake in a scenario, or in what is asked for.
        PartlyBuilt: this system cannot make PDFs; the other outputs have been written.
        OutputError: an output could not be made or written.
    """
    from reportgen.render.beside import Beside
    from reportgen.render.files import Staged

    folder, sources = Path(out), [Path(path) for path in paths]
    _check_request(sources, folder, formats)
    missing: dict[Path, str] = {}
    with Staged() as staged, Beside() as beside:
        for results in _all_evaluated(sources, library):
            if results.book.scenario.sensitivity is not None:
                from reportgen.study.robustness import robustness

                results.robustness = robustness(results)
            second = beside if parallel and "pdf" in formats else None
            _stage(staged, second, results, folder, formats, missing, progress or _silent)
        written = staged.commit()
    if missing:
        names = ", ".join(str(path) for path in missing)
        verb = "was" if len(missing) == 1 else "were"
        raise PartlyBuilt(f"{names} {verb} not written: {next(iter(missing.values()))}", written)
    return written


def explain(
    scenario: str | Path | Book,
    quantity: str,
    at: Iterable[str] = (),
    changes: Iterable[str] = (),
    depth: int | None = None,
    library: Folders = (),
) -> Explanation:
    """Explain a quantity: formula, values, and the derivation of the value at the members `at`, down to the inputs.

    Raises:
        SpecError: there is no such quantity or member, or a mistake as in `evaluate`.
    """
    from reportgen.engine.explain import explain as explain_results

    at = list(at)
    return explain_results(evaluate(scenario, changes, library, at), quantity, at, depth)


def sweep(
    scenario: str | Path | Book,
    vary: Iterable[str],
    show: Iterable[str] = (),
    options: Iterable[str] = (),
    changes: Iterable[str] = (),
    library: Folders = (),
) -> Sweep:
    """All combinations of values of inputs, such as `["baseline.batch=1..64*2"]`; computed when its rows are asked for.

    `show` names quantities with one value, or one per option; without it they are the report's key figures, the
    objective and whether an option is feasible. `options` are the options that are wanted, without it all.

    Raises:
        SpecError: with every mistake found, in the scenario or in what is asked for.

    >>> found = sweep("specs/alice.yaml", ["baseline.batch=1,2"], ["memory_needed"], ["baseline"])
    >>> found.frame()["memory_needed"].round(1).to_list()
    [18.7, 20.8]
    """
    from reportgen.book.book import Book
    from reportgen.study.axes import mentions
    from reportgen.study.sweep import design

    vary, changes, options = list(vary), list(changes), list(options)
    if not isinstance(scenario, Book):
        from reportgen.study.prepare import prepared_book

        named = [*changes, *mentions(vary), *options]
        scenario = prepared_book(Path(scenario), str(scenario), named, _folders(library))
    return design(scenario, vary, show, options, changes)


def compare(paths: Iterable[str | Path], library: Folders = ()) -> Comparison:
    """Several scenarios beside each other: baseline and recommended option of each, by their key figures.

    Raises:
        SpecError: with every mistake found in any of them.
    """
    from reportgen.study.compare import compare as beside
    from reportgen.study.compare import told_apart

    sources = [Path(path) for path in paths]
    names = told_apart(sources)
    return beside(_all_evaluated(sources, library), names)


def search(path: str | Path, library: Folders = ()) -> Results:
    """A scenario with the best configuration of each candidate; what was tried stands in `book.studies`.

    What the scenario holds as found is sought anew.

    Raises:
        SpecError: with every mistake found, or where the scenario asks for no search.
    """
    from reportgen.book.build import load_book
    from reportgen.engine.results import evaluate as evaluate_book
    from reportgen.study.prepare import chosen
    from reportgen.study.search import again

    book = load_book(Path(path), str(path), overlays=_folders(library))
    if book.studies.search is None:
        hint = "add search: with candidates: and vary:"
        raise SpecError([Problem("the scenario asks for no search", Span(str(path)), hint)])
    return evaluate_book(chosen(again(book)))


def sensitivity(
    scenario: str | Path | Book,
    samples: int | None = None,
    seed: int | None = None,
    changes: Iterable[str] = (),
    library: Folders = (),
) -> Results:
    """A scenario with its trials; how firmly the best option stands is in `robustness` of the results.

    `samples` and `seed` replace those of the scenario. With `changes` the trials are those of what is the best then.

    Raises:
        SpecError: with every mistake found, or where the scenario asks for no sensitivity.
    """
    from reportgen.engine.results import evaluate as evaluate_book
    from reportgen.study.robustness import robustness
    from reportgen.study.trials import settle_trials

    if samples is not None and samples < 1:
        raise SpecError([Problem("a share needs at least one sample")])
    results = evaluate(scenario, changes, library)
    if results.book.scenario.sensitivity is None:
        where = None if not isinstance(scenario, str | Path) else Span(str(scenario))
        raise SpecError([Problem("the scenario asks for no sensitivity", where, "add sensitivity: {option: best}")])
    book = settle_trials(results.book, results.inputs)
    if book is not results.book:
        results = evaluate_book(book, results.inputs)
    results.robustness = robustness(results, samples, seed)
    return results


def new(
    path: str | Path = "scenario.yaml",
    model: str = "Llama-3.1-8B",
    accelerator: str = "H100-SXM-80GB",
    *,
    force: bool = False,
    library: Folders = (),
) -> list[Path]:
    """Write a commented scenario, and the JSON Schema for editors beside it unless one is there.

    Raises:
        SpecError: the file exists, or model or accelerator are not in the catalogue.
        OutputError: the file cannot be written.
    """
    from reportgen.render.files import Staged
    from reportgen.resources import templates_dir

    target = Path(path)
    if target.exists() and not force:
        raise SpecError([Problem("the file exists already", Span(str(target)), "write over it with --force")])
    text = (templates_dir() / "scenario.yaml").read_text("utf-8")
    for mark, which, name in (("{model}", "models", model), ("{accelerator}", "accelerators", accelerator)):
        text = text.replace(mark, _catalogued(which, name, library))
    with Staged() as staged:
        staged.add(target, text.encode())
        companion = target.with_name("scenario.schema.json")
        if not companion.exists():
            staged.add(companion, _json(schema(library=library)))
        return staged.commit()


def schema(which: Literal["scenario", "library"] = "scenario", library: Folders = ()) -> dict[str, Any]:
    """The JSON Schema of scenario files, or of the library's."""
    from reportgen.book.collect import known_rows
    from reportgen.book.library import library as read_library
    from reportgen.spec.schema import library_schema, scenario_schema

    if which == "library":
        return library_schema()
    known = read_library(_folders(library))
    rows = {table.dimension: list(known_rows(known, table.dimension)) for table in known.tables}
    return scenario_schema([loaded.spec for loaded in known.files], rows)


def catalog(which: str, library: Folders = ()) -> list[dict[str, Any]]:
    """The rows of a catalogue - `models`, `accelerators` or `prices` - as plain values; what is not known is left out.

    Raises:
        SpecError: there is no such catalogue, or a mistake in its file.

    >>> len(catalog("models"))
    74
    """
    from reportgen.book.catalogue import catalogue
    from reportgen.book.library import CATALOGUES
    from reportgen.book.library import library as read_library

    if which not in _CATALOGUES:
        raise SpecError([Problem(f"there is no catalogue '{which}'", None, nearest(which, _CATALOGUES))])
    return catalogue(read_library(_folders(library)), CATALOGUES[_CATALOGUES[which]])


def import_model(path: str | Path, name: str = "", retrieved: str = "") -> dict[str, Any]:
    """The catalogue row of a model's published `config.json`, or of a folder that holds one; nothing is fetched.

    The row holds plain values, as those of `catalog("models")`; a fact that the file does not state is left out.
    `retrieved` is the month of the download, as in `"2026-11"`.

    Raises:
        SpecError: with every mistake found, or for an architecture that is not known.
    """
    from reportgen.intake.model_config import read_config

    return read_config(Path(path), name, retrieved)


def accuracy(
    path: str | Path, calibration: str | Path | None = None, *, given: Given | None = None, library: Folders = ()
) -> Accuracy:
    """Predict every row of a file of measurements and compare; the errors by metric, load, engine, device and so on.

    `calibration` is a file that `calibrate` wrote; without it the library's own factors hold. `given` says what a
    benchmark's result file leaves open.

    Raises:
        SpecError: the file cannot be read.
    """
    from reportgen.fit.accuracy import accuracy as compare
    from reportgen.fit.benchmarks import read_measurements
    from reportgen.fit.configuration import measured_book

    overlays = (*_folders(library), *([] if calibration is None else [str(calibration)]))
    read, unread = read_measurements(Path(path), given)
    return compare(read, unread, measured_book(overlays))


def calibrate(
    path: str | Path,
    title: str = "",
    source: str = "",
    progress: Callable[[str], None] | None = None,
    *,
    given: Given | None = None,
    library: Folders = (),
) -> tuple[Calibration, str]:
    """Fit the efficiency factors to a file of measurements; the fit, and the text of a calibration file.

    Raises:
        SpecError: the file cannot be read, or its measurements do not support a fit.
    """
    from reportgen.fit.benchmarks import read_measurements
    from reportgen.fit.calibrate import calibrate as fit
    from reportgen.fit.configuration import measured_book
    from reportgen.fit.write import calibration_text

    book = measured_book(tuple(_folders(library)))
    read, unread = read_measurements(Path(path), given)
    found = fit(read, unread, progress or _silent, book)
    return found, calibration_text(found, book, source or Path(path).name, title)


def measure(
    device: int = 0,
    accelerator: str = "",
    *,
    quick: bool = False,
    progress: Callable[[str], None] | None = None,
    library: Folders = (),
) -> tuple[Measured, str]:
    """Time kernels on a device of this machine; the efficiency factors, and the text of a calibration file.

    `accelerator` says what the device is where the catalogue does not know the name that it gives itself.

    Raises:
        SpecError: there is no such device, or it is not in the catalogue.
        OutputError: PyTorch is not installed, or finds no device.
    """
    from reportgen.fit.measure import calibration_text, load_torch
    from reportgen.fit.measure import measure as time_kernels

    found = time_kernels(
        load_torch(), catalog("accelerators", library), device=device, accelerator=accelerator, quick=quick,
        progress=progress or _silent,
    )  # fmt: skip
    return found, calibration_text(found)


# --- checking ----------------------------------------------------------------------------------------------------


def _folders(library: Folders) -> tuple[str, ...]:
    return (str(library),) if isinstance(library, str | Path) else tuple(str(folder) for folder in library)


def _all_evaluated(paths: Iterable[str | Path], library: Folders = ()) -> list[Results]:
    """Every scenario evaluated, or all mistakes of all of them."""
    results, problems, folders = list["Results"](), list[Problem](), _folders(library)
    for path in paths:
        try:
            results.append(evaluate(path, library=folders))
        except (SpecError, EvaluationError) as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return results


def _check_request(sources: Sequence[Path], folder: Path, formats: Sequence[str]) -> None:
    """Refuse what could not be written before anything is done."""
    problems = [
        Problem(f"there is no format '{name}'", None, nearest(name, FORMATS)) for name in formats if name not in FORMATS
    ]
    seen: dict[str, Path] = {}
    for source in sources:
        other = seen.setdefault(source.stem.casefold(), source)
        if other is not source:
            hint = "outputs are named after the scenario file: rename one, or build them into different folders"
            problems.append(Problem(f"{other} and {source} would write the same outputs", None, hint))
    targets = {(folder / f"{source.stem}.{name}").resolve() for source in sources for name in formats}
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
    beside: Beside | None,
    results: Results,
    folder: Path,
    formats: Sequence[str],
    missing: dict[Path, str],
    progress: Callable[[str], None],
) -> None:
    """Make the outputs of one scenario; the workbook is begun first and waited for last."""
    from reportgen.render.document.errors import DocumentUnavailable

    workbook = functools.cache(lambda: _workbook(results))
    if beside is not None:
        workbook = functools.cache(beside.start(results, workbook))
    made: dict[Path, bytes] = {}
    for kind in sorted((k for k in FORMATS if k in formats), key=lambda k: k == "xlsx"):
        target = folder / f"{results.book.name}.{kind}"
        progress(str(target))
        try:
            made |= dict(_outputs(kind, target, results, workbook))
        except DocumentUnavailable as error:
            missing[target] = str(error)
    for path in sorted(made, key=lambda path: FORMATS.index(path.suffix[1:])):
        staged.add(path, made[path])


def _workbook(results: Results) -> bytes:
    from reportgen.render.excel.workbook import workbook_bytes

    return workbook_bytes(results)


def _outputs(kind: str, target: Path, results: Results, workbook: Callable[[], bytes]) -> list[tuple[Path, bytes]]:
    """The files of one format; CSV has one for each table."""
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
    from reportgen.render.document.adapter import html_text, pdf_bytes

    return [(target, html_text(results).encode() if kind == "html" else pdf_bytes(results, workbook))]


def _silent(_: str) -> None:
    """Nobody wants to know."""


def _catalogued(which: str, name: str, library: Folders) -> str:
    """The member of a catalogue that a name or an alias means."""
    rows = catalog(which, library)
    for row in rows:
        aliases = str(row.get("aliases", "")).split(";")
        if name.strip().casefold() in (row["name"].casefold(), *(a.strip().casefold() for a in aliases)):
            return str(row["name"])
    kind = which.removesuffix("s")
    raise SpecError([Problem(f"unknown {kind} '{name}'", None, nearest(name, [row["name"] for row in rows]))])


def _json(data: object) -> bytes:
    import json

    return (json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode()
