"""Curves: an option evaluated at growing batch sizes, or over the steps of its generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reportgen.engine.sweep import Sampler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.engine.results import Results
    from reportgen.engine.sweep import Samples

__all__ = ["Curve", "over_batch", "over_generation"]

Curve = dict[str, list[float | None]]
"""Values by quantity, one per point; None where there is none, for example if a batch does not fit."""

_POINTS = 25


def over_batch(results: Results, option: str, names: Sequence[str]) -> Curve:
    """Return quantities of an option from 1 request at once to just beyond its own number and the most it can hold.

    The sizes, under the key of the requests at once, are powers of two, the option's own number, and the most. They are
    the clients of a server, or the batch size of static batches.
    """
    drawn = results.book.figures.batch
    own, most = (results.get(name, option) for name in (drawn.own, drawn.most))
    assert isinstance(own, float)
    assert isinstance(most, float)
    roles = results.book.roles
    name = roles.clients if results.get(drawn.continuous, option) else roles.batch
    sizes = {2.0**power for power in range(18) if 2.0**power <= max(most, own)} | {own, most}
    limit = results.book.quantities[name].maximum or max(sizes)
    points = np.array(sorted(size for size in sizes if size <= limit))
    return {drawn.own: points.tolist(), **_evaluated(results, option, {(name, (option,)): points}, names)}


def over_generation(results: Results, option: str, names: Sequence[str]) -> Curve:
    """Return quantities of an option at single steps of the generation, as the context grows from the prompt on.

    The key `context` holds the tokens that a step attends to, from the shortest prompt plus one to the longest prompt
    with its answer. A step at context c is the decode of two tokens after a prompt of c - 1.
    """
    classes = results.book.dimensions["request"].names
    drawn = results.book.figures.generation
    sessions = drawn.turns in results.book.quantities
    prompts = [float(results.get(drawn.call_prompt if sessions else drawn.prompt, c) or 0.0) for c in classes]
    answers = [float(results.get(drawn.answer, c) or 0.0) for c in classes]
    first = min(prompts) + 1
    last = max(p + n - 1 for p, n in zip(prompts, answers, strict=True))
    context = np.unique(np.round(np.linspace(first, max(first, last), _POINTS)))
    samples: dict[tuple[str, tuple[str, ...]], np.ndarray] = {}
    for name in classes:
        samples[drawn.prompt, (name,)] = context - 1
        samples[drawn.answer, (name,)] = np.full_like(context, 2.0)
        if sessions:
            samples[drawn.turns, (name,)] = np.ones_like(context)
    return {"context": context.tolist(), **_evaluated(results, option, samples, names)}


def _evaluated(results: Results, option: str, samples: Samples, names: Sequence[str]) -> Curve:
    """Return the quantities of the option at the samples."""
    sampler = Sampler(results.book, names, results.inputs, strict=False)
    count = len(next(iter(samples.values())))
    place = results.book.dimensions["option"].index(option)
    curve: Curve = {}
    for _, block in sampler.blocks(samples, count):
        for name in names:
            value = block.value(name)
            shape = (*(results.book.size(d) for d in results.book.quantities[name].per), count)
            data = np.broadcast_to(value.data, shape)[place].astype(float)
            bad = np.zeros(shape, dtype=bool) if value.absent is None else np.broadcast_to(value.absent, shape)
            known = np.isfinite(data) & ~bad[place]
            curve[name] = [float(v) if k else None for v, k in zip(data, known, strict=True)]
    return curve
