"""Add an option for each batch size that the scenario lists for comparison with the baseline's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.entries import Entry, Origin, Row

if TYPE_CHECKING:
    from reportgen.book.collected.collect import Collection
    from reportgen.spec.declared.roles import RolesSpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec

__all__ = ["BATCH_POINT", "add_batches", "batch_name"]

BATCH_POINT = "batch_point"
"""The dimension whose rows are batch sizes."""


def batch_name(batch: int) -> str:
    """Return the name of the option at a batch size."""
    return f"batch_{batch}"


def add_batches(collection: Collection, loaded: Loaded[ScenarioSpec], roles: RolesSpec) -> dict[str, Row]:
    """Add a row of `batch_point` for each batch size that the scenario lists; return the options made for them."""
    given = collection.rows.pop(BATCH_POINT, {})
    options: dict[str, Row] = {}
    origin = Origin(loaded.document, ("batches",))
    if not loaded.spec.batches:
        for row in given.values():
            hint = "list the batch sizes, as in batches: [1, 4, 16]"
            collection.fail("no batch sizes are shown here", row.origin.span(key=True), hint)
        return options
    if BATCH_POINT not in collection.dimensions:
        message = f"'batches' is not used with accounting '{loaded.spec.accounting}'"
        collection.fail(message, origin.span(key=True), "leave it out, or take another accounting")
        return options
    rows = collection.rows[BATCH_POINT] = {}
    for i, batch in enumerate(loaded.spec.batches):
        place, name = origin.at(i), batch_name(batch)
        if name in options:
            collection.fail(f"duplicate batch size {batch}", place.span())
            continue
        cells = {roles.trial: True, roles.batch_point: True, roles.batch: batch, roles.clients: batch}
        options[name] = Row(place, {"title": f"{batch} at once"}, {k: Entry(v, place) for k, v in cells.items()})
        point = Row(place, {"title": f"{batch}"}, {roles.point_option: Entry(name, place)})
        rows[name] = point
        if name in given:
            point.meta.update(given[name].meta)
            point.cells.update(given[name].cells)
    return options
