"""Tables, derivations and progress for people: coloured on a terminal, plain text into a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reportgen.engine.explain import Explanation, Step
    from reportgen.engine.results import Results
    from reportgen.fit.accuracy import Accuracy
    from reportgen.fit.calibrate import Calibration

__all__ = ["number", "progress", "show_catalogue", "show_explanation", "show_results", "stdout_console"]

_WIDE = 100_000  # nothing is wrapped or cut in a pipe
_SHOWN = {("option",): "option_columns", ("option", "stage"): "stage_columns",
          ("option", "stage", "operator"): "operator_columns"}  # fmt: skip
_TEXTS = ("aliases", "source", "retrieved", "quality", "notes", "url", "description")
_LONG = 32


def stdout_console() -> Console:
    """Return a console that styles on a terminal, and writes plain text of any width into a pipe."""
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=_WIDE)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being made, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    console = Console(stderr=True, highlight=False, markup=False)
    with console.status("checking") as status:
        yield lambda text: status.update(f"making {text}")


def number(value: object) -> str:
    """Format a value for reading: five digits, a dash if absent.

    >>> number(12000.0), number(16.2018280), number(0.0000162), number(None), number(True)
    ('12,000', '16.202', '1.62e-05', '–', 'yes')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float | int):
        return str(value)
    if value == int(value) and abs(value) < 1e7:
        return f"{int(value):,}"
    if not 1e-3 <= abs(value) < 1e7:
        return f"{value:.5g}"
    if abs(value) < 1:
        return f"{value:.5g}"
    return f"{value:,.{max(0, 5 - len(str(int(abs(value)))))}f}"


# --- results -----------------------------------------------------------------------------------------------------


def show_results(results: Results, table: str) -> None:
    """Print one table, or single values, options and stages."""
    from reportgen.render.text import SCALARS, table_rows

    console = stdout_console()
    if table:
        rows = table_rows(results, table)
        columns = list(rows[0]) if rows else []
        console.print(_table(results, "", rows, columns, columns if table == SCALARS else []))
        return
    scenario = results.book.scenario
    console.print(f"{scenario.title}\nCounting convention: {results.book.accounting}\n")
    warning = results.book.roles.warning
    if warning in results.book.quantities and results.get(warning):
        console.print(Text(f"Warning: {results.get(warning)}\n", "bold red"))
    rows = table_rows(results, SCALARS)
    console.print(_table(results, "Single values", rows, ["quantity", "value", "unit"], ["quantity", "value", "unit"]))
    for per, chosen in list(_SHOWN.items())[:2]:
        console.print()
        columns = [*per, *(c for c in getattr(results.book.report, chosen) if c not in per)]
        title = "Options" if len(per) == 1 else "Stages"
        console.print(_table(results, title, list(results.rows(per)), columns, []))


def _table(results: Results, title: str, rows: Sequence[Any], columns: Sequence[str], plain: Sequence[str]) -> Table:
    """Return a table with names as headers, as in addresses and JSON, and units below them."""
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for name in columns:
        quantity = results.book.quantities.get(name) if name not in (*plain, *results.book.dimensions) else None
        numeric = (quantity is not None and quantity.type.kind == "number") or name == "value"
        unit = quantity.type.unit.label if quantity is not None and numeric else ""
        table.add_column(f"{name}\n{unit}" if unit else name, justify="right" if numeric else "left", no_wrap=numeric)
    for row in rows:
        table.add_row(*(Text(number(row.get(name))) for name in columns))
    return table


# --- derivations -------------------------------------------------------------------------------------------------


def show_explanation(results: Results, explanation: Explanation) -> None:
    """Print a quantity: its meaning, formula and values, and the derivation of one value."""
    console, quantity = stdout_console(), explanation.quantity
    unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
    per = f", per {', '.join(quantity.per)}" if quantity.per else ""
    console.print(Text(f"{quantity.name}: {quantity.title}{f' ({unit})' if unit else ''}{per}", "bold"))
    for text in (quantity.description, f"Source: {quantity.source}" if quantity.source else ""):
        if text:
            console.print(Text(text))
    _formulas(console, explanation)
    if quantity.per:
        console.print()
        rows = [{**dict(zip(quantity.per, k, strict=True)), "": v} for k, v in explanation.values.items()]
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in quantity.per:
            table.add_column(name)
        table.add_column(unit or quantity.name, justify="right" if quantity.type.kind == "number" else "left")
        for row in rows:
            table.add_row(*(Text(number(value)) for value in row.values()))
        console.print(table)
    console.print()
    tree = Tree(_label(explanation.derivation), guide_style="dim")
    _grow(tree, explanation.derivation)
    console.print(tree)


