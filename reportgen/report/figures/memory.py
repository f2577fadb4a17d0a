"""What occupies the memory of a device, option by option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import digits, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.reading import Facts
    from reportgen.report.view import Value

__all__ = ["memory_figure"]


def memory_figure(facts: Facts, most: int = 10) -> Figure | None:
    """Return the figure of memory by use against the usable memory, for the baseline and at most `most` options."""
    drawn = facts.figures.memory
    uses = facts.book.relations.parts.get(drawn.used, ())
    if not uses or not facts.has(drawn.used, drawn.fullest):
        return None
    options = _memory_options(facts, most)
    bars, parts = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    stages = {option: facts.words(drawn.fullest, option) for option in options}
    for option in options:
        buffers = _buffers(facts, option)
        text = digits(_gigabytes(facts, drawn.used, option, stages[option]) + buffers)
        limit = facts.number(drawn.limit, option)
        of = f" of {facts.amount(drawn.limit, option)}" if limit is not None else ""
        name = facts.title("option", option)
        note = f"{text}{of}" if of else joined(text, "GB")
        bars.append({"name": name, "note": note, "mark": limit, "strong": option in facts.pair})
        for use in uses:
            value = _gigabytes(facts, use, option, stages[option])
            parts.append({"bar": name, "group": facts.quantity(use).title, "value": value, "text": digits(value)})
        if facts.has(drawn.buffers):
            group = facts.quantity(drawn.buffers).title
            parts.append({"bar": name, "group": group, "value": buffers, "text": digits(buffers)})
    mark = "; black mark = what may be used" if any(bar["mark"] for bar in bars) else ""
    return Figure(
        chart="memory",
        title=f"{facts.quantity(drawn.used).title}, by use",
        subtitle=f"GB{mark}",
        alt="; ".join(f"{bar['name']}: {bar['note']}" for bar in bars) + ".",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_title": "GB →"},
    )


def _buffers(facts: Facts, option: str) -> float:
    """Return what runtime and libraries take in addition, in gigabytes; 0 if the accounting omits it."""
    name = facts.figures.memory.buffers
    return _gigabytes(facts, name, option) if facts.has(name) else 0.0


def _gigabytes(facts: Facts, name: str, *members: str) -> float:
    return (facts.number(name, *members) or 0.0) * float(facts.quantity(name).type.unit.scale) / 1e9


def _memory_options(facts: Facts, most: int) -> Sequence[str]:
    """Return options with different memory; the baseline, the recommended one and those that do not fit first."""
    drawn, seen = facts.figures.memory, dict[tuple[float | None, ...], str]()
    for option in dict.fromkeys((*facts.pair, *facts.options)):
        stage = facts.words(drawn.fullest, option)
        key = (facts.number(drawn.used, option, stage), facts.number(drawn.limit, option))
        seen.setdefault(key, option)
    urgent = [o for o in seen.values() if o in facts.pair or facts.value(drawn.fits, o) is False]
    kept = set((urgent + [o for o in seen.values() if o not in urgent])[:most])
    return [o for o in facts.options if o in kept]
