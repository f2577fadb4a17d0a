"""The gate between our data and templates: plain values pass, anything else is a bug."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Mapping
from typing import Any, TypeAlias

from markupsafe import Markup

__all__ = ["NotPlainError", "Plain", "Record", "plain", "record"]


class NotPlainError(Exception):
    """A bug: an object was about to be passed to a template through which it could reach out of the report."""


class Record:
    """Named plain values, read as attributes; immutable and without methods.

    Raises:
        NotPlainError: as in `plain`.
    """

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        self.__dict__.update({_key(name, path): plain(value, f"{path}.{name}") for name, value in values.items()})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a record cannot be changed, nor its {name!r}")

    def __repr__(self) -> str:
        return f"<record of {', '.join(vars(self))}>"


Plain: TypeAlias = "str | int | float | bool | Markup | tuple[Plain, ...] | dict[str, Plain] | Record | None"


def plain(value: object, path: str = "") -> Plain:
    """Return the value as exact built-in types; a dataclass becomes a record.

    Subclasses are reduced to the built-in type: a NumPy number, for instance, has methods that write files.

    Args:
        value: the value for a template.
        path: the place of the value, for the error.

    Raises:
        NotPlainError: it contains something that is not plain data, such as a path or a function.
    """
    if value is None or isinstance(value, bool) or type(value) in (str, int, float, Markup, Record):
        return value  # type: ignore[return-value]  # these types are what it says
    if isinstance(value, Mapping):
        return {_key(key, path): plain(entry, f"{path}.{key}") for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return tuple(plain(entry, f"{path}[{number}]") for number, entry in enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return record(value, path)
    if isinstance(value, Markup):
        return Markup(str.__str__(value))  # noqa: S704  it was markup before
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    raise NotPlainError(f"templates get plain data only, and {path.lstrip('.')} is of the type {type(value).__name__}")


def record(value: object, path: str = "", **given: object) -> Record:
    """Return a dataclass as a record of its fields, properties and constants, with `given` values replaced or added.

    Raises:
        NotPlainError: as in `plain`.
    """
    kind = type(value)
    names = _names(kind)  # type: ignore[arg-type]  # mypy takes the __hash__ of instances for that of the class
    own = {name: getattr(value, name) for name in names if name not in given}
    return Record(own | given, path)


@functools.cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    """Return the names that a template may read of a dataclass."""
    fields = [field.name for field in dataclasses.fields(kind)]
    derived = [name for name in dir(kind) if isinstance(inspect.getattr_static(kind, name), (property, str))]
    return tuple(name for name in dict.fromkeys(fields + derived) if not name.startswith("_"))


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise NotPlainError(f"templates get plain data only, and a key of {path.lstrip('.')} is {key!r}")
    return str.__str__(key)
