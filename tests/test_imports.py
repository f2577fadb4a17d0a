"""Imports run one way.

errors <- lang <- spec <- book <- engine <- (study, fit, report) <- render <- intake <- api <- cli
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = Path(__file__).parents[1] / "reportgen"
ROOT = "reportgen"

LAYERS = [
    {"errors", "resources", "version"},
    {"lang", "ooxml"},
    {"spec"},
    {"book"},
    {"engine"},
    {"study", "fit", "report"},
    {"render", "render.errors", "render.files", "render.garbage"},
    {"render.charts", "render.excel", "render.text"},
    {"render.html", "render.markdown"},
    {"render.pdf"},
    {"render.document"},
    {"render.second_process"},
    {"intake"},
    {"api"},
    {"", "cli"},  # "" is the package's own __init__, which offers the API
    {"__main__"},
]
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}

# Who may import what from outside; what is not named here is free to all.
RESERVED = {
    "openpyxl": {"render.excel", "intake", "ooxml"},
    "weasyprint": {"render.pdf"},
    "jinja2": {"render.html", "render.document"},
    "vl_convert": {"render.charts"},
    "ziamath": {"render.html"},
    "ruamel": {"spec"},
    "yaml": {"spec"},
    "typer": {"cli"},
    "rich": {"cli"},
}


def unit_of(module: str) -> str:
    """The part of the package that a module belongs to; each renderer is a part of its own."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2] if parts[:1] == ["render"] else parts[:1])


def imported(tree: ast.AST, package: str, modules: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Each imported module with its line, wherever in the file the import stands."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*above, *([name] if name else [])])
                for alias in names:
                    member = f"{base}.{alias.name}"
                    yield node.lineno, member if member in modules else base
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def fault(importer: str, target: str) -> str | None:
    """Why one import is against the rules, or nothing."""
    unit, (top, _, rest) = unit_of(importer), target.partition(".")
    if top != ROOT:
        owners = RESERVED.get(top)
        return None if owners is None or unit in owners else f"only {' and '.join(sorted(owners))} may import {top}"
    other = unit_of(target)
    if not rest or other == unit:  # the root is there for __version__; the test of its own imports is its rank
        return None
    here, there = (RANK.get(name) for name in (unit, other))
    if here is None or there is None:
        return f"{unit if here is None else other} has no place among the layers"
    if unit.startswith("render.") and other == "render":  # a renderer's parent package
        return None
    if there < here:
        return None
    return f"{unit or ROOT} may not import {other}, which {'stands beside it' if there == here else 'comes later'}"


def violations(modules: Mapping[str, str]) -> list[str]:
    """Every import against the rules among modules given as `name: source`; packages are named `name.__init__`."""
    names = {name.removesuffix(".__init__"): source for name, source in modules.items()}
    return [
        f"{name}:{line}: {why}"
        for name, source in modules.items()
        for line, target in imported(ast.parse(source), name.rpartition(".")[0], names)
        if (why := fault(name.removesuffix(".__init__"), target))
    ]


def test_imports_run_one_way() -> None:
    modules = {
        ".".join([ROOT, *path.relative_to(PACKAGE).with_suffix("").parts]): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    assert f"{ROOT}.__init__" in modules
    assert violations(modules) == []


def circles(modules: Mapping[str, str]) -> list[list[str]]:
    """Modules that import each other in a circle, even for their types alone."""
    names = {name.removesuffix(".__init__"): source for name, source in modules.items()}
    packages = {name: name if f"{name}.__init__" in modules else name.rpartition(".")[0] for name in names}
    reads = {
        name: {target for _, target in imported(ast.parse(source), packages[name], names)} & names.keys() - {name}
        for name, source in names.items()
    }
    while free := {name for name, others in reads.items() if not others & reads.keys()}:
        reads = {name: others for name, others in reads.items() if name not in free}
    return [sorted(reads)] if reads else []


def test_no_module_imports_in_a_circle() -> None:
    modules = {
        ".".join([ROOT, *path.relative_to(PACKAGE).with_suffix("").parts]): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }
    assert circles(modules) == []
    planted = {f"{ROOT}.one": "if TYPE_CHECKING:\n    from reportgen.two import B", f"{ROOT}.two": "from . import one"}
    assert circles(planted) == [[f"{ROOT}.one", f"{ROOT}.two"]]


@pytest.mark.parametrize(
    ("importer", "source", "why"),
    [
        ("lang.tree", "import reportgen.book", "lang may not import book, which comes later"),
        ("lang.tree", "def f():\n    from reportgen import engine", "lang may not import engine, which comes later"),
        ("lang.__init__", "from ..spec import load", "lang may not import spec, which comes later"),
        ("engine.run", "from ..api import build", "engine may not import api, which comes later"),
        ("fit.curve", "from reportgen.study import sweep", "fit may not import study, which stands beside it"),
        (
            "render.excel.sheet",
            "from ..charts import draw",
            "render.excel may not import render.charts, which stands beside it",
        ),
        ("render.__init__", "from . import excel", "render may not import render.excel, which comes later"),
        ("render.html.page", "from ..pdf import layout", "render.html may not import render.pdf, which comes later"),
        ("errors", "from .resources import x", "errors may not import resources, which stands beside it"),
        ("extra", "import reportgen.lang", "extra has no place among the layers"),
        ("book.merge", "import ruamel.yaml", "only spec may import ruamel"),
        ("render.html.page", "import openpyxl.utils", "only intake and ooxml and render.excel may import openpyxl"),
        ("render.excel.sheet", "from jinja2 import Template", "only render.document and render.html may import jinja2"),
        ("api", "import rich", "only cli may import rich"),
        ("api", "import_module('typer')", "only cli may import typer"),
    ],
)
def test_a_planted_violation_is_found(importer: str, source: str, why: str) -> None:
    around = {
        f"{ROOT}.{name}.__init__": "" for name in ("engine", "render.excel", "render.charts", "render.pdf", "book")
    }
    found = violations(around | {f"{ROOT}.{importer}": source})
    assert [message.partition(": ")[2] for message in found] == [why]


@pytest.mark.parametrize(
    ("importer", "source"),
    [
        ("cli", "import typer\nfrom rich.table import Table\nfrom . import api"),
        ("render.excel.sheet", "from reportgen import __version__, book\nfrom .style import FONT\nimport openpyxl"),
        ("render.html.page", "from reportgen.resources import templates_dir\nfrom ...errors import ReportgenError"),
        ("study.sweep", "from reportgen.engine import evaluate\nimport numpy as np"),
        ("__init__", "from reportgen.api import build"),
        ("__main__", "from reportgen.cli import main"),
    ],
)
def test_what_is_allowed_passes(importer: str, source: str) -> None:
    assert violations({f"{ROOT}.{importer}": source, f"{ROOT}.book.__init__": ""}) == []
