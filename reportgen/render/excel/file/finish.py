"""Post-process a saved workbook: complete, readable by every program, and reproducible."""

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
    """Return the bytes of a finished workbook, reproducible; afterwards `workbook` has no cells.

    Args:
        workbook: Its texts must be plain.
        values: Sheet title: {address: the cell's value}. A formula cell that is missing gets no value: programs compute
            it, whereas they trust a wrong one.
        stamp: The date in the file's properties; by default the first day that a zip file can store.
        charts: Sheet title: the alternative texts of its charts, in order.

    Raises:
        ValueError: for a sheet or cell that the workbook lacks, or a number that is not finite.
    """
    strings, buffer = SharedStrings(), io.BytesIO()
    rows = taken_out(workbook, values, strings)
    workbook.save(buffer)
    parts = read_parts(buffer.getvalue())
    _put_rows(parts, rows)
    if len(strings):
        add_part(parts, _STRINGS, strings.part(), "sharedStrings")
    _complete_charts(parts, {title: sheet_rows.cells for title, sheet_rows in rows.items()})
    _describe_charts(parts, charts or {})
    _order_fonts(parts)
    _ask_for_recalculation(parts)
    _name_the_maker(parts, stamp or _NO_DATE)
    make_targets_relative(parts)
    return write_parts(parts)


def _put_rows(parts: dict[str, bytes], rows: Mapping[str, Rows]) -> None:
    """Insert the rows of each sheet into the part that was saved without them."""
    for title, name in sheet_parts(parts).items():
        root, sheet_rows = parse(parts[name]), rows[title]
        for dimension in root.iter(SHEET + "dimension"):
            dimension.set("ref", sheet_rows.area)
        data = root.find(SHEET + "sheetData")
        assert data is not None
        data.clear()
        data.text = _HERE
        before, after = serialise(root).split(_HERE.encode())
        parts[name] = before + sheet_rows.xml + after


def _complete_charts(parts: dict[str, bytes], cells: Cells) -> None:
    for name in [name for name in parts if name.startswith("xl/charts/chart")]:
        chart = parse(parts[name])
        complete_chart(chart)
        fill_chart_caches(chart, cells)
        parts[name] = serialise(chart)


def _describe_charts(parts: dict[str, bytes], charts: Mapping[str, Sequence[str]]) -> None:
    """Add the alternative texts of charts."""
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
    """Make Excel recalculate the workbook when it opens it.

    The stored values are right, and serve programs that do not calculate. Excel's arithmetic may differ from ours in
    the last digit, and the values shown should not depend on which cell was edited last. LibreOffice ignores this flag.
    """
    root = parse(parts["xl/workbook.xml"])
    for settings in root.iter(SHEET + "calcPr"):
        settings.set("fullCalcOnLoad", "1")
    parts["xl/workbook.xml"] = serialise(root)


def _name_the_maker(parts: dict[str, bytes], stamp: datetime.date) -> None:
    """Replace the current time and the library's name by fixed values.

    LibreOffice trusts stored numbers from any program but texts only from known ones: it recomputes our texts.
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
