"""LibreOffice as an oracle: opens a workbook, edits inputs, recalculates, and tells what each cell then holds."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import openpyxl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

__all__ = ["INSTALL", "Content", "Document", "Office", "OfficeError", "OfficeMissingError", "evaluate_formulas"]

# A number, a text, {"error": LibreOffice's code, or None} or None for an empty cell. Logical values are numbers 1.0 and
# 0.0: LibreOffice keeps them as numbers that are shown as TRUE and FALSE.
Content: TypeAlias = "float | str | dict[str, int | None] | None"

INSTALL = "apt-get update && apt-get install -y --no-install-recommends libreoffice-calc-nogui python3-uno"
_GRACE = 8.0  # seconds that LibreOffice has to end in good order
_SYSTEM_PYTHON = "/usr/bin/python3"
_CHILD = Path(__file__).with_name("uno_child.py")
_FOLDERS = ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice/program")


class OfficeError(Exception):
    """LibreOffice cannot do what was asked of it, or did not answer in time."""


class OfficeMissingError(OfficeError):
    """LibreOffice or its Python bridge is not installed; says what installs them."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not installed. This installs it, as root: {INSTALL}")


class Office:
    """One LibreOffice with an empty profile of its own, for as long as a `with` block lasts.

    Args:
        limit: Seconds that any call may take. After that LibreOffice is killed, and every further call fails.
    """

    def __init__(self, *, limit: float = 120.0) -> None:
        self.limit = limit
        self._child: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._copies = 0

    def __enter__(self) -> Self:
        binary = _soffice()
        self.folder = Path(tempfile.mkdtemp(prefix="office"))
        try:
            self._start(binary)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self, binary: Path) -> None:
        environment = {"HOME": str(self.folder), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        self._child = subprocess.Popen(
            [_SYSTEM_PYTHON, "-B", "-E", "-s", str(_CHILD), str(binary), str(self.folder), str(self.limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            encoding="utf-8",
            start_new_session=True,  # a group of its own, so that LibreOffice can be ended with it
        )
        self._listener = threading.Thread(target=self._listen, args=(self._child.stdout,), daemon=True)
        self._listener.start()
        self.pid: int = self._answer(self.limit + 10)

    def _listen(self, lines: Any) -> None:
        for line in lines:
            self._answers.put(line)
        self._answers.put("")

    def call(self, do: str, *arguments: object) -> Any:
        """Ask the child for something and wait for the answer."""
        if self._child is None or self._child.stdin is None:
            message = "LibreOffice has been closed"
            raise OfficeError(message)
        with contextlib.suppress(BrokenPipeError):  # it has said why it ended
            self._child.stdin.write(json.dumps({"do": do, "arguments": arguments}, allow_nan=False) + "\n")
            self._child.stdin.flush()
        return self._answer(self.limit)

    def _answer(self, limit: float) -> Any:
        try:
            line = self._answers.get(timeout=limit)
        except queue.Empty:
            self.close(orderly=False)
            message = f"LibreOffice did not answer within {limit:g} s and has been killed"
            raise OfficeError(message) from None
        if not line:
            self.close()
            message = "the program that drives LibreOffice has ended"
            raise OfficeError(message)
        answer: dict[str, Any] = json.loads(line)
        if "failure" not in answer:
            return answer["result"]
        if "uno" in answer["failure"] and "No module" in answer["failure"]:
            what = f"python3-uno for {_SYSTEM_PYTHON}"
            raise OfficeMissingError(what)
        raise OfficeError(answer["failure"])

    def open(self, path: Path | str) -> Document:
        """Open a copy of a workbook: the file stays as it is, and no lock of another program matters."""
        self._copies += 1
        folder = self.folder / f"copy{self._copies}"
        folder.mkdir()
        copy = Path(shutil.copyfile(path, folder / Path(path).name))
        return Document(self, self.call("open", str(copy)), folder)

    def close(self, *, orderly: bool = True) -> None:
        """End LibreOffice, by force where need be, and remove what it wrote; closing twice does no harm."""
        child, self._child = self._child, None
        if child is not None:
            with contextlib.suppress(OSError):
                assert child.stdin is not None
                child.stdin.close()  # which the child takes as the end
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE if orderly else 0.0)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if child.stdout is not None:
                self._listener.join()
                child.stdout.close()
            Path(f"/tmp/OSL_PIPE_{os.getuid()}_reportgen{child.pid}").unlink(missing_ok=True)  # noqa: S108 - its place
        shutil.rmtree(self.folder, ignore_errors=True)


class Document:
    """A workbook that is open in LibreOffice."""

    def __init__(self, office: Office, number: int, folder: Path) -> None:
        self._office, self._number, self._folder = office, number, folder
        self._shown: dict[str, dict[str, Content]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._office._child is not None:
            self.close()

    def _call(self, do: str, *arguments: object) -> Any:
        return self._office.call(do, self._number, *arguments)

    def recalculate(self) -> None:
        """Compute every formula again, also those whose stored value LibreOffice believed at load."""
        self._call("recalculate")

    def cells(self) -> dict[str, dict[str, Content]]:
        """`{sheet: {address: content}}` of all cells that are not empty, to be read only.

        The child sends what it has not sent before: after an edit most cells are what they were.
        """
        found: dict[str, dict[str, Content]] = {}
        for sheet, (everything, sent) in self._call("cells").items():
            found[sheet] = shown = {} if everything else dict(self._shown[sheet])
            shown.update(sent)
            for address in [address for address, content in sent.items() if content == ""]:
                del shown[address]
        self._shown = found
        return found

    def formulas(self) -> dict[str, dict[str, str]]:
        """`{sheet: {address: formula}}` of all formula cells, as LibreOffice writes them."""
        found: dict[str, dict[str, str]] = self._call("formulas")
        return found

    def get(self, sheet: str, address: str) -> Content:
        """What one cell holds."""
        content: Content = self._call("get", sheet, address)
        return content

    def get_name(self, name: str) -> Content:
        """What the cell holds that a name of the workbook stands for."""
        content: Content = self._call("get_name", name)
        return content

    def set(self, sheet: str, address: str, value: float | str | bool | None) -> None:
        """Type a value into a cell, with what depends on it computed at once; text is never taken as a formula.

        Raises:
            OfficeError: where the cell is protected.
        """
        self._call("set", sheet, address, value)

    def set_name(self, name: str, value: float | str | bool | None) -> None:
        """Type a value into the one cell that a name of the workbook stands for."""
        self._call("set_name", name, value)

    def store_pdf(self, path: Path | str) -> None:
        """Print the workbook to a PDF file."""
        self._call("store_pdf", str(Path(path).resolve()))

    def set_formula(self, sheet: str, address: str, formula: str) -> None:
        """Type a formula into a cell, as LibreOffice writes it (arguments are parted by `;`)."""
        self._call("set_formula", sheet, address, formula)

    def insert(self, sheet: str, at: int, count: int = 1, *, rows: bool = True) -> None:
        """Insert empty rows, or columns, before the one with a number."""
        self._call("insert", sheet, rows, at, count)

    def store(self, path: Path | str) -> None:
        """Save a copy as .xlsx, in LibreOffice's own way."""
        self._call("store", str(Path(path).resolve()))

    def close(self) -> None:
        """Close the workbook without saving."""
        self._call("close")
        shutil.rmtree(self._folder, ignore_errors=True)


def evaluate_formulas(
    office: Office, formulas: Sequence[str], inputs: Mapping[str, float | str | bool | None] | None = None
) -> list[Content]:
    """What LibreOffice makes of formulas, written as in a workbook's file, with or without the leading `=`.

    They stand in column A of one sheet. `inputs` are set in other columns, each with all its digits:
    `evaluate_formulas(office, ["B1+B2"], {"B1": 1.0, "B2": 0.1})`.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Sheet1"
    for row, formula in enumerate(formulas, 1):
        sheet.cell(row, 1, "=" + formula.removeprefix("="))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "formulas.xlsx"
        book.save(path)
        with office.open(path) as document:
            for address, value in (inputs or {}).items():
                document.set("Sheet1", address, value)
            document.recalculate()
            cells = document.cells()["Sheet1"]
    return [cells.get(f"A{row}", "") for row in range(1, len(formulas) + 1)]


def _soffice() -> Path:
    """The program itself, not the script around it."""
    script = shutil.which("soffice") or shutil.which("libreoffice")
    folders = [Path(script).resolve().parent] if script else []
    for folder in [*folders, *map(Path, _FOLDERS)]:
        if (folder / "soffice.bin").is_file():
            if not Path(_SYSTEM_PYTHON).exists():
                raise OfficeMissingError(_SYSTEM_PYTHON)
            return folder / "soffice.bin"
    what = "LibreOffice"
    raise OfficeMissingError(what)
