"""A book evaluated whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.engine.explain import with_values
from reportgen.engine.results import Results
from reportgen.errors import EvaluationError

if TYPE_CHECKING:
    from reportgen.book.book import Book
    from reportgen.engine.evaluate import Inputs

__all__ = ["evaluate"]


def evaluate(book: Book, inputs: Inputs | None = None) -> Results:
    """Evaluate every quantity of a book, perhaps with other inputs.

    Raises:
        EvaluationError: a result is not finite.
    """
    results = Results(book, inputs)
    try:
        for name in book.quantities:
            results.evaluator.value(name)
    except EvaluationError as error:
        raise with_values(results, error) from None
    return results
