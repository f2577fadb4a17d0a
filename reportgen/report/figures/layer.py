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

    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["layer_figures"]

_ROWS = {True: 16, False: 17}  # the most rows on a page: with both stages in one figure, and with one stage
_LEAST = 0.05  # per cent; smaller shares are written as less than 0.1
_ENDS = {LAYER: "Layer's input", OUTPUT: "Layer's output"}


@dataclass(frozen=True, slots=True)
class _Picture:
    """A stage of the explained option: the data flow, and the number of operators left out as too small."""

    stage: str
    flow: Flow
    breadth: int
    left_out: int


def layer_figures(reader: ResultsReader) -> list[Figure]:
    """Return the figures of the explained option's layer in both stages, in one figure if they fit side by side."""
    drawn, time = reader.figures.layer, reader.figures.time
    if not reader.has(drawn.ops, drawn.traffic, drawn.bound, time.share, time.time):
        return []
    if reader.pays_api(reader.explained):
        return []
    pictures = [_picture(reader, stage) for stage in STAGES]
    if not all(any(source == LAYER for source, _ in picture.flow.edges) for picture in pictures):
        return []  # no inputs of operators are declared
    if max(picture.breadth for picture in pictures) <= BESIDE:
        return [_figure(reader, pictures)]
    return [_figure(reader, [picture]) for picture in pictures]


def _picture(reader: ResultsReader, stage: str) -> _Picture:
    """Return what runs in a stage; the operators with the least time are left out until the rest fits a page."""
    operators, small = reader.book.dimensions["operator"], list[str]()
    while True:
        running = [name for name in operators.names if name not in small and _runs(reader, stage, name)]
        data_flow = flow(operators.members, _traffic(reader, stage, running))
        rows = layer_rows(data_flow.within, data_flow.edges, MOST).rows
        breadth = max(len(data_flow.after), *(sum(name in (*data_flow.within, CACHE) for name in row) for row in rows))
        most = _ROWS[breadth <= BESIDE]
        if len(rows) <= most and len(data_flow.after) <= MOST:
            return _Picture(stage, data_flow, breadth, len(small))
        crowd = data_flow.within if len(rows) > most else data_flow.after
        small.append(min(crowd, key=lambda name: _number(reader, reader.figures.time.share, stage, name)))


def _runs(reader: ResultsReader, stage: str, operator: str) -> bool:
    per = reader.quantity(reader.figures.time.share).per
    return reader.results.applies(per, (reader.explained, stage, operator))


def _number(reader: ResultsReader, name: str, stage: str, operator: str) -> float:
    return (reader.number(name, reader.explained, stage, operator) or 0.0) if reader.has(name) else 0.0


def _traffic(reader: ResultsReader, stage: str, running: Iterable[str]) -> Traffic:
    """Derive which operators access the cache from the bytes that are counted."""
    drawn = reader.figures.layer
    runs = frozenset(running)
    reads, writes, loads = (
        frozenset(operator for operator in runs if _number(reader, name, stage, operator) > 0)
        for name in (drawn.reads_cache, drawn.writes_cache, drawn.loads)
    )
    return Traffic(runs, reads, writes, blind=reads - loads)


def _figure(reader: ResultsReader, pictures: Sequence[_Picture]) -> Figure:
    small = max(picture.left_out for picture in pictures)
    left_out = f"; the {small} shortest operators are left out" if small else ""
    return Figure(
        chart="layer",
        title=_title(reader, [picture.stage for picture in pictures]),
        subtitle=f"Operations and bytes moved, summed over the layers of a pass; bar: share of its time{left_out}",
        alt=" ".join(_said(reader, picture) for picture in pictures),
        data={
            "panels": tuple(_panel(reader, picture.stage) for picture in pictures),
            "nodes": tuple(node for picture in pictures for node in _nodes(reader, picture)),
            "edges": tuple(
                {"panel": picture.stage, "source": source, "target": target}
                for picture in pictures
                for source, target in picture.flow.edges
            ),
        },
        texts={name: reader.title("bound", name) for name in reader.book.dimensions["bound"].names},
    )


def _title(reader: ResultsReader, stages: Sequence[str]) -> str:
    """Return a title that says what limits most of the time of each stage."""
    first, *others = (reader.title("stage", stage) for stage in stages)
    parts = [f"{first} is {_limited(reader, stages[0])}"]
    parts += [f"{title.lower()} {_limited(reader, stage)}" for title, stage in zip(others, stages[1:], strict=True)]
    return ", ".join(parts)


