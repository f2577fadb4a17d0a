"""The first page: what was found, what is recommended, and the key figures of that against targets and baseline."""

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

_STEPS = 3  # recommendations beside the headline in the box; the others stand with the options

_ASPECTS = (("Why", "advised_why"), ("Risk", "advised_risk"), ("Next", "advised_next"))
_ALSO = "Also recommended"


def recommendation(facts: Facts) -> Recommendation:
    """The best recommendation, the next ones by what they take, the verdict on the baseline."""
    places = _places(facts)
    note, warning = facts.words("baseline_words"), facts.words("load_warning")
    if not places:
        return Recommendation(facts.words("decision_words"), note=note, warning=warning)
    best, *others = places[: _STEPS + 1]
    lead, text = _parted(facts.words("advised_text", best))
    groups = tuple(_groups(facts, others))
    aspects = _aspects(facts, best)
    return Recommendation(
        lead, groups, detail=text, note=note, group=_group(facts, best), aspects=aspects, warning=warning
    )


def further_advice(facts: Facts) -> tuple[Paragraph, ...]:
    """The recommendations that the box has no room for, by what they take."""
    return tuple(
        Paragraph(" ".join(f"({s.place}) {s.lead} {s.text}" for s in group.steps), f"{group.label or _ALSO}:")
        for group in _groups(facts, _places(facts)[_STEPS + 1 :])
    )


def advice_of(facts: Facts) -> tuple[Advice, ...]:
    """Every recommendation in full."""
    made = []
    for place in _places(facts):
        lead, text = _parted(facts.words("advised_text", place))
        made.append(Advice(place, _group(facts, place), lead, text, _aspects(facts, place)))
    return tuple(made)


def _aspects(facts: Facts, place: str) -> tuple[Step, ...]:
    """Why, at what risk, and what comes next."""
    said = ((word, facts.words(name, place)) for word, name in _ASPECTS)
    return tuple(Step(text, word) for word, text in said if text)


def _places(facts: Facts) -> list[str]:
    """The places in the list of recommendations that are taken, the best first."""
    texts = facts.results.plain("advised_text") if facts.has("advised_text") else {}
    return [place for (place,), text in texts.items() if text]


def _groups(facts: Facts, places: Iterable[str]) -> Iterable[Group]:
    """Recommendations by what they take, the kind of the best one first."""
    groups: dict[str, list[Step]] = {}
    for place in places:
        lead, text = _parted(facts.words("advised_text", place))
        groups.setdefault(_group(facts, place), []).append(Step(text, lead, place))
    return (Group(label, tuple(steps)) for label, steps in groups.items())


def _group(facts: Facts, place: str) -> str:
    """What it takes to follow a recommendation, as a heading."""
    words = facts.words("advised_group", place)
    return words[:1].upper() + words[1:]


def _parted(text: str) -> tuple[str, str]:
    """What to do, and what it brings; together they are the sentence as the rule has it."""
    lead, colon, rest = text.partition(": ")
    return (f"{lead}:", rest) if colon else (text, "")


def key_figures(facts: Facts) -> tuple[KeyFigure, ...]:
    """The key figures of the option that is recommended."""
    return tuple(_key_figure(facts, name) for name in facts.chosen.figures)


def figures_of(facts: Facts) -> str:
    """Which option the key figures are of, in words."""
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
    """The target first, then the band that measurements of this kind keep to, and the baseline; at most two of them."""
    said = filter(None, (_aim(facts, name), _band(facts, name), _base(facts, name)))
    return "; ".join(list(said)[:2])


def _base(facts: Facts, name: str) -> str:
    """The baseline's figure, where another option is spoken of."""
    if facts.recommended == facts.baseline or not facts.quantity(name).per:
        return ""
    return f"baseline {_beside(facts, name, facts.amount(name, facts.baseline))}"


def _beside(facts: Facts, name: str, other: Amount) -> str:
    """An amount below the figure, without its unit where it is the figure's."""
    return other.text if other.unit == facts.amount(name, facts.recommended).unit else str(other)


def _band(facts: Facts, name: str) -> str:
    """From the 10th to the 90th percentile, in the unit of the figure."""
    ends = facts.book.relations.band(name)
    if ends is None or any(facts.number(end, facts.recommended) is None for end in ends):
        return ""
    low, high = (facts.amount(end, facts.recommended) for end in ends)
    first = low.text if low.unit == high.unit else str(low)
    return f"{first} to {_beside(facts, name, high)}"


def _aim(facts: Facts, name: str) -> str:
    """The target, or else, of the baseline, the ideal beside what is expected."""
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
