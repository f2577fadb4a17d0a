"""Sensitivity cases: for each input that is scaled, an option at its low end and one at its high end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from reportgen.book.entries import Entry, Origin, Row
from reportgen.errors import nearest
from reportgen.spec.model import SensitivitySpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reportgen.book.collected.collect import Collection
    from reportgen.spec.declared.roles import EndSpec, RolesSpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import DriverSpec, ScenarioSpec

__all__ = ["BEST", "DRIVER", "End", "add_trials", "ends", "trial_name"]

BEST = "best"
"""How a scenario names the option that is best on the objective."""

DRIVER = "driver"
"""The dimension whose rows are the scaled inputs."""

End = Literal["low", "high"]


def ends(roles: RolesSpec) -> dict[End, EndSpec]:
    """Return the quantities of both ends of a driver."""
    return {"low": roles.low, "high": roles.high}


def trial_name(driver: str, end: str) -> str:
    """Return the name of the option at an end of a driver."""
    return f"{driver}_{end}"


def add_trials(collection: Collection, loaded: Loaded[ScenarioSpec], roles: RolesSpec) -> dict[str, Row]:
    """Add a row of `driver` for each scaled input; return the options at their ends."""
    wanted, origin = loaded.spec.sensitivity, Origin(loaded.document, ("sensitivity",))
    given = collection.rows.pop(DRIVER, {})
    if wanted is None and not given:
        return {}
    if DRIVER not in collection.dimensions:
        collection.fail("this accounting has no sensitivity", origin.span(key=True))
        return {}
    if wanted is None:
        span = next(iter(given.values())).origin.span(key=True)
        collection.fail("the scenario asks for no sensitivity", span, "ask for it with sensitivity: {option: best}")
        wanted = SensitivitySpec()
    names = _chosen(collection, wanted, origin)
    for name, row in given.items():
        if name not in names:
            collection.fail(f"unknown sensitivity input '{name}'", row.origin.span(key=True), nearest(name, names))
    options: dict[str, Row] = {}
    rows = collection.rows[DRIVER] = {}
    for name in names:
        driver, place = collection.drivers[name]
        rows[name] = _driver(name, driver, place, given.get(name), roles)
        for end in ends(roles):
            options[trial_name(name, end)] = _option(name, driver, place, end, roles)
    _base(collection, options, wanted.option, origin.at("option"))
    return options


def _chosen(collection: Collection, wanted: SensitivitySpec, origin: Origin) -> Sequence[str]:
    """Return the requested drivers, or all if none of them is known, so that other mistakes are found too."""
    known = [name for name, (d, _) in collection.drivers.items() if d.column in collection.quantities]
    if wanted.drivers == "all":
        return known
    place = origin.at("drivers")
    if not wanted.drivers:
        collection.fail("no sensitivity input is named", place.span(), "leave drivers: out to scale all of them")
    for i, name in enumerate(wanted.drivers):
        if name not in known:
            there = name in collection.drivers and collection.participation.why(collection.drivers[name][0].column)
            collection.fail(f"unknown sensitivity input '{name}'", place.at(i).span(), there or nearest(name, known))
        elif name in wanted.drivers[:i]:
            collection.fail(f"duplicate sensitivity input '{name}'", place.at(i).span())
    return [name for name in dict.fromkeys(wanted.drivers) if name in known] or known


def _driver(name: str, driver: DriverSpec, place: Origin, given: Row | None, roles: RolesSpec) -> Row:
    """Return a driver's row: its ends are the factors in its own cells, or else those that the library computes."""
    cells: dict[str, Any] = {}
    for end, written in ends(roles).items():
        value, cell = getattr(driver, end), f'{written.range}["{name}"]'
        cells[written.option] = trial_name(name, end)
        otherwise = str(value).replace("{option}", trial_name(name, end))
        cells[written.factor] = f"{cell} if known({cell}) else {otherwise}"
        if isinstance(value, int | float):
            cells[written.range] = value
    computed = {column: Entry(value, place) for column, value in cells.items()}
    meta = {"title": driver.title, "description": driver.description}
    return Row(place, {**meta, **(given.meta if given else {})}, {**computed, **(given.cells if given else {})})


def _option(name: str, driver: DriverSpec, place: Origin, end: End, roles: RolesSpec) -> Row:
    """Return an option that changes only this input of its base."""
    scaled = Entry(f'base * {ends(roles)[end].factor}["{name}"]', place.at(end))
    return Row(place, {"title": f"{driver.title}, {end}"}, {roles.trial: Entry(True, place), driver.column: scaled})


def _base(collection: Collection, trials: Mapping[str, Row], base: str, place: Origin) -> None:
    """Base the sensitivity cases on the requested option; for `best`, the evaluation decides later."""
    if base == BEST:
        return
    if base.casefold() in (name.casefold() for name in trials):
        collection.fail(
            f"'{base}' is itself a sensitivity case", place.span(), "name an option of the scenario, or best"
        )
        return
    for row in trials.values():
        row.cells["based_on"] = Entry(base, place)
