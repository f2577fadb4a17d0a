"""What CONTRIBUTING.md says is enough: each thing is added to a copy as it says, and found in what is built."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).parents[1]
SCENARIO = """schema: 1
title: Everything added
requests: {question: {prompt_tokens: 1000, output_tokens: 200}}
levers: none
options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S}
  third: {accelerator: H100-SXM-80GB}
  second: {accelerator: New-Device}
"""
FUNCTION = """    Function(
        "cbrt",
        "cbrt(x)",
        "cube root",
        1,
        1,
        types.rule_plain,
        np.cbrt,
        Form("({0}^(1/3))"),
        Form(r"\\sqrt[3]{{{0}}}"),
    ),
)

FUNCTIONS:"""
REDUCTION = """    Reduction(
        "median", "median(x, over=d)", "middle value", "number", "number", r"\\mathrm{med}", "middle {0} of all {1}s"
    ),
"""
FIGURE = '''"""A chart of one's own."""

from __future__ import annotations

from reportgen.report.view import Figure

__all__ = ["mine_figure"]


def mine_figure(reader):
    """Each option by its quantity."""
    values = [(o, reader.number("added_quantity", o) or 0.0) for o in reader.options]
    bars = tuple(
        {"name": reader.title("option", o), "value": v, "text": f"{v:.2f}", "role": "plain"} for o, v in values
    )
    return Figure("mine", "The chart that was added", "Bars of options.", {"bars": bars, "marks": ()})
'''
READER = '''"""Measurements of one's own kind."""

from __future__ import annotations

from reportgen.fit.measurements import Measurement

__all__ = ["from_mine", "is_mine"]


def is_mine(record):
    """Whether a record is of this kind."""
    return "mine_tpot" in record


def from_mine(record, row):
    """One measurement."""
    return Measurement(row, record["model"], record["gpu"], "tpot_ms", record["mine_tpot"], "decode", "static_batch",
                       batch=1, prompt=1000, output=200)  # fmt: skip
