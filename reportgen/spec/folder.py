"""Read a folder that holds a user's library, bounded in number, size and depth of its files."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.spec.document import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["File", "Folder", "read_folder"]

Result = TypeVar("Result")

MAX_FILES = 200
MAX_ENTRIES = 5_000
MAX_NESTING = 8
MAX_TOTAL = 10_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read. `display` is its path in messages, `label` its name in outputs."""

    name: str
    display: str
    label: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the user gave it, with its catalogues and then its YAML files, each sorted by path."""

    location: str
    files: tuple[File, ...]


def read_folder(location: str, catalogues: Iterable[str]) -> Folder:
    """Read the catalogues and YAML files in a folder and below it, except hidden files.

    A single YAML file is accepted in place of a folder.

    Raises:
        SpecError: with every mistake found: no such folder, links out of it, files that are too large or too many.
    """
    return _Reader(location, tuple(catalogues)).folder()


class _Reader:
    def __init__(self, location: str, catalogues: tuple[str, ...]) -> None:
        self.location, self.catalogues = location, catalogues
        self.problems: list[Problem] = []
        self.entries = 0

    def folder(self) -> Folder:
        root = self._attempt("", lambda: Path(self.location or ".").resolve(strict=True))
        if root is None:
            raise SpecError(self.problems)
        if root.is_file() and root.suffix.casefold() in (".yaml", ".yml"):
            return self._single(root)
        if not root.is_dir():
            raise SpecError([Problem("this is a file, not a folder", Span(self._display("")))])
        names = sorted(self._names(root, "", 0), key=lambda name: (not name.endswith(".csv"), name))
        if not names and not self.problems:
            hint = f"it may hold {', '.join(self.catalogues)}, and YAML files in the library's format"
            self._fail("", "the folder holds nothing of a library", hint)
        if len(names) > MAX_FILES:
            self._fail("", f"the folder holds {len(names)} files of a library; at most {MAX_FILES} are read")
            names = []
        files = [file for name in names if (file := self._file(root, name)) is not None]
        if (total := sum(len(file.content) for file in files)) > MAX_TOTAL:
            self._fail("", f"the files have {total / 1e6:.1f} MB together; at most {MAX_TOTAL / 1e6:.0f} MB are read")
        if self.problems:
            raise SpecError(self.problems)
        return Folder(self.location, tuple(files))

    def _single(self, path: Path) -> Folder:
        """Read one library file, such as a calibration, as if it were a folder."""
        content = self._attempt("", lambda: self._content(path))
        if content is None:
            raise SpecError(self.problems)
        if len(content) > MAX_BYTES:
            raise SpecError([Problem(f"the file is larger than {MAX_BYTES / 1e6:.0f} MB", Span(self._display("")))])
        return Folder(self.location, (File(path.name, self._display(""), _printable(path.name), content),))

    def _names(self, root: Path, below: str, depth: int) -> list[str]:
        """Return the paths of the library files in a folder, relative to it."""
        names: list[str] = []
        for entry in self._attempt(below, lambda: self._entries(root / below)) or ():
            name = f"{below}/{entry.name}" if below else entry.name
            self.entries += 1
            if self.entries > MAX_ENTRIES:
                if self.entries == MAX_ENTRIES + 1:
                    hint = "name a folder that holds the library and nothing else"
                    self._fail("", f"the folder holds more than {MAX_ENTRIES} files", hint)
                break
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth >= MAX_NESTING:
                    self._fail(name, f"folders nested more than {MAX_NESTING} deep are not read")
                else:
                    names += self._names(root, name, depth + 1)
            elif entry.is_symlink() and self._attempt(name, Path(entry).is_dir):
                self._fail(name, "links to folders are not followed", "put the folder itself here, or leave it out")
            elif self._is_wanted(name):
                names.append(name)
        return names

    @staticmethod
    def _entries(folder: Path) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            return sorted(islice(entries, MAX_ENTRIES + 1), key=lambda entry: entry.name)

    def _is_wanted(self, name: str) -> bool:
        last = name.rpartition("/")[2]
        if last.casefold().endswith(".csv") and last not in self.catalogues:
            self._fail(name, "no catalogue has this name", nearest(last, self.catalogues))
            return False
        return last.casefold().endswith((".csv", ".yaml", ".yml"))

    def _file(self, root: Path, name: str) -> File | None:
        path = self._attempt(name, lambda: (root / name).resolve(strict=True))
        if path is None:
            return None
        if not path.is_relative_to(root):
            self._fail(name, "this is a link to a file outside of the folder", "put the file itself here")
            return None
        content = self._attempt(name, lambda: self._content(path))
        if content is None:
            return None
        if len(content) > MAX_BYTES:
            self._fail(name, f"the file is larger than {MAX_BYTES / 1e6:.0f} MB")
            return None
        return File(name, self._display(name), f"{_printable(root.name)}/{_printable(name)}".lstrip("/"), content)

    @staticmethod
    def _content(path: Path) -> bytes:
        """Read a file, up to one byte over the limit; pipes are refused, because they could block for ever."""
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "it is not a plain file")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)

    def _attempt(self, name: str, action: Callable[[], Result]) -> Result | None:
        try:
            return action()
        except FileNotFoundError:
            self._fail(name, "there is no such file" if name else "there is no such folder")
        except RuntimeError:  # raised before Python 3.13; later it is an OSError
            self._fail(name, "this link leads in a circle")
        except OSError as error:
            circle = error.errno == errno.ELOOP
            self._fail(name, "this link leads in a circle" if circle else f"this cannot be read: {error.strerror}")
        except ValueError as error:  # the name contains a zero byte
            self._fail(name, f"this cannot be read: {error}")
        return None

    def _fail(self, name: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, Span(self._display(name)), hint))

    def _display(self, name: str) -> str:
        return _printable(str(Path(self.location, name)) if name else self.location or ".")


def _printable(text: str) -> str:
    """Replace what could break a message in a path: line ends, control characters, invalid UTF-8."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
