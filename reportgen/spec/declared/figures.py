"""The schema of figures: which quantities of the library each figure of the report draws."""

from __future__ import annotations

from pydantic import Field

from reportgen.spec.part import Part

__all__ = ["FiguresSpec"]


class RooflineSpec(Part):
    """Stages under the roofs of accelerators."""

    intensity: str = Field(description="Operations per byte of a stage")
    performance: str = Field(description="Operations per second of a stage")
    rate: str = Field(description="The flat part of the roof")
    bandwidth: str = Field(description="The slope of the roof")
    ridge: str = Field(description="Where both meet")


class PassSpec(Part):
    """The time of a pass, operator by operator."""

    time: str = Field(description="The time of a pass")
    operator: str = Field(description="The time of an operator in it")
    share: str = Field(description="The share of an operator in it")
    overhead: str = Field(description="The share that no operator has")


class LayerSpec(Part):
    """The operators of a layer and what they exchange."""

    ops: str = Field(description="Operations of an operator in a pass")
    traffic: str = Field(description="Bytes that it moves in a pass")
    bound: str = Field(description="What limits it")
    repeats: str = Field(description="How often it runs in a pass")
    layers: str = Field(description="The layers of the model")
    message: str = Field(description="Bytes that it sends to other devices each time")
    loads: str = Field(description="Activations that it reads")
    reads_cache: str = Field(description="Bytes that it reads from the KV cache")
    writes_cache: str = Field(description="Bytes that it writes to the KV cache")
    cache_read: str = Field(description="Bytes that a pass reads from the KV cache")
    cache_written: str = Field(description="Bytes that a pass writes to the KV cache")


class MemorySpec(Part):
    """What occupies the memory of a device."""

    used: str = Field(description="Memory of an option in a stage; its parts are the pieces of the bars")
    fullest: str = Field(description="The stage that needs most memory")
    buffers: str = Field(description="Memory that runtime and libraries take besides")
    limit: str = Field(description="Memory that may be used")
    needed: str = Field(description="Memory that is needed in all")
    fits: str = Field(description="Flag: an option fits")


class BatchSpec(Part):
    """Throughput against the time per token at growing batch sizes."""

    token: str = Field(description="Time per token")
    flow: str = Field(description="Throughput")
    own: str = Field(description="The requests at once of an option as configured")
    most: str = Field(description="The most that run at once")
    kind: str = Field(description="What an option calls the number of requests at once")
    continuous: str = Field(description="Flag: requests join and leave a running batch")
    closed: str = Field(description="Flag: a fixed number of clients sends the requests")
    point_label: str = Field(description="The requests at once of a listed batch size, in words")
    point_token: str = Field(description="Time per token at a listed batch size")
    point_flow: str = Field(description="Throughput at a listed batch size")


class GenerationSpec(Part):
    """A decode step as the context grows."""

    step: str = Field(description="The time of a decode step")
    token: str = Field(description="The time per token, whose target is shown")
    between: str = Field(description="Prefills of others between two steps")
    sequences: str = Field(description="Sequences in a step")
    prompt: str = Field(description="The length of a prompt")
    answer: str = Field(description="The length of an answer")
    turns: str = Field(description="The calls of a session, where requests are sessions")
    call_prompt: str = Field(description="The length of a prompt of one call")
    own: str = Field(description="The requests at once of an option as configured")


class LoadSpec(Part):
    """Latency over the request rate of a replica."""

    rate: str = Field(description="Rates along the curve; its dimension is that of the curve")
    first: str = Field(description="Time to the first token along the curve")
    token: str = Field(description="Time per token along the curve")
    given: str = Field(description="The rate as given")
    given_first: str = Field(description="Time to the first token at the given rate")
    given_token: str = Field(description="Time per token at the given rate")
    reach: str = Field(description="The rate up to which every target is met")
    rough: str = Field(description="The rate from which waits are rough")
    capacity: str = Field(description="The rate that cannot be exceeded")
    loaded: str = Field(description="Flag: requests arrive at random")
    overloaded: str = Field(description="Flag: the given rate is above the capacity")
    title: str = Field(description="The finding of the figure")
    table_title: str = Field(description="The finding of the table")
    first_words: str = Field(description="What the time to the first token is called")
    given_words: str = Field(description="The given rate in words")
    reach_words: str = Field(description="The rate within the targets in words")
    reach_says: str = Field(description="Text: that rate in words")


class SensitivityFigureSpec(Part):
    """The objective at both ends of each scaled input."""

    rank: str = Field(description="The rank of an input by its effect")
    swing: str = Field(description="The effect of an input")
    given: str = Field(description="The objective as given")
    words: str = Field(description="Text for an input if one of its ends misses a target")
    label: str = Field(description="An input and its ends in words")
    option: str = Field(description="The option that is analysed")
    base: str = Field(description="The option that a driver's sensitivity cases are based on")
    finding: str = Field(description="The finding")


class CostSpec(Part):
    """The parts of a year's cost, and the tables of costs."""

    total: str = Field(description="The cost of a year; its parts are the pieces of the bars")
    budget: str = Field(description="What may be spent a year")
    bought: str = Field(description="Flag: the devices of an option are bought")
    price: str = Field(description="The offer that an option is priced by")
    piece: str = Field(description="The price of a device that is bought")
    hourly: str = Field(description="The price of a device that is rented, by the hour")
    offer: str = Field(description="The offer in words")
    missing: str = Field(description="Which price is missing")


class PaymentsSpec(Part):
    """What has been paid by when."""

    upfront: str = Field(description="What an option costs at its start")
    running: str = Field(description="What it costs per year from then on")
    total: str = Field(description="What it costs over the horizon")
    kind: str = Field(description="Text: how an option is held, bought or rented; of each kind, the cheapest is drawn")
    horizon: str = Field(description="The time that the lines cover")
    finding: str = Field(description="The finding")


class FiguresSpec(Part):
    """The quantities of each figure; an accounting may lack some of them."""

    roofline: RooflineSpec = Field(description="Stages under the roofs of accelerators")
    time: PassSpec = Field(description="The time of a pass, operator by operator")
    layer: LayerSpec = Field(description="The operators of a layer")
    memory: MemorySpec = Field(description="What occupies the memory")
    batch: BatchSpec = Field(description="Throughput against the time per token")
    generation: GenerationSpec = Field(description="A decode step while the context grows")
    load: LoadSpec = Field(description="Latency over the request rate")
    cost: CostSpec = Field(description="What a year costs")
    payments: PaymentsSpec = Field(description="What has been paid by when")
    sensitivity: SensitivityFigureSpec = Field(description="The objective at both ends of each scaled input")
