"""Scenarios as a comparison table for people, and a progress bar for work of known length."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reportgen.cli.show import number, stdout_console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.report.compare import Comparison, Side

__all__ = ["bar", "show_comparison"]


@contextlib.contextmanager
def bar(rows: int) -> Iterator[Callable[[Any], Any]]:
    """Show a progress bar on stderr that advances with each batch passed to the function, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda batch: batch
        return
    from rich.progress import Progress

    with Progress(console=Console(stderr=True, highlight=False, markup=False), transient=True) as progress:
        task = progress.add_task("design points", total=rows)

        def said(batch: Any) -> Any:
            progress.advance(task, batch.num_rows)
            return batch

        yield said


def show_comparison(comparison: Comparison) -> None:
    """Print scenarios as columns: their descriptions, then the figures of the baseline and the recommended option."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("")
    table.add_column("unit")
    for scenario in comparison.scenarios:
        table.add_column(Text(scenario.name), overflow="fold")
    table.add_row("title", "", *(Text(s.title) for s in comparison.scenarios))
    table.add_row("accounting", "", *(Text(s.accounting) for s in comparison.scenarios))
    table.add_row("objective", "", *(Text(s.objective) for s in comparison.scenarios), end_section=True)
    for role in ("baseline", "recommended"):
        sides = [scenario.sides().get(role) for scenario in comparison.scenarios]
        table.add_row(Text(role, "bold"), "", *(Text(side.option if side else number(None), "bold") for side in sides))
        for figure in comparison.figures:
            unit = "" if figure.unit == "1" else figure.unit
            table.add_row(figure.name, unit, *(_figure(side, figure) for side in sides))
        table.add_row(
            "verdict", "", *(Text(number(side.verdict if side else None)) for side in sides), end_section=True
        )
    stdout_console().print(table)


def _figure(side: Side | None, figure: Any) -> Text:
    value = side.values.get(figure) if side else None
    return Text(number(value), justify="right" if isinstance(value, float) else "left")
