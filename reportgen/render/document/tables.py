"""The report's tables, filled from results: options, operators, workload, and what the figures assume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.document.facts import STAGES
from reportgen.render.document.numbers import ABSENT, amount, column, joined
from reportgen.render.document.view import Assumption, Cell, Column, Row, Source, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reportgen.book.book import Member, Quantity
    from reportgen.render.document.facts import Facts

__all__ = ["assumptions", "operator_tables", "options_table", "sources", "workload_table"]

_RESULTS = 4  # columns of results in the table of options, where the library chooses them
_OPERATORS = 8  # rows of a table of operators; the workbook has them all


# --- options -----------------------------------------------------------------------------------------------------


def options_table(facts: Facts) -> Table:
    """The options with what tells them apart, their results, and whether they are feasible."""
    options = facts.options
    told, same = _settings(facts)
    columns = [Column("Option")]
    cells = [[_option_cell(facts, option) for option in options]]
    for head, texts in told:
        columns.append(head)
        cells.append([Cell(text) for text in texts])
    for name in _results(facts):
        written = column(facts.numbers(name, [(o,) for o in options]), facts.quantity(name).type.unit)
        columns.append(Column(facts.quantity(name).title, written.unit, "number"))
        statuses = [facts.met(name, o) for o in options]
        cells.append(
            [Cell(t, status="missed" if met is False else "none") for t, met in zip(written.texts, statuses, strict=True)]
        )
    if facts.has("feasible"):
        columns.append(Column(facts.quantity("feasible").title, kind="status"))
        cells.append([_feasible(facts, option) for option in options])
    if facts.has("improvement"):
        columns.append(Column(facts.quantity("improvement").title, kind="bar"))
        cells.append(_improvements(facts))
    highlighted = facts.advised[:1]
    rows = tuple(Row(tuple(c[i] for c in cells), highlight=o in highlighted) for i, o in enumerate(options))
    return Table("The options compared", tuple(columns), rows, subtitle="; ".join(same), note=_notes(facts))


def _option_cell(facts: Facts, option: str) -> Cell:
    tag = "recommended" if option in facts.advised[:1] else "baseline" if option == facts.baseline else ""
    return Cell(facts.title("option", option), tag=tag)


def _settings(facts: Facts) -> tuple[list[tuple[Column, list[str]]], list[str]]:
    """Columns of the settings in which options differ, and those that are the same for all, said in words.

    Settings of the same sort, such as the precisions, share a column.
    """
    told: list[tuple[Column, list[str]]] = []
    same: list[str] = []
    merged: dict[str, list[str]] = {}
    for name in facts.book.report.option_columns:
        if facts.quantity(name).input:
            merged.setdefault(facts.quantity(name).type.dimension or name, []).append(name)
    for names in merged.values():
        title = " / ".join(facts.quantity(n).title for n in names)
        texts = [_distinct([_bare(facts, n, o) for n in names]) for o in facts.options]
        if len(set(texts)) == 1:
            same.append(f"{title}: {_distinct([facts.shown(n, facts.baseline) for n in names])}")
        else:
            kind = "number" if facts.quantity(names[0]).type.kind == "number" else "text"
            told.append((Column(title, kind=kind), texts))
    return told, same


def _bare(facts: Facts, name: str, option: str) -> str:
    """A setting without its unit, which counts have in their title."""
    if facts.quantity(name).type.kind != "number":
        return facts.shown(name, option)
    return facts.amount(name, option).text


def _distinct(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)


def _results(facts: Facts) -> list[str]:
    """The results to be shown: all that the scenario asks for, otherwise the objective and what has a target."""
    scenario = facts.book.scenario
    numbers = [n for n in facts.book.report.option_columns if _is_result(facts.quantity(n))]
    own = [n for n in scenario.quantities if facts.has(n) and _is_result(facts.quantity(n)) and n not in numbers]
    if scenario.report.option_columns:
        return numbers + own
    objective = facts.objective
    wanted = [objective] if objective not in numbers and facts.has(objective) else []
    wanted += sorted(numbers, key=lambda n: (n != objective, not facts.target(n, facts.baseline)))
    chosen = set(wanted[:_RESULTS])
    return [n for n in dict.fromkeys([*numbers, objective]) if n in chosen] + own


def _is_result(quantity: Quantity) -> bool:
    numeric = quantity.type.kind == "number" and quantity.per == ("option",) and not quantity.input
    return numeric and quantity.name != "improvement"


def _feasible(facts: Facts, option: str) -> Cell:
    return Cell("yes", status="met") if facts.value("feasible", option) else Cell("no", status="missed")


def _improvements(facts: Facts) -> list[Cell]:
    """The improvement over the base, as a bar where there is one."""
    values = facts.numbers("improvement", [(o,) for o in facts.options])
    high = max((v for v in values if v is not None), default=0.0)
    cells: list[Cell] = []
    for option, value in zip(facts.options, values, strict=True):
        if value is None or option == facts.baseline:
            cells.append(Cell(ABSENT))
        else:
            text = joined(column([round(value) + 0.0]).texts[0], "%")
            text = f"+{text}" if round(value) > 0 else text
            accent = facts.value("feasible", option) is False
            cells.append(Cell(text, bar=value / high if round(value) > 0 else None, accent=accent))
    return cells


def _notes(facts: Facts) -> str:
    """Why options are not feasible, and which levers change nothing here."""
    notes: list[str] = []
    if facts.has("feasible", "verdict"):
        bad = [o for o in facts.options if facts.value("feasible", o) is False]
        notes += [f"{facts.title('option', o)}: {facts.words('verdict', o)}." for o in bad]
    left = [o for o in facts.book.dimensions["option"].names if o not in facts.options and facts.book.overridden.get(o)]
    if left:
        notes.append("Left out, because they change nothing here: " + ", ".join(facts.title("option", o) for o in left) + ".")
    return " ".join(notes)


# --- operators ---------------------------------------------------------------------------------------------------


def operator_tables(facts: Facts) -> list[Table]:
    """The operators that take most of each stage."""
    if not facts.has("network_inference_time"):
        return []
    return [_operator_table(facts, stage) for stage in STAGES]


def _operator_table(facts: Facts, stage: str) -> Table:
    per = facts.quantity("network_inference_time").per
    names = facts.book.dimensions["operator"].names
    running = [o for o in names if facts.results.applies(per, (facts.baseline, stage, o))]
    running.sort(key=lambda o: -(facts.number("network_inference_time", facts.baseline, stage, o) or 0.0))
    top = running[:_OPERATORS]
    columns = [Column("Operator")]
    cells = [[Cell(facts.title("operator", o)) for o in top]]
    for name in _operator_names(facts):
        head, made = _operator_column(facts, name, stage, top)
        columns.append(head)
        cells.append(made)
    rows = tuple(Row(tuple(c[i] for c in cells)) for i in range(len(top)))
    count = f"the {len(top)} longest of {len(running)} operators" if len(top) < len(running) else "all operators"
    note = "All rows are in the workbook." if len(top) < len(running) else ""
    return Table(f"{facts.title('stage', stage)}: {count}", tuple(columns), rows, note=note)


def _operator_names(facts: Facts) -> list[str]:
    """The columns in the order of reading: numbers, then the bar, then words."""
    names = dict.fromkeys(_whole_pass(facts, n) for n in facts.book.report.operator_columns)
    types = {n: facts.quantity(n).type for n in names}
    return sorted(names, key=lambda n: (types[n].kind != "number", types[n].unit.label == "%"))


def _whole_pass(facts: Facts, name: str) -> str:
    """The figure of all runs in a pass where there is one, so that the columns of a row belong together."""
    return f"network_{name}" if facts.has(f"network_{name}") else name


def _operator_column(facts: Facts, name: str, stage: str, operators: Sequence[str]) -> tuple[Column, list[Cell]]:
    quantity = facts.quantity(name)
    by = {"option": facts.baseline, "stage": stage}
    keys = [tuple(by.get(d, o) for d in quantity.per) for o in operators]
    if quantity.type.kind != "number":
        return Column(quantity.title), [Cell(facts.shown(name, *key)) for key in keys]
    values = facts.numbers(name, keys)
    written = column(values, quantity.type.unit)
    if written.unit != "%":
        return Column(quantity.title, written.unit, "number"), [Cell(text) for text in written.texts]
    high = max((v for v in values if v is not None), default=0.0) or 1.0
    cells = [
        Cell(joined(f"{v:.1f}", "%") if v is not None else ABSENT, bar=(v or 0.0) / high, accent=_waits(facts, key))
        for v, key in zip(values, keys, strict=True)
    ]
    return Column(quantity.title, kind="bar"), cells


def _waits(facts: Facts, key: tuple[str, ...]) -> bool:
    """Whether memory limits the operator; its bar has the second colour."""
    return facts.value("memory_bound", *key) is True


# --- workload, assumptions, sources ------------------------------------------------------------------------------


def workload_table(facts: Facts) -> Table | None:
    """The classes of requests with what the scenario says of each."""
    classes = facts.book.dimensions["request"].names
    names = [q.name for q in facts.book.tables().get(("request",), []) if q.input and q.type.kind == "number"]
    if not classes or not names:
        return None
    columns = [Column("Requests")]
    cells = [[Cell(facts.title("request", c)) for c in classes]]
    for name in names:
        quantity = facts.quantity(name)
        written = [amount(facts.number(name, c), quantity.type.unit) for c in classes]
        columns.append(Column(quantity.title, written[0].unit, "number"))
        cells.append([Cell(w.text) for w in written])
    rows = tuple(Row(tuple(c[i] for c in cells)) for i in range(len(classes)))
    return Table("The workload", tuple(columns), rows)


def assumptions(facts: Facts) -> tuple[Assumption, ...]:
    """The inputs that the report lists, then those that the scenario sets."""
    given = [n for n in facts.book.scenario.inputs if facts.has(n) and n not in facts.book.report.assumptions]
    made: list[Assumption] = []
    for name in (*facts.book.report.assumptions, *given):
        quantity = facts.quantity(name)
        basis = "scenario" if name in facts.book.scenario.inputs else quantity.source or quantity.description
        made += _assumed(facts, quantity, basis)
    return tuple(made)


def _assumed(facts: Facts, quantity: Quantity, basis: str) -> list[Assumption]:
    """One line where all members have the same value, otherwise one for each."""
    values = facts.results.plain(quantity.name)
    if len(set(values.values())) == 1:
        return [_line(facts, quantity, next(iter(values)), quantity.title, basis)]
    return [
        _line(facts, quantity, key, f"{quantity.title}, {_key_title(facts, quantity, key)}", basis) for key in values
    ]


def _key_title(facts: Facts, quantity: Quantity, key: tuple[str, ...]) -> str:
    return ", ".join(facts.title(d, m) for d, m in zip(quantity.per, key, strict=True))


def _line(facts: Facts, quantity: Quantity, key: tuple[str, ...], name: str, basis: str) -> Assumption:
    if quantity.type.kind != "number":
        return Assumption(name, facts.shown(quantity.name, *key), basis=basis)
    written = facts.amount(quantity.name, *key)
    return Assumption(name, written.text, written.unit, basis)


def sources(facts: Facts) -> tuple[Source, ...]:
    """Where the catalogue's members in use come from, then the sources of quantities."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for dimension, names in _used(facts).items():
        for member in facts.book.dimensions[dimension].members:
            if member.name in names and (member.source or member.retrieved):
                _grouped(groups, member)
    made = [
        Source(f"{', '.join(names)}: {source or 'no source given'}" + (f" ({quality})" if quality else ""), retrieved=date)
        for (source, date, quality), names in groups.items()
    ]
    listed = set(facts.book.report.assumptions)
    quoted = [q for q in facts.book.quantities.values() if q.source and q.name not in listed]
    return (*made, *(Source(f"{q.title}: {q.source}") for q in quoted))


def _grouped(groups: dict[tuple[str, str, str], list[str]], member: Member) -> None:
    """Members with the same source share a line."""
    groups.setdefault((member.source, member.retrieved, member.quality), []).append(member.title or member.name)


def _used(facts: Facts) -> dict[str, set[str]]:
    """The members of each dimension that the options shown refer to."""
    used: dict[str, set[str]] = {}
    for quantity in facts.book.tables().get(("option",), []):
        if quantity.type.dimension and quantity.type.dimension != "option":
            values = (facts.words(quantity.name, o) for o in facts.options)
            used.setdefault(quantity.type.dimension, set()).update(v for v in values if v)
    return used
