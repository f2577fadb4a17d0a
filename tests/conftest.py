"""What all tests share: golden texts, and property tests that try the same examples each time."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable

gc.set_threshold(100_000, 20)  # workbooks are made of many objects that last: collecting takes a fifth of the time

GOLDEN = Path(__file__).parent / "golden"

# A failure must come back when the test runs again, and time limits say more about the machine than about the code.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update`, which writes the golden texts instead of comparing them."""
    parser.addoption("--update", action="store_true", help="write the golden texts instead of comparing them")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: "parity" not in item.path.parts)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the one kept in `tests/golden/<name>`."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if not path.is_file():
            pytest.fail(f"there is no golden text {name}: write it with --update, and read it")
        assert text == path.read_text(encoding="utf-8"), f"{name} differs: if that is meant, run with --update"

    return compare
