"""Check formulas: resolve names, derive units and index sets, and report every mistake at its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportgen.errors import Problem, nearest
from reportgen.lang import tree
from reportgen.lang.functions import FUNCTIONS
from reportgen.lang.reductions import REDUCTIONS, Reduction
from reportgen.lang.types import UNKNOWN, Mismatch, Type, Typed, converted, is_absent_literal, is_zero, joined_dims
from reportgen.lang.units import ONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reportgen.lang.reader import Source

__all__ = ["Scope", "check"]

Known = frozenset[tree.Node]
"""The references that cannot be absent here, because an enclosing condition tested them with `known(...)`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that formulas may use: quantities with their types, and dimensions with their members."""

    quantities: Mapping[str, Type]
    dimensions: Mapping[str, Sequence[str]]

    def member(self, dimension: str, name: str) -> str | None:
        """Return the member in the dimension's own spelling, ignoring case, or None."""
        return next((m for m in self.dimensions[dimension] if m.casefold() == name.casefold()), None)


def check(
    node: tree.Node,
    source: Source,
    scope: Scope,
    per: Iterable[str],
    wanted: Type | None,
    report: Callable[[Problem], None],
) -> Typed | None:
    """Check a formula for a quantity per `per` of the type `wanted`; return None if a mistake was reported."""
    return _Checker(source, scope, frozenset(per), report).root(node, wanted)


class _Bad(Exception):  # noqa: N818 - it only stops the walk; what is wrong has been reported
    """A mistake was found and has been reported."""


