"""Read facts from an untrusted configuration; every mistake is recorded at its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem
from reportgen.intake.model.json_document import JsonDocument, Where, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MISSING", "Reader", "found"]

MISSING = object()
"""The value of something unknown because a mistake was recorded."""

_RANGES = {"size": (1, 10**8), "part": (0, 10**7), "first_layer": (0, 10**5), "interval": (1, 10**5)}
"""The ranges of numbers from which facts are derived."""

_FLAGS = frozenset({"condition", "tied_embeddings", "attention_bias"})
_FORMULA = re.compile(r"=(\w+)(?: ([*/]) (\w+))?")
_KINDS = {bool: "true or false", int: "a whole number", str: "a text"}


def found(value: object) -> str:
    """Return a value as written, shortened for a message."""
    if isinstance(value, list | dict):
        if not value:
            return str(value)
        return "a list" if isinstance(value, list) else "keys and values"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"'{printable(value)}'" if isinstance(value, str) else printable(str(value))


class Reader:
    """One configuration: a mapping within a JSON document, and the facts found in it.

    `facts` are those of our catalogue; `assumed` are missing keys for which the default of transformers was taken.
    """

    def __init__(
        self, document: JsonDocument, where: Where, data: dict[str, Any], limits: Mapping[str, tuple[float, float]]
    ) -> None:
        self.document, self.where, self.data, self.limits = document, where, data, limits
        self.nested: Mapping[str, Any] = {}
        self.problems: list[Problem] = []
        self.facts: dict[str, Any] = {}
        self.keys: dict[str, str] = {}
        self.assumed: list[str] = []

    def fail(self, message: str, key: str = "", hint: str = "", *, inside: Where = ()) -> Any:
        """Record a mistake at a key's value, or at the configuration itself; return MISSING."""
        where = (*self.where, key, *inside) if key else self.where
        self.problems.append(Problem(message, self.document.span(where), hint))
        return MISSING

    def has(self, key: str) -> bool:
        """Return whether a key has a value."""
        return self.data.get(key) is not None

    # --- values of a kind --------------------------------------------------------------------------------------

    def whole(self, key: str, fact: str = "size") -> Any:
        """Return the whole number under a key, in the range of a fact."""
        value, (low, high) = self.data[key], self.limits.get(fact) or _RANGES[fact]
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        return self.fail(f"'{key}' needs a whole number from {low:.0f} to {high:.0f}, not {found(value)}", key)

    def flag(self, key: str) -> Any:
        """Return the flag under a key."""
        return self._kind(key, bool)

    def text(self, key: str) -> Any:
        """Return the text under a key."""
        return self._kind(key, str)

    def _kind(self, key: str, kind: type) -> Any:
        value = self.data[key]
        if isinstance(value, kind):
            return value
        return self.fail(f"'{key}' needs {_KINDS[kind]}, not {found(value)}", key)

    def entries(self, key: str, kind: type, length: int = 0) -> Any:
        """Return the list under a key: at least `length` entries of one kind."""
        value = self.data[key]
        if not isinstance(value, list):
            return self.fail(f"'{key}' needs a list, not {found(value)}", key)
        for index, entry in enumerate(value):
            if not isinstance(entry, kind) or (kind is int and isinstance(entry, bool)):
                wanted = f"entry {index + 1} of '{key}' needs {_KINDS[kind]}, not {found(entry)}"
                return self.fail(wanted, key, inside=(index,))
        if len(value) < length:
            return self.fail(f"'{key}' has {len(value)} entries for {length} layers", key)
        return value

    # --- facts as described in types.yaml ---------------------------------------------------------------------

    def fact(self, spec: Any, name: str) -> Any:
        """Return the value of a fact: a number, a flag, None if it may be absent, or MISSING."""
        if isinstance(spec, bool | int) or spec is None:
            return spec
        if isinstance(spec, str) and spec.startswith("="):
            return self.formula(spec, name)
        if isinstance(spec, str | list):
            return self._key({"key": spec}, name)
        if "key" in spec:
            return self._key(spec, name)
        if "if" in spec:
            return self._choice(spec, name)
        parts = [self.fact(part, "part") for part in spec.get("sum", spec.get("product"))]
        if MISSING in parts:
            return MISSING
        return sum(parts) if "sum" in spec else parts[0] * parts[1]

    def _key(self, spec: dict[str, Any], name: str) -> Any:
        keys = [spec["key"]] if isinstance(spec["key"], str) else spec["key"]
        key = next((key for key in keys if self.has(key)), next((key for key in keys if key in self.data), ""))
        if key and self.data[key] is not None:
            self.keys.setdefault(name, key)
            return self.flag(key) if name in _FLAGS else self.whole(key, name)
        if key and "null" in spec:
            return self.fact(spec["null"], name)
        if not key:
            taken = next((key for key in keys if key in self.nested), "")
            if taken:
                self.assumed.append(taken)
                return self.nested[taken]
        if "default" in spec:
            return self.fact(spec["default"], name)
        if key:
            return self.fail(f"'{key}' needs a value, not null", key)
        return self.fail(f"the key '{keys[0]}' is missing")

    def _choice(self, spec: dict[str, Any], name: str) -> Any:
        condition = self.fact(spec["if"], "condition")
        return MISSING if condition is MISSING else self.fact(spec["then" if condition else "else"], name)

    def formula(self, text: str, name: str) -> Any:
        """Return a fact computed from others, as in `=hidden_size / heads`; a division must leave no remainder."""
        match = _FORMULA.fullmatch(text)
        assert match is not None, text
        first, sign, second = match.groups()
        left, right = self._operand(first), self._operand(second) if second else 1
        if left is MISSING or right is MISSING:
            return MISSING
        if sign != "/":
            return left * right
        if left % right:
            keys = self.keys.get(first, first), self.keys.get(second, second)
            message = f"'{keys[0]}' ({left}) is not a multiple of '{keys[1]}' ({right}), so '{name}' is not known"
            return self.fail(message, keys[0])
        return left // right

    def _operand(self, name: str) -> Any:
        return int(name) if name.isdigit() else self.facts.get(name, MISSING)
