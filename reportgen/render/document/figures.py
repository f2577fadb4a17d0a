"""The report's charts, filled from results: roofline, options, where the time goes, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.render.document.facts import STAGES
from reportgen.render.document.numbers import amount, column, digits, joined
from reportgen.render.document.view import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.render.document.facts import Facts
    from reportgen.render.document.view import Value

__all__ = ["memory_figure", "options_figure", "roofline_figure", "time_figure"]

_ROOFS = 3
_BARS = 20  # options in a chart: more would be a list, which the table is
_PARTS = 6  # operators with a colour of their own; the others share one
_OTHERS = "Other operators"
_TERA = 1e12


def roofline_figure(facts: Facts) -> Figure | None:
    """The baseline's stages below its own roof and those of other accelerators that are compared."""
    if not facts.has("total_arithmetic_intensity", "total_performance", "linear_rate", "bandwidth"):
        return None
    roofs = [_roof(facts, option) for option in _roof_options(facts)]
    option, points, said = facts.baseline, list[dict[str, "Value"]](), list[str]()
    for stage in STAGES:
        x = facts.number("total_arithmetic_intensity", option, stage)
        y = facts.number("total_performance", option, stage)
        if x and y:
            title = facts.title("stage", stage)
            at = amount(y, facts.quantity("total_performance").type.unit)
            points.append({"label": f"{title}, {at}", "x": x, "y": y / _TERA, "group": title, "strong": True})
            said.append(f"{title} at {amount(x)} FLOP per byte and {at}")
    names = ", ".join(str(roof["name"]) for roof in roofs)
    return Figure(
        chart="roofline",
        title="Attainable performance against arithmetic intensity",
        subtitle=f"TFLOP/s; points: baseline; shaded: limited by the memory bandwidth of {roofs[0]['name']}",
        alt=f"Roofline of {names}. {'; '.join(said)}.",
        data={"roofs": tuple(roofs), "points": tuple(points)},
        texts={"x_title": "Arithmetic intensity, FLOP per byte →"},
    )


def _roof_options(facts: Facts) -> list[str]:
    """One option for each accelerator: the baseline's first, then those recommended."""
    chosen: dict[str, str] = {}
    for option in (*facts.pair, *facts.advised, *facts.options):
        chosen.setdefault(facts.words("accelerator", option), option)
    return list(chosen.values())[:_ROOFS]


def _roof(facts: Facts, option: str) -> dict[str, Value]:
    rate, bandwidth = facts.number("linear_rate", option), facts.number("bandwidth", option)
    assert rate is not None
    assert bandwidth is not None
    roof: dict[str, Value] = {
        "name": facts.title("accelerator", facts.words("accelerator", option)),
        "note": f"{facts.shown('linear_rate', option)} · {facts.shown('bandwidth', option)}",
        "peak": rate / _TERA,
        "bandwidth": bandwidth / _TERA,
    }
    if option == facts.baseline and facts.has("linear_ridge"):
        roof["ridge"] = f"ridge: {facts.shown('linear_ridge', option)}"
    return roof


def options_figure(facts: Facts, most: int = _BARS) -> Figure | None:
    """The options by what the scenario optimises, the best first; `most` of them, and the baseline."""
    name = facts.objective
    if len(facts.options) < 2 or not facts.has(name):
        return None
    quantity, options, target = facts.quantity(name), facts.chosen.ranked, _aimed(facts, name)
    kept = [o for i, o in enumerate(options) if i < most or o == facts.baseline]
    values = facts.numbers(name, [(o,) for o in kept])
    written = column(values, quantity.type.unit)
    bars = tuple(
        {
            "name": facts.title("option", option),
            "value": None if value is None else value * written.factor,  # in the unit of its text, as the axis is
            "text": text,
            "role": _role(facts, option),
        }
        for option, value, text in zip(kept, values, written.texts, strict=True)
    )
    marks: tuple[dict[str, Value], ...] = ()
    if target is not None:
        marks = ({"value": target * written.factor, "text": f"target {facts.limit(name, facts.baseline)}"},)
    some = f"the best {len(kept)} of {len(options)} options" if len(kept) < len(options) else ""
    return Figure(
        chart="options",
        title=f"{quantity.title} of the options",
        subtitle=", ".join(filter(None, (written.unit, some))),
        alt=f"{len(bars)} options by {quantity.title}: "
        + "; ".join(f"{bar['name']} {joined(str(bar['text']), written.unit)}" for bar in bars)
        + ".",
        data={"bars": bars, "marks": marks},
        texts={"x_title": f"{quantity.title}{f', {written.unit}' if written.unit else ''} →", **_ROLES},
    )


_ROLES = {"best": "recommended", "base": "baseline", "plain": "feasible", "missed": "not feasible"}


def _aimed(facts: Facts, name: str) -> float | None:
    """The target of the objective, where it is one for all options."""
    target = facts.target(name, facts.baseline)
    return facts.number(target) if target and not facts.quantity(target).per else None


def _role(facts: Facts, option: str) -> str:
    if facts.recommends(option):
        return "best"
    if facts.value("feasible", option) is False:
        return "missed"
    return "base" if option == facts.baseline else "plain"


