"""Servers under load: latency over the request rate of a replica, and the table of waiting times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.report.numbers import amount, column, digits
from reportgen.report.view import Cell, Column, Figure, Row, Table

if TYPE_CHECKING:
    from reportgen.report.numbers import Setting
    from reportgen.report.reading import Facts
    from reportgen.report.view import Value

__all__ = ["load_figure", "load_table"]

_CURVE = "load_curve"
_RATE, _FIRST, _TOKEN = "curve_rate", "curve_ttft_in_time", "curve_tpot"
_NOW, _NOW_FIRST, _NOW_TOKEN = "replica_rate", "ttft_in_time", "tpot"
_MARKS = (("given", _NOW), ("reach", "target_rate"), ("rough", "rough_rate"), ("capacity", "replica_capacity"))
_ADVISED = 3  # the most recommended options in the table


# --- the figure ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Panel:
    """One of the two latencies: its quantities along the curve and at the given rate, its title and its unit."""

    key: str
    curve: str
    now: str
    title: str
    written: Setting


def load_figure(facts: Facts) -> Figure | None:
    """Return the figure of latency over a replica's request rate, for the baseline and the recommended option."""
    if not facts.has(_RATE, _FIRST, _TOKEN, *(name for _, name in _MARKS)):
        return None
    options = [o for o in facts.pair if _drawn(facts, o)]
    if not options:
        return None
    first = _panel(facts, options, "ttft", (_FIRST, _NOW_FIRST), facts.words("ttft_in_time_words"))
    token = _panel(facts, options, "tpot", (_TOKEN, _NOW_TOKEN), facts.quantity(_NOW_TOKEN).title)
    lines = [_line(facts, option) for option in options]
    marks = [mark for panel in (first, token) if (mark := _mark(facts, panel)) is not None]
    said = [_said(facts, option, first, token) for option in options]
    title = facts.words("load_title")
    return Figure(
        chart="load",
        title=title,
        subtitle="Both over the requests per second of one replica; shaded: waits are rough there",
        alt=". ".join([*said, *(str(mark["text"]) for mark in marks)]) + ".",
        data={
            "lines": tuple(lines),
            "points": tuple(
                {"line": i, **_latencies(facts, (first, token), option, point), "x": facts.number(_RATE, option, point)}
                for i, option in enumerate(options)
                for point in facts.book.dimensions[_CURVE].names
            ),
            "now": tuple(
                {"line": i, **_latencies(facts, (first, token), option), "x": facts.number(_NOW, option)}
                for i, option in enumerate(options)
                if facts.value("overloaded", option) is False
            ),
            "panels": tuple({"key": p.key, "title": _titled(p)} for p in (first, token)),
            "marks": tuple(marks),
        },
        texts={"x_title": f"{facts.quantity(_NOW).title} →"},
    )


def _drawn(facts: Facts, option: str) -> bool:
    """Return whether the option has random arrivals and a complete curve."""
    points = [facts.number(_RATE, option, point) for point in facts.book.dimensions[_CURVE].names]
    return (
        facts.value("is_loaded", option) is True
        and None not in points
        and facts.value(facts.roles.runs, option) is not False
    )


def _panel(facts: Facts, options: list[str], key: str, names: tuple[str, str], title: str) -> _Panel:
    """Return a panel in the unit that suits most of its values."""
    curve, now = names
    points = facts.book.dimensions[_CURVE].names
    values = [facts.number(curve, option, point) for option in options for point in points]
    return _Panel(key, curve, now, title, column(values, facts.quantity(curve).type.unit))


def _titled(panel: _Panel) -> str:
    return f"{panel.title}, {panel.written.unit}" if panel.written.unit else panel.title


def _latencies(facts: Facts, panels: tuple[_Panel, ...], option: str, point: str = "") -> dict[str, Value]:
    """Return both latencies at a point of the curve, or at the given rate, in the units of the axes."""
    made: dict[str, Value] = {}
    for panel in panels:
        value = facts.number(panel.curve, option, point) if point else facts.number(panel.now, option)
        made[panel.key] = None if value is None else value * panel.written.factor
    return made


def _line(facts: Facts, option: str) -> dict[str, Value]:
    """Return the name of a line and its rates, as numbers and in words."""
    role = "best" if facts.recommends(option) else "base"
    made: dict[str, Value] = {"name": facts.title("option", option), "role": role}
    for key, name in _MARKS:
        made[key] = facts.number(name, option)
    return made | {f"{key}_text": said for key, said in _rates(facts, option).items()}


def _rates(facts: Facts, option: str) -> dict[str, str]:
    """Return the rates of a line in words."""
    return {
        "given": f"{facts.words('rate_words', option)} as given",
        "reach": f"{facts.words('target_rate_words', option)} {facts.words('target_rate_says')}",
        "capacity": f"{digits(facts.number('replica_capacity', option) or 0.0)} capacity",
    }


def _mark(facts: Facts, panel: _Panel) -> dict[str, Value] | None:
    """Return the mark of a panel's target, if one is set."""
    target = facts.target(panel.now, facts.baseline)
    value = facts.number(target) if target else None
    if value is None:
        return None
    scale = float(facts.quantity(target).type.unit.scale / facts.quantity(panel.curve).type.unit.scale)
    text = f"target {facts.limit(panel.now, facts.baseline)}"
    return {"panel": panel.key, "value": value * scale * panel.written.factor, "text": text}


def _said(facts: Facts, option: str, first: _Panel, token: _Panel) -> str:
    """Return a line in words: its current rate, what it can sustain, and both ends of the curve."""
    ends = [facts.book.dimensions[_CURVE].names[at] for at in (0, -1)]
    rates = ", ".join(_rates(facts, option).values())
    spans = []
    for panel in (first, token):
        unit = facts.quantity(panel.curve).type.unit
        low, high = (amount(facts.number(panel.curve, option, end), unit) for end in ends)
        spans.append(f"{panel.title} from {low} to {high}")
    return f"{facts.title('option', option)}: requests per second {rates}; {'; '.join(spans)}"


# --- the table -------------------------------------------------------------------------------------------------------


def load_table(facts: Facts) -> Table | None:
    """Return the table of waiting times at the given load, for the baseline and the recommended options."""
    options = [o for o in dict.fromkeys((*facts.pair, *facts.advised[:_ADVISED])) if _served(facts, o)]
    names = [name for name in facts.book.report.load_columns if facts.has(name)]
    if not options or not names:
        return None
    columns, cells = [Column("Option")], [[_option(facts, option) for option in options]]
    for name in names:
        quantity = facts.quantity(name)
        written = column(facts.numbers(name, [(o,) for o in options]), quantity.type.unit)
        columns.append(Column(quantity.title, written.unit, "number"))
        cells.append([Cell(text) for text in written.texts])
    rows = tuple(Row(tuple(c[i] for c in cells), highlight=facts.recommends(o)) for i, o in enumerate(options))
    return Table(facts.words("load_table_title"), tuple(columns), rows)


def _served(facts: Facts, option: str) -> bool:
    return facts.value("is_loaded", option) is True and facts.value(facts.roles.runs, option) is not False


def _option(facts: Facts, option: str) -> Cell:
    return Cell(facts.title("option", option), tag=facts.role(option))
