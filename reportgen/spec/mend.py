"""Continue after mistakes whose intent is clear, so that the rest is checked and all mistakes are shown at once."""

from __future__ import annotations

import copy
import typing
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reportgen.errors import closest

if typing.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.spec.document import Document

__all__ = ["fields_at", "mend"]

Spec = TypeVar("Spec", bound=BaseModel)

_ASIDE = ("title", "description", "author", "date", "levers", "report")
"""The keys that no other key of a scenario depends on."""


def mend(model: type[Spec], document: Document, errors: Iterable[Mapping[str, Any]]) -> Spec | None:
    """Return the specification without its mistakes, or None if the intent is unclear.

    A misspelt key is replaced by the closest one, so that its value is checked at its own place.
    """
    data = copy.deepcopy(document.data)
    for error in errors:
        path = tuple(part for part in error["loc"] if part != "[key]")
        if error["type"] == "extra_forbidden":
            _rename(model, document, data, path)
        elif "[key]" in error["loc"] and path:
            _container(data, path).pop(path[-1], None)
        elif path[:1] and path[0] in _ASIDE:
            data.pop(path[0], None)
            if path[0] == "title":
                data["title"] = "-"
        else:
            return None
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def _container(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path[:-1]:
        data = data[part]
    return data


def _rename(model: type[BaseModel], document: Document, data: Any, path: tuple[Any, ...]) -> None:
    container = _container(data, path)
    value = container.pop(path[-1])
    near = closest(str(path[-1]), fields_at(model, path[:-1]))
    if near and near not in container:
        container[near] = value
        document.rename(path, near)


def fields_at(model: Any, path: tuple[Any, ...]) -> dict[str, str]:
    """Return the keys allowed at a path of a schema, with their descriptions."""
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            by_alias = {f.alias or n: f for n, f in current.model_fields.items()}
            if part not in by_alias:
                return {}
            current = by_alias[part].annotation
        else:
            arguments = typing.get_args(current)
            current = arguments[-1] if arguments else None
        models = [a for a in typing.get_args(current) if isinstance(a, type) and issubclass(a, BaseModel)]
        if models and typing.get_origin(current) not in (dict, list):
            current = models[0]
    if isinstance(current, type) and issubclass(current, BaseModel):
        return {f.alias or n: f.description or "" for n, f in current.model_fields.items()}
    return {}
