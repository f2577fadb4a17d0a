"""Throughput against the time per token at different batch sizes, for the baseline and the recommended option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.report.curves import over_batch
from reportgen.report.numbers import amount, digits, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["batch_figure"]

_BEYOND_TARGET, _BEYOND_OWN = 2.0, 1.5  # times the time per token; slower batches are not shown
_MORE = 0.01  # the smallest worthwhile gain in throughput, as a share
_BATCH = "batch"
_NOUNS = {_BATCH: ("A batch", "No batch"), "concurrency": ("A concurrency", "No concurrency")}


@dataclass(frozen=True, slots=True)
class _Point:
    """An option at one batch size or concurrency; `own` marks the configured one."""

    at_once: float
    token: float
    flow: float
    own: bool


def batch_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of latency and throughput over the batch size or concurrency, up to the most that run at once.

    Options with random arrivals are left out, because the request rate determines how many requests run.
    """
    drawn = reader.figures.batch
    if not reader.has(drawn.own, drawn.most, drawn.token, drawn.flow):
        return None
    target = reader.target(drawn.token, reader.baseline)
    limit = reader.number(target) if target else None
    options = [o for o in reader.pair_on_devices if not _arrives(reader, o)]
    curves = {option: _curve(reader, option, limit) for option in options}
    curves = {option: points for option, points in curves.items() if len(points) > 1}
    if not curves:
        return None
    lines, dots = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    for option, points in curves.items():
        role = "best" if reader.recommends(option) else "base"
        lines.append({"name": reader.title("option", option), "role": role})
        dots += [
            {
                "line": len(lines) - 1,
                "kind": _kind(reader, option),
                "at_once": digits(p.at_once),
                "tpot": p.token,
                "throughput": p.flow,
                "own": p.own,
            }
            for p in points
        ]
    marks: tuple[dict[str, Value], ...] = (
        () if limit is None else ({"value": limit, "text": f"target {reader.limit(drawn.token, reader.baseline)}"},)
    )
    far = "; points far beyond the target are left out" if marks else ""
    return Figure(
        chart="batch",
        title=_finding(reader, *next(iter(curves.items())), limit),
        subtitle=f"A point for each {_sizes(reader, list(curves))}; larger: as configured{far}",
        alt=". ".join([*(_said(reader, o, p) for o, p in curves.items()), *(str(mark["text"]) for mark in marks)])
        + ".",
        data={"lines": tuple(lines), "points": tuple(dots), "marks": marks},
    )


def _arrives(reader: ResultsReader, option: str) -> bool:
    """Return whether requests arrive at random, so that nobody sets how many run at once."""
    drawn = reader.figures.batch
    return reader.value(drawn.continuous, option) is True and reader.value(drawn.closed, option) is False


def _kind(reader: ResultsReader, option: str) -> str:
    """Return what the option calls the number of concurrent requests."""
    return reader.words(reader.figures.batch.kind, option) or _BATCH


def _sizes(reader: ResultsReader, options: list[str]) -> str:
    """Describe which batch sizes or concurrencies have a point."""
    words = {_BATCH: "batch size that fits", "concurrency": "concurrency up to the most that run at once"}
    kinds = {_kind(reader, option) for option in options}
    return words[kinds.pop()] if len(kinds) == 1 else "number of requests at once that fits"


def _curve(reader: ResultsReader, option: str, limit: float | None) -> list[_Point]:
    """Return the points of an option, without batches far slower than the target and the configured one."""
    drawn = reader.figures.batch
    curve, own = over_batch(reader.results, option, [drawn.token, drawn.flow]), reader.number(drawn.own, option)
    points = [
        _Point(size, token, flow, size == own)
        for size, token, flow in zip(curve[drawn.own], curve[drawn.token], curve[drawn.flow], strict=True)
        if size is not None and token is not None and flow is not None and flow > 0
    ]
    if limit is None:
        return points
    far = max(_BEYOND_TARGET * limit, *(_BEYOND_OWN * p.token for p in points if p.own), 0.0)
    return [p for p in points if p.token <= far]


def _finding(reader: ResultsReader, option: str, points: Sequence[_Point], limit: float | None) -> str:
    """Return what the best batch size or concurrency gains over the configured one."""
    one, none = _NOUNS[_kind(reader, option)]
    own = next((p for p in points if p.own), points[0])
    target = "" if limit is None else f"the target of {reader.limit(reader.figures.batch.token, reader.baseline)}"
    fast = [p for p in points if limit is None or p.token <= limit]
    if not fast:
        return f"{none} meets {target}"
    best = max(fast, key=lambda p: p.flow)
    if own not in fast:
        return f"{one} of {digits(own.at_once)} misses {target}; one of {digits(best.at_once)} meets it"
    if best.flow / own.flow - 1 < _MORE:
        within = f" within {target}" if target else ""
        return f"{none} gives more throughput than one of {digits(own.at_once)}{within}"
    slower = round((best.token / own.token - 1) * 100)
    price = f"; a token takes {joined(digits(slower), '%')} longer" if slower > 0 else ""
    return (
        f"{one} of {digits(best.at_once)} instead of {digits(own.at_once)} gives {_gain(best.flow / own.flow)}{price}"
    )


def _gain(ratio: float) -> str:
    if ratio >= 2:
        return f"{digits(ratio)} times the throughput"
    return f"{joined(digits(round((ratio - 1) * 100)), '%')} more throughput"


def _said(reader: ResultsReader, option: str, points: Sequence[_Point]) -> str:
    """Return a line in words."""
    drawn = reader.figures.batch
    token, flow = (reader.quantity(name).type.unit for name in (drawn.token, drawn.flow))
    kind = _kind(reader, option)
    sizes = [f"{kind} {digits(p.at_once)}{' (as configured)' if p.own else ''}" for p in points]
    texts = [f"{size} {amount(p.token, token)}, {amount(p.flow, flow)}" for size, p in zip(sizes, points, strict=True)]
    return f"{reader.title('option', option)}: {'; '.join(texts)}"
