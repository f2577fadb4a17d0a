"""The page on the layout is true: every folder stands in it, with the sentence that its package begins with."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "reportgen"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MOST_LINES, MOST_MODULES = 400, 15


def test_every_folder_stands_on_the_page_with_its_sentence() -> None:
    said = dict(re.findall(r"^\| `([a-z_/]+)/` \| (.+) \|$", PAGE, re.MULTILINE))
    folders = [p.parent for p in PACKAGE.rglob("__init__.py") if p.parent != PACKAGE]
    found = {
        p.relative_to(PACKAGE).as_posix(): (ast.get_docstring(ast.parse((p / "__init__.py").read_text("utf-8"))) or "")
        for p in folders
    }
    assert said == {name: text.splitlines()[0] for name, text in found.items()}


def test_modules_and_folders_are_small() -> None:
    modules = [p for p in PACKAGE.rglob("*.py") if "__pycache__" not in p.parts]
    assert {str(p): n for p in modules if (n := len(p.read_text("utf-8").splitlines())) > MOST_LINES} == {}
    folders = {p.parent for p in modules}
    assert {str(f): n for f in folders if (n := len([*f.glob("*.py")]) - 1) > MOST_MODULES} == {}
