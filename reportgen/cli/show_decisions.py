"""Candidates, sensitivity cases and Monte Carlo shares as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from reportgen.cli.show import number, stdout_console

if TYPE_CHECKING:
    from reportgen.engine.results import Results

__all__ = ["show_search", "show_sensitivity"]


def show_search(results: Results) -> None:
    """Print the result for each candidate, then the levers that were left out."""
    console, studies = stdout_console(), results.book.studies
    roles, searched = results.book.roles, studies.searched
    assert searched is not None
    unit = str(results.get("objective_unit") or "")
    columns = list(searched.found[0].cells) if searched.found else []
    figures = [n for n in (roles.devices, "ttft", "tpot") if n in results.book.quantities]
    units = [results.book.quantities[n].type.unit.label for n in figures]
    heads = [f"{n}\n{unit}" if unit else n for n, unit in zip(figures, units, strict=True)]
    table = _table(
        "candidate", *(c.replace("_", "_\n") for c in columns), *heads, f"objective\n{unit}", "feasible", "verdict"
    )
    for row in searched.found:
        table.add_row(
            row.option, *(_cell(row.cells[c]) for c in columns), *(number(results.get(n, row.option)) for n in figures),
            number(results.get("objective_value", row.option)), f"{row.feasible:,} of {row.tried:,}",
            Text(str(results.get(roles.verdict, row.option))),
        )  # fmt: skip
    console.print(table)
    best = results.get(roles.best)
    decision = f"Best: {best}." if best else str(results.get(roles.decision))
    console.print(Text(f"\n{decision} {searched.tried:,} configurations were tried for: {searched.holds_for}."))
    if studies.screened:
        console.print("\nLevers without a row of their own")
        for lever in studies.screened:
            console.print(Text(f"  {lever.title}: {lever.why}"))


def show_sensitivity(results: Results) -> None:
    """Print the tornado, the values at which the decision changes, and the shares of the samples."""
    console, unit = stdout_console(), str(results.get("objective_unit") or "")
    drawn, low, high = results.book.figures.sensitivity, results.book.roles.low, results.book.roles.high
    drivers = results.book.dimensions["driver"].names
    console.print(Text(f"{results.get(drawn.finding)}."))
    console.print(Text(f"Inputs of {results.get(drawn.base, drivers[0])} scaled, one at a time"))
    table = _table("input", "low", "high", f"at low\n{unit}", f"given\n{unit}", f"at high\n{unit}", "feasible")
    rows = sorted(results.rows(("driver",)), key=lambda row: float(row[drawn.rank] or len(drivers) + 1))
    for row in rows:
        feasible = [end for end, read in (("low", low), ("high", high)) if not row[read.feasible]]
        table.add_row(
            str(row["driver_title"]), f"x {row[low.factor]:.2f}", f"x {row[high.factor]:.2f}",
            number(row[low.value]), number(row[drawn.given]), number(row[high.value]),
            f"not at {' or '.join(feasible)}" if feasible else "yes",
        )  # fmt: skip
    console.print(table)
    robust = results.robustness
    if robust is None:
        console.print("\nNo option is feasible, so none can be the best.")
        return
    table = _table("input", "unit", "given", "changes at", "to")
    for switch in robust.switches:
        where = "–" if switch.value is None else number(switch.value)
        to = switch.option or ("no option is feasible" if switch.value is not None else "stays from x 0.1 to x 10")
        table.add_row(switch.title, switch.unit, number(switch.given), where, to)
    console.print(Text(f"\n{robust.option} is the best, until"))
    console.print(table)
    table = _table("option", "is the best in")
    for option, share in robust.shares.items():
        table.add_row(option, f"{share:.1%}" if share >= 0.0005 else "under 0.1%")
    if robust.none_feasible:
        table.add_row("none is feasible", f"{robust.none_feasible:.1%}")
    console.print(Text(f"\n{robust.samples:,} samples, seed {robust.seed}, for {robust.holds_for}"))
    console.print(table)


def _table(*heads: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if not i or head in ("verdict", "to", "feasible", "unit") else "right")
    return table


def _cell(value: float | bool | str) -> str:
    return value if isinstance(value, str) else number(value)
