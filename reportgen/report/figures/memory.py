"""What occupies the memory of a device, option by option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import digits, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["memory_figure"]


def memory_figure(reader: ResultsReader, most: int = 10) -> Figure | None:
    """Return the figure of memory by use against the usable memory, for the baseline and at most `most` options."""
    drawn = reader.figures.memory
    uses = reader.book.relations.parts.get(drawn.used, ())
    if not uses or not reader.has(drawn.used, drawn.fullest):
        return None
    options = _memory_options(reader, most)
    if not options:
        return None
    bars, parts = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    stages = {option: reader.words(drawn.fullest, option) for option in options}
    for option in options:
        buffers = _buffers(reader, option)
        text = digits(_gigabytes(reader, drawn.used, option, stages[option]) + buffers)
        limit = reader.number(drawn.limit, option)
        of = f" of {reader.amount(drawn.limit, option)}" if limit is not None else ""
        name = reader.title("option", option)
        note = f"{text}{of}" if of else joined(text, "GB")
        bars.append({"name": name, "note": note, "mark": limit, "strong": option in reader.pair})
        for use in uses:
            value = _gigabytes(reader, use, option, stages[option])
            parts.append({"bar": name, "group": reader.quantity(use).title, "value": value, "text": digits(value)})
        if reader.has(drawn.buffers):
            group = reader.quantity(drawn.buffers).title
            parts.append({"bar": name, "group": group, "value": buffers, "text": digits(buffers)})
    mark = "; black mark = usable memory" if any(bar["mark"] for bar in bars) else ""
    return Figure(
        chart="memory",
        title=f"{reader.quantity(drawn.used).title}, by use",
        subtitle=f"GB{mark}",
        alt="; ".join(f"{bar['name']}: {bar['note']}" for bar in bars) + ".",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_title": "GB →"},
    )


def _buffers(reader: ResultsReader, option: str) -> float:
    """Return what runtime and libraries take in addition, in gigabytes; 0 if the accounting omits it."""
    name = reader.figures.memory.buffers
    return _gigabytes(reader, name, option) if reader.has(name) else 0.0


def _gigabytes(reader: ResultsReader, name: str, *members: str) -> float:
    return (reader.number(name, *members) or 0.0) * float(reader.quantity(name).type.unit.scale) / 1e9


def _memory_options(reader: ResultsReader, most: int) -> Sequence[str]:
    """Return options with different memory; the baseline, the recommended one and those that do not fit first."""
    drawn, seen = reader.figures.memory, dict[tuple[float | None, ...], str]()
    for option in dict.fromkeys((*reader.pair, *reader.options)):
        if reader.pays_api(option):
            continue
        stage = reader.words(drawn.fullest, option)
        key = (reader.number(drawn.used, option, stage), reader.number(drawn.limit, option))
        seen.setdefault(key, option)
    urgent = [o for o in seen.values() if o in reader.pair or reader.value(drawn.fits, o) is False]
    kept = set((urgent + [o for o in seen.values() if o not in urgent])[:most])
    return [o for o in reader.options if o in kept]
