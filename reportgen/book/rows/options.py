"""Options: the scenario's rows, then a row for each lever; each inherits what it does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.collected.collect import Collection, read_row
from reportgen.book.entries import Entry, Origin, Row
from reportgen.book.names import within
from reportgen.errors import Problem, SpecError, nearest
from reportgen.spec.declared.frame import FRAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reportgen.spec.declared.frame import FrameSpec, OriginSpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec
    from reportgen.spec.quantity import QuantitySpec

__all__ = ["SPARE", "add_options"]

SPARE = "what_if_"
"""The prefix of levers that change nothing: spare rows for experiments, added with any other lever."""


def add_options(
    collection: Collection, loaded: Loaded[ScenarioSpec], last: Mapping[str, Row], frame: FrameSpec
) -> tuple[dict[str, str | None], dict[str, tuple[str, ...]]]:
    """Add levers as options, then the `last` rows, and the quantities of the frame, which depend on both.

    Returns the option that each inherits from (None for the first) and the columns that it changes.
    """
    rows = collection.rows.setdefault("option", {})
    if not rows:
        span = loaded.document.span(("options",), key=True)
        problem = Problem("the scenario has no options", span, "name at least a baseline under options:")
        raise SpecError([*collection.problems, problem])
    for name in FRAME:
        if name in collection.quantities:
            span = collection.quantities[name][1].span(key=True)
            collection.fail(f"the quantity '{name}' exists already", span, "every scenario has it; choose another name")
    baseline = _baseline(collection, loaded, rows)
    own = tuple(rows)
    _add_levers(collection, loaded, rows)
    for name, row in last.items():
        if name in rows:
            span = rows[name].origin.span(key=True)
            collection.fail(f"the option '{name}' has the name of a sensitivity case", span, "choose another name")
        rows[name] = row
    based_on = _bases(collection, rows, loaded.spec, {n: baseline for n in rows if n not in own} if baseline else {})
    overridden = {name: tuple(row.cells) for name, row in rows.items()}
    declared, origin = frame.quantities, Origin(loaded.document, ())
    collection.quantities["based_on"] = (declared.based_on, origin)
    known = {"value": baseline or next(iter(rows))}
    if loaded.spec.compares == "none":
        known = {"formula": frame.roles.recommended}
    collection.quantities["baseline_option"] = (_with(declared.baseline_option, **known), origin)
    collection.quantities["option_origin"] = (declared.option_origin, origin)
    for name, row in rows.items():
        base = based_on[name] or name
        if name not in last and loaded.spec.compares != "first":
            base = baseline or name
        row.cells["based_on"] = Entry(base, row.origin)
        row.cells["option_origin"] = Entry(_origin(loaded.spec, name, last, frame.origins), row.origin)
    if frame.roles.order in collection.quantities:
        titles = sorted(rows, key=lambda name: (str(rows[name].meta.get("title") or name).casefold(), name))
        for place, name in enumerate(titles, start=1):
            rows[name].cells[frame.roles.order] = Entry(place, rows[name].origin)
    _add_objective(collection, loaded, frame)
    return based_on, overridden


def _baseline(collection: Collection, loaded: Loaded[ScenarioSpec], rows: Mapping[str, Row]) -> str:
    """Return the option that the scenario names as its baseline, or an empty text if it names none."""
    kind, given = loaded.spec.compares, loaded.spec.baseline.strip()
    if kind == "named":
        found = next((name for name in rows if name.casefold() == given.casefold()), "")
        if not found:
            hint = nearest(given, rows) or "name an option, or none if nothing exists yet"
            collection.fail(f"unknown option '{given}'", loaded.document.span(("baseline",)), hint)
        return found
    if kind == "none" and isinstance(loaded.spec.levers, list | dict) and loaded.spec.levers:
        hint = "name what runs today as baseline:, or leave levers: out"
        collection.fail("levers are tried on a baseline, and there is none", loaded.document.span(("levers",)), hint)
    return ""


def _add_levers(collection: Collection, loaded: Loaded[ScenarioSpec], rows: dict[str, Row]) -> None:
    wanted = "none" if loaded.spec.compares == "none" else loaded.spec.levers
    names = list(collection.levers) if wanted == "all" else [] if wanted == "none" else list(wanted)
    for i, name in enumerate(names):
        named = isinstance(wanted, dict)
        span = loaded.document.span(("levers", name if named else i), key=named)
        if name not in collection.levers:
            collection.fail(f"unknown lever '{name}'", span, nearest(name, collection.levers))
        elif name in names[:i]:
            collection.fail(f"duplicate lever '{name}'", span)
        elif name in rows:
            span = rows[name].origin.span(key=True)
            collection.fail(f"the option '{name}' has the name of a lever", span, "choose another name")
        else:
            lever = collection.levers[name]
            rows[name] = Row(lever.origin, dict(lever.meta), dict(lever.cells))
            if isinstance(wanted, dict):
                own = read_row(collection, wanted[name], Origin(loaded.document, ("levers", name)))
                rows[name].meta.update(own.meta)
                rows[name].cells.update(own.cells)
    for name, lever in collection.levers.items():
        if names and name.startswith(SPARE) and name not in rows:
            rows[name] = Row(lever.origin, dict(lever.meta), dict(lever.cells))


def _origin(spec: ScenarioSpec, name: str, last: Mapping[str, Row], words: OriginSpec) -> str:
    """Return where an option comes from, in words."""
    if name in last:
        return words.trial
    if name in spec.options:
        return words.scenario
    if name in spec.measured:
        return words.measured
    return words.search if spec.search is not None and name in spec.search.candidates else words.lever


def _root(rows: Mapping[str, Row], spec: ScenarioSpec) -> str:
    """Return the option that others inherit from: the first, or where it may be based on another, the last of these."""
    root, seen = next(iter(rows)), set[str]()
    while spec.compares != "first" and root not in seen and (given := rows[root].cells.get("based_on")) is not None:
        seen.add(root)
        root = next((name for name in rows if name.casefold() == str(given.value).casefold()), root)
    return root


def _bases(
    collection: Collection, rows: dict[str, Row], spec: ScenarioSpec, tried_on: Mapping[str, str]
) -> dict[str, str | None]:
    """Return the option that each inherits from; `tried_on` has those that do not inherit from the first."""
    baseline = _root(rows, spec)
    based_on: dict[str, str | None] = {}
    for name, row in rows.items():
        given = row.cells.pop("based_on", None)
        if given is None:
            based_on[name] = None if name == baseline else tried_on.get(name, baseline)
        elif name == baseline and spec.compares == "first":
            based_on[name] = None
            collection.fail("the first option is the baseline and is based on no other", given.origin.span())
        else:
            base = next((n for n in rows if n.casefold() == str(given.value).casefold()), None)
            if base is None:
                collection.fail(f"unknown option '{given.value}'", given.origin.span(), nearest(str(given.value), rows))
            based_on[name] = base or baseline
    for name in rows:
        seen, current = [name], based_on[name]
        while current is not None and current not in seen:
            seen.append(current)
            current = based_on[current]
        if current is not None:
            collection.fail(
                f"the option '{name}' is based on itself: {' -> '.join([*seen, current])}",
                rows[name].origin.span(key=True),
            )
            based_on[name] = None if name == baseline else baseline
    return based_on


def _add_objective(collection: Collection, loaded: Loaded[ScenarioSpec], frame: FrameSpec) -> None:
    """Add what the scenario optimises, as quantities that rules and rankings read."""
    objective, origin = loaded.spec.objective, Origin(loaded.document, ("objective",))
    if objective.minimise and objective.maximise:
        collection.fail("an objective is either minimised or maximised, not both", origin.span(key=True))
    if not objective.aim:
        objective = frame.objective
    aim, verb = objective.aim, objective.verb
    declared = collection.quantities.get(aim)
    if declared is None or declared[0].per != ["option"] or declared[0].type != "number":
        allowed = [
            n for n, (q, _) in collection.quantities.items() if q.per == ["option"] and q.type == "number" and q.better
        ]
        collection.fail(
            f"the objective '{aim}' is not a number per option", origin.at(verb).span(), nearest(aim, allowed)
        )
        aim = frame.objective.aim
    spec, quantities = collection.quantities[aim][0], frame.quantities
    title = quantities.objective_value.title.replace("{title}", spec.title)
    description = quantities.objective_value.description.replace("{verb}", verb)
    better = "higher" if objective.maximise else "lower"
    gain, loss = (frame.words.more, frame.words.less) if objective.maximise else (frame.words.less, frame.words.more)
    if spec.better == better:
        gain, loss = spec.improved or gain, spec.worsened or loss
    for name, quantity in {
        "objective_one": _with(quantities.objective_one, unit=spec.unit),
        "objective_cost": _with(quantities.objective_cost, unit=spec.unit),
        "objective_name": _with(quantities.objective_name, value=within(spec.title)),
        "objective_unit": _with(quantities.objective_unit, value=spec.unit if spec.unit != "1" else ""),
        "objective_value": _with(
            quantities.objective_value, title=title, description=description, unit=spec.unit, formula=aim, better=better
        ),
        "objective_sign": _with(quantities.objective_sign, formula=1 if objective.maximise else "-1"),
        "objective_gain": _with(quantities.objective_gain, value=gain),
        "objective_loss": _with(quantities.objective_loss, value=loss),
    }.items():
        collection.quantities[name] = (quantity, origin.at(verb))


def _with(spec: QuantitySpec, **known: Any) -> QuantitySpec:
    """Return a quantity of the frame with the fields that only the scenario determines."""
    return spec.model_copy(update=known)
