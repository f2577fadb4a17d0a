"""Finish a PDF before it is written: accessibility identifier, and clean lists of attached files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reportgen.render.errors import DocumentError

__all__ = ["finisher"]

Finisher: TypeAlias = Callable[[Any, Any], None]

# PDF/A allows only declared metadata: the accessibility identifier comes with a description of its schema.
_UA = b"""<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about=""><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the file claims to conform</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def finisher(media_types: Mapping[str, str]) -> Finisher:
    """Return a function for WeasyPrint's `finisher`; `media_types` are those of the attached files by name."""

    def finish(document: Any, pdf: Any) -> None:
        _described(pdf)
        _identify(pdf)
        _associate(pdf)
        _name_types(pdf, media_types)

    return finish


def _described(pdf: Any) -> None:
    """Refuse a picture without alternative text, which WeasyPrint accepts silently."""
    for entry in pdf.objects:
        if isinstance(entry, dict) and entry.get("S") == "/Figure" and "Alt" not in entry:
            message = "a picture of the document has no alternative text"
            raise DocumentError(message)


def _identify(pdf: Any) -> None:
    """Claim PDF/UA-1 inside the one description that readers check."""
    stream = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    end = b"</rdf:RDF>"
    xmp = b"".join(part if isinstance(part, bytes) else bytes(part) for part in stream.stream)
    if xmp.count(end) != 1:
        message = "the metadata of the PDF are not of the expected form"
        raise RuntimeError(message)
    stream.stream = [xmp.replace(end, _UA + end)]


def _associate(pdf: Any) -> None:
    """List each attached file once: WeasyPrint 70.0 lists it twice."""
    files = pdf.catalog.get("AF")
    if files:
        files[:] = list(dict.fromkeys(files))


def _name_types(pdf: Any, media_types: Mapping[str, str]) -> None:
    """Set our media types: types guessed from names depend on the machine."""
    for entry in pdf.objects:
        if isinstance(entry, dict) and entry.get("Type") == "/Filespec":
            kind = media_types.get(entry["UF"].string)
            if kind:
                stream = pdf.objects[int(entry["EF"]["F"].split()[0])]
                stream.extra["Subtype"] = f"/{_escaped(kind)}"


def _escaped(kind: str) -> str:
    """Return a media type as a PDF name."""
    return "".join(c if c.isalnum() or c in "-._" else f"#{ord(c):02x}" for c in kind)
