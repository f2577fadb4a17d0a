"""Complete the XML of charts: what the file format requires, and the data drawn before a recalculation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lxml import etree
from openpyxl.utils import get_column_letter

from reportgen.ooxml.addresses import area_of, sheet_and_cells
from reportgen.render.excel.file.cell_values import CellValue, ErrorValue, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.etree import _Element

__all__ = ["Cells", "complete_chart", "fill_chart_caches"]

Cells: TypeAlias = "Mapping[str, Mapping[str, CellValue]]"  # sheet title: {address: value}

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_AXES = ("valAx", "catAx", "dateAx", "serAx")
_ONE_COLOUR = ("barChart", "bar3DChart", "lineChart", "line3DChart", "scatterChart", "bubbleChart", "radarChart")
_LABEL_FLAGS = ("showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize")
_BEFORE_FLAGS = ("dLbl", "idx", "layout", "tx", "numFmt", "spPr", "txPr", "dLblPos")


def complete_chart(root: _Element) -> None:
    """Write out, in place, what the schema requires and the settings whose defaults differ between programs."""
    _first_child(root, "roundedCorners", "0", after=("date1904", "lang"))
    for chart in root.iterfind(_C + "chart"):
        # Otherwise a chart of one series gets that series' name as its title.
        untitled = "1" if chart.find(_C + "title") is None else "0"
        _first_child(chart, "autoTitleDeleted", untitled, after=("title",))
    for name in _ONE_COLOUR:
        for plot in root.iter(_C + name):
            style = ("scatterStyle", "barDir", "grouping", "radarStyle")
            if name == "scatterChart":
                _first_child(plot, "scatterStyle", "lineMarker", after=())
            _first_child(plot, "varyColors", "0", after=style)
    for name in _AXES:
        for axis in root.iter(_C + name):
            _first_child(axis, "delete", "0", after=("axId", "scaling"))
    for shown in root.iter(_C + "numFmt"):
        if "sourceLinked" not in shown.attrib:  # without it, LibreOffice uses the cell's format instead
            shown.set("sourceLinked", "0")
    for labels in (*root.iter(_C + "dLbls"), *root.iter(_C + "dLbl")):
        _complete_labels(labels)


def _first_child(parent: _Element, name: str, value: str, *, after: tuple[str, ...]) -> None:
    """Give a parent a child unless it has one of that name, after the children that the schema puts before it."""
    if parent.find(_C + name) is not None:
        return
    before = {_C + other for other in after}
    place = 0
    while place < len(parent) and parent[place].tag in before:
        place += 1
    parent.insert(place, etree.Element(_C + name, val=value))


def _complete_labels(labels: _Element) -> None:
    """State for each item of a label whether it is shown: LibreOffice shows those that are missing."""
    if labels.find(_C + "delete") is not None:
        return
    for place, flag in enumerate(_LABEL_FLAGS):
        _first_child(labels, flag, "0", after=(*_BEFORE_FLAGS, *_LABEL_FLAGS[:place]))


def fill_chart_caches(root: _Element, cells: Cells) -> None:
    """Store the cells' values with each plain range of a chart, in place, so that previews can draw it.

    Empty cells, errors, and texts in place of numbers are left out. Categories declared as numbers become texts if one
    of them is a text.
    """
    for reference, title, addresses in list(_references(root)):
        row = [cells.get(title, {}).get(address) for address in addresses]
        parent = reference.getparent()
        labels = parent is not None and parent.tag in (_C + "cat", _C + "xVal")
        if labels and reference.tag == _C + "numRef" and any(isinstance(value, str) and value for value in row):
            reference.tag = _C + "strRef"
        _cache(reference, row)


def _references(root: _Element) -> Iterator[tuple[_Element, str, list[str]]]:
    """Yield each reference to one rectangle of a sheet, with the sheet's title and the addresses, row by row."""
    for reference in root.iter(_C + "numRef", _C + "strRef"):
        title, cells = sheet_and_cells((reference.findtext(_C + "f") or "").strip())
        area = area_of(cells)
        if title and area is not None:
            yield reference, title, _addresses(*area)


def _addresses(top: int, left: int, bottom: int, right: int) -> list[str]:
    letters = [get_column_letter(column) for column in range(left, right + 1)]
    return [f"{letter}{row}" for row in range(top, bottom + 1) for letter in letters]


def _cache(reference: _Element, row: list[CellValue | None]) -> None:
    numeric = reference.tag == _C + "numRef"
    for name in ("numCache", "strCache"):
        for old in reference.findall(_C + name):
            reference.remove(old)
    cache = etree.Element(_C + ("numCache" if numeric else "strCache"))
    if numeric:
        etree.SubElement(cache, _C + "formatCode").text = "General"
    etree.SubElement(cache, _C + "ptCount", val=str(len(row)))
    for index, value in enumerate(row):
        text = _number_point(value) if numeric else _text_point(value)
        if text is not None:
            point = etree.SubElement(cache, _C + "pt", idx=str(index))
            etree.SubElement(point, _C + "v").text = text
    reference.insert(1, cache)


def _number_point(value: CellValue | None) -> str | None:
    return number_text(value) if isinstance(value, (int, float)) else None


def _text_point(value: CellValue | None) -> str | None:
    if value is None or isinstance(value, ErrorValue):
        return None
    if isinstance(value, bool):
        return str(value).upper()
    return value if isinstance(value, str) else number_text(value)