class _Checker:
    def __init__(self, source: Source, scope: Scope, per: frozenset[str], report: Callable[[Problem], None]) -> None:
        self.source, self.scope, self.per, self._report = source, scope, per, report

    def fail(self, message: str, node: tree.Node | tree.Place, hint: str = "") -> _Bad:
        place = node if isinstance(node, tuple) else node.place
        self._report(Problem(message, self.source.locate(*place), hint))
        return _Bad()

    def root(self, node: tree.Node, wanted: Type | None) -> Typed | None:
        try:
            typed = self.visit(node, frozenset())
            if wanted is None:
                return typed
            return self.fit(typed, wanted, node)
        except _Bad:
            return None

    def fit(self, typed: Typed, wanted: Type, node: tree.Node) -> Typed:
        """Convert the formula's value to the declared type; texts become members where a member is wanted."""
        if wanted.kind == "member" and typed.type.kind == "text":
            typed = self.as_member(typed, wanted.dimension)
        if is_absent_literal(typed):
            return Typed(typed.node, replace(wanted, absent=True, dims=frozenset()))
        if typed.type.kind != wanted.kind or typed.type.dimension != wanted.dimension:
            raise self.fail(f"the formula gives {typed.type.describe()}, but {wanted.describe()} is declared", node)
        if wanted.kind == "number" and not is_zero(typed):
            if not typed.type.unit.same_kind(wanted.unit):
                raise self.fail(f"the formula gives {typed.type.describe()}, but {wanted.describe()} is declared", node)
            typed = converted(typed, wanted.unit)
        return Typed(typed.node, replace(wanted, absent=typed.type.absent, dims=typed.type.dims))

    def as_member(self, typed: Typed, dimension: str) -> Typed:
        """Turn text literals, also in the branches of a choice, into members of a dimension."""
        node = typed.node
        if isinstance(node, tree.Literal) and isinstance(node.value, str):
            member = self.scope.member(dimension, node.value)
            if member is None:
                hint = nearest(node.value, self.scope.dimensions[dimension])
                raise self.fail(f"'{node.value}' is not a member of '{dimension}'", node, hint)
            return Typed(tree.Member(dimension, member, node.place), Type("member", dimension=dimension))
        if isinstance(node, tree.Call) and node.function == "if":
            text = Type("text")
            yes, no = (self.as_member(Typed(n, text), dimension).node if not _absent(n) else n for n in node.args[1:])
            return Typed(
                replace(node, args=(node.args[0], yes, no)), replace(typed.type, kind="member", dimension=dimension)
            )
        return typed

    # --- nodes ---------------------------------------------------------------------------------------------------

    def visit(self, node: tree.Node, known: Known) -> Typed:
        match node:
            case tree.Literal():
                return self.literal(node)
            case tree.Name():
                return self.name(node, known)
            case tree.Call():
                return self.call(node, known)
            case tree.Reduce():
                return self.reduce(node, known)
            case tree.Text():
                return self.text(node, known)
        raise AssertionError(node)

    def literal(self, node: tree.Literal) -> Typed:
        if node.value is None:
            return Typed(node, replace(UNKNOWN, absent=True))
        kind = "flag" if isinstance(node.value, bool) else "text" if isinstance(node.value, str) else "number"
        return Typed(node, Type(kind))  # type: ignore[arg-type]

    def name(self, node: tree.Name, known: Known) -> Typed:
        if node.name in self.scope.quantities:
            ref, type_ = self.resolve(node, self.per)
            absent = self.absence(ref, known)
            return Typed(ref, type_ if type_.absent == absent else replace(type_, absent=absent))
        if node.name in self.scope.dimensions and not node.keys:
            if node.name not in self.per:
                raise self.fail(
                    f"'{node.name}' stands for the row's own member, but there is no '{node.name}' here", node
                )
            dims = frozenset({node.name})
            return Typed(tree.Key(node.name, node.place), Type("member", dims=dims, dimension=node.name))
        hint = nearest(node.name, (*self.scope.quantities, *self.scope.dimensions))
        if node.name in FUNCTIONS or node.name in REDUCTIONS:
            record = FUNCTIONS.get(node.name) or REDUCTIONS[node.name]
            hint = f"the function is written {record.signature}"
        raise self.fail(f"unknown quantity '{node.name}'", node, hint)

    def resolve(
        self, node: tree.Name, target: frozenset[str], free: frozenset[str] = frozenset()
    ) -> tuple[tree.Ref, Type]:
        """Resolve a name and its keys; in a dimension that the target lacks, the quantity of that name selects."""
        type_ = self.scope.quantities[node.name]
        if not node.keys and type_.dims <= target | free:
            return tree.Ref(node.name, (), node.place), type_
        select: dict[str, tree.Member | tree.Ref] = {}
        dims, absent = set(type_.dims), type_.absent
        for key in node.keys:
            dimension, selector, selected = self.selector(node, key, dims - set(select), target)
            select[dimension] = selector
            absent = absent or selected.absent
        for dimension in sorted(set(type_.dims) - set(select) - target - free):
            chooser = self.scope.quantities.get(dimension)
            if chooser is None or chooser.kind != "member" or chooser.dimension != dimension:
                raise self.unreduced(node, dimension)
            selector, selected = self.resolve(tree.Name(dimension, (), node.place), target)
            select[dimension] = selector
            absent = absent or selected.absent
        chosen = [self.dims_of(selector) for selector in select.values()]
        result = (set(type_.dims) - set(select)).union(*chosen)
        ref = tree.Ref(node.name, tuple(sorted(select.items(), key=lambda item: item[0])), node.place)
        return ref, replace(type_, dims=frozenset(result), absent=absent)

    def absence(self, ref: tree.Ref, known: Known) -> bool:
        """Return whether a reference may be absent: the value itself, or a member that one of its selectors gives."""
        if ref in known:
            return False
        selectors = [s for _, s in ref.select if isinstance(s, tree.Ref)]
        return self.scope.quantities[ref.name].absent or any(self.absence(s, known) for s in selectors)

    def dims_of(self, ref: tree.Member | tree.Ref) -> frozenset[str]:
        if isinstance(ref, tree.Member):
            return frozenset()
        dims = self.scope.quantities[ref.name].dims - {d for d, _ in ref.select}
        return dims.union(*(self.dims_of(s) for _, s in ref.select))

    def unreduced(self, node: tree.Name, dimension: str) -> _Bad:
        per = ", ".join(sorted(self.per)) or "no dimension"
        members = self.scope.dimensions[dimension]
        picked = f", or pick a member, {node.name}[{members[0]}]" if members and members[0].isidentifier() else ""
        verb = {"number": "sum", "flag": "count"}.get(self.scope.quantities[node.name].kind)
        way = (
            f"reduce it, as in {verb}({node.name}, over={dimension})"
            if verb
            else f"give the result a value per {dimension}"
        )
        return self.fail(f"'{node.name}' has a value per {dimension}, but the result is per {per}", node, way + picked)

    def selector(
        self, node: tree.Name, key: tree.Name | tree.Literal, dims: set[str], target: frozenset[str]
    ) -> tuple[str, tree.Member | tree.Ref, Type]:
        """Resolve a key in square brackets to a member of a dimension, or to a quantity whose value is a member."""
        text = key.name if isinstance(key, tree.Name) else str(key.value)
        matches = [(d, m) for d in sorted(dims) if (m := self.scope.member(d, text)) is not None]
        if len(matches) == 1 and not (isinstance(key, tree.Name) and key.keys):
            dimension, member = matches[0]
            return dimension, tree.Member(dimension, member, key.place), Type("member", dimension=dimension)
        if isinstance(key, tree.Name) and key.name in self.scope.quantities:
            ref, type_ = self.resolve(key, target)
            if type_.kind == "member" and type_.dimension in dims:
                return type_.dimension, ref, type_
            allowed = ", ".join(sorted(dims)) or "nothing"
            raise self.fail(f"'{text}' gives {type_.describe()}; '{node.name}' can be selected by: {allowed}", key)
        if not dims:
            raise self.fail(f"'{node.name}' has no dimension left to select by", key)
        members = [m for d in dims for m in self.scope.dimensions[d]]
        choosers = [n for n, t in self.scope.quantities.items() if t.kind == "member" and t.dimension in dims]
        raise self.fail(f"'{text}' selects nothing of '{node.name}'", key, nearest(text, (*members, *choosers)))

    def call(self, node: tree.Call, known: Known) -> Typed:
        record = FUNCTIONS[node.function]
        args = self.arguments(node, known)
        if record.strict:
            for arg, written in zip(args, node.args, strict=True):
                self.refuse_absent(arg, written)
        try:
            type_, operands = record.rule(node.function, self.harmonised(node.function, args))
        except Mismatch as mismatch:
            raise self.fail(str(mismatch), node) from None
        call = tree.Call(node.function, tuple(m.node for m in operands), node.place)
        if node.function in ("and", "or") and any(self.may_be_absent(n) for n in tree.walk(call.args[1])):
            # AND and OR of a spreadsheet evaluate both sides; only a choice guards the right side
            left, right = call.args
            branches = (right, tree.Literal(False)) if node.function == "and" else (tree.Literal(True), right)
            call = tree.Call("if", (left, *branches), node.place)
        return Typed(call, type_)

    def may_be_absent(self, node: tree.Node) -> bool:
        if isinstance(node, tree.Reduce):
            return REDUCTIONS[node.function].empty
        return isinstance(node, tree.Ref) and self.absence(node, frozenset())

    def arguments(self, node: tree.Call, known: Known) -> list[Typed]:
        """Check the operands; a reference tested by `known(x)` is known inside what the condition guards."""
        failed, args = False, list[Typed]()
        for index, written in enumerate(node.args):
            inside = known
            if node.function == "if" and index > 0:
                inside = known | (self.known_if(args[0].node, index == 1) if args else frozenset())
            elif node.function in ("and", "or") and index == 1 and args:
                inside = known | self.known_if(args[0].node, node.function == "and")
            try:
                args.append(self.visit(written, inside))
            except _Bad:
                if index == 0 and node.function in ("if", "and", "or"):
                    raise
                failed = True
        if failed:
            raise _Bad
        return args

    def known_if(self, condition: tree.Node, holds: bool) -> Known:
        """Return the references that are known if the condition holds (or, with `holds` false, if it does not)."""
        if not isinstance(condition, tree.Call):
            return frozenset()
        inner = condition.args
        if condition.function == "known":
            return frozenset(inner) if holds else frozenset()
        if condition.function == "not":
            return self.known_if(inner[0], not holds)
        if condition.function == ("and" if holds else "or"):
            return self.known_if(inner[0], holds) | self.known_if(inner[1], holds)
        if condition.function == "if" and holds and inner[2] == tree.Literal(False):
            return self.known_if(inner[0], True) | self.known_if(inner[1], True)
        if condition.function == "if" and not holds and inner[1] == tree.Literal(True):
            return self.known_if(inner[0], False) | self.known_if(inner[2], False)
        return frozenset()

    def refuse_absent(self, arg: Typed, written: tree.Node) -> None:
        if arg.type.absent:
            name = written.name if isinstance(written, tree.Name) else "this"
            hint = (
                f"guard it: ... if known({name}) else ..."
                if isinstance(written, tree.Name)
                else "guard it with known(...)"
            )
            raise self.fail(f"'{name}' may be absent, so nothing can be computed from it", written, hint)

    def harmonised(self, function: str, args: list[Typed]) -> list[Typed]:
        """Turn a text literal that is compared with a member into that member."""
        if function not in ("==", "!=", "if"):
            return args
        sides = args[1:] if function == "if" else args
        members = {a.type.dimension for a in sides if a.type.kind == "member"}
        if len(members) != 1 or not any(a.type.kind == "text" for a in sides):
            return args
        (dimension,) = members
        result = [self.as_member(a, dimension) if a.type.kind == "text" else a for a in sides]
        return [args[0], *result] if function == "if" else result

    # --- reductions and text -------------------------------------------------------------------------------------

    def reduce(self, node: tree.Reduce, known: Known) -> Typed:
        record = REDUCTIONS[node.function]
        for dimension in node.over:
            if dimension not in self.scope.dimensions:
                raise self.fail(f"unknown dimension '{dimension}'", node, nearest(dimension, self.scope.dimensions))
        over = frozenset(node.over)
        of, type_ = self.reduced(node, node.of, over)
        self.check_reads(node, record, type_)
        where, absent = None, record.empty and (type_.absent or node.where is not None)
        dims = set(type_.dims)
        if node.where is not None:
            where, flag = self.reduced(node, node.where, over, sub=True)
            if flag.kind != "flag":
                raise self.fail(f"'where' needs a flag, not {flag.describe()}", node.where)
            dims |= flag.dims
        sought = self.sought(node, type_, known) if node.at is not None else None
        gives = {
            "number": replace(type_, absent=absent),
            "count": Type("number"), "same": Type("number", ONE, absent=absent),
            "member": Type("member", dimension=node.over[0], absent=absent or node.function == "find"),
        }[record.gives]  # fmt: skip
        if record.gives == "same" and node.where is not None:
            raise self.fail("'rank' takes no where; leave the others absent", node)
        left = frozenset(dims) if record.gives == "same" else frozenset(dims) - over
        left |= sought.type.dims if sought else frozenset()
        reduction = tree.Reduce(node.function, of, node.over, where, sought.node if sought else None, node.place)
        if left - self.per:
            raise self.fail(f"'{node.function}' gives a value per {node.over[0]}, which the result does not have", node)
        return Typed(reduction, replace(gives, dims=left, absent=gives.absent and reduction not in known))

    def check_reads(self, node: tree.Reduce, record: Reduction, type_: Type) -> None:
        if type_.kind != record.reads:
            raise self.fail(f"'{node.function}' reads {Type(record.reads).describe()}, not {type_.describe()}", node.of)  # type: ignore[arg-type]
        if record.gives in ("member", "same") and len(node.over) != 1:
            raise self.fail(f"'{node.function}' goes over one dimension", node)
        if record.gives == "same" and type_.dims != set(node.over):
            raise self.fail(f"'{node.function}' needs a quantity per {node.over[0]} alone", node.of)

    def sought(self, node: tree.Reduce, type_: Type, known: Known) -> Typed:
        assert node.at is not None
        sought = self.visit(node.at, known)
        self.refuse_absent(sought, node.at)
        if sought.type.kind != "number" or not (is_zero(sought) or sought.type.unit.same_kind(type_.unit)):
            raise self.fail(f"'find' looks for {type_.describe()}, not {sought.type.describe()}", node.at)
        return converted(sought, type_.unit)

    def reduced(
        self, node: tree.Reduce, name: tree.Name | tree.Ref, over: frozenset[str], *, sub: bool = False
    ) -> tuple[tree.Ref, Type]:
        assert isinstance(name, tree.Name)
        if name.name not in self.scope.quantities:
            raise self.fail(f"unknown quantity '{name.name}'", name, nearest(name.name, self.scope.quantities))
        ref, type_ = self.resolve(name, self.per | over, over)
        missing = over - type_.dims
        if missing and not sub:
            raise self.fail(f"'{name.name}' has no dimension '{min(missing)}' to reduce over", name)
        return ref, type_

    def text(self, node: tree.Text, known: Known) -> Typed:
        parts: list[str | tree.Field] = []
        typed: list[Typed] = []
        for part in node.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            value = self.visit(part.node, known)
            self.refuse_absent(value, part.node)
            if value.type.kind == "number" and part.decimals is None:
                raise self.fail("a number in a text needs a format, such as {x:.1f}", part.node)
            if value.type.kind == "flag":
                hint = "choose words for it, as in {'on' if x else 'off'}"
                raise self.fail("a flag cannot be printed in a text", part.node, hint)
            if value.type.kind != "number" and part.decimals is not None:
                raise self.fail(f"{value.type.describe()} cannot be printed as a number", part.node)
            if part.percent:
                if not value.type.unit.dimensionless:
                    raise self.fail(f"a percentage needs a plain number, not {value.type.unit.describe()}", part.node)
                value = converted(value, ONE)
            typed.append(value)
            parts.append(replace(part, node=value.node))
        return Typed(tree.Text(tuple(parts), node.place), Type("text", dims=joined_dims(typed)))


def _absent(node: tree.Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
