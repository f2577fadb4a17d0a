"""Convert a model's published configuration (Hugging Face's config.json) to a catalogue row; nothing is fetched."""

from __future__ import annotations

import functools
import hashlib
import os.path
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.book.names import member_fault
from reportgen.errors import Problem, SpecError, nearest
from reportgen.intake.model.json_document import JsonDocument, parse_json, printable, read_bytes
from reportgen.intake.model.layers import experts, windows
from reportgen.intake.model.precision import precision
from reportgen.intake.model.reader import MISSING, Reader, found
from reportgen.intake.model.types import ModelType, ModelTypes, model_types
from reportgen.resources import library_dir
from reportgen.spec.load import load_library_file

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COLUMNS", "read_config"]

_SHAPE = (
    "layers", "hidden_size", "heads", "kv_heads", "head_dim", "vocab_size", "gated_ffn", "tied_embeddings",
    "attention_bias", "context_limit", "kv_latent", "q_latent", "rope_dim", "value_dim",
    "mtp_layers",
)  # fmt: skip

COLUMNS = (
    "name", "aliases", "layers", "hidden_size", "heads", "kv_heads", "head_dim", "intermediate_size", "gated_ffn",
    "vocab_size", "tied_embeddings", "attention_bias", "moe_layers", "experts", "active_experts", "expert_size",
    "shared_expert_size", "kv_latent", "q_latent", "rope_dim", "value_dim", "window_size", "windowed_layers",
    "chunked_window", "context_limit", "mtp_layers", "native_precision", "source", "retrieved", "notes",
)  # fmt: skip
"""The columns of a row, in the order of our catalogue."""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_CACHED = re.compile(r"models--([A-Za-z0-9][\w.-]*)--([A-Za-z0-9][\w.-]*)")
_TIED = "tie_word_embeddings"


def read_config(path: Path, name: str = "", retrieved: str = "") -> dict[str, Any]:
    """Return the catalogue row of a `config.json`, or of a folder that holds one; facts that it omits are left out.

    Without a name, the model is named after the folder of its configuration, or after a file of another name.

    Raises:
        SpecError: with every mistake found.
    """
    file = _file(path)
    row: dict[str, Any] = {}
    problems = _named(row, file, name)
    if retrieved and not _MONTH.fullmatch(retrieved):
        problems.append(Problem(f"'{printable(retrieved)}' is not a month", None, "write it as 2026-11"))
    try:
        raw = read_bytes(file, str(file))
        facts, notes = _facts(parse_json(raw, str(file)))
    except SpecError as error:
        raise SpecError([*problems, *error.problems]) from None
    if problems:
        raise SpecError(problems)
    if (file.parent / "hf_quant_config.json").exists():
        notes.append("hf_quant_config.json next to it was not read")
    row |= facts
    row["source"] = f"Hugging Face {printable(file.name, 80)}, sha256 {hashlib.sha256(raw).hexdigest()[:12]}"
    row |= {key: text for key, text in (("retrieved", retrieved), ("notes", "; ".join(notes))) if text}
    return {column: row[column] for column in COLUMNS if column in row}


def _file(path: Path) -> Path:
    try:
        return path / "config.json" if path.is_dir() else path
    except OSError:  # reading the file reports the problem
        return path


def _named(row: dict[str, Any], file: Path, name: str) -> list[Problem]:
    """Set the row's name, and the alias that a folder of the hub's cache reveals."""
    folders = Path(os.path.normpath(file.absolute())).parts[:-1]
    cached = next((m for folder in folders[-3:] if (m := _CACHED.fullmatch(folder))), None)
    if cached:
        row["aliases"] = f"{cached[1]}/{cached[2]}"
    guess = cached[2] if cached else folders[-1] if file.name == "config.json" and folders else file.stem
    row["name"] = name or guess
    fault = member_fault(row["name"])
    if not fault and not row["name"].isprintable():
        fault = "a name has printable characters"
    if not fault:
        return []
    hint = fault if name else f"{fault}; give one with --name"
    return [Problem(f"'{printable(row['name'])}' cannot be a model's name", None, hint)]


# --- the configuration -------------------------------------------------------------------------------------------


