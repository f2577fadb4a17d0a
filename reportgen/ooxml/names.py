"""Element names without namespaces, and part names in the form in which programs compare them."""

from __future__ import annotations

__all__ = ["folded", "short"]

# Names are shortened, because Strict Open XML uses other namespaces for the same elements.
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
    """Return a name without its namespace."""
    space, _, local = full.rpartition(" ")
    return _SPACES.get(space, _OTHER) + local if space else local


def folded(name: str) -> str:
    """Return the name of a part in the form in which programs compare it."""
    return name.replace("\\", "/").lstrip("/").casefold()
