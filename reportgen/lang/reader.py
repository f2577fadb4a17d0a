"""Read the text of a formula into a tree: Python's `ast` parses, and an allow-list decides what is accepted."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reportgen.errors import Problem, Span, nearest
from reportgen.lang import tree
from reportgen.lang.functions import FUNCTIONS
from reportgen.lang.reductions import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Source", "read_formula", "read_text"]

MAX_LENGTH = 2000
MAX_DEPTH = 40

_BINARY: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip
_ALMOST = {
    "None": "absent", "null": "absent", "true": "True", "false": "False", "log": "ln or log10", "avg": "mean",
    "average": "mean", "ceiling": "ceil", "int": "floor", "isnumber": "known", "round": "floor or ceil",
}  # fmt: skip
_FIELD = re.compile(r"^(?:\.(\d)([f%]))?$")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a formula and its place: `locate(start, end)` returns the span of a part of it."""

    text: str
    locate: Callable[[int, int], Span]

    @classmethod
    def bare(cls, text: str, file: str = "formula") -> Source:
        """Return a source for a formula that is not part of a file."""
        return cls(text, lambda start, end: Span(file, 1, start + 1, text.replace("\n", " "), max(1, end - start)))


class _Refused(Exception):  # noqa: N818 - it becomes a problem
    """A construct that the language lacks, with the message, place and hint of the problem."""

    def __init__(self, message: str, place: tree.Place, hint: str = "") -> None:
        self.message, self.place, self.hint = message, place, hint


def read_formula(source: Source, report: Callable[[Problem], None]) -> tree.Node | None:
    """Read a formula; report what is wrong and return None if it cannot be read."""
    return _guarded(source, report, lambda: _formula(source.text))


def read_text(source: Source, report: Callable[[Problem], None]) -> tree.Node | None:
    """Read text with embedded values, such as `"{tpot:.1f} ms"` (without the quotes)."""
    return _guarded(source, report, lambda: _template(source.text, 0))


@lru_cache(maxsize=4096)
def _formula(text: str) -> tree.Node:
    """Parse and cache a formula: scenarios share the library's formulas, and catalogue rows share their texts."""
    return _Reader(text).formula()


def _guarded(source: Source, report: Callable[[Problem], None], read: Callable[[], tree.Node]) -> tree.Node | None:
    try:
        if len(source.text) > MAX_LENGTH:
            message = f"the formula has {len(source.text)} characters; at most {MAX_LENGTH} are allowed"
            raise _Refused(message, (0, 1), "declare parts of it as quantities of their own")
        return read()
    except _Refused as refused:
        report(Problem(refused.message, source.locate(*refused.place), refused.hint))
    return None


