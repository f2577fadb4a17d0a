"""The schema of the frame: the quantities and words of every scenario, declared once in the library."""

from __future__ import annotations

from pydantic import Field

from reportgen.spec.declared.roles import RolesSpec
from reportgen.spec.part import Part
from reportgen.spec.quantity import ObjectiveSpec, QuantitySpec

__all__ = ["FRAME", "FrameSpec", "MoneySpec", "OriginSpec"]


class OriginSpec(Part):
    """The words for where an option comes from."""

    scenario: str = Field(description="An option of the scenario")
    measured: str = Field(description="A measurement")
    search: str = Field(description="The best configuration of a candidate")
    lever: str = Field(description="The baseline with one lever")
    trial: str = Field(description="A sensitivity case or a point of a batch sweep")


class WordsSpec(Part):
    """The words for a change of an objective whose quantity declares none."""

    more: str = Field(description="A larger value, as in 20 % more")
    less: str = Field(description="A smaller value, as in 20 % less")


class FrameQuantities(Part):
    """Quantities that depend on options and objective; the program sets their values, units and cells."""

    based_on: QuantitySpec = Field(description="The option that each inherits from")
    baseline_option: QuantitySpec = Field(description="The first option")
    option_origin: QuantitySpec = Field(description="Who made each option, one of the words under origins:")
    objective_one: QuantitySpec = Field(description="1 in the unit of the objective")
    objective_cost: QuantitySpec = Field(description="The objective with the sign with which smaller is better")
    objective_name: QuantitySpec = Field(description="What the objective is called")
    objective_unit: QuantitySpec = Field(description="Its unit as a text")
    objective_value: QuantitySpec = Field(
        description="The objective of each option; {title} is its title, {verb} is minimise or maximise"
    )
    objective_sign: QuantitySpec = Field(description="1 where larger is better, -1 where smaller is")
    objective_gain: QuantitySpec = Field(description="The word for a better objective, as in 20 % faster")
    objective_loss: QuantitySpec = Field(description="The word for a worse objective, as in 20 % slower")


class MoneySpec(Part):
    """How money is converted where a scenario names a currency for its results."""

    unit: str = Field(description="The currency of the library, as a unit")
    words: str = Field(description="That currency in descriptions")
    dimension: str = Field(description="The dimension whose rows are currencies")
    rate: str = Field(description="The input of each currency with its exchange rate")
    reported: str = Field(description="The quantity that holds the currency of the results")
    factor: str = Field(description="The factor that converts an amount of the library")
    listed: str = Field(description="The name of an amount of the library before it is converted, from its {name}")
    listed_title: str = Field(description="The title of that amount; {title} is its own, {unit} the library's currency")
    listed_source: str = Field(description="The source of what is converted; {source} is that of the amount")


class FrameSpec(Part):
    """The frame of every scenario."""

    objective: ObjectiveSpec = Field(description="What is optimised where a scenario names no objective")
    origins: OriginSpec = Field(description="Where an option comes from, in words")
    roles: RolesSpec = Field(description="Quantities of the library that the program itself reads, by role")
    money: MoneySpec = Field(description="How money is converted into the currency of the results")
    words: WordsSpec = Field(description="What a change of the objective is called")
    quantities: FrameQuantities = Field(description="Quantities that the program fills")


FRAME = tuple(FrameQuantities.model_fields)
"""The names of the quantities that every scenario has."""
