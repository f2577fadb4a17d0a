"""Read YAML 1.2 and keep the place of every key and value; anchors, tags and excessive size or depth are refused."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.errors import Problem, Span, SpecError
from reportgen.lang.reader import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Document", "decoded", "parse_document", "read_document"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
_PATH = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a scalar or collection begins, its length, and whether parts of it can be located (scalars on one line)."""

    line: int
    column: int
    length: int
    inline: bool
    lines: tuple[tuple[int, int, int], ...] = ()
    """The lines of a text in block style: each has its offset in the text, its 0-based line, and its column."""


class Document:
    """Plain data, with the place of every part by path."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.label = ""
        """The source of rows that state none; empty for the package's own files."""
        self.lines = text.splitlines()
        whole = text.replace("\r\n", "\n").replace("\r", "\n")
        self.text = whole if whole.endswith("\n") else whole + "\n"
        """The text of the file, with Unix line ends."""
        self.data: Any = None
        self.values: dict[_PATH, _Mark] = {}
        self.keys: dict[_PATH, _Mark] = {}

    def span(self, path: _PATH, *, key: bool = False) -> Span:
        """Return the place of a value (or of its key), or else of the nearest enclosing part that has one."""
        for end in range(len(path), -1, -1):
            table = self.keys if key and path[:end] in self.keys else self.values
            if (mark := table.get(path[:end])) is not None:
                return self._span(mark, 0, mark.length)
        return Span(self.file)

    def rename(self, path: _PATH, name: str) -> None:
        """Treat the key at a path as another name; everything under it keeps its place."""
        end = len(path)
        for table in (self.values, self.keys):
            for old in [p for p in table if p[:end] == path]:
                table[*path[:-1], name, *old[end:]] = table.pop(old)

    def _span(self, mark: _Mark, start: int, length: int) -> Span:
        line = self.lines[mark.line] if mark.line < len(self.lines) else ""
        return Span(self.file, mark.line + 1, mark.column + start + 1, line, max(1, length))

    def source(self, path: _PATH, text: str) -> Source:
        """Return the text of a formula at a path as a source that can locate parts of itself."""
        mark = self.values.get(path)

        def locate(start: int, end: int) -> Span:
            if mark is None:
                return Span(self.file)
            if mark.lines:
                offset, line, column = max(part for part in mark.lines if part[0] <= start)
                rest = len(self.lines[line]) - column - (start - offset)
                return self._span(_Mark(line, column, 1, True), start - offset, min(end - start, rest))
            return self._span(mark, start, end - start) if mark.inline else self._span(mark, 0, mark.length)

        return Source(text, locate)


def read_document(path: Path, name: str | None = None, *, quick: bool = False) -> Document:
    """Read a YAML file; `quick` uses libyaml if it is installed, whose messages differ from ours.

    Raises:
        SpecError: it is missing, too large, not UTF-8, empty, not YAML, or uses anchors or tags.
    """
    file = name or str(path)
    try:
        if not path.is_file():
            what = "this is a folder, not a file" if path.is_dir() else "there is no such file"
            raise SpecError([Problem(what, Span(file))])
        if (size := path.stat().st_size) > MAX_BYTES:
            limit = f"the file has {size / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read"
            raise SpecError([Problem(limit, Span(file))])
        raw = path.read_bytes()
    except OSError as error:
        raise SpecError([Problem(f"the file cannot be read: {error.strerror}", Span(file))]) from None
    return parse_document(raw, file, quick=quick)


def parse_document(
    raw: bytes, file: str, hint: str = "reportgen new writes a scenario to begin with", *, quick: bool = False
) -> Document:
    """Read YAML from bytes; `file` is its name in messages, `hint` says what to do if it is empty."""
    text = decoded(raw, file)
    document = Document(file, text)
    _Builder(document, text, quick=quick).build()
    if document.data is None:
        message = "the file holds nothing but comments" if text.strip() else "the file is empty"
        raise SpecError([Problem(message, Span(file, 1, 1), hint)])
    return document


