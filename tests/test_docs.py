"""What README and guide show is what happens: commands are run, YAML is checked."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reportgen import api
from reportgen.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text("utf-8")

BASE = """schema: 1
title: A test
requests:
  letter: {prompt_tokens: 800, output_tokens: 300}
"""
OPTIONS = """options:
  baseline: {model: Llama-3.1-8B, accelerator: L40S, batch: 4}
"""


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """Each command of README and guide with what it shows."""
    shown = [*blocks(README, "console"), *blocks(GUIDE, "console")]
    parts = [part for block in shown for part in block.split("$ ")[1:]]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


# `build` is left out: it takes seconds and needs pango; the test of the wheel runs it.
@pytest.mark.parametrize(("command", "shown"), [c for c in commands() if not c[0].startswith("reportgen build")])
def test_a_command_prints_what_is_shown(
    command: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("specs", "tests"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    program, *arguments = shlex.split(command)
    assert program == "reportgen"
    result = CliRunner().invoke(app, arguments)
    if shown.rstrip().endswith("..."):
        shown = shown.rstrip() + "\n"
    assert doctest.OutputChecker().check_output(shown, result.output, doctest.ELLIPSIS), result.output


def test_the_readme_shows_commands() -> None:
    assert len(commands()) >= 5


@pytest.mark.parametrize("part", blocks(GUIDE, "yaml"))
def test_the_examples_of_the_guide_are_correct(part: str, tmp_path: Path) -> None:
    text = part if "schema:" in part else BASE + ("" if part.startswith("options:") else OPTIONS) + part
    spec = tmp_path / "guide.yaml"
    spec.write_text(text, encoding="utf-8")
    assert api.check(spec).name == "guide"


def test_the_guide_explains_every_key() -> None:
    for key in api.schema()["properties"]:
        assert f"`{key}`" in GUIDE, key


def test_the_guide_names_every_option_column_and_function() -> None:
    from reportgen.lang.functions import FUNCTIONS

    for name in api.schema()["$defs"]["option_row"]["properties"]:
        if name not in ("title", "description", "source", "retrieved", "quality", "notes", "aliases", "url"):
            assert f"`{name}`" in GUIDE, name
    functions = {name for name in FUNCTIONS if name.isalnum() and name not in ("and", "or", "not", "if", "neg")}
    listed = re.search(r"Functions are `([^`]*)`", GUIDE)
    assert listed is not None
    assert set(listed[1].split()) == functions


def test_the_library_of_the_guide_is_correct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = re.findall(r"^```(?:csv|yaml) (our-library/\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["our-library/accelerators.csv", "our-library/house.yaml"]
    Path("our-library").mkdir()
    for name, text in files:
        Path(name).write_text(text, encoding="utf-8")
    Path("scenario.yaml").write_text(BASE + OPTIONS + "  ours: {accelerator: house one}\n", encoding="utf-8")
    results = api.evaluate("scenario.yaml", library="our-library")
    assert results.get("rule_when", "ours", "rent_less") is True
    assert results.get("rule_when", "baseline", "rent_less") is False
    assert results.get("memory_bandwidth", "L40S") == 800
    assert results.get("ttft_target") == 2000


def test_the_theme_of_the_guide_is_right(tmp_path: Path) -> None:
    (text,) = blocks(GUIDE, "yaml house.yaml")
    (tmp_path / "house.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"/>')
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "any.ttf").write_bytes(b"")
    look = api.design(theme=tmp_path / "house.yaml")
    assert look.paper == "letter"
    assert look.theme.logo.startswith("data:image/svg+xml;base64,")
    assert look.font_folders == (tmp_path / "fonts",)