def _limited(reader: ResultsReader, stage: str) -> str:
    """Return the limit with the largest share of a stage's time, as in '91 % memory-bound'."""
    drawn = reader.figures.layer
    shares: dict[str, float] = {}
    for operator in reader.book.dimensions["operator"].names:
        bound = reader.words(drawn.bound, reader.explained, stage, operator)
        if bound and _runs(reader, stage, operator):
            shares[bound] = shares.get(bound, 0.0) + _number(reader, reader.figures.time.share, stage, operator)
    most = max(shares, key=lambda bound: shares[bound])
    return f"{joined(digits(round(shares[most])), '%')} {reader.title('bound', most)}"


def _panel(reader: ResultsReader, stage: str) -> dict[str, Value]:
    """Return a stage's heading with its time and the number of layers."""
    drawn = reader.figures.layer
    notes = [f"{reader.formatted(reader.figures.time.time, reader.explained, stage)} a pass"]
    overhead = reader.number(reader.figures.time.overhead, reader.explained, stage)
    if overhead:
        notes.append(f"{_share(overhead)} of it overhead")
    model = reader.words("model", reader.explained)
    layers = reader.formatted(drawn.layers, model) if reader.has(drawn.layers) else ""
    return {"name": stage, "title": reader.title("stage", stage), "note": ", ".join(notes), "times": layers}


def _nodes(reader: ResultsReader, picture: _Picture) -> Iterator[dict[str, Value]]:
    """Yield the ends of the layer, the cache if it is accessed, and the operators in order."""
    drawn = reader.figures.layer
    stage = picture.stage
    for name, title in _ENDS.items():
        yield {"panel": stage, "name": name, "title": title, "look": "end"}
    if any(CACHE in edge for edge in picture.flow.edges):
        yield {"panel": stage, "name": CACHE, "title": "KV cache", "look": "cache", "note": _cache_note(reader, stage)}
    for operator in (*picture.flow.within, *picture.flow.after):
        share, after = _number(reader, reader.figures.time.share, stage, operator), operator in picture.flow.after
        yield {
            "panel": stage,
            "name": operator,
            "title": reader.title("operator", operator),
            "note": _note(reader, stage, operator),
            "times": _times(reader, operator, after=after),
            "share": share,
            "share_text": _share(share),
            "look": reader.words(drawn.bound, reader.explained, stage, operator),
            "after": after,
        }


def _times(reader: ResultsReader, operator: str, *, after: bool) -> str:
    """Return how often the operator runs, unless that is once per layer, or once after the last layer."""
    drawn = reader.figures.layer
    repeats, model = reader.number(drawn.repeats, reader.explained, operator), reader.words("model", reader.explained)
    usual = 1.0 if after else reader.number(drawn.layers, model)
    return "" if repeats is None or repeats == usual else f"×{NARROW}{digits(repeats)}"


def _note(reader: ResultsReader, stage: str, operator: str) -> str:
    """Return the operator's operations and traffic in a pass, or the bytes that it sends to other devices each time."""
    drawn = reader.figures.layer
    key = (reader.explained, stage, operator)
    if reader.words(drawn.bound, *key) == "communication" and reader.has(drawn.message):
        return f"{reader.formatted(drawn.message, *key)} each"
    return f"{reader.formatted(drawn.ops, *key)} · {reader.formatted(drawn.traffic, *key)}"


def _cache_note(reader: ResultsReader, stage: str) -> str:
    """Return the bytes of the cache that a pass reads and writes."""
    drawn = reader.figures.layer
    parts = ((drawn.cache_read, "read"), (drawn.cache_written, "written"))
    known = [(name, word) for name, word in parts if reader.has(name) and reader.number(name, reader.explained, stage)]
    return ", ".join(f"{reader.formatted(name, reader.explained, stage)} {word}" for name, word in known)


def _share(share: float) -> str:
    """Return a share in per cent, with one decimal."""
    return f"<{NARROW}{joined('0.1', '%')}" if 0 < share < _LEAST else joined(f"{share:.1f}", "%")


def _said(reader: ResultsReader, picture: _Picture) -> str:
    """Return the graph in words: every node with its numbers, its limit, and its inputs."""
    nodes = list(_nodes(reader, picture))
    titles = {str(node["name"]): str(node["title"]) for node in nodes}
    panel = _panel(reader, picture.stage)
    parts = [f"{panel['title']}, {panel['note']}"]
    for node in nodes:
        sources = [titles[source] for source, target in picture.flow.edges if target == node["name"]]
        look = str(node["look"])
        bound = reader.title("bound", look) if look in reader.book.dimensions["bound"].names else ""
        numbers = [str(node.get(key) or "") for key in ("note", "times", "share_text")]
        tail = ", ".join(filter(None, [*numbers, bound]))
        came = f" from {', '.join(sources)}" if sources else ""
        parts.append(f"{node['title']}{came}{f': {tail}' if tail else ''}")
    return "; ".join(parts) + "."