def _facts(document: JsonDocument) -> tuple[dict[str, Any], list[str]]:
    """Return the facts of a configuration, and notes on them."""
    known = model_types()
    readers, kind = _text_part(document, known)
    inner = readers[-1]
    inner.nested = kind.nested if len(readers) > 1 else {}
    for name in _SHAPE:
        inner.facts[name] = inner.fact(kind.facts.get(name, 0), name)
    if len(readers) > 1 and not inner.has(_TIED) and readers[0].has(_TIED):
        inner.facts["tied_embeddings"] = readers[0].flag(_TIED)
    _required(inner, kind)
    inner.facts |= windows(inner, kind)
    inner.facts |= experts(inner, kind)
    everywhere = inner.facts.get("moe_layers") == inner.facts["layers"]
    inner.facts["intermediate_size"] = (
        0 if everywhere else inner.fact(kind.facts["intermediate_size"], "intermediate_size")
    )
    _consistent(inner)
    inner.facts["native_precision"] = precision(readers, known.dtypes)
    if problems := [problem for reader in readers for problem in reader.problems]:
        raise SpecError(problems)
    notes = _notes(document, inner, kind, composed=len(readers) > 1)
    return {name: value for name, value in inner.facts.items() if value is not None}, notes


def _text_part(document: JsonDocument, known: ModelTypes) -> tuple[list[Reader], ModelType]:
    """Return the configuration and, if it is composed, its part that generates text; and that part's architecture."""
    outer = _reader(document, (), document.data)
    name = _type_name(outer, known.names())
    if name not in known.composites:
        return [outer], known.types[name]
    text = outer.data.get("text_config")
    if "text_config" not in outer.data:
        outer.fail(f"the key 'text_config' is missing, which holds the facts of a '{name}' model")
        raise SpecError(outer.problems)
    inner = _reader(document, ("text_config",), text)
    if not inner.has("model_type"):
        return [outer, inner], known.types[known.composites[name]]
    return [outer, inner], known.types[_type_name(inner, sorted(known.types))]


def _reader(document: JsonDocument, where: tuple[str, ...], data: Any) -> Reader:
    if not isinstance(data, dict):
        what = f"'{where[-1]}'" if where else "the file"
        raise SpecError([Problem(f"{what} must hold keys and values, not {found(data)}", document.span(where))])
    return Reader(document, where, data, _limits())


def _type_name(reader: Reader, names: list[str]) -> str:
    """Return the architecture, or report an unknown one."""
    if not reader.has("model_type"):
        reader.fail("the key 'model_type' is missing, which names the architecture")
        raise SpecError(reader.problems)
    name = reader.text("model_type")
    if name in names:
        return str(name)
    if name is not MISSING:
        message = f"the architecture {found(name)} is not known: nothing says where it keeps its facts"
        near = nearest(name[:60], names, most=1)
        reader.fail(message, "model_type", f"{near} known are ".lstrip() + ", ".join(names))
    raise SpecError(reader.problems)


@functools.cache
def _limits() -> Mapping[str, tuple[float, float]]:
    """Return the range of each number in the catalogue, from the library's declarations."""
    path = library_dir() / "quantities" / "catalogue.yaml"
    specs = load_library_file(path, "library/quantities/catalogue.yaml").spec.quantities
    return {
        name: (spec.minimum, spec.maximum)
        for name, spec in specs.items()
        if spec.minimum is not None and spec.maximum is not None
    }


def _required(reader: Reader, kind: ModelType) -> None:
    """Refuse settings with which our facts do not describe a model of a known type."""
    for key, rule in kind.requires.items():
        value = reader.data.get(key)
        wanted = reader.formula(rule, key) if isinstance(rule, str) else rule
        if value is None or wanted is MISSING:
            continue
        entries = value if isinstance(value, list) else [value]
        wrong = next((i for i, entry in enumerate(entries) if (type(entry), entry) != (type(wanted), wanted)), None)
        if wrong is not None:
            message = f"a '{kind.name}' model with this '{key}' cannot be described: only {found(wanted)} can"
            reader.fail(message, key, inside=(wrong,) if isinstance(value, list) else ())


def _consistent(reader: Reader) -> None:
    """Check combinations of keys."""
    heads, kv_heads = reader.facts["heads"], reader.facts["kv_heads"]
    if MISSING not in (heads, kv_heads) and heads % kv_heads:
        key = reader.keys.get("kv_heads", "")
        reader.fail(f"{heads} heads cannot share {kv_heads} KV heads evenly", key)
    for name, value in reader.facts.items():
        if isinstance(value, int) and not isinstance(value, bool) and name in reader.limits:
            low, high = reader.limits[name]
            if not low <= value <= high:
                key = reader.keys.get(name) or reader.keys.get("part", "")
                reader.fail(f"'{name}' comes out as {value}; it needs a whole number from {low:.0f} to {high:.0f}", key)


def _notes(document: JsonDocument, reader: Reader, kind: ModelType, *, composed: bool) -> list[str]:
    notes = [f"text part of a {document.data['model_type']} model"] if composed else []
    if reader.assumed:
        notes.append("left out of the file, as transformers takes them: " + ", ".join(dict.fromkeys(reader.assumed)))
    if reader.facts["native_precision"] is None:
        notes.append("the precision is not stated, which counts as bf16")
    return [*notes, kind.note] if kind.note else notes
