"""Tables, derivations and progress for people: colours and progress only on a terminal, plain text into a pipe."""

from __future__ import annotations

import contextlib
import sys
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

__all__ = ["number", "progress", "show_catalogue", "show_explanation", "show_results"]

_WIDE = 100_000  # nothing is folded or cut in a pipe
_SHOWN = {("option",): "option_columns", ("option", "stage"): "stage_columns",
          ("option", "stage", "operator"): "operator_columns"}  # fmt: skip
_TEXTS = ("aliases", "source", "retrieved", "quality", "notes", "url", "description")


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=_WIDE)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being made, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    console = Console(stderr=True, highlight=False, markup=False)
    with console.status("checking") as status:
        yield lambda text: status.update(f"making {text}")


def number(value: object) -> str:
    """A value as people read it: five digits, a dash for what is absent.

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

    console = _console()
    if table:
        rows = table_rows(results, table)
        columns = list(rows[0]) if rows else []
        console.print(_table(results, "", rows, columns, columns if table == SCALARS else []))
        return
    scenario = results.book.scenario
    console.print(f"{scenario.title}\nAccounting: {results.book.accounting}\n")
    rows = table_rows(results, SCALARS)
    console.print(_table(results, "Single values", rows, ["quantity", "value", "unit"], ["quantity", "value", "unit"]))
    for per, chosen in list(_SHOWN.items())[:2]:
        console.print()
        columns = [*per, *(c for c in getattr(results.book.report, chosen) if c not in per)]
        title = "Options" if len(per) == 1 else "Stages"
        console.print(_table(results, title, list(results.rows(per)), columns, []))


def _table(results: Results, title: str, rows: Sequence[Any], columns: Sequence[str], plain: Sequence[str]) -> Table:
    """A table with names as heads, as addresses and JSON have them, and units under them."""
    made = Table(
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
        made.add_column(f"{name}\n{unit}" if unit else name, justify="right" if numeric else "left", no_wrap=numeric)
    for row in rows:
        made.add_row(*(Text(number(row.get(name))) for name in columns))
    return made


# --- where a number comes from -----------------------------------------------------------------------------------


def show_explanation(results: Results, explanation: Explanation) -> None:
    """Print a quantity: what it is, its formula, its values, and the derivation of one."""
    console, quantity = _console(), explanation.quantity
    unit = quantity.type.unit.label if quantity.type.kind == "number" else ""
    per = f", per {', '.join(quantity.per)}" if quantity.per else ""
    console.print(Text(f"{quantity.name}: {quantity.title}{f' ({unit})' if unit else ''}{per}", "bold"))
    for said in (quantity.description, f"Source: {quantity.source}" if quantity.source else ""):
        if said:
            console.print(Text(said))
    _formulas(console, explanation)
    if quantity.per:
        console.print()
        rows = [{**dict(zip(quantity.per, k, strict=True)), "": v} for k, v in explanation.values.items()]
        made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in quantity.per:
            made.add_column(name)
        made.add_column(unit or quantity.name, justify="right" if quantity.type.kind == "number" else "left")
        for row in rows:
            made.add_row(*(Text(number(value)) for value in row.values()))
        console.print(made)
    console.print()
    tree = Tree(_label(explanation.derivation), guide_style="dim")
    _grow(tree, explanation.derivation)
    console.print(tree)


def _formulas(console: Console, explanation: Explanation) -> None:
    """The formula as it was written; one for each row where rows have their own."""
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
    """One value on one line: address, value, unit, and how it came about."""
    text = Text(step.address)
    text.append(f" = {number(step.value)}{f' {step.unit}' if step.unit else ''}", "bold")
    if step.formula:
        text.append(f"   {step.formula}", "dim")
    if step.source:
        text.append(f"   source: {step.source}", "dim")
    if step.note:
        text.append(f"   ({step.note})", "italic")
    return text


# --- catalogues --------------------------------------------------------------------------------------------------


def show_catalogue(rows: Sequence[dict[str, Any]]) -> None:
    """Print the facts of a catalogue, a row for each member; texts are left to the JSON."""
    rows = [_flat(row) for row in rows]
    columns = [name for name in dict.fromkeys(n for row in rows for n in row) if name not in _TEXTS]
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        numeric = any(isinstance(row.get(name), float) for row in rows)
        made.add_column(f"{name}\n{_unit(name)}" if _unit(name) else name, justify="right" if numeric else "left")
    for row in rows:
        made.add_row(*(Text(number(row.get(name))) for name in columns))
    _console().print(made)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Rates per precision side by side, as in the file: `peak[fp8]`."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= {f"{name}[{k}]": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _unit(name: str) -> str:
    """The unit that the library declares for a fact."""
    from reportgen.book.collect import library

    name = name.partition("[")[0]
    found = [loaded.spec.quantities[name].unit for loaded in library()[0] if name in loaded.spec.quantities]
    return found[0] if found and found[0] != "1" else ""
