"""The verbs: what the command line does, as plain functions."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportgen.api.shared import folders, json_bytes, silent
from reportgen.api.workbooks import import_workbook, is_workbook
from reportgen.errors import EvaluationError, Problem, Span, SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reportgen.api.shared import Folders
    from reportgen.book.book import Book
    from reportgen.engine.explain import Explanation
    from reportgen.engine.results import Results
    from reportgen.intake.workbook.bring_back import Edited
    from reportgen.report.compare import Comparison
    from reportgen.study.sweep import Sweep

__all__ = [
    "all_evaluated", "catalog", "check", "check_all", "compare", "evaluate", "explain", "import_model", "new", "schema",
    "search", "sensitivity", "sweep",
]  # fmt: skip

_CATALOGUES = {"models": "models.csv", "accelerators": "accelerators.csv", "prices": "prices.csv"}


def check(path: str | Path, library: Folders = ()) -> Book:
    """Read a scenario, check it and evaluate it once; nothing is written.

    `library` is a folder with a user's library, or several, the later ones over the earlier; the same holds for all
    verbs.

    Raises:
        SpecError: with every mistake found.
        EvaluationError: a result is not finite.
    """
    return evaluate(path, library=library).book


def check_all(
    paths: Iterable[str | Path], library: Folders = (), edited: Callable[[Edited], None] | None = None
) -> list[Book]:
    """Check several scenarios and report the mistakes of all in one error. `edited` as in `all_evaluated`.

    Raises:
        SpecError: with every mistake found, in the order of the files.
    """
    return [results.book for results in all_evaluated(paths, library, edited)]


def evaluate(
    scenario: str | Path | Book, changes: Iterable[str] = (), library: Folders = (), keep: Iterable[str] = ()
) -> Results:
    """Evaluate a scenario, with changes such as `"baseline.batch=8"` or `"ttft_target=500 ms"`.

    First the candidates are searched, and levers that bring little are left out unless `changes` or `keep` name them;
    then the changes are made. For a book, which has its library and options already, `library` and `keep` are ignored.

    Raises:
        SpecError: with every mistake found, in the scenario or in the changes.
        EvaluationError: a result is not finite.

    >>> evaluate("specs/alice.yaml", ["baseline.batch=2"]).get("batch", "baseline")
    2.0
    """
    from reportgen.book.book import Book
    from reportgen.book.changes import read_changes
    from reportgen.engine.evaluation import evaluate as evaluate_book

    if not isinstance(scenario, Book):
        from reportgen.study.prepare import prepared_book

        changes = list(changes)
        if is_workbook(scenario):
            scenario = import_workbook(scenario, library).book
        else:
            scenario = prepared_book(Path(scenario), str(scenario), [*changes, *keep], folders(library))
    return evaluate_book(scenario, read_changes(scenario, changes))


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
        SpecError: the quantity or a member does not exist, or a mistake as in `evaluate`.
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
    """Sweep all combinations of values of inputs, such as `["baseline.batch=1..64*2"]`; rows are computed on demand.

    `show` names quantities with one value, or one per option; by default the report's key figures, the objective and
    feasibility. `options` are the options to show, by default all.

    Raises:
        SpecError: with every mistake found, in the scenario or in the request.

    >>> found = sweep("specs/alice.yaml", ["baseline.batch=1,2"], ["memory_needed"], ["baseline"])
    >>> found.frame()["memory_needed"].round(1).to_list()
    [17.9, 19.2]
    """
    from reportgen.book.book import Book
    from reportgen.study.axes import mentions
    from reportgen.study.sweep import design

    vary, changes, options = list(vary), list(changes), list(options)
    if not isinstance(scenario, Book):
        from reportgen.study.prepare import prepared_book

        named = [*changes, *mentions(vary), *options]
        scenario = prepared_book(Path(scenario), str(scenario), named, folders(library))
    return design(scenario, vary, show, options, changes)


def compare(
    paths: Iterable[str | Path], library: Folders = (), edited: Callable[[Edited], None] | None = None
) -> Comparison:
    """Compare several scenarios: the baseline and the recommended option of each, by their key figures.

    `edited` as in `all_evaluated`.

    Raises:
        SpecError: with every mistake found in any of them.
    """
    from reportgen.report.compare import compare as beside
    from reportgen.report.compare import short_names

    sources = [Path(path) for path in paths]
    names = short_names(sources)
    return beside(all_evaluated(sources, library, edited), names)


def search(scenario: str | Path | Book, library: Folders = ()) -> Results:
    """Evaluate a scenario with the best configuration of each candidate; `book.studies` holds the search's result.

    A result that the scenario already holds is ignored.

    Raises:
        SpecError: with every mistake found, or the scenario has no search.
    """
    from reportgen.book.book import Book
    from reportgen.book.build import load_book
    from reportgen.engine.evaluation import evaluate as evaluate_book
    from reportgen.study.prepare import chosen
    from reportgen.study.search import again

    where = None
    if isinstance(scenario, Book):
        book = scenario
    else:
        book, where = load_book(Path(scenario), str(scenario), overlays=folders(library)), Span(str(scenario))
    if book.studies.search is None:
        hint = "add search: with candidates: and vary:"
        raise SpecError([Problem("the scenario asks for no search", where, hint)])
    return evaluate_book(chosen(again(book)))


def sensitivity(
    scenario: str | Path | Book,
    samples: int | None = None,
    seed: int | None = None,
    changes: Iterable[str] = (),
    library: Folders = (),
) -> Results:
    """Evaluate a scenario with its sensitivity cases; `robustness` of the results says how robust the best option is.

    `samples` and `seed` override the scenario's. With `changes`, the cases are those of the option that is then the
    best.

    Raises:
        SpecError: with every mistake found, or the scenario has no sensitivity.
    """
    from reportgen.engine.evaluation import evaluate as evaluate_book
    from reportgen.study.robustness import robustness
    from reportgen.study.trials import rebase_trials

    if samples is not None and samples < 1:
        raise SpecError([Problem("samples must be at least 1")])
    results = evaluate(scenario, changes, library)
    if results.book.scenario.sensitivity is None:
        where = None if not isinstance(scenario, str | Path) else Span(str(scenario))
        raise SpecError([Problem("the scenario asks for no sensitivity", where, "add sensitivity: {option: best}")])
    book = rebase_trials(results.book, results.inputs)
    if book is not results.book:
        results = evaluate_book(book, results.inputs)
    results.robustness = robustness(results, samples, seed)
    return results


def new(
    path: str | Path = "scenario.yaml",
    model: str = "",
    accelerator: str = "",
    *,
    template: str = "full",
    force: bool = False,
    library: Folders = (),
) -> list[Path]:
    """Write a commented scenario and, unless it exists, the JSON Schema for editors in the same folder.

    Raises:
        SpecError: the file exists, or the template, model or accelerator is unknown.
        OutputError: the file cannot be written.
    """
    from reportgen.render.files import Staged

    target = Path(path)
    if target.exists() and not force:
        raise SpecError([Problem("the file exists already", Span(str(target)), "write over it with --force")])
    text = new_text(template, model, accelerator, library=library)
    with Staged() as staged:
        staged.add(target, text.encode())
        companion = target.with_name("scenario.schema.json")
        if not companion.exists():
            staged.add(companion, json_bytes(schema(library=library)))
        return staged.commit()


def new_text(template: str = "full", model: str = "", accelerator: str = "", *, library: Folders = ()) -> str:
    """Return a commented scenario: `full`, `writer`, `chat`, `buy`, `home` or `measured`.

    Without a model or an accelerator it has the template's own.

    Raises:
        SpecError: the template, model or accelerator is unknown.
    """
    from reportgen.resources import templates_dir

    files = {path.stem: path for path in sorted((templates_dir() / "scenarios").glob("*.yaml"))}
    if template not in files:
        hint = nearest(template, files) or f"known: {', '.join(files)}"
        raise SpecError([Problem(f"unknown template '{template}'", None, hint)])

    def chosen(match: re.Match[str]) -> str:
        which, own = match.groups()
        return _catalogued(f"{which}s", {"model": model, "accelerator": accelerator}[which] or own, library)

    return re.sub(r"\{(model|accelerator):([^}]*)\}", chosen, files[template].read_text("utf-8"))


def schema(which: Literal["scenario", "library"] = "scenario", library: Folders = ()) -> dict[str, Any]:
    """Return the JSON Schema of scenario files or library files."""
    from reportgen.book.collected.collect import known_rows
    from reportgen.book.library.library import library as read_library
    from reportgen.spec.schema import library_schema, scenario_schema

    if which == "library":
        return library_schema()
    known = read_library(folders(library))
    rows = {table.dimension: list(known_rows(known, table.dimension)) for table in known.tables}
    return scenario_schema([loaded.spec for loaded in known.files], rows)


def catalog(which: str, library: Folders = ()) -> list[dict[str, Any]]:
    """Return the rows of a catalogue (`models`, `accelerators` or `prices`) as plain values, without unknown ones.

    Raises:
        SpecError: the catalogue does not exist, or its file has a mistake.

    Raises:
        SpecError: there is no such catalogue, or a mistake in its file.

    >>> len(catalog("models"))
    74
    """
    from reportgen.book.library.catalogue import catalogue
    from reportgen.book.library.library import CATALOGUES
    from reportgen.book.library.library import library as read_library

    if which not in _CATALOGUES:
        raise SpecError([Problem(f"unknown catalogue '{which}'", None, nearest(which, _CATALOGUES))])
    return catalogue(read_library(folders(library)), CATALOGUES[_CATALOGUES[which]])


def import_model(path: str | Path, name: str = "", retrieved: str = "") -> dict[str, Any]:
    """Return the catalogue row of a model's published `config.json`, or of a folder that holds one; nothing is fetched.

    The row holds plain values, as in `catalog("models")`; facts that the file omits are left out. `retrieved` is the
    month of the download, as in `"2026-11"`.

    Raises:
        SpecError: with every mistake found, or an unknown architecture.
    """
    from reportgen.intake.model.config import read_config

    return read_config(Path(path), name, retrieved)


def _catalogued(which: str, name: str, library: Folders) -> str:
    """Return the member of a catalogue with this name or alias."""
    rows = catalog(which, library)
    for row in rows:
        aliases = str(row.get("aliases", "")).split(";")
        if name.strip().casefold() in (row["name"].casefold(), *(a.strip().casefold() for a in aliases)):
            return str(row["name"])
    kind = which.removesuffix("s")
    raise SpecError([Problem(f"unknown {kind} '{name}'", None, nearest(name, [row["name"] for row in rows]))])


def all_evaluated(
    paths: Iterable[str | Path], library: Folders = (), edited: Callable[[Edited], None] | None = None
) -> list[Results]:
    """Evaluate every scenario, or report all mistakes of all; `edited` is called with the changes in workbooks."""
    results, problems, names = list["Results"](), list[Problem](), folders(library)
    for path in paths:
        try:
            if is_workbook(path):
                edit = import_workbook(path, names)
                (edited or silent)(edit)
                results.append(evaluate(replace(edit.book, name=Path(path).stem)))
            else:
                results.append(evaluate(path, library=names))
        except (SpecError, EvaluationError) as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return results
