"""Read records of benchmark files: check each figure, and complete them with what the user states."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.book.library.catalogue import catalogue
from reportgen.book.library.library import library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Defaults", "Record", "catalogue_row", "catalogued", "chosen", "known"]

_MOST = 1e15
_WIDTH = 200
_NOTHING = ("", "nan", "none", "null", "n/a", "-")


@dataclass(frozen=True, slots=True)
class Defaults:
    """The user's statements about what a result file often omits; the file itself takes precedence."""

    model: str = ""
    accelerator: str = ""
    engine: str = ""
    devices: int | None = None
    tp: int | None = None
    weights: str = ""
    activations: str = ""
    kv_cache: str = ""


class Record:
    """Cells by key; unusable ones are recorded in `faults`."""

    def __init__(self, cells: Mapping[str, Any]) -> None:
        self.cells, self.faults = cells, list[str]()

    def text(self, *keys: str) -> str:
        """Return the first of these keys that holds text, in printable form, or an empty text."""
        for key in keys:
            value = self.cells.get(key)
            if isinstance(value, str) and value.strip():
                return "".join(c if c.isprintable() else " " for c in value.strip()[:_WIDTH])
        return ""

    def number(self, *keys: str, negative: bool = False) -> float | None:
        """Return the first of these keys that is present, as a number, or None."""
        for key in keys:
            value = self.cells.get(key)
            if value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING):
                continue
            number = _number(value)
            if math.isfinite(number) and abs(number) <= _MOST and (negative or number >= 0):
                return number
            self.faults.append(f"{key} is not a number: '{_display(value)}'")
            return None
        return None

    def count(self, *keys: str) -> int | None:
        """Return a whole number above zero, or None."""
        value = self.number(*keys)
        return int(value) if value and value == int(value) else None

    def flag(self, key: str) -> bool:
        """Return whether a flag is on: true, 1 or "1"."""
        return self.cells.get(key) in (True, 1, "1", "true")


def _number(value: object) -> float:
    """Return a number, or a text that is one, as float; NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _display(value: object) -> str:
    if isinstance(value, list | dict):
        return "a list"
    return "".join(c if c.isprintable() else " " for c in str(value)[:40])


# --- names of the catalogue ------------------------------------------------------------------------------------------


@functools.cache
def _names(dimension: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for name, row in _rows(dimension).items():
        for alias in (name, *str(row.get("aliases", "")).split(";")):
            names.setdefault(alias.strip().casefold(), name)
    for alias, name in list(names.items()):
        names.setdefault(alias.rpartition("/")[2], name)  # files on disk omit the publisher
    names.pop("", None)
    return names


@functools.cache
def _rows(dimension: str) -> dict[str, dict[str, Any]]:
    return {str(row["name"]): row for row in catalogue(library(()), dimension)}


def known(dimension: str, text: str) -> str:
    """Return the member of a catalogue with this name or alias, or an empty text.

    >>> known("accelerator", "NVIDIA H100 80GB HBM3"), known("model", "qwen/qwen2.5-7b-instruct"), known("model", "")
    ('H100-SXM-80GB', 'Qwen2.5-7B', '')
    """
    return _names(dimension).get(text.strip().casefold(), "")


def catalogued(dimension: str) -> list[str]:
    """Return the names of a catalogue's rows."""
    return list(_rows(dimension))


def catalogue_row(dimension: str, name: str) -> Mapping[str, Any]:
    """Return the catalogue's row of a member; empty if unknown."""
    return _rows(dimension).get(name, {})


def chosen(dimension: str, stated: Iterable[str], default: str) -> str:
    """Return the file's first name that the catalogue lists, or else the user's, or else the file's first name.

    >>> chosen("model", ["ours/tuned-8b", "Llama-3.1-8B"], ""), chosen("model", ["ours"], "Qwen3-8B")
    ('Llama-3.1-8B', 'Qwen3-8B')
    >>> chosen("model", ["ours"], "")
    'ours'
    """
    names = [name for name in stated if name.strip()]
    return next(
        (member for name in names if (member := known(dimension, name))), default or (names[0] if names else "")
    )
