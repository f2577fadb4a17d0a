"""What `check` says of a bad scenario, word for word: `tests/errors/<stage>/<case>.yaml` has its text in `<case>.txt`.

The folders are stages: reading the file, its keys, quantities, rows, formulas, studies, and the report.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reportgen.cli import app

FOLDER = Path(__file__).parent / "errors"
CASES = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.yaml"))
PLACED = re.compile(r"^[a-z_]+\.yaml:\d+:\d+: \S")
LIBRARY = re.compile(r"(library/[a-z_/]+\.yaml):\d+:\d+")
"""Places in the library move whenever it grows; the golden texts leave out line and column."""

START = b"schema: 1\ntitle: A test\n"


def said(folder: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `check` says of a file in a folder, having written nothing."""
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    result = CliRunner().invoke(app, ["check", file])
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert sorted(folder.iterdir()) == before
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_said_in_these_words(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    copied = Path(shutil.copy(FOLDER / f"{case}.yaml", tmp_path))
    text = LIBRARY.sub(r"\1", said(tmp_path, copied.name, monkeypatch))
    heads = [line for line in text.splitlines() if not line.startswith(" ")]
    assert heads
    for line in heads:
        assert PLACED.match(line), line
    golden = FOLDER / f"{case}.txt"
    if request.config.getoption("--update"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    if not golden.is_file():
        pytest.fail(f"there is no text for {case}: write it with --update, and read it")
    assert text == golden.read_text(encoding="utf-8")


def test_each_text_has_its_case() -> None:
    assert sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.txt")) == CASES


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (START + b"author: Andr\xe9\n", "broken.yaml:3:13: the file is not UTF-8: byte 0xe9 cannot be read"),
        (START + b"author: a\x07b\n", "broken.yaml:3:10: this is not YAML: "),
        (START + b"# " + b"x" * 10_000_000, "broken.yaml: the file has 10.0 MB; at most 1 MB are read"),
        ("schema: 1\ntitle: A test\n".encode("utf-16"), "broken.yaml:1:1: the file is not UTF-8: "),
        (b"\x00\x01\x02", "broken.yaml:1:1: this is not YAML: "),
        (b"[" * 100_000, "broken.yaml:1:"),
        (b"- " * 100_000, "broken.yaml:1:"),
        (b"a: " * 1000, "broken.yaml:1:"),
    ],
    ids=["latin1", "bell", "large", "utf16", "binary", "brackets", "dashes", "colons"],
)
def test_a_file_that_cannot_be_read_gets_one_message(
    content: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.yaml").write_bytes(content)
    text = said(tmp_path, "broken.yaml", monkeypatch)
    assert text.startswith(words)
    assert len([line for line in text.splitlines() if line.startswith("broken.yaml")]) == 1


def test_a_missing_file_and_a_folder_get_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.yaml").mkdir()
    assert said(tmp_path, "nowhere.yaml", monkeypatch) == "nowhere.yaml: there is no such file\n"
    assert said(tmp_path, "folder.yaml", monkeypatch) == "folder.yaml: this is a folder, not a file\n"


def test_a_formula_of_the_library_that_fails_is_shown_with_the_values_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (FOLDER / "rows" / "unknown_model.yaml").read_text("utf-8").replace("Llama-3.5-8B", "Llama-3.1-8B")
    text = text.replace("{prompt_tokens", "{share: 0, prompt_tokens") + "formulas: {request_count: 0}\n"
    (tmp_path / "zero.yaml").write_text(text, encoding="utf-8")
    lines = said(tmp_path, "zero.yaml", monkeypatch).splitlines()
    assert lines[0].startswith("library/quantities/workload.yaml:")
    assert "'request_weight' for request query is not a finite number" in lines[0]
    formula = "share / total_share if total_share > 0 else request_one / request_count"
    assert lines[-1].startswith(f"  request_weight = {formula}, where ")
    assert "request_count = 0" in lines[-1]


def test_the_mistakes_of_all_files_are_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    files = ["formulas/division_by_zero.yaml", "rows/unknown_model.yaml", "schema/bad_date.yaml"]
    result = CliRunner().invoke(app, ["check", *reversed(files)])
    heads = [line.split(":")[0] for line in result.stderr.splitlines() if not line.startswith(" ")]
    assert heads == files
    assert result.exit_code == 2
