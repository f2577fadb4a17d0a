"""The frame of the library, which small libraries of tests need as well."""

from __future__ import annotations

from reportgen.resources import library_dir
from reportgen.spec.load import load_library_file

__all__ = ["FRAME"]

FRAME = load_library_file(library_dir() / "frame.yaml", "library/frame.yaml")
