"""Names of elements without their namespaces, and names of parts as programs compare them."""

from __future__ import annotations

__all__ = ["folded", "short"]

# Names stand without their namespaces, and so do those of Strict Open XML, which has others for the same things.
_SPACES = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "",
    "http://schemas.openxmlformats.org/package/2006/relationships": "",
    "http://schemas.openxmlformats.org/package/2006/content-types": "",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r:",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r:",
}
_OTHER = "other:"


def short(full: str) -> str:
    """A name without its namespace."""
    space, _, local = full.rpartition(" ")
    return _SPACES.get(space, _OTHER) + local if space else local


def folded(name: str) -> str:
    """The name of a part as programs compare it."""
    return name.replace("\\", "/").lstrip("/").casefold()
