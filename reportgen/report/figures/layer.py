"""The transformer layer as a graph: operators with their operations, traffic and limits, the cache, and residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.report.figures.layer_flow import CACHE, LAYER, OUTPUT, Flow, Traffic, flow
from reportgen.report.figures.layer_rows import BESIDE, MOST, layer_rows
from reportgen.report.numbers import NARROW, digits, joined
from reportgen.report.reading import STAGES
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reportgen.report.reading import Facts
    from reportgen.report.view import Value

__all__ = ["layer_figures"]

_ROWS = {True: 16, False: 17}  # the most rows on a page: with both stages in one figure, and with one stage
_LEAST = 0.05  # per cent; smaller shares are written as less than 0.1
_ENDS = {LAYER: "Layer's input", OUTPUT: "Layer's output"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """A stage of the baseline: the data flow, and the number of operators left out as too small."""

    stage: str
    flow: Flow
    breadth: int
    left_out: int


def layer_figures(facts: Facts) -> list[Figure]:
    """Return the figures of the baseline's layer in prefill and decode, in one figure if both fit side by side."""
    drawn, time = facts.figures.layer, facts.figures.time
    if not facts.has(drawn.ops, drawn.traffic, drawn.bound, time.share, time.time):
        return []
    pictures = [_picture(facts, stage) for stage in STAGES]
    if not all(any(source == LAYER for source, _ in picture.flow.edges) for picture in pictures):
        return []  # no inputs of operators are declared
    if max(picture.breadth for picture in pictures) <= BESIDE:
        return [_figure(facts, pictures)]
    return [_figure(facts, [picture]) for picture in pictures]


def _picture(facts: Facts, stage: str) -> _Picture:
    """Return what runs in a stage; the operators with the least time are left out until the rest fits a page."""
    operators, small = facts.book.dimensions["operator"], list[str]()
    while True:
        running = [name for name in operators.names if name not in small and _runs(facts, stage, name)]
        data_flow = flow(operators.members, _traffic(facts, stage, running))
        rows = layer_rows(data_flow.within, data_flow.edges, MOST).rows
        breadth = max(len(data_flow.after), *(sum(name in (*data_flow.within, CACHE) for name in row) for row in rows))
        most = _ROWS[breadth <= BESIDE]
        if len(rows) <= most and len(data_flow.after) <= MOST:
            return _Picture(stage, data_flow, breadth, len(small))
        crowd = data_flow.within if len(rows) > most else data_flow.after
        small.append(min(crowd, key=lambda name: _number(facts, facts.figures.time.share, stage, name)))


def _runs(facts: Facts, stage: str, operator: str) -> bool:
    per = facts.quantity(facts.figures.time.share).per
    return facts.results.applies(per, (facts.baseline, stage, operator))


def _number(facts: Facts, name: str, stage: str, operator: str) -> float:
    return (facts.number(name, facts.baseline, stage, operator) or 0.0) if facts.has(name) else 0.0


def _traffic(facts: Facts, stage: str, running: Iterable[str]) -> Traffic:
    """Derive which operators access the cache from the bytes that are counted."""
    drawn = facts.figures.layer
    runs = frozenset(running)
    reads, writes, loads = (
        frozenset(operator for operator in runs if _number(facts, name, stage, operator) > 0)
        for name in (drawn.reads_cache, drawn.writes_cache, drawn.loads)
    )
    return Traffic(runs, reads, writes, blind=reads - loads)


def _figure(facts: Facts, pictures: Sequence[_Picture]) -> Figure:
    small = max(picture.left_out for picture in pictures)
    left_out = f"; the {small} operators that take least are left out" if small else ""
    return Figure(
        chart="layer",
        title=_title(facts, [picture.stage for picture in pictures]),
        subtitle=f"Operations and bytes moved, summed over the layers of a pass; bar: share of its time{left_out}",
        alt=" ".join(_said(facts, picture) for picture in pictures),
        data={
            "panels": tuple(_panel(facts, picture.stage) for picture in pictures),
            "nodes": tuple(node for picture in pictures for node in _nodes(facts, picture)),
            "edges": tuple(
                {"panel": picture.stage, "source": source, "target": target}
                for picture in pictures
                for source, target in picture.flow.edges
            ),
        },
        texts={name: facts.title("bound", name) for name in facts.book.dimensions["bound"].names},
    )


def _title(facts: Facts, stages: Sequence[str]) -> str:
    """Return a title that says what limits most of the time of each stage."""
    first, *others = (facts.title("stage", stage) for stage in stages)
    parts = [f"{first} is {_limited(facts, stages[0])}"]
    parts += [f"{title.lower()} {_limited(facts, stage)}" for title, stage in zip(others, stages[1:], strict=True)]
    return ", ".join(parts)


