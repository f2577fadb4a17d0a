"""Read JSON with the place of every key and value: strict, bounded in size and depth, all repeated keys reported."""

from __future__ import annotations

import bisect
import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from reportgen.errors import Problem, Span, SpecError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JsonDocument", "Where", "parse_json", "printable", "read_bytes"]

MAX_BYTES = 4_000_000
MAX_DEPTH = 30
MAX_VALUES = 200_000
MAX_PROBLEMS = 50
_DIGITS = 300
"""Numbers with more digits are read as infinite: no fact has them, and Python refuses to convert thousands."""

Where = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?(?![0-9A-Za-z_.+])")
_WORD = re.compile(r"[-+]?[A-Za-z_][A-Za-z_0-9]*|[-+.]?[0-9][0-9A-Za-z_.+-]*")
_WORDS = {"true": True, "false": False, "null": None}


def printable(text: str, most: int = 40) -> str:
    """Return untrusted text in displayable form: one line, without control characters, at most `most` long."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: most + 1])
    return shown if len(text) <= most else shown[:most] + "..."


class JsonDocument:
    """Plain data, with the place of every part by path."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.data: Any = None
        self.values: dict[Where, tuple[int, int]] = {}
        self.keys: dict[Where, tuple[int, int]] = {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lines: dict[int, str] = {}

    def span(self, path: Where = (), *, key: bool = False) -> Span:
        """Return the place of a value (or of its key), or else of the nearest enclosing part that has one."""
        for end in range(len(path), -1, -1):
            table = self.keys if key and path[:end] in self.keys else self.values
            if (place := table.get(path[:end])) is not None:
                return self.at(*place)
        return Span(self.file)

    def at(self, offset: int, length: int = 1) -> Span:
        """Return the place of a part of the text."""
        line = bisect.bisect_right(self._starts, offset) - 1
        if line not in self._lines:
            end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
            raw = self.text[self._starts[line] : end].rstrip("\r\n")
            self._lines[line] = "".join(c if c.isprintable() else " " for c in raw)
        text = self._lines[line]
        return Span(self.file, line + 1, offset - self._starts[line] + 1, text, max(1, length))


def read_bytes(path: Path, file: str) -> bytes:
    """Return the bytes of a file, if it is not too large.

    Raises:
        SpecError: it is missing, not a regular file, too large, or unreadable.
    """
    try:
        if not path.is_file():
            raise SpecError([Problem("there is no such file", Span(file))])
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError([Problem(f"the file cannot be read: {error.strerror}", Span(file))]) from None
    if len(raw) > MAX_BYTES:
        raise SpecError([Problem(f"the file is larger than {MAX_BYTES // 1_000_000} MB", Span(file))])
    return raw


def parse_json(raw: bytes, file: str) -> JsonDocument:
    """Read JSON from bytes; `file` is its name in messages.

    Raises:
        SpecError: it is not JSON, is nested too deeply, or repeats a key.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8: byte 0x{raw[error.start]:02x} cannot be read"
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise SpecError([Problem(message, Span(file, line, column), "save it as UTF-8")]) from None
    document = JsonDocument(file, text)
    _Parser(document).parse()
    return document


class _Parser:
    """A recursive-descent parser; our depth limit is far below the stack's."""

    def __init__(self, document: JsonDocument) -> None:
        self.document, self.text, self.offset, self.count = document, document.text, 0, 0
        self.problems: list[Problem] = []

    def parse(self) -> None:
        if not self.text.strip(" \t\r\n"):
            self._stop("the file is empty", 0)
        self.document.data = self._value((), 0)
        self._skip()
        if self.offset < len(self.text):
            self._stop("this is not JSON: something follows the end of the value", self.offset)
        if self.problems:
            raise SpecError(self.problems)

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.offset)
        assert match is not None
        self.offset = match.end()

    def _peek(self) -> str:
        self._skip()
        return self.text[self.offset : self.offset + 1]

    def _value(self, path: Where, depth: int) -> Any:
        sign, start = self._peek(), self.offset
        self.count += 1
        if self.count > MAX_VALUES:
            self._stop(f"the file holds more than {MAX_VALUES} values", start)
        if sign in ("{", "["):
            if depth >= MAX_DEPTH:
                self._stop(f"nested more than {MAX_DEPTH} deep", start)
            self.document.values[path] = (start, 1)
            self.offset += 1
            return self._object(path, depth + 1) if sign == "{" else self._array(path, depth + 1)
        value = self._string() if sign == '"' else self._plain(alone=not path)
        self.document.values[path] = (start, self.offset - start)
        return value

    def _object(self, path: Where, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        if self._peek() == "}":
            self.offset += 1
            return data
        while True:
            if self._peek() != '"':
                self._wrong("a key in double quotes is expected")
            start = self.offset
            key = self._string()
            if key in data:
                self._note(f"duplicate key '{printable(key)}'", start, self.offset - start)
            self.document.keys[*path, key] = (start, self.offset - start)
            if self._peek() != ":":
                self._wrong("':' is expected after the key")
            self.offset += 1
            data[key] = self._value((*path, key), depth)
            if self._ends("}"):
                return data

    def _array(self, path: Where, depth: int) -> list[Any]:
        items: list[Any] = []
        if self._peek() == "]":
            self.offset += 1
            return items
        while True:
            items.append(self._value((*path, len(items)), depth))
            if self._ends("]"):
                return items

    def _ends(self, closing: str) -> bool:
        """Return whether the collection is closed here, and not continued after a comma."""
        sign = self._peek()
        if sign not in (closing, ",") or not sign:
            self._wrong(f"',' or '{closing}' is expected")
        self.offset += 1
        return sign == closing

    def _string(self) -> str:
        match = _STRING.match(self.text, self.offset)
        if match is None:
            self._stop("this is not JSON: the text in quotes is not closed, or holds what must be escaped", self.offset)
        self.offset = match.end()
        return str(json.loads(match[0]))

    def _plain(self, *, alone: bool) -> Any:
        start = self.offset
        if match := _NUMBER.match(self.text, start):
            self.offset = match.end()
            if match[1] or match[2]:
                return float(match[0])
            return int(match[0]) if len(match[0]) <= _DIGITS else float("inf")
        match = _WORD.match(self.text, start)
        if match is None:
            self._wrong("a value is expected")
        self.offset = match.end()
        if match[0] not in _WORDS and alone:
            self._stop("this is not JSON: it begins with { as a rule", start)
        if match[0] not in _WORDS:
            self._note(f"'{printable(match[0])}' is not a JSON value", start, len(match[0]))
        return _WORDS.get(match[0])

    def _note(self, message: str, offset: int, length: int) -> None:
        """Record a mistake after which the rest can still be read."""
        self.problems.append(Problem(message, self.document.at(offset, length)))
        if len(self.problems) >= MAX_PROBLEMS:
            raise SpecError(self.problems)

    def _wrong(self, expected: str) -> NoReturn:
        ended = not self._peek()
        problem = "the file ends too early" if ended else expected
        self._stop(f"this is not JSON: {problem}", max(0, len(self.text.rstrip()) - 1) if ended else self.offset)

    def _stop(self, message: str, offset: int) -> NoReturn:
        raise SpecError([*self.problems, Problem(message, self.document.at(offset))])
