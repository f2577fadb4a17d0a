"""The schema: what a library file and a scenario file may hold. Field descriptions are exported for editors."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from reportgen.spec.declared.figures import FiguresSpec
from reportgen.spec.declared.frame import FrameSpec
from reportgen.spec.declared.workbook import WorkbookSpec
from reportgen.spec.part import Name, Part
from reportgen.spec.quantity import Cell, ObjectiveSpec, QuantitySpec
from reportgen.spec.report import ReportSpec

__all__ = [
    "INPUT_WORDS",
    "NO_BASELINE",
    "OPERATOR_KEYS",
    "ROW_KEYS",
    "SCHEMA",
    "LibrarySpec",
    "ObjectiveSpec",
    "QuantitySpec",
    "RuleSpec",
    "ScenarioSpec",
]

NO_BASELINE = "none"
"""What a scenario gives as its baseline where nothing exists yet."""

SCHEMA = 1
"""The version of the file format."""

ROW_KEYS = {
    "title": "The title shown to readers",
    "description": "One sentence about it",
    "source": "Where its figures come from",
    "retrieved": "When they were retrieved, as YYYY-MM",
    "quality": "How good the source is: primary, secondary or estimate",
    "notes": "Notes on its figures",
    "aliases": "Other names, separated by semicolons",
    "url": "Where its figures can be read",
}
"""The descriptive keys of a member's row, in addition to the cells of quantities."""

OPERATOR_KEYS = {
    "inputs": "What it takes in, for the picture of the layer: operators, layer, cache or output; of 'a or b' the "
    "first that runs",
}
"""Further keys of an operator's row; each holds a list of names."""

INPUT_WORDS = ("layer", "cache", "output")
"""Inputs of operators other than results of operators: the layer's input, the KV cache, and the last layer's output."""


def _levers(value: Any) -> Any:
    if value in ("all", "none") or (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        return value
    if isinstance(value, dict) and all(row is None or isinstance(row, dict) for row in value.values()):
        return {name: row or {} for name, row in value.items()}
    raise ValueError("needs all, none, a list of names, as in [a, b], or rows with cells of yours")


def _drivers(value: Any) -> Any:
    if value == "all" or (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        return value
    raise ValueError("needs all, or a list of names, as in [price, load]")


def _need(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > 1:
        raise ValueError("takes one dimension, as in {model: experts}")
    return value


def _varied(value: Any) -> Any:
    if isinstance(value, list):
        if any(isinstance(item, list | dict) for item in value):
            raise ValueError("needs single values, as in [1, 2, 4]")
        return value
    if not isinstance(value, dict):
        raise ValueError("needs its values, as in [1, 2, 4], or settings of several columns")
    for name, cells in value.items():
        if not isinstance(cells, dict) or any(isinstance(cell, list | dict) for cell in cells.values()):
            raise ValueError(f"needs columns with a value each in its setting '{name}'")
    return value


def _date(value: Any) -> Any:
    if value is None:
        return value
    try:
        datetime.date.fromisoformat(text := str(value))
    except ValueError:
        raise ValueError("needs a day written as 2026-11-23") from None
    if len(text) != len("2026-11-23"):
        raise ValueError("needs a day written as 2026-11-23")
    return text


Varied = Annotated[
    Any,
    BeforeValidator(_varied),
    WithJsonSchema(
        {"anyOf": [{"type": "array", "items": {}}, {"type": "object", "additionalProperties": {"type": "object"}}]}
    ),
]
"""The values of one column, or settings of several columns by name."""

Day = Annotated[str | None, BeforeValidator(_date), WithJsonSchema({"type": ["string", "null"], "format": "date"})]
Levers = Annotated[list[str] | dict[str, dict[str, Any]] | Literal["all", "none"], BeforeValidator(_levers)]
"""Names of levers, or rows whose cells override those of the levers."""

Drivers = Annotated[list[str] | Literal["all"], BeforeValidator(_drivers)]
Batch = Annotated[int, Field(ge=1, le=100_000)]
Row = dict[str, Any]
"""A member's row: descriptive keys (title, source, ...) and the cells of quantities."""


class DimensionSpec(Part):
    """A dimension: a finite set of named members, given as rows."""

    title: str = Field(default="", description="The title of one member")
    description: str = Field(default="", description="What one member is")
    rows: dict[str, Row] = Field(default={}, description="Members; a row holds the cells of that member")


RuleKind = Literal["setting", "quality", "hardware"]
BaselineKind = Literal["first", "named", "none"]


class RuleKindSpec(Part):
    """The defaults of all rules of one kind."""

    risk: str = Field(description="What may go wrong")
    next: str = Field(description="What to do next")


class RuleSpec(Part):
    """A rule: a recommendation or finding about an option, with its condition and a text with embedded values."""

    title: str = Field(default="", description="The title shown to readers", max_length=120)
    when: Cell = Field(description="The condition, a flag per option")
    says: str = Field(description="The sentence, with values as in {tpot:.1f}")
    kind: RuleKind = Field(
        default="setting",
        description="What it takes to follow it: a setting, to be done now; a loss of quality or an assumed gain, to "
        "be checked; hardware",
    )
    why: str = Field(default="", description="The cause, in a sentence with values")
    risk: str = Field(default="", description="What may go wrong; by default, what is usual for its kind")
    next: str = Field(default="", description="What to do next; by default, what is usual for its kind")


class ScaledSpec(Part):
    """A quantity that a driver scales."""

    quantity: str = Field(description="Its name")
    where: str = Field(default="", description="A flag per option: whether it is this quantity that is scaled")


def _scaled(value: Any) -> Any:
    listed = [value] if isinstance(value, str) else value
    return (
        [{"quantity": item} if isinstance(item, str) else item for item in listed]
        if isinstance(listed, list)
        else value
    )


Scaled = Annotated[
    list[ScaledSpec],
    BeforeValidator(_scaled),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "object"]}}]}),
]
"""A quantity, or several of which the first that applies and has a value is taken."""


