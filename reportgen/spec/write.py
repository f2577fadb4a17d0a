"""Write plain data as YAML, and change values in YAML text without touching the rest."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["with_found", "with_value", "yaml_text"]


def yaml_text(data: dict[str, Any]) -> str:
    """Return data as YAML: keys in the given order, mappings without nested mappings on one line.

    >>> print(yaml_text({"schema": 1, "rows": {"a": {"x": 1.5, "title": "A: one"}}}), end="")
    schema: 1
    rows:
      a: {x: 1.5, title: 'A: one'}
    """
    return _written(data, None)


def with_found(text: str, result: Mapping[str, Mapping[str, float | bool | str]], found_for: str) -> str:
    r"""Return a scenario's text with the results of a search and the inputs that they hold for; the rest is unchanged.

    >>> print(with_found("search:\n  vary: {batch: [1, 2]}  # both\n", {"a": {"batch": 2.0}}, "peak rate 4"), end="")
    search:
      vary: {batch: [1, 2]}  # both
      found:
        a: {batch: 2}
      found_for: peak rate 4
    """
    rows = {name: {column: _plain(value) for column, value in cells.items()} for name, cells in result.items()}
    for key, value in {"found": rows, "found_for": found_for}.items():
        text = _with_key(text, "search", key, value)
    return text


def with_value(text: str, path: Sequence[str | int], value: Any) -> str:
    r"""Return a YAML text with the value at a path of keys set, adding missing keys; the rest is unchanged.

    >>> print(with_value("options:\n  h100: {batch: 4}  # one\n", ("options", "h100", "replicas"), 2.0), end="")
    options:
      h100: {batch: 4, replicas: 2}  # one
    >>> print(with_value("title: A\n", ("inputs", "tpot_target"), None), end="")
    title: A
    inputs: {tpot_target: null}
    """
    node, rest = YAML(typ="safe", pure=True).compose(text), list(path)
    while rest:
        inner = _child(node, rest[0])
        if inner is None or (len(rest) > 1 and _is_empty(inner)):
            break
        node = inner
        rest.pop(0)
    value = _plain_all(value)
    if not rest:
        return _replaced(text, node, value)
    for key in reversed(rest[1:]):
        value = {key: value}
    inner = _child(node, rest[0])
    if inner is not None:
        return _replaced(text, inner, value)
    return _added(text, node, str(rest[0]), value)


def _child(node: Any, key: str | int) -> Any:
    """Return the node under a key of a mapping or at an index of a list."""
    if isinstance(node.value, list) and node.tag.endswith(":seq"):
        return node.value[key] if isinstance(key, int) and key < len(node.value) else None
    pairs = node.value if isinstance(node.value, list) else []
    return next((v for k, v in pairs if k.value == key), None)


def _is_empty(node: Any) -> bool:
    """Return whether a value holds no keys: nothing, a plain value, or `{}`."""
    return not node.value or not isinstance(node.value, list)


def _replaced(text: str, node: Any, value: Any) -> str:
    """Return the text with a node replaced by another value."""
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node.value, list) and not node.flow_style:
        lines = text.split("\n")
        last = _last_line(node, lines)
        end = sum(len(line) + 1 for line in lines[:last]) + len(lines[last])
        start = len(text[:start].rstrip())
    elif not isinstance(node.value, list) and node.style in ("|", ">"):
        lines = text.split("\n")
        end = sum(len(line) + 1 for line in lines[: _last_line(node, lines)]) + len(lines[_last_line(node, lines)])
    written = _pair("key", value).removeprefix("key:").strip()
    space = " " if start and text[start - 1] == ":" else ""
    return f"{text[:start]}{space}{written}{text[end:]}"


def _added(text: str, node: Any, key: str, value: Any) -> str:
    """Return the text with one more key in a mapping."""
    if node.flow_style:
        end = node.end_mark.index - 1
        return f"{text[:end]}{_comma(text, node)}{_pair(key, value)}{text[end:]}"
    lines = text.split("\n")
    margin = " " * node.value[0][0].start_mark.column
    after = _last_line(node, lines) + 1
    return "\n".join([*lines[:after], margin + _pair(key, value), *lines[after:]])


def _comma(text: str, node: Any) -> str:
    """Return the separator before one more key in braces: a comma, unless one is there already."""
    if not node.value:
        return ""
    behind = text[node.value[-1][1].end_mark.index : node.end_mark.index - 1]
    return "" if "," in re.sub(r"#[^\n]*", "", behind) else ", "


def _plain_all(value: Any) -> Any:
    """Convert whole floats to integers, at any depth."""
    if isinstance(value, dict):
        return {key: _plain_all(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_all(inner) for inner in value]
    return _plain(value) if isinstance(value, float) else value


def _plain(value: float | bool | str) -> int | float | str:
    """Return a whole float as an integer, and any other value unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _with_key(text: str, section: str, key: str, value: Any) -> str:
    """Return the text with one key of a section set; only that key changes, unlike a full rewrite."""
    root = YAML(typ="safe", pure=True).compose(text)
    node = next(v for k, v in root.value if k.value == section)
    old = next((pair for pair in node.value if pair[0].value == key), None)
    if node.flow_style:
        start, end = (old[0].start_mark.index, old[1].end_mark.index) if old else (node.end_mark.index - 1,) * 2
        return f"{text[:start]}{'' if old else _comma(text, node)}{_pair(key, value)}{text[end:]}"
    lines = text.split("\n")
    margin = " " * node.value[0][0].start_mark.column
    rows = [f"{key}:", *(f"  {_pair(*row)}" for row in value.items())] if isinstance(value, dict) else []
    written = [margin + row for row in rows or [_pair(key, value)]]
    after = _last_line(node, lines) + 1
    start, end = (old[0].start_mark.line, _last_line(old[1], lines) + 1) if old else (after, after)
    return "\n".join([*lines[:start], *written, *lines[end:]])


def _pair(key: str, value: Any) -> str:
    """Return a key and its value on one line, in a form that is also valid inside braces."""
    return _written({key: value}, True).strip()[1:-1]


class _Representer(SafeRepresenter):
    """Quotes texts such as `:-` and `?a`, which ruamel.yaml writes unquoted in braces but cannot read back."""

    def text(self, data: str) -> Any:
        """Return the node of a text."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'" if data.startswith((":", "?")) else None)


_Representer.add_representer(str, _Representer.text)


def _written(data: dict[str, Any], flow: bool | None) -> str:
    """Return data as YAML: all in braces, or, with None, only mappings without nested mappings."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = flow
    yaml.width = 1_000_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _last_line(node: Any, lines: list[str]) -> int:
    """Return the 0-based line on which a value ends; the reader's own end mark may lie below comments."""
    while isinstance(node.value, list) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if not isinstance(node.value, list) and node.style in ("|", ">"):
        end: int = node.end_mark.line - 1
        while end > node.start_mark.line and not lines[end].strip():
            end -= 1
        return end
    return int(node.end_mark.line)
