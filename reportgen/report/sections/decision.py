"""The first page: the finding, the recommendation, and its key figures against targets and baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT
from reportgen.report.view import Advice, Group, KeyFigure, Recommendation, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.report.numbers import Amount
    from reportgen.report.reading import ResultsReader
    from reportgen.report.view import Status

__all__ = ["advice_of", "figures_of", "key_figures", "recommendation"]

_STEPS = 3  # the most recommendations after the headline in the box; the others follow in the appendix


def recommendation(reader: ResultsReader) -> Recommendation:
    """Return the best recommendation, the next ones grouped by effort, and the verdict on the baseline."""
    places = _places(reader)
    note, warning = reader.words(reader.roles.baseline), reader.words(reader.roles.warning)
    sure = reader.words(reader.roles.evidence.words)
    how_sure = (Step(sure, "How sure"),) if sure else ()
    if not places:
        return Recommendation(reader.words(reader.roles.decision), note=note, aspects=how_sure, warning=warning)
    best, *others = places[: _STEPS + 1]
    lead, text = _parted(reader.words(reader.roles.advice, best))
    groups = tuple(_groups(reader, others))
    aspects = (*how_sure, *_aspects(reader, best))
    return Recommendation(
        lead, groups, detail=text, note=note, group=_group(reader, best), aspects=aspects, warning=warning
    )


def advice_of(reader: ResultsReader) -> tuple[Advice, ...]:
    """Return every recommendation in full."""
    advice = []
    for place in _places(reader):
        lead, text = _parted(reader.words(reader.roles.advice, place))
        advice.append(Advice(place, _group(reader, place), lead, text, _aspects(reader, place)))
    return tuple(advice)


def _aspects(reader: ResultsReader, place: str) -> tuple[Step, ...]:
    """Return the reason, the risk and the next step."""
    roles = reader.roles
    aspects = (("Why", roles.reason), ("Risk", roles.risk), ("Next", roles.next))
    pairs = ((word, reader.words(name, place)) for word, name in aspects)
    return tuple(Step(text, word) for word, text in pairs if text)


def _places(reader: ResultsReader) -> list[str]:
    """Return the non-empty ranks in the list of recommendations, best first."""
    texts = reader.results.plain(reader.roles.advice) if reader.has(reader.roles.advice) else {}
    return [place for (place,), text in texts.items() if text]


def _groups(reader: ResultsReader, places: Iterable[str]) -> Iterable[Group]:
    """Group recommendations by effort; the group of the best one comes first."""
    groups: dict[str, list[Step]] = {}
    for place in places:
        lead, text = _parted(reader.words(reader.roles.advice, place))
        groups.setdefault(_group(reader, place), []).append(Step(text, lead, place))
    return (Group(label, tuple(steps)) for label, steps in groups.items())


def _group(reader: ResultsReader, place: str) -> str:
    """Return the effort that a recommendation takes, as a heading."""
    words = reader.words(reader.roles.effort, place)
    return words[:1].upper() + words[1:]


def _parted(text: str) -> tuple[str, str]:
    """Split a rule's sentence into what to do and what it brings."""
    lead, colon, rest = text.partition(": ")
    return (f"{lead}:", rest) if colon else (text, "")


def key_figures(reader: ResultsReader) -> tuple[KeyFigure, ...]:
    """Return the key figures of the recommended option."""
    return tuple(_key_figure(reader, name) for name in reader.chosen.figures)


def figures_of(reader: ResultsReader) -> str:
    """Say which option the key figures belong to."""
    if len(reader.options) < 2:
        return ""
    return f"“{reader.title('option', reader.recommended)}”, {reader.role_words(reader.recommended)}"


def _key_figure(reader: ResultsReader, name: str) -> KeyFigure:
    quantity, option = reader.quantity(name), reader.recommended
    members = (option,) if quantity.per else ()
    if quantity.type.kind != "number":
        return KeyFigure(quantity.title, reader.formatted(name, *members))
    written = reader.amount(name, *members)
    unit = "" if written.text == ABSENT else written.unit
    return KeyFigure(quantity.title, written.text, unit, _note(reader, name), _status(reader, name))


def _status(reader: ResultsReader, name: str) -> Status:
    met = reader.met(name, reader.recommended)
    return "none" if met is None else "met" if met else "missed"


def _note(reader: ResultsReader, name: str) -> str:
    """Return the note below a figure: the first two of its target, its band, and the baseline's figure."""
    parts = filter(None, (_aim(reader, name), _band(reader, name), _base(reader, name)))
    return "; ".join(list(parts)[:2])


def _base(reader: ResultsReader, name: str) -> str:
    """Return the baseline's figure, if another option is recommended."""
    if reader.recommended == reader.baseline or not reader.quantity(name).per:
        return ""
    return f"baseline {_next_to(reader, name, reader.amount(name, reader.baseline))}"


def _next_to(reader: ResultsReader, name: str, other: Amount) -> str:
    """Format an amount to stand next to the figure, without its unit if that is the figure's."""
    return other.text if other.unit == reader.amount(name, reader.recommended).unit else str(other)


def _band(reader: ResultsReader, name: str) -> str:
    """Return the 10th to 90th percentile of the figure, in its unit."""
    ends = reader.book.relations.band(name)
    if ends is None or any(reader.number(end, reader.recommended) is None for end in ends):
        return ""
    low, high = (reader.amount(end, reader.recommended) for end in ends)
    first = low.text if low.unit == high.unit else str(low)
    return f"{first} to {_next_to(reader, name, high)}"


def _aim(reader: ResultsReader, name: str) -> str:
    """Return the target or, for the baseline, the ideal value."""
    option = reader.recommended
    if reader.target(name, option):
        limit = reader.limit(name, option)
        if reader.quantity(reader.target(name, option)).per:
            return f"of {limit}"
        return f"target {'≥' if reader.quantity(name).better == 'higher' else '≤'}\N{NO-BREAK SPACE}{limit}"
    ideal = reader.book.relations.ideals.get(name)
    if option == reader.baseline and ideal is not None and reader.number(ideal, option) is not None:
        return f"ideal {reader.amount(ideal, option)}"
    return ""
