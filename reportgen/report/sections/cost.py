"""What the options cost: the finding in sentences, a figure of the cost's parts, and two tables."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from reportgen.report.equal_columns import without_equal_columns
from reportgen.report.numbers import ABSENT, column
from reportgen.report.view import Cell, Column, Figure, Paragraph, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Block, Value

__all__ = ["cost_blocks", "has_costs", "parts_figure", "token_table"]

_ROWS = 8  # the most options in a table; the workbook lists all
_BARS = 6
_MISSING = 6  # the most prices that are named as missing


def has_costs(reader: ResultsReader) -> bool:
    """Return whether the options have prices."""
    drawn = reader.figures.cost
    return reader.has(drawn.total)


def cost_blocks(reader: ResultsReader, figure: Figure | None) -> list[Block | None]:
    """Return the blocks on cost: the total, a figure, what is not included, and the cost of each option."""
    return [
        _paragraph(reader, reader.book.report.cost_words),
        figure,
        _paragraph(reader, reader.book.report.cost_limits),
        _cost_table(reader, _distinct(reader)),
    ]


def _paragraph(reader: ResultsReader, names: Iterable[str]) -> Paragraph | None:
    text = " ".join(filter(None, (reader.words(name) for name in names)))
    return Paragraph(text) if text else None


def _distinct(reader: ResultsReader, most: int = _ROWS) -> list[str]:
    """Return the options with different costs, in order; of too many, the baseline, recommended and cheap ones."""
    drawn = reader.figures.cost
    seen: dict[tuple[object, ...], str] = {}
    first = reader.pair
    for option in (*first, *reader.options):
        cost = reader.number(drawn.total, option)
        if option in first or cost is not None or reader.words(drawn.missing, option):
            devices, price = reader.number(reader.roles.devices, option), reader.words(drawn.price, option)
            seen.setdefault((devices, price, cost), option)
    kept = set(sorted(seen.values(), key=lambda o: _merit(reader, o, first))[:most])
    return [option for option in reader.options if option in kept]


def _merit(reader: ResultsReader, option: str, first: Sequence[str]) -> tuple[bool, bool, float]:
    """Return the sort key for rows: baseline and recommended option first, then options with a cost, cheapest first."""
    drawn = reader.figures.cost
    cost = reader.number(drawn.total, option)
    return option not in first, cost is None, cost or 0.0


def parts_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of each option's yearly cost by part, or None if there is only one part."""
    drawn = reader.figures.cost
    if not has_costs(reader):
        return None
    priced = [o for o in _distinct(reader, _BARS) if reader.number(drawn.total, o) is not None]
    parts_of = reader.book.relations.parts.get(drawn.total, ())
    uses = [n for n in parts_of if any(reader.number(n, option) for option in priced)]
    if not priced or len(uses) < 2:  # a single part adds nothing to the bars of the options
        return None
    bars: list[dict[str, Value]] = []
    parts: list[dict[str, Value]] = []
    for option in priced:
        name = reader.title("option", option)
        budget = reader.number(drawn.budget) if reader.has(drawn.budget) else None
        note = reader.amount(drawn.total, option).text
        bars.append({"name": name, "note": note, "mark": budget, "strong": option in reader.pair})
        for use in uses:
            value, text = reader.number(use, option) or 0.0, reader.amount(use, option).text
            parts.append({"bar": name, "group": reader.quantity(use).title, "value": value, "text": text})
    unit = str(reader.amount(drawn.total, priced[0]).unit)
    mark = f"; black mark = {reader.quantity(drawn.budget).title.lower()}" if bars[0]["mark"] is not None else ""
    return Figure(
        chart="costs",
        title=f"{reader.quantity(drawn.total).title}, by what is paid for",
        subtitle=f"{unit}{mark}",
        alt=f"{reader.quantity(drawn.total).title} in {unit}: " + "; ".join(_said(b, parts) for b in bars) + ".",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_title": f"{unit} →"},
    )


def _said(bar: dict[str, Value], parts: Iterable[dict[str, Value]]) -> str:
    """Return a bar in words."""
    own = ", ".join(f"{p['group']} {p['text']}" for p in parts if p["bar"] == bar["name"] and p["value"])
    return f"{bar['name']} {bar['note']}" + (f" ({own})" if own else "")


def _cost_table(reader: ResultsReader, options: Sequence[str]) -> Table:
    """Return the table of what each option costs per year, by price and use."""
    offers: dict[str, str] = {}
    prices = [Cell(_price(reader, option, offers)) for option in options]
    heads, numbers = _numbers(reader, _known(reader, reader.book.report.cost_columns, options), options)
    heads.insert(1, Column("Price per device", kind="number"))
    numbers.insert(1, prices)
    marked = " ".join(f"[{mark}] {offer}." for offer, mark in offers.items())
    note = f"{marked} {_notes(reader, options)}".strip()
    return _table(reader, "What the options cost", options, heads, numbers, note)


def _price(reader: ResultsReader, option: str, offers: dict[str, str]) -> str:
    """Return the price of a device, per hour or to buy, with a mark for the offer."""
    drawn = reader.figures.cost
    name = drawn.piece if reader.value(drawn.bought, option) else drawn.hourly
    offer = reader.words(drawn.offer, option)
    if reader.number(name, option) is None or not offer:
        return ABSENT
    mark = offers.setdefault(offer, ascii_lowercase[len(offers) % 26])
    return f"{reader.amount(name, option)} [{mark}]"


def token_table(reader: ResultsReader) -> Table | None:
    """Return the table of the cost, energy and carbon of a token, or None."""
    if not has_costs(reader):
        return None
    options = _distinct(reader)
    names = _known(reader, reader.book.report.token_columns, options)
    if not names:
        return None
    heads, numbers = _numbers(reader, names, options)
    return _table(reader, "What a token costs", options, heads, numbers)


def _known(reader: ResultsReader, names: Iterable[str], options: Sequence[str]) -> list[str]:
    """Return the quantities that have a value for at least one option."""
    return [n for n in names if reader.has(n) and any(reader.number(n, o) is not None for o in options)]


def _numbers(
    reader: ResultsReader, names: Iterable[str], options: Sequence[str]
) -> tuple[list[Column], list[list[Cell]]]:
    """Return columns of numbers, each in one unit."""
    heads: list[Column] = []
    cells: list[list[Cell]] = []
    for name in names:
        written = column(reader.numbers(name, [(o,) for o in options]), reader.quantity(name).type.unit)
        heads.append(Column(reader.quantity(name).title, written.unit, "number"))
        cells.append([Cell(text) for text in written.texts])
    return heads, cells


def _table(
    reader: ResultsReader,
    title: str,
    options: Sequence[str],
    heads: list[Column],
    cells: list[list[Cell]],
    note: str = "",
) -> Table:
    names = [Cell(reader.title("option", o), tag=reader.role(o)) for o in options]
    rows = tuple(
        Row((name, *(values[i] for values in cells)), highlight=reader.recommends(options[i]))
        for i, name in enumerate(names)
    )
    return without_equal_columns(Table(title, (Column("Option"), *heads), rows, note=note))


def _notes(reader: ResultsReader, options: Sequence[str]) -> str:
    """Return which options are left out, and which prices are missing."""
    drawn = reader.figures.cost
    missing = list(dict.fromkeys(filter(None, (reader.words(drawn.missing, o) for o in reader.options))))
    notes = missing[:_MISSING] + (["Further prices are missing."] if len(missing) > _MISSING else [])
    if len(options) < len(reader.options):
        notes.append("The workbook has all options, including those at the same price as one shown.")
    return " ".join(notes)