def _limited(facts: Facts, stage: str) -> str:
    """Return the limit with the largest share of a stage's time, as in '91 % memory-bound'."""
    drawn = facts.figures.layer
    shares: dict[str, float] = {}
    for operator in facts.book.dimensions["operator"].names:
        bound = facts.words(drawn.bound, facts.baseline, stage, operator)
        if bound and _runs(facts, stage, operator):
            shares[bound] = shares.get(bound, 0.0) + _number(facts, facts.figures.time.share, stage, operator)
    most = max(shares, key=lambda bound: shares[bound])
    return f"{joined(digits(round(shares[most])), '%')} {facts.title('bound', most)}"


def _panel(facts: Facts, stage: str) -> dict[str, Value]:
    """Return a stage's heading with its time and the number of layers."""
    drawn = facts.figures.layer
    notes = [f"{facts.shown(facts.figures.time.time, facts.baseline, stage)} a pass"]
    overhead = facts.number(facts.figures.time.overhead, facts.baseline, stage)
    if overhead:
        notes.append(f"{_share(overhead)} of it overhead")
    model = facts.words("model", facts.baseline)
    layers = facts.shown(drawn.layers, model) if facts.has(drawn.layers) else ""
    return {"name": stage, "title": facts.title("stage", stage), "note": ", ".join(notes), "times": layers}


def _nodes(facts: Facts, picture: _Picture) -> Iterator[dict[str, Value]]:
    """Yield the ends of the layer, the cache if it is accessed, and the operators in order."""
    drawn = facts.figures.layer
    stage = picture.stage
    for name, title in _ENDS.items():
        yield {"panel": stage, "name": name, "title": title, "look": "end"}
    if any(CACHE in edge for edge in picture.flow.edges):
        yield {"panel": stage, "name": CACHE, "title": "KV cache", "look": "cache", "note": _cache_note(facts, stage)}
    for operator in (*picture.flow.within, *picture.flow.after):
        share, after = _number(facts, facts.figures.time.share, stage, operator), operator in picture.flow.after
        yield {
            "panel": stage,
            "name": operator,
            "title": facts.title("operator", operator),
            "note": _note(facts, stage, operator),
            "times": _times(facts, operator, after=after),
            "share": share,
            "share_text": _share(share),
            "look": facts.words(drawn.bound, facts.baseline, stage, operator),
            "after": after,
        }


def _times(facts: Facts, operator: str, *, after: bool) -> str:
    """Return how often the operator runs, unless that is once per layer, or once after the last layer."""
    drawn = facts.figures.layer
    repeats, model = facts.number(drawn.repeats, facts.baseline, operator), facts.words("model", facts.baseline)
    usual = 1.0 if after else facts.number(drawn.layers, model)
    return "" if repeats is None or repeats == usual else f"×{NARROW}{digits(repeats)}"


def _note(facts: Facts, stage: str, operator: str) -> str:
    """Return the operator's operations and traffic in a pass, or the bytes that it sends to other devices each time."""
    drawn = facts.figures.layer
    key = (facts.baseline, stage, operator)
    if facts.words(drawn.bound, *key) == "communication" and facts.has(drawn.message):
        return f"{facts.shown(drawn.message, *key)} each"
    return f"{facts.shown(drawn.ops, *key)} · {facts.shown(drawn.traffic, *key)}"


def _cache_note(facts: Facts, stage: str) -> str:
    """Return the bytes of the cache that a pass reads and writes."""
    drawn = facts.figures.layer
    parts = ((drawn.cache_read, "read"), (drawn.cache_written, "written"))
    known = [(name, word) for name, word in parts if facts.has(name) and facts.number(name, facts.baseline, stage)]
    return ", ".join(f"{facts.shown(name, facts.baseline, stage)} {word}" for name, word in known)


def _share(share: float) -> str:
    """Return a share in per cent, with one decimal."""
    return f"<{NARROW}{joined('0.1', '%')}" if 0 < share < _LEAST else joined(f"{share:.1f}", "%")


def _said(facts: Facts, picture: _Picture) -> str:
    """Return the graph in words: every node with its numbers, its limit, and its inputs."""
    nodes = list(_nodes(facts, picture))
    titles = {str(node["name"]): str(node["title"]) for node in nodes}
    panel = _panel(facts, picture.stage)
    parts = [f"{panel['title']}, {panel['note']}"]
    for node in nodes:
        sources = [titles[source] for source, target in picture.flow.edges if target == node["name"]]
        look = str(node["look"])
        bound = facts.title("bound", look) if look in facts.book.dimensions["bound"].names else ""
        numbers = [str(node.get(key) or "") for key in ("note", "times", "share_text")]
        tail = ", ".join(filter(None, [*numbers, bound]))
        came = f" from {', '.join(sources)}" if sources else ""
        parts.append(f"{node['title']}{came}{f': {tail}' if tail else ''}")
    return "; ".join(parts) + "."
