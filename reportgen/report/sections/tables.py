"""The tables of the report: the compared options, and the time of operators."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reportgen.report.equal_columns import without_equal_columns
from reportgen.report.numbers import ABSENT, column, joined
from reportgen.report.reading import STAGES
from reportgen.report.settings import option_settings
from reportgen.report.view import Cell, Column, Row, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.book.book import Quantity
    from reportgen.report.reading import ResultsReader

__all__ = ["operator_tables", "options_table"]

_RESULTS = 4  # the most result columns in the table of options, unless the scenario chooses them
_REASONS = 6  # the most reasons below the table of options


# --- options -----------------------------------------------------------------------------------------------------


def options_table(reader: ResultsReader, most: int | None = None) -> Table:
    """Return the table of options: their differences, results and feasibility; at most the best `most` options."""
    whole = _whole_table(reader)
    if most is None or len(whole.rows) <= most:
        return whole
    kept = set([*reader.pair, *(o for o in reader.chosen.ranked if o not in reader.pair)][:most])
    note = f"{len(whole.rows) - most} more are in the workbook and in the full report."
    rows = tuple(row for option, row in zip(reader.options, whole.rows, strict=True) if option in kept)
    return replace(whole, rows=rows, note=note)


def _whole_table(reader: ResultsReader) -> Table:
    options = reader.options
    told, same = option_settings(reader)
    columns = [Column("Option")]
    cells = [[_option_cell(reader, option) for option in options]]
    for head, texts in told:
        columns.append(head)
        cells.append([Cell(text) for text in texts])
    for name in _results(reader):
        written = column(reader.numbers(name, [(o,) for o in options]), reader.quantity(name).type.unit)
        columns.append(Column(reader.quantity(name).title, written.unit, "number"))
        missed = [reader.met(name, o) is False for o in options]
        pairs = zip(written.texts, missed, strict=True)
        cells.append([Cell(text, status="missed" if bad else "none") for text, bad in pairs])
    if reader.has(reader.roles.feasible):
        columns.append(Column(reader.quantity(reader.roles.feasible).title, kind="status"))
        cells.append([_feasible(reader, option) for option in options])
    if reader.has(reader.roles.front):
        columns.append(Column(reader.quantity(reader.roles.front).title, kind="status"))
        cells.append([_on_front(reader, option) for option in options])
    if reader.chosen.has_baseline and any(value is not None for value in _gains(reader)):
        columns.append(Column(reader.quantity(reader.roles.improvement).title, kind="bar"))
        cells.append(_improvements(reader))
    rows = tuple(Row(tuple(c[i] for c in cells), highlight=reader.recommends(o)) for i, o in enumerate(options))
    table = Table("The options compared", tuple(columns), rows, subtitle="; ".join(same), note=_notes(reader))
    return without_equal_columns(table)


def _option_cell(reader: ResultsReader, option: str) -> Cell:
    return Cell(reader.title("option", option), tag=reader.role(option))


def _results(reader: ResultsReader) -> list[str]:
    """Return the results to show: those that the scenario lists, or else the objective and figures with a target."""
    scenario = reader.book.scenario
    numbers = [n for n in reader.book.report.option_columns if _is_result(reader, reader.quantity(n))]
    own = [
        n for n in scenario.quantities if reader.has(n) and _is_result(reader, reader.quantity(n)) and n not in numbers
    ]
    if scenario.report.option_columns:
        return numbers + own
    objective = reader.objective
    wanted = [objective] if objective not in numbers and reader.has(objective) else []
    wanted += sorted(numbers, key=lambda n: (n != objective, not reader.target(n, reader.baseline)))
    chosen = set(wanted[:_RESULTS])
    return [n for n in dict.fromkeys([*numbers, objective]) if n in chosen] + own


def _is_result(reader: ResultsReader, quantity: Quantity) -> bool:
    numeric = quantity.type.kind == "number" and quantity.per == ("option",) and not quantity.input
    return numeric and quantity.name != reader.roles.improvement


def _feasible(reader: ResultsReader, option: str) -> Cell:
    return Cell("yes", status="met") if reader.value(reader.roles.feasible, option) else Cell("no", status="missed")


def _on_front(reader: ResultsReader, option: str) -> Cell:
    return Cell("yes", status="met") if reader.value(reader.roles.front, option) else Cell(ABSENT)


def _improvements(reader: ResultsReader) -> list[Cell]:
    """Return the improvement over the base, with a bar if there is one."""
    values = _gains(reader)
    high = max((v for v in values if v is not None), default=0.0)
    cells: list[Cell] = []
    for option, value in zip(reader.options, values, strict=True):
        if value is None or option == reader.baseline:
            cells.append(Cell(ABSENT))
        else:
            text = joined(column([round(value) + 0.0]).texts[0], "%")
            text = f"+{text}" if round(value) > 0 else text
            accent = reader.value(reader.roles.feasible, option) is False
            cells.append(Cell(text, bar=value / high if round(value) > 0 else None, accent=accent))
    return cells


def _gains(reader: ResultsReader) -> list[float | None]:
    name = reader.roles.improvement
    return reader.numbers(name, [(o,) for o in reader.options]) if reader.has(name) else []


def _notes(reader: ResultsReader) -> str:
    """Say why options are not feasible, and which levers change nothing."""
    notes: list[str] = []
    if reader.has(reader.roles.feasible, reader.roles.verdict):
        bad = [o for o in reader.options if reader.value(reader.roles.feasible, o) is False]
        notes += [f"{reader.title('option', o)}: {reader.words('verdict', o)}." for o in bad[:_REASONS]]
        notes += ["The other reasons are in the workbook."] if len(bad) > _REASONS else []
    left = [
        o for o in reader.book.dimensions["option"].names if o not in reader.options and reader.book.overridden.get(o)
    ]
    left = [o for o in left if reader.value(reader.roles.trial, o) is not True]
    if left:
        names = ", ".join(reader.title("option", o) for o in left)
        notes.append(f"Left out, because they change nothing here: {names}.")
    return " ".join(notes)


# --- operators ---------------------------------------------------------------------------------------------------


def operator_tables(reader: ResultsReader) -> list[Table]:
    """Return the operators of the explained option, one table per stage, slowest first."""
    if not reader.has(reader.figures.time.operator):
        return []
    if reader.pays_api(reader.explained):
        return []
    return [_operator_table(reader, reader.explained, stage) for stage in STAGES]


def _operator_table(reader: ResultsReader, option: str, stage: str) -> Table:
    time = reader.figures.time.operator
    per = reader.quantity(time).per
    names = reader.book.dimensions["operator"].names
    running = [o for o in names if reader.results.applies(per, (option, stage, o))]
    running.sort(key=lambda o: -(reader.number(time, option, stage, o) or 0.0))
    columns = [Column("Operator")]
    cells = [[Cell(reader.title("operator", o)) for o in running]]
    for name in _operator_names(reader):
        head, column_cells = _operator_column(reader, name, {"option": option, "stage": stage}, running)
        columns.append(head)
        cells.append(column_cells)
    rows = tuple(Row(tuple(c[i] for c in cells)) for i in range(len(running)))
    title = f"{reader.title('option', option)}, {reader.title('stage', stage).lower()}: all operators"
    return without_equal_columns(Table(title, tuple(columns), rows, fine=True))


def _operator_names(reader: ResultsReader) -> list[str]:
    """Return the columns in reading order: numbers, then the bar, then words."""
    names = dict.fromkeys(_whole_pass(reader, n) for n in reader.book.report.operator_columns)
    types = {n: reader.quantity(n).type for n in names}
    return sorted(names, key=lambda n: (types[n].kind != "number", types[n].unit.label == "%"))


def _whole_pass(reader: ResultsReader, name: str) -> str:
    """Return the quantity summed over all runs in a pass, if it exists, so that all columns of a row match."""
    return reader.book.relations.passes.get(name, name)


def _operator_column(
    reader: ResultsReader, name: str, by: Mapping[str, str], operators: Sequence[str]
) -> tuple[Column, list[Cell]]:
    quantity = reader.quantity(name)
    keys = [tuple(by.get(d, o) for d in quantity.per) for o in operators]
    if quantity.type.kind != "number":
        return Column(quantity.title), [Cell(reader.formatted(name, *key)) for key in keys]
    values = reader.numbers(name, keys)
    written = column(values, quantity.type.unit)
    if written.unit != "%":
        return Column(quantity.title, written.unit, "number"), [Cell(text) for text in written.texts]
    high = max((v for v in values if v is not None), default=0.0) or 1.0
    cells = [
        Cell(joined(f"{v:.1f}", "%") if v is not None else ABSENT, bar=(v or 0.0) / high, accent=_waits(reader, key))
        for v, key in zip(values, keys, strict=True)
    ]
    return Column(quantity.title, kind="bar"), cells


def _waits(reader: ResultsReader, key: tuple[str, ...]) -> bool:
    """Return whether memory limits the operator, which gives its bar the second colour."""
    return reader.value("memory_bound", *key) is True
