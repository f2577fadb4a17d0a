"""How a decode step slows down as the KV cache grows, for the baseline and the recommended option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.curves import over_generation
from reportgen.report.numbers import amount, column, digits, joined
from reportgen.report.view import Figure

if TYPE_CHECKING:
    from reportgen.report.reading import Facts
    from reportgen.report.view import Value

__all__ = ["generation_figure"]

_EQUAL = 0.5  # per cent; a smaller difference between first and last step is ignored


def generation_figure(facts: Facts) -> Figure | None:
    """Return the figure of a decode step's time over the context, from the first generated token to the last."""
    drawn = facts.figures.generation
    if not facts.has(drawn.step):
        return None
    curves = {option: _curve(facts, option) for option in facts.pair}
    curves = {option: points for option, points in curves.items() if len(points) > 1}
    if not curves:
        return None
    unit = facts.quantity(drawn.step).type.unit
    # Draw values in the unit that suits most of them, so that the axis matches the texts.
    written = column([step for points in curves.values() for _, step in points], unit)
    lines, dots = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    for option, points in curves.items():
        first, last = (str(amount(points[end][1], unit)) for end in (0, -1))
        role = "best" if facts.recommends(option) else "base"
        lines.append({"name": facts.title("option", option), "role": role, "first": first, "last": last})
        dots += [{"line": len(lines) - 1, "x": context, "y": step * written.factor} for context, step in points]
    marks = _marks(facts, written.factor)
    contexts = [context for points in curves.values() for context, _ in points]
    reach = f"from {digits(min(contexts))} to {joined(digits(max(contexts)), 'tokens')} of context"
    said = [f"{line['name']} from {line['first']} to {line['last']}" for line in lines]
    return Figure(
        chart="generation",
        title=_finding(next(iter(curves.values()))),
        subtitle=f"Time of a decode step, {written.unit}, while the KV cache grows"
        f"{_sequences_note(facts, list(curves))}{_on_top(facts, list(curves))}",
        alt=f"Time of a decode step {reach}: {'; '.join([*said, *(str(mark['text']) for mark in marks)])}.",
        data={"lines": tuple(lines), "points": tuple(dots), "marks": marks},
        texts={"x_title": "Tokens in the context →"},
    )


def _curve(facts: Facts, option: str) -> list[tuple[float, float]]:
    """Return the contexts of an option, each with the time of a step there."""
    drawn = facts.figures.generation
    found = over_generation(facts.results, option, [drawn.step])
    pairs = zip(found["context"], found[drawn.step], strict=True)
    return [(context, step) for context, step in pairs if context is not None and step is not None]


def _finding(points: list[tuple[float, float]]) -> str:
    """Return how much longer the last step takes than the first."""
    (_, first), (_, last) = points[0], points[-1]
    growth = (last / first - 1) * 100 if first else 0.0
    if abs(growth) < _EQUAL:
        return "A step takes as long at the end of the generation as at its start"
    change = f"{joined(digits(round(abs(growth))), '%')} {'longer' if growth > 0 else 'less'}"
    return f"A step takes {change} at the end of the generation than at its start"


def _marks(facts: Facts, factor: float) -> tuple[dict[str, Value], ...]:
    """Return the mark of the target for the time per token, if one is set."""
    drawn = facts.figures.generation
    target = facts.target(drawn.token, facts.baseline)
    value = facts.number(target) if target else None
    if value is None:
        return ()
    scale = facts.quantity(target).type.unit.scale / facts.quantity(drawn.step).type.unit.scale
    text = f"target for {facts.quantity(drawn.token).title.lower()}: {facts.limit(drawn.token, facts.baseline)}"
    return ({"value": value * float(scale) * factor, "text": text},)


def _sequences_note(facts: Facts, options: list[str]) -> str:
    """Return how many sequences are in the step, if the number is the same for all options."""
    drawn = facts.figures.generation
    counts = {facts.number(drawn.sequences, option) for option in options} if facts.has(drawn.sequences) else set()
    count = counts.pop() if len(counts) == 1 else None
    if count is None or facts.number(drawn.own, options[0]) == count:
        return ""
    return f"; {joined(digits(count), 'sequences')} at once"


def _on_top(facts: Facts, options: list[str]) -> str:
    """Return a note that the target includes prefills between steps, which this figure does not show."""
    drawn = facts.figures.generation
    waits = facts.has(drawn.between) and any(facts.number(drawn.between, option) for option in options)
    return "; the prefill of other requests between two steps comes on top" if waits else ""
