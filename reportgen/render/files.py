"""Write output files atomically: under a temporary name in the target folder, then renamed."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from reportgen.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

__all__ = ["Staged"]


class Staged:
    """Files in progress. Leaving the context without `commit` removes them and changes nothing else.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder, Staged() as staged:
    ...     staged.add(Path(folder, "a.txt"), b"whole")
    ...     [path.name for path in staged.commit()]
    ['a.txt']
    """

    def __init__(self) -> None:
        self._waiting: dict[Path, Path] = {}

    def __enter__(self) -> Staged:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in self._waiting.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def add(self, path: Path, content: bytes) -> None:
        """Write the content under a temporary name, in the folder of `path`.

        Raises:
            OutputError: the folder or the file cannot be written.
        """
        with self.open(path) as file:
            file.write(content)

    @contextlib.contextmanager
    def open(self, path: Path) -> Iterator[BinaryIO]:
        """Open a temporary file in the folder of `path`, for content that is written piece by piece.

        Raises:
            OutputError: the folder or the file cannot be written.
        """
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(21, "there is a folder of this name")
            self._waiting[path] = part
            with part.open("xb") as file:
                yield file
        except OSError as error:
            raise _unwritten(path, error) from None

    def commit(self) -> list[Path]:
        """Rename every file to its final name; return the paths in the order in which they were added."""
        written = []
        for path, part in list(self._waiting.items()):
            try:
                part.replace(path)
            except OSError as error:
                raise _unwritten(path, error) from None
            del self._waiting[path]
            written.append(path)
        return written


def _unwritten(path: Path, error: OSError) -> OutputError:
    return OutputError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")
