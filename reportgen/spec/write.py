"""Writing YAML: plain data as text that reads back the same."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML

__all__ = ["yaml_text"]


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
