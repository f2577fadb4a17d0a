"""Texts as the file format stores them: characters that XML cannot hold are written as `_x000a_`."""

from __future__ import annotations

import re

__all__ = ["escaped", "unescaped"]

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_LIKE_ONE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def unescaped(text: str) -> str:
    """Decode characters written as `_x000a_`; lone surrogates become the replacement character.

    >>> unescaped("a_x0041_b_xD83D__xDE00_")
    'aAb😀'
    """
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escaped(text: str) -> str:
    """Encode a text so that it reads back unchanged: a literal `_x0041_` must not become an A."""
    return _LIKE_ONE.sub("_x005F_", text) if "_x" in text else text
