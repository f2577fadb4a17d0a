"""Read the cells of a sheet and the formulas outside cells, as a stream."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.utils.cell import column_index_from_string, get_column_letter

from reportgen.ooxml.addresses import COLUMN, ROW
from reportgen.ooxml.text import unescaped

if TYPE_CHECKING:
    from reportgen.errors import SpecError
    from reportgen.ooxml.untrusted import Budget, Package

__all__ = [
    "MAX_COLUMNS", "MAX_ROWS", "Content", "EditedSheet", "ErrorText", "SheetReader", "TextReader", "address",
]  # fmt: skip

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
MAX_FORMULA, MAX_TEXT = 32_768, 1_000_000
"""The most characters; Excel allows 8,192 in a formula as displayed (stored ones are longer) and 32,767 in a cell."""

_ADDRESS = re.compile(rf"({COLUMN})({ROW})")
_WHOLE = re.compile(r"\s*[0-9]{1,9}\s*")
_LOGICAL = {"TRUE()": True, "FALSE()": False}
_UNTRANSLATABLE = (TokenizerError, TranslatorError, ValueError, LookupError, AttributeError, TypeError, AssertionError)
"""The errors that moving a damaged formula can raise."""

_KINDS = {
    "dataValidation": "a data validation", "conditionalFormatting": "a conditional format", "sparkline": "a sparkline",
}  # fmt: skip
_FORMULAS = frozenset({"f", "formula", "formula1", "formula2"})

Place = tuple[int, int]
"""Row and column, 1-based."""


class ErrorText(str):
    """The value of a cell in error, such as `#N/A`."""

    __slots__ = ()


@dataclass(slots=True)
class Content:
    """A cell's value, and its formula (without `=`) if it has one."""

    value: float | str | bool | None
    formula: str | None = None


@dataclass(slots=True)
class EditedSheet:
    """The non-empty cells of a sheet by row and column."""

    title: str
    cells: dict[Place, Content] = field(default_factory=dict)

    def value(self, row: int, column: int) -> float | str | bool | None:
        """Return the value of a cell."""
        content = self.cells.get((row, column))
        return content.value if content else None


def address(row: int, column: int) -> str:
    """Return the address of a cell.

    >>> address(5, 28)
    'AB5'
    """
    return f"{get_column_letter(column)}{row}"


class _Texts:
    """Collects the text of the current element piece by piece."""

    def __init__(self, package: Package, budget: Budget) -> None:
        self.package, self.budget = package, budget
        self.pieces: list[str] | None = None
        self.size = 0

    def open(self) -> None:
        """Start an element with text."""
        self.pieces, self.size = [], 0

    def data(self, text: str) -> None:
        """Add a piece of text; text between elements is ignored."""
        if self.pieces is not None:
            self.pieces.append(text)
            self.size += len(text)
            if self.size > MAX_TEXT:
                raise self.package.fail(f"the workbook holds a text of more than {MAX_TEXT:,} characters")

    def close(self) -> str:
        """Return the text of the element that ends."""
        text, self.pieces = "".join(self.pieces or ()), None
        return text


class TextReader:
    """Reads the shared strings: runs are joined, phonetic hints left out."""

    def __init__(self, package: Package, budget: Budget) -> None:
        self.texts: list[str] = []
        self._budget, self._text = budget, _Texts(package, budget)
        self._runs: list[str] = []
        self._hint = False
        self.data = self._text.data

    def start(self, tag: str, _: dict[str, str]) -> None:
        """Called when an element begins."""
        if tag == "t" and not self._hint:
            self._text.open()
        elif tag == "si":
            self._runs = []
        elif tag == "rPh":
            self._hint = True

    def end(self, tag: str) -> None:
        """Called when an element ends."""
        if tag == "t" and not self._hint:
            self._runs.append(self._text.close())
        elif tag == "si":
            text = unescaped("".join(self._runs))
            self._budget.keep(text)
            self.texts.append(text)
            self._budget.texts(len(self.texts))
        elif tag == "rPh":
            self._hint = False


