"""Puts values into the cells of a sheet: what a formula gives, numbers with every digit, texts in one shared table."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

from reportgen.render.excel.package import SHEET, parse, serialise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = ["CellValue", "ErrorValue", "SharedStrings", "fill_cells", "number_text", "read_cells"]


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """What a cell holds whose formula gives an error, such as `#N/A`."""

    code: str


CellValue: TypeAlias = float | int | str | bool | ErrorValue

_CELL, _FORMULA, _VALUE = SHEET + "c", SHEET + "f", SHEET + "v"
_INLINE, _ITEM, _TEXT, _RUN = SHEET + "is", SHEET + "si", SHEET + "t", SHEET + "r"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_EXACT = 2**53  # whole numbers up to here are their own shortest text


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number.

    >>> number_text(0.1 + 0.2), number_text(2.0), number_text(1e300)
    ('0.30000000000000004', '2', '1e+300')
    """
    if not math.isfinite(value):
        message = f"a cell cannot hold {value!r}"
        raise ValueError(message)
    if isinstance(value, int) or (value.is_integer() and abs(value) <= _EXACT):
        return int.__repr__(int(value))
    return float.__repr__(value)  # of the base class: NumPy's numbers name their type


def _escaped(text: str) -> str:
    """Text that reads back as it is: `_x0041_` would become an A."""
    return _ESCAPE.sub("_x005F_", text) if "_x" in text else text


def _typed(value: CellValue) -> tuple[str | None, str]:
    """The type attribute of a formula cell and the text of its value."""
    if isinstance(value, str):
        return "str", _escaped(value)
    if isinstance(value, bool):
        return "b", "1" if value else "0"
    if isinstance(value, ErrorValue):
        return "e", value.code
    if isinstance(value, (int, float)):
        return None, number_text(value)
    message = f"a cell cannot hold a {type(value).__name__}"
    raise TypeError(message)


class SharedStrings:
    """The table of all texts of a workbook, each once, in the order of their first use."""

    def __init__(self, part: bytes | None = None) -> None:
        self.texts: list[str] = []  # as the file writes them
        self._items: list[_Element] = []
        self._index: dict[str | bytes, int] = {}
        self._uses = 0
        self._given = list(parse(part).iter(_ITEM)) if part else []

    def given(self, index: int) -> _Element:
        """An item of the table that the package came with."""
        return self._given[index]

    def add(self, item: _Element) -> int:
        """The index of a text, plain or with formatted runs, taken from an inline or a shared string."""
        self._uses += 1
        plain = len(item) == 1 and item[0].tag == _TEXT
        key: str | bytes = (item[0].text or "") if plain else b"".join(etree.tostring(part) for part in item)
        index = self._index.get(key)
        if index is None:
            index = self._index[key] = len(self._items)
            shared = _shared(item)
            self._items.append(shared)
            self.texts.append("".join(text.text or "" for text in shared.iter(_TEXT)))
        return index

    def __len__(self) -> int:
        return len(self._items)

    def part(self) -> bytes:
        """The table as a part of the package."""
        root = parse(b'<sst xmlns="%s"/>' % SHEET[1:-1].encode())
        root.set("count", str(self._uses))
        root.set("uniqueCount", str(len(self._items)))
        root.extend(self._items)
        return serialise(root)


def _shared(item: _Element) -> _Element:
    """A new item of the table with what an inline or a given one holds."""
    shared = etree.Element(_ITEM)
    for part in item:
        if part.tag in (_TEXT, _RUN):  # phonetic hints are left behind
            shared.append(_copy(part))
    for text in shared.iter(_TEXT):
        written = text.text or ""
        if written != written.strip() or "\n" in written:
            text.set(_SPACE, "preserve")
    return shared


def _copy(element: _Element) -> _Element:
    return etree.fromstring(etree.tostring(element, with_tail=False))


def fill_cells(root: _Element, values: Mapping[str, CellValue], strings: SharedStrings) -> None:
    """Give the cells of one sheet their values, in place.

    A formula without a value keeps none: a reader then computes it, where it would believe a wrong one.
    A constant takes the digits that its writer left out; texts and logical constants are right as they are.

    Raises:
        ValueError: for a number that is not finite, or a value whose cell the sheet does not have.
    """
    used = 0
    for cell in root.iter(_CELL):
        address = cell.get("r", "")
        value = values.get(address)
        used += value is not None
        if not len(cell):
            continue
        first = cell[0]
        tag = first.tag
        try:
            if tag == _FORMULA:
                _fill_formula(cell, value)
            elif tag == _INLINE:
                for text in first.iter(_TEXT):  # openpyxl writes them raw; a table that was given is right already
                    text.text = _escaped(text.text or "")
                _share(cell, first, strings)
            elif cell.get("t") == "s":
                _share(cell, strings.given(int(first.text or "")), strings)
            elif isinstance(value, (int, float)) and cell.get("t", "n") == "n":
                first.text = number_text(value)
        except (TypeError, ValueError) as error:
            message = f"cell {address}: {error}"
            raise ValueError(message) from error
    if used != len(values):
        missing = sorted(values.keys() - {cell.get("r", "") for cell in root.iter(_CELL)})
        message = f"values for cells that are not in the sheet: {', '.join(missing[:5])}"
        raise ValueError(message)


def _fill_formula(cell: _Element, value: CellValue | None) -> None:
    place = cell[1] if len(cell) > 1 else None
    if value is None:
        if place is not None:
            cell.remove(place)
        if "t" in cell.attrib:
            del cell.attrib["t"]
        return
    kind, text = _typed(value)
    if place is None:
        place = etree.SubElement(cell, _VALUE)
    place.text = text
    if kind is not None:
        cell.set("t", kind)
    elif "t" in cell.attrib:
        del cell.attrib["t"]


def _share(cell: _Element, item: _Element, strings: SharedStrings) -> None:
    index = strings.add(item)
    for part in list(cell):
        cell.remove(part)
    etree.SubElement(cell, _VALUE).text = str(index)
    cell.set("t", "s")


def read_cells(root: _Element, wanted: set[str], strings: SharedStrings) -> dict[str, CellValue]:
    """Some cells of a sheet that has been filled, their texts as the file writes them; empty cells are left out."""
    found: dict[str, CellValue] = {}
    for cell in root.iter(_CELL):
        address = cell.get("r", "")
        if address not in wanted:
            continue
        text, kind = cell.findtext(_VALUE), cell.get("t", "n")
        if text is None or (text == "" and kind != "str"):
            continue
        found[address] = _read(text, kind, strings)
    return found


def _read(text: str, kind: str, strings: SharedStrings) -> CellValue:
    match kind:
        case "s":
            return strings.texts[int(text)]
        case "b":
            return text == "1"
        case "e":
            return ErrorValue(text)
        case "n":
            return float(text)
        case _:
            return text
