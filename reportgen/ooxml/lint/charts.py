"""Rules on charts: the cells that they draw, and settings whose defaults differ between programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from reportgen.ooxml.addresses import area_of, sheet_and_cells
from reportgen.ooxml.lint.rules import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from reportgen.ooxml.lint.subject import Subject

__all__ = ["findings"]

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_AXES = ("valAx", "catAx", "dateAx", "serAx")
_FLAGS = ("showLegendKey", "showVal", "showCatName", "showSerName")
_OF_KINDS = {
    **dict.fromkeys(("pieChart", "pie3DChart", "doughnutChart", "ofPieChart"), "showPercent"),
    "bubbleChart": "showBubbleSize",
}
"""Label settings that only some kinds of charts have; LibreOffice leaves them out of all other kinds."""
_CHART = re.compile(r"xl/charts/chart[0-9]+\.xml")


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on charts."""
    sheets = {title.casefold() for title in subject.titles}
    for part, root in subject.roots.items():
        if _CHART.fullmatch(part):
            yield from (Finding(rule, part, text) for rule, text in _faults(root, sheets))


def _faults(root: _Element, sheets: set[str]) -> Iterator[tuple[str, str]]:
    for reference in root.iter(_C + "f"):
        text = (reference.text or "").strip()
        sheet, cells = sheet_and_cells(text)
        if not sheet or area_of(cells) is None:
            yield "chart reference", f"a series draws '{text[:80]}', not cells of a sheet"
        elif sheet.casefold() not in sheets:
            yield "chart reference", f"a series draws cells of '{sheet}', which does not exist"
    for plot in root.iter(_C + "scatterChart"):
        if plot.find(_C + "scatterStyle") is None:
            yield "chart style", "a scatter chart without its style"
    for axis in (a for name in _AXES for a in root.iter(_C + name)):
        if axis.find(_C + "delete") is None:
            yield "chart axis", "an axis does not say whether it is shown"
    for labels in (*root.iter(_C + "dLbls"), *root.iter(_C + "dLbl")):
        kinds = (etree.QName(above).localname for above in labels.iterancestors())
        flags = (*_FLAGS, *(_OF_KINDS[kind] for kind in kinds if kind in _OF_KINDS))
        if labels.find(_C + "delete") is None and any(labels.find(_C + flag) is None for flag in flags):
            yield "chart labels", "labels do not say of each item whether it is shown"
    for form in root.iter(_C + "numFmt"):
        if "sourceLinked" not in form.attrib:
            yield "chart labels", "a number format does not say whether it is the cells'"
