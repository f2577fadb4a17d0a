"""The schema of a quantity and of an objective, and what a single cell may hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from reportgen.spec.part import Part

__all__ = ["Cell", "ObjectiveSpec", "QuantitySpec", "Words"]


def _cell(value: Any) -> Any:
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    raise ValueError("needs a single value, not a " + ("list" if isinstance(value, list) else "group of keys"))


def _word(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError("needs a text")


Cell = Annotated[
    Any,
    BeforeValidator(_cell),
    WithJsonSchema({"type": ["number", "string", "boolean", "null"]}),
]
"""A number (in the quantity's unit), `"500 ms"`, true or false, a member's name, a formula, or null for absent."""

Words = Annotated[str, BeforeValidator(_word), WithJsonSchema({"type": ["string", "number"]})]


class QuantitySpec(Part):
    """A quantity: an input (`value`), or derived (`formula`, `text`, or cells in the rows of a dimension)."""

    title: str = Field(default="", description="The title shown to readers", max_length=120)
    description: str = Field(default="", description="One sentence: what it is and how it is counted")
    unit: Words = Field(default="1", description="Unit, such as GB/s, FLOP, ms, %, token; 1 for a plain number")
    inverse: Words = Field(default="", description="Unit of the inverse, to give values in as well, such as token/s")
    per: list[str] = Field(default=[], description="Index set: the dimensions that it has a value for")
    type: str = Field(default="number", description="number, flag, text, or the name of a dimension")
    formula: Cell = Field(default=None, description="How it is computed from others")
    text: str | None = Field(default=None, description="Text with values in it, as in '{tpot:.1f} ms'")
    input: bool | None = Field(
        default=None, description="Whether people set it; by default, a value makes an input; false makes it a constant"
    )
    value: Cell = Field(default=None, description="The default of an input")
    by: str | None = Field(
        default=None, description="The dimension whose rows give its cells (each a formula or a value)"
    )
    default: Cell = Field(default=None, description="The value of a row without a cell")
    optional: bool = Field(default=False, description="Whether the value may be absent")
    minimum: float | None = Field(default=None, description="Smallest sensible value")
    maximum: float | None = Field(default=None, description="Largest sensible value")
    unless: str = Field(default="", description="A column: a row that gives it may leave this one out, and it is empty")
    whole: bool = Field(default=False, description="Whether only whole numbers make sense")
    symbol: str = Field(default="", description="How it is written in formulas, in LaTeX")
    source: str = Field(default="", description="Where the figure or the formula comes from")
    better: Literal["lower", "higher"] | None = Field(default=None, description="Which direction is an improvement")
    improved: str = Field(default="", description="Word for a better value, such as faster; more or less without it")
    worsened: str = Field(default="", description="Word for a worse value, such as slower; more or less without it")
    topic: str = Field(default="", description="The group that it is listed under")
    limits: str = Field(default="", description="The figure whose target or limit it is, such as ttft")
    met: str = Field(default="", description="The flag that says whether the figure meets it")
    low_of: str = Field(default="", description="The figure whose lower end it is, such as tpot")
    high_of: str = Field(default="", description="The figure whose upper end it is")
    ideal_of: str = Field(default="", description="The figure that it is the ideal of, on the roofline")
    pass_of: str = Field(default="", description="The figure of one run that it sums over all runs in a pass")
    part_of: str = Field(default="", description="The figure that it is a part of, as energy is of the cost")

    @property
    def is_input(self) -> bool:
        """Whether users may set it; a constant has a value too, but declares `input: false`."""
        return self.value is not None if self.input is None else self.input


class ObjectiveSpec(Part):
    """What the scenario optimises: a quantity per option, minimised or maximised."""

    minimise: str | None = Field(default=None, description="A quantity per option that should be small, such as tpot")
    maximise: str | None = Field(
        default=None, description="A quantity per option that should be large, such as throughput"
    )

    @property
    def aim(self) -> str:
        """The quantity, or an empty text if none is named."""
        return self.maximise or self.minimise or ""

    @property
    def verb(self) -> Literal["maximise", "minimise"]:
        """Whether the quantity is minimised or maximised."""
        return "maximise" if self.maximise else "minimise"
