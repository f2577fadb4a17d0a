"""Derive the number format of published weights from the quantization, or else from the type of the tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.errors import nearest
from reportgen.intake.model.reader import MISSING, Reader, found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["precision"]

_KEY = "quantization_config"
_HINT = f"known are fp8, mxfp4, awq, gptq, modelopt, compressed-tensors; without {_KEY} the shape alone is imported"


def precision(readers: list[Reader], dtypes: Mapping[str, str]) -> str | None:
    """Return the format's name in our catalogue, or None if none is stated or a mistake was recorded.

    `readers` are the configuration and, if it is composed, the part that generates text.
    """
    for reader in readers:
        if reader.has(_KEY):
            return _quantized(reader)
    for reader in reversed(readers):
        for key in ("dtype", "torch_dtype"):
            if reader.has(key):
                return _plain(reader, key, dtypes)
    return None


def _plain(reader: Reader, key: str, dtypes: Mapping[str, str]) -> str | None:
    text = reader.text(key)
    if text is MISSING:
        return None
    if text not in dtypes:
        reader.fail(f"the type {found(text)} is not known", key, nearest(text[:40], dtypes))
    return dtypes.get(text)


def _quantized(outer: Reader) -> str | None:
    """Return the format in which a quantization stores the weights, from its own section of the configuration."""
    data = outer.data[_KEY]
    if not isinstance(data, dict):
        outer.fail(f"'{_KEY}' needs keys and values, not {found(data)}", _KEY)
        return None
    reader = Reader(outer.document, (*outer.where, _KEY), data, {})
    reader.problems = outer.problems
    if not reader.has("quant_method"):
        reader.fail("the key 'quant_method' is missing", hint=_HINT)
        return None
    method = reader.text("quant_method")
    if method is MISSING:
        return None
    if method not in _METHODS:
        reader.fail(f"the quantization {found(method)} is not known", "quant_method", _HINT)
        return None
    return _METHODS[method](reader)


def _bits(reader: Reader) -> str | None:
    key = next((key for key in ("bits", "w_bit") if reader.has(key)), "")
    if not key:
        reader.fail("the key 'bits' is missing", hint="how many bits a weight has: 4 or 8")
        return None
    bits = reader.whole(key)
    if bits not in (4, 8, MISSING):
        reader.fail(f"weights of {bits} bits are not known", key, "known are 4 and 8")
    return {4: "int4", 8: "int8"}.get(bits)


def _modelopt(reader: Reader) -> str | None:
    if not reader.has("quant_algo"):
        reader.fail("the key 'quant_algo' is missing", hint="known are FP8 and NVFP4")
        return None
    algorithm = reader.text("quant_algo")
    known = {"FP8": "fp8", "NVFP4": "fp4"}
    if algorithm is not MISSING and algorithm not in known:
        reader.fail(f"the algorithm {found(algorithm)} is not known", "quant_algo", "known are FP8 and NVFP4")
    return known.get(algorithm)


def _compressed(reader: Reader) -> str | None:
    """Return the format of compressed-tensors, whose groups of layers must agree."""
    groups = reader.data.get("config_groups")
    if not isinstance(groups, dict) or not groups:
        reader.fail(f"'config_groups' needs keys and values, not {found(groups)}", "config_groups")
        return None
    formats = {name: _group(reader, name, group) for name, group in groups.items()}
    if None in formats.values():
        return None
    if len(set(formats.values())) > 1:
        names = " and ".join(sorted({str(name) for name in formats.values()}))
        reader.fail(f"the layers are stored in several formats ({names})", "config_groups", _HINT)
        return None
    return next(iter(formats.values()))


def _group(reader: Reader, name: str, group: Any) -> str | None:
    weights = group.get("weights") if isinstance(group, dict) else None
    inside = (name, "weights") if isinstance(group, dict) and "weights" in group else (name,)
    if not isinstance(weights, dict):
        reader.fail("a group needs keys and values under 'weights'", "config_groups", inside=inside)
        return None
    bits, kind = weights.get("num_bits"), weights.get("type", "int")
    if isinstance(bits, int) and isinstance(kind, str) and (bits, kind) in _STORED:
        if (bits, kind) == (4, "float") and reader.data.get("format") != "nvfp4-pack-quantized":
            reader.fail(f"the format {found(reader.data.get('format'))} is not known", "format", _HINT)
            return None
        return _STORED[bits, kind]
    message = f"weights of {found(bits)} bits of type {found(kind)} are not known"
    reader.fail(message, "config_groups", _HINT, inside=inside)
    return None


_STORED = {(4, "int"): "int4", (8, "int"): "int8", (8, "float"): "fp8", (4, "float"): "fp4"}

_METHODS: dict[str, Callable[[Reader], str | None]] = {
    "fp8": lambda _: "fp8",
    "fbgemm_fp8": lambda _: "fp8",
    "mxfp4": lambda _: "mxfp4",
    "awq": _bits,
    "gptq": _bits,
    "modelopt": _modelopt,
    "compressed-tensors": _compressed,
}
