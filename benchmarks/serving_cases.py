"""The servers and loads on which closed forms and simulation are compared, and the case of a form for each."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.serving_forms import Case
from benchmarks.simulation import CubicStep, LinearStep
from benchmarks.simulation_load import Lengths, RequestClass

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS: dict[str, LinearStep | CubicStep] = {
    "dense, 4 devices": LinearStep(0.014, 2.2e-5, 3e-8, 3.6e-5),
    "dense, 1 device": LinearStep(0.0065, 2.3e-5, 5e-8, 1.9e-5),
    "weights and compute overlap": CubicStep(0.018, 1.2e-4, 1.5e-8, 0.004, 8e-5),
}
LENGTHS = ((512, 128), (1024, 256), (256, 1024), (4096, 512))
SCV = 0.9  # of lognormal lengths: a sigma of 0.8 in logs
MIXES = {
    "chat, documents, reports": ((0.6, 600, 120), (0.3, 1500, 200), (0.1, 4000, 400)),
    "short, some very long": ((0.9, 300, 100), (0.1, 8000, 500)),
    "two similar": ((0.5, 1000, 300), (0.5, 2000, 300)),
    "reading and reasoning": ((0.7, 2000, 100), (0.3, 200, 1500)),
}
POINTS = 100  # of equal probability, to which a lognormal distribution is reduced


def classes_of(mix: Sequence[tuple[float, int, int]]) -> list[RequestClass]:
    """Classes of fixed lengths from their shares, prompts and outputs."""
    return [
        RequestClass(Lengths(prompt), Lengths(output), share, f"{prompt}/{output}") for share, prompt, output in mix
    ]


def one_class(prompt: int, output: int, scv: float = 0.0, low: float = 1.0) -> list[RequestClass]:
    """All requests alike, or with prompts and outputs that vary independently."""
    return [RequestClass(Lengths(prompt, scv, low), Lengths(output, scv, low))]


def points(lengths: Lengths) -> np.ndarray:
    """Lengths of equal probability with the mean of the distribution."""
    if not lengths.scv:
        return np.array([lengths.nominal * (1 + lengths.low) / 2])
    normal, sigma = NormalDist(), math.sqrt(math.log1p(lengths.scv))
    inner = [normal.cdf(normal.inv_cdf(i / POINTS) - sigma) for i in range(1, POINTS)]
    return np.diff([0.0, *inner, 1.0]) * POINTS * lengths.nominal


def scv_of(lengths: Lengths) -> float:
    """The squared coefficient of variation of lengths."""
    low = lengths.low
    return lengths.scv or (1 - low) ** 2 / 12 / ((1 + low) / 2) ** 2


def case_of(
    step: LinearStep | CubicStep,
    classes: Sequence[RequestClass],
    slots: float = 256,
    rate: float | None = None,
    *,
    clients: int | None = None,
    burst: float = 0.0,
    weighted: bool = True,
) -> Case:
    """The case of a closed form.

    The context of running requests is weighted by how long each runs: a request of N tokens is met N times as often as
    one of a single token. Without `weighted` it is the mean prompt and half the mean output.
    """
    share = np.array([c.share for c in classes])
    share = share / share.sum()
    prompt, output = (
        np.array([points(x).mean() for x in y]) for y in zip(*((c.prompt, c.output) for c in classes), strict=True)
    )
    prompt2 = np.array([1 + scv_of(c.prompt) for c in classes]) * prompt**2
    output2 = np.array([1 + scv_of(c.output) for c in classes]) * output**2
    p, n = share @ prompt, share @ output
    context = (share @ (output * prompt) + share @ output2 / 2) / n if weighted else p + n / 2

    def seconds(running: float) -> float:
        return step(running, running * context, 0)

    def slope(running: float) -> float:
        width = 1e-4 * (1 + running)
        return (seconds(running + width) - seconds(running - width)) / (2 * width)

    parts = tuple(
        (float(weight) / len(points(c.prompt)), float(tokens), step.per_prompt_token * float(tokens))
        for weight, c in zip(share, classes, strict=True)
        for tokens in points(c.prompt)
    )
    return Case(
        seconds, slope, step.per_prompt_token * p, p, n, slots, rate=rate,
        scv_prompt=share @ prompt2 / p**2 - 1, scv_output=share @ output2 / n**2 - 1,
        classes=parts, clients=clients, burst=burst,
    )  # fmt: skip
