"""How a decode step slows down as the KV cache grows, for the baseline and the recommended option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.curves import over_generation
from reportgen.report.numbers import amount, column, digits, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Value

__all__ = ["generation_figure"]

_EQUAL = 0.5  # per cent; a smaller difference between first and last step is ignored


def generation_figure(reader: ResultsReader) -> Figure | None:
    """Return the figure of a decode step's time over the context, from the first generated token to the last."""
    drawn = reader.figures.generation
    if not reader.has(drawn.step):
        return None
    curves = {option: _curve(reader, option) for option in reader.pair_on_devices}
    curves = {option: points for option, points in curves.items() if len(points) > 1}
    if not curves:
        return None
    unit = reader.quantity(drawn.step).type.unit
    # Draw values in the unit that suits most of them, so that the axis matches the texts.
    written = column([step for points in curves.values() for _, step in points], unit)
    lines, dots = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    for option, points in curves.items():
        first, last = (str(amount(points[end][1], unit)) for end in (0, -1))
        role = "best" if reader.recommends(option) else "base"
        lines.append({"name": reader.title("option", option), "role": role, "first": first, "last": last})
        dots += [{"line": len(lines) - 1, "x": context, "y": step * written.factor} for context, step in points]
    marks = _marks(reader, written.factor)
    contexts = [context for points in curves.values() for context, _ in points]
    reach = f"from {digits(min(contexts))} to {joined(digits(max(contexts)), 'tokens')} of context"
    texts = [f"{line['name']} from {line['first']} to {line['last']}" for line in lines]
    return Figure(
        chart="generation",
        title=_finding(next(iter(curves.values()))),
        subtitle=f"Time of a decode step, {written.unit}, while the KV cache grows"
        f"{_sequences_note(reader, list(curves))}{_on_top(reader, list(curves))}",
        alt=f"Time of a decode step {reach}: {'; '.join([*texts, *(str(mark['text']) for mark in marks)])}.",
        data={"lines": tuple(lines), "points": tuple(dots), "marks": marks},
        texts={"x_title": "Tokens in the context →"},
    )


def _curve(reader: ResultsReader, option: str) -> list[tuple[float, float]]:
    """Return the contexts of an option, each with the time of a step there."""
    drawn = reader.figures.generation
    curve = over_generation(reader.results, option, [drawn.step])
    pairs = zip(curve["context"], curve[drawn.step], strict=True)
    return [(context, step) for context, step in pairs if context is not None and step is not None]


def _finding(points: list[tuple[float, float]]) -> str:
    """Return how much longer the last step takes than the first."""
    (_, first), (_, last) = points[0], points[-1]
    growth = (last / first - 1) * 100 if first else 0.0
    if abs(growth) < _EQUAL:
        return "A step takes as long at the end of the generation as at its start"
    change = f"{joined(digits(round(abs(growth))), '%')} {'longer' if growth > 0 else 'less'}"
    return f"A step takes {change} at the end of the generation than at its start"


def _marks(reader: ResultsReader, factor: float) -> tuple[dict[str, Value], ...]:
    """Return the mark of the target for the time per token, if one is set."""
    drawn = reader.figures.generation
    target = reader.target(drawn.token, reader.baseline)
    value = reader.number(target) if target else None
    if value is None:
        return ()
    scale = reader.quantity(target).type.unit.scale / reader.quantity(drawn.step).type.unit.scale
    text = f"target for {reader.quantity(drawn.token).title.lower()}: {reader.limit(drawn.token, reader.baseline)}"
    return ({"value": value * float(scale) * factor, "text": text},)


def _sequences_note(reader: ResultsReader, options: list[str]) -> str:
    """Return how many sequences are in the step, if the number is the same for all options."""
    drawn = reader.figures.generation
    counts = {reader.number(drawn.sequences, option) for option in options} if reader.has(drawn.sequences) else set()
    count = counts.pop() if len(counts) == 1 else None
    if count is None or reader.number(drawn.own, options[0]) == count:
        return ""
    return f"; {joined(digits(count), 'sequences')} at once"


def _on_top(reader: ResultsReader, options: list[str]) -> str:
    """Return a note that the target includes prefills between steps, which this figure does not show."""
    drawn = reader.figures.generation
    waits = reader.has(drawn.between) and any(reader.number(drawn.between, option) for option in options)
    return "; the prefill of other requests between two steps comes on top" if waits else ""
