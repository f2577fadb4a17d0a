"""Escape plain text for Markdown."""

from __future__ import annotations

import re

__all__ = ["cell", "plain"]

_SIGNS = re.compile(r"([\\`*\[\]<>|~$#])|(?<![^\W_])(_)|(_)(?![^\W_])")
_START = re.compile(r"^([-+=]+(?=\s|$)|\d+(?=[.)](?:\s|$)))")


def plain(text: str) -> str:
    r"""Return a text on one line, with Markdown's characters escaped.

    >>> plain("a *b*\n<c> d_e _f")
    'a \\*b\\* \\<c\\> d_e \\_f'
    >>> plain("1. first"), plain("- no list"), plain("R&D"), plain("1.5 ms")
    ('1\\. first', '\\- no list', 'R&amp;D', '1.5 ms')
    """
    line = " ".join(text.split()).replace("&", "&amp;")
    escaped = _SIGNS.sub(lambda match: "\\" + match[0], line)
    return _START.sub(lambda match: match[0] + "\\" if match[0].isdecimal() else "\\" + match[0], escaped)


def cell(text: str, level: int = 0) -> str:
    """Escape a text for a table cell and indent it by its level."""
    return "&nbsp;&nbsp;" * level + plain(text)
