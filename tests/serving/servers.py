"""Random servers and their loads: inputs of one book, an example in each sample."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

from reportgen.book.build import build_book
from reportgen.engine.evaluate import Evaluator
from reportgen.spec.document import parse_document
from reportgen.spec.load import validate
from reportgen.spec.model import ScenarioSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportgen.book.book import Book
    from reportgen.engine.evaluate import Inputs

EVERY_MODEL = ("DeepSeek-V3", "gpt-oss-20b")
Server = dict[str, Any]
FEW = settings(max_examples=6, phases=(Phase.explicit, Phase.generate))  # seeds, of which none is simpler than another


@cache
def book_of(classes: int = 1, rate: bool = True, options: str = "baseline: {}") -> Book:
    """A book with any model, accelerator and engine, so many classes of requests, and arrivals at a rate or none."""
    requests = ", ".join(f"c{i}: {{prompt_tokens: 1000, output_tokens: 200}}" for i in range(classes))
    base = "{model: Llama-3.1-8B, accelerator: H100-SXM-80GB"
    options = options.replace("baseline: {", f"baseline: {base}, ").replace(", }", "}")
    text = f"schema: 1\ntitle: Servers\nrequests: {{{requests}}}\nlevers: none\noptions: {{{options}}}\n"
    mentions = (*EVERY_MODEL, "request_rate=1") if rate else EVERY_MODEL
    return build_book(validate(ScenarioSpec, parse_document(text.encode(), "servers")), "servers", mentions=mentions)


def servers(book: Book, count: int = 40) -> st.SearchStrategy[list[Server]]:
    """Servers by a seed: model, accelerator, engine, devices, slots; share, prompt and output of each class."""
    return st.integers(0, 2**31).map(lambda seed: drawn(book, count, seed))


def drawn(book: Book, count: int, seed: int) -> list[Server]:
    """As many servers, the same for the same seed."""
    random = np.random.default_rng(seed)

    def lengths(longest: float) -> float:
        return float(round(longest ** random.random()))

    members = {name: book.dimensions[name].names for name in ("model", "accelerator", "engine")}
    return [
        {
            **{name: str(random.choice(names)) for name, names in members.items()},
            "tensor_parallel": 2.0 ** random.integers(0, 4),
            "max_num_seqs": random.choice([np.nan, np.nan, 1.0, 8.0, 64.0, 256.0]),
            "classes": [
                (random.uniform(0.05, 1), lengths(20_000), lengths(4_000)) for _ in book.dimensions["request"].names
            ],
        }
        for _ in range(count)
    ]


def first_wrong(made: Sequence[Server], right: np.ndarray) -> Server | None:
    """The first server for which something is not as it must be; a row each."""
    wrong = ~right.reshape(len(made), -1).all(axis=1)
    return made[int(wrong.argmax())] if wrong.any() else None


def inputs_of(book: Book, made: Sequence[Server], repeat: int = 1) -> dict[tuple[str, tuple[str, ...]], Any]:
    """The servers as inputs, each `repeat` times in a row; every option is the same server."""
    inputs: dict[tuple[str, tuple[str, ...]], Any] = {}
    for name in made[0].keys() - {"classes"}:
        values = [server[name] for server in made]
        if name in book.dimensions:
            values = [book.dimensions[name].index(value) for value in values]
        array = np.repeat(np.array(values), repeat)
        for option in book.dimensions["option"].names:
            inputs[name, (option,)] = np.ma.masked_invalid(array) if name == "max_num_seqs" else array
    for i, request in enumerate(book.dimensions["request"].names):
        for place, name in enumerate(("share", "prompt_tokens", "output_tokens")):
            inputs[name, (request,)] = np.repeat([server["classes"][i][place] for server in made], repeat)
    return inputs


class Figures:
    """Quantities of options, by name: one row per server and a column per load; unknown values are NaN."""

    def __init__(self, book: Book, inputs: Inputs, servers: int, loads: int = 1) -> None:
        self.book, self.shape = book, (servers, loads)
        self.evaluator = Evaluator(book, inputs)

    def __call__(self, name: str, option: str = "baseline") -> np.ndarray:
        """A quantity of an option, or of no member."""
        value = self.evaluator.value(name)
        per = self.book.quantities[name].per
        data = value.data if value.absent is None else np.where(value.absent, np.nan, value.data)
        if per:
            index = self.book.dimensions["option"].index(option)
            data = data[index if data.shape[0] > 1 else 0]
        return np.asarray(np.broadcast_to(data, (self.shape[0] * self.shape[1],)).reshape(self.shape), dtype=float)

    def of_class(self, name: str) -> np.ndarray:
        """A quantity of the baseline per class of requests, as a further first axis."""
        data = np.broadcast_to(
            self.evaluator.value(name).data,
            (self.book.size("option"), self.book.size("request"), self.shape[0] * self.shape[1]),
        )[0]
        return np.asarray(data.reshape(-1, *self.shape))


def at_loads(book: Book, made: Sequence[Server], loads: Sequence[float], **settings: Any) -> Figures:
    """The servers at arrival rates that are shares of their capacity."""
    inputs = inputs_of(book, made, len(loads))
    inputs |= {(name, ()): value for name, value in settings.items()}
    full = Figures(book, inputs, len(made), len(loads))("full_rate")
    inputs["request_rate", ()] = (full * np.array(loads)).ravel()
    return Figures(book, inputs, len(made), len(loads))