'''


def put(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with one of each thing more."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("reportgen", "templates"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    package, library = root / "reportgen", root / "reportgen" / "library"
    put(library / "quantities" / "words.yaml", "quantities:\n", (
        "quantities:\n"
        "  added_quantity: {title: Added quantity, per: [option], formula: cbrt(batch_added * 8), topic: decision}\n"
        "  added_median: {title: Median of it, formula: 'median(added_quantity, over=option)', topic: decision}\n"
        "  batch_added: {title: Place among the options, per: [option], formula: 'rank(added_one, over=option)'}\n"
        "  added_one: {title: One, per: [option], formula: '1'}\n"
    ))  # fmt: skip
    put(library / "operators" / "dense.yaml", "      mlp_add:", (
        "      added_operator: {title: Added operator, operator_class: elementwise, repeats: layers, "
        "steps: tokens * hidden_size, compute_precision: base_precision, inputs: [mlp_norm]}\n      mlp_add:"
    ))  # fmt: skip
    put(library / "rules" / "levers.yaml", "rules:\n", (
        "rules:\n  added_rule:\n    title: An added rule\n    when: accelerator != accelerator[based_on]\n"
        "    kind: hardware\n    says: 'Added rule: {added_quantity:.1f}.'\n    why: It was added.\n"
    ))  # fmt: skip
    with (library / "accelerators.csv").open(encoding="utf-8") as text:
        lines = text.read().splitlines()
    row = next(line for line in lines if line.startswith("H200-SXM-141GB,"))
    aliases = lines[0].split(",").index("aliases")
    cells = re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", row)
    cells[0], cells[aliases] = "New-Device", ""
    (library / "accelerators.csv").write_text("\n".join([*lines, ",".join(cells)]) + "\n", encoding="utf-8")
    put(library / "report.yaml", "  outline:\n", "  outline:\n    - added\n")
    put(library / "report.yaml", "  sections:\n", (
        "  sections:\n    added:\n      title: The section that was added\n      blocks: [mine]\n"
        "      table: [added_quantity]\n"
    ))  # fmt: skip
    put(package / "lang" / "functions.py", ")\n\nFUNCTIONS:", FUNCTION)
    put(package / "lang" / "reductions.py", '    Reduction("min"', REDUCTION + '    Reduction("min"')
    put(package / "engine" / "reduce.py", '    if function == "rank":\n', (
        '    if function == "median":\n        return Value(np.median(of.data, axis=axes))\n'
        '    if function == "rank":\n'
    ))  # fmt: skip
    put(package / "render" / "excel" / "plan" / "reductions.py", '    if function == "rank":\n', (
        '    if function == "median":\n        return f"MEDIAN({column})", False\n    if function == "rank":\n'
    ))  # fmt: skip
    shutil.copy(root / "templates" / "charts" / "options.vl.json", root / "templates" / "charts" / "mine.vl.json")
    (package / "report" / "figures" / "mine.py").write_text(FIGURE, encoding="utf-8")
    drawn = '    "options": options,\n'
    put(package / "render" / "charts" / "draw.py", drawn, drawn + '    "mine": options,\n')
    put(package / "report" / "blocks.py", "from reportgen.report.figures.memory", (
        "from reportgen.report.figures.mine import mine_figure\nfrom reportgen.report.figures.memory"
    ))  # fmt: skip
    block = '    "mine": lambda reader, _: [mine_figure(reader)],\n'
    put(package / "report" / "blocks.py", '    "method": ', block + '    "method": ')
    put(package / "spec" / "report.py", '"method", ', '"method", "mine", ')
    (package / "render" / "plain").mkdir()
    (package / "render" / "plain" / "__init__.py").write_text(
        'def plain(results):\n    return f"added format: {results.book.name}".encode()\n', encoding="utf-8"
    )
    put(package / "api" / "building.py", "FORMATS = (", 'FORMATS = ("txt", ')
    put(package / "api" / "building.py", '    if kind == "md":\n', (
        '    if kind == "txt":\n        from reportgen.render.plain import plain\n\n'
        '        return [(target, plain(results))]\n    if kind == "md":\n'
    ))  # fmt: skip
    (package / "fit" / "mine.py").write_text(READER, encoding="utf-8")
    put(package / "fit" / "benchmarks.py", "from reportgen.fit.records", (
        "from reportgen.fit.mine import from_mine, is_mine\nfrom reportgen.fit.records"
    ))  # fmt: skip
    put(package / "fit" / "benchmarks.py", "is_vllm(c) or", "is_mine(c) or is_vllm(c) or")
    put(package / "fit" / "benchmarks.py", "        if is_vllm(part):\n", (
        "        if is_mine(part):\n            results.append(from_mine(part, row))\n        elif is_vllm(part):\n"
    ))  # fmt: skip
    (root / "everything.yaml").write_text(SCENARIO, encoding="utf-8")
    (root / "mine.json").write_text(
        json.dumps({"model": "Llama-3.1-8B", "gpu": "New-Device", "mine_tpot": 4.5}), encoding="utf-8"
    )
    run(root, "build", "everything.yaml", "--format", "xlsx,md,txt")
    return root


def run(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "reportgen", *arguments],
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_added_is_in_the_report(copy: Path) -> None:
    text = (copy / "out" / "everything.md").read_text("utf-8")
    assert "The section that was added" in text  # section
    assert "Added quantity" in text  # quantity
    assert "Added operator" in text  # operator
    assert "Added rule: " in text  # rule
    assert "New-Device" in text  # accelerator
    assert "everything.mine.svg" in text  # chart
    assert "The chart that was added" in text
    assert "Bars of options." in (copy / "out" / "everything.mine.svg").read_text("utf-8")
    assert (copy / "out" / "everything.txt").read_text("utf-8") == "added format: everything"  # format


def test_what_was_added_is_in_the_workbook(copy: Path) -> None:
    book = openpyxl.load_workbook(copy / "out" / "everything.xlsx")
    formulas = {c.value for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"}
    texts = [text for text in formulas if isinstance(text, str)]
    assert any("^(1/3)" in text for text in texts)  # function
    assert any("MEDIAN(" in text for text in texts)  # reduction
    values = openpyxl.load_workbook(copy / "out" / "everything.xlsx", data_only=True)
    names = book.defined_names["added_median"].attr_text.rsplit("!", 1)
    middle = values[names[0].strip("'")][names[1].replace("$", "")].value
    assert middle == pytest.approx(2 * 2 ** (1 / 3)), "of three options"


def test_measurements_of_the_added_kind_are_read(copy: Path) -> None:
    made = json.loads(run(copy, "accuracy", "mine.json", "--format", "json"))
    assert [row["measured"] for row in made["rows"]] == [4.5]


def test_the_table_names_what_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(table) == 10
    named = {path for line in table for path in re.findall(r"`((?:reportgen|templates|tests|docs)/[\w./]+)`", line)}
    assert len(named) >= 15
    assert [path for path in sorted(named) if not (ROOT / path).exists() and "NAME" not in path] == []
