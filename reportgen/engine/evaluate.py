"""The NumPy back end: a book's formulas over all members at once, and over a last axis of samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.faults import not_finite_error
from reportgen.engine.reduce import reduce_values
from reportgen.engine.values import Array, Value, each, either, filled, fixed, in_kind_of, not_finite, scaled
from reportgen.lang import tree
from reportgen.lang.functions import FUNCTIONS

if TYPE_CHECKING:
    from reportgen.book.book import Book, Quantity

__all__ = ["Evaluator", "Inputs", "dependents"]

Inputs = Mapping[tuple[str, tuple[str, ...]], "float | bool | str | Array | None"]
"""Values put in the place of input cells, by quantity and members.

An array holds one value per sample: numbers, flags, texts, or members as codes; what a masked array masks is absent.
"""

_Dims = tuple[str, ...]


class Evaluator:
    """Evaluates quantities on demand, each once.

    Arrays have one axis per dimension, in the book's order, and a last axis of samples (of length 1 where
    the value is the same for all samples).
    """

    def __init__(self, book: Book, inputs: Inputs | None = None) -> None:
        self.book = book
        self._order = {d: i for i, d in enumerate(book.dimensions)}
        self.inputs = dict(inputs or {})
        self._values: dict[str, Value] = {}
        self._cells: dict[tuple[str, tuple[str, ...]], Value] = {}
        self._fetched: dict[tuple[tree.Ref | str, _Dims], Value] = {}
        self._readers: dict[frozenset[str], frozenset[str]] = {}

    def with_inputs(self, inputs: Inputs) -> Evaluator:
        """An evaluator with further inputs replaced, which keeps what does not depend on them."""
        names = frozenset(name for name, _ in inputs)
        if names not in self._readers:
            self._readers[names] = dependents(self.book, names)
        changed = self._readers[names]
        other = type(self)(self.book, {**self.inputs, **inputs})
        other._readers = self._readers
        other._values = {name: value for name, value in self._values.items() if name not in changed}
        other._cells = {at: value for at, value in self._cells.items() if at[0] not in changed}
        other._fetched = {
            at: value
            for at, value in self._fetched.items()
            if not (at[0] in changed if isinstance(at[0], str) else changed.intersection(tree.references(at[0])))
        }
        return other

    def dims(self, names: Sequence[str] | frozenset[str]) -> _Dims:
        """Dimensions in the order of axes."""
        return tuple(sorted(names, key=self._order.__getitem__))

    def value(self, name: str) -> Value:
        """A quantity over its index set.

        Raises:
            EvaluationError: a result is not finite; names the quantity and the row.
        """
        if name not in self._values:
            quantity = self.book.quantities[name]
            with np.errstate(all="ignore"):
                value = self._stacked(quantity) if quantity.by else self._whole(quantity)
                if value.absent is not None and value.absent.shape != value.data.shape:
                    shape = np.broadcast_shapes(value.data.shape, value.absent.shape)
                    value = Value(np.broadcast_to(value.data, shape), value.absent)
                self.check_finite(quantity, value)
            self._values[name] = value
        return self._values[name]

    def _whole(self, quantity: Quantity) -> Value:
        """A quantity with one formula, or with one value that was given."""
        if (quantity.name, ()) in self.inputs:
            return self._given(quantity, self.inputs[quantity.name, ()], quantity.per)
        assert quantity.formula is not None
        return self._node(quantity.formula, quantity.per)

    # --- cells ---------------------------------------------------------------------------------------------------

    def cell(self, quantity: Quantity, key: tuple[str, ...]) -> Value:
        """One cell of a quantity that has a formula for each member, over its other dimensions."""
        at = (quantity.name, key)
        if at not in self._cells:
            rest = tuple(d for d in quantity.per if d not in quantity.by)
            given = at in self.inputs
            self._cells[at] = (
                self._given(quantity, self.inputs[at], rest) if given else self._node(quantity.cells[key], rest)
            )
        return self._cells[at]

    def _given(self, quantity: Quantity, value: float | bool | str | Array | None, rest: _Dims) -> Value:
        """An input's replacement as an array; members' names become codes."""
        if value is None:
            return self._node(tree.Literal(None), rest)
        if isinstance(value, str) and quantity.type.kind == "member":
            value = self.book.dimensions[quantity.type.dimension].index(value)
        data = np.asarray(value)
        if data.dtype.kind in "iuf" and quantity.type.kind == "number":
            data = data.astype(float)
        if data.dtype.kind in "US":
            data = data.astype(object)
        shape = (1,) * len(rest) + (-1,)
        return Value(data.reshape(shape), value.mask.reshape(shape) if isinstance(value, np.ma.MaskedArray) else None)

    def _stacked(self, quantity: Quantity) -> Value:
        """The cells put side by side along the axes of `by`."""
        keys = list(quantity.cells)
        if quantity.by == quantity.per and not any(k == quantity.name for k, _ in self.inputs):
            plain = self._literals(quantity, keys)
            if plain is not None:
                return plain
        cells = [self.cell(quantity, key) for key in keys]
        by_axes = [quantity.per.index(d) for d in quantity.by]
        shapes = [a.shape for c in cells for a in (c.data, c.absent) if a is not None]
        rest = np.broadcast_shapes(*shapes) if cells else (1,) * (len(quantity.per) - len(by_axes) + 1)
        sizes = [self.book.size(d) for d in quantity.by]
        dtype = np.result_type(*(c.data.dtype for c in cells)) if cells else np.dtype(float)
        stacked = np.empty((*sizes, *rest), dtype=dtype)
        masked = any(c.absent is not None for c in cells)
        absent = np.zeros((*sizes, *rest), dtype=bool) if masked else None
        for key, cell in zip(keys, cells, strict=True):
            place = tuple(self.book.dimensions[d].index(m) for d, m in zip(quantity.by, key, strict=True))
            stacked[place] = cell.data
            if absent is not None and cell.absent is not None:
                absent[place] = cell.absent
        if absent is not None and quantity.type.kind in ("member", "text"):
            stacked[absent] = "" if stacked.dtype == object else -1  # absent values look like the others, not like 0.0
            stacked = stacked.astype(np.int64) if quantity.type.kind == "member" else stacked
        move = list(range(len(by_axes)))
        data = np.moveaxis(stacked, move, by_axes)
        return Value(data, np.moveaxis(absent, move, by_axes) if absent is not None else None)

    def _literals(self, quantity: Quantity, keys: list[tuple[str, ...]]) -> Value | None:
        """All cells at once where they are plain values, as in a catalogue."""
        nodes = [quantity.cells[key] for key in keys]
        shape = (*(self.book.size(d) for d in quantity.by), 1)
        axes = [quantity.by.index(d) for d in quantity.per]

        def whole(values: Array) -> Array:
            return np.transpose(values.reshape(shape), (*axes, len(axes)))

        if quantity.type.kind == "member" and nodes and all(isinstance(n, tree.Member) for n in nodes):
            places = {name: i for i, name in enumerate(self.book.dimensions[quantity.type.dimension].names)}
            return Value(whole(np.array([places[n.name] for n in nodes if isinstance(n, tree.Member)])))
        if not nodes or not all(isinstance(n, tree.Literal) for n in nodes):
            return None
        values = [n.value if isinstance(n, tree.Literal) else None for n in nodes]
        if quantity.type.kind == "flag" and None not in values:
            return Value(whole(np.array(values, dtype=bool)))
        if quantity.type.kind != "number":
            return None
        data = whole(np.array([np.nan if v is None else float(v) for v in values]))
        absent = np.isnan(data)
        return Value(np.where(absent, 0.0, data), absent if absent.any() else None)

    def check_finite(self, quantity: Quantity, value: Value) -> None:
        """Refuse values that are not finite.

        Raises:
            EvaluationError: there is one, and it is not absent.
        """
        bad = not_finite(value)
        if bad is not None:
            raise not_finite_error(self.book, quantity, value, bad)

    # --- nodes ---------------------------------------------------------------------------------------------------

    def node(self, node: tree.Node, per: _Dims) -> Value:
        """A tree over the dimensions `per` (axes may be of length 1 where nothing varies)."""
        with np.errstate(all="ignore"):
            return self._node(node, per)

    def _node(self, node: tree.Node, per: _Dims) -> Value:
        match node:
            case tree.Ref():
                return self._fetch(node, per)
            case tree.Call():
                return self._call(node, per)
            case tree.Literal():
                return self._literal(node, per)
            case tree.Member():
                return filled(self.book.dimensions[node.dimension].index(node.name), len(per) + 1)
            case tree.Key():
                shape = [1] * (len(per) + 1)
                shape[per.index(node.dimension)] = -1
                return Value(np.arange(self.book.size(node.dimension)).reshape(shape))
            case tree.Convert():
                inner = self._node(node.node, per)
                return Value(scaled(inner.data, node.factor.numerator, node.factor.denominator), inner.absent)
            case tree.Reduce():
                return self._reduce(node, per)
            case tree.Text():
                return self._text(node, per)
        raise AssertionError(node)

    def _literal(self, node: tree.Literal, per: _Dims) -> Value:
        shape = (1,) * (len(per) + 1)
        if node.value is None:
            return Value(np.zeros(shape), np.ones(shape, dtype=bool))
        if isinstance(node.value, str):
            data = np.empty(shape, dtype=object)
            data[...] = node.value
            return Value(data)
        return filled(node.value, len(shape))

    def _fetch(self, ref: tree.Ref, per: _Dims) -> Value:
        key = (ref if ref.select else ref.name, per)
        if key not in self._fetched:
            self._fetched[key] = self._fetch_new(ref, per)
        return self._fetched[key]

    def _fetch_new(self, ref: tree.Ref, per: _Dims) -> Value:
        quantity = self.book.quantities[ref.name]
        select = dict(ref.select)
        fixed_keys = tuple(s.name for d in quantity.by if isinstance(s := select.get(d), tree.Member))
        if quantity.by and len(fixed_keys) == len(quantity.by) and quantity.input:
            value, dims = self.cell(quantity, fixed_keys), tuple(d for d in quantity.per if d not in quantity.by)
        else:
            value, dims = self.value(ref.name), quantity.per
        if not any(d in select for d in dims):
            return Value(
                self._aligned(value.data, dims, per),
                None if value.absent is None else self._aligned(value.absent, dims, per),
            )
        return self._selected(value, dims, select, per)

    def _aligned(self, data: Array, dims: _Dims, per: _Dims) -> Array:
        """Axes of length 1 put in for the dimensions that a value does not have."""
        if dims == per:
            return data
        sizes = dict(zip(dims, data.shape, strict=False))
        return data.reshape((*(sizes.get(d, 1) for d in per), data.shape[-1]))

    def _selected(self, value: Value, dims: _Dims, select: Mapping[str, tree.Member | tree.Ref], per: _Dims) -> Value:
        fixed_place = tuple(self._place(select.get(d), value.data.shape[axis]) for axis, d in enumerate(dims))
        data = value.data[fixed_place]
        mask = None if value.absent is None else np.broadcast_to(value.absent, value.data.shape)[fixed_place]
        dims = tuple(d for d in dims if not isinstance(select.get(d), tree.Member))
        by_value = {d: s for d, s in select.items() if isinstance(s, tree.Ref) and d in dims}
        if not by_value:
            return Value(self._aligned(data, dims, per), None if mask is None else self._aligned(mask, dims, per))
        index, missing = self._index(data, dims, by_value, per)
        absent = mask[index] if mask is not None else None
        return Value(data[index], either(absent, missing))

    def _place(self, selector: tree.Member | tree.Ref | None, length: int) -> int | slice:
        """The position of a fixed member on an axis (which has length 1 where nothing varies)."""
        if not isinstance(selector, tree.Member):
            return slice(None)
        return self.book.dimensions[selector.dimension].index(selector.name) if length > 1 else 0

    def _index(
        self, data: Array, dims: _Dims, by_value: Mapping[str, tree.Ref], per: _Dims
    ) -> tuple[tuple[Array, ...], Array | None]:
        """One index array per axis, all aligned to `per`: codes where a quantity selects, positions elsewhere."""
        index: list[Array] = []
        missing = None
        for axis, dimension in enumerate(dims):
            if dimension in by_value:
                codes = self._node(by_value[dimension], per)
                missing = either(missing, codes.absent)
                if data.shape[axis] == 1:
                    index.append(np.zeros_like(codes.data))
                    continue
                index.append(np.where(codes.data < 0, 0, codes.data) if codes.absent is not None else codes.data)
            else:
                shape = [1] * (len(per) + 1)
                shape[per.index(dimension)] = -1
                index.append(np.arange(data.shape[axis]).reshape(shape))
        index.append(np.arange(data.shape[-1]).reshape((1,) * len(per) + (-1,)))
        return tuple(i.astype(np.intp) if i.dtype.kind != "i" else i for i in index), missing

    def _call(self, node: tree.Call, per: _Dims) -> Value:
        if node.function == "if":
            return self._choice(node, per)
        args = [self._node(a, per) for a in node.args]
        if node.function == "known":
            mask = args[0].absent
            return Value(np.ones((1,) * (len(per) + 1), dtype=bool) if mask is None else ~mask)
        data = FUNCTIONS[node.function].numpy(*(a.data for a in args))
        absent = None
        for arg in args:
            if arg.absent is not None:
                absent = arg.absent if absent is None else np.logical_or(absent, arg.absent)
        return Value(data, absent)

    def _choice(self, node: tree.Call, per: _Dims) -> Value:
        condition = self._node(node.args[0], per)
        chosen = condition.data
        if chosen.size == 1 and condition.absent is None:
            return self._node(node.args[1 if chosen.item() else 2], per)
        yes, no = (self._node(a, per) for a in node.args[1:])
        data = np.where(chosen, in_kind_of(yes.data, no.data), in_kind_of(no.data, yes.data))
        if yes.absent is None and no.absent is None:
            return Value(data)
        masks = [np.zeros(1, dtype=bool) if v.absent is None else v.absent for v in (yes, no)]
        return Value(data, np.where(chosen, masks[0], masks[1]))

    def _reduce(self, node: tree.Reduce, per: _Dims) -> Value:
        wide = self.dims(frozenset(per) | frozenset(node.over))
        assert isinstance(node.of, tree.Ref)
        of = self._node(node.of, wide)
        where = self._node(node.where, wide).data if isinstance(node.where, tree.Ref) else None
        axes = tuple(wide.index(d) for d in node.over)
        shape = list(of.data.shape)
        for axis, dimension in zip(axes, node.over, strict=True):
            shape[axis] = self.book.size(dimension)
        full = of.data if of.data.shape == tuple(shape) else np.broadcast_to(of.data, shape)
        at = self._node(node.at, wide).data if node.at is not None else None
        kept = reduce_values(node.function, Value(full, of.absent), where, axes, at)
        if node.function == "rank":
            return Value(
                self._aligned(kept.data, wide, per),
                None if kept.absent is None else self._aligned(kept.absent, wide, per),
            )
        return kept

    def _text(self, node: tree.Text, per: _Dims) -> Value:
        parts: list[Array | str] = []
        for part in node.parts:
            parts.append(part if isinstance(part, str) else self._printed(part, per))
        shape = np.broadcast_shapes((1,) * (len(per) + 1), *(p.shape for p in parts if not isinstance(p, str)))
        text = np.full(shape, "", dtype=object)
        for part_ in parts:
            text = text + part_
        return Value(np.asarray(text, dtype=object))

    def _printed(self, field: tree.Field, per: _Dims) -> Array:
        value = self._node(field.node, per)
        if field.decimals is not None:
            decimals, percent = field.decimals, field.percent
            return each(lambda x: fixed(float(x), decimals, percent=percent) if np.isfinite(x) else "", value.data)
        if value.data.dtype.kind in "iu" and isinstance(field.node, tree.Ref | tree.Key | tree.Reduce | tree.Call):
            dimension = self.member_dimension(field.node)
            names = self.book.dimensions[dimension].names
            return each(lambda code: names[code] if code >= 0 else "", value.data)
        return value.data

    def member_dimension(self, node: tree.Node) -> str:
        """The dimension whose member a node gives."""
        if isinstance(node, tree.Key | tree.Member):
            return node.dimension
        if isinstance(node, tree.Ref):
            return self.book.quantities[node.name].type.dimension
        if isinstance(node, tree.Reduce):
            return node.over[0]
        assert isinstance(node, tree.Call)
        return next(self.member_dimension(n) for n in node.args[1:] if not isinstance(n, tree.Literal))


def dependents(book: Book, names: frozenset[str]) -> frozenset[str]:
    """The quantities named and all that read them."""
    changed = set(names)
    for quantity in book.quantities.values():  # in an order in which each follows what it reads
        if changed & book.reads[quantity.name]:
            changed.add(quantity.name)
    return frozenset(changed)
