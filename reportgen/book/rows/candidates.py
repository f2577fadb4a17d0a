"""Add the candidates of a search as options, with the first value of what varies until the search has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.book.collected.collect import add_row
from reportgen.book.entries import Entry, Origin
from reportgen.book.rows.search_axes import quoted, vary
from reportgen.errors import nearest

if TYPE_CHECKING:
    from reportgen.book.collected.collect import Collection
    from reportgen.spec.declared.roles import RolesSpec
    from reportgen.spec.load import Loaded
    from reportgen.spec.model import ScenarioSpec, SearchSpec

__all__ = ["add_candidates"]


def add_candidates(collection: Collection, loaded: Loaded[ScenarioSpec], roles: RolesSpec) -> None:
    """Make each candidate an option, after the scenario's own and before the levers."""
    wanted, root = loaded.spec.search, Origin(loaded.document, ("search",))
    if wanted is None or not loaded.spec.options:
        return  # there is no baseline to compare with, which is reported elsewhere
    if roles.feasible not in collection.quantities:
        hint = "leave search: out, or take another accounting"
        collection.fail("this accounting has no requirements that a search could use", root.span(key=True), hint)
    needed = (("candidates", "as in h100: {accelerator: ...}"), ("vary", "as in batch: [1, 2, 4]"))
    for key, hint in needed:
        if not getattr(wanted, key):
            what = "candidates" if key == "candidates" else "something that varies"
            collection.fail(f"a search needs {what}", root.at(key).span(key=True), hint)
    axes = list(vary(wanted, root))
    columns = [column for axis in axes for column in axis.columns()]
    for name, row in wanted.candidates.items():
        _add(collection, name, row, root, columns)
        first = {column: entry for axis in axes for setting in axis.settings[:1] for column, entry in setting.items()}
        found = {column: Entry(v, root.at("found", name, column)) for column, v in wanted.found.get(name, {}).items()}
        option = collection.rows["option"].get(name)
        if option is not None:
            option.cells = {**first, **{c: e for c, e in found.items() if c in first}, **option.cells}
    if wanted.found:
        _check_found(collection, wanted, root, columns)


def _add(collection: Collection, name: str, row: dict[str, Any], root: Origin, columns: list[str]) -> None:
    origin = root.at("candidates", name)
    if any(name.casefold() == other.casefold() for other in collection.rows["option"]):
        collection.fail(f"the option '{name}' exists already", origin.span(key=True), "choose another name")
        return
    for column in columns:
        if column in row:
            span, hint = origin.at(column).span(key=True), "leave it out here, or do not vary it"
            collection.fail(f"'{column}' varies, so that no candidate may set it", span, hint)
    add_row(collection, "option", name, row, origin)


def _check_found(collection: Collection, wanted: SearchSpec, root: Origin, columns: list[str]) -> None:
    """Check that the recorded result has exactly the columns that vary, for each candidate."""
    again = "leave found: out, and search again"
    for name, row in wanted.found.items():
        origin = root.at("found", name)
        if name not in wanted.candidates:
            hint = nearest(name, wanted.candidates)
            collection.fail(f"'{name}' under found: is not a candidate", origin.span(key=True), hint)
            continue
        for column in row:
            if column not in columns:
                collection.fail(f"'{column}' under found: does not vary", origin.at(column).span(key=True), again)
        if missing := [column for column in columns if column not in row]:
            collection.fail(f"what was found for '{name}' lacks {quoted(missing)}", origin.span(key=True), again)
    if missing := [name for name in wanted.candidates if name not in wanted.found]:
        what = "the candidate" if len(missing) == 1 else "the candidates"
        collection.fail(f"nothing was found for {what} {quoted(missing)}", root.at("found").span(key=True), again)
