"""Validate documents against the schema and report each mistake in our words, at its place."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from reportgen.errors import Problem, Span, SpecError, nearest
from reportgen.spec.document import Document, read_document
from reportgen.spec.mend import fields_at, mend
from reportgen.spec.model import SCHEMA, LibrarySpec, ScenarioSpec

if typing.TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Loaded", "load_library_file", "load_scenario", "validate"]

Spec = TypeVar("Spec", bound=BaseModel)


@dataclass(frozen=True)
class Loaded(Generic[Spec]):
    """A specification and the document that it was read from.

    `problems` are mistakes that leave the rest readable; callers report them together with the mistakes they find.
    """

    spec: Spec
    document: Document
    problems: tuple[Problem, ...] = ()


def load_scenario(path: Path, name: str | None = None) -> Loaded[ScenarioSpec]:
    """Read and validate a scenario file.

    Raises:
        SpecError: with every mistake found, if they prevent checking the rest.
    """
    return validate(ScenarioSpec, read_document(path, name))


def load_library_file(path: Path, name: str, *, quick: bool = False) -> Loaded[LibrarySpec]:
    """Read and validate a library file; `quick` is for files that are known to be correct."""
    loaded = validate(LibrarySpec, read_document(path, name, quick=quick))
    if loaded.problems:
        raise SpecError(loaded.problems)
    return loaded


def validate(model: type[Spec], document: Document) -> Loaded[Spec]:
    """Validate a document against a schema."""
    data = document.data
    if not isinstance(data, dict):
        kind = _kind(data)
        raise SpecError([Problem(f"the file must hold keys and values (title: ...), not {kind}", document.span(()))])
    _check_version(data, document)
    try:
        return Loaded(model.model_validate(data), document)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        problems = tuple(_problem(model, document, e) for e in errors)
        mended = mend(model, document, errors)
        if mended is None:
            raise SpecError(problems) from None
        return Loaded(mended, document, problems)


def _check_version(data: dict[str, Any], document: Document) -> None:
    version = data.get("schema")
    if "schema" not in data:
        span = Span(document.file, 1, 1, document.lines[0] if document.lines else "")
        raise SpecError([Problem("the key 'schema' is missing", span, f"write schema: {SCHEMA}")])
    if isinstance(version, int) and not isinstance(version, bool) and version > SCHEMA:
        message = f"this file is written for schema {version}; this version of reportgen reads up to {SCHEMA}"
        raise SpecError([Problem(message, document.span(("schema",)), "install a newer reportgen")])
    if version != SCHEMA or isinstance(version, bool):
        raise SpecError(
            [
                Problem(
                    f"'schema' is the number of the file format, not {_found(version)}",
                    document.span(("schema",)),
                    f"write schema: {SCHEMA}",
                )
            ]
        )


_LIMITS = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
_WANTED = {
    "string_type": "a text",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list, as in [a, b]",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}


def _problem(model: type[BaseModel], document: Document, error: Any) -> Problem:
    """Translate an error of pydantic into a problem in our words."""
    kind, loc = str(error["type"]), tuple(error["loc"])
    path = tuple(part for part in loc if part != "[key]" and not _is_tag(part))
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    span, key_span = document.span(path), document.span(path, key=True)
    if kind == "extra_forbidden":
        return Problem(f"unknown key '{last}'", key_span, nearest(str(last), list(fields_at(model, path[:-1]))))
    if kind == "missing":
        description = fields_at(model, path[:-1]).get(str(last), "")
        return Problem(
            f"the key '{last}' is missing",
            document.span(path[:-1], key=True),
            f"{last}: {description}" if description else "",
        )
    if kind == "string_pattern_mismatch" or "[key]" in loc:
        hint = "letters, digits and underscores; the first is a letter"
        return Problem(f"'{last}' cannot be a name", key_span, hint)
    if kind == "literal_error":
        expected = str(error.get("ctx", {}).get("expected", ""))
        return Problem(f"'{last}' must be {expected}, not {_found(error['input'])}", span)
    if kind in _WANTED:
        return Problem(f"'{last}' needs {_WANTED[kind]}, not {_found(error['input'])}", span)
    if kind == "value_error":
        return Problem(f"'{last}' {error['ctx']['error']}", span)
    if kind in _LIMITS:
        words, bound = _LIMITS[kind]
        return Problem(f"'{last}' needs {words} {error['ctx'][bound]}, not {_found(error['input'])}", span)
    return Problem(f"'{last}': {str(error['msg']).lower()}", span)


def _is_tag(part: Any) -> bool:
    return isinstance(part, str) and part.startswith(("list[", "literal["))


def _kind(value: Any) -> str:
    return {list: "a list", dict: "keys and values", str: "a text", bool: "true or false"}.get(
        type(value), "a single value"
    )


def _found(value: Any) -> str:
    if isinstance(value, list | dict):
        return _kind(value)
    return "nothing" if value is None else f"'{str(value)[:40]}'"
