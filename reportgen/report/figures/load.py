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
    drawn = facts.figures.load
    if not facts.has(drawn.rate, drawn.first, drawn.token, *_marks(facts).values()):
        return None
    options = [o for o in facts.pair if _drawn(facts, o)]
    if not options:
        return None
    first = _panel(facts, options, "ttft", (drawn.first, drawn.given_first), facts.words(drawn.first_words))
    token = _panel(facts, options, "tpot", (drawn.token, drawn.given_token), facts.quantity(drawn.given_token).title)
    lines = [_line(facts, option) for option in options]
    marks = [mark for panel in (first, token) if (mark := _mark(facts, panel)) is not None]
    texts = [_said(facts, option, first, token) for option in options]
    title = facts.words(drawn.title)
    return Figure(
        chart="load",
        title=title,
        subtitle="Both over the requests per second of one replica; shaded: waits are rough there",
        alt=". ".join([*texts, *(str(mark["text"]) for mark in marks)]) + ".",
        data={
            "lines": tuple(lines),
            "points": tuple(
                {
                    "line": i,
                    **_latencies(facts, (first, token), option, point),
                    "x": facts.number(drawn.rate, option, point),
                }
                for i, option in enumerate(options)
                for point in _curve(facts)
            ),
            "now": tuple(
                {"line": i, **_latencies(facts, (first, token), option), "x": facts.number(drawn.given, option)}
                for i, option in enumerate(options)
                if facts.value(drawn.overloaded, option) is False
            ),
            "panels": tuple({"key": p.key, "title": _titled(p)} for p in (first, token)),
            "marks": tuple(marks),
        },
        texts={"x_title": f"{facts.quantity(drawn.given).title} →"},
    )


def _marks(facts: Facts) -> dict[str, str]:
    """Return the rates that a line marks, by their key in the data."""
    drawn = facts.figures.load
    return {"given": drawn.given, "reach": drawn.reach, "rough": drawn.rough, "capacity": drawn.capacity}


def _curve(facts: Facts) -> tuple[str, ...]:
    """Return the points of the curve."""
    drawn = facts.figures.load
    return facts.book.dimensions[facts.quantity(drawn.rate).per[-1]].names


def _drawn(facts: Facts, option: str) -> bool:
    """Return whether the option has random arrivals and a complete curve."""
    drawn = facts.figures.load
    points = [facts.number(drawn.rate, option, point) for point in _curve(facts)]
    return (
        facts.value(drawn.loaded, option) is True
        and None not in points
        and facts.value(facts.roles.runs, option) is not False
    )


def _panel(facts: Facts, options: list[str], key: str, names: tuple[str, str], title: str) -> _Panel:
    """Return a panel in the unit that suits most of its values."""
    curve, now = names
    points = _curve(facts)
    values = [facts.number(curve, option, point) for option in options for point in points]
    return _Panel(key, curve, now, title, column(values, facts.quantity(curve).type.unit))


def _titled(panel: _Panel) -> str:
    return f"{panel.title}, {panel.written.unit}" if panel.written.unit else panel.title


def _latencies(facts: Facts, panels: tuple[_Panel, ...], option: str, point: str = "") -> dict[str, Value]:
    """Return both latencies at a point of the curve, or at the given rate, in the units of the axes."""
    latencies: dict[str, Value] = {}
    for panel in panels:
        value = facts.number(panel.curve, option, point) if point else facts.number(panel.now, option)
        latencies[panel.key] = None if value is None else value * panel.written.factor
    return latencies


def _line(facts: Facts, option: str) -> dict[str, Value]:
    """Return the name of a line and its rates, as numbers and in words."""
    role = "best" if facts.recommends(option) else "base"
    line: dict[str, Value] = {"name": facts.title("option", option), "role": role}
    for key, name in _marks(facts).items():
        line[key] = facts.number(name, option)
    return line | {f"{key}_text": text for key, text in _rates(facts, option).items()}


def _rates(facts: Facts, option: str) -> dict[str, str]:
    """Return the rates of a line in words."""
    drawn = facts.figures.load
    return {
        "given": f"{facts.words(drawn.given_words, option)} as given",
        "reach": f"{facts.words(drawn.reach_words, option)} {facts.words(drawn.reach_says)}",
        "capacity": f"{digits(facts.number(drawn.capacity, option) or 0.0)} capacity",
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
    ends = [_curve(facts)[position] for position in (0, -1)]
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
    drawn = facts.figures.load
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
    return Table(facts.words(drawn.table_title), tuple(columns), rows)


def _served(facts: Facts, option: str) -> bool:
    drawn = facts.figures.load
    return facts.value(drawn.loaded, option) is True and facts.value(facts.roles.runs, option) is not False


def _option(facts: Facts, option: str) -> Cell:
    return Cell(facts.title("option", option), tag=facts.role(option))
