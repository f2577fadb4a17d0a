"""The axes of a search: what varies, as written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.book.entries import Entry, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.spec.model import SearchSpec

__all__ = ["Axis", "Setting", "quoted", "vary"]

Setting = dict[str, Entry]


@dataclass(frozen=True, slots=True)
class Axis:
    """What varies together: a column with its values, or several columns with settings for all of them."""

    name: str
    settings: tuple[Setting, ...]

    def columns(self) -> list[str]:
        """Return the columns that it varies, without duplicates."""
        return list(dict.fromkeys(column for setting in self.settings for column in setting))


def vary(wanted: SearchSpec, root: Origin) -> Iterator[Axis]:
    """Yield the axes as written in the scenario."""
    for name, values in wanted.vary.items():
        place = root.at("vary", name)
        if isinstance(values, list):
            yield Axis(name, tuple({name: Entry(value, place.at(i))} for i, value in enumerate(values)))
        else:
            settings = values.items()
            yield Axis(name, tuple({c: Entry(v, place.at(s, c)) for c, v in cells.items()} for s, cells in settings))


def quoted(names: list[str]) -> str:
    """Return names in quotes, separated by commas."""
    return ", ".join(f"'{name}'" for name in names)
