"""The architectures that can be imported, from `types.yaml`."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportgen.spec.document import read_document

__all__ = ["ModelType", "ModelTypes", "model_types"]


@dataclass(frozen=True, slots=True)
class ModelType:
    """Where an architecture keeps its facts; the YAML file explains the fields."""

    name: str
    facts: dict[str, Any]
    windows: dict[str, Any] = field(default_factory=dict)
    experts: dict[str, Any] = field(default_factory=dict)
    requires: dict[str, Any] = field(default_factory=dict)
    nested: dict[str, Any] = field(default_factory=dict)
    full: str = "full_attention"
    note: str = ""


@dataclass(frozen=True, slots=True)
class ModelTypes:
    """The content of the YAML file."""

    types: dict[str, ModelType]
    composites: dict[str, str]
    dtypes: dict[str, str]

    def names(self) -> list[str]:
        """The accepted values of `model_type`."""
        return sorted([*self.types, *self.composites], key=str.casefold)


@functools.cache
def model_types() -> ModelTypes:
    """Return the architectures; the file is read once.

    >>> model_types().types["gemma2"].windows["layers"]
    'alternate'
    """
    path = Path(__file__).with_name("types.yaml")
    data = read_document(path, f"intake/{path.name}").data
    resolved: dict[str, dict[str, Any]] = {}
    for name, own in data["types"].items():  # a type follows the one that it is based on
        parts = {"requires": data["requires"]}
        for source in (resolved[own["like"]] if "like" in own else {}, own):
            for part, value in source.items():
                if part not in ("like", "note"):
                    parts[part] = {**parts.get(part, {}), **value} if isinstance(value, dict) else value
        parts["note"] = own.get("note", "")
        if "like" in own:
            parts["nested"] = own.get("nested", {})
        resolved[name] = parts
    types = {name: ModelType(name, **parts) for name, parts in resolved.items()}
    return ModelTypes(types, data["composites"], data["dtypes"])
