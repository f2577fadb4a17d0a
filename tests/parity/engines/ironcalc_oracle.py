"""IronCalc as a second oracle: it computes a whole workbook in this process, in Excel's own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ironcalc
from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Model"]


class Model:
    """A workbook that IronCalc has open."""

    def __init__(self, path: Path | str) -> None:
        self._model: Any = ironcalc.load_from_xlsx(str(path), "en", "UTC")
        self._sheets = [str(sheet["name"]) for sheet in self._model.get_worksheets_properties()]

    def set(self, sheet: str, address: str, value: float | str | bool | None) -> None:
        """Type a value into a cell; nothing is computed before `cells`."""
        place = (self._sheets.index(sheet), *coordinate_to_tuple(address))
        if value is None:
            self._model.clear_cell_contents(*place)
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(*place, value)
        elif isinstance(value, str):
            self._model.update_cell_with_text(*place, value)
        else:
            self._model.update_cell_with_number(*place, float(value))

    def set_formula(self, sheet: str, address: str, formula: str) -> None:
        """Type a formula into a cell, as the file of a workbook has it."""
        place = (self._sheets.index(sheet), *coordinate_to_tuple(address))
        self._model.update_cell_with_formula(*place, "=" + formula.removeprefix("="))

    def cells(self, *, compute: bool = True) -> dict[str, dict[str, Any]]:
        """`{sheet: {address: content}}`, computed; errors are as LibreOffice's driver gives them."""
        if compute:
            self._model.evaluate()
        found: dict[str, dict[str, Any]] = {name: {} for name in self._sheets}
        for sheet, row, column in self._model.get_all_cells():
            value = self._model.get_cell_value(sheet, row, column)
            if value is None:
                value = ""
            elif isinstance(value, str) and value.startswith("#"):
                value = {"error": value}
            found[self._sheets[sheet]][f"{get_column_letter(column)}{row}"] = value
        return found
