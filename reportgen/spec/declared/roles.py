"""The schema of roles: the quantities of the library that the program itself reads, each by what it is read for."""

from __future__ import annotations

from pydantic import Field

from reportgen.spec.part import Part

__all__ = ["RolesSpec"]


class EndSpec(Part):
    """The quantities of each driver at one of its ends."""

    range: str = Field(description="The factor that the scenario gives; blank where it is computed")
    factor: str = Field(description="The factor that is used")
    option: str = Field(description="The option whose input is scaled by it")
    value: str = Field(description="The objective of that option")
    feasible: str = Field(description="Flag: that option meets every requirement")


class RuleCellsSpec(Part):
    """The quantities that hold what a rule says, one for each of its keys."""

    when: str = Field(description="The condition")
    says: str = Field(description="The sentence")
    kind: str = Field(description="What it takes to follow it")
    why: str = Field(description="The cause")
    risk: str = Field(description="What may go wrong")
    next: str = Field(description="What to do next")


class EvidenceSpec(Part):
    """The quantities that say how sure the conclusion is, by random samples and switching values."""

    option: str = Field(description="The option that was recommended")
    samples: str = Field(description="How many samples were drawn, as a text")
    share: str = Field(description="Per option: the share of samples in which it is the best")
    none: str = Field(description="The share of samples in which no option meets every target")
    name: str = Field(description="Per driver: its name within a sentence")
    ratio: str = Field(description="Per driver: the factor at which another option becomes the best")
    to: str = Field(description="Per driver: the title of that option")
    words: str = Field(description="How sure the conclusion is")


class RolesSpec(Part):
    """The name of a quantity for each role; an accounting may lack some of them."""

    runs: str = Field(description="Flag per option: the model fits and the configuration is possible")
    feasible: str = Field(description="Flag per option: every requirement is met")
    verdict: str = Field(description="Text per option: which requirement is missed")
    missed: str = Field(description="Number of requirements that an option misses")
    excess: str = Field(description="How far an option is over the limit that it misses most")
    distance: str = Field(description="How far an option is from being feasible, to find the nearest")
    compared: str = Field(description="Flag per option: it is compared and ranked")
    changed: str = Field(description="Flag per option: it differs from the option that it is based on")
    improvement: str = Field(description="How much better an option is than the one that it is based on")
    front: str = Field(description="Flag per option: no other is better in every way")
    devices: str = Field(description="Number of devices that an option pays for")
    best: str = Field(description="The option that is best on the objective")
    order: str = Field(description="Place of an option among equal ones, by title, where nothing exists yet")
    recommended: str = Field(description="The option that is recommended")
    explained: str = Field(description="The option whose limits, times and memory are shown")
    rejected: str = Field(description="Text per option: why it is not recommended")
    place: str = Field(description="The rank of an option in figures and tables")
    trial: str = Field(description="Flag per option: it only shows how results depend on an input")
    batch_point: str = Field(description="Flag per option: it only shows a batch size")
    api: str = Field(description="Flag per option: it pays an API, so that settings and figures of devices say nothing")
    model: str = Field(description="The model of an option, which is a setting of an API, too")
    scaling: str = Field(description="The measured option that scales the predictions")
    title: str = Field(description="The finding, as the title of the report")
    subtitle: str = Field(description="What the report compares, below its title")
    decision: str = Field(description="Text of the decision if nothing is recommended")
    baseline: str = Field(description="Text on the baseline")
    warning: str = Field(description="What a reader must know before anything else")
    advised: str = Field(description="The option that each recommendation is about")
    advice: str = Field(description="What each recommendation says")
    effort: str = Field(description="What each recommendation takes")
    reason: str = Field(description="Why each recommendation holds")
    risk: str = Field(description="What may go wrong with each recommendation")
    next: str = Field(description="What to do next about each recommendation")
    met: str = Field(description="Flag per option and requirement: it is met")
    says: str = Field(description="What a requirement that is missed says")
    fits: str = Field(description="Flag per option: the model fits into the memory")
    recommended_now: str = Field(description="The recommended option in words, where its inputs were changed")
    baseline_now: str = Field(description="The baseline in words, where its inputs were changed")
    load: str = Field(description="How close the servers are to their capacity")
    advice_label: str = Field(description="The rank of each recommendation and what it takes")
    larger_batch: str = Field(description="What larger batches bring beyond those that were searched")
    price_date: str = Field(description="The date of a price as its source has it")
    price_day: str = Field(description="The first day that this date can mean, as a number")
    today: str = Field(description="The day of the scenario as a number, which the program fills")
    latency: str = Field(description="What decides between options that are equal on the objective, after the devices")
    replica_devices: str = Field(description="The devices that a replica occupies, of which fewer are better")
    clients: str = Field(description="The input that sets the requests at once of a server")
    batch: str = Field(description="The input that sets them where batches are static")
    point_option: str = Field(description="The option of a listed batch size")
    repeats: str = Field(description="How often an operator runs; rows of one that does not run are left out")
    rule: RuleCellsSpec = Field(description="What rules say")
    evidence: EvidenceSpec = Field(description="How sure the conclusion is")
    low: EndSpec = Field(description="The low end of each driver")
    high: EndSpec = Field(description="The high end of each driver")
