"""Drives LibreOffice under the system's Python: reads one JSON request per line, answers each with one JSON line.

It is a program of its own because UNO belongs to the system's Python, and imports nothing of the project. When its
input ends, for whatever reason, LibreOffice ends with it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import pathlib
import queue
import shutil
import sys
import threading
import time
import traceback

from soffice import RequestError, Soffice

FORMULA = 16
GRACE = 5.0  # seconds to end in good order
NUMBER, LOGICAL = 16, 1024  # com.sun.star.util.NumberFormat


def properties(**values: object) -> tuple:
    """Named arguments as UNO takes them."""
    from com.sun.star.beans import PropertyValue

    made = []
    for name, value in values.items():
        item = PropertyValue()
        item.Name, item.Value = name, value
        made.append(item)
    return tuple(made)


def letters(column: int) -> str:
    """The name of a column counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def content(cell: object) -> object:
    """What one cell holds: a number, a text, nothing, or the code of its error."""
    if cell.getError():
        return {"error": cell.getError()}
    kind = cell.Type.value
    if kind == "FORMULA":
        kind = {1: "VALUE", 2: "TEXT"}.get(cell.FormulaResultType2, "TEXT")
    return {"EMPTY": None, "VALUE": cell.Value, "TEXT": cell.String}[kind]


def plain(value: object) -> bool:
    """Whether a value of a bulk call is the cell's content, and not a sign of an error."""
    return isinstance(value, str) or (isinstance(value, float) and math.isfinite(value))


CODES = 100


