"""Check the relations that quantities declare: whose limit, end, ideal, sum over a pass or part each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.relations import Limit, Relations
from reportgen.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reportgen.book.book import Quantity
    from reportgen.book.quantities.drafts import Draft, Site

__all__ = ["relations"]

_WORDS = {
    "low_of": "the lower end",
    "high_of": "the upper end",
    "ideal_of": "the ideal",
    "pass_of": "the sum over a pass",
    "part_of": "a part",
}
_SHAPES = ((), ("option",))
"""The index sets of a target: one for all options, or one per option."""


def relations(site: Site, quantities: Mapping[str, Quantity]) -> Relations:
    """Return the relations between quantities and figures; mistakes are recorded on the site."""
    declared = {kind: dict(_of(site, quantities, kind)) for kind in ("low_of", "high_of", "ideal_of", "pass_of")}
    parts: dict[str, list[str]] = {}
    for part, figure in _pairs(site, quantities, "part_of"):
        parts.setdefault(figure, []).append(part)
    return Relations(
        _limits(site, quantities), declared["low_of"], declared["high_of"], declared["ideal_of"], declared["pass_of"],
        {figure: tuple(names) for figure, names in parts.items()},
    )  # fmt: skip


def _of(site: Site, quantities: Mapping[str, Quantity], kind: str) -> Iterator[tuple[str, str]]:
    """Yield each figure with the one quantity declared under `kind`."""
    seen: dict[str, str] = {}
    for name, figure in _pairs(site, quantities, kind):
        if figure in seen:
            message = f"'{figure}' has '{seen[figure]}' under {kind} already"
            site.all.fail(message, site.drafts[name].origin.at(kind).span())
        seen[figure] = name
        yield figure, name


def _pairs(site: Site, quantities: Mapping[str, Quantity], kind: str) -> Iterator[tuple[str, str]]:
    """Yield quantities that name a figure under `kind`, and the figure, if index sets and kinds of unit agree."""
    for name, draft in site.drafts.items():
        figure = getattr(draft.spec, kind)
        if not figure or name not in quantities or figure in site.broken:
            continue
        span = draft.origin.at(kind).span()
        if figure not in quantities:
            site.all.fail(f"unknown quantity '{figure}'", span, nearest(figure, quantities))
            continue
        mine, its = quantities[name], quantities[figure]
        if mine.type.kind != "number" or its.type.kind != "number" or mine.per != its.per:
            hint = "both need to be numbers with the same index set"
            site.all.fail(f"'{name}' cannot be {_WORDS[kind]} of '{figure}'", span, hint)
        elif not mine.type.unit.same_kind(its.type.unit):
            own, other = (q.type.unit.label or "1" for q in (mine, its))
            message = f"'{name}' in {own} cannot be {_WORDS[kind]} of '{figure}' in {other}"
            site.all.fail(message, span, "units of one kind are needed")
        else:
            yield name, figure


def _limits(site: Site, quantities: Mapping[str, Quantity]) -> dict[str, Limit]:
    """Return the limit of each figure that has one."""
    limits: dict[str, Limit] = {}
    for name, draft in site.drafts.items():
        figure, met = draft.spec.limits, draft.spec.met
        if met and not figure:
            hint = "say under limits: whose target or limit it is"
            site.all.fail("'met' is only for the target or limit of a figure", draft.origin.at("met").span(), hint)
        if not figure or name not in quantities or {figure, met} & site.broken:
            continue
        if _is_figure(site, draft, quantities, name) and (not met or _is_flag(site, draft, quantities)):
            if figure in limits:
                message = f"'{figure}' has a limit already: '{limits[figure].target}'"
                site.all.fail(message, draft.origin.at("limits").span())
            limits[figure] = Limit(name, met)
    return limits


def _is_figure(site: Site, draft: Draft, quantities: Mapping[str, Quantity], name: str) -> bool:
    """Return whether the limited quantity is a number per option in the same kind of unit."""
    figure, target = draft.spec.limits, quantities[name]
    span = draft.origin.at("limits").span()
    if figure not in quantities:
        site.all.fail(f"unknown quantity '{figure}'", span, nearest(figure, quantities))
        return False
    limited = quantities[figure]
    if limited.type.kind != "number" or limited.per != ("option",):
        site.all.fail(f"'{figure}' cannot have a limit", span, "name a number per option")
        return False
    if target.type.kind != "number" or target.per not in _SHAPES:
        site.all.fail(f"'{name}' cannot limit a figure", span, "a limit is one number, or one per option")
        return False
    units = target.type.unit, limited.type.unit
    if not units[0].same_kind(units[1]):
        own, other = (unit.label or "1" for unit in units)
        site.all.fail(f"'{name}' in {own} cannot limit '{figure}' in {other}", span, "units of one kind are needed")
        return False
    return True


def _is_flag(site: Site, draft: Draft, quantities: Mapping[str, Quantity]) -> bool:
    """Return whether the quantity that says if the limit is met is a flag per option."""
    met, span = draft.spec.met, draft.origin.at("met").span()
    if met not in quantities:
        flags = [n for n, q in quantities.items() if q.type.kind == "flag" and q.per == ("option",)]
        site.all.fail(f"unknown quantity '{met}'", span, nearest(met, flags))
        return False
    if quantities[met].type.kind != "flag" or quantities[met].per != ("option",):
        site.all.fail(f"'{met}' cannot say whether a limit is met", span, "name a flag per option")
        return False
    return True
