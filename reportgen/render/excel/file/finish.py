"""The one pass over a saved workbook that makes it complete, readable everywhere and the same on each run."""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING

from lxml import etree

from reportgen.ooxml.package import (
    SHEET,
    add_part,
    make_targets_relative,
    parse,
    read_parts,
    related,
    serialise,
    sheet_parts,
    write_parts,
)
from reportgen.render.excel.file.cell_values import CellValue, ErrorValue, SharedStrings
from reportgen.render.excel.file.chart_xml import complete_chart, fill_chart_caches
from reportgen.render.excel.file.rows import Rows, taken_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element
    from openpyxl import Workbook

    from reportgen.render.excel.file.chart_xml import Cells

__all__ = ["CellValue", "ErrorValue", "finish"]

_STRINGS = "xl/sharedStrings.xml"
_HERE = "here-come-the-rows"
_DATES = "{http://purl.org/dc/terms/}"
_PROPERTIES = "{http://schemas.openxmlformats.org/officeDocument/2006/extended-properties}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_NO_DATE = datetime.date(1980, 1, 1)

# The order of the format's schema; Excel reads any order, validators do not.
_FONT = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign"),
    *("sz", "color", "name", "family", "charset", "scheme"),
)
_FONT_RANK = {SHEET + name: rank for rank, name in enumerate(_FONT)}


def finish(
    workbook: Workbook,
    values: Mapping[str, Mapping[str, CellValue]],
    *,
    stamp: datetime.date | None = None,
    charts: Mapping[str, Sequence[str]] | None = None,
) -> bytes:
    """A finished workbook, the same bytes for the same arguments; the one that is given has no cells afterwards.

    Args:
        workbook: Texts in it are plain.
        values: Sheet title: {address: what the cell shows}. A formula cell that is not named gets no value: a reader
            then computes it, where it would believe a wrong one.
        stamp: The day the workbook says it was made; without one, the first day that a zip file can hold.
        charts: Sheet title: the alternative texts of its charts, in their order.

    Raises:
        ValueError: for a sheet or a cell that the workbook does not have, or a number that is not finite.
    """
    strings, buffer = SharedStrings(), io.BytesIO()
    rows = taken_out(workbook, values, strings)
    workbook.save(buffer)
    parts = read_parts(buffer.getvalue())
    _put_rows(parts, rows)
    if len(strings):
        add_part(parts, _STRINGS, strings.part(), "sharedStrings")
    _complete_charts(parts, {title: made.cells for title, made in rows.items()})
    _describe_charts(parts, charts or {})
    _order_fonts(parts)
    _ask_for_recalculation(parts)
    _name_the_maker(parts, stamp or _NO_DATE)
    make_targets_relative(parts)
    return write_parts(parts)


def _put_rows(parts: dict[str, bytes], rows: Mapping[str, Rows]) -> None:
    """Put the rows of each sheet into the frame that was saved without them."""
    for title, name in sheet_parts(parts).items():
        root, made = parse(parts[name]), rows[title]
        for dimension in root.iter(SHEET + "dimension"):
            dimension.set("ref", made.area)
        data = root.find(SHEET + "sheetData")
        assert data is not None
        data.clear()
        data.text = _HERE
        before, after = serialise(root).split(_HERE.encode())
        parts[name] = before + made.xml + after


def _complete_charts(parts: dict[str, bytes], cells: Cells) -> None:
    for name in [name for name in parts if name.startswith("xl/charts/chart")]:
        chart = parse(parts[name])
        complete_chart(chart)
        fill_chart_caches(chart, cells)
        parts[name] = serialise(chart)


def _describe_charts(parts: dict[str, bytes], charts: Mapping[str, Sequence[str]]) -> None:
    """Say what each chart shows, for those who cannot see it."""
    sheets = sheet_parts(parts)
    for title, texts in charts.items():
        for drawing in related(parts, sheets[title], "drawing"):
            root = parse(parts[drawing])
            frames = [frame.find(f".//{_DRAWING}cNvPr") for frame in root.iter(_DRAWING + "graphicFrame")]
            for frame, text in zip(frames, texts, strict=True):
                if frame is not None and text:
                    frame.set("descr", text)
            parts[drawing] = serialise(root)


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
