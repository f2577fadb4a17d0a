"""Writing YAML: plain data as text that reads back the same."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["with_found", "yaml_text"]


def yaml_text(data: dict[str, Any]) -> str:
    """Keys in the order given; mappings without mappings inside on one line.

    >>> print(yaml_text({"schema": 1, "rows": {"a": {"x": 1.5, "title": "A: one"}}}), end="")
    schema: 1
    rows:
      a: {x: 1.5, title: 'A: one'}
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.width = 10_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def with_found(text: str, found: Mapping[str, Mapping[str, float | bool | str]], found_for: str) -> str:
    r"""A scenario's text with what a search found under `search:`, and for which inputs; the rest stays as it is.

    >>> print(with_found("search:\n  vary: {batch: [1, 2]}  # both\n", {"a": {"batch": 2.0}}, "peak rate 4"), end="")
    search:
      vary: {batch: [1, 2]}  # both
      found:
        a: {batch: 2}
      found_for: peak rate 4
    """
    rows = {name: {column: _plain(value) for column, value in cells.items()} for name, cells in found.items()}
    for key, value in {"found": rows, "found_for": found_for}.items():
        text = _with_key(text, "search", key, value)
    return text


def _plain(value: float | bool | str) -> int | float | str:
    """A whole number as people write it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _with_key(text: str, section: str, key: str, value: Any) -> str:
    """The text with one key of a section set; nothing else is touched, as reading and writing it all would."""
    root = YAML(typ="safe", pure=True).compose(text)
    node = next(v for k, v in root.value if k.value == section)
    old = next((pair for pair in node.value if pair[0].value == key), None)
    if node.flow_style:
        start, end = (old[0].start_mark.index, old[1].end_mark.index) if old else (node.end_mark.index - 1,) * 2
        return f"{text[:start]}{'' if old or not node.value else ', '}{_pair(key, value)}{text[end:]}"
    lines = text.split("\n")
    margin = " " * node.value[0][0].start_mark.column
    rows = [f"{key}:", *(f"  {_pair(*row)}" for row in value.items())] if isinstance(value, dict) else []
    made = [margin + row for row in rows or [_pair(key, value)]]
    after = _last_line(node, lines) + 1
    start, end = (old[0].start_mark.line, _last_line(old[1], lines) + 1) if old else (after, after)
    return "\n".join([*lines[:start], *made, *lines[end:]])


def _pair(key: str, value: Any) -> str:
    """A key with its value on one line, as it may stand in braces, too."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = 1_000_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = io.StringIO()
    yaml.dump({key: value}, out)
    return out.getvalue().strip()[1:-1]


def _last_line(node: Any, lines: list[str]) -> int:
    """The line on which a value ends, counted from 0; what the reader takes for its end may be below comments."""
    while isinstance(node.value, list) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if not isinstance(node.value, list) and node.style in ("|", ">"):
        end: int = node.end_mark.line - 1
        while end > node.start_mark.line and not lines[end].strip():
            end -= 1
        return end
    return int(node.end_mark.line)
