"""Read themes: a company's logo, colours and fonts for its reports, from a YAML file and the files in its folder."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from pydantic import BaseModel, ConfigDict, Field

from reportgen.errors import Problem, SpecError
from reportgen.spec.document import read_document
from reportgen.spec.load import validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.spec.load import Loaded

__all__ = ["PLAIN", "Theme", "ThemeSpec", "load_theme"]

_MAX_LOGO = 1_000_000
_MAX_SHAPES = 5000
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_NO_SHAPES = ("use", "image", "script", "foreignObject", "style", "animate", "set", "feImage", "pattern", "filter")
"""SVG elements that a logo does not need and that can load other files or expand without end."""

Role = Literal["ink", "grey", "line", "tint", "accent", "second", "warn", "good"]
"""The parts of the look that have a colour; the stylesheet says where each is used."""

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
FontName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _-]*$", max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FontsSpec(_Part):
    """The fonts of a theme: the family, and the folder with its files, relative to the theme file."""

    text: FontName = Field(description="The font family of all texts, such as Source Sans 3")
    folder: str = Field(
        default="fonts", description="The folder with its files (.ttf or .otf), in the folder of the theme file"
    )


class ThemeSpec(_Part):
    """The content of a theme file."""

    schema_: int = Field(alias="schema", description="The version of the format: 1")
    name: str = Field(default="", description="The name of the theme; the logo's alternative text", max_length=120)
    logo: str = Field(default="", description="A picture in the folder of the theme file: SVG, PNG or JPEG")
    footer: str = Field(default="", description="A word at the foot of each page, such as Confidential", max_length=80)
    paper: Literal["a4", "letter"] | None = Field(default=None, description="The size of pages, unless --paper says so")
    colours: dict[Role, Colour] = Field(default={}, description="Colours of texts and tables, as '#0072b2'")
    charts: list[Colour] = Field(default=[], max_length=6, description="Colours of lines and bars, in their order")
    fonts: FontsSpec | None = Field(default=None, description="Fonts in place of Inter")


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme, ready for the report; `logo` is a data URL."""

    name: str = ""
    logo: str = ""
    footer: str = ""
    paper: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    charts: tuple[str, ...] = ()
    font: str = ""
    folder: Path | None = None


PLAIN = Theme()
"""The theme of reports for which none is given."""


def load_theme(path: Path, name: str | None = None) -> Theme:
    """Read a theme file and its logo.

    Raises:
        SpecError: with every mistake found.
    """
    loaded = validate(ThemeSpec, read_document(path, name))
    spec, problems = loaded.spec, list(loaded.problems)
    logo = _logo(loaded, path.parent, problems) if spec.logo else ""
    folder = _folder(loaded, path.parent, problems) if spec.fonts is not None else None
    if problems:
        raise SpecError(problems)
    font = spec.fonts.text if spec.fonts is not None else ""
    return Theme(
        spec.name,
        logo,
        spec.footer,
        spec.paper or "",
        {str(role): colour for role, colour in spec.colours.items()},
        tuple(spec.charts),
        font,
        folder,
    )


def _inside(
    loaded: Loaded[ThemeSpec], given: str, root: Path, key: tuple[str, ...], problems: list[Problem]
) -> Path | None:
    """Resolve a path and report it if it leads out of the theme's folder, links included."""
    within = PurePosixPath(given)
    path = root / within
    if within.is_absolute() or ".." in within.parts or "\\" in given or "\0" in given:
        problems.append(Problem(f"'{given}' is not in the folder of the theme file", loaded.document.span(key)))
    elif not path.exists():
        problems.append(Problem(f"there is no '{given}' in the folder of the theme file", loaded.document.span(key)))
    elif not path.resolve().is_relative_to(root.resolve()):
        problems.append(Problem(f"'{given}' leads out of the theme's folder", loaded.document.span(key)))
    else:
        return path
    return None


def _folder(loaded: Loaded[ThemeSpec], root: Path, problems: list[Problem]) -> Path | None:
    fonts = loaded.spec.fonts
    assert fonts is not None
    path = _inside(loaded, fonts.folder, root, ("fonts", "folder"), problems)
    if path is not None and not any(f.suffix.casefold() in (".ttf", ".otf") for f in path.glob("*")):
        span = loaded.document.span(("fonts", "folder"))
        problems.append(Problem(f"'{fonts.folder}' holds no font", span, "put its .ttf or .otf files there"))
    return path


def _logo(loaded: Loaded[ThemeSpec], root: Path, problems: list[Problem]) -> str:
    """Return the logo as a data URL."""
    span = loaded.document.span(("logo",))
    path = _inside(loaded, loaded.spec.logo, root, ("logo",), problems)
    if path is None:
        return ""
    if not path.is_file() or path.stat().st_size > _MAX_LOGO:
        problems.append(Problem(f"a logo is a file of at most {_MAX_LOGO / 1e6:.0f} MB", span))
        return ""
    content = path.read_bytes()
    kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")
    if not kind:
        why = _svg_fault(content)
        if why:
            problems.append(Problem(f"the logo cannot be used: {why}", span, "an SVG of plain shapes, a PNG or a JPEG"))
            return ""
        kind = "image/svg+xml"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _svg_fault(content: bytes) -> str:
    """Return why a file cannot be used as an SVG, or an empty text."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        return "it declares entities"
    except (ParseError, ValueError):
        return "its picture format is not supported"
    shapes = list(root.iter())
    names = {str(shape.tag).rpartition("}")[2] for shape in shapes}
    if str(root.tag).rpartition("}")[2] != "svg":
        return "its picture format is not supported"
    if len(shapes) > _MAX_SHAPES:
        return f"it has more than {_MAX_SHAPES} shapes"
    if forbidden := sorted(names & set(_NO_SHAPES)):
        return f"it has <{forbidden[0]}>"
    if any("href" in name or "url(" in value.replace("url(#", "") for s in shapes for name, value in s.attrib.items()):
        return "it refers to something outside"
    return ""