class _Reader:
    """Converts one Python expression to a tree. Offsets are in characters and start at `shift`."""

    def __init__(self, text: str, shift: int = 0) -> None:
        self.text = re.sub(r"[\t\r\n]", " ", text)
        self.lead = len(self.text) - len(self.text.lstrip())
        self.shift = shift

    def formula(self) -> tree.Node:
        body = self.text[self.lead :]
        if not body.strip():
            raise _Refused("the formula is empty", (self.shift, self.shift + 1))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such code is refused below or means the same in formulas
                parsed = ast.parse(body, mode="eval").body
        except SyntaxError as error:
            # Python reports the end of the text as column 0
            offset = self.shift + self.lead + (error.offset - 1 if error.offset else len(body))
            place = (offset, offset + 1)
            rest = body[offset - self.shift - self.lead :]
            raise _Refused(f"this cannot be read as a formula: {_plain(error.msg, rest)}", place) from None
        except (ValueError, RecursionError, MemoryError):
            raise _Refused("this cannot be read as a formula", (self.shift, self.shift + 1)) from None
        self._encoded = body.encode()
        self._check_brackets()
        self._check_depth(parsed)
        return self.node(parsed)

    def _check_brackets(self) -> None:
        """Refuse deeply nested brackets, which leave no trace in the tree; those in texts count too, harmlessly."""
        depth = 0
        for i, char in enumerate(self.text):
            depth += (char in "([") - (char in ")]")
            if depth > MAX_DEPTH:
                start = self.shift + i
                raise _Refused(f"brackets are nested more than {MAX_DEPTH} deep", (start, start + 1))

    def _check_depth(self, parsed: ast.AST) -> None:
        level, depth = [parsed], 0
        while level:
            depth += 1
            if depth > MAX_DEPTH:
                raise _Refused(
                    f"the formula is nested more than {MAX_DEPTH} deep; split it", (self.shift, self.shift + 1)
                )
            level = [child for node in level for child in ast.iter_child_nodes(node)]

    def place(self, node: ast.expr) -> tree.Place:
        """Return the character offsets of a node; `ast` counts bytes."""
        first, last = (
            len(self._encoded[: offset or 0].decode(errors="ignore"))
            for offset in (node.col_offset, node.end_col_offset)
        )
        return (self.shift + self.lead + first, self.shift + self.lead + last)

    def node(self, node: ast.expr) -> tree.Node:
        """Convert a node of Python's tree, or refuse it."""
        place = self.place(node)
        match node:
            case ast.Constant():
                return self._constant(node, place)
            case ast.Name() | ast.Subscript():
                return self._name(node, place)
            case ast.BinOp() if type(node.op) in _BINARY:
                return tree.Call(_BINARY[type(node.op)], (self.node(node.left), self.node(node.right)), place)
            case ast.UnaryOp(op=ast.USub()):
                return tree.Call("neg", (self.node(node.operand),), place)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.node(node.operand)
            case ast.UnaryOp(op=ast.Not()):
                return tree.Call("not", (self.node(node.operand),), place)
            case ast.BoolOp():
                return self._logic(node, place)
            case ast.Compare():
                return self._compare(node, place)
            case ast.IfExp():
                return tree.Call("if", (self.node(node.test), self.node(node.body), self.node(node.orelse)), place)
            case ast.Call():
                return self._call(node, place)
        hint = "use ** for a power" if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor) else ""
        raise _Refused(f"the formula language has no {_describe(node)}", place, hint)

    def _constant(self, node: ast.Constant, place: tree.Place) -> tree.Node:
        value = node.value
        if isinstance(value, bool):
            return tree.Literal(value, place)
        if isinstance(value, int | float):
            try:
                number = float(value)
            except OverflowError:
                number = float("inf")
            if number in (float("inf"), float("-inf")):
                raise _Refused("the number is too large", place)
            return tree.Literal(number, place)
        if isinstance(value, str):
            written = self.text[place[0] - self.shift : place[1] - self.shift]
            if "\\" in written or not written or written[0] not in "\"'" or written[:3] in ('"""', "'''"):
                raise _Refused("a text is written in plain quotes, without backslashes", place)
            return _template(value, place[0] + 1, place) if "{" in value or "}" in value else tree.Literal(value, place)
        hint = "write absent" if value is None else ""
        raise _Refused(f"the formula language has no {type(value).__name__}", place, hint)

    def _name(self, node: ast.expr, place: tree.Place) -> tree.Node:
        if isinstance(node, ast.Name):
            return tree.Literal(None, place) if node.id == "absent" else tree.Name(node.id, (), place)
        assert isinstance(node, ast.Subscript)
        if not isinstance(node.value, ast.Name):
            raise _Refused("only a name can be followed by [...]", place)
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not keys:
            raise _Refused("the brackets [...] are empty", place)
        read = []
        for key in keys:
            selector = self.node(key)
            if not isinstance(selector, tree.Name) and not (
                isinstance(selector, tree.Literal) and isinstance(selector.value, str)
            ):
                raise _Refused(
                    "inside [...], write a member or the name of a quantity whose value is one", self.place(key)
                )
            read.append(selector)
        return tree.Name(node.value.id, tuple(read), place)

    def _logic(self, node: ast.BoolOp, place: tree.Place) -> tree.Node:
        name = "and" if isinstance(node.op, ast.And) else "or"
        result = self.node(node.values[0])
        for value in node.values[1:]:
            result = tree.Call(name, (result, self.node(value)), place)
        return result

    def _compare(self, node: ast.Compare, place: tree.Place) -> tree.Node:
        parts = [node.left, *node.comparators]
        calls: list[tree.Node] = []
        for op, left, right in zip(node.ops, parts, parts[1:], strict=False):
            if type(op) not in _COMPARE:
                raise _Refused(f"the formula language has no '{_describe_op(op)}'", place)
            calls.append(tree.Call(_COMPARE[type(op)], (self.node(left), self.node(right)), place))
        result = calls[0]
        for call in calls[1:]:
            result = tree.Call("and", (result, call), place)
        return result

    def _call(self, node: ast.Call, place: tree.Place) -> tree.Node:
        if not isinstance(node.func, ast.Name):
            raise _Refused("only functions of the formula language can be called", place)
        name = node.func.id
        keywords = {k.arg: k.value for k in node.keywords}
        if any(isinstance(argument, ast.Starred) for argument in node.args) or None in keywords:
            raise _Refused("the formula language has no starred arguments", place)
        if name in REDUCTIONS and (keywords or name not in FUNCTIONS):
            return self._reduce(name, node, place)
        if name not in FUNCTIONS or name in ("and", "or", "not", "if", "neg"):
            known = [
                n for n in (*FUNCTIONS, *REDUCTIONS) if n.isidentifier() and n not in ("and", "or", "not", "if", "neg")
            ]
            hint = f"did you mean {_ALMOST[name]}?" if name in _ALMOST else nearest(name, known)
            raise _Refused(f"unknown function '{name}'", self.place(node.func), hint)
        record = FUNCTIONS[name]
        if keywords or not record.least <= len(node.args) <= record.most:
            raise _Refused(f"'{name}' is written {record.signature}", place)
        return tree.Call(name, tuple(self.node(argument) for argument in node.args), place)

    def _reduce(self, name: str, node: ast.Call, place: tree.Place) -> tree.Node:
        record = REDUCTIONS[name]
        keywords = {k.arg or "": k.value for k in node.keywords}
        count = 2 if name == "find" else 1
        if set(keywords) - {"over", "where"} or "over" not in keywords or len(node.args) != count:
            raise _Refused(f"'{name}' is written {record.signature} (where=flag may follow)", place)
        of = self._named(node.args[0], name)
        over = keywords["over"]
        dims = over.elts if isinstance(over, ast.List | ast.Tuple) else [over]
        names = tuple(self._dimension(dim) for dim in dims)
        if not names or len(set(names)) < len(names):
            raise _Refused("'over=' names each dimension once, and at least one", self.place(over))
        where = self._named(keywords["where"], "where=") if "where" in keywords else None
        sought = self.node(node.args[1]) if name == "find" else None
        return tree.Reduce(name, of, names, where, sought, place)

    def _dimension(self, node: ast.expr) -> str:
        name = self._named(node, "over=")
        if name.keys:
            raise _Refused("'over=' needs a dimension, not a value of it", self.place(node))
        return name.name

    def _named(self, node: ast.expr, what: str) -> tree.Name:
        name = self.node(node)
        if not isinstance(name, tree.Name):
            hint = "declare the expression as a quantity of its own and name that here"
            raise _Refused(f"'{what}' needs a name, not an expression", self.place(node), hint)
        return name


