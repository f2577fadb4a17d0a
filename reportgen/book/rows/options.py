"""Options: the scenario's own rows, then one row for each lever; each inherits what it does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.collected.collect import Collection, read_row
from reportgen.book.entries import Entry, Origin, Row
from reportgen.book.names import within
from reportgen.errors import Problem, SpecError, nearest
from reportgen.spec.model import QuantitySpec, ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.spec.load import Loaded

__all__ = ["MADE", "SPARE", "add_options"]

SPARE = "what_if_"
"""How levers begin that change nothing: rows to try something in, which any other lever brings along."""

_AIM = "request_latency"
"""What is made smaller where a scenario does not say what it optimises."""

MADE = (
    "based_on",
    "option_origin",
    "baseline_option",
    "objective_name",
    "objective_unit",
    "objective_value",
    "objective_sign",
    "objective_cost",
    "objective_one",
)
"""Quantities that every book has from here."""


def add_options(
    collection: Collection, loaded: Loaded[ScenarioSpec], last: Mapping[str, Row]
) -> tuple[dict[str, str | None], dict[str, tuple[str, ...]]]:
    """Add levers as options, then the `last` rows, and the quantities that follow from options and objective.

    Returns each option's base (None for the baseline) and the columns that it changes.
    """
    rows = collection.rows.setdefault("option", {})
    if not rows:
        span = loaded.document.span(("options",), key=True)
        problem = Problem("the scenario has no options", span, "name at least a baseline under options:")
        raise SpecError([*collection.problems, problem])
    for name in MADE:
        if name in collection.quantities:
            span = collection.quantities[name][1].span(key=True)
            collection.fail(f"the quantity '{name}' exists already", span, "every scenario has it; choose another name")
    _add_levers(collection, loaded, rows)
    for name, row in last.items():
        if name in rows:
            span = rows[name].origin.span(key=True)
            collection.fail(f"the option '{name}' has the name of a trial", span, "choose another name")
        rows[name] = row
    based_on = _bases(collection, rows)
    overridden = {name: tuple(row.cells) for name, row in rows.items()}
    origin = Origin(loaded.document, ())
    spec = QuantitySpec(
        title="Based on",
        type="option",
        per=["option"],
        by="option",
        description="The option that it inherits from and is compared with",
    )
    collection.quantities["based_on"] = (spec, origin)
    first = QuantitySpec(
        title="Baseline", description="The first option", type="option", value=next(iter(rows)), input=False
    )
    collection.quantities["baseline_option"] = (first, origin)
    comes = QuantitySpec(
        title="Comes from", type="text", per=["option"], by="option", topic="option", description="Who made the option",
    )  # fmt: skip
    collection.quantities["option_origin"] = (comes, origin)
    for name, row in rows.items():
        row.cells["based_on"] = Entry(based_on[name] or name, row.origin)
        row.cells["option_origin"] = Entry(_origin(loaded.spec, name, last), row.origin)
    _add_objective(collection, loaded)
    return based_on, overridden


def _add_levers(collection: Collection, loaded: Loaded[ScenarioSpec], rows: dict[str, Row]) -> None:
    wanted = loaded.spec.levers
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


def _origin(spec: ScenarioSpec, name: str, last: Mapping[str, Row]) -> str:
    """Where an option comes from, in words."""
    if name in last:
        return "a trial"
    if name in spec.options:
        return "the scenario"
    if name in spec.measured:
        return "a measurement"
    return "found by search" if spec.search is not None and name in spec.search.candidates else "a lever"


def _bases(collection: Collection, rows: dict[str, Row]) -> dict[str, str | None]:
    baseline = next(iter(rows))
    based_on: dict[str, str | None] = {baseline: None}
    for name, row in rows.items():
        given = row.cells.pop("based_on", None)
        if given is None:
            based_on.setdefault(name, baseline)
        elif name == baseline:
            collection.fail("the first option is the baseline and is based on no other", given.origin.span())
        else:
            base = next((n for n in rows if n.casefold() == str(given.value).casefold()), None)
            if base is None:
                collection.fail(f"unknown option '{given.value}'", given.origin.span(), nearest(str(given.value), rows))
            based_on[name] = base or baseline
    for name in rows:
        seen, at = [name], based_on[name]
        while at is not None and at not in seen:
            seen.append(at)
            at = based_on[at]
        if at is not None:
            collection.fail(
                f"the option '{name}' is based on itself: {' -> '.join([*seen, at])}", rows[name].origin.span(key=True)
            )
            based_on[name] = baseline
    return based_on


def _add_objective(collection: Collection, loaded: Loaded[ScenarioSpec]) -> None:
    """What the scenario optimises, as two quantities that rules and rankings read."""
    objective, origin = loaded.spec.objective, Origin(loaded.document, ("objective",))
    if objective.minimise and objective.maximise:
        collection.fail("an objective is either minimised or maximised, not both", origin.span(key=True))
    aim = objective.maximise or objective.minimise or _AIM
    verb = "maximise" if objective.maximise else "minimise"
    declared = collection.quantities.get(aim)
    if declared is None or declared[0].per != ["option"] or declared[0].type != "number":
        allowed = [
            n for n, (q, _) in collection.quantities.items() if q.per == ["option"] and q.type == "number" and q.better
        ]
        collection.fail(
            f"the objective '{aim}' is not a number per option", origin.at(verb).span(), nearest(aim, allowed)
        )
        aim = _AIM
    spec = collection.quantities[aim][0]
    value = QuantitySpec(
        title=f"Objective: {spec.title}",
        description=f"What the scenario {verb}s",
        unit=spec.unit,
        per=["option"],
        formula=aim,
        better="higher" if objective.maximise else "lower",
    )
    sign = QuantitySpec(
        title="Direction of the objective",
        description="1 where larger is better, -1 where smaller is",
        formula=1 if objective.maximise else "-1",
    )
    name = QuantitySpec(title="Name of the objective", type="text", value=within(spec.title), input=False)
    unit = QuantitySpec(
        title="Unit of the objective", type="text", value=spec.unit if spec.unit != "1" else "", input=False
    )
    cost = QuantitySpec(
        title="Objective, to be made small", unit=spec.unit, per=["option"],
        formula="(0 - objective_sign * objective_value) if known(objective_value) else absent",
    )  # fmt: skip
    one = QuantitySpec(title="Unit of the objective, once", unit=spec.unit, value=1, input=False)
    collection.quantities["objective_one"] = (one, origin.at(verb))
    collection.quantities["objective_cost"] = (cost, origin.at(verb))
    collection.quantities["objective_name"] = (name, origin.at(verb))
    collection.quantities["objective_unit"] = (unit, origin.at(verb))
    collection.quantities["objective_value"] = (value, origin.at(verb))
    collection.quantities["objective_sign"] = (sign, origin.at(verb))
