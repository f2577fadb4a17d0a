"""Servers under load: latency over the request rate of a replica, and the table of waiting times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.report.numbers import amount, column, digits
from reportgen.report.view import Cell, Column, Figure, Row, Table

if TYPE_CHECKING:
    from reportgen.report.numbers import Setting
    from reportgen.report.reading import ResultsReader
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


def load_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of latency over a replica's request rate, for the baseline and the recommended option."""
    drawn = reader.figures.load
    if not reader.has(drawn.rate, drawn.first, drawn.token, *_marks(reader).values()):
        return None
    options = [o for o in reader.pair if _drawn(reader, o)]
    if not options:
        return None
    first = _panel(reader, options, "ttft", (drawn.first, drawn.given_first), reader.words(drawn.first_words))
    token = _panel(reader, options, "tpot", (drawn.token, drawn.given_token), reader.quantity(drawn.given_token).title)
    lines = [_line(reader, option) for option in options]
    marks = [mark for panel in (first, token) if (mark := _mark(reader, panel)) is not None]
    texts = [_said(reader, option, first, token) for option in options]
    title = reader.words(drawn.title)
    return Figure(
        chart="load",
        title=title,
        subtitle="Both over the requests per second of one replica; shaded: predicted waits are rough",
        alt=". ".join([*texts, *(str(mark["text"]) for mark in marks)]) + ".",
        data={
            "lines": tuple(lines),
            "points": tuple(
                {
                    "line": i,
                    **_latencies(reader, (first, token), option, point),
                    "x": reader.number(drawn.rate, option, point),
                }
                for i, option in enumerate(options)
                for point in _curve(reader)
            ),
            "now": tuple(
                {"line": i, **_latencies(reader, (first, token), option), "x": reader.number(drawn.given, option)}
                for i, option in enumerate(options)
                if reader.value(drawn.overloaded, option) is False
            ),
            "panels": tuple({"key": p.key, "title": _titled(p)} for p in (first, token)),
            "marks": tuple(marks),
        },
        texts={"x_title": f"{reader.quantity(drawn.given).title} →"},
    )


def _marks(reader: ResultsReader) -> dict[str, str]:
    """Return the rates that a line marks, by their key in the data."""
    drawn = reader.figures.load
    return {"given": drawn.given, "reach": drawn.reach, "rough": drawn.rough, "capacity": drawn.capacity}


def _curve(reader: ResultsReader) -> tuple[str, ...]:
    """Return the points of the curve."""
    drawn = reader.figures.load
    return reader.book.dimensions[reader.quantity(drawn.rate).per[-1]].names


def _drawn(reader: ResultsReader, option: str) -> bool:
    """Return whether the option has random arrivals and a complete curve."""
    drawn = reader.figures.load
    points = [reader.number(drawn.rate, option, point) for point in _curve(reader)]
    return (
        reader.value(drawn.loaded, option) is True
        and None not in points
        and reader.value(reader.roles.runs, option) is not False
    )


def _panel(reader: ResultsReader, options: list[str], key: str, names: tuple[str, str], title: str) -> _Panel:
    """Return a panel in the unit that suits most of its values."""
    curve, now = names
    points = _curve(reader)
    values = [reader.number(curve, option, point) for option in options for point in points]
    return _Panel(key, curve, now, title, column(values, reader.quantity(curve).type.unit))


def _titled(panel: _Panel) -> str:
    return f"{panel.title}, {panel.written.unit}" if panel.written.unit else panel.title


def _latencies(reader: ResultsReader, panels: tuple[_Panel, ...], option: str, point: str = "") -> dict[str, Value]:
    """Return both latencies at a point of the curve, or at the given rate, in the units of the axes."""
    latencies: dict[str, Value] = {}
    for panel in panels:
        value = reader.number(panel.curve, option, point) if point else reader.number(panel.now, option)
        latencies[panel.key] = None if value is None else value * panel.written.factor
    return latencies


def _line(reader: ResultsReader, option: str) -> dict[str, Value]:
    """Return the name of a line and its rates, as numbers and in words."""
    role = "best" if reader.recommends(option) else "base"
    line: dict[str, Value] = {"name": reader.title("option", option), "role": role}
    for key, name in _marks(reader).items():
        line[key] = reader.number(name, option)
    return line | {f"{key}_text": text for key, text in _rates(reader, option).items()}


def _rates(reader: ResultsReader, option: str) -> dict[str, str]:
    """Return the rates of a line in words."""
    drawn = reader.figures.load
    return {
        "given": f"{reader.words(drawn.given_words, option)} as given",
        "reach": f"{reader.words(drawn.reach_words, option)} {reader.words(drawn.reach_says)}",
        "capacity": f"{digits(reader.number(drawn.capacity, option) or 0.0)} capacity",
    }


def _mark(reader: ResultsReader, panel: _Panel) -> dict[str, Value] | None:
    """Return the mark of a panel's target, if one is set."""
    target = reader.target(panel.now, reader.baseline)
    value = reader.number(target) if target else None
    if value is None:
        return None
    scale = float(reader.quantity(target).type.unit.scale / reader.quantity(panel.curve).type.unit.scale)
    text = f"target {reader.limit(panel.now, reader.baseline)}"
    return {"panel": panel.key, "value": value * scale * panel.written.factor, "text": text}


def _said(reader: ResultsReader, option: str, first: _Panel, token: _Panel) -> str:
    """Return a line in words: its current rate, what it can sustain, and both ends of the curve."""
    ends = [_curve(reader)[position] for position in (0, -1)]
    rates = ", ".join(_rates(reader, option).values())
    spans = []
    for panel in (first, token):
        unit = reader.quantity(panel.curve).type.unit
        low, high = (amount(reader.number(panel.curve, option, end), unit) for end in ends)
        spans.append(f"{panel.title} from {low} to {high}")
    return f"{reader.title('option', option)}: requests per second {rates}; {'; '.join(spans)}"


# --- the table -------------------------------------------------------------------------------------------------------


def load_table(reader: ResultsReader) -> Table | None:
    """Return the table of waiting times at the given load, for the baseline and the recommended options."""
    drawn = reader.figures.load
    options = [o for o in dict.fromkeys((*reader.pair, *reader.advised[:_ADVISED])) if _served(reader, o)]
    names = [name for name in reader.book.report.load_columns if reader.has(name)]
    if not options or not names:
        return None
    columns, cells = [Column("Option")], [[_option(reader, option) for option in options]]
    for name in names:
        quantity = reader.quantity(name)
        written = column(reader.numbers(name, [(o,) for o in options]), quantity.type.unit)
        columns.append(Column(quantity.title, written.unit, "number"))
        cells.append([Cell(text) for text in written.texts])
    rows = tuple(Row(tuple(c[i] for c in cells), highlight=reader.recommends(o)) for i, o in enumerate(options))
    return Table(reader.words(drawn.table_title), tuple(columns), rows)


def _served(reader: ResultsReader, option: str) -> bool:
    drawn = reader.figures.load
    return reader.value(drawn.loaded, option) is True and reader.value(reader.roles.runs, option) is not False


def _option(reader: ResultsReader, option: str) -> Cell:
    return Cell(reader.title("option", option), tag=reader.role(option))