def time_figure(facts: Facts) -> Figure | None:
    """Where prefill and decode spend their time, by operator."""
    if not facts.has("operator_time_share", "total_inference_time"):
        return None
    shares = {stage: _shares(facts, stage) for stage in STAGES}
    order = sorted(shares[STAGES[0]], key=lambda o: -max(shares[stage].get(o, 0.0) for stage in STAGES))
    named = order[:_PARTS] if len(order) > _PARTS + 1 else order
    bars = tuple(
        {"name": facts.title("stage", s), "note": facts.shown("total_inference_time", facts.baseline, s)}
        for s in STAGES
    )
    parts: list[dict[str, Value]] = []
    for stage in STAGES:
        bar = facts.title("stage", stage)
        for operator in named:
            parts.append(_part(bar, facts.title("operator", operator), shares[stage].get(operator, 0.0)))
        if len(named) < len(order):
            parts.append(_part(bar, _OTHERS, sum(shares[stage].get(o, 0.0) for o in order if o not in named)))
        overhead = facts.number("overhead_time_share", facts.baseline, stage)
        if overhead:
            parts.append(_part(bar, "Overhead", overhead))
    return Figure(
        chart="time",
        title="Where each pass spends its time",
        subtitle="Share of the pass, per cent; its time stands at the right",
        alt="; ".join(_said(str(bar["name"]), parts) for bar in bars) + ".",
        data={"bars": bars, "parts": tuple(parts)},
        texts={"x_suffix": joined("", "%")},
    )


def _said(bar: str, parts: Sequence[Mapping[str, Value]]) -> str:
    """A bar in words."""
    return f"{bar}: " + ", ".join(f"{part['group']} {part['text']}" for part in parts if part["bar"] == bar)


def _shares(facts: Facts, stage: str) -> dict[str, float]:
    """The shares of the operators that run, in per cent."""
    found = facts.results.plain("operator_time_share")
    per = facts.quantity("operator_time_share").per
    return {
        o: float(found[facts.baseline, stage, o] or 0.0)
        for o in facts.book.dimensions["operator"].names
        if facts.results.applies(per, (facts.baseline, stage, o))
    }


def _part(bar: str, group: str, share: float) -> dict[str, Value]:
    return {"bar": bar, "group": group, "value": share, "text": joined(f"{share:.0f}", "%")}


def memory_figure(facts: Facts, most: int = 10) -> Figure | None:
    """Memory by use against what may be used, of the baseline and further options, `most` in all."""
    uses = [n for n in facts.book.quantities if n.startswith("memory_consumption_")]
    if not uses or not facts.has("memory_consumption"):
        return None
    options = _memory_options(facts, most)
    bars, parts = list[dict[str, "Value"]](), list[dict[str, "Value"]]()
    stages = {option: _fullest(facts, option) for option in options}
    for option in options:
        buffers = _buffers(facts, option)
        text = digits(_gigabytes(facts, "memory_consumption", option, stages[option]) + buffers)
        limit = facts.number("memory_limit", option)
        of = f" of {facts.amount('memory_limit', option)}" if limit is not None else ""
        name = facts.title("option", option)
        note = f"{text}{of}" if of else joined(text, "GB")
        bars.append({"name": name, "note": note, "mark": limit, "strong": option in facts.pair})
        for use in uses:
            value = _gigabytes(facts, use, option, stages[option])
            parts.append({"bar": name, "group": facts.quantity(use).title, "value": value, "text": digits(value)})
        if facts.has("buffer_memory"):
            group = facts.quantity("buffer_memory").title
            parts.append({"bar": name, "group": group, "value": buffers, "text": digits(buffers)})
    mark = "; black mark = what may be used" if any(bar["mark"] for bar in bars) else ""
    return Figure(
        chart="memory",
        title=f"{facts.quantity('memory_consumption').title}, by use",
        subtitle=f"GB{mark}",
        alt="; ".join(f"{bar['name']}: {bar['note']}" for bar in bars) + ".",
        data={"bars": tuple(bars), "parts": tuple(parts)},
        texts={"x_title": "GB →"},
    )


def _fullest(facts: Facts, option: str) -> str:
    """The stage that needs most memory."""
    return max(STAGES, key=lambda stage: facts.number("memory_consumption", option, stage) or 0.0)


def _buffers(facts: Facts, option: str) -> float:
    """What runtime and libraries take besides, in gigabytes; nothing where that is not counted."""
    if not facts.has("buffer_memory"):
        return 0.0
    return (facts.number("buffer_memory", option) or 0.0) * float(facts.quantity("buffer_memory").type.unit.scale) / 1e9


def _gigabytes(facts: Facts, name: str, option: str, stage: str) -> float:
    return (facts.number(name, option, stage) or 0.0) * float(facts.quantity(name).type.unit.scale) / 1e9


def _memory_options(facts: Facts, most: int) -> Sequence[str]:
    """The options whose memory differs; the two spoken of and those that do not fit come first in line for a place."""
    seen: dict[tuple[float | None, ...], str] = {}
    for option in dict.fromkeys((*facts.pair, *facts.options)):
        stage = _fullest(facts, option)
        key = (facts.number("memory_consumption", option, stage), facts.number("memory_limit", option))
        seen.setdefault(key, option)
    urgent = [o for o in seen.values() if o in facts.pair or facts.value("fits", o) is False]
    kept = set((urgent + [o for o in seen.values() if o not in urgent])[:most])
    return [o for o in facts.options if o in kept]
