"""Plain text as Markdown that shows it as it is: no sign of it is obeyed."""

from __future__ import annotations

import re

__all__ = ["cell", "plain"]

_SIGNS = re.compile(r"([\\`*\[\]<>|~$#])|(?<![^\W_])(_)|(_)(?![^\W_])")
_START = re.compile(r"^([-+=]+(?=\s|$)|\d+(?=[.)](?:\s|$)))")


def plain(text: str) -> str:
    r"""A text on one line, its signs escaped.

    >>> plain("a *b*\n<c> d_e _f")
    'a \\*b\\* \\<c\\> d_e \\_f'
    >>> plain("1. first"), plain("- no list"), plain("R&D"), plain("1.5 ms")
    ('1\\. first', '\\- no list', 'R&amp;D', '1.5 ms')
    """
    line = " ".join(text.split()).replace("&", "&amp;")
    escaped = _SIGNS.sub(lambda match: "\\" + match[0], line)
    return _START.sub(lambda match: match[0] + "\\" if match[0].isdecimal() else "\\" + match[0], escaped)


def cell(text: str, level: int = 0) -> str:
    """The same in a cell of a table, indented by its level."""
    return "&nbsp;&nbsp;" * level + plain(text)
