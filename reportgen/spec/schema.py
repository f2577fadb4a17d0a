"""Export the JSON Schema for editors: the models of `model.py`, completed with what the library declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from reportgen.spec.model import OPERATOR_KEYS, ROW_KEYS, LibrarySpec, QuantitySpec, ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["library_schema", "scenario_schema"]

_DIALECT = "http://json-schema.org/draft-07/schema#"
_MEASURE = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*[A-Za-zµ%][A-Za-z0-9µ%/*^]*\s*$"
_SECTIONS = {"options": "option", "requests": "request", "models": "model", "accelerators": "accelerator"}
_CATALOGUED = ("model", "accelerator")
"""Dimensions to which scenarios usually add their own rows, so any name is allowed."""
_INPUTS = ("option", "driver")
"""Dimensions whose rows hold inputs; the cells of all other quantities are computed."""
_CELL = {"type": ["number", "string", "boolean", "object", "null"]}

Json = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """A schema without the titles that pydantic derives from names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def library_schema() -> Json:
    """Return the schema of library files."""
    schema = LibrarySpec.model_json_schema(by_alias=True, schema_generator=_Plain)
    return {"$schema": _DIALECT, **schema, "title": "reportgen library file"}


def scenario_schema(library: Iterable[LibrarySpec], catalogues: Mapping[str, Sequence[str]]) -> Json:
    """Return the schema of scenario files.

    Args:
        library: the library's files, whose declarations define the properties of rows.
        catalogues: maps a dimension to the names of its catalogue's rows.
    """
    known = _Known(list(library), catalogues)
    schema = ScenarioSpec.model_json_schema(by_alias=True, schema_generator=_Plain)
    properties = schema["properties"]
    for section, dimension in _SECTIONS.items():
        schema["$defs"][f"{dimension}_row"] = known.row(dimension)
        properties[section]["additionalProperties"] = {"$ref": f"#/$defs/{dimension}_row"}
    searched = schema["$defs"]["SearchSpec"]["properties"]
    for section in ("candidates", "found"):
        searched[section]["additionalProperties"] = {"$ref": "#/$defs/option_row"}
    searched["vary"] |= known.varied()
    properties["inputs"] |= {"properties": known.scalars(), "additionalProperties": _CELL}
    properties["dimensions"]["properties"] = {name: known.dimension(name) for name in known.extended()}
    properties["accounting"] = {**properties["accounting"], "enum": known.accountings()}
    row = {"$ref": "#/$defs/option_row"}
    rows = {"type": "object", "properties": dict.fromkeys(known.levers(), row), "additionalProperties": False}
    listed = {"type": "array", "items": {"enum": known.levers()}}
    properties["levers"]["anyOf"] = [{"enum": ["all", "none"]}, listed, rows]
    named = {"type": "array", "items": {"enum": known.members["driver"]}}
    schema["$defs"]["SensitivitySpec"]["properties"]["drivers"]["anyOf"] = [{"enum": ["all"]}, named]
    for aim in schema["$defs"]["ObjectiveSpec"]["properties"].values():
        aim["anyOf"] = [{"enum": known.objectives()}, {"type": ["string", "null"]}]
    return {"$schema": _DIALECT, **schema, "title": "reportgen scenario"}


