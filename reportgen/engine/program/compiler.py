"""Compile a book into a program: resolve references, and compute everything that does not vary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.evaluate import dependents
from reportgen.engine.program.slots import Pair, Slots, both, nowhere
from reportgen.engine.program.steps import Output, Program
from reportgen.lang import tree
from reportgen.lang.reductions import REDUCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reportgen.book.book import Quantity
    from reportgen.engine.evaluate import Evaluator
    from reportgen.engine.program.steps import Cell

__all__ = ["compiled"]

_Dims = tuple[str, ...]
_KINDS = {"number": "f", "flag": "b", "member": "i", "text": "O"}
_OF_ONE = frozenset({"sum", "mean", "min", "max"})
"""Reductions that return a single number unchanged."""
_FLAGS = frozenset({"==", "!=", "<", "<=", ">", ">=", "and", "or", "not"})


def compiled(start: Evaluator, varying: Mapping[Cell, bool], wanted: Iterable[str]) -> Program:
    """Return the program that computes quantities from inputs that vary.

    Args:
        start: the evaluator of the book and of further inputs that are fixed; it computes what does not vary.
        varying: the inputs that vary, and for each whether some of its samples may be absent.
        wanted: quantities by name.

    Raises:
        EvaluationError: what does not vary is not finite, and `start` does not go on.
    """
    compiler = _Compiler(start, varying)
    names = tuple(dict.fromkeys(wanted))
    for name in names:
        compiler.quantity(name)
    return compiler.program(names)


class _Compiler:
    """Follows the evaluator node by node, with slots instead of arrays."""

    def __init__(self, start: Evaluator, varying: Mapping[Cell, bool]) -> None:
        self.start, self.book = start, start.book
        self._varying = varying
        self._changed = dependents(self.book, frozenset(name for name, _ in varying))
        self.slots = Slots()
        self._inputs: dict[Cell, Pair] = {}
        self._outputs: dict[str, Output] = {}
        self._cells: dict[Cell, Pair] = {}
        self._fetched: dict[tuple[tree.Ref | str, _Dims], Pair] = {}

    def program(self, wanted: tuple[str, ...]) -> Program:
        """Return the program compiled so far."""
        return Program(tuple(self.slots.all), self._inputs, tuple(self.slots.steps), self._outputs, wanted)

    # --- quantities ----------------------------------------------------------------------------------------------

    def quantity(self, name: str) -> Pair:
        """Return the slots of a quantity over its index set."""
        if name not in self._outputs:
            quantity = self.book.quantities[name]
            if name not in self._changed:
                data, absent = self.slots.value(self.start.value(name))
            else:
                data, absent = self._stacked(quantity) if quantity.by else self._whole(quantity)
                if (constant := self.slots.constant_value(data, absent)) is not None:
                    self.start.check_finite(quantity, constant)
            self._outputs[name] = Output(data, absent, len(self.slots.steps))
        output = self._outputs[name]
        return output.data, output.absent

    def _whole(self, quantity: Quantity) -> Pair:
        if (quantity.name, ()) in self._varying:
            return self._input(quantity, (), quantity.per)
        if (quantity.name, ()) in self.start.inputs:
            return self.slots.value(self.start.value(quantity.name))
        assert quantity.formula is not None
        return self._node(quantity.formula, quantity.per)

    def _cell(self, quantity: Quantity, key: tuple[str, ...]) -> Pair:
        """Return one cell of a quantity with a formula per member, over its other dimensions."""
        cell = (quantity.name, key)
        if cell not in self._cells:
            rest = tuple(d for d in quantity.per if d not in quantity.by)
            if cell in self._varying:
                self._cells[cell] = self._input(quantity, key, rest)
            elif cell in self.start.inputs:
                self._cells[cell] = self.slots.value(self.start.cell(quantity, key))
            else:
                self._cells[cell] = self._node(quantity.cells[key], rest)
        return self._cells[cell]

    def _input(self, quantity: Quantity, key: tuple[str, ...], rest: _Dims) -> Pair:
        cell = (quantity.name, key)
        if cell not in self._inputs:
            shape = (1,) * len(rest)
            data = self.slots.add(shape, _KINDS[quantity.type.kind])
            self._inputs[cell] = data, self.slots.add(shape, "b") if self._varying[cell] else None
        return self._inputs[cell]

    def _stacked(self, quantity: Quantity) -> Pair:
        """Stack the cells along the axes of `by`."""
        keys = list(quantity.cells)
        cells = [self._cell(quantity, key) for key in keys]
        kind = _KINDS[quantity.type.kind]
        axes = tuple(quantity.per.index(d) for d in quantity.by)
        places = tuple(
            tuple(self.book.dimensions[d].index(m) for d, m in zip(quantity.by, key, strict=True)) for key in keys
        )
        shapes = [self.slots.shape(data) for data, _ in cells]
        rest = np.broadcast_shapes(*shapes) if shapes else (1,) * (len(quantity.per) - len(axes))
        shape = list(rest)
        for axis, dimension in sorted(zip(axes, quantity.by, strict=True)):
            shape.insert(axis, self.book.size(dimension))
        fixed = axes, places
        masked = any(absent is not None for _, absent in cells)
        numbers = tuple(self._blank(data, absent, kind) for data, absent in cells)
        data = self.slots.emit("stacked", numbers, tuple(shape), kind, fixed)
        if not masked:
            return data, None
        masks = tuple(self.slots.constant(nowhere(len(rest))) if absent is None else absent for _, absent in cells)
        return data, self.slots.emit("stacked", masks, tuple(shape), "b", fixed)

    def _blank(self, data: int, absent: int | None, kind: str) -> int:
        """Convert a cell to the kind of its quantity; absent members are -1 and absent texts empty."""
        data = self.slots.in_kind(data, kind)
        if absent is None or kind not in "iO":
            return data
        empty = np.array(-1) if kind == "i" else np.array("", dtype=object)
        blank = self.slots.constant(empty.reshape((1,) * (len(self.slots.shape(data)) + 1)))
        shape = np.broadcast_shapes(self.slots.shape(data), self.slots.shape(absent))
        return self.slots.emit("where", (absent, blank, data), shape, kind)

    # --- nodes ---------------------------------------------------------------------------------------------------

    def _node(self, node: tree.Node, per: _Dims) -> Pair:
        match node:
            case tree.Ref():
                return self._fetch(node, per)
            case tree.Call():
                return self._call(node, per)
            case tree.Convert():
                data, absent = self._node(node.node, per)
                return self.slots.scaled(data, node.factor.numerator, node.factor.denominator), absent
            case tree.Reduce():
                return self._reduce(node, per)
            case tree.Text():
                return self._text(node, per)
        return self.slots.value(self.start.node(node, per))

    def _fetch(self, ref: tree.Ref, per: _Dims) -> Pair:
        key = (ref if ref.select else ref.name, per)
        if key not in self._fetched:
            self._fetched[key] = self._fetch_new(ref, per)
        return self._fetched[key]

    def _fetch_new(self, ref: tree.Ref, per: _Dims) -> Pair:
        quantity = self.book.quantities[ref.name]
        select = dict(ref.select)
        keys = tuple(s.name for d in quantity.by if isinstance(s := select.get(d), tree.Member))
        if quantity.by and len(keys) == len(quantity.by) and quantity.input:
            value, dims = self._cell(quantity, keys), tuple(d for d in quantity.per if d not in quantity.by)
        else:
            value, dims = self.quantity(ref.name), quantity.per
        places = {d: s for d, s in select.items() if d in dims and isinstance(s, tree.Member)}
        if places:
            at = tuple(self.book.dimensions[s.dimension].index(s.name) if (s := places.get(d)) else None for d in dims)
            value = both(value, lambda slot: self.slots.at(slot, at))
            dims = tuple(d for d in dims if d not in places)
        by_value = {d: s for d, s in select.items() if d in dims and isinstance(s, tree.Ref)}
        if by_value:
            return self._taken(value, dims, by_value, per)
        return both(value, lambda slot: self.slots.aligned(slot, dims, per))

    def _taken(self, value: Pair, dims: _Dims, by_value: Mapping[str, tree.Ref], per: _Dims) -> Pair:
        """Look up rows by members that quantities select; absent if no member is selected or its value is absent."""
        data, absent = value
        if absent is not None:
            absent = self.slots.spread(absent, self.slots.shape(data))
        codes: dict[str, int] = {}
        missing = None
        for dimension in dims:
            if dimension in by_value:
                code, none = self._node(by_value[dimension], per)
                missing = self.slots.either(missing, none)
                codes[dimension] = self.slots.clipped(code) if none is not None else code
        axes = tuple(None if d in codes else per.index(d) for d in dims)
        shapes = [self.slots.shape(c) for c in codes.values()]
        wide = [1] * len(per)
        for axis, dimension in enumerate(dims):
            if dimension not in codes:
                wide[per.index(dimension)] = self.slots.shape(data)[axis]
        shape = np.broadcast_shapes(tuple(wide), *shapes)
        indices = tuple(codes.values())
        taken = self.slots.emit("take", (data, *indices), shape, self.slots.kind(data), axes)
        if absent is not None:
            absent = self.slots.emit("take", (absent, *indices), shape, "b", axes)
        return taken, self.slots.either(absent, missing)

    def _call(self, node: tree.Call, per: _Dims) -> Pair:
        if node.function == "if":
            return self._choice(node, per)
        args = [self._node(a, per) for a in node.args]
        if node.function == "known":
            mask = args[0][1]
            if mask is None:
                return self.slots.constant(np.ones((1,) * (len(per) + 1), dtype=bool)), None
            return self.slots.elementwise("not", (mask,), "b"), None
        kind = "b" if node.function in _FLAGS else "f"
        slots = [data for data, _ in args]
        op, result = node.function, slots[0]
        if len(slots) == 1:
            result = self.slots.elementwise(op, (result,), kind)
        for other in slots[1:]:
            result = self.slots.elementwise(op, (result, other), kind)
        return result, self.slots.either(*(absent for _, absent in args))

    def _choice(self, node: tree.Call, per: _Dims) -> Pair:
        condition, unknown = self._node(node.args[0], per)
        constant = self.slots.known(condition)
        if constant is not None and constant.size == 1 and unknown is None:
            return self._node(node.args[1 if constant.item() else 2], per)
        (yes, no_yes), (no, no_no) = (self._node(a, per) for a in node.args[1:])
        kind = next((k for k in "Oib" if k in (self.slots.kind(yes), self.slots.kind(no))), "f")
        args = (condition, self.slots.in_kind(yes, kind), self.slots.in_kind(no, kind))
        data = self.slots.elementwise("where", args, kind)
        if no_yes is None and no_no is None:
            return data, None
        known = self.slots.constant(nowhere(len(per)))
        masks = (known if no_yes is None else no_yes, known if no_no is None else no_no)
        return data, self.slots.elementwise("where", (condition, *masks), "b") if masks[0] != masks[1] else masks[0]

    def _reduce(self, node: tree.Reduce, per: _Dims) -> Pair:
        assert isinstance(node.of, tree.Ref)
        if not tree.references(node) & self._changed:
            return self.slots.value(self.start.node(node, per))
        wide = self.start.dims(frozenset(per) | frozenset(node.over))
        axes = tuple(wide.index(d) for d in node.over)
        data, absent = self._node(node.of, wide)
        where = self._node(node.where, wide)[0] if isinstance(node.where, tree.Ref) else None
        at = self._node(node.at, wide)[0] if node.at is not None else None
        shape = list(self.slots.shape(data))
        for axis, dimension in zip(axes, node.over, strict=True):
            shape[axis] = self.book.size(dimension)
        data = self.slots.spread(data, tuple(shape))
        if self.slots.known(data) is None:  # a sum of constants is added in another order without a mask
            absent, where = self.slots.some(absent), self.slots.not_all(where)
            if absent is None and where is None and node.function in _OF_ONE and not any(shape[a] > 1 for a in axes):
                return self.slots.at(data, tuple(0 if a in axes else None for a in range(len(shape)))), None
        every = [s for s in (data, absent, where, at) if s is not None]
        whole = np.broadcast_shapes(*(self.slots.shape(s) for s in every))
        record = REDUCTIONS[node.function]
        kept = absent is not None or where is not None
        masked = record.gives == "member" or (kept and record.empty)
        left = whole if record.gives == "same" else tuple(n for i, n in enumerate(whole) if i not in axes)
        kind = "i" if record.gives == "member" else "f"
        outs = ((left, kind), (left, "b")) if masked else ((left, kind),)
        results = self.slots.emit_all(f"reduce {node.function}", (data, absent, where, at), outs, axes)
        value: Pair = (results[0], results[1] if masked else None)
        return both(value, lambda slot: self.slots.aligned(slot, wide, per)) if record.gives == "same" else value

    def _text(self, node: tree.Text, per: _Dims) -> Pair:
        parts = tuple(part if isinstance(part, str) else None for part in node.parts)
        fields = tuple(self._printed(part, per) for part in node.parts if not isinstance(part, str))
        shape = np.broadcast_shapes((1,) * len(per), *(self.slots.shape(f) for f in fields))
        return self.slots.emit("join", fields, shape, "O", parts), None

    def _printed(self, field: tree.Field, per: _Dims) -> int:
        data, _ = self._node(field.node, per)
        shape = self.slots.shape(data)
        if field.decimals is not None:
            return self.slots.emit("fixed", (data,), shape, "O", (field.decimals, field.percent))
        if self.slots.kind(data) == "i" and isinstance(field.node, tree.Ref | tree.Key | tree.Reduce | tree.Call):
            names = self.book.dimensions[self.start.member_dimension(field.node)].names
            return self.slots.emit("name", (data,), shape, "O", names)
        return data
