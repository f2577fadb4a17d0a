"""The first page: the finding, the recommendation, and its key figures against targets and baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.report.numbers import ABSENT
from reportgen.report.view import Advice, Group, KeyFigure, Paragraph, Recommendation, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.report.numbers import Amount
    from reportgen.report.reading import Facts
    from reportgen.report.view import Status

__all__ = ["advice_of", "figures_of", "further_advice", "key_figures", "recommendation"]

_STEPS = 3  # the most recommendations after the headline in the box; the others follow with the options

_ALSO = "Also recommended"


def recommendation(facts: Facts) -> Recommendation:
    """Return the best recommendation, the next ones grouped by effort, and the verdict on the baseline."""
    places = _places(facts)
    note, warning = facts.words(facts.roles.baseline), facts.words(facts.roles.warning)
    if not places:
        return Recommendation(facts.words(facts.roles.decision), note=note, warning=warning)
    best, *others = places[: _STEPS + 1]
    lead, text = _parted(facts.words(facts.roles.advice, best))
    groups = tuple(_groups(facts, others))
    aspects = _aspects(facts, best)
    return Recommendation(
        lead, groups, detail=text, note=note, group=_group(facts, best), aspects=aspects, warning=warning
    )


def further_advice(facts: Facts) -> tuple[Paragraph, ...]:
    """Return the recommendations that do not fit the box, grouped by effort."""
    return tuple(
        Paragraph(" ".join(f"({s.place}) {s.lead} {s.text}" for s in group.steps), f"{group.label or _ALSO}:")
        for group in _groups(facts, _places(facts)[_STEPS + 1 :])
    )


def advice_of(facts: Facts) -> tuple[Advice, ...]:
    """Return every recommendation in full."""
    advice = []
    for place in _places(facts):
        lead, text = _parted(facts.words(facts.roles.advice, place))
        advice.append(Advice(place, _group(facts, place), lead, text, _aspects(facts, place)))
    return tuple(advice)


def _aspects(facts: Facts, place: str) -> tuple[Step, ...]:
    """Return the reason, the risk and the next step."""
    roles = facts.roles
    aspects = (("Why", roles.reason), ("Risk", roles.risk), ("Next", roles.next))
    pairs = ((word, facts.words(name, place)) for word, name in aspects)
    return tuple(Step(text, word) for word, text in pairs if text)


def _places(facts: Facts) -> list[str]:
    """Return the non-empty ranks in the list of recommendations, best first."""
    texts = facts.results.plain(facts.roles.advice) if facts.has(facts.roles.advice) else {}
    return [place for (place,), text in texts.items() if text]


def _groups(facts: Facts, places: Iterable[str]) -> Iterable[Group]:
    """Group recommendations by effort; the group of the best one comes first."""
    groups: dict[str, list[Step]] = {}
    for place in places:
        lead, text = _parted(facts.words(facts.roles.advice, place))
        groups.setdefault(_group(facts, place), []).append(Step(text, lead, place))
    return (Group(label, tuple(steps)) for label, steps in groups.items())


def _group(facts: Facts, place: str) -> str:
    """Return the effort that a recommendation takes, as a heading."""
    words = facts.words(facts.roles.effort, place)
    return words[:1].upper() + words[1:]


def _parted(text: str) -> tuple[str, str]:
    """Split a rule's sentence into what to do and what it brings."""
    lead, colon, rest = text.partition(": ")
    return (f"{lead}:", rest) if colon else (text, "")


def key_figures(facts: Facts) -> tuple[KeyFigure, ...]:
    """Return the key figures of the recommended option."""
    return tuple(_key_figure(facts, name) for name in facts.chosen.figures)


def figures_of(facts: Facts) -> str:
    """Say which option the key figures belong to."""
    if len(facts.options) < 2:
        return ""
    return f"“{facts.title('option', facts.recommended)}”, {facts.role_words(facts.recommended)}"


def _key_figure(facts: Facts, name: str) -> KeyFigure:
    quantity, option = facts.quantity(name), facts.recommended
    members = (option,) if quantity.per else ()
    if quantity.type.kind != "number":
        return KeyFigure(quantity.title, facts.shown(name, *members))
    written = facts.amount(name, *members)
    unit = "" if written.text == ABSENT else written.unit
    return KeyFigure(quantity.title, written.text, unit, _note(facts, name), _status(facts, name))


def _status(facts: Facts, name: str) -> Status:
    met = facts.met(name, facts.recommended)
    return "none" if met is None else "met" if met else "missed"


def _note(facts: Facts, name: str) -> str:
    """Return the note below a figure: the first two of its target, its band, and the baseline's figure."""
    parts = filter(None, (_aim(facts, name), _band(facts, name), _base(facts, name)))
    return "; ".join(list(parts)[:2])


def _base(facts: Facts, name: str) -> str:
    """Return the baseline's figure, if another option is recommended."""
    if facts.recommended == facts.baseline or not facts.quantity(name).per:
        return ""
    return f"baseline {_next_to(facts, name, facts.amount(name, facts.baseline))}"


def _next_to(facts: Facts, name: str, other: Amount) -> str:
    """Format an amount to stand next to the figure, without its unit if that is the figure's."""
    return other.text if other.unit == facts.amount(name, facts.recommended).unit else str(other)


def _band(facts: Facts, name: str) -> str:
    """Return the 10th to 90th percentile of the figure, in its unit."""
    ends = facts.book.relations.band(name)
    if ends is None or any(facts.number(end, facts.recommended) is None for end in ends):
        return ""
    low, high = (facts.amount(end, facts.recommended) for end in ends)
    first = low.text if low.unit == high.unit else str(low)
    return f"{first} to {_next_to(facts, name, high)}"


def _aim(facts: Facts, name: str) -> str:
    """Return the target or, for the baseline, the ideal value."""
    option = facts.recommended
    if facts.target(name, option):
        limit = facts.limit(name, option)
        if facts.quantity(facts.target(name, option)).per:
            return f"of {limit}"
        return f"target {'≥' if facts.quantity(name).better == 'higher' else '≤'}\N{NO-BREAK SPACE}{limit}"
    ideal = facts.book.relations.ideals.get(name)
    if option == facts.baseline and ideal is not None and facts.number(ideal, option) is not None:
        return f"ideal {facts.amount(ideal, option)}"
    return ""
