"""Styles of cells: each is created once per workbook and shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

if TYPE_CHECKING:
    from openpyxl import Workbook

__all__ = ["Look", "Styles", "side"]

FONT = "Calibri"  # Excel's default; LibreOffice has a metric-compatible twin
INK, MUTED, BLUE, WHITE = "1B2733", "6B7785", "0B5394", "FFFFFF"
FILLS = {
    "title": "0B5394", "head": "DCE8F4", "unit": "EEF4FA", "input": "FFF6D6", "good": "E3F4EA", "bad": "FBE3DA",
    "changed": "FFD966", "inherited": "FFFCF0", "met": "00785A", "missed": "B94700",
}  # fmt: skip
"""`met` and `missed` have white text; like `good` and `bad`, they can be distinguished without colour vision."""

_LEFT = ("big", "figure", "banner", "words")
_CENTRED = ("big", "figure", "banner", "words", "word", "value", "label", "range", "aside")

_BOLD = ("title", "head", "key", "heading", "big", "figure", "banner", "value", "word", "changed", "label", "group")


def side(kind: str) -> str:
    """Return the alignment of a column: numbers to the right, so that digits align."""
    return {"flag": "center", "text": "left", "member": "left"}.get(kind, "right")


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a cell; an empty `side` means the default of its role."""

    role: str = "plain"
    format: str = "General"
    wrap: bool = False
    quote: bool = False
    side: str = ""


class Styles:
    """Creates styles by look, each once."""

    def __init__(self, workbook: Workbook) -> None:
        self._sheet = workbook.create_sheet("styles")
        self._workbook = workbook
        self._made: dict[Look, Any] = {}

    def apply(self, cell: Any, look: Look) -> None:
        """Apply a look to a cell; the style object is shared and must not be changed through the cell."""
        style = self._made.get(look)
        if style is None:
            style = self._made[look] = self._make(look)
        cell._style = style

    def close(self) -> None:
        """Remove the sheet on which styles were created."""
        self._workbook.remove(self._sheet)

    def _make(self, look: Look) -> Any:
        cell: Any = self._sheet.cell(1, 1)
        role = look.role
        bold = role in _BOLD
        colour = {
            "title": WHITE,
            "look-up": MUTED,
            "aside": MUTED,
            "position": MUTED,
            "name": MUTED,
            "note": MUTED,
            "input": BLUE,
            "inherited": MUTED,
            "link": BLUE,
            "group": BLUE,
        }
        size = {
            "heading": 14,
            "big": 18,
            "banner": 16,
            "figure": 14,
            "value": 12,
            "group": 11,
            "word": 12,
            "name": 8,
            "unit": 9,
            "note": 9,
        }.get(role, 10)
        underline: Any = "single" if role == "link" else None
        cell.font = Font(name=FONT, size=size, bold=bold, color=colour.get(role, INK), underline=underline)
        fill = {
            "title": "title", "head": "head", "unit": "unit", "name": "unit", "input": "input", "good": "good",
            "bad": "bad", "changed": "changed", "inherited": "inherited",
        }.get(role)  # fmt: skip
        cell.fill = PatternFill("solid", fgColor=FILLS[fill]) if fill else PatternFill()
        thin = Side(style="hair", color="C8D2DC")
        cell.border = (
            Border(bottom=thin)
            if role not in ("heading", "note", "title", "big", "banner", "bare", "link", "group")
            else Border()
        )
        vertical: Any = "center" if role in _CENTRED else "bottom" if role == "group" else "top"
        cell.alignment = Alignment(
            wrap_text=look.wrap or role == "head",
            vertical=vertical,
            horizontal=look.side or {"word": "center"}.get(role, "left" if role in _LEFT else None),
            indent=1 if role in ("banner", "words") or look.side == "left" else 0,
        )
        cell.number_format = look.format
        cell.protection = Protection(locked=role not in ("input", "inherited"))
        cell.quotePrefix = look.quote
        style = cell._style
        self._sheet._cells.clear()
        return style
