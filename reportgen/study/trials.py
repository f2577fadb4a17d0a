"""Sensitivity cases of the best option, which is only known after all options have been evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.book.rows.trials import BEST
from reportgen.engine.evaluate import Evaluator

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.engine.evaluate import Inputs

__all__ = ["rebase_trials", "sensitivity_cases", "trials_of"]


def trials_of(book: Book) -> tuple[str, ...]:
    """Return the options that only show how results depend on an input: sensitivity cases and batch sizes."""
    return _marked(book, book.roles.trial)


def sensitivity_cases(book: Book) -> tuple[str, ...]:
    """Return the options that show how results depend on a scaled input."""
    batches = _marked(book, book.roles.batch_point)
    return tuple(name for name in trials_of(book) if name not in batches)


def _marked(book: Book, flag: str) -> tuple[str, ...]:
    """Return the options whose cell sets a constant flag."""
    cells = book.quantities[flag].cells if flag in book.quantities else {}
    return tuple(key[0] for key, node in cells.items() if getattr(node, "value", False) is True)


def rebase_trials(book: Book, inputs: Inputs | None = None) -> Book:
    """Return the book with the sensitivity cases based on the best option; unchanged if no option is feasible.

    `inputs` are changes under which the best option is determined.
    """
    wanted, trials = book.scenario.sensitivity, sensitivity_cases(book)
    if wanted is None or wanted.option != BEST or not trials:
        return book
    best = Evaluator(book, inputs).value(book.roles.best)
    code = -1 if best.absent is not None and best.absent.all() else int(best.data.reshape(-1)[0])
    names = book.dimensions["option"].names
    if code < 0 or all(book.based_on[trial] == names[code] for trial in trials):
        return book
    return book.rebased(frozenset(trials), names[code])
