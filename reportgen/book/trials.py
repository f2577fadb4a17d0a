"""Trials: for each input that a sensitivity stretches two options, at its low and at its high end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.book.collect import Entry, Origin, Row
from reportgen.errors import nearest

if TYPE_CHECKING:
    from reportgen.book.collect import Collection
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import DriverSpec, ScenarioSpec

__all__ = ["BEST", "ENDS", "add_trials"]

BEST = "best"
"""What a scenario writes for the option that is best on the objective."""

ENDS = ("low", "high")


def add_trials(collection: Collection, loaded: Loaded[ScenarioSpec]) -> dict[str, Row]:
    """Add a row of `driver` for each input that is stretched; the options at its ends are returned."""
    wanted, origin = loaded.spec.sensitivity, Origin(loaded.document, ("sensitivity",))
    if wanted is None:
        return {}
    if "driver" not in collection.dimensions:
        collection.fail("this accounting has no sensitivity", origin.span(key=True))
        return {}
    known = {name: d for name, (d, _) in collection.drivers.items() if d.column in collection.quantities}
    names = list(known) if wanted.drivers == "all" else list(wanted.drivers)
    options: dict[str, Row] = {}
    for i, name in enumerate(names):
        if name not in known:
            span = origin.at("drivers", i).span()
            collection.fail(f"unknown driver '{name}'", span, nearest(name, known))
            continue
        driver, place = collection.drivers[name]
        row = _driver(name, driver, place)
        given = collection.rows.setdefault("driver", {}).get(name)
        if given is not None:  # the scenario's own range
            row.cells |= given.cells
            row.meta |= given.meta
        collection.rows["driver"][name] = row
        for end in ENDS:
            options[f"{name}_{end}"] = _option(name, driver, place, end, wanted.option, origin)
    for name, row in collection.rows.get("driver", {}).items():
        if name not in names:
            hint = nearest(name, names)
            collection.fail(f"unknown driver '{name}'", row.origin.span(key=True), hint)
    return options


def _driver(name: str, driver: DriverSpec, place: Origin) -> Row:
    cells: dict[str, Any] = {}
    for end in ENDS:
        value = getattr(driver, end)
        if isinstance(value, int | float):
            cells[f"range_{end}"] = value
        cells[f"{end}_option"] = f"{name}_{end}"
        cells[f"{end}_factor"] = f'{driver.column}["{name}_{end}"]'
    meta = {"title": driver.title, "description": driver.description}
    return Row(place, meta, {column: Entry(value, place) for column, value in cells.items()})


def _option(name: str, driver: DriverSpec, place: Origin, end: str, base: str, origin: Origin) -> Row:
    value = getattr(driver, end)
    plain = isinstance(value, int | float)
    cells = {
        "is_trial": Entry(True, place),
        driver.column: Entry(
            f'range_{end}["{name}"]' if plain else str(value).replace("{option}", f"{name}_{end}"), place.at(end)
        ),
    }
    if base != BEST:
        cells["based_on"] = Entry(base, origin.at("option"))
    return Row(place, {"title": f"{driver.title}, {end}"}, cells)
