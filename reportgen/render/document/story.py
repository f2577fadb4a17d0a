"""The first page: what was found, what is recommended, and the key figures against their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.document.numbers import ABSENT
from reportgen.render.document.view import Group, KeyFigure, Paragraph, Recommendation, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reportgen.render.document.facts import Facts
    from reportgen.render.document.view import Status

__all__ = ["further_advice", "key_figures", "recommendation"]

_STEPS = 3  # recommendations beside the headline in the box; the others stand with the options

_ASPECTS = (("Why", "advised_why"), ("Risk", "advised_risk"), ("Next", "advised_next"))
_ALSO = "Also recommended"

_OWN_FIGURES = 4  # of a scenario's own quantities, which join the key figures


def recommendation(facts: Facts) -> Recommendation:
    """The best recommendation, the next ones by what they take, the verdict on the baseline."""
    places = _places(facts)
    note = facts.words("baseline_words")
    if not places:
        return Recommendation(facts.words("decision_words"), note=note)
    best, *others = places[: _STEPS + 1]
    lead, text = _parted(facts.words("advised_text", best))
    aspects = ((word, facts.words(name, best)) for word, name in _ASPECTS)
    steps = tuple(Step(said, word) for word, said in aspects if said)
    groups = tuple(_groups(facts, others))
    return Recommendation(lead, groups, detail=text, note=note, group=_group(facts, best), aspects=steps)


def further_advice(facts: Facts) -> tuple[Paragraph, ...]:
    """The recommendations that the box has no room for, by what they take."""
    return tuple(
        Paragraph(" ".join(f"({s.place}) {s.lead} {s.text}" for s in group.steps), f"{group.label or _ALSO}:")
        for group in _groups(facts, _places(facts)[_STEPS + 1 :])
    )


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
    """The baseline's key figures, with the scenario's own quantities behind the library's."""
    named = list(facts.book.report.key_figures)
    own = [n for n in facts.book.scenario.quantities if facts.has(n) and n not in named]
    own = [n for n in own if facts.quantity(n).per == ("option",) and facts.quantity(n).type.kind == "number"]
    return tuple(_key_figure(facts, name) for name in (*named, *own[:_OWN_FIGURES]))


def _key_figure(facts: Facts, name: str) -> KeyFigure:
    quantity, option = facts.quantity(name), facts.baseline
    members = (option,) if quantity.per else ()
    if quantity.type.kind != "number" or len(quantity.per) > 1:
        return KeyFigure(quantity.title, facts.shown(name, *members) if len(quantity.per) <= 1 else ABSENT)
    written = facts.amount(name, *members)
    unit = "" if written.text == ABSENT else written.unit
    return KeyFigure(quantity.title, written.text, unit, _note(facts, name), _status(facts, name))


def _status(facts: Facts, name: str) -> Status:
    met = facts.met(name, facts.baseline)
    return "none" if met is None else "met" if met else "missed"


def _note(facts: Facts, name: str) -> str:
    """The band that measurements of this kind keep to, and the target; without a target the ideal."""
    return "; ".join(filter(None, (_band(facts, name), _aim(facts, name))))


def _band(facts: Facts, name: str) -> str:
    """From the 10th to the 90th percentile, in the unit of the figure."""
    ends = [f"{name}_low", f"{name}_high"]
    values = [facts.number(end, facts.baseline) for end in ends]
    if None in values or not facts.has(*ends):
        return ""
    low, high = (facts.amount(end, facts.baseline) for end in ends)
    return f"{low.text} to {high}" if low.unit == high.unit else f"{low} to {high}"


def _aim(facts: Facts, name: str) -> str:
    """The target, or else the ideal beside what is expected."""
    if facts.target(name, facts.baseline):
        limit = facts.limit(name, facts.baseline)
        if facts.quantity(facts.target(name, facts.baseline)).per:
            return f"of {limit}"
        return f"target {'≥' if facts.quantity(name).better == 'higher' else '≤'}\N{NO-BREAK SPACE}{limit}"
    ideal = f"ideal_{name}"
    if facts.has(ideal) and facts.number(ideal, facts.baseline) is not None:
        return f"ideal {facts.amount(ideal, facts.baseline)}"
    return ""
