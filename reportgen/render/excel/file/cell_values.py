"""The values of cells as the file stores them: numbers with every digit, texts in one shared table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from reportgen.ooxml.package import SHEET, parse, serialise
from reportgen.ooxml.text import escaped

__all__ = ["CellValue", "ErrorValue", "SharedStrings", "number_text", "typed"]


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """The value of a formula cell in error, such as `#N/A`."""

    code: str


CellValue: TypeAlias = float | int | str | bool | ErrorValue

_ITEM, _TEXT = SHEET + "si", SHEET + "t"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_EXACT = 2**53  # whole numbers up to here are their own shortest text


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same number.

    >>> number_text(0.1 + 0.2), number_text(2.0), number_text(1e300)
    ('0.30000000000000004', '2', '1e+300')
    """
    if not math.isfinite(value):
        message = f"a cell cannot hold {value!r}"
        raise ValueError(message)
    if isinstance(value, int) or (value.is_integer() and abs(value) <= _EXACT):
        return int.__repr__(int(value))
    return float.__repr__(value)  # the method of the base class, because NumPy's includes the type's name


def typed(value: CellValue) -> tuple[str, str]:
    """Return the type attribute of a formula cell (empty for numbers) and the text of its value."""
    if isinstance(value, str):
        return "str", escaped(value)
    if isinstance(value, bool):
        return "b", "1" if value else "0"
    if isinstance(value, ErrorValue):
        return "e", value.code
    if isinstance(value, (int, float)):
        return "", number_text(value)
    message = f"a cell cannot hold a {type(value).__name__}"
    raise TypeError(message)


class SharedStrings:
    """The shared strings of a workbook: each text once, in order of first use."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._uses = 0

    def index(self, text: str) -> int:
        """Return the index of a text, adding it if needed."""
        self._uses += 1
        return self._index.setdefault(text, len(self._index))

    def __len__(self) -> int:
        return len(self._index)

    def part(self) -> bytes:
        """Return the table as a part of the package."""
        root = parse(b'<sst xmlns="%s"/>' % SHEET[1:-1].encode())
        root.set("count", str(self._uses))
        root.set("uniqueCount", str(len(self._index)))
        for text in self._index:
            item = etree.SubElement(etree.SubElement(root, _ITEM), _TEXT)
            item.text = escaped(text)
            if text != text.strip() or "\n" in text:
                item.set(_SPACE, "preserve")
        return serialise(root)