class _Known:
    """What the library declares, for all accountings."""

    def __init__(self, library: list[LibrarySpec], catalogues: Mapping[str, Sequence[str]]) -> None:
        self.library = library
        self.quantities: dict[str, QuantitySpec] = {}
        self.members: dict[str, list[str]] = {name: list(rows) for name, rows in catalogues.items()}
        for spec in library:
            for name, quantity in spec.quantities.items():
                self.quantities.setdefault(name, quantity)
            for name, dimension in spec.dimensions.items():
                members = self.members.setdefault(name, [])
                members += [m for m in dimension.rows if m not in members and "{" not in m]
            self.members.setdefault("driver", []).extend(spec.drivers)

    def accountings(self) -> list[str]:
        return sorted({name for spec in self.library for name in spec.accounting})

    def levers(self) -> list[str]:
        return [name for spec in self.library for name in spec.levers]

    def objectives(self) -> list[str]:
        return [n for n, q in self.quantities.items() if q.per == ["option"] and q.type == "number" and q.better]

    def extended(self) -> list[str]:
        """The dimensions that a scenario may extend under `dimensions:`."""
        return [n for n in self.members if n not in _SECTIONS.values() and self.members[n]]

    def varied(self) -> Json:
        """Return the schema of what a search varies: a column's values, or named settings of several columns."""
        columns = {n: q for n, q in self.quantities.items() if q.by == "option" and q.is_input and len(q.per) == 1}
        settings = {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/option_row"}}
        forms = {n: {"anyOf": self.forms(q, formula=False)} for n, q in columns.items()}
        lists = {n: {"type": "array", "minItems": 1, "items": form} for n, form in forms.items()}
        return {"properties": {n: {"anyOf": [v, settings]} for n, v in lists.items()}, "additionalProperties": settings}

    def scalars(self) -> Json:
        return {n: self.cell(q, formula=False) for n, q in self.quantities.items() if not q.per and q.is_input}

    def dimension(self, name: str) -> Json:
        rows = {"type": "object", "additionalProperties": self.row(name)}
        reference = {"$ref": "#/$defs/DimensionSpec"}
        return {
            "allOf": [reference, {"properties": {"rows": rows}}],
            "description": f"Rows of {name}: {self.names(name)}",
        }

    def names(self, dimension: str) -> str:
        names = self.members[dimension]
        return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")

    def row(self, dimension: str) -> Json:
        """Return the schema of a member's row: descriptive keys, and a cell for each quantity given by such rows."""
        properties: Json = {
            key: {"type": ["string", "number", "null"], "description": d} for key, d in ROW_KEYS.items()
        }
        if dimension not in _SECTIONS.values():
            text = (
                "Dimension for each of whose members the row is repeated; the row's name holds its name as {dimension}"
            )
            properties["each"] = {"type": "string", "description": text}
        if dimension == "operator":
            listed = {"type": "array", "items": {"type": "string"}}
            properties |= {key: {**listed, "description": text} for key, text in OPERATOR_KEYS.items()}
        if dimension == "option":
            text = "The option that it inherits from; the first one unless named"
            properties["based_on"] = {"type": "string", "description": text}
        for name, quantity in self.quantities.items():
            if quantity.by == dimension and (dimension not in _INPUTS or quantity.is_input):
                properties[name] = self.cell(quantity, formula=dimension == "option" or not quantity.is_input)
        return {"type": "object", "properties": properties, "additionalProperties": _CELL}

    def cell(self, quantity: QuantitySpec, *, formula: bool) -> Json:
        """Return the schema of a cell of a quantity; `formula` says whether a formula is allowed."""
        inner = [d for d in quantity.per if d != quantity.by] if quantity.is_input else []
        schema: Json = {"anyOf": self.forms(quantity, formula)} if not inner else self.by_member(quantity, inner[0])
        parts = [quantity.description, _measured(quantity)]
        schema["title"] = quantity.title
        if any(parts):
            schema["description"] = ". ".join(part for part in parts if part)
        return {**schema, "default": quantity.value} if quantity.value is not None else schema

    def by_member(self, quantity: QuantitySpec, dimension: str) -> Json:
        """Return the schema of a quantity of two dimensions: keys and values inside the row."""
        value = {"anyOf": self.forms(quantity, formula=False)}
        members = dict.fromkeys(self.members[dimension], value)
        return {"type": "object", "properties": members, "additionalProperties": value}

    def forms(self, quantity: QuantitySpec, formula: bool) -> list[Json]:
        """Return the schemas of the forms in which a value may be written."""
        forms: list[Json] = []
        if quantity.type == "number":
            forms += [_number(quantity), {"type": "string", **({} if formula else {"pattern": _MEASURE})}]
        elif quantity.type == "flag":
            forms += [{"type": "boolean"}, *([{"type": "string"}] if formula else [])]
        elif quantity.type == "text" or not self.members.get(quantity.type):
            forms.append({"type": "string"})
        else:
            forms.append({"enum": self.members[quantity.type]})
            if quantity.type in _CATALOGUED:
                forms.append({"type": "string"})
            elif formula:  # a single name must be a member; a formula contains a space or a bracket
                forms.append({"type": "string", "pattern": r"^base$|[ (\[]"})
        return [*forms, {"type": "null"}] if quantity.optional else forms


def _number(quantity: QuantitySpec) -> Json:
    schema: Json = {"type": "integer" if quantity.whole else "number"}
    if quantity.minimum is not None:
        schema["minimum"] = quantity.minimum
    if quantity.maximum is not None:
        schema["maximum"] = quantity.maximum
    return schema


def _measured(quantity: QuantitySpec) -> str:
    """Describe how a number is written and its range."""
    if quantity.type != "number":
        return ""
    unit = "" if quantity.unit == "1" else f" in {quantity.unit}"
    low, high = (f"{n:.15g}" if n is not None else "" for n in (quantity.minimum, quantity.maximum))
    limits = f" from {low} to {high}" if low and high else f" of at least {low}" if low else ""
    whole = "A whole number" if quantity.whole else "A number"
    text = f", or text with a unit such as '5 {quantity.unit}'" if unit else ""
    return f"{whole}{limits}{unit}{text}"
