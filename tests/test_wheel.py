"""The built wheel, installed into an empty environment elsewhere, builds reports with its own templates and library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.pdf]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program and return what it printed; what it said goes into the failure."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a wheel")
    # without isolation: hatchling is there, and the test needs no network
    flags = ["--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder]
    run(sys.executable, "-m", "pip", "wheel", "-q", *flags, PROJECT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel, and of the project nothing else."""
    folder = tmp_path_factory.mktemp("an environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", wheel, cwd=folder)
    # The dependencies are lent by the running environment. Its own .pth files, the editable project's among them,
    # are not read from here.
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    lent = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (packages / "lent.pth").write_text("".join(f"{path}\n" for path in lent), encoding="utf-8")
    return python


def test_the_wheel_holds_templates_library_and_licences(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for source, target in (("templates", "reportgen/templates"), ("reportgen/library", "reportgen/library")):
        files = [path for path in (PROJECT / source).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert files
        assert {f"{target}/{path.relative_to(PROJECT / source).as_posix()}" for path in files} <= names
    assert {name.rpartition("/")[2] for name in names} >= {"LICENSE", "NOTICE", "OFL.txt"}
    assert not any(name.startswith(("tests/", "templates/", "out/")) for name in names)


def test_the_installed_wheel_builds_a_report(installed: Path, tmp_path: Path) -> None:
    shutil.copy(PROJECT / "specs" / "alice.yaml", tmp_path)
    where = Path(run(installed, "-c", "import reportgen; print(reportgen.__file__)", cwd=tmp_path).strip())
    assert where.is_relative_to(installed.parents[1])
    run(installed, "-m", "reportgen", "build", "alice.yaml", "--format", "xlsx,pdf", cwd=tmp_path)
    assert zipfile.is_zipfile(tmp_path / "out" / "alice.xlsx")
    assert (tmp_path / "out" / "alice.pdf").read_bytes().startswith(b"%PDF-")
