"""Throughput against the time per output token over the batch: the baseline, and what is recommended first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.engine.curves import over_batch
from reportgen.render.document.numbers import amount, digits, joined
from reportgen.render.document.view import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.render.document.facts import Facts
    from reportgen.render.document.view import Value

__all__ = ["batch_figure"]

_TOKEN, _FLOW = "tpot", "throughput"
_BEYOND_TARGET, _BEYOND_OWN = 2.0, 1.5  # times the time per token: a batch that takes longer is of no interest
_MORE = 0.01  # of the throughput, below which another batch brings nothing


@dataclass(frozen=True, slots=True)
class _Point:
    """An option at a batch size; `own` marks the size that the option has."""

    batch: float
    token: float
    flow: float
    own: bool


def batch_figure(facts: Facts) -> Figure | None:
    """Latency and throughput at batch sizes up to the largest that fits."""
    if not facts.has("batch", "largest_batch", _TOKEN, _FLOW):
        return None
    target = facts.target(_TOKEN, facts.baseline)
    limit = facts.number(target) if target else None
    curves = {option: _curve(facts, option, limit) for option in dict.fromkeys((facts.baseline, *facts.advised[:1]))}
    curves = {option: points for option, points in curves.items() if len(points) > 1}
    if not curves:
        return None
    lines, drawn = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    for option, points in curves.items():
        role = "best" if option in facts.advised[:1] else "base"
        lines.append({"name": facts.title("option", option), "role": role})
        drawn += [
            {"line": len(lines) - 1, "batch": digits(p.batch), "tpot": p.token, "throughput": p.flow, "own": p.own}
            for p in points
        ]
    marks: tuple[dict[str, Value], ...] = (
        () if limit is None else ({"value": limit, "text": f"target {facts.limit(_TOKEN, facts.baseline)}"},)
    )
    far = "; those far beyond the target are left out" if marks else ""
    return Figure(
        chart="batch",
        title=_finding(facts, next(iter(curves.values())), limit),
        subtitle=f"A point for each batch size that fits; large: as configured{far}",
        alt=". ".join([*(_said(facts, o, p) for o, p in curves.items()), *(str(mark["text"]) for mark in marks)]) + ".",
        data={"lines": tuple(lines), "points": tuple(drawn), "marks": marks},
    )


def _curve(facts: Facts, option: str, limit: float | None) -> list[_Point]:
    """The points of an option, without batches far beyond the target and its own."""
    found, own = over_batch(facts.results, option, [_TOKEN, _FLOW]), facts.number("batch", option)
    points = [
        _Point(batch, token, flow, batch == own)
        for batch, token, flow in zip(found["batch"], found[_TOKEN], found[_FLOW], strict=True)
        if batch is not None and token is not None and flow is not None and flow > 0
    ]
    if limit is None:
        return points
    far = max(_BEYOND_TARGET * limit, *(_BEYOND_OWN * p.token for p in points if p.own), 0.0)
    return [p for p in points if p.token <= far]


def _finding(facts: Facts, points: Sequence[_Point], limit: float | None) -> str:
    """What another batch than its own would bring the baseline."""
    own = next((p for p in points if p.own), points[0])
    target = "" if limit is None else f"the target of {facts.limit(_TOKEN, facts.baseline)}"
    fast = [p for p in points if limit is None or p.token <= limit]
    if not fast:
        return f"No batch keeps {target}"
    best = max(fast, key=lambda p: p.flow)
    if own not in fast:
        return f"A batch of {digits(own.batch)} misses {target}, one of {digits(best.batch)} keeps it"
    if best.flow / own.flow - 1 < _MORE:
        return f"No batch has more throughput than one of {digits(own.batch)}{f' within {target}' if target else ''}"
    slower = round((best.token / own.token - 1) * 100)
    price = f"; a token takes {joined(digits(slower), '%')} longer" if slower > 0 else ""
    return f"A batch of {digits(best.batch)} instead of {digits(own.batch)} gives {_gain(best.flow / own.flow)}{price}"


def _gain(ratio: float) -> str:
    if ratio >= 2:
        return f"{digits(ratio)} times the throughput"
    return f"{joined(digits(round((ratio - 1) * 100)), '%')} more throughput"


def _said(facts: Facts, option: str, points: Sequence[_Point]) -> str:
    """A line in words."""
    token, flow = (facts.quantity(name).type.unit for name in (_TOKEN, _FLOW))
    said = [
        f"batch {digits(p.batch)}{' (as configured)' if p.own else ''} {amount(p.token, token)}, {amount(p.flow, flow)}"
        for p in points
    ]
    return f"{facts.title('option', option)}: {'; '.join(said)}"
