"""The domain is declared in the library: how many of its names Python spells is counted, and may only fall."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.book.collected.collect import SECTIONS
from reportgen.book.library.library import library

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1] / "reportgen"

FRAME = {"option", "operator", "rule", "driver", "stage", "based_on", *SECTIONS.values()}
"""What a scenario itself is made of: the schema has a section or a key for each."""

WORDS = {
    "1", "USD", "batch", "bound", "cache", "compute", "context", "cost", "decode", "device", "devices",
    "head", "holds", "kind", "layers", "layout", "load", "memory", "missed", "none", "output", "place", "precision",
    "prefill", "prompt", "says", "setting", "share", "target", "tokens",
}  # fmt: skip
"""Names that are words, too: in Python they are also units, blocks of the report, columns of a figure, looks of a
cell, or attributes of XML. They are not counted, for an equal text does not mean the quantity."""

COUNTED = {
    "api": 0,
    "book/rows": 2,
    "cli": 8,
    "fit": 124,
    "intake/model": 39,
    "intake/workbook/translate": 1,
    "render/charts/graph": 1,
    "render/charts/layouts": 6,
    "render/excel/charts": 3,
    "render/excel/file": 1,
    "render/excel/sheets": 1,
    "report": 3,
    "report/figures": 11,
    "report/sections": 3,
    "spec": 2,
    "study": 1,
}
"""How many different names the modules of each folder spell, all modules together. A smaller number is entered here
as soon as it is reached."""


def library_names() -> set[str]:
    """The names of the library: quantities, dimensions and their rows, levers, rules and drivers."""
    names = set[str]()
    for spec in (loaded.spec for loaded in library().files):
        names |= {*spec.quantities, *spec.dimensions, *spec.rules, *spec.levers, *spec.drivers}
        names |= {row for dimension in spec.dimensions.values() for row in dimension.rows}
    return names


def spelled() -> dict[str, dict[str, set[str]]]:
    """The names that stand as texts in Python, by folder and module."""
    names, found = library_names() - FRAME - WORDS, defaultdict[str, dict[str, set[str]]](dict)
    for path in sorted(ROOT.rglob("*.py")):
        if texts := set(texts_of(ast.parse(path.read_text("utf-8")))) & names:
            found[path.parent.relative_to(ROOT).as_posix()][path.name] = texts
    return found


def texts_of(tree: ast.AST) -> Iterator[str]:
    """The texts of a module, without those of its `__all__`, which are names of Python."""
    if isinstance(tree, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in tree.targets):
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
    for child in ast.iter_child_nodes(tree):
        yield from texts_of(child)


def test_no_more_of_the_domain_stands_in_python_than_is_recorded() -> None:
    found = spelled()
    counts = {folder: sum(map(len, modules.values())) for folder, modules in found.items()}
    for folder in counts.keys() | COUNTED.keys():
        count, recorded = counts.get(folder, 0), COUNTED.get(folder, 0)
        modules = "\n".join(f"  {module}: {', '.join(sorted(names))}" for module, names in found[folder].items())
        assert count <= recorded, f"{folder}/ spells more names of the library: declare them there\n{modules}"
        assert count >= recorded, f"{folder}/ spells fewer names than recorded: enter {count} in COUNTED"


def test_words_that_are_not_counted_are_names_of_the_library() -> None:
    assert library_names() >= WORDS


def test_words_that_are_not_counted_stand_in_python() -> None:
    texts = {text for path in ROOT.rglob("*.py") for text in texts_of(ast.parse(path.read_text("utf-8")))}
    assert texts >= WORDS
