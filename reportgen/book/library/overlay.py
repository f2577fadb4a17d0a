"""Check a user's library against everything that the library declares: headers, inputs, and report lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, nearest
from reportgen.spec.load import Loaded
from reportgen.spec.model import ROW_KEYS
from reportgen.spec.report import BLOCKS, OUTLINES
from reportgen.spec.table import headers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from reportgen.book.library.parts import Library, Table
    from reportgen.spec.model import LibrarySpec, QuantitySpec
    from reportgen.spec.part import Part

__all__ = ["faults"]


def faults(library: Library, added: Iterable[Loaded[LibrarySpec] | Table]) -> Iterator[Problem]:
    """Yield what is wrong with the parts that were added to a library."""
    quantities = {name: quantity for loaded in library.files for name, quantity in loaded.spec.quantities.items()}
    quantities |= dict(library.frame.quantities) | _along(library, quantities)
    for part in added:
        if isinstance(part, Loaded):
            yield from _unknown_inputs(part, quantities)
            yield from _unknown_columns(part, quantities)
            yield from _unknown_sections(part, library)
            yield from _unknown_in_drivers(part, quantities)
            yield from _unknown_in_frame(part, quantities)
            yield from _unknown_in_figures(part, quantities)
            yield from _unknown_in_workbook(part, library, quantities)
        else:
            yield from _unknown_headers(part, library, quantities)


def _along(library: Library, quantities: dict[str, QuantitySpec]) -> dict[str, QuantitySpec]:
    """Return the quantities that are declared a second time along a dimension, by their second name."""
    pairs = [along for loaded in library.files for along in loaded.spec.along.values()]
    return {
        along.become + name.removeprefix(along.names): quantity
        for along in pairs
        for name, quantity in quantities.items()
        if name.startswith(along.names)
    }


def _unknown_inputs(loaded: Loaded[LibrarySpec], quantities: dict[str, QuantitySpec]) -> Iterator[Problem]:
    allowed = [name for name, quantity in quantities.items() if not quantity.per and quantity.is_input]
    for name in loaded.spec.inputs:
        if name not in allowed:
            span = loaded.document.span(("inputs", name), key=True)
            yield Problem(f"unknown input '{name}'", span, nearest(name, allowed))


def _unknown_columns(loaded: Loaded[LibrarySpec], quantities: dict[str, QuantitySpec]) -> Iterator[Problem]:
    """Yield unknown quantities in report lists; quantities of other accountings are allowed."""
    report = loaded.spec.report
    lists: list[tuple[tuple[str, ...], Any]] = [
        ((key,), getattr(report, key)) for key in type(report).model_fields if key not in OUTLINES
    ]
    lists += [(("words", block), names) for block, names in report.words.items()]
    for path, chosen in lists:
        for i, item in enumerate(chosen if isinstance(chosen, list) else []):
            wanted = item if isinstance(item, str) else item.quantity
            if wanted not in quantities:
                span = loaded.document.span(("report", *path, i))
                yield Problem(f"unknown quantity '{wanted}'", span, nearest(wanted, quantities))


def _unknown_sections(loaded: Loaded[LibrarySpec], library: Library) -> Iterator[Problem]:
    """Yield unknown blocks of sections and unknown sections of outlines."""
    report, document = loaded.spec.report, loaded.document
    sections = {name for part in library.files for name in part.spec.report.sections}
    wanted: list[tuple[tuple[str | int, ...], str, set[str]]] = []
    for outline in OUTLINES:
        wanted += [((outline, i), name, sections) for i, name in enumerate(getattr(report, outline))]
    for name, section in report.sections.items():
        place = ("sections", name)
        wanted += [((*place, "blocks", i), block, set(BLOCKS)) for i, block in enumerate(section.blocks)]
        given = (("only_with", section.only_with), ("unless", section.unless))
        wanted += [((*place, key), block, set(BLOCKS)) for key, block in given if block]
    for path, name, known in wanted:
        if name not in known:
            what = "block" if path[0] == "sections" else "section"
            yield Problem(f"unknown {what} '{name}'", document.span(("report", *path)), nearest(name, sorted(known)))


def _unknown_in_drivers(loaded: Loaded[LibrarySpec], quantities: dict[str, QuantitySpec]) -> Iterator[Problem]:
    """Report quantities that drivers scale, or read, and that no file declares."""
    columns = [name for name, quantity in quantities.items() if quantity.by == "option" and quantity.is_input]
    flags = [name for name, quantity in quantities.items() if quantity.per == ["option"] and quantity.type == "flag"]
    for name, driver in loaded.spec.drivers.items():
        wanted: list[tuple[tuple[str | int, ...], str, Collection[str]]] = [(("column",), driver.column, columns)]
        for i, scaled in enumerate(driver.input):
            wanted.append((("input", i, "quantity"), scaled.quantity, quantities))
            wanted += [(("input", i, "where"), scaled.where, flags)] if scaled.where else []
        for path, said, known in wanted:
            if said not in known:
                span = loaded.document.span(("drivers", name, *path))
                yield Problem(f"driver '{name}' cannot use '{said}'", span, nearest(said, known))


def _unknown_in_frame(loaded: Loaded[LibrarySpec], quantities: dict[str, QuantitySpec]) -> Iterator[Problem]:
    """Report an objective that is not a number per option, and roles of quantities that no file declares."""
    frame = loaded.spec.frame
    if frame is None:
        return
    aim, document = frame.objective.aim, loaded.document
    known = [n for n, q in quantities.items() if q.per == ["option"] and q.type == "number" and q.better]
    if aim not in known:
        span = document.span(("frame", "objective", frame.objective.verb))
        yield Problem(f"the objective '{aim}' is not a number per option", span, nearest(aim, known))
    for path, name in _named(frame.roles):
        if name not in quantities:
            span = document.span(("frame", "roles", *path))
            yield Problem(f"unknown quantity '{name}'", span, nearest(name, quantities))


def _unknown_in_figures(loaded: Loaded[LibrarySpec], quantities: dict[str, QuantitySpec]) -> Iterator[Problem]:
    """Report quantities that figures draw and that no file declares."""
    for path, name in _named(loaded.spec.figures) if loaded.spec.figures is not None else ():
        if name not in quantities:
            span = loaded.document.span(("figures", *path))
            yield Problem(f"unknown quantity '{name}'", span, nearest(name, quantities))


def _unknown_in_workbook(
    loaded: Loaded[LibrarySpec], library: Library, quantities: dict[str, QuantitySpec]
) -> Iterator[Problem]:
    """Report dimensions of tables, and quantities that mute rows, that no file declares."""
    dimensions = {name for file in library.files for name in file.spec.dimensions}
    wanted: list[tuple[tuple[str | int, ...], bool, str, str, Collection[str]]] = [
        (("tables", i, "per", j), False, "dimension", name, dimensions)
        for i, table in enumerate(loaded.spec.workbook.tables)
        for j, name in enumerate(table.per)
    ]
    wanted += [(("muted", name), True, "quantity", name, quantities) for name in loaded.spec.workbook.muted]
    for path, key, what, name, known in wanted:
        if name not in known:
            span = loaded.document.span(("workbook", *path), key=key)
            yield Problem(f"unknown {what} '{name}'", span, nearest(name, known))


def _named(part: Part) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the names in a part whose fields are names, or such parts, each with its path."""
    for key, value in part:
        if isinstance(value, str):
            yield (key,), value
        else:
            yield from (((key, *path), name) for path, name in _named(value))