class SheetReader:
    """Reads a sheet's cells into it, and the formulas outside cells into `rules`, each with its place."""

    def __init__(self, package: Package, budget: Budget, sheet: EditedSheet, texts: list[str]) -> None:
        self.rules: list[tuple[str, str]] = []
        self._package, self._budget, self._sheet, self._texts = package, budget, sheet, texts
        self._text = _Texts(package, budget)
        self.data = self._text.data
        self._row = self._column = 0
        self._cell: dict[str, str] | None = None
        self._value: str | None = None
        self._runs: list[str] = []
        self._formula: dict[str, str] | None = None
        self._written = ""
        self._hint = False
        self._opened = ""
        self._rule = f"a formula of the sheet '{sheet.title}'"
        self._shared: dict[str, tuple[str, Translator | None, str]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Called when an element begins."""
        if self._text.pieces is not None:
            if self._cell is not None:
                raise self._damaged("there is an element in a text")
        elif tag == "c":
            self._begin(attributes)
        elif tag == "v" and self._cell is not None:
            self._text.open()
        elif tag == "f" and self._cell is not None:
            self._formula = attributes
            self._text.open()
        elif tag == "row":
            self._row, self._column = self._row_number(attributes.get("r")), 0
        elif tag == "t" and self._cell is not None and not self._hint:
            self._text.open()
        elif tag == "rPh":
            self._hint = True
        elif tag not in ("is", "r") and self._cell is None:
            self._outside_cells(tag, attributes)

    def end(self, tag: str) -> None:
        """Called when an element ends."""
        if tag == "c":
            if self._cell is not None:
                self._finish(self._cell)
            self._cell = None
        elif self._cell is not None:
            if tag == "v":
                self._value = self._text.close()
            elif tag == "f":
                self._written = self._text.close()
            elif tag == "t" and not self._hint:
                self._runs.append(self._text.close())
            elif tag == "rPh":
                self._hint = False
        elif tag == self._opened:
            self._opened = ""
            self._keep_rule(self._text.close())

    # --- cells ---------------------------------------------------------------------------------------------------

    def _begin(self, attributes: dict[str, str]) -> None:
        self._budget.cell()
        self._cell, self._value, self._formula, self._hint = attributes, None, None, False
        self._written = ""
        self._runs = []
        given = attributes.get("r")
        if given is None:
            self._column += 1
        else:
            match = _ADDRESS.fullmatch(given.strip())
            if match is None:
                raise self._damaged(f"a cell has the address '{given[:40]}'")
            self._column = column_index_from_string(match[1])
            if int(match[2]) != self._row:  # otherwise one number could apply to the whole row
                self._row = int(match[2])
        if not (1 <= self._row <= MAX_ROWS and self._column <= MAX_COLUMNS):
            what = f"the cell {self._sheet.title}!{given or address(self._row, self._column)}"
            raise self._package.fail(f"{what} lies beyond the {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns of a sheet")

    def _finish(self, cell: dict[str, str]) -> None:
        content = self._content(cell.get("t", "n"))
        if content is None:
            return
        place = self._row, self._column
        if place in self._sheet.cells:  # one of them would be hidden
            raise self._damaged(f"{self._here()} occurs twice")
        self._sheet.cells[place] = content

    def _content(self, kind: str) -> Content | None:
        value = self._cell_value(kind)
        if self._formula is None:
            return None if value is None else Content(value)
        written = self._moved(self._formula)
        if not written:
            return None if value is None else Content(value)
        if written.upper() in _LOGICAL:  # LibreOffice writes a typed TRUE like this
            return Content(_LOGICAL[written.upper()])
        self._budget.keep(written)
        return Content(value, written)

    def _cell_value(self, kind: str) -> float | str | bool | None:
        """Return the value of the current cell."""
        text = self._value
        if kind == "inlineStr":
            text = unescaped("".join(self._runs))
            self._budget.keep(text)
            return text
        if not text:
            return "" if kind == "str" else None
        if kind == "s":
            index = int(text) if _WHOLE.fullmatch(text) else -1
            if not 0 <= index < len(self._texts):
                raise self._bad_cell(f"there is no text {text[:40]}")
            return self._texts[index]
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind in ("str", "e", "d"):
            text = unescaped(text)
            self._budget.keep(text)
            return ErrorText(text) if kind == "e" else text
        return self._number(text)

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text or not text.isascii():
            raise self._bad_cell(f"'{text[:40]}' is not a number")
        return number

    def _moved(self, formula: dict[str, str]) -> str:
        """Return the formula of the current cell; a shared formula is moved from its first cell to this one."""
        text = unescaped(self._written).removeprefix("=")
        if len(text) > MAX_FORMULA:
            raise self._package.fail(f"the formula of {self._here()} has more than {MAX_FORMULA:,} characters")
        if formula.get("t") == "dataTable":  # Excel shows it like this too
            return f"TABLE({formula.get('r1', '')},{formula.get('r2', '')})"
        if formula.get("t") != "shared":
            return text
        here, group = address(self._row, self._column), formula.get("si", "")
        if text:
            self._shared[group] = (text, None, here)
            return text
        if group not in self._shared:
            raise self._bad_cell("the formula that it shares is missing")
        first, mover, origin = self._shared[group]
        self._package.check_time()  # some formulas take a millisecond
        try:
            if mover is None:
                mover = Translator("=" + first, origin)
                self._shared[group] = (first, mover, origin)
            return str(mover.translate_formula(here)).removeprefix("=")
        except _UNTRANSLATABLE:
            raise self._bad_cell("the formula that it shares cannot be read") from None

    def _row_number(self, given: str | None) -> int:
        if given is None:
            return self._row + 1
        number = int(given) if _WHOLE.fullmatch(given) else 0
        if not 1 <= number <= MAX_ROWS:
            raise self._damaged(f"a row has the number '{given[:40]}'")
        return number

    def _here(self) -> str:
        return f"the cell {self._sheet.title}!{address(self._row, self._column)}"

    def _bad_cell(self, why: str) -> SpecError:
        return self._package.fail(f"{self._here()} is damaged: {why}")

    def _damaged(self, why: str) -> SpecError:
        return self._package.fail(f"the sheet '{self._sheet.title}' is damaged: {why}")

    # --- outside cells -------------------------------------------------------------------------------------------

    def _outside_cells(self, full: str, attributes: dict[str, str]) -> None:
        """Read rules with formulas outside cells; those stored as extensions have nested elements."""
        tag = full.rpartition(":")[2]
        if tag in _FORMULAS:
            self._opened = full
            self._text.open()
        elif tag == "cfvo" and "val" in attributes:
            self._keep_rule(attributes["val"])
        elif tag in _KINDS:
            places = attributes.get("sqref", "")[:40]
            what = f" on {self._sheet.title}!{places}" if places else f" of the sheet '{self._sheet.title}'"
            self._rule = _KINDS[tag] + what

    def _keep_rule(self, text: str) -> None:
        self._budget.keep(text)
        self.rules.append((self._rule, unescaped(text)))
