"""Load the library: the package's files and catalogues, then the users' libraries over them."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

from reportgen.book.library import overlay
from reportgen.book.library.participation import faults
from reportgen.book.library.parts import Library, Table
from reportgen.errors import Problem, SpecError
from reportgen.resources import library_dir
from reportgen.spec.document import parse_document
from reportgen.spec.folder import File, Folder, read_folder
from reportgen.spec.load import Loaded, load_library_file, validate
from reportgen.spec.model import LibrarySpec
from reportgen.spec.table import parse_table, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


__all__ = ["CATALOGUES", "FITTED", "Library", "Table", "library"]

CATALOGUES = {
    "accelerators.csv": "accelerator",
    "models.csv": "model",
    "prices.csv": "price",
    "token_prices.csv": "price",
}
"""The catalogue files, and the dimension whose rows each holds."""
FITTED = "efficiency.yaml"
"""The file of fitted factors; it overrides values that the other files declare."""


def library(folders: Iterable[str] = ()) -> Library:
    """Load the package's library with the libraries in the folders over it, a later one over an earlier.

    The result is cached until a file changes.

    Raises:
        SpecError: with every mistake found in the folders.
    """
    read, problems = list[Folder](), list[Problem]()
    for given in folders:
        try:
            read.append(read_folder(given, CATALOGUES))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return _laid_over(tuple(read)) if read else _ours()


@functools.cache
def _ours() -> Library:
    root = library_dir()
    files = sorted(root.rglob("*.yaml"), key=lambda p: (p.name == FITTED, p.relative_to(root).as_posix()))
    loaded = [load_library_file(p, "library/" + p.relative_to(root).as_posix(), quick=True) for p in files]
    tables = [Table(d, read_table(root / n, f"library/{n}")) for n, d in CATALOGUES.items() if (root / n).is_file()]
    if problems := list(faults(loaded)):
        raise SpecError(problems)
    return Library((*loaded, *tables), _hash(root))


def _hash(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".csv")):
        _digest(digest, path.relative_to(root).as_posix(), path.read_bytes())
    return digest.hexdigest()[:12]


def _digest(digest: hashlib._Hash, name: str, content: bytes) -> None:
    digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + content.replace(b"\r\n", b"\n") + b"\0")


@functools.lru_cache(maxsize=4)
def _laid_over(folders: tuple[Folder, ...]) -> Library:
    ours = _ours()
    parts, problems = list(ours.parts), list[Problem]()
    digest = hashlib.sha256(ours.hash.encode())
    for folder in folders:
        for file in folder.files:
            _digest(digest, file.name, file.content)
            try:
                parts.append(_part(file, problems))
            except SpecError as error:
                problems += error.problems
        digest.update(b"\0")
    merged = Library(tuple(parts), digest.hexdigest()[:12])
    if not problems:
        added = parts[len(ours.parts) :]
        problems += [*faults(merged.files), *overlay.faults(merged, added)]
    if problems:
        raise SpecError(problems)
    return merged


def _part(file: File, problems: list[Problem]) -> Loaded[LibrarySpec] | Table:
    """Read a file of a user's library; mistakes that leave the rest readable are added to `problems`."""
    if file.name.endswith(".csv"):
        table = parse_table(file.content, file.display)
        table.label = file.label
        return Table(CATALOGUES[file.name.rpartition("/")[2]], table)
    document = parse_document(file.content, file.display, hint="write schema: 1, and below it what the file declares")
    document.label = file.label
    loaded = validate(LibrarySpec, document)
    problems += loaded.problems
    return loaded
