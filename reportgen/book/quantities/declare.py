"""Declare every quantity: its name, type, index set, and the dimension whose rows give its cells."""

from __future__ import annotations

from reportgen.book.entries import Origin
from reportgen.book.names import name_fault
from reportgen.book.quantities.drafts import Draft, Site
from reportgen.errors import nearest
from reportgen.lang.types import Type
from reportgen.lang.units import ONE, Unit, UnitError
from reportgen.spec.model import QuantitySpec

__all__ = ["declare"]

_KINDS = ("number", "flag", "text")


def declare(site: Site) -> None:
    """Create a draft of every correctly declared quantity."""
    _Declarer(site).declare()


class _Declarer:
    def __init__(self, site: Site) -> None:
        self.site = site

    def declare(self) -> None:
        self._declare_titles()
        taken: set[str] = set()
        dimensions = {name.casefold() for name in self.site.dimensions}
        for name, (spec, origin) in self.site.all.quantities.items():
            type_ = self._type(spec, origin)
            same_as_dimension = type_ is not None and type_.kind == "member" and type_.dimension == name
            others = taken if same_as_dimension else taken | dimensions
            if reason := name_fault(name, others):
                self.site.all.fail(f"'{name}' cannot be the name of a quantity", origin.span(key=True), reason)
            taken.add(name.casefold())
            if type_ is None:
                self.site.broken.add(name)
                continue
            per = tuple(d for d in self.site.dimensions if d in type_.dims)
            self.site.drafts[name] = Draft(spec, origin, type_, per, self._by(spec, per, origin))

    def _declare_titles(self) -> None:
        for name in self.site.dimensions:
            own = self.site.all.quantities.get(f"{name}_title")
            if own is not None and own[1].document is self.site.loaded.document:
                hint = f"it is the title of each {self.site.dimensions[name].title}; choose another name"
                self.site.all.fail(f"the quantity '{name}_title' exists already", own[1].span(key=True), hint)
                del self.site.all.quantities[f"{name}_title"]
            spec = QuantitySpec(
                title=f"Title of the {self.site.dimensions[name].title}", per=[name], type="text", by=name
            )
            self.site.all.quantities.setdefault(f"{name}_title", (spec, Origin(self.site.loaded.document, ())))

    def _type(self, spec: QuantitySpec, origin: Origin) -> Type | None:
        good, unit = True, ONE
        for i, dimension in enumerate(spec.per):
            if dimension not in self.site.dimensions:
                hint = nearest(dimension, self.site.dimensions)
                self.site.all.fail(f"unknown dimension '{dimension}'", origin.at("per", i).span(), hint)
                good = False
        try:
            unit = self.site.all.units.parse(spec.unit)
        except UnitError as error:
            self.site.all.fail(
                f"unknown unit '{error}'", origin.at("unit").span(), self.site.all.units.hint(str(error))
            )
            good = False
        inverse = self._inverse(spec, origin) if good and spec.inverse else None
        if spec.type not in _KINDS and spec.type not in self.site.dimensions:
            hint = nearest(spec.type, (*_KINDS, *self.site.dimensions))
            self.site.all.fail(f"unknown type '{spec.type}'", origin.at("type").span(), hint)
            good = False
        if not good:
            return None
        dims = frozenset(spec.per)
        if spec.type in _KINDS:
            return Type(spec.type, unit, dims, spec.optional, inverse=inverse)  # type: ignore[arg-type]
        return Type("member", ONE, dims, spec.optional, spec.type)

    def _inverse(self, spec: QuantitySpec, origin: Origin) -> Unit | None:
        units = self.site.all.units
        try:
            inverse = units.parse(spec.inverse)
        except UnitError as error:
            self.site.all.fail(f"unknown unit '{error}'", origin.at("inverse").span(), units.hint(str(error)))
            return None
        if not (inverse * units.parse(spec.unit)).dimensionless:
            message = f"{spec.inverse} is not the inverse of {spec.unit}"
            self.site.all.fail(message, origin.at("inverse").span(), "leave it out, or correct the unit")
            return None
        return inverse

    def _by(self, spec: QuantitySpec, per: tuple[str, ...], origin: Origin) -> tuple[str, ...]:
        if spec.by is not None and spec.by not in per:
            message = f"'by: {spec.by}' needs {spec.by} in 'per'"
            self.site.all.fail(
                message, origin.at("by").span(), "a quantity has its cells from rows of its own index set"
            )
            return ()
        ways = [w for w in ("formula", "text", "value") if getattr(spec, w) is not None]
        if len(ways) > 1 or (spec.by and ways not in ([], ["value"])):
            given = " and ".join([*ways, *(["by"] if spec.by else [])])
            self.site.all.fail(
                f"a quantity has one of formula, text, value or by; this one has {given}", origin.span(key=True)
            )
        if not ways and not spec.by and not spec.input:
            hint = "give it a formula:, or input: true and a value:"
            self.site.all.fail(f"'{origin.path[-1]}' has neither a formula nor a value", origin.span(key=True), hint)
        if spec.input or spec.value is not None:
            lead = spec.by or (per[0] if per else None)
            return (lead, *(d for d in per if d != lead)) if lead else ()
        return (spec.by,) if spec.by else ()
