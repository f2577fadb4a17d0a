"""Record who gave each plain value of a quantity, and the source stated there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.book import LIBRARY, SCENARIO, Provenance
from reportgen.lang import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.book.entries import Origin
    from reportgen.book.quantities.drafts import Draft, Site

__all__ = ["provenance"]

_Key = tuple[str, ...]


def provenance(site: Site, draft: Draft, keys: Iterable[_Key]) -> dict[_Key, Provenance]:
    """Return who gave the plain values of a draft; a single formula has the empty key.

    A value that nobody gave, because it may be absent, has no entry.
    """
    written = {(): draft.formula} if draft.formula else {k: draft.cells[k] for k in keys}
    known: dict[tuple[int, tuple[str | int, ...]], Provenance] = {}  # all cells of a row come from the same place
    result: dict[_Key, Provenance] = {}
    for key, cell in written.items():
        if cell.origin is None or not isinstance(cell.node, tree.Literal | tree.Member):
            continue
        place = id(cell.origin.document), cell.origin.path[:-1]
        if place not in known:
            known[place] = _provenance(site, draft, cell.origin)
        result[key] = known[place]
    return result


def _provenance(site: Site, draft: Draft, origin: Origin) -> Provenance:
    """Return who wrote the value at a place."""
    document, path = origin.document, draft.origin.path
    by = SCENARIO if document is site.loaded.document else document.label or LIBRARY
    declared = document is draft.origin.document and bool(path) and origin.path[: len(path)] == path
    row = next((r for r in _around(origin) if r.get("source") or r.get("url")), {})
    return Provenance(by, declared, str(row.get("source") or row.get("url") or ""), str(row.get("retrieved") or ""))


def _around(origin: Origin) -> list[Mapping[str, object]]:
    """Return the rows and declarations that enclose a place, innermost first."""
    enclosing, data = list["Mapping[str, object]"](), origin.document.data
    for part in origin.path:
        data = data.get(part) if isinstance(data, dict) else None
        if isinstance(data, dict):
            enclosing.append(data)
    return enclosing[::-1]
