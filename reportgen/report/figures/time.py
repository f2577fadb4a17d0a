"""The time of each pass, operator by operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import joined
from reportgen.report.reading import STAGES
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["time_figure"]

_PARTS = 6  # operators with their own colour; the others share one
_OTHERS = "Other operators"


def time_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of the time of prefill and decode by operator."""
    drawn = reader.figures.time
    if not reader.has(drawn.share, drawn.time) or reader.pays_api(reader.explained):
        return None
    shares = {stage: _shares(reader, stage) for stage in STAGES}
    order = sorted(shares[STAGES[0]], key=lambda o: -max(shares[stage].get(o, 0.0) for stage in STAGES))
    named = order[:_PARTS] if len(order) > _PARTS + 1 else order
    bars = tuple(
        {"name": reader.title("stage", s), "note": reader.formatted(drawn.time, reader.explained, s)} for s in STAGES
    )
    parts: list[dict[str, Value]] = []
    for stage in STAGES:
        bar = reader.title("stage", stage)
        for operator in named:
            parts.append(_part(bar, reader.title("operator", operator), shares[stage].get(operator, 0.0)))
        if len(named) < len(order):
            parts.append(_part(bar, _OTHERS, sum(shares[stage].get(o, 0.0) for o in order if o not in named)))
        overhead = reader.number(drawn.overhead, reader.explained, stage)
        if overhead:
            parts.append(_part(bar, "Overhead", overhead))
    return Figure(
        chart="time",
        title="Where each pass spends its time",
        subtitle="Share of the pass, per cent; its time on the right",
        alt="; ".join(_said(str(bar["name"]), parts) for bar in bars) + ".",
        data={"bars": bars, "parts": tuple(parts)},
        texts={"x_suffix": joined("", "%")},
    )


def _said(bar: str, parts: Sequence[Mapping[str, Value]]) -> str:
    """Return a bar in words."""
    return f"{bar}: " + ", ".join(f"{part['group']} {part['text']}" for part in parts if part["bar"] == bar)


def _shares(reader: ResultsReader, stage: str) -> dict[str, float]:
    """Return the shares of the operators that run, in per cent."""
    share = reader.figures.time.share
    shares, per = reader.results.plain(share), reader.quantity(share).per
    return {
        o: float(shares[reader.explained, stage, o] or 0.0)
        for o in reader.book.dimensions["operator"].names
        if reader.results.applies(per, (reader.explained, stage, o))
    }


def _part(bar: str, group: str, share: float) -> dict[str, Value]:
    return {"bar": bar, "group": group, "value": share, "text": joined(f"{share:.0f}", "%")}
