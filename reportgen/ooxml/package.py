"""Read and write the parts of an Office Open XML package and their relationships, with reproducible bytes."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

__all__ = [
    "SHEET",
    "add_part",
    "make_targets_relative",
    "parse",
    "read_parts",
    "related",
    "serialise",
    "sheet_parts",
    "write_parts",
]

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"

# Streaming readers need the content types and the main part first.
_FIRST = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can store


def parse(data: bytes) -> _Element:
    """Parse a part and return its root; entities stay unresolved and nothing is fetched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    return etree.fromstring(data, parser)


def serialise(root: _Element) -> bytes:
    """Return the bytes of a part."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def read_parts(package: bytes) -> dict[str, bytes]:
    """Read a package into its parts by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(parts: dict[str, bytes]) -> bytes:
    """Write a package whose bytes depend only on its parts."""
    rank = {name: place for place, name in enumerate(_FIRST)}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: (rank.get(name, len(rank)), name)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # by default this records the operating system
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, parts[name])
    return buffer.getvalue()


def sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Map the title of each sheet to its part, in the workbook's order."""
    targets = {
        relation.get("Id"): _resolve("xl/_rels/workbook.xml.rels", relation.get("Target", ""))
        for relation in parse(parts["xl/_rels/workbook.xml.rels"]).iter(_RELATION)
    }
    sheets = parse(parts["xl/workbook.xml"]).iter(SHEET + "sheet")
    return {sheet.get("name", ""): targets[sheet.get(f"{{{_OFFICE}}}id")] for sheet in sheets}


def related(parts: dict[str, bytes], name: str, kind: str) -> list[str]:
    """Return the parts related to a part by one kind of relationship, such as `drawing`."""
    relations = posixpath.join(posixpath.dirname(name), "_rels", posixpath.basename(name) + ".rels")
    if relations not in parts:
        return []
    every = parse(parts[relations]).iter(_RELATION)
    return [_resolve(relations, r.get("Target", "")) for r in every if r.get("Type") == f"{_OFFICE}/{kind}"]


def make_targets_relative(parts: dict[str, bytes]) -> None:
    """Make relationship targets relative to the part that names them: some readers fail on a leading slash."""
    for name, root in _relations(parts):
        folder = _folder(name)
        for relation in root.iter(_RELATION):
            target = relation.get("Target", "")
            if relation.get("TargetMode") != "External" and target.startswith("/"):
                relation.set("Target", posixpath.relpath(target, "/" + folder))
        parts[name] = serialise(root)


def add_part(parts: dict[str, bytes], name: str, data: bytes, kind: str) -> None:
    """Add a part of the workbook, with its content type and the workbook's relationship to it.

    Args:
        parts: The package, changed in place.
        name: The part's name, such as `xl/sharedStrings.xml`.
        data: The part.
        kind: What both content type and relationship call it, such as `sharedStrings`.
    """
    if name not in parts:
        types = parse(parts["[Content_Types].xml"])
        content = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
        etree.SubElement(types, f"{{{_TYPES}}}Override", PartName="/" + name, ContentType=content)
        parts["[Content_Types].xml"] = serialise(types)
        relations = parse(parts["xl/_rels/workbook.xml.rels"])
        taken = {relation.get("Id") for relation in relations}
        free = next(f"rId{number}" for number in range(1, len(taken) + 2) if f"rId{number}" not in taken)
        etree.SubElement(relations, _RELATION, Type=f"{_OFFICE}/{kind}", Target="/" + name, Id=free)
        parts["xl/_rels/workbook.xml.rels"] = serialise(relations)
    parts[name] = data


def _relations(parts: dict[str, bytes]) -> Iterator[tuple[str, _Element]]:
    for name in sorted(parts):
        if name.endswith(".rels"):
            yield name, parse(parts[name])


def _folder(relations: str) -> str:
    """Return the folder of the part whose relationships are stored under this name."""
    return posixpath.dirname(posixpath.dirname(relations))


def _resolve(relations: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/" + _folder(relations), target)).lstrip("/")
