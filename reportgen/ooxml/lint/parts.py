"""Rules on the package: its parts, and the relationships between them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from reportgen.ooxml.lint.rules import Finding
from reportgen.ooxml.lint.subject import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.ooxml.lint.subject import Subject

__all__ = ["findings"]

_TYPES = "[Content_Types].xml"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_ACTIVE = {
    "xl/vbaproject.bin": "macros", "xl/macrosheets/": "macros", "xl/embeddings/": "an embedded object",
    "xl/activex/": "a control", "xl/ctrlprops/": "a control", "xl/connections.xml": "a data connection",
    "xl/querytables/": "a data connection",
}  # fmt: skip


def findings(subject: Subject) -> Iterator[Finding]:
    """Yield the findings on the package."""
    for name, why in subject.damaged.items():
        yield Finding("damaged part", name, f"it cannot be parsed: {why}")
    for name in subject.declaring:
        yield Finding("doctype", name, "it declares a document type")
    if subject.strict:
        yield Finding("strict form", "xl/workbook.xml", "it is saved as Strict Open XML")
    yield from _relations(subject)
    yield from _contents(subject)
    yield from _types(subject)


def _relations(subject: Subject) -> Iterator[Finding]:
    for name in subject.roots:
        folder, base = posixpath.split(name)
        if not name.endswith(".rels"):
            continue
        owner = posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))
        for relation in subject.relations(owner):
            kind, target = relation.get("Type", "").rpartition("/")[2], relation.get("Target", "")
            if relation.get("TargetMode") == "External":
                if kind != "hyperlink":
                    yield Finding("external link", name, f"a relationship ({kind}) leads to {target[:100]}")
                continue
            if target.startswith("/"):
                yield Finding("absolute target", name, f"a relationship leads to {target}")
            part = subject.actual(resolved(owner, relation))
            if not target.startswith("#") and part not in subject.parts:
                yield Finding("missing part", name, f"a relationship leads to {part}, which does not exist")


def _contents(subject: Subject) -> Iterator[Finding]:
    for name in subject.parts:
        folded = name.casefold()
        if folded.startswith("xl/externallinks/") and not folded.startswith("xl/externallinks/_rels"):
            yield Finding("external link", name, "a link to another workbook")
        for start, what in _ACTIVE.items():
            if folded.startswith(start):
                yield Finding("active content", name, f"the workbook holds {what}")


def _types(subject: Subject) -> Iterator[Finding]:
    root = subject.roots.get(subject.actual(_TYPES))
    if root is None:
        yield Finding("content type", _TYPES, "the list of content types is missing")
        return
    endings = {d.get("Extension", "").casefold() for d in root.iter(_PACKAGE + "Default")}
    named = {o.get("PartName", "").lstrip("/").casefold() for o in root.iter(_PACKAGE + "Override")}
    for name in subject.parts:
        ending = name.rpartition(".")[2].casefold()
        if (
            name.casefold() != _TYPES.casefold()
            and not name.endswith("/")
            and ending not in endings
            and name.casefold() not in named
        ):
            yield Finding("content type", name, "the part has no content type")
    for override in root.iter(_PACKAGE + "Override"):
        if "macroEnabled" in override.get("ContentType", ""):
            yield Finding("active content", _TYPES, "the workbook says that it holds macros")
