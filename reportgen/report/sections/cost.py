"""What the options cost: the finding in sentences, a figure of the cost's parts, and two tables."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT, column
from reportgen.report.view import Cell, Column, Figure, Paragraph, Row, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reportgen.report.reading import Facts
    from reportgen.report.view import Block, Value

__all__ = ["cost_blocks", "has_costs", "parts_figure"]

_ROWS = 12  # the most options in a table; the workbook lists all
_BARS = 6
_MISSING = 6  # the most prices that are named as missing


def has_costs(facts: Facts) -> bool:
    """Return whether the options have prices."""
    drawn = facts.figures.cost
    return facts.has(drawn.total)


def cost_blocks(facts: Facts, figure: Figure | None) -> list[Block | None]:
    """Return the blocks on cost: the total, a figure, what is not included, and the cost of each option and token."""
    options = _distinct(facts)
    return [
        _paragraph(facts, facts.book.report.cost_words),
        figure,
        _paragraph(facts, facts.book.report.cost_limits),
        _cost_table(facts, options),
        _unit_table(facts, options),
    ]


def _paragraph(facts: Facts, names: Iterable[str]) -> Paragraph | None:
    text = " ".join(filter(None, (facts.words(name) for name in names)))
    return Paragraph(text) if text else None


def _distinct(facts: Facts, most: int = _ROWS) -> list[str]:
    """Return the options with different costs, in order; of too many, the baseline, recommended and cheap ones."""
    drawn = facts.figures.cost
    seen: dict[tuple[object, ...], str] = {}
    first = facts.pair
    for option in (*first, *facts.options):
        cost = facts.number(drawn.total, option)
        if option in first or cost is not None or facts.words(drawn.missing, option):
            devices, price = facts.number(facts.roles.devices, option), facts.words(drawn.price, option)
            seen.setdefault((devices, price, cost), option)
    kept = set(sorted(seen.values(), key=lambda o: _merit(facts, o, first))[:most])
    return [option for option in facts.options if option in kept]


def _merit(facts: Facts, option: str, first: Sequence[str]) -> tuple[bool, bool, float]:
    """Return the sort key for rows: baseline and recommended option first, then options with a cost, cheapest first."""
    drawn = facts.figures.cost
    cost = facts.number(drawn.total, option)
    return option not in first, cost is None, cost or 0.0


def parts_figure(facts: Facts) -> Figure | None:
    """Return the figure of each option's yearly cost by part, or None if there is only one part."""
    drawn = facts.figures.cost
    if not has_costs(facts):
        return None
    priced = [o for o in _distinct(facts, _BARS) if facts.number(drawn.total, o) is not None]
    parts_of = facts.book.relations.parts.get(drawn.total, ())
    uses = [n for n in parts_of if any(facts.number(n, option) for option in priced)]
    if not priced or len(uses) < 2:  # a single part adds nothing to the bars of the options
        return None
    bars: list[dict[str, Value]] = []
    parts: list[dict[str, Value]] = []
    for option in priced:
        name = facts.title("option", option)
        budget = facts.number(drawn.budget) if facts.has(drawn.budget) else None
        note = facts.amount(drawn.total, option).text
        bars.append({"name": name, "note": note, "mark": budget, "strong": option in facts.pair})
        for use in uses:
            value, text = facts.number(use, option) or 0.0, facts.amount(use, option).text
            parts.append({"bar": name, "group": facts.quantity(use).title, "value": value, "text": text})
    unit = str(facts.amount(drawn.total, priced[0]).unit)
    mark = f"; black mark = {facts.quantity(drawn.budget).title.lower()}" if bars[0]["mark"] is not None else ""
    return Figure(
        chart="costs",
        title=f"{facts.quantity(drawn.total).title}, by what is paid for",
        subtitle=f"{unit}{mark}",
        alt=f"{facts.quantity(drawn.total).title} in {unit}: " + "; ".join(_said(b, parts) for b in bars) + ".",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_title": f"{unit} →"},
    )


def _said(bar: dict[str, Value], parts: Iterable[dict[str, Value]]) -> str:
    """Return a bar in words."""
    own = ", ".join(f"{p['group']} {p['text']}" for p in parts if p["bar"] == bar["name"] and p["value"])
    return f"{bar['name']} {bar['note']}" + (f" ({own})" if own else "")


def _cost_table(facts: Facts, options: Sequence[str]) -> Table:
    """Return the table of what each option costs per year, by price and use."""
    offers: dict[str, str] = {}
    prices = [Cell(_price(facts, option, offers)) for option in options]
    heads, numbers = _numbers(facts, _known(facts, facts.book.report.cost_columns, options), options)
    heads.insert(1, Column("Price per device", kind="number"))
    numbers.insert(1, prices)
    note = " ".join(f"[{mark}] {offer}." for offer, mark in offers.items())
    return _table(facts, "What the options cost", options, heads, numbers, note)


def _price(facts: Facts, option: str, offers: dict[str, str]) -> str:
    """Return the price of a device, per hour or to buy, with a mark for the offer."""
    drawn = facts.figures.cost
    name = drawn.piece if facts.value(drawn.bought, option) else drawn.hourly
    offer = facts.words(drawn.offer, option)
    if facts.number(name, option) is None or not offer:
        return ABSENT
    mark = offers.setdefault(offer, ascii_lowercase[len(offers) % 26])
    return f"{facts.amount(name, option)} [{mark}]"


def _unit_table(facts: Facts, options: Sequence[str]) -> Table | None:
    """Return the table of the cost, energy and carbon of a token, or None."""
    names = _known(facts, facts.book.report.token_columns, options)
    if not names:
        return None
    heads, numbers = _numbers(facts, names, options)
    return _table(facts, "What a token costs", options, heads, numbers, _notes(facts, options))


def _known(facts: Facts, names: Iterable[str], options: Sequence[str]) -> list[str]:
    """Return the quantities that have a value for at least one option."""
    return [n for n in names if facts.has(n) and any(facts.number(n, o) is not None for o in options)]


def _numbers(facts: Facts, names: Iterable[str], options: Sequence[str]) -> tuple[list[Column], list[list[Cell]]]:
    """Return columns of numbers, each in one unit."""
    heads: list[Column] = []
    cells: list[list[Cell]] = []
    for name in names:
        written = column(facts.numbers(name, [(o,) for o in options]), facts.quantity(name).type.unit)
        heads.append(Column(facts.quantity(name).title, written.unit, "number"))
        cells.append([Cell(text) for text in written.texts])
    return heads, cells


def _table(
    facts: Facts, title: str, options: Sequence[str], heads: list[Column], cells: list[list[Cell]], note: str = ""
) -> Table:
    names = [Cell(facts.title("option", o), tag=facts.role(o)) for o in options]
    rows = tuple(
        Row((name, *(values[i] for values in cells)), highlight=facts.recommends(options[i]))
        for i, name in enumerate(names)
    )
    return Table(title, (Column("Option"), *heads), rows, note=note)


def _notes(facts: Facts, options: Sequence[str]) -> str:
    """Return which options are left out, and which prices are missing."""
    drawn = facts.figures.cost
    missing = list(dict.fromkeys(filter(None, (facts.words(drawn.missing, o) for o in facts.options))))
    notes = missing[:_MISSING] + (["Further prices are missing, too."] if len(missing) > _MISSING else [])
    if len(options) < len(facts.options):
        notes.append("Options at the same price as one shown, and all others, are in the workbook.")
    return " ".join(notes)
