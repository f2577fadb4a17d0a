"""Make workbooks in a second process while the report is laid out, because both take about as long."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.engine.results import Results

__all__ = ["SecondProcess"]


class SecondProcess:
    """Processes that end with the context, whatever happens in it."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> SecondProcess:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def start(self, results: Results, references: str, otherwise: Callable[[], bytes]) -> Callable[[], bytes]:
        """Start the workbook of an evaluated book; the returned function waits for it.

        `otherwise` makes it in this process, if there is only one processor or the other process fails.
        """
        if (os.cpu_count() or 1) < 2:
            return otherwise
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        with tempfile.TemporaryFile() as file:  # a pipe blocks until the other process reads it
            pickle.dump((results.book, results.inputs, results.robustness, references), file)
            file.seek(0)
            process = subprocess.Popen(
                [sys.executable, "-m", "reportgen.render.excel"],
                stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            )  # fmt: skip
        self._running.append(process)

        def finished() -> bytes:
            content = process.communicate()[0]
            return content if process.returncode == 0 and content else otherwise()

        return finished