class DriverSpec(Part):
    """An input that is scaled to show how sensitive the results are to it."""

    title: str = Field(description="The title shown to readers", max_length=120)
    description: str = Field(default="", description="One sentence about it")
    column: str = Field(description="The column of options that scales it")
    low: Cell = Field(description="Its low end: a factor, or a formula in which {option} stands for the option")
    high: Cell = Field(description="Its high end")
    chance: Literal["uniform", "log_normal", "none"] = Field(
        default="uniform",
        description="How it is drawn at random: uniform between its ends, log-normal with the ends as its 10th and "
        "90th percentile, or not at all",
    )
    input: Scaled = Field(
        default=[],
        description="The quantity that is scaled, to give a switching value in its unit; of several the first that "
        "applies",
    )
    wide: bool = Field(default=False, description="Whether nearly every operator depends on it, so that it takes time")
    alone: bool = Field(default=False, description="Whether it belongs to one accelerator, not to all options")


class AlongSpec(Part):
    """Quantities that are declared a second time, along a further dimension."""

    names: str = Field(description="How their names begin, as in point_", pattern=r"^[a-z][a-z0-9_]*_$")
    become: str = Field(
        description="How the names of the second ones begin, as in curve_", pattern=r"^[a-z][a-z0-9_]*_$"
    )


class AdaptSpec(Part):
    """Another formula for a quantity that another file declares."""

    formula: Cell = Field(description="The formula, in which `declared` stands for what the other file declares")
    keeps: str = Field(
        default="",
        description="A name for what the other file declares: the library's other formulas read it in place of the "
        "quantity; without it they read the quantity as adapted",
    )
    title: str = Field(default="", description="The title of what is kept", max_length=120)


