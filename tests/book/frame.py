"""What small libraries of tests need as well: the frame of the library, and what its figures draw."""

from __future__ import annotations

from reportgen.resources import library_dir
from reportgen.spec.load import load_library_file

__all__ = ["FRAME"]

FRAME = tuple(load_library_file(library_dir() / name, f"library/{name}") for name in ("frame.yaml", "figures.yaml"))
