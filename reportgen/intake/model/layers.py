"""Derive which layers have an attention window and which are mixtures of experts, by the rules of `types.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.intake.model.json_document import printable
from reportgen.intake.model.reader import MISSING, Reader

if TYPE_CHECKING:
    from reportgen.intake.model.types import ModelType

__all__ = ["experts", "windows"]

_NO_WINDOWS = {"window_size": 0, "windowed_layers": 0, "chunked_window": False}
_NO_EXPERTS = dict.fromkeys(("moe_layers", "experts", "active_experts", "expert_size", "shared_expert_size"), 0)


def windows(reader: Reader, kind: ModelType) -> dict[str, Any]:
    """Return the facts on windows; empty if a mistake was recorded."""
    named = _named_layers(reader, kind)
    if named is MISSING:
        return {}
    if not kind.windows or reader.fact(kind.windows.get("on", True), "condition") is False:
        return dict(_NO_WINDOWS)
    size = reader.fact(kind.windows["size"], "window_size")
    if size is MISSING:
        return {}
    if not size:
        if named:
            reader.fail(f"'layer_types' names {named} layers with a window, and no key says its size", "layer_types")
            return {}
        return dict(_NO_WINDOWS)
    count = named if named is not None else _windowed(reader, kind)
    if count is MISSING:
        return {}
    if not count:
        return dict(_NO_WINDOWS)
    return {"window_size": size, "windowed_layers": count, "chunked_window": kind.windows.get("chunked", False)}


def _named_layers(reader: Reader, kind: ModelType) -> Any:
    """Return how many layers have a window by `layer_types`, or None if the key is absent."""
    if not reader.has("layer_types"):
        return None
    layers = reader.facts.get("layers", MISSING)
    entries = reader.entries("layer_types", str, 0 if layers is MISSING else layers)
    if entries is MISSING or layers is MISSING:
        return MISSING
    window = "chunked_attention" if kind.windows.get("chunked") else "sliding_attention"
    known = {kind.full, *([window] if kind.windows else [])}
    for index, entry in enumerate(entries):
        if entry not in known:
            message = f"a layer of type '{printable(entry)}' cannot be described for '{kind.name}'"
            hint = "layers that can: " + ", ".join(sorted(known))
            return reader.fail(message, "layer_types", hint, inside=(index,))
    return entries[:layers].count(window)


def _windowed(reader: Reader, kind: ModelType) -> Any:
    layers = reader.facts.get("layers", MISSING)
    rule, mask = kind.windows["layers"], kind.windows.get("mask")
    if layers is MISSING:
        return MISSING
    if mask and reader.data.get(mask):
        entries = reader.entries(mask, int, layers)
        return MISSING if entries is MISSING else sum(1 for entry in entries[:layers] if entry)
    if rule == "unknown":
        hint = "say it in layer_types: a list of full_attention and sliding_attention"
        return reader.fail(f"which layers of '{kind.name}' have a window is not known", "use_sliding_window", hint)
    if rule == "all":
        return layers
    if rule == "alternate":
        return (layers + 1) // 2
    number = reader.fact(rule[1], "first_layer" if rule[0] == "from" else "interval")
    if number is MISSING:
        return MISSING
    return max(0, layers - number) if rule[0] == "from" else layers - layers // number


def experts(reader: Reader, kind: ModelType) -> dict[str, Any]:
    """Return the facts on mixtures of experts; empty if a mistake was recorded."""
    if not kind.experts:
        return dict(_NO_EXPERTS)
    count = reader.fact(kind.experts["count"], "experts")
    if count == 0:
        return dict(_NO_EXPERTS)
    layers = _moe_layers(reader, kind)
    if layers == 0:
        return dict(_NO_EXPERTS)
    facts = {
        "moe_layers": layers,
        "experts": count,
        "active_experts": reader.fact(kind.experts["active"], "active_experts"),
        "expert_size": reader.fact(kind.experts["size"], "expert_size"),
        "shared_expert_size": reader.fact(kind.experts.get("shared", 0), "shared_expert_size"),
    }
    return {} if MISSING in facts.values() else _plausible(reader, facts)


def _plausible(reader: Reader, facts: dict[str, Any]) -> dict[str, Any]:
    active, count = facts["active_experts"], facts["experts"]
    for name in ("active_experts", "expert_size"):
        if facts[name] == 0:
            key = reader.keys.get(name, "")
            reader.fail(f"'{key}' cannot be 0 in a mixture of {count} experts", key)
            return {}
    if active > count:
        key = reader.keys.get("active_experts", "")
        reader.fail(f"a token cannot use {active} of {count} experts", key)
        return {}
    return facts


def _moe_layers(reader: Reader, kind: ModelType) -> Any:
    layers, rule = reader.facts.get("layers", MISSING), kind.experts["layers"]
    types = kind.experts.get("types")
    if layers is MISSING:
        return MISSING
    if types and reader.has(types):
        return _sparse(reader, types, layers)
    if rule == "all":
        return layers
    if rule[0] == "after":
        first, each = reader.fact(rule[1], "first_layer"), reader.fact(rule[2], "interval")
        return MISSING if MISSING in (first, each) else sum(1 for i in range(first, layers) if i % each == 0)
    if rule[0] == "each":
        return _each(reader, layers, reader.fact(rule[1], "interval"), rule[2])
    return _listed(reader, layers, rule[1], rule[2])


def _sparse(reader: Reader, key: str, layers: int) -> Any:
    entries = reader.entries(key, str, layers)
    if entries is MISSING:
        return MISSING
    for index, entry in enumerate(entries):
        if entry not in ("dense", "sparse"):
            wanted = f"'{key}' names dense and sparse layers, not '{printable(entry)}'"
            return reader.fail(wanted, key, inside=(index,))
    return entries[:layers].count("sparse")


def _each(reader: Reader, layers: int, step: Any, exceptions: str) -> Any:
    dense = reader.entries(exceptions, int) if reader.has(exceptions) else []
    if MISSING in (step, dense):
        return MISSING
    left_out = set(dense)
    return sum(1 for i in range(layers) if (i + 1) % step == 0 and i not in left_out)


def _listed(reader: Reader, layers: int, key: str, each: Any) -> Any:
    if not reader.has(key):
        step = reader.fact(each, "interval")
        return MISSING if step is MISSING else layers // step
    entries = reader.entries(key, int)
    if entries is MISSING:
        return MISSING
    wrong = next((i for i, entry in enumerate(entries) if not 0 <= entry < layers or entry in entries[:i]), None)
    if wrong is not None:
        message = (
            f"'{key}' names each of the layers 0 to {layers - 1} once at most, not {printable(str(entries[wrong]))}"
        )
        return reader.fail(message, key, inside=(wrong,))
    return len(entries)