class LibrarySpec(Part):
    """A library file: part of the domain, as data."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format")
    title: str = Field(default="", description="What the file is about")
    accounting: list[str] = Field(
        default=[], description="The counting conventions that this file is for; none means all"
    )
    counts: dict[Name, str] = Field(
        default={}, description="Words that count things and may be units, each with its plural, as in token: tokens"
    )
    dimensions: dict[Name, DimensionSpec] = Field(default={}, description="Dimensions and rows of theirs")
    needs: Annotated[dict[str, str], BeforeValidator(_need), Field(max_length=1)] = Field(
        default={},
        description="A dimension and a cell: the file takes part where a row in use has something other than 0 there",
    )
    lacks: Annotated[dict[str, str], BeforeValidator(_need), Field(max_length=1)] = Field(
        default={}, description="A dimension and a cell: the file takes part where no file that needs it does"
    )
    where_given: list[str] = Field(
        default=[], description="Inputs: the file takes part only where the scenario gives a value for one of them"
    )
    where_missing: list[str] = Field(
        default=[], description="Inputs: the file takes part only where the scenario gives none of them a value"
    )
    where_several: list[str] = Field(
        default=[], description="Dimensions: the file takes part only where the scenario has several rows of each"
    )
    where_baseline: list[BaselineKind] = Field(
        default=[],
        description="The file takes part only where options are compared with one of these: the first option, one "
        "that the scenario names as its baseline, or none",
    )
    where_single: list[str] = Field(
        default=[], description="Dimensions: the file takes part only where the scenario has at most one row of each"
    )
    along: dict[Name, AlongSpec] = Field(
        default={},
        description="A dimension along which quantities per option are declared once more, under other names: their "
        "formulas read one another; those that this file declares itself stay as they are",
    )
    instead: dict[Name, dict[Name, Name]] = Field(
        default={},
        description="How names of the library's quantities begin, and what their formulas read in place of what; "
        "quantities that this file declares itself stay as they are",
    )
    adapts: dict[Name, AdaptSpec] = Field(
        default={}, description="Quantities of other files that are computed otherwise where this file takes part"
    )
    quantities: dict[Name, QuantitySpec] = Field(default={}, description="Quantities, with unit, index set and formula")
    rules: dict[Name, RuleSpec] = Field(default={}, description="Recommendations")
    rule_kinds: dict[RuleKind, RuleKindSpec] = Field(
        default={}, description="For each kind of rule: risk and next step, unless a rule gives its own"
    )
    frame: FrameSpec | None = Field(
        default=None, description="Quantities that the program fills, and what holds where a scenario is silent"
    )
    figures: FiguresSpec | None = Field(default=None, description="The quantities that the figures of the report draw")
    workbook: WorkbookSpec = Field(default=WorkbookSpec(), description="What the workbook shows where")
    levers: dict[Name, Row] = Field(default={}, description="Options made from the baseline by changing one thing")
    drivers: dict[Name, DriverSpec] = Field(default={}, description="Inputs that a sensitivity analysis scales")
    inputs: dict[str, Cell] = Field(
        default={}, description="Values of scenario-wide inputs, unless a scenario has its own"
    )
    report: ReportSpec = Field(default=ReportSpec(), description="What the outputs show")


class SearchSpec(Part):
    """A search: for each candidate, the best of all combinations of the values that vary."""

    candidates: dict[str, Row] = Field(description="Options, such as one for each accelerator; one row is kept of each")
    vary: dict[str, Varied] = Field(
        description="What varies on each: a column with its values, or a name with settings that change together"
    )
    found: dict[str, Row] = Field(
        default={},
        description="The choice of a search for each candidate, as `reportgen search` writes it; kept as it is",
    )
    found_for: str = Field(default="", description="The inputs of that search, as `reportgen search` writes them")


class SensitivitySpec(Part):
    """How sensitive the decision is to its inputs: a tornado, the values at which it changes, and a Monte Carlo."""

    option: str = Field(default="best", description="The option to analyse: a name, or best")
    drivers: Drivers = Field(default="all", description="Which inputs are scaled")
    samples: int = Field(default=10000, ge=100, le=1000000, description="Samples of the Monte Carlo")
    seed: int = Field(default=1, ge=0, description="The seed of its random numbers")


class ScenarioSpec(Part):
    """A scenario: a workload, the options to compare, and what to optimise."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format")
    title: str = Field(description="Title of the report", min_length=1, max_length=200)
    description: str = Field(default="", description="One or two sentences on the situation")
    author: str = Field(default="", description="Who made it", max_length=120)
    date: Day = Field(default=None, description="The day that the scenario describes, as YYYY-MM-DD")
    accounting: str = Field(
        default="reportgen", description="The counting convention: reportgen (default) or llm_viewer"
    )
    currency: str = Field(
        default="", description="The currency of all results and inputs, as in EUR; US dollars without it"
    )
    calibration: str = Field(
        default="",
        description="A file with fitted efficiency factors in this folder, as `reportgen calibrate` writes it",
    )
    objective: ObjectiveSpec = Field(default=ObjectiveSpec(), description="What makes one option better than another")
    requests: dict[str, Row] = Field(default={}, description="Classes of requests: share, prompt and output length")
    options: dict[str, Row] = Field(
        default={}, description="What is compared; the first is the baseline, others inherit from it"
    )
    measured: dict[str, Row] = Field(
        default={},
        description="What was measured: options with tpot, ttft and throughput as they were, and what differs from the "
        "baseline; with scale: true the measurement scales the predictions",
    )
    search: SearchSpec | None = Field(default=None, description="Candidates whose best configuration is searched for")
    sensitivity: SensitivitySpec | None = Field(
        default=None, description="Which inputs are scaled, to see how robust the decision is"
    )
    batches: list[Batch] = Field(
        default=[], description="Batch sizes at which the baseline's latency and throughput are shown, as in [1, 4, 16]"
    )
    levers: Levers = Field(default="all", description="Which optimisations are tried on the baseline")
    baseline: str = Field(
        default="",
        description="The option that runs today, with which all others are compared; none if nothing exists yet; "
        "unless given, the first",
    )
    inputs: dict[str, Cell] = Field(default={}, description="Values of scenario-wide inputs, by name")
    models: dict[str, Row] = Field(default={}, description="Models in addition to those of the catalogue")
    accelerators: dict[str, Row] = Field(default={}, description="Accelerators in addition to those of the catalogue")
    periods: dict[str, Row] = Field(
        default={}, description="The load over the day: hours of each period, and its load as a part of the peak"
    )
    prices: dict[str, Row] = Field(default={}, description="Prices with dates, in addition to those of the catalogue")
    currencies: dict[str, Row] = Field(default={}, description="Exchange rates with their dates, in US dollars")
    dimensions: dict[Name, DimensionSpec] = Field(default={}, description="Rows added to other dimensions")
    quantities: dict[Name, QuantitySpec] = Field(default={}, description="Your own quantities, with unit and formula")
    formulas: dict[Name, Cell] = Field(
        default={}, description="Your formulas in place of the library's, by quantity; the unit stays"
    )
    rules: dict[Name, RuleSpec] = Field(default={}, description="Your own recommendations")
    report: ReportSpec = Field(
        default=ReportSpec(), description="What the report shows; empty lists mean the library's choice"
    )

    @property
    def compares(self) -> BaselineKind:
        """Return what options are compared with."""
        if not self.baseline:
            return "first"
        return "none" if self.baseline.strip().casefold() == NO_BASELINE else "named"