def _template(text: str, shift: int, place: tree.Place | None = None) -> tree.Node:
    """Split text at its `{value:format}` fields; `{{` and `}}` stand for braces."""
    parts: list[str | tree.Field] = []
    plain, i = "", 0
    while i < len(text):
        char = text[i]
        if text[i : i + 2] in ("{{", "}}"):
            plain, i = plain + char, i + 2
        elif char == "{":
            end = text.find("}", i)
            if end < 0:
                raise _Refused(
                    "the brace '{' is not closed; write {{ for a brace in the text", (shift + i, shift + i + 1)
                )
            parts += [plain] if plain else []
            plain = ""
            parts.append(_field(text[i + 1 : end], shift + i + 1))
            i = end + 1
        elif char == "}":
            raise _Refused("a single '}' in a text; write }} for a brace", (shift + i, shift + i + 1))
        else:
            plain, i = plain + char, i + 1
    if plain or not parts:
        parts.append(plain)
    return tree.Text(tuple(parts), place or (shift, shift + len(text)))


def _field(text: str, shift: int) -> tree.Field:
    body, colon, spec = text.rpartition(":")
    if not colon:
        body, spec = text, ""
    match = _FIELD.match(spec.strip())
    if match is None:
        start = shift + len(body) + 1
        raise _Refused(
            f"unknown format '{spec}'", (start, start + len(spec)), "write .0f to .9f, or .0% for a percentage"
        )
    node = _Reader(body, shift).formula()
    decimals, mark = match.groups()
    return tree.Field(node, None if decimals is None else int(decimals), mark == "%")


def _plain(message: str, rest: str) -> str:
    """Explain a syntax error: name the text that cannot stand there, or else give Python's own message."""
    if not rest.strip():
        return "it ends too early"
    if message.startswith("invalid syntax"):
        token = re.match(r"\w+|\S", rest.lstrip())
        return f"'{token[0]}' is not allowed here" if token else "it ends too early"
    return message.split(" (<")[0]


_WORDS: dict[type[ast.expr], str] = {
    ast.Attribute: "attribute (a dot behind a name)", ast.Lambda: "lambda", ast.ListComp: "comprehension",
    ast.GeneratorExp: "comprehension", ast.SetComp: "comprehension", ast.DictComp: "comprehension", ast.Dict: "mapping",
    ast.Set: "set", ast.List: "list", ast.Tuple: "tuple", ast.Await: "await", ast.Yield: "yield", ast.Slice: "slice",
    ast.YieldFrom: "yield", ast.NamedExpr: "assignment", ast.JoinedStr: "f-string (a plain text may hold {values})",
    ast.Starred: "star",
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], str] = {
    ast.FloorDiv: "//", ast.Mod: "%", ast.MatMult: "@", ast.BitXor: "^", ast.BitAnd: "&", ast.BitOr: "|",
    ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip


def _describe(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp):
        return f"operator '{_OPERATORS.get(type(node.op), '?')}'"
    if isinstance(node, ast.UnaryOp):
        return "operator '~'"
    return _WORDS.get(type(node), type(node).__name__.lower())


def _describe_op(op: ast.cmpop) -> str:
    return {ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}.get(type(op), "?")
