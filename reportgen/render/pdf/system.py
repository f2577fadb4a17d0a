"""Check that this system can make PDFs, and restrict the layout engine to our fonts."""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from reportgen.render.errors import DocumentUnavailable
from reportgen.resources import templates_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["own_fonts", "preflight"]

# The names of each library on Linux, macOS and Windows.
_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "gobject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libgobject-2.0-0", "gobject-2.0"),
    "pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0", "pango-1.0"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0", "pangoft2-1.0"),
    "harfbuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0", "harfbuzz"),
    "fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1", "fontconfig"),
}

_DEBIAN = "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_LINUX: Mapping[str, str] = {
    "debian": _DEBIAN,
    "ubuntu": _DEBIAN,
    "fedora": "dnf install -y pango",
    "rhel": "dnf install -y pango",
    "suse": "zypper install -y libpango-1_0-0",
    "arch": "pacman -S --noconfirm pango",
    "alpine": "apk add pango",
}


def preflight() -> None:
    """Find the system libraries before importing the layout engine.

    If one is missing, that import prints a banner to stdout, which would corrupt a command's output.

    Raises:
        DocumentUnavailable: a library is missing; the message contains the one command that installs it.
    """
    missing = [name for name, files in _LIBRARIES.items() if not _loads(files)]
    if missing:
        message = f"the PDF cannot be made: this system lacks {', '.join(missing)}. Install it with: {_remedy()}"
        raise DocumentUnavailable(message)


def _loads(files: Sequence[str]) -> bool:
    if sys.platform == "win32":
        folders = os.environ.get("WEASYPRINT_DLL_DIRECTORIES", r"C:\msys64\ucrt64\bin;C:\msys64\mingw64\bin")
        for folder in filter(os.path.isdir, folders.split(";")):
            os.add_dll_directory(folder)
    for file in files:
        with contextlib.suppress(OSError):
            ctypes.CDLL(file)
            return True
    return ctypes.util.find_library(files[-1]) is not None


def _remedy(platform: str = sys.platform, release: str | None = None) -> str:
    """Return the one command that installs pango on this system."""
    if platform == "darwin":
        # Python from other sources than Homebrew does not search Homebrew's folder.
        return "brew install pango && export DYLD_FALLBACK_LIBRARY_PATH=/opt/homebrew/lib:/usr/local/lib"
    if platform == "win32":
        return "pacman -S --noconfirm mingw-w64-ucrt-x86_64-pango (in the MSYS2 terminal)"
    if release is None:
        file = Path("/etc/os-release")
        release = file.read_text("utf-8") if file.is_file() else ""
    fields = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    kin = f"{fields.get('ID', '')} {fields.get('ID_LIKE', '')}".replace('"', "").split()
    command = next((_LINUX[name] for name in kin if name in _LINUX), _DEBIAN)
    return command if platform != "linux" or os.geteuid() == 0 else f"sudo {command}"


@contextlib.contextmanager
def own_fonts(more: Sequence[Path] = ()) -> Iterator[None]:
    """Make fontconfig see only the shipped fonts and those in the folders of `more`.

    So the same report has the same bytes whatever fonts a machine has, and machines without fonts work.
    """
    before = os.environ.get("FONTCONFIG_FILE")
    with tempfile.TemporaryDirectory(prefix="reportgen-fonts-") as folder:
        config = Path(folder, "fonts.conf")
        config.write_text(_fonts_conf([templates_dir() / "fonts", *more], Path(folder)), "utf-8")
        os.environ["FONTCONFIG_FILE"] = str(config)
        try:
            yield
        finally:
            if before is None:
                del os.environ["FONTCONFIG_FILE"]
            else:
                os.environ["FONTCONFIG_FILE"] = before


def _fonts_conf(folders: Sequence[Path], cache: Path) -> str:
    """Return a fontconfig file; its cache is private, because the user's may not be writable."""
    dirs = "".join(f"  <dir>{escape(str(folder.resolve()))}</dir>\n" for folder in folders)
    head = '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
    return f"{head}{dirs}  <cachedir>{escape(str(cache / 'cache'))}</cachedir>\n</fontconfig>\n"