def _unknown_headers(table: Table, library: Library, quantities: dict[str, QuantitySpec]) -> Iterator[Problem]:
    cells = {name: quantity for name, quantity in quantities.items() if _lead(quantity) == table.dimension}
    for header, span in list(headers(table.document).items())[1:]:
        outer, bracket, inner = header.partition("[")
        inner = inner.removesuffix("]")
        if outer in ROW_KEYS and not bracket:
            continue
        if outer not in cells:
            hint = nearest(outer, [*cells, *ROW_KEYS])
            yield Problem(f"no {table.dimension} has a '{header}'", span, hint)
            continue
        further = [dimension for dimension in cells[outer].per if dimension != table.dimension]
        if not further and bracket:
            yield Problem(f"'{outer}' has one value per {table.dimension}", span, f"write {outer}")
        elif further:
            names = _names(library, further[0])
            if not bracket:
                hint = f"write {outer}[{names[0]}], and a column for each other" if names else ""
                yield Problem(f"'{outer}' has a value per {further[0]}", span, hint)
            elif inner not in names:
                yield Problem(f"unknown {further[0]} '{inner}'", span, nearest(inner, names))


def _lead(quantity: QuantitySpec) -> str | None:
    """Return the dimension whose rows give a quantity its cells, or None."""
    return quantity.by or (quantity.per[0] if quantity.is_input and quantity.per else None)


def _names(library: Library, dimension: str) -> list[str]:
    rows = [t.document.data for t in library.tables if t.dimension == dimension]
    rows += [f.spec.dimensions[dimension].rows for f in library.files if dimension in f.spec.dimensions]
    return list(dict.fromkeys(name for group in rows for name in group))