def _formulas(console: Console, explanation: Explanation) -> None:
    """Print the formula as written, or one for each row if rows have their own."""
    quantity, written = explanation.quantity, explanation.formulas
    if not quantity.by:
        console.print(Text(f"= {written[()]}"))
        return
    distinct = {text for text in written.values() if text}
    if quantity.input or len(distinct) <= 1:
        console.print(Text("An input" if quantity.input else f"= {next(iter(distinct), '')}"))
        return
    for key, text in written.items():
        if text:
            console.print(Text(f"  {', '.join(key)}: {text}"))


def _grow(tree: Tree, step: Step) -> None:
    for below in step.inputs:
        _grow(tree.add(_label(below)), below)


def _label(step: Step) -> Text:
    """Return a value on one line: address, value, unit, and how it was computed."""
    text = Text(step.address)
    text.append(f" = {number(step.value)}{f' {step.unit}' if step.unit not in ('', '1') else ''}", "bold")
    if step.formula:
        text.append(f"   {step.formula}", "dim")
    if step.source:
        retrieved = f", retrieved {step.retrieved}" if step.retrieved else ""
        text.append(f"   source: {step.source}{retrieved}", "dim")
    if step.note:
        text.append(f"   ({step.note})", "italic")
    return text


# --- catalogues --------------------------------------------------------------------------------------------------


