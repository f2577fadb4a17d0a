"""How robust the decision is: where another option becomes the best, and how often each is the best by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.lang.units import ONE
from reportgen.report.numbers import amount, as_given, column, joined
from reportgen.report.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.studies import Robustness, Switch
    from reportgen.lang.units import Unit
    from reportgen.report.reading import ResultsReader

__all__ = ["robustness_tables"]

_SHARES = 8  # the most options in the table; the others are rarely the best


def robustness_tables(reader: ResultsReader) -> list[Table]:
    """Return the switching values and the shares of the Monte Carlo; empty if nothing was sampled."""
    robustness = reader.results.robustness
    if robustness is None:
        return []
    return [*_switches(reader, robustness.switches), *_shares(reader, robustness)]


def _switches(reader: ResultsReader, switches: Sequence[Switch]) -> list[Table]:
    """Return the table of the value of each input beyond which another option is the best."""
    if not switches:
        return []
    columns = (
        Column("Input"),
        Column("Given", kind="number"),
        Column("Changes at", kind="number"),
        Column("Best option then"),
        Column("Range from", kind="number"),
        Column("to", kind="number"),
    )
    rows = tuple(
        Row(
            (
                Cell(switch.title),
                Cell(str(as_given(switch.given, _unit(reader, switch)))),
                Cell(str(amount(switch.value, _unit(reader, switch)))),
                Cell(_then(reader, switch)),
                Cell(str(as_given(switch.low, _unit(reader, switch)))),
                Cell(str(as_given(switch.high, _unit(reader, switch)))),
            )
        )
        for switch in switches
    )
    return [Table("Values at which the decision changes", columns, rows)]


def _then(reader: ResultsReader, switch: Switch) -> str:
    """Return the option that is the best beyond the value."""
    if switch.value is None:
        return "no change in this range"
    return _option(reader, switch.option) if switch.option else "no option meets every target"


def _unit(reader: ResultsReader, switch: Switch) -> Unit:
    return reader.book.units.parse(switch.unit) if switch.unit else ONE


def _shares(reader: ResultsReader, robustness: Robustness) -> list[Table]:
    """Return the table of the share of samples in which each option is the best."""
    if not robustness.shares:
        return []
    ranked = sorted(robustness.shares.items(), key=lambda item: -item[1])[:_SHARES]
    most = max([robustness.none_feasible, *robustness.shares.values()]) or 1.0
    rows = [
        Row(
            (_named(reader, option), Cell(_per_cent(share), bar=share / most)),
            highlight=reader.recommends(option),
        )
        for option, share in ranked
    ]
    if robustness.none_feasible:
        none = Cell(_per_cent(robustness.none_feasible), bar=robustness.none_feasible / most, accent=True)
        rows.append(Row((Cell("No option meets every target"), none)))
    samples = column([float(robustness.samples)]).texts[0]
    note = f"{samples} samples, seed {robustness.seed}; holds for {robustness.holds_for.rstrip('.')}."
    columns = (Column("Option"), Column("Share of samples in which it is the best", kind="bar"))
    return [Table("How often each option is the best", columns, tuple(rows), note=note)]


def _per_cent(share: float) -> str:
    return joined(f"{100 * share:.0f}", "%")


def _option(reader: ResultsReader, option: str) -> str:
    known = reader.book.dimensions["option"].names
    return reader.title("option", option) if option in known else option


def _named(reader: ResultsReader, option: str) -> Cell:
    return Cell(_option(reader, option), tag=reader.role(option))
