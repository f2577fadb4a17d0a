"""Texts as the file format holds them: characters that XML lacks are written as `_x000a_`."""

from __future__ import annotations

import re

__all__ = ["escaped", "unescaped"]

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LIKE_ONE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def unescaped(text: str) -> str:
    """Text whose characters are not written as `_x000a_`; halves of characters are replaced, for none can be written.

    >>> unescaped("a_x0041_b_xD83D__xDE00_")
    'aAb😀'
    """
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escaped(text: str) -> str:
    """Text that reads back as it is: `_x0041_` would become an A."""
    return _LIKE_ONE.sub("_x005F_", text) if "_x" in text else text