def decoded(raw: bytes, file: str) -> str:
    """Decode a file as UTF-8, or report the place of the first invalid byte."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"the file is not UTF-8: byte 0x{raw[error.start]:02x} cannot be read"
        begin = error.start - column + 1
        text = raw[begin:].split(b"\n", 1)[0].decode(errors="replace").rstrip("\r")
        column = len(raw[begin : error.start].decode(errors="replace")) + 1
        raise SpecError([Problem(message, Span(file, line, column, text), "save it as UTF-8")]) from None


class _Builder:
    """Builds data from YAML events, iteratively, so that our limit bounds the depth and not the stack."""

    def __init__(self, document: Document, text: str, *, quick: bool) -> None:
        self.document, self.text, self.quick = document, text, quick
        self.problems: list[Problem] = []

    def build(self) -> None:
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            self._consume()
        except MarkedYAMLError as error:
            raise SpecError([*self.problems, self._not_yaml(error)]) from None
        except YAMLError as error:
            # for a character that YAML does not allow, the reader reports only an offset
            before = self.text[: getattr(error, "position", 0)]
            span = self._at(before.count("\n"), len(before) - before.rfind("\n") - 1)
            message = f"this is not YAML: {str(error).splitlines()[0]}"
            raise SpecError([*self.problems, Problem(message, span)]) from None
        except (ValueError, AssertionError, RecursionError):  # raised by ruamel.yaml for bad directives, for instance
            message = "this is not YAML that can be read"
            raise SpecError([*self.problems, Problem(message, Span(self.document.file, 1, 1))]) from None
        if self.problems:
            raise SpecError(self.problems)

    def _not_yaml(self, error: Any) -> Problem:
        """Return what the YAML reader reports, in plainer words if it mentions its own tokens."""
        mark, began = error.problem_mark or error.context_mark, error.context_mark
        message = str(error.problem or error.context)
        if "'\\t'" in message:
            message = "the line is indented with a tab; indent with spaces"
        ended = "<stream end>" in message or mark is None or mark.line >= len(self.document.lines)
        hint = ""
        if began is not None and (ended or began.line != mark.line):
            opens = self.text[began.index : began.index + 1]
            what = f"'{opens}'" if opens in "[{\"'" else "what"
            hint = (
                f"{what} that begins in line {began.line + 1}, column {began.column + 1} is not closed"
                if ended
                else (f"it belongs to what begins in line {began.line + 1}, column {began.column + 1}")
            )
        if ended:
            message = "the file ends too early"
            last = max((i for i, line in enumerate(self.document.lines) if line.strip()), default=0)
            end = len(self.document.lines[last].rstrip()) if self.document.lines else 0
            return Problem(f"this is not YAML: {message}", self._at(last, max(0, end - 1)), hint)
        return Problem(f"this is not YAML: {message}", self._at(mark.line, mark.column), hint)

    def _events(self) -> Iterator[Any]:
        from ruamel.yaml import YAML

        if self.quick:
            with contextlib.suppress(ImportError):
                from _ruamel_yaml import CParser

                return _all_events(CParser(self.text))
        return iter(YAML(typ="safe", pure=True).parse(self.text))

    def _at(self, line: int, column: int, length: int = 1) -> Span:
        lines = self.document.lines
        return Span(self.document.file, line + 1, column + 1, lines[line] if line < len(lines) else "", length)

    def _consume(self) -> None:
        from ruamel.yaml import events

        stack: list[tuple[Any, _PATH]] = []
        pending: list[Any] = []
        documents = 0
        for event in self._events():
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop("a second document begins here; one file holds one", event)
            if isinstance(event, events.AliasEvent) or getattr(event, "anchor", None):
                self._stop("anchors and aliases (& and *) are not read; write the values out", event)
            if isinstance(event, events.CollectionStartEvent | events.ScalarEvent):
                self._tag(event)
            if isinstance(event, events.ScalarEvent):
                self._place(stack, pending, event, self._scalar(event), None)
            elif isinstance(event, events.MappingStartEvent | events.SequenceStartEvent):
                collection: Any = {} if isinstance(event, events.MappingStartEvent) else []
                self._place(stack, pending, event, collection, collection)
                if len(stack) > MAX_DEPTH:
                    self._stop(f"nested more than {MAX_DEPTH} deep", event)
            elif isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
                stack.pop()
                pending.pop()

    def _stop(self, message: str, event: Any) -> None:
        raise SpecError([*self.problems, Problem(message, self._at(event.start_mark.line, event.start_mark.column))])

    def _tag(self, event: Any) -> None:
        tag = getattr(event, "tag", None)
        if tag and str(tag) not in ("!", "None"):
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            self._stop(f"tags such as {shown} are not read", event)

    def _place(self, stack: list[Any], pending: list[Any], event: Any, value: Any, opened: Any) -> None:
        """Store a value in its parent, remember its place, and push it on the stack if it is a collection."""
        mark, path = self._mark(event), ()
        if stack:
            container, above = stack[-1]
            if isinstance(container, list):
                path = (*above, len(container))
                container.append(value)
            elif pending[-1] is None:
                self._key(container, above, pending, event, value, opened)
                return
            else:
                path = (*above, pending[-1])
                container[pending[-1]] = value
                pending[-1] = None
        else:
            self.document.data = value
        self.document.values[path] = mark
        if opened is not None:
            stack.append((opened, path))
            pending.append(None)

    def _key(
        self, container: dict[str, Any], path: _PATH, pending: list[Any], event: Any, value: Any, opened: Any
    ) -> None:
        if opened is not None or not isinstance(event.value, str):
            self._stop("a key must be a plain word", event)
        key = event.value
        if key in container:
            span = self._at(event.start_mark.line, event.start_mark.column, len(key))
            self.problems.append(Problem(f"duplicate key '{key}'", span))
        self.document.keys[*path, key] = self._mark(event)
        pending[-1] = key

    def _mark(self, event: Any) -> _Mark:
        start, end = event.start_mark, event.end_mark
        inline = start.line == end.line
        quoted = getattr(event, "style", None) in ("'", '"')
        line = self.document.lines[start.line] if start.line < len(self.document.lines) else ""
        written = line[start.column : end.column] if inline else line[start.column :]
        if quoted and inline:
            exact = written[1:-1] == getattr(event, "value", None)
            return _Mark(start.line, start.column + 1, max(1, len(written) - 2), exact)
        scalar = hasattr(event, "value")
        lines = self._block_lines(event) if getattr(event, "style", None) in (">", "|") else ()
        return _Mark(start.line, start.column, len(written.rstrip()) if scalar else 1, inline and scalar, lines)

    def _block_lines(self, event: Any) -> tuple[tuple[int, int, int], ...]:
        """Return the lines of a text in block style, or nothing if the text is not just its lines joined."""
        lines, offset, first = [], 0, event.start_mark.line + 1
        for number, written in enumerate(self.document.lines[first : event.end_mark.line], first):
            text = written.strip()
            if event.value[offset : offset + len(text)] != text:
                return ()
            lines.append((offset, number, written.index(text)))
            offset += len(text) + 1
        return tuple(lines)

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style in ("'", '"', "|", ">") or (event.tag and str(event.tag) == "!"):
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text) if len(text) < 310 else float("inf")
        if _FLOAT.fullmatch(text):
            return float(text)
        return text


def _all_events(parser: Any) -> Iterator[Any]:
    while parser.check_event():
        yield parser.get_event()
