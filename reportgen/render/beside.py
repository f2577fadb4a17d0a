"""Workbooks made in a second process while the report is laid out: each takes about as long as the other."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.book.book import Book

__all__ = ["Beside"]


class Beside:
    """Processes that are ended with the context, whatever happens in it."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def start(self, book: Book, otherwise: Callable[[], bytes]) -> Callable[[], bytes]:
        """Begin the workbook of a book; the function that is returned waits for it.

        `otherwise` makes it here: where there is one processor, or where the other process did not succeed.
        """
        if (os.cpu_count() or 1) < 2:
            return otherwise
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        process = subprocess.Popen(  # noqa: S603 - this very program, on a text that has been checked
            [sys.executable, "-m", "reportgen.render.excel", book.name, book.library_hash, *book.overlays],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
        self._running.append(process)
        assert process.stdin is not None
        process.stdin.write(book.text.encode())
        process.stdin.close()
        process.stdin = None

        def finished() -> bytes:
            content = process.communicate()[0]
            return content if process.returncode == 0 and content else otherwise()

        return finished