class Documents:
    """The requests that a caller can make, one method each."""

    def __init__(self, desktop: object) -> None:
        self.desktop, self.count = desktop, 0
        self.open_documents: dict = {}
        self.sheets: dict = {}
        self.sent: dict = {}  # the contents of sheets as they were told last
        self.logical: set[int] = set()  # the number formats that show TRUE and FALSE

    def open(self, path: str) -> int:
        """Load a workbook without its macros and links."""
        document = self.desktop.loadComponentFromURL(
            pathlib.Path(path).as_uri(),
            "_blank",
            0,
            properties(Hidden=True, MacroExecutionMode=0, UpdateDocMode=0),
        )
        if document is None or not hasattr(document, "Sheets"):
            raise RequestError(f"LibreOffice cannot open {path} as a workbook")
        self.count += 1
        self.open_documents[self.count] = document
        return self.count

    def close(self, document: int) -> None:
        """Forget a workbook."""
        self.sheets = {key: sheet for key, sheet in self.sheets.items() if key[0] != document}
        self.sent = {key: lines for key, lines in self.sent.items() if key[0] != document}
        self.open_documents.pop(document).close(True)

    def recalculate(self, document: int) -> None:
        """Compute each formula again, also those that came with a value."""
        self.open_documents[document].calculateAll()

    def cells(self, document: int) -> dict:
        """Whether they are all, and the cells of each sheet that show something else than when it was last asked for.

        A sheet is read at once, for each question to LibreOffice takes its time. So only the first errors of a sheet
        come with their codes; an input's error may spread to a hundred thousand. Errors are told each time.
        """
        found = {}
        for sheet in self.open_documents[document].Sheets:
            cursor = sheet.createCursor()
            cursor.gotoEndOfUsedArea(False)
            end = cursor.RangeAddress
            area = sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)
            names = [letters(column) for column in range(end.EndColumn + 1)]
            asked = iter(range(CODES))

            def shown(value: object, column: int, row: int, area: object = area, asked: object = asked) -> object:
                if plain(value):
                    return value
                return {"error": None} if next(asked, None) is None else content(area.getCellByPosition(column, row))

            lines, told = area.getDataArray(), self.sent.get((document, sheet.Name))
            everything = told is None or (len(told), len(told[0])) != (len(lines), len(lines[0]))
            if everything:
                told = (("",) * len(lines[0]),) * len(lines)
            found[sheet.Name] = (
                everything,
                {
                    f"{names[column]}{row}": shown(value, column, row - 1)
                    for row, (line, before) in enumerate(zip(lines, told, strict=True), 1)
                    if line != before or None in line
                    for column, (value, old) in enumerate(zip(line, before, strict=True))
                    if value != old or not plain(value)
                },
            )
            self.sent[document, sheet.Name] = lines
        return found

    def formulas(self, document: int) -> dict:
        """The text of each formula cell."""
        found = {}
        for sheet in self.open_documents[document].Sheets:
            values = found[sheet.Name] = {}
            for place in sheet.queryContentCells(FORMULA).RangeAddresses:
                area = sheet.getCellRangeByPosition(place.StartColumn, place.StartRow, place.EndColumn, place.EndRow)
                for row, line in enumerate(area.getFormulaArray(), place.StartRow + 1):
                    for column, value in enumerate(line, place.StartColumn):
                        values[f"{letters(column)}{row}"] = value
        return found

    def sheet(self, document: int, name: str) -> object:
        """A sheet by its title; each is asked for once, for every question to LibreOffice takes its time."""
        if (document, name) not in self.sheets:
            sheets = self.open_documents[document].Sheets
            if not sheets.hasByName(name):
                raise RequestError(f"there is no sheet {name!r}")
            self.sheets[document, name] = sheets.getByName(name)
        return self.sheets[document, name]

    def cell(self, document: int, sheet: str, address: str) -> object:
        """One cell by its address."""
        return self.sheet(document, sheet).getCellRangeByName(address).getCellByPosition(0, 0)

    def named(self, document: int, name: str) -> object:
        """The one cell that a name of the workbook stands for."""
        names = self.open_documents[document].NamedRanges
        if not names.hasByName(name):
            raise RequestError(f"there is no name {name!r}")
        area = names.getByName(name).getReferredCells()
        place = area and area.RangeAddress
        if not place or (place.StartColumn, place.StartRow) != (place.EndColumn, place.EndRow):
            raise RequestError(f"the name {name!r} does not stand for one cell")
        return area.getCellByPosition(0, 0)

    def get(self, document: int, sheet: str, address: str) -> object:
        """What a cell holds."""
        area = self.sheet(document, sheet).getCellRangeByName(address)
        value = area.getDataArray()[0][0]
        return value if plain(value) and value != "" else content(area.getCellByPosition(0, 0))

    def get_name(self, document: int, name: str) -> object:
        """What the cell of a name holds."""
        return content(self.named(document, name))

    def set(self, document: int, sheet: str, address: str, value: object) -> None:
        """Type a value into a cell."""
        self.put(document, self.cell(document, sheet, address), value)

    def set_name(self, document: int, name: str, value: object) -> None:
        """Type a value into the cell of a name."""
        self.put(document, self.named(document, name), value)

    def put(self, document: int, cell: object, value: object) -> None:
        """Change a cell as a user could."""
        if cell.Spreadsheet.isProtected() and cell.CellProtection.IsLocked:  # which binds users, not programs
            raise RequestError(f"the cell {cell.AbsoluteName} is protected")
        if isinstance(value, bool):
            # A number that is shown as TRUE or FALSE: LibreOffice has no other logical constants.
            cell.Value = float(value)
            self.format(document, cell, LOGICAL)
        elif value is None:
            cell.Formula = ""
        elif isinstance(value, str):
            cell.String = value
        else:
            cell.Value = float(value)
            if cell.NumberFormat in self.logical:  # a logical value stood here
                self.format(document, cell, NUMBER)

    def format(self, document: int, cell: object, kind: int) -> None:
        """Show a cell in the standard way of a kind of number."""
        book = self.open_documents[document]
        cell.NumberFormat = book.NumberFormats.getStandardFormat(kind, book.CharLocale)
        if kind == LOGICAL:
            self.logical.add(cell.NumberFormat)

    def end(self) -> None:
        """Close everything and have LibreOffice end by itself: only then does it clean up."""
        for document in self.open_documents.values():
            document.close(True)
        self.desktop.terminate()

    def store_pdf(self, document: int, path: str) -> None:
        """Print a workbook to a file."""
        url = pathlib.Path(path).as_uri()
        self.open_documents[document].storeToURL(url, properties(FilterName="calc_pdf_Export"))

    def store(self, document: int, path: str) -> None:
        """Save a copy of a workbook, as a user would who keeps its format."""
        url = pathlib.Path(path).as_uri()
        self.open_documents[document].storeToURL(url, properties(FilterName="Calc MS Excel 2007 XML"))

    def set_formula(self, document: int, sheet: str, address: str, formula: str) -> None:
        """Type a formula into a cell, in the words and signs of LibreOffice."""
        self.cell(document, sheet, address).Formula = formula

    def insert(self, document: int, sheet: str, rows: bool, at: int, count: int) -> None:
        """Insert empty rows, or columns, before the one with a number (from 1)."""
        found = self.sheet(document, sheet)
        (found.Rows if rows else found.Columns).insertByIndex(at - 1, count)


def requests(soffice: list[Soffice]) -> queue.SimpleQueue:
    """The lines of standard input; a thread watches for its end, also while LibreOffice is busy."""
    lines: queue.SimpleQueue = queue.SimpleQueue()

    def watch() -> None:
        for line in sys.stdin:
            lines.put(json.loads(line))
        lines.put({"do": "end", "arguments": []})
        time.sleep(GRACE)
        for process in soffice:
            process.end()
            shutil.rmtree(process.folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    return lines


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    binary, folder, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
    started: list[Soffice] = []
    lines = requests(started)

    def answer(**said: object) -> None:
        answers.write(json.dumps(said, allow_nan=False) + "\n")
        answers.flush()

    try:
        started.append(Soffice(binary, folder, limit))
        documents = Documents(started[0].desktop())
        answer(result=started[0].process.pid)
        while True:
            request = lines.get()
            if request["do"] == "end":
                with contextlib.suppress(Exception):  # the connection breaks off when LibreOffice ends
                    documents.end()
                    started[0].process.wait(GRACE)
                break
            try:
                answer(result=getattr(documents, request["do"])(*request["arguments"]))
            except RequestError as failure:
                answer(failure=str(failure))
    except BaseException as error:
        answer(failure=str(error) if isinstance(error, (RequestError, ImportError)) else traceback.format_exc())
    finally:
        for process in started:
            process.end()
            shutil.rmtree(process.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