def show_catalogue(rows: Sequence[dict[str, Any]], folders: Sequence[str] = ()) -> None:
    """Print the columns that most rows of a catalogue have and that fit the terminal.

    `folders` hold users' libraries that add rows.
    """
    console, rows, units = stdout_console(), [_flat(row) for row in _stated(rows, folders)], _units(folders)
    columns = [("name", [str(row["name"]) for row in rows]), *_single(rows, units)]
    columns += [(name, [_fact(row.get(name)) for row in rows]) for name in _telling(rows, taken=len(columns) > 1)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    left, shown = console.width, list[list[str]]()
    for name, cells in columns:
        unit = units.get(name.partition("[")[0], "")
        head = "_\n".join(name.split("_")) + (f"\n{unit}" if unit else "")  # split to be narrow
        wide = min(max(map(len, (*head.split("\n"), *cells))), left // 2 if not shown else left)
        left -= wide + 3
        if shown and left < 0:
            break
        numeric = any(_is_number(row.get(name)) for row in rows)
        table.add_column(head, justify="right" if numeric else "left", no_wrap=bool(shown), min_width=wide)
        shown.append(cells)
    for line in zip(*shown, strict=True):
        table.add_row(*map(Text, line))
    console.print(table)
    console.print("\n--format json has the other facts, with sources and notes")


def _single(rows: Sequence[dict[str, Any]], units: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Return one column for all amounts if each row has one unit, as a price is by the hour, per card, or per token.

    A number that every row has in addition, such as the number of devices sold together, is not an amount.
    """
    numbers = [[name for name in row if _is_number(row[name])] for row in rows]
    alike = [names for names in numbers if len({units.get(name, name) for name in names}) == 1]
    amounts = {name for names in alike for name in names}
    amounts_of = [[name for name in names if name in amounts] for names in numbers]
    if any(len({units.get(name, name) for name in names}) != 1 for names in amounts_of):
        return []
    texts = ["/".join(_fact(row[name]) for name in names) for row, names in zip(rows, amounts_of, strict=True)]
    return [("amount", [f"{t} {units.get(n[0], n[0])}" for t, n in zip(texts, amounts_of, strict=True)])]


def _telling(rows: Sequence[dict[str, Any]], *, taken: bool) -> list[str]:
    """Return what at least half of the rows have, without flags and what names already say; numbers unless taken."""
    facts = [(name, value, row["name"]) for row in rows for name, value in row.items() if not isinstance(value, bool)]
    filled = Counter(name for name, _, _ in facts)
    unsaid = {name for name, value, member in facts if str(value).casefold() not in member.casefold()}
    numbers = {name for name, value, _ in facts if _is_number(value)}
    names = (n for n in unsaid if 2 * filled[n] >= len(rows) and n not in _TEXTS and not (taken and n in numbers))
    order = list(filled)
    groups = list(dict.fromkeys(name.partition("[")[0] for name in order))
    return sorted(names, key=lambda name: (groups.index(name.partition("[")[0]), order.index(name)))


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _fact(value: object) -> str:
    """Format a fact as in its source, years without commas; long texts are cut."""
    if _is_number(value):
        return f"{value:.10g}"
    text = number(value)
    return text if len(text) <= _LONG else text[: _LONG - 1].rstrip() + "…"


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return rates per precision as columns, as in the file: `peak[fp8]`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= {f"{name}[{k}]": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _stated(rows: Sequence[dict[str, Any]], folders: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows without fitted factors, which do not come from data sheets."""
    from reportgen.book.library.library import library

    files = library(folders).files
    fitted = {name for file in files for name, q in file.spec.quantities.items() if q.topic == "efficiency"}
    return [{name: value for name, value in row.items() if name not in fitted} for row in rows]


def _units(folders: Sequence[str]) -> dict[str, str]:
    """Return the units that the library declares, by quantity."""
    from reportgen.book.library.library import library

    declared = {name: q.unit for loaded in library(folders).files for name, q in loaded.spec.quantities.items()}
    return {name: unit for name, unit in declared.items() if unit != "1"}


# --- measurements ------------------------------------------------------------------------------------------------


def show_accuracy(accuracy: Accuracy, by: str) -> None:
    """Print the errors by group, and what could not be evaluated."""
    console = stdout_console()
    table = _errors_table(f"Predicted against measured, {len(accuracy.predictions)} rows")
    for group in accuracy.groups:
        if by in (group.by, "all"):
            table.add_row(
                group.name, str(group.rows), f"{group.median:.1%}", f"{group.p90:.1%}", f"{group.bias:+.1%}",
                str(group.beaten or ""),
            )  # fmt: skip
    console.print(table)
    if accuracy.unevaluated:
        console.print(f"\n{len(accuracy.unevaluated)} rows cannot be evaluated")
        reasons = Counter(u.why for u in accuracy.unevaluated)
        for why, count in reasons.most_common(10):
            console.print(Text(f"  {count}: {why}"))


def show_calibration(calibration: Calibration) -> None:
    """Print the errors of a fit by group, with and without each model, and the factors that changed most."""
    import numpy as np

    console = stdout_console()
    table = _errors_table(
        f"{len(calibration.factors)} factors fitted to {len(calibration.cases)} timings", left_out=True
    )
    groups = [f"{case.measurement.metric}, {case.measurement.load}" for case in calibration.cases]
    for name in sorted(set(groups)):
        which = np.array([g == name for g in groups])
        fitted, out = calibration.errors[which], calibration.left_out[which]
        out = out[np.isfinite(out)]
        table.add_row(
            name, str(which.sum()), f"{np.median(np.abs(fitted)):.1%}", f"{np.quantile(np.abs(fitted), 0.9):.1%}",
            f"{np.median(fitted):+.1%}", f"{np.median(np.abs(out)):.1%}" if len(out) else "-",
            f"{np.quantile(np.abs(out), 0.9):.1%}" if len(out) else "-",
        )  # fmt: skip
    console.print(table)
    if calibration.unread:
        console.print(f"\n{len(calibration.unread)} rows cannot be used")
        for why, count in Counter(u.why for u in calibration.unread).most_common(10):
            console.print(Text(f"  {count}: {why}"))


def _errors_table(title: str, *, left_out: bool = False) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("group", overflow="fold")
    further = ["left out\nmedian", "left out\np90"] if left_out else ["beats\nthe ideal"]
    for head in ("rows", "median\nerror", "p90\nerror", "bias", *further):
        table.add_column(head, justify="right", no_wrap=True)
    return table
