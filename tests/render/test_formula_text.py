"""No module of the workbook writes the text of a formula: trees are printed, and what Excel alone has is an idiom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

EXCEL = Path(__file__).resolve().parents[2] / "reportgen" / "render" / "excel"

ALLOWED = {
    "plan/idioms.py": "the functions of Excel that the language has no word for, each spelled once",
    "file/rows.py": "the XML of the rows, whose attributes look like comparisons",
    "plan/reductions.py": "the printer of reductions, whose ranges belong to the layout of the workbook",
}

FORMULA = re.compile(
    r"""(?<![\w"'])[A-Z][A-Z0-9.]+\(                            # a function: IF(
    | ^=[\w('"$[]                                              # the sign that a formula begins with
    | [\w\0$)"'](?:<>|[<>]=?|=)(?:["'\0$(]|TRUE|FALSE|[A-Z0-9])  # a comparison: A1="yes", A1>0
    | "& | &"                                                  # texts that are joined: A1&"
    """,
    re.VERBOSE,
)
"""What a formula has, or a part of one; a value in a text stands there as a zero character."""

PLANTED = [
    'f"IF({cell}>0,1,2)"',
    '"INDEX(t_option[tpot],3)"',
    '"=SUM(A1:A9)"',
    'f"NOT({flag})"',
    "f'{cell}=\"yes\"'",
    'f"{cell}=TRUE"',
    'f"${letter}{row}>0"',
    'f"{a}={b}"',
    "f'{title}&\" (\"&{name}'",
    'f"{a}<>{b}"',
    '"TEXT(" + cell + ")"',
    'f"x>=1000"',
]
SOUND = [
    '"Low (p10)"',
    'f"$B${row}"',
    'f"{sheet}!A1"',
    '"[>=1000]#,##0;General"',
    '"BF16 (baseline)"',
    'f"{quantity.title}, {unit}"',
    '"#,##0.00;-#,##0.00;0"',
]


def formula_texts(source: str) -> list[tuple[int, str]]:
    """The texts that look like formulas, or like parts of them."""
    module = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    patterns = {
        id(part)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"
        for part in ast.walk(node)
    }
    found, parts = list[tuple[int, str]](), set[int]()
    for node in ast.walk(module):  # a text with values comes before its parts
        if id(node) in documentation | patterns | parts:
            continue
        if isinstance(node, ast.JoinedStr):
            pieces = [piece.value if isinstance(piece, ast.Constant) else "\0" for piece in node.values]
            found.append((node.lineno, "".join(map(str, pieces))))
            parts |= {id(piece) for piece in node.values}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append((node.lineno, node.value))
    return sorted((line, text.replace("\0", "…")) for line, text in found if FORMULA.search(text))


@pytest.mark.parametrize("path", sorted(EXCEL.rglob("*.py")), ids=lambda p: str(p.relative_to(EXCEL)))
def test_no_module_writes_a_formula(path: Path) -> None:
    found = formula_texts(path.read_text("utf-8"))
    name = path.relative_to(EXCEL).as_posix()
    if name in ALLOWED:
        assert found, f"{name} writes no formula any more: take it off the list"
    else:
        assert not found, "print a tree, or add an idiom: " + "; ".join(f"line {line}: {text}" for line, text in found)


@pytest.mark.parametrize("code", PLANTED)
def test_a_formula_is_found(code: str) -> None:
    assert formula_texts(f"shown = {code}")


@pytest.mark.parametrize("code", SOUND)
def test_other_texts_are_none(code: str) -> None:
    assert not formula_texts(f"shown = {code}")
