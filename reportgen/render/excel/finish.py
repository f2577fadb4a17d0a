"""The one pass over a saved workbook that makes it complete, readable everywhere and the same on each run."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from lxml import etree

from reportgen.render.excel.cell_values import CellValue, ErrorValue, SharedStrings, fill_cells, read_cells
from reportgen.render.excel.chart_xml import complete_chart, fill_chart_caches, referenced_cells
from reportgen.render.excel.package import (
    SHEET,
    add_part,
    make_targets_relative,
    parse,
    read_parts,
    serialise,
    sheet_parts,
    write_parts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = ["CellValue", "ErrorValue", "finish"]

_STRINGS = "xl/sharedStrings.xml"
_DATES = "{http://purl.org/dc/terms/}"
_PROPERTIES = "{http://schemas.openxmlformats.org/officeDocument/2006/extended-properties}"
_NO_DATE = datetime.date(1980, 1, 1)

# The order of the format's schema; Excel reads any order, validators do not.
_FONT = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)
_FONT_RANK = {SHEET + name: rank for rank, name in enumerate(_FONT)}


def finish(
    package: bytes, values: Mapping[str, Mapping[str, CellValue]], *, stamp: datetime.date | None = None
) -> bytes:
    """A finished workbook, the same bytes for the same arguments.

    Args:
        package: A workbook as openpyxl saves it.
        values: Sheet title: {address: what the cell shows}. A formula cell that is not named gets no value. Constant
            numbers may be named too: they are then written with all their digits.
        stamp: The day the workbook says it was made; without one, the first day that a zip file can hold.

    Raises:
        ValueError: for a sheet or a cell that the workbook does not have, or a number that is not finite.
    """
    parts = read_parts(package)
    _fill_sheets_and_charts(parts, values)
    _order_fonts(parts)
    _ask_for_recalculation(parts)
    _name_the_maker(parts, stamp or _NO_DATE)
    make_targets_relative(parts)
    return write_parts(parts)


def _fill_sheets_and_charts(parts: dict[str, bytes], values: Mapping[str, Mapping[str, CellValue]]) -> None:
    sheets = sheet_parts(parts)
    if unknown := sorted(values.keys() - sheets.keys()):
        message = f"values for sheets that are not in the workbook: {', '.join(unknown)}"
        raise ValueError(message)
    charts = {name: parse(part) for name, part in parts.items() if name.startswith("xl/charts/chart")}
    drawn: dict[str, set[str]] = {}
    for chart in charts.values():
        for title, addresses in referenced_cells(chart).items():
            drawn.setdefault(title, set()).update(addresses)
    strings, cells = SharedStrings(parts.get(_STRINGS)), {}
    for title, name in sheets.items():
        root = parse(parts[name])
        try:
            fill_cells(root, values.get(title, {}), strings)
        except ValueError as error:
            message = f"sheet {title!r}: {error}"
            raise ValueError(message) from error
        if title in drawn:
            cells[title] = read_cells(root, drawn[title], strings)
        parts[name] = serialise(root)
    if len(strings):
        add_part(parts, _STRINGS, strings.part(), "sharedStrings")
    for name, chart in charts.items():
        complete_chart(chart)
        fill_chart_caches(chart, cells)
        parts[name] = serialise(chart)


def _order_fonts(parts: dict[str, bytes]) -> None:
    root = parse(parts["xl/styles.xml"])
    for font in root.iter(SHEET + "font"):
        font[:] = sorted(font, key=lambda child: _FONT_RANK.get(str(child.tag), len(_FONT)))
    parts["xl/styles.xml"] = serialise(root)


def _ask_for_recalculation(parts: dict[str, bytes]) -> None:
    """Have Excel compute everything once more when it opens the workbook.

    The stored values are right, and stand for all that does not compute. Excel's own arithmetic may differ from ours
    in the last digit, and what it shows should not depend on which cell was edited last. LibreOffice ignores this.
    """
    root = parse(parts["xl/workbook.xml"])
    for settings in root.iter(SHEET + "calcPr"):
        settings.set("fullCalcOnLoad", "1")
    parts["xl/workbook.xml"] = serialise(root)


def _name_the_maker(parts: dict[str, bytes], stamp: datetime.date) -> None:
    """Replace the clock's time and the name of the library by what does not change.

    LibreOffice believes stored texts only of makers it knows, and numbers of all: from us it computes the texts anew.
    """
    core = parse(parts["docProps/core.xml"])
    for name in ("created", "modified"):
        for moment in core.iter(_DATES + name):
            moment.text = f"{stamp.isoformat()}T00:00:00Z"
    parts["docProps/core.xml"] = serialise(core)
    app = parse(parts["docProps/app.xml"])
    for name, text in (("Application", "reportgen"), ("AppVersion", "1.0")):
        _set_text(app, _PROPERTIES + name, text)
    parts["docProps/app.xml"] = serialise(app)


def _set_text(root: _Element, tag: str, text: str) -> None:
    child = root.find(tag)
    (etree.SubElement(root, tag) if child is None else child).text = text
